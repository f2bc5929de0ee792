/* SPDX-License-Identifier: Apache-2.0
 * A client below a scripted server, with short limits. */
#ifndef TEST_HTTP_FIXTURE_H
#define TEST_HTTP_FIXTURE_H

#include <stdio.h>

#include "http/http.h"
#include "stub.h"
#include "unit.h"

#define OK_JSON(body_len, body)                                                                    \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " #body_len              \
    "\r\n\r\n" body
#define EMPTY(status_and_headers) "HTTP/1.1 " status_and_headers "\r\nContent-Length: 0\r\n\r\n"

struct fixture {
    struct stub *stub;
    struct http *http;
    struct http_reply reply;
    struct err err;
};

/* options may be NULL; base_url is the stub's unless given. */
static inline void fixture_start(struct fixture *f, const struct stub_reply *replies,
                                 const struct http_options *options)
{
    struct http_options o = options ? *options : (struct http_options){0};
    *f = (struct fixture){.stub = stub_start(replies)};
    o.base_url = o.base_url ? o.base_url : stub_url(f->stub);
    o.limits.backoff_ms = o.limits.backoff_ms ? o.limits.backoff_ms : 1;
    f->http = http_new(&o, &f->err);
    if (!f->http)
        fail_msg("http_new: %s", f->err.text);
}

static inline void fixture_stop(struct fixture *f)
{
    http_free(f->http);
    stub_stop(f->stub);
}

static inline omni_status fixture_get(struct fixture *f, const char *url)
{
    const struct http_request request = {.url = url};
    f->err = (struct err){0};
    return http_send(f->http, &request, NULL, &f->reply, &f->err);
}

static inline omni_status fixture_post(struct fixture *f, const char *url, const char *body,
                                       uint32_t flags)
{
    const struct http_request request = {
        .method = "POST", .url = url, .body = body, .body_len = strlen(body), .flags = flags};
    f->err = (struct err){0};
    return http_send(f->http, &request, NULL, &f->reply, &f->err);
}

#define assert_contains(text, part)                                                                \
    do {                                                                                           \
        if (!strstr((text), (part)))                                                               \
            fail_msg("\"%s\" is not in \"%s\"", (part), (text));                                   \
    } while (0)
#define assert_lacks(text, part)                                                                   \
    do {                                                                                           \
        if (strstr((text), (part)))                                                                \
            fail_msg("\"%s\" is in \"%s\"", (part), (text));                                       \
    } while (0)

#endif
