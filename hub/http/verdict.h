/* SPDX-License-Identifier: Apache-2.0
 * What an HTTP status means for the run. */
#ifndef HUB_HTTP_VERDICT_H
#define HUB_HTTP_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "http/http.h"

/* Judges by status alone; err says what the reply says, shortened and without secrets. */
omni_status verdict_by_status(const struct http_reply *, struct err *);
/* OMNI_E_DATA for a web page where data was expected. */
omni_status verdict_html(const struct http_reply *, struct err *);
/* The server refused before it did anything: repeating cannot double. */
bool verdict_is_untouched(int32_t status);
/* Value of a reply's header (lower-case name), NULL: absent. */
const char *verdict_header(const struct http_reply *, const char *name);

#endif
