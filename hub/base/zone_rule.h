/* SPDX-License-Identifier: Apache-2.0
 * The rule at the end of a zone file, which says what holds after its last transition:
 * "CET-1CEST,M3.5.0,M10.5.0/3" (POSIX TZ with the extension of RFC 8536). For zone.c. */
#ifndef HUB_ZONE_RULE_H
#define HUB_ZONE_RULE_H

#include <stdbool.h>
#include <stdint.h>

/* A day of the year and the second of it when the clock changes. */
struct zone_change {
    char kind; /* 'M': month, week, weekday; 'J': day 1 … 365 without leap days; 'N': day 0 … 365 */
    int month, week, day;
    int32_t second; /* may lie outside of the day */
};

struct zone_rule {
    int32_t standard, summer; /* seconds east of UTC */
    bool changes;             /* false: standard all year */
    struct zone_change to_summer, to_standard;
};

/* A stretch of time with one offset; `until` is the first second after it. */
struct zone_span {
    int32_t offset;
    int64_t until;
};

bool zone_rule_parse(const char *text, struct zone_rule *);
/* The stretch around this second. */
struct zone_span zone_rule_span(const struct zone_rule *, int64_t second);

#endif
