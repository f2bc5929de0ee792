/* SPDX-License-Identifier: Apache-2.0
 * Whether somebody set the clock: the wall's against one that never jumps (and goes on while the
 * machine sleeps). Knows no clock itself: whoever calls says what both show. */
#ifndef HUB_CLOCK_H
#define HUB_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct clock_watch {
    bool is_set;
    int64_t apart;   /* wall - steady, micros */
    int64_t ahead;   /* by so much it was set forward in one go, more than CLOCK_TRUSTED; 0: not */
    int64_t oldest;  /* the caller's: no clock that is right shows an earlier time; 0: any may */
    bool is_ancient; /* it shows one */
    int64_t lost;    /* by so much it was set until it showed one, and since */
};

/* By more than this a clock that jumps forward is held to be wrong (a battery, a virtual machine),
 * and nothing is started by it: a year of missed ticks would burn every quota. */
#define CLOCK_TRUSTED_S (26 * 3600)

/* By how much the wall's clock was set since the last look, micros; 0: not, or by less than a
 * second. */
int64_t clock_moved(struct clock_watch *, int64_t wall, int64_t steady);
/* Is it too far ahead to be followed, or before `oldest`? Ends when it is set right. */
bool clock_is_doubtful(const struct clock_watch *);
/* Somebody says that it is right, however far ahead; a time before `oldest` never is. */
void clock_accept(struct clock_watch *);
/* An earlier life did not believe it, and it was not set back since: nor is it now, until it is set
 * back by more than CLOCK_TRUSTED, or accepted. */
void clock_hold(struct clock_watch *);

#endif
