/* SPDX-License-Identifier: Apache-2.0
 * Whether somebody set the clock. */
#include <config.h>

#include "schedule/clock.h"

#include "base/day.h"

#define TRUSTED (CLOCK_TRUSTED_S * TIME_SECOND)

/* To 1970 and back is no jump of years. */
static int64_t without_detour(struct clock_watch *w, int64_t moved, bool was_ancient)
{
    if (!was_ancient && !w->is_ancient)
        return moved;
    w->lost += moved;
    if (w->is_ancient)
        return 0;
    moved = w->lost;
    w->lost = 0;
    return moved;
}

int64_t clock_moved(struct clock_watch *w, int64_t wall, int64_t steady)
{
    int64_t apart = wall - steady, moved = apart - w->apart;
    bool was_set = w->is_set, was_ancient = w->is_ancient;
    w->is_set = true;
    w->is_ancient = wall < w->oldest;
    /* Slewing is a drift of parts of a second; what is too little to tell is kept in the sum. */
    if (was_set && moved > -TIME_SECOND && moved < TIME_SECOND)
        return 0;
    w->apart = apart;
    if (!was_set)
        return 0;
    int64_t jump = without_detour(w, moved, was_ancient);
    if (jump > TRUSTED || w->ahead > 0)
        w->ahead += jump;
    if (w->ahead <= TRUSTED)
        w->ahead = 0;
    return moved;
}

bool clock_is_doubtful(const struct clock_watch *w)
{
    return w->ahead > 0 || w->is_ancient;
}

void clock_hold(struct clock_watch *w)
{
    w->ahead = 2 * TRUSTED;
}

void clock_accept(struct clock_watch *w)
{
    w->ahead = 0;
}
