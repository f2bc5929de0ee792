/* SPDX-License-Identifier: Apache-2.0
 * Small text functions: UTF-8, suggestions, splitting, escaping. */
#ifndef HUB_TEXT_H
#define HUB_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Strict: no overlong forms, no surrogates, no NUL. */
bool text_is_utf8(const char *s, size_t n);
/* Bytes of the character that s begins with, 0 where it is not UTF-8 (a NUL byte counts as one). */
size_t text_utf8_len(const char *s, size_t n);
/* Adds s with U+FFFD for every byte that is not UTF-8. */
bool text_add_utf8(struct buf *, const char *s, size_t n);
/* The candidate that a person who typed `word` meant, or NULL. */
const char *text_suggest(const char *word, const char *const *candidates, size_t n);
bool text_starts(const char *s, const char *prefix);
bool text_ends(const char *s, const char *suffix);
/* True where `word` is one of the words in `list`, separated by any of `separators`. An empty word
 * is in no list. */
bool text_in_list(const char *word, size_t len, const char *list, const char *separators);
/* Adds s with `with` in every place of `what`. */
bool text_add_replaced(struct buf *, const char *s, const char *what, const char *with);
/* Adds s as a JSON string, quotes included; what is not UTF-8 becomes U+FFFD. */
bool text_add_json(struct buf *, const char *s, size_t n);
/* Adds s percent-encoded (RFC 3986 unreserved characters stay). */
bool text_add_percent(struct buf *, const char *s, size_t n);
/* Adds s with %XX as the bytes that they stand for; what is no such pair stays. */
bool text_add_unpercent(struct buf *, const char *s, size_t n);
/* Adds s in base64 (url: the URL alphabet without padding). */
bool text_add_base64(struct buf *, const void *bytes, size_t n, bool url);
/* Either alphabet, with or without padding; false where it is not base64. */
bool text_add_unbase64(struct buf *, const char *s, size_t n);
/* Whole decimal number in [min, max]; false for anything else. */
bool text_parse_int(const char *s, long long min, long long max, long long *out);
/* "15m", "6h", "2d", "90s" → seconds. */
bool text_parse_duration(const char *s, long long *seconds);

#endif
