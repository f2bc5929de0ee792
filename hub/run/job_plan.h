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
    int32_t today; /* in the account's zone */
    int32_t start; /* how far back the first pull goes */
    bool has_last; /* something was stored before: last_to is its last day */
    int32_t last_to;
    bool has_from, has_to; /* asked for on the command line */
    int32_t from, to;
};
struct plan_range {
    int32_t from, to; /* both included; from > to: nothing to do */
};

struct plan_range plan_days(const struct plan_input *);
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
