/* SPDX-License-Identifier: Apache-2.0
 * Whether somebody set the clock. */
#include <config.h>

#include "schedule/clock.h"

#include "base/day.h"

#define TRUSTED (CLOCK_TRUSTED_S * TIME_SECOND)

int64_t clock_moved(struct clock_watch *w, int64_t wall, int64_t steady)
{
    int64_t apart = wall - steady, moved = apart - w->apart;
    bool was_set = w->is_set;
    w->is_set = true;
    /* Slewing is a drift of parts of a second; what is too little to tell is kept in the sum. */
    if (was_set && moved > -TIME_SECOND && moved < TIME_SECOND)
        return 0;
    w->apart = apart;
    if (!was_set)
        return 0;
    if (moved > TRUSTED || w->ahead > 0)
        w->ahead += moved;
    if (w->ahead <= TRUSTED)
        w->ahead = 0;
    return moved;
}

bool clock_is_doubtful(const struct clock_watch *w)
{
    return w->ahead > 0;
}

void clock_accept(struct clock_watch *w)
{
    w->ahead = 0;
}
