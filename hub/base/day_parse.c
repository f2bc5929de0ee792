/* SPDX-License-Identifier: Apache-2.0
 * Days and times read from text: ISO forms, and patterns for everything else. */
#include <config.h>

#include "base/day.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct cursor {
    const char *p, *end;
};

/* min … max digits as a number. */
static bool take_number(struct cursor *c, int min, int max, int *out)
{
    int n = 0, value = 0;
    for (; n < max && c->p < c->end && *c->p >= '0' && *c->p <= '9'; n++)
        value = value * 10 + (*c->p++ - '0');
    *out = value;
    return n >= min;
}

static bool take(struct cursor *c, char wanted)
{
    if (c->p == c->end || *c->p != wanted)
        return false;
    c->p++;
    return true;
}

static bool civil(int year, int month, int day, int32_t *out)
{
    if (!day_is_civil(year, month, day))
        return false;
    *out = day_from_civil(year, month, day);
    return true;
}

static bool take_iso_day(struct cursor *c, int32_t *out)
{
    int y, m, d;
    return take_number(c, 4, 4, &y) && take(c, '-') && take_number(c, 2, 2, &m) && take(c, '-') &&
           take_number(c, 2, 2, &d) && civil(y, m, d, out);
}

bool day_parse_iso(const char *s, size_t n, int32_t *out)
{
    struct cursor c = {s, s + n};
    return n == 10 && take_iso_day(&c, out);
}

bool day_parse_compact(const char *s, size_t n, int32_t *out)
{
    struct cursor c = {s, s + n};
    int y, m, d;
    return n == 8 && take_number(&c, 4, 4, &y) && take_number(&c, 2, 2, &m) &&
           take_number(&c, 2, 2, &d) && civil(y, m, d, out);
}

/* ---- times ---- */

static bool set_clock(struct day_clock *out, int hour, int minute, int second)
{
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    second -= second == 60;
    out->micros = (hour * INT64_C(3600) + minute * INT64_C(60) + second) * TIME_SECOND;
    return true;
}

/* Digits after the point; more than microseconds are cut off. */
static bool take_fraction(struct cursor *c, int64_t *micros)
{
    int64_t unit = TIME_SECOND;
    const char *start = c->p;
    for (; c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++) {
        unit /= 10;
        *micros += (*c->p - '0') * unit;
    }
    return c->p > start;
}

/* Z, +02, +0200, +02:00 */
static bool take_offset(struct cursor *c, struct day_clock *out)
{
    int hours, minutes = 0;
    if (take(c, 'Z') || take(c, 'z')) {
        out->offset_known = true;
        return true;
    }
    bool west = take(c, '-');
    if ((!west && !take(c, '+')) || !take_number(c, 2, 2, &hours))
        return false;
    if (take(c, ':')
            ? !take_number(c, 2, 2, &minutes)
            : c->p < c->end && isdigit((unsigned char)*c->p) && !take_number(c, 2, 2, &minutes))
        return false;
    if (hours > 23 || minutes > 59)
        return false;
    out->offset_known = true;
    out->offset = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return true;
}

static bool take_iso_clock(struct cursor *c, struct day_clock *out)
{
    int hour, minute, second = 0;
    if (!take_number(c, 2, 2, &hour) || !take(c, ':') || !take_number(c, 2, 2, &minute))
        return false;
    bool seconds = take(c, ':');
    if (seconds && !take_number(c, 2, 2, &second))
        return false;
    if (!set_clock(out, hour, minute, second))
        return false;
    if (seconds && (take(c, '.') || take(c, ',')))
        return take_fraction(c, &out->micros);
    return true;
}

bool day_parse_time(const char *s, size_t n, struct day_clock *out)
{
    struct cursor c = {s, s + n};
    struct day_clock clock = {0};
    if (!take_iso_day(&c, &clock.day))
        return false;
    if (c.p < c.end) {
        if (!take(&c, 'T') && !take(&c, 't') && !take(&c, ' '))
            return false;
        if (!take_iso_clock(&c, &clock))
            return false;
        if (c.p < c.end) {
            take(&c, ' ');
            if (!take_offset(&c, &clock))
                return false;
        }
    }
    *out = clock;
    return c.p == c.end;
}

/* ---- patterns ---- */

/* What a pattern found; -1: nothing. */
struct parts {
    int year, month, day, day_of_year, hour, hour12, minute, second;
    int afternoon;
    struct day_clock zone; /* offset and offset_known */
};

/* English month names, short or whole: reports in other languages use numbers. */
static bool take_month(struct cursor *c, int *out)
{
    static const char *const names[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};
    size_t left = (size_t)(c->end - c->p);
    for (int i = 0; i < 12; i++) {
        size_t whole = strlen(names[i]);
        size_t n = left >= whole && strncasecmp(c->p, names[i], whole) == 0 ? whole : 3;
        if (left < n || strncasecmp(c->p, names[i], n) != 0)
            continue;
        c->p += n;
        *out = i + 1;
        return true;
    }
    return false;
}

static bool take_half_of_day(struct cursor *c, int *afternoon)
{
    if (c->end - c->p < 2 || tolower((unsigned char)c->p[1]) != 'm')
        return false;
    int letter = tolower((unsigned char)c->p[0]);
    c->p += 2;
    *afternoon = letter == 'p';
    return letter == 'a' || letter == 'p';
}

static bool take_short_year(struct cursor *c, int *year)
{
    if (!take_number(c, 2, 2, year))
        return false;
    *year += *year < 69 ? 2000 : 1900; /* as POSIX reads %y */
    return true;
}

static bool take_part(struct cursor *c, char what, struct parts *parts)
{
    switch (what) {
    case 'Y':
        return take_number(c, 4, 4, &parts->year);
    case 'y':
        return take_short_year(c, &parts->year);
    case 'm':
        return take_number(c, 1, 2, &parts->month);
    case 'd':
        return take_number(c, 1, 2, &parts->day);
    case 'j':
        return take_number(c, 1, 3, &parts->day_of_year);
    case 'b':
        return take_month(c, &parts->month);
    case 'H':
        return take_number(c, 1, 2, &parts->hour);
    case 'I':
        return take_number(c, 1, 2, &parts->hour12) && parts->hour12 >= 1 && parts->hour12 <= 12;
    case 'p':
        return take_half_of_day(c, &parts->afternoon);
    case 'M':
        return take_number(c, 1, 2, &parts->minute);
    case 'S':
        return take_number(c, 1, 2, &parts->second);
    case 'z':
        return take_offset(c, &parts->zone);
    case '%':
        return take(c, '%');
    default:
        return false;
    }
}

static bool match(struct cursor *c, const char *pattern, struct parts *parts)
{
    for (const char *p = pattern; *p; p++) {
        if (*p == ' ') {
            while (c->p < c->end && (*c->p == ' ' || *c->p == '\t'))
                c->p++;
        } else if (*p == '%') {
            if (!take_part(c, *++p, parts) || *p == '\0')
                return false;
        } else if (!take(c, *p)) {
            return false;
        }
    }
    return c->p == c->end;
}

/* A month without a day is its first; a day without a year is no day. */
static bool day_of_parts(const struct parts *parts, int32_t *out)
{
    if (parts->year < 0)
        return false;
    if (parts->day_of_year < 0)
        return civil(parts->year, parts->month < 0 ? 1 : parts->month,
                     parts->day < 0 ? 1 : parts->day, out);
    int32_t first;
    int year, month, day;
    if (!civil(parts->year, 1, 1, &first) || parts->day_of_year < 1)
        return false;
    *out = first + parts->day_of_year - 1;
    day_to_civil(*out, &year, &month, &day);
    return year == parts->year;
}

const char *day_pattern_unknown(const char *pattern)
{
    for (const char *p = strchr(pattern, '%'); p; p = strchr(p + 2, '%'))
        if (p[1] == '\0' || !strchr("YymdjbHIpMSz%", p[1]))
            return p;
    return NULL;
}

bool day_parse_pattern(const char *s, size_t n, const char *pattern, struct day_clock *out)
{
    struct cursor c = {s, s + n};
    struct parts parts = {.year = -1, .month = -1, .day = -1, .day_of_year = -1, .hour12 = -1};
    if (!match(&c, pattern, &parts))
        return false;
    if (parts.hour12 >= 0)
        parts.hour = parts.hour12 % 12 + 12 * parts.afternoon;
    struct day_clock clock = parts.zone;
    if (!day_of_parts(&parts, &clock.day) ||
        !set_clock(&clock, parts.hour, parts.minute, parts.second))
        return false;
    *out = clock;
    return true;
}
