/* SPDX-License-Identifier: Apache-2.0
 * Backfills and how far they are: one row per connector, account and range, so that each account
 * goes on by itself after whatever stopped it. */
#ifndef HUB_BACKFILLS_H
#define HUB_BACKFILLS_H

#include <jansson.h>
#include <stdbool.h>

#include "store/store.h"

enum { BACKFILL_CHUNK_DAYS = 31 }; /* of a run at most */

struct backfill_order {
    const char *connector, *account; /* account "" where there is none */
    int32_t from, to;                /* days, both included */
};
/* A new one, or the same one that did not come to its end: it goes on where it stopped. Returns its
 * id, 0 on error. */
int64_t backfill_begin(struct store *, const struct backfill_order *, struct err *);
/* Days from `done_from` to its end are stored; `spent` more micros went into it. */
omni_status backfill_advance(struct store *, int64_t id, int32_t done_from, int64_t spent,
                             struct err *);
/* It is over: a code of base/outcome.c, or "stopped"; message may be NULL. */
omni_status backfill_end(struct store *, int64_t id, const char *code, const char *message,
                         struct err *);
/* All open ones of a connector. *n: how many. */
omni_status backfill_stop(struct store *, const char *connector, uint64_t *n, struct err *);
/* One object per backfill, newest first: id, connector, account, from_day, to_day, done_from (the
 * oldest day that is stored; absent: none yet), started_at, ended_at (absent: it is not over),
 * code, message, days, days_done, percent, chunks_left, seconds_left (absent: nothing to judge by,
 * or over). connector NULL: all. New reference; NULL with err. */
json_t *backfills_list(struct store *, const char *connector, bool only_open, struct err *);

#endif
