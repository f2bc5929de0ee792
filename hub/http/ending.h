/* SPDX-License-Identifier: Apache-2.0
 * What replies say about the end of what was asked for. */
#ifndef HUB_HTTP_ENDING_H
#define HUB_HTTP_ENDING_H

#include "http/http.h"

/* Deprecation (RFC 9745, and the drafts before it), Sunset (RFC 8594), and headers of single
 * platforms. The earliest end that any reply names is kept. */
void ending_notice(struct http_ending *, const struct http_reply *);

#endif
