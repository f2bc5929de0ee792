/* SPDX-License-Identifier: Apache-2.0
 * What came against what was expected: rows and requests, in whatever order. */
#ifndef HUB_KIT_COMPARE_H
#define HUB_KIT_COMPARE_H

#include <jansson.h>

/* Every expected row is there once, and no other; of a row the named columns count. Adds what is
 * wrong, in words, to the array `problems`. got: [{column: value}]; what: "stream x". */
void compare_rows(const char *what, const json_t *expected, const json_t *got, json_t *problems);
/* Requests that were recorded and not sent; asked: [{method, url, body}]. */
void compare_requests(const json_t *tape, const json_t *asked, json_t *problems);

#endif
