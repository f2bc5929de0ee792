/* SPDX-License-Identifier: Apache-2.0
 * What the three formats share: the bytes not read yet, and how a format is told of them. */
#ifndef HUB_READ_INPUT_H
#define HUB_READ_INPUT_H

#include "base/buf.h"
#include "read/recode.h"
#include "read/record.h"

struct doc;
struct csv;

/* One way in which records lie in a reply. Given bytes, a format reads as many whole items as
 * there are and returns the position behind them; NULL: see scan.fault (never SCAN_MORE). What it
 * leaves is given again, with more behind it. */
struct format {
    bool (*begin)(struct reader *, struct err *); /* once */
    void (*end)(struct reader *);
    void (*reset)(struct reader *);
    const char *(*read)(struct reader *, const char *p);
    bool (*finish)(struct reader *); /* everything was given: is the reply whole? */
};
extern const struct format format_json, format_ndjson, format_csv;

struct reader {
    struct reader_spec spec;
    const struct format *format;
    struct record record;
    struct recode *recode; /* NULL: it is UTF-8 */
    struct buf tail;       /* an item that is not whole yet */
    size_t need;           /* bytes to wait for before it is tried again */
    size_t max_item;       /* of what is being read now */
    bool is_begun;         /* past the byte order mark */
    bool is_over;          /* after an error or the end */
    uint64_t line, n_records;
    struct doc *doc;
    struct csv *csv;
};

static inline uint64_t input_offset(const struct reader *r, const char *p)
{
    return r->record.base_offset + (uint64_t)(p - r->record.base);
}
/* A record of a line format that cannot be read: told, or the end. scan has what is wrong. */
bool input_bad(struct reader *, const char *raw, size_t len);

#endif
