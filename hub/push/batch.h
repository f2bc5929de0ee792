/* SPDX-License-Identifier: Apache-2.0
 * Rows of a query as batches in Arrow's layout: what sinks are given. */
#ifndef HUB_BATCH_H
#define HUB_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include <omnihub/omnihub.h>

#include "base/err.h"

struct sqlite3_stmt;
struct batch;

struct batch_field {
    const char *name; /* borrowed until batch_free() */
    uint32_t type;    /* OMNI_BOOL … OMNI_MICROS */
};

/* Holds at most max_rows rows; full earlier where texts are long, so memory stays flat. */
struct batch *batch_new(const struct batch_field *, uint32_t n, uint32_t max_rows);
void batch_free(struct batch *);
/* Names and types without values, NULL at the end: for struct omni_delivery. */
const struct omni_column *const *batch_columns(const struct batch *);
bool batch_is_full(const struct batch *);
/* Adds the statement's current row, its columns in the order of the fields. Dates and times are
 * read from their ISO texts. OMNI_E_DATA names the column whose value is not of its type. */
omni_status batch_add(struct batch *, struct sqlite3_stmt *, struct err *);
/* What was added, valid until the next call. */
const struct omni_batch *batch_view(struct batch *);
void batch_clear(struct batch *);

#endif
