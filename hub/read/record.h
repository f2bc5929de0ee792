/* SPDX-License-Identifier: Apache-2.0
 * One record: its values along the plan, then its rows and those inside it. */
#ifndef HUB_READ_RECORD_H
#define HUB_READ_RECORD_H

#include "read/plan.h"
#include "read/scan.h"

struct record {
    struct scan scan;
    struct plan *plan;
    const struct reader_calls *calls;
    struct err *err;
    struct read_where where; /* of the row of the stream that is being read */
    uint64_t n_rows;         /* of the stream itself */
    const char *base;        /* the byte whose offset in the reply is base_offset */
    uint64_t base_offset;
    uint64_t n_objects;
    struct plan_level *level; /* whose record is being taken apart */
    struct read_value *slots;
    bool is_line;  /* NDJSON: nothing else up to scan.end; where.record is given from outside */
    bool is_trial; /* no rows yet */
};

/* Reads the record of the top level that begins at p and calls back for its rows: first its own,
 * then those of the parts, in their order. Nothing is called unless the record is whole. Returns
 * the position behind it, or NULL (see scan.fault). */
const char *record_read(struct record *, const char *p);

/* From the quote of a key to its value; *at: index of the key before, then of this one. */
const char *record_key(struct record *, struct plan_node *, const char *p, uint32_t *at);

#endif
