/* SPDX-License-Identifier: Apache-2.0
 * Rows as text: what the reader delivers, and what a walk over jansson's tree says it should. */
#ifndef TEST_READ_ROWS_H
#define TEST_READ_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "read/reader.h"

enum { ROWS_MAX = 64 * 1024 * 1024 };

struct rows {
    omni_status status;
    struct buf text; /* a line per row, bad record or unknown member */
    struct buf envelope;
    struct err err;
    uint64_t records;
};
void rows_free(struct rows *);
#define auto_rows __attribute__((cleanup(rows_free))) struct rows

struct rows_wish {
    bool is_strict;    /* bad records end the reading */
    bool has_unknown;  /* tell unknown members */
    bool is_canonical; /* numbers and trees as jansson prints them, no positions */
};

/* piece: how the reply is cut. 0: not at all; 1, 2, …: into pieces of this size; below 0: into
 * random pieces of at most this size. */
struct rows rows_read(const struct reader_spec *, const struct rows_wish *, const char *reply,
                      size_t n, int piece);

enum oracle {
    ORACLE_ROWS,    /* these rows */
    ORACLE_REFUSED, /* not JSON */
    ORACLE_TWINS,   /* JSON with a key twice in an object: rows or a refusal */
    ORACLE_SHAPE,   /* JSON, but not of the shape that the stream promises */
    ORACLE_UNSURE   /* beyond what jansson can say: numbers, depth */
};
/* What should come out of a JSON reply; rows in the canonical form. */
enum oracle oracle_rows(const struct reader_spec *, const char *reply, size_t n, struct buf *rows);

#endif
