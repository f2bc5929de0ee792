/* SPDX-License-Identifier: Apache-2.0
 * Which hosts were asked how often. Their number is the admin's and the plugin's, that of the
 * statuses the other side's: there is an end to both. */
#include <config.h>

#include "http/asked.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { ASKED_MOST = 64 };

static struct http_asked *find(struct asked *a, const char *host, int32_t status)
{
    for (size_t i = 0; i < a->n; i++)
        if (a->items[i].status == status && strcmp(a->items[i].host, host) == 0)
            return &a->items[i];
    return NULL;
}

static struct http_asked *add(struct asked *a, const char *host, int32_t status)
{
    a->items = xrealloc(a->items, (a->n + 1) * sizeof *a->items);
    a->items[a->n] = (struct http_asked){.host = xstrdup(host), .status = status};
    return &a->items[a->n++];
}

void asked_note(struct asked *a, const struct policy *policy, const struct http_url *url,
                int32_t status)
{
    auto_free char *host = policy_rule(policy, url);
    struct http_asked *one = find(a, host, status);
    if (!one && a->n < ASKED_MOST)
        one = add(a, host, status);
    if (!one && !(one = find(a, HTTP_OTHERS, 0)))
        one = add(a, HTTP_OTHERS, 0);
    one->requests++;
}

void asked_free(struct asked *a)
{
    for (size_t i = 0; i < a->n; i++)
        free(a->items[i].host);
    free(a->items);
    *a = (struct asked){0};
}
