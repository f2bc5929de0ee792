/* SPDX-License-Identifier: Apache-2.0
 * Urls and the list of allowed hosts: first line the hosts, second the url. What is let through
 * must be an origin that is written there, read by other code than the one that let it through. */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "http/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char base[] = "https://api.example.com/v1";

static void give_up(const char *what, const char *text)
{
    fprintf(stderr, "%s: %s\n", what, text);
    __builtin_trap();
}

static const char between[] = " \t,"; /* a host of the list and the next */

/* A host of the list, without its port, with and without the dot at its beginning. */
static bool is_named(const char *hosts, const char *host)
{
    for (const char *p = hosts; *p;) {
        size_t n = strcspn(p, between), name = strcspn(p, ": \t,");
        size_t len = strlen(host);
        while (name > 1 && p[name - 1] == '.')
            name--; /* "a." is the host a */
        bool is_end = *p == '.' && len > name && strncasecmp(host + len - name, p, name) == 0;
        if (is_end || (len == name && strncasecmp(host, p, name) == 0) || *p == '[')
            return true;
        p += n + strspn(p + n, between);
    }
    return strcmp(host, "api.example.com") == 0;
}

/* The host as anybody would read it in the url that is sent. */
static void check_sent(const struct http_url *url)
{
    size_t scheme = url->is_https ? strlen("https://") : strlen("http://");
    const char *authority = url->text + scheme;
    size_t n = strcspn(authority, "/?#");
    if (memchr(authority, '@', n))
        give_up("a user name is sent", url->text);
    for (const char *c = url->text; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            give_up("a control character is sent", url->text);
    size_t host = authority[0] == '[' ? n : strcspn(authority, ":/?#");
    bool is_same =
        authority[0] == '[' || (strncasecmp(authority, url->host, strlen(url->host)) == 0 &&
                                (host == strlen(url->host) ||
                                 (host == strlen(url->host) + 1 && authority[host - 1] == '.')));
    if (!is_same)
        give_up("another host is sent than was checked", url->text);
    auto_url again = {0}; /* as curl reads it when it is sent */
    if (url_parse(&again, url->text, NULL) != OMNI_OK || strcmp(again.host, url->host) != 0)
        give_up("another host is read when it is sent", url->text);
}

static void try_url(const struct policy *policy, const char *hosts, const char *text)
{
    struct err err = {.text = ""};
    auto_url url = {0}, there = {0};
    if (url_join(&url, &policy->base, text, &err) != OMNI_OK) {
        if (!err.text[0])
            give_up("refused without a reason", text);
        return;
    }
    check_sent(&url);
    if (policy_check(policy, &url, &err) == OMNI_OK && !is_named(hosts, url.host))
        give_up("a host that is not listed is let through", url.text);
    if (policy_check(policy, &url, &err) == OMNI_OK && !url.is_https)
        give_up("http is let through", url.text);
    if (url_resolve(&there, &url, text, &err) == OMNI_OK)
        check_sent(&there);
    auto_free char *brief = url_brief(&url);
    if (strchr(brief, '?'))
        give_up("the query is shown", brief);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {.text = ""};
    struct policy policy;
    auto_free char *text = xstrndup((const char *)data, size);
    char *line = strchr(text, '\n');
    if (!line)
        return -1;
    *line = '\0';
    const struct policy_rules rules = {.base_url = base, .hosts = text};
    if (policy_init(&policy, &rules, &err) == OMNI_OK)
        try_url(&policy, text, line + 1);
    else if (!err.text[0])
        give_up("refused without a reason", text);
    policy_free(&policy);
    return 0;
}
