/* SPDX-License-Identifier: Apache-2.0
 * Urls as the client uses them; curl_url() is the only parser, so that what is checked is what is
 * sent. */
#ifndef HUB_HTTP_URL_H
#define HUB_HTTP_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct http_url {
    char *text; /* normalised, without fragment */
    char *host; /* lower case, no dot at the end, IPv6 without brackets */
    bool is_https;
    uint16_t port;
};

#define auto_url __attribute__((cleanup(url_free))) struct http_url

/* http and https only; no user name, no blanks or control characters. OMNI_E_CONFIG otherwise.
 * *out may be freed either way. */
omni_status url_parse(struct http_url *out, const char *text, struct err *);
/* Absolute texts as they are, others below `base` ("/x" too: a base's path is never left out);
 * base NULL: absolute ones only. */
omni_status url_join(struct http_url *out, const struct http_url *base, const char *text,
                     struct err *);
/* By the rules of the web (a Location header): "/x" is under the origin. */
omni_status url_resolve(struct http_url *out, const struct http_url *base, const char *text,
                        struct err *);
/* Adds name=value to the query, percent-encoded; nothing where the name is there already. */
omni_status url_add_query(struct http_url *, const char *name, const char *value, struct err *);
void url_free(struct http_url *);
struct http_url url_copy(const struct http_url *);
bool url_same_origin(const struct http_url *, const struct http_url *);
/* Without the query, which may hold secrets: for messages. free() */
char *url_brief(const struct http_url *);

#endif
