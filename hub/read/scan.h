/* SPDX-License-Identifier: Apache-2.0
 * Tokens of JSON as they lie in a buffer that may end anywhere: found, checked and, where wanted,
 * decoded. */
#ifndef HUB_READ_SCAN_H
#define HUB_READ_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "read/reader.h"

/* Memory for decoded texts; grows, and is reused from record to record. */
struct scratch_block;
struct scratch {
    struct scratch_block *head;
    size_t used;
};
void scratch_free(struct scratch *);
void scratch_reset(struct scratch *);
char *scratch_get(struct scratch *, size_t n);

enum { SCAN_MESSAGE = 320, SCAN_NUMBER_MAX = 1024 };

/* Why a function of this file, or one built on it, returned NULL. */
enum scan_fault {
    SCAN_MORE, /* the buffer ended first: not a fault yet */
    SCAN_BAD,  /* message, at */
    SCAN_STOP  /* a callback ended the reading with `status` */
};

struct scan {
    const char *end;
    bool is_last; /* nothing comes after end */
    uint32_t depth, max_depth;
    enum scan_fault fault;
    omni_status status;
    const char *at;
    char message[SCAN_MESSAGE];
    struct scratch scratch;
};

/* All of these take a position in the buffer and return the one behind what they read, or NULL. */

/* For every place where the buffer ends too early. */
const char *scan_more(struct scan *);
const char *scan_fail(struct scan *, const char *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* p stands on the first byte of a value. Text: decoded; object, array: as they lie there. */
const char *scan_value(struct scan *, const char *p, struct read_value *out);
/* Checks a value of any kind as strictly as scan_value(), keeps nothing. */
const char *scan_skip(struct scan *, const char *p);
/* p stands on the quote; out may be NULL. */
const char *scan_string(struct scan *, const char *p, struct read_value *out);
/* Behind a key: over the colon to the first byte of its value. */
const char *scan_colon(struct scan *, const char *p);
/* Into an object or array (p on its bracket) and out of it (p on the closing one). */
const char *scan_enter(struct scan *, const char *p);
const char *scan_leave(struct scan *, const char *p);
/* After an element: on its closing bracket, or over the comma on the next element. */
const char *scan_comma(struct scan *, const char *p, char closing);

static inline bool scan_is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* To the next byte that is not blank. */
static inline const char *scan_next(struct scan *s, const char *p)
{
    while (p < s->end && scan_is_blank(*p))
        p++;
    return p < s->end ? p : scan_more(s);
}

/* Decodes the escapes of a text that scan_string() accepted; the result is never longer. */
size_t scan_unescape(const char *raw, size_t n, char *out);
/* Checks the escape at p (on the backslash). */
const char *scan_escape(struct scan *, const char *p);

#endif
