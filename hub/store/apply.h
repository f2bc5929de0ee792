/* SPDX-License-Identifier: Apache-2.0
 * One window while it is applied: what store_apply()'s files share. */
#ifndef HUB_STORE_APPLY_H
#define HUB_STORE_APPLY_H

#include "store/days.h"
#include "store/rowset.h"
#include "store/table.h"

struct apply {
    const struct store_window *w;
    struct store_result *r;
    struct table t;
    int64_t first_new;   /* rows from this rowid on came with the window */
    struct rowset *seen; /* rows before that, as far as they were met again */
    struct days *days;
    size_t *sums; /* columns that are summed exactly, then the money among them once more */
    size_t n_sums, n_money;
    int64_t part;      /* OMNI_PARTS: its id */
    bool was_empty;    /* nothing stored could have one of the new rows' keys */
    bool is_new_part;  /* a part that was never stored: its rows are most likely new */
    int32_t day;       /* of the row at hand; 0 where the dataset has none */
    int64_t met;       /* OMNI_PARTS: the part whose row was met last, 0: none yet */
    bool is_below_met; /* that one changed later than this */
    bool is_restating; /* differences of the sums are noted */
};

/* A row out of the spool becomes the row at hand: checked, and as it is stored. */
omni_status apply_take(struct apply *, const struct omni_cell *, struct err *);
/* The row at hand was inserted. */
void apply_arrived(struct apply *);
/* What is there before the window. apply_close() also after a failure. */
omni_status apply_open(struct apply *, struct store *, const struct store_window *,
                       struct store_result *, struct err *);
void apply_close(struct apply *);
/* A stored row goes (`leaves`: from this day altogether) or changes. */
void apply_note_old(struct apply *, sqlite3_stmt *row, int32_t day, bool leaves);
/* The row at hand comes (`arrives`: it was not on this day before) or replaces one. */
void apply_note_new(struct apply *, int32_t day, bool arrives, bool counts_as_restated);
/* Adds what came and went to the feed's days (feed_days.c). */
omni_status apply_count_days(struct apply *, struct store *, struct err *);
/* Restatements, change marks, counts of feed and run, state. */
omni_status apply_finish(struct apply *, struct store *, struct err *);

#endif
