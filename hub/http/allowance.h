/* SPDX-License-Identifier: Apache-2.0
 * What a reply's headers say about what is left of a quota. */
#ifndef HUB_HTTP_ALLOWANCE_H
#define HUB_HTTP_ALLOWANCE_H

#include <stdint.h>

#include "http/http.h"

enum { ALLOWANCE_WHY = 200, ALLOWANCE_LEFTS = 8 };

/* How long nothing more is allowed after this reply; 0: more is, or nothing is said. why: in
 * words. Retry-After is not looked at: it belongs to a refusal. */
uint64_t allowance_pause_ms(const struct http_reply *, char why[ALLOWANCE_WHY]);

/* What is left, one entry for each quota that headers or body name; how many. */
size_t allowance_left(const struct http_reply *, struct http_left out[ALLOWANCE_LEFTS]);

#endif
