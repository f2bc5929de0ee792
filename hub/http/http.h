/* SPDX-License-Identifier: Apache-2.0
 * The one HTTP client of the hub: allow-list, TLS, login, redirects, limits, retries, record and
 * replay. One per run; one thread. */
#ifndef HUB_HTTP_H
#define HUB_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <omnihub/omnihub.h>

#include "base/buf.h"
#include "base/err.h"

/* A login with its values resolved. Texts are copied and wiped at http_free(); all are registered
 * as secrets with the log. */
struct http_login {
    uint32_t kind;             /* OMNI_AUTH_* */
    const char *const *values; /* in the order the kind lists its options, ends with NULL */
    const char *token_url, *scope, *header;
};

struct http_limits {       /* 0: the default in brackets */
    uint32_t connect_ms;   /* 15 s */
    uint32_t total_ms;     /* of one attempt: 10 min */
    uint32_t stall_ms;     /* less than 1 byte/s for that long: 60 s */
    uint32_t max_attempts; /* of one request: 6 */
    uint32_t max_wait_ms;  /* longest wait inside a run; longer ones return THROTTLED: 60 s */
    uint64_t max_body;     /* decoded bytes: 1 GiB */
    uint32_t max_ratio;    /* decoded / received, beyond 1 MiB: 200 */
};

struct http_options {
    const char *base_url; /* relative urls go below it */
    const char *hosts;    /* further hosts, separated by spaces; ".x.com": any host below it */
    const char *proxy;    /* NULL: none (the environment is never asked) */
    const char *ca_file;  /* NULL: the system's */
    const char *user_agent;
    const struct http_login *login; /* NULL: none */
    const char *record, *replay;    /* cassette paths, at most one */
    const char *const
        *scrub; /* further texts that never enter a cassette, ends with NULL; NULL: none */
    struct http_limits limits;
    void *ctx;
    bool (*cancelled)(void *ctx); /* asked while waiting and transferring; NULL: never */
};

struct http_request {
    const char *method; /* NULL: GET */
    const char *url;
    const char *const *headers; /* "Name: value", ends with NULL; NULL: none */
    const char *body;
    size_t body_len;
    uint32_t flags; /* OMNI_HTTP_* */
};

struct http_reply {
    int32_t status;
    const char *const *headers; /* "name: value", lower-case names, ends with NULL */
    const char *body;           /* ends with NUL; "" where a body callback took it */
    size_t body_len;
};

struct http_calls { /* all optional */
    void *ctx;
    /* An attempt's reply with a 2xx status begins: forget what an earlier attempt delivered. */
    omni_status (*begin)(void *ctx, struct err *);
    /* Decoded bytes of it; NULL: the body is collected in the reply. */
    omni_status (*body)(void *ctx, const void *bytes, size_t n, struct err *);
    /* The whole reply has arrived (any status): what to do? reply->body is the envelope where
     * `envelope` gives one. OMNI_OK: hand it out. OMNI_E_UNSUPPORTED: judge by HTTP status.
     * *wait_ms: 0 leaves the wait to Retry-After and back-off. */
    omni_status (*judge)(void *ctx, const struct http_reply *, uint32_t *wait_ms, struct err *);
    /* With `body`: what to show judge() and hand out as reply->body (finishes the reading). */
    omni_status (*envelope)(void *ctx, const char **text, size_t *len, struct err *);
};

struct http_counts {
    uint64_t requests, retries, bytes, waited_ms;
};

struct http;

/* OMNI_E_CONFIG for a bad base url, proxy or cassette. */
struct http *http_new(const struct http_options *, struct err *);
/* Closes connections; with `record`, nothing of a run that was not finished is left behind. */
void http_free(struct http *);
/* With `record`: writes the cassette (atomically). */
omni_status http_finish(struct http *, struct err *);
/* Sends until there is a final answer: repeats, logs in, follows, waits. *reply is valid until the
 * next call. RETRY: attempts or budget used up; THROTTLED: a wait longer than max_wait_ms, `err`
 * says until when, *wait in http_wait_ms(). */
omni_status http_send(struct http *, const struct http_request *, const struct http_calls *,
                      struct http_reply *, struct err *);
uint64_t http_wait_ms(const struct http *);
struct http_counts http_counts(const struct http *);
/* The origin of a url is one this client may send to; err names it otherwise. Also used for
 * `check`. */
omni_status http_check_url(const struct http *, const char *url, struct err *);

#endif
