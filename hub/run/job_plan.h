/* SPDX-License-Identifier: Apache-2.0
 * Which days a pull asks for: what was asked for, what settles still, what is new; within what the
 * platform keeps. */
#ifndef HUB_JOB_PLAN_H
#define HUB_JOB_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include <omnihub/omnihub.h>

struct plan_input {
    const struct omni_stream *stream;
    int32_t today;  /* in the account's zone */
    int32_t start;  /* how far back the first pull goes */
    int32_t reread; /* so many days before last_to are read again: see plan_reread() */
    bool has_last;  /* something was stored before: last_to is its last day */
    int32_t last_to;
    bool has_from, has_to; /* asked for on the command line */
    int32_t from, to;
};
struct plan_range {
    int32_t from, to; /* both included; from > to: nothing to do */
};

struct plan_range plan_days(const struct plan_input *);

/* What is known of how a stream settles. */
struct plan_settle {
    int32_t settle_days;              /* the plugin's word for how long a day may be restated */
    int32_t least_days;               /* the admin's for what is read again in any case */
    int32_t watched_days, moves_days; /* struct settling */
    int32_t today, full_read;         /* the day when all that may move was read last */
    bool has_full, is_fixed;          /* fixed: every pull reads all that may move */
};
/* Days that are read again: those that still move, and once a week all that may, so that each day
 * is seen once more when it is final. *is_full: all of them. */
int32_t plan_reread(const struct plan_settle *, bool *is_full);
/* Days up to this age are known to move; all that may, as long as too little was seen. */
int32_t plan_moves(const struct plan_settle *);
/* The days of a backfill: what was asked for, as far as the platform keeps it and before the days
 * that a regular pull still reads. */
struct plan_range plan_backfill(const struct plan_input *);
/* The first day that the platform still keeps; INT32_MIN where it keeps everything. */
int32_t plan_history_from(const struct omni_stream *, int32_t today);
/* Last day of the window that begins at `from`. */
int32_t plan_window_end(const struct omni_stream *, int32_t from, int32_t to);
/* What "pulled up to" becomes once from … to is stored: grows only without a gap. */
int32_t plan_new_last(const struct plan_input *, struct plan_range stored);

#endif
