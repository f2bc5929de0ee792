/* SPDX-License-Identifier: Apache-2.0
 * Takes secrets out of what a cassette keeps. */
#ifndef HUB_HTTP_SCRUB_H
#define HUB_HTTP_SCRUB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct scrub;
struct scrub *scrub_new(void);
void scrub_free(struct scrub *);
/* Adds the text with "***" for every registered secret (log_add_secret()), for the values of query
 * parameters and JSON members that are named like one, and for user:password in urls. False: too
 * long. The same text always gives the same result. */
bool scrub_text(const struct scrub *, struct buf *out, const char *s, size_t n);
/* "Name: value" with the value taken out where the name is private. */
bool scrub_header(const struct scrub *, struct buf *out, const char *line);
/* A registered secret is in the text, in whatever form: also below layers of JSON escapes and
 * percent-encoding that scrub_text() does not look through, and in base64 that is cut into lines.
 */
bool scrub_finds(const char *s, size_t n);

#endif
