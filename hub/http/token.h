/* SPDX-License-Identifier: Apache-2.0
 * Access tokens: asking for one, keeping it while it lives. */
#ifndef HUB_HTTP_TOKEN_H
#define HUB_HTTP_TOKEN_H

#include "base/err.h"

struct http;
struct login;

/* Makes sure that login->token is good for the next minute. RETRY and THROTTLED: the token server
 * has a fault (http->wait_ms: its wait); AUTH: the grant is dead; CONFIG: the client is wrong. */
omni_status token_get(struct http *, struct login *, struct err *);

#endif
