/* SPDX-License-Identifier: Apache-2.0
 * The rule at the end of a zone file: read and applied. */
#include <config.h>

#include "base/zone_rule.h"

#include <stddef.h>

#include "base/day.h"

enum { HOUR = 3600, DAY = 86400, HOURS_MAX = 167 /* RFC 8536, 3.3.1 */ };

/* ---- reading ---- */

static bool take(const char **p, char wanted)
{
    if (**p != wanted)
        return false;
    ++*p;
    return true;
}

static bool take_number(const char **p, int min, int max, int *out)
{
    int value = 0, digits = 0;
    for (; **p >= '0' && **p <= '9' && digits < 4; ++*p, digits++)
        value = value * 10 + (**p - '0');
    *out = value;
    return digits > 0 && value >= min && value <= max;
}

/* "CET" or "<+0530>" */
static bool take_name(const char **p)
{
    bool quoted = take(p, '<');
    int n = 0;
    for (;; ++*p, n++) {
        bool letter = (**p >= 'a' && **p <= 'z') || (**p >= 'A' && **p <= 'Z');
        bool other = (**p >= '0' && **p <= '9') || **p == '+' || **p == '-';
        if (!letter && !(quoted && other))
            break;
    }
    return n >= 3 && (!quoted || take(p, '>'));
}

/* [+-]h[:mm[:ss]] */
static bool take_time(const char **p, int32_t *seconds)
{
    int hours, minutes = 0, rest = 0;
    bool negative = take(p, '-');
    if (!negative)
        take(p, '+');
    if (!take_number(p, 0, HOURS_MAX, &hours))
        return false;
    if (take(p, ':') && !take_number(p, 0, 59, &minutes))
        return false;
    if (take(p, ':') && !take_number(p, 0, 59, &rest))
        return false;
    *seconds = hours * HOUR + minutes * 60 + rest;
    *seconds *= negative ? -1 : 1;
    return true;
}

static bool take_change(const char **p, struct zone_change *c)
{
    bool known;
    if (take(p, 'M')) {
        c->kind = 'M';
        known = take_number(p, 1, 12, &c->month) && take(p, '.') &&
                take_number(p, 1, 5, &c->week) && take(p, '.') && take_number(p, 0, 6, &c->day);
    } else if (take(p, 'J')) {
        c->kind = 'J';
        known = take_number(p, 1, 365, &c->day);
    } else {
        c->kind = 'N';
        known = take_number(p, 0, 365, &c->day);
    }
    c->second = 2 * HOUR;
    return known && (!take(p, '/') || take_time(p, &c->second));
}

bool zone_rule_parse(const char *text, struct zone_rule *rule)
{
    const char *p = text;
    int32_t west;
    *rule = (struct zone_rule){0};
    if (!take_name(&p) || !take_time(&p, &west))
        return false;
    rule->standard = -west; /* POSIX counts to the west */
    if (*p == '\0')
        return true;
    if (!take_name(&p))
        return false;
    rule->summer = rule->standard + HOUR;
    if (*p != ',') {
        if (!take_time(&p, &west))
            return false;
        rule->summer = -west;
    }
    rule->changes = true;
    return take(&p, ',') && take_change(&p, &rule->to_summer) && take(&p, ',') &&
           take_change(&p, &rule->to_standard) && *p == '\0';
}

/* ---- applying ---- */

static int32_t day_of_change(const struct zone_change *c, int year)
{
    int32_t new_year = day_from_civil(year, 1, 1);
    if (c->kind == 'N')
        return new_year + c->day;
    if (c->kind == 'J') {
        bool leap_day = day_from_civil(year, 3, 1) - new_year == 60;
        return new_year + c->day - 1 + (leap_day && c->day >= 60);
    }
    int32_t first = day_from_civil(year, c->month, 1);
    int32_t next =
        c->month == 12 ? day_from_civil(year + 1, 1, 1) : day_from_civil(year, c->month + 1, 1);
    int weekday = (int)(((first + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    int32_t day = first + (c->day - weekday + 7) % 7 + (c->week - 1) * 7;
    return day < next ? day : day - 7; /* week 5 is the last one */
}

static int64_t instant_of_change(const struct zone_change *c, int year, int32_t offset_before)
{
    return (int64_t)day_of_change(c, year) * DAY + c->second - offset_before;
}

struct zone_span zone_rule_span(const struct zone_rule *rule, int64_t second)
{
    if (!rule->changes)
        return (struct zone_span){rule->standard, INT64_MAX};
    int year, month, day;
    int64_t local_day = (second + rule->standard) / DAY - (second + rule->standard < 0);
    day_to_civil((int32_t)local_day, &year, &month, &day);
    struct zone_span span = {rule->standard, INT64_MAX};
    int64_t since = INT64_MIN;
    /* The neighbouring years too: a change may lie outside of its own year, and all-year summer
     * time is written as changes that touch at New Year (there the one to summer wins). */
    for (int y = year - 1; y <= year + 1; y++) {
        const struct zone_span changes[] = {
            {rule->summer, instant_of_change(&rule->to_summer, y, rule->standard)},
            {rule->standard, instant_of_change(&rule->to_standard, y, rule->summer)},
        };
        for (size_t i = 0; i < 2; i++) {
            int64_t at = changes[i].until;
            if (at <= second && at >= since) {
                since = at;
                span.offset = changes[i].offset;
            } else if (at > second && at < span.until) {
                span.until = at;
            }
        }
    }
    return span;
}
