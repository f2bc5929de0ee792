/* SPDX-License-Identifier: Apache-2.0
 * Schedules: five cron fields, a macro, or "every 15m"; when they fire next in a time zone. */
#ifndef HUB_SCHEDULE_H
#define HUB_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/zone.h"

enum {
    SCHEDULE_MINUTE,
    SCHEDULE_HOUR,
    SCHEDULE_DAY,
    SCHEDULE_MONTH,
    SCHEDULE_WEEKDAY,
    SCHEDULE_FIELDS
};
enum { SCHEDULE_EVERY_MAX = 366 * 86400 };

struct schedule {
    uint64_t bits[SCHEDULE_FIELDS]; /* bit n: the value n is meant; weekdays from Sunday = 0 */
    bool is_wild[SCHEDULE_FIELDS];  /* the field begins with * */
    int32_t every_s;                /* "every": seconds; 0: the fields count */
};

/* OMNI_E_CONFIG with what is wrong in it and what to write instead. */
omni_status schedule_parse(const char *text, struct schedule *out, struct err *);

/* The first instant after `after` (micros) at which it fires; INT64_MAX where there is none within
 * eight years. zone NULL: UTC.
 *
 * Days: where both day of month and weekday are restricted, either is enough (Vixie's rule).
 * A fixed time of day (neither minute nor hour begins with *) that a clock change skips fires at
 * the first instant after the gap; one that comes twice fires the first time. With a * in minute or
 * hour it follows the clock on the wall: twice where the hour comes twice, not at all where it is
 * left out. "every" counts from 1970-01-01T00:00Z and knows no zone. */
int64_t schedule_next(const struct schedule *, const struct zone *zone, int64_t after);

#endif
