/* SPDX-License-Identifier: Apache-2.0
 * Days (since 1970-01-01) and times (microseconds since 1970-01-01T00:00Z) as text and back;
 * proleptic Gregorian calendar. */
#ifndef HUB_DAY_H
#define HUB_DAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DAY_TEXT = 16, TIME_TEXT = 40 };
#define TIME_SECOND INT64_C(1000000)
#define TIME_DAY    (INT64_C(86400) * TIME_SECOND)

/* A wall-clock time as parsed; offset_known false: it is local to a zone that the text does not
 * name. */
struct day_clock {
    int32_t day;
    int64_t micros; /* of the day: 0 … TIME_DAY - 1; the leap second :60 is read as :59 */
    bool offset_known;
    int32_t offset; /* seconds east of UTC */
};

int32_t day_from_civil(int year, int month, int day);
void day_to_civil(int32_t days, int *year, int *month, int *day);
/* Year 1 … 9999, real dates only (no 2026-02-30). */
bool day_is_civil(int year, int month, int day);

/* Exactly YYYY-MM-DD or YYYYMMDD; false for anything else. */
bool day_parse_iso(const char *s, size_t n, int32_t *out);
bool day_parse_compact(const char *s, size_t n, int32_t *out);
/* "2026-01-31T10:00:00.25+02:00", also with a blank for the T, "Z", "+0200", without seconds, or
 * the date alone (00:00 local). */
bool day_parse_time(const char *s, size_t n, struct day_clock *out);
/* By a pattern of %Y %y %m %d %H %I %p %M %S %b %j %z %% and literals; a blank in it matches any
 * blanks. The whole text must match. */
bool day_parse_pattern(const char *s, size_t n, const char *pattern, struct day_clock *out);
/* Where a pattern has a letter that is none of these, NULL: nowhere. */
const char *day_pattern_unknown(const char *pattern);
/* For command line and configuration: YYYY-MM-DD, "today", "yesterday", "-7d", relative to `today`.
 */
bool day_parse_arg(const char *s, int32_t today, int32_t *out);

const char *day_print(int32_t day, char out[DAY_TEXT]); /* "2026-01-31" */
const char *
day_print_time(int64_t micros,
               char out[TIME_TEXT]); /* "2026-01-31T10:00:00Z", fractions only where not zero */
int64_t day_now(void);               /* micros; OMNIHUB_NOW (RFC 3339) sets the clock for tests */

#endif
