/* SPDX-License-Identifier: Apache-2.0
 * Request headers: what a plugin may set, what goes out. */
#ifndef HUB_HTTP_HEADER_H
#define HUB_HTTP_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

#include "base/err.h"

/* OMNI_E_BUG naming the first header that could smuggle (CR, LF, other control characters), is not
 * "Name: value", or is one that the client sets itself. */
omni_status header_check(const char *const *headers, struct err *);
/* A method of letters, as sent. */
omni_status header_check_method(const char *method, struct err *);
/* Headers that may carry a credential: Authorization, Cookie, X-Api-Key, X-Auth-Token, … */
bool header_is_private(const char *line);
/* Value in a list of "Name: value", NULL: absent. */
const char *header_find(const char *const *headers, const char *name);

struct header_plan {
    const char *const *headers; /* of the request; may be NULL */
    const char *login;          /* "Authorization: …"; takes the place of one with its name */
    const char *const *more;    /* of the login too, likewise; may be NULL */
    bool drop_private;          /* another origin: nothing that may be a credential */
    bool has_body;
};
/* What is sent; free with curl_slist_free_all() after wiping (secret.h). */
struct curl_slist *header_list(const struct header_plan *);

#endif
