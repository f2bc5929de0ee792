/* SPDX-License-Identifier: Apache-2.0
 * A message as JSON, posted to one url. */
#include <config.h>

#include "alert/webhook.h"

#include <string.h>

#include "alert/signature.h"
#include "alert/target.h"
#include "base/day.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/url.h"

/* The url's origin: that is all that may be asked. */
static char *origin_of(const struct http_url *url)
{
    bool is_v6 = strchr(url->host, ':') != NULL;
    return xasprintf("%s://%s%s%s:%u/", url->is_https ? "https" : "http", is_v6 ? "[" : "",
                     url->host, is_v6 ? "]" : "", (unsigned)url->port);
}

/* Whoever knows the whole url of a chat service may write there. */
static void hide_path(const struct http_url *url)
{
    const char *host = strstr(url->text, "://");
    const char *path = host ? strchr(host + 3, '/') : NULL;
    if (path && path[1])
        log_add_secret(path + 1, strlen(path + 1));
    size_t n = path ? strcspn(path, "?") : 0;
    if (path && n > 1 && path[n])
        log_add_secret(path + 1, n - 1);
}

static omni_status post(struct http *http, const char *url, const char *key, const char *json,
                        const struct signature *s, struct err *err)
{
    auto_free char *idempotency = xasprintf("Idempotency-Key: %s", key);
    /* Not signed: the list ends with the first of its lines. */
    const char *const headers[] = {"Content-Type: application/json",
                                   "Accept: */*",
                                   idempotency,
                                   s->lines[0],
                                   s->lines[1],
                                   s->lines[2],
                                   NULL};
    const struct http_request request = {.method = "POST",
                                         .url = url,
                                         .headers = headers,
                                         .body = json,
                                         .body_len = strlen(json),
                                         .flags = OMNI_HTTP_REPEATABLE};
    struct http_reply reply;
    return http_send(http, &request, NULL, &reply, err);
}

omni_status webhook_send(const struct webhook *w, const char *key, const char *json,
                         uint64_t *wait_ms, struct err *err)
{
    auto_url url = {0};
    *wait_ms = 0;
    omni_status status = target_check_webhook(w->url, err);
    if (status == OMNI_OK)
        status = url_parse(&url, w->url, err);
    struct signature signature = {{NULL}};
    if (status == OMNI_OK && w->signing_key)
        status =
            signature_make(&signature, w->signing_key, key, day_now() / TIME_SECOND, json, err);
    if (status != OMNI_OK)
        return status;
    hide_path(&url);
    auto_free char *origin = origin_of(&url);
    const char *const values[] = {w->token, NULL};
    const struct http_login login = {.kind = OMNI_AUTH_BEARER, .values = values};
    struct http_options options = {.base_url = origin,
                                   .private_hosts = w->private_hosts,
                                   .proxy = w->proxy,
                                   .ca_file = w->ca_file,
                                   .login = w->token ? &login : NULL,
                                   .limits = w->limits,
                                   .ctx = w->ctx,
                                   .cancelled = w->cancelled};
    options.limits.max_attempts = 1;
    struct http *http = http_new(&options, err);
    status = http ? post(http, url.text, key, json, &signature, err) : err->status;
    *wait_ms = http ? http_wait_ms(http) : 0;
    http_free(http);
    signature_free(&signature);
    return status;
}
