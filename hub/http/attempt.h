/* SPDX-License-Identifier: Apache-2.0
 * One request on the wire and one reply: no redirects, no repeats. */
#ifndef HUB_HTTP_ATTEMPT_H
#define HUB_HTTP_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

#include "base/err.h"
#include "http/intake.h"
#include "http/url.h"

struct http;

struct attempt {
    const char *method;
    const struct http_url *url;
    struct curl_slist *headers;
    const char *body;
    size_t body_len;
    bool fresh; /* on a new connection: curl repeats by itself what fails on a reused one */
};

/* OMNI_OK: a whole reply is in *in. RETRY: a fault of the network; *sent says whether any byte of
 * the request had left. */
omni_status attempt_run(struct http *, const struct attempt *, struct intake *in, bool *sent,
                        struct err *);

#endif
