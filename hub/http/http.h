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

/* A login with its values resolved. Texts are copied and wiped at http_free(). What is secret in
 * them (all but a user's name, a client_id and a key file's path) is registered with the log, and
 * so is every token. JWT: values[0] is the key file's JSON text or its path. token_url: its host
 * may be asked for tokens even where it is not in `hosts`; the token_uri of a key file must be in
 * `hosts`, oauth2.googleapis.com, or loopback where base_url is. */
struct http_login {
    uint32_t kind;             /* OMNI_AUTH_* */
    const char *const *values; /* in the order the kind lists its options, ends with NULL */
    const char *token_url, *scope, *header;
    const char *const *headers; /* "Name: value", sent wherever the login is; NULL: none */
};

/* Who keeps what a login renews, between runs and between the processes of a hub. begin() and end()
 * stand around each renewal: only one process is between them for one grant. Times in seconds since
 * 1970, 0: not known. */
struct http_kept {             /* borrowed until end() */
    const char *refresh_token; /* the newest; NULL: as the login was given */
    const char *token;         /* an access token that another process got; NULL: none */
    int64_t token_until;
};
struct http_news {
    const char *refresh_token; /* NULL: not a new one */
    int64_t refresh_until;
    const char *token;
    int64_t token_until;
};
struct http_keeper {
    void *ctx;
    /* `login`: which login, as a token of one does not serve another. OMNI_E_AUTH: this grant is
     * known to be dead, the platform is not asked. */
    omni_status (*begin)(void *ctx, const char *login, struct http_kept *, struct err *);
    /* A refresh token is about to be sent, which may use it up. */
    omni_status (*asking)(void *ctx, struct err *);
    /* Durable when it returns OMNI_OK; nothing is sent with the new token before. */
    omni_status (*save)(void *ctx, const struct http_news *, struct err *);
    /* The platform says that the grant is dead; err, which says how, may be completed. */
    void (*refused)(void *ctx, struct err *);
    void (*end)(void *ctx);
};

/* What is left of one of a platform's quotas, as a reply says. */
struct http_left {
    char what[64];       /* its name: a header's, a member's of the body */
    int64_t left, limit; /* limit 0: the platform does not say */
    uint64_t reset_ms;   /* until it is full again; 0: the platform does not say */
};

/* What the platform allows, shared with others who ask it. Waits longer than max_wait_ms end the
 * request with OMNI_E_THROTTLED before it is sent. */
struct http_budget {
    void *ctx;
    /* How long nobody may ask; 0: go on. err, where it waits: why. */
    uint64_t (*wait_ms)(void *ctx, struct err *);
    /* The platform says, or its headers show, that it is used up for so long. */
    void (*pause)(void *ctx, uint64_t ms, const char *why);
    /* What a reply says is left. NULL: nobody wants to know. */
    void (*left)(void *ctx, const struct http_left *);
};

struct http_limits {       /* 0: the default in brackets */
    uint32_t connect_ms;   /* 15 s */
    uint32_t total_ms;     /* of one attempt: 10 min */
    uint32_t stall_ms;     /* less than 1 byte/s for that long: 60 s */
    uint32_t max_attempts; /* of one request: 6 */
    uint32_t max_wait_ms;  /* longest wait inside a run; longer ones return THROTTLED: 60 s */
    uint64_t max_body;     /* decoded bytes: 1 GiB */
    uint32_t max_ratio;    /* decoded / received, beyond 1 MiB: 200 */
    uint32_t backoff_ms;   /* upper end of the first back-off, doubled each time: 1 s */
};

/* Where it may connect to. Urls: the origin of base_url, and `hosts`; https only, except that http
 * is allowed to loopback (127.0.0.0/8, ::1, localhost) where base_url itself is such. Addresses are
 * checked at the socket, after the name was resolved: only public ones. Loopback is allowed where
 * base_url's host is loopback, private ranges (10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7)
 * where base_url's host is an IP address in such a range, each for that host alone, and to hosts of
 * private_hosts; link-local and reserved ranges never. With a proxy only the proxy is connected to,
 * wherever it is: it has to fence off the inner network itself. */
struct http_options {
    /* Relative urls go below it, with or without a slash in front: "v1/x" and "/v1/x" under
     * https://h/base are https://h/base/v1/x. NULL: only absolute ones. */
    const char *base_url;
    const char *hosts; /* further hosts, separated by spaces; ".x.com": any host below it; port 443
                          unless given ("x.com:8443") */
    const char *private_hosts; /* that may have private addresses, written alike; NULL: none */
    /* Of a test: hosts in whose place base_url's server answers, which has to be on loopback; what
     * is for them goes there, as http with their name as Host, and nothing goes anywhere else.
     * NULL: no test. */
    const char *played;
    const char *proxy;   /* NULL: none (the environment is never asked) */
    const char *ca_file; /* NULL: the system's */
    const char *user_agent;
    const struct http_login *login; /* NULL: none */
    const char *record, *replay;    /* cassette paths, at most one */
    const char *const
        *scrub; /* further texts that never enter a cassette, ends with NULL; NULL: none */
    struct http_limits limits;
    void *ctx;
    bool (*cancelled)(void *ctx);     /* asked while waiting and transferring; NULL: never */
    const struct http_keeper *keeper; /* NULL: tokens live as long as this client */
    const struct http_budget *budget; /* NULL: nobody shares it */
};

struct http_request {
    const char *method; /* NULL: GET */
    const char *url;
    /* "Name: value", ends with NULL; NULL: none. Accept and, with a body, Content-Type are JSON
     * unless given; the login's take the place of equal ones. */
    const char *const *headers;
    const char *body; /* NULL: none */
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
     * *wait_ms: 0 leaves the wait to Retry-After and back-off. OMNI_E_AUTH on a 401 still renews a
     * token once. A web page (HTML with 2xx) can be named a fault, but not called fine. */
    omni_status (*judge)(void *ctx, const struct http_reply *, uint32_t *wait_ms, struct err *);
    /* With `body`: what to show judge() and hand out as reply->body (finishes the reading). */
    omni_status (*envelope)(void *ctx, const char **text, size_t *len, struct err *);
};

struct http_counts {
    uint64_t requests; /* sent, repeats, redirects and token requests included */
    uint64_t retries;
    uint64_t bytes; /* of bodies as received, before decompression */
    uint64_t waited_ms;
};

/* Requests by host and status. host: one of those that may be asked, "*.x.com" for all below it;
 * HTTP_OTHERS where there were too many to tell apart. status 0: no reply. */
#define HTTP_OTHERS "others"
struct http_asked {
    char *host;
    int32_t status;
    uint64_t requests;
};

/* The end of what was asked for, as replies announce it; seconds since 1970, 0: no day was named.
 */
struct http_ending {
    bool is_told;
    int64_t since_s; /* deprecated since then, or from then on */
    int64_t until_s; /* gone from then on */
    char words[200]; /* the platform's own; "" where it has none */
};

struct http;

/* OMNI_E_CONFIG for a bad base url, proxy, login or cassette. With `replay` the login is not
 * looked at, nothing is sent, and waits take no time. */
struct http *http_new(const struct http_options *, struct err *);
/* Closes connections; with `record`, nothing of a run that was not finished is left behind. */
void http_free(struct http *);
/* With `record`: writes the cassette (atomically). Refused where a secret is still in it. */
omni_status http_finish(struct http *, struct err *);
/* Sends until there is a final answer: repeats, logs in, follows, waits. *reply is valid until the
 * next call (also after a failure; status 0: there was none). RETRY: attempts or budget used up;
 * THROTTLED: a wait longer than max_wait_ms, `err` says until when, the wait is in http_wait_ms().
 */
omni_status http_send(struct http *, const struct http_request *, const struct http_calls *,
                      struct http_reply *, struct err *);
uint64_t http_wait_ms(const struct http *);
/* What stands before that time in messages. */
#define HTTP_TRY_AGAIN "; try again after "
struct http_counts http_counts(const struct http *);
/* Of the requests since the last http_asked_forget(); *n; borrowed until the next request. */
const struct http_asked *http_asked(const struct http *, size_t *n);
void http_asked_forget(struct http *);
/* NULL: no reply so far announced one. */
const struct http_ending *http_ending(const struct http *);
/* The origin of a url is one this client may send to; err names it otherwise. Also used for
 * `check`. */
omni_status http_check_url(const struct http *, const char *url, struct err *);
/* The absolute url that a request for this one goes to; free(). What is no url comes back as it is.
 */
char *http_full_url(const struct http *, const char *url);
/* As a cassette would have it: without secrets, known ones and what is named like one; free(). */
char *http_scrubbed(const struct http *, const char *text, size_t n);

#endif
