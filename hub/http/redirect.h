/* SPDX-License-Identifier: Apache-2.0
 * One request of the caller and its reply: login, redirects by hand, cassette. */
#ifndef HUB_HTTP_REDIRECT_H
#define HUB_HTTP_REDIRECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "http/url.h"

struct http;

struct exchange {
    const char *method;
    struct http_url url; /* checked, absolute, without the login's part */
    const char *const *headers;
    const char *body;
    size_t body_len;
    bool with_login, fresh;
};

/* The reply goes into http->intake. *sent: some byte of it reached the wire. */
omni_status exchange_run(struct http *, const struct exchange *, bool *sent, struct err *);

#endif
