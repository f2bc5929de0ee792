/* SPDX-License-Identifier: Apache-2.0
 * Which days a pull asks for: what was asked for, what settles still, what is new; within what the
 * platform keeps. */
#include <config.h>

#include "run/job_plan.h"

/* A window is also the unit that is retried, spooled and committed: without a limit of the
 * platform's own, a month. */
enum { PLAN_WINDOW_DAYS = 31 };

/* Of settling: all that may move is read this often, and before less is read, a month and all ages
 * must have been seen. */
enum { PLAN_FULL_EVERY_DAYS = 7, PLAN_WATCH_DAYS = 28, PLAN_CATCH_UP_DAYS = 60 };

static int32_t min_day(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t max_day(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

int32_t plan_history_from(const struct omni_stream *stream, int32_t today)
{
    return stream->history_days ? today - (int32_t)stream->history_days + 1 : INT32_MIN;
}

struct plan_range plan_days(const struct plan_input *in)
{
    /* The last day stored was not over when it was read, so it is read again even if nothing
     * settles. */
    int32_t from = in->has_last ? min_day(in->last_to, in->today) - in->reread : in->start;
    if (in->has_last)
        from = max_day(from, min_day(in->start, in->last_to));
    if (in->has_from)
        from = in->from;
    else if (in->has_to && in->to < from)
        from = in->to;
    struct plan_range range = {from, in->has_to ? in->to : in->today};
    range.from = max_day(range.from, plan_history_from(in->stream, in->today));
    return range;
}

int32_t plan_moves(const struct plan_settle *in)
{
    bool is_known = in->watched_days >= max_day(in->settle_days, PLAN_WATCH_DAYS);
    return is_known ? min_day(max_day(in->moves_days, in->least_days), in->settle_days)
                    : in->settle_days;
}

int32_t plan_reread(const struct plan_settle *in, bool *is_full)
{
    int32_t moves = in->is_fixed ? in->settle_days : plan_moves(in);
    int32_t since = in->has_full ? in->today - in->full_read : PLAN_FULL_EVERY_DAYS;
    *is_full = moves >= in->settle_days || since >= PLAN_FULL_EVERY_DAYS || since < 0;
    if (!*is_full)
        return moves;
    /* Days that became final since the last full reading have not been seen at their end. */
    bool was_skipped = !in->is_fixed && in->has_full && since > 1 && since <= PLAN_CATCH_UP_DAYS;
    return in->settle_days + (was_skipped && in->settle_days > 0 ? since - 1 : 0);
}

struct plan_range plan_backfill(const struct plan_input *in)
{
    struct plan_input regular = *in;
    regular.reread = (int32_t)in->stream->settle_days;
    regular.has_from = regular.has_to = false;
    struct plan_range range = plan_days(in);
    range.to = min_day(range.to, plan_days(&regular).from - 1);
    return range;
}

int32_t plan_window_end(const struct omni_stream *stream, int32_t from, int32_t to)
{
    int32_t days = stream->max_window_days && stream->max_window_days < PLAN_WINDOW_DAYS
                       ? (int32_t)stream->max_window_days
                       : PLAN_WINDOW_DAYS;
    return min_day(from + days - 1, to);
}

int32_t plan_new_last(const struct plan_input *in, struct plan_range stored)
{
    /* Days to come were asked for, but they are not over: the next pull must not begin behind
     * them. */
    int32_t to = min_day(stored.to, in->today);
    if (!in->has_last)
        return to;
    return stored.from <= in->last_to + 1 ? max_day(in->last_to, to) : in->last_to;
}
