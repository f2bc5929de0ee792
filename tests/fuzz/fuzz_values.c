/* SPDX-License-Identifier: Apache-2.0
 * Dates, times, numbers, money, intervals, schedules and rules of time zones. What is read and
 * printed again must be read as the same. */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "base/exact.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/zone.h"
#include "base/zone_rule.h"
#include "schedule/schedule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void give_up(const char *what, const char *text)
{
    fprintf(stderr, "%s: %s\n", what, text);
    __builtin_trap();
}

static void try_number(const char *s, size_t n)
{
    static const uint32_t flags[] = {0, OMNI_DECIMAL_COMMA, OMNI_ROUND};
    char text[EXACT_TEXT];
    int64_t v, again;
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        for (int shift = -3; shift <= 12; shift += 3)
            exact_parse(s, n, shift, flags[i], &v);
    if (exact_parse(s, n, 6, 0, &v) != EXACT_OK)
        return;
    exact_print(v, text);
    if (exact_parse(text, strlen(text), 6, 0, &again) != EXACT_OK || again != v)
        give_up("a number changes", text);
}

static void try_day(const char *s, size_t n)
{
    char text[DAY_TEXT];
    int32_t day, again;
    bool is_iso = day_parse_iso(s, n, &day);
    if (is_iso || day_parse_compact(s, n, &day)) {
        day_print(day, text);
        if (!day_parse_iso(text, strlen(text), &again) || again != day)
            give_up("a day changes", text);
    }
}

static void try_time(const char *s, size_t n)
{
    char text[TIME_TEXT];
    struct day_clock clock = {0}, again = {0};
    if (!day_parse_time(s, n, &clock))
        return;
    if (clock.micros < 0 || clock.micros >= TIME_DAY)
        give_up("a time outside of its day", s);
    int64_t at = clock.day * TIME_DAY + clock.micros;
    day_print_time(at, text);
    if (clock.day > -700000 && clock.day < 2900000 &&
        (!day_parse_time(text, strlen(text), &again) || again.day != clock.day ||
         again.micros != clock.micros))
        give_up("a time changes", text);
}

/* Spans follow one another without end and without holes. */
static void try_rule(const char *s)
{
    struct zone_rule rule;
    if (!zone_rule_parse(s, &rule))
        return;
    int64_t second = 1700000000;
    for (int i = 0; i < 8; i++) {
        struct zone_span span = zone_rule_span(&rule, second);
        if (span.until <= second)
            give_up("a rule that stands still", s);
        if (span.until == INT64_MAX)
            return;
        second = span.until;
    }
}

/* Each firing comes after the one before, in UTC and across the clock changes of a zone. */
static void try_schedule(const char *s)
{
    static struct zone *berlin;
    struct err err = {.text = ""};
    struct schedule schedule;
    if (!berlin && !(berlin = zone_open("Europe/Berlin", &err)))
        give_up("no time zone data", err.text);
    if (schedule_parse(s, &schedule, &err) != OMNI_OK) {
        if (!err.text[0])
            give_up("refused without a reason", s);
        return;
    }
    for (int i = 0; i < 2; i++) {
        int64_t at = INT64_C(1700000000000000), next;
        for (int n = 0; n < 4 && at != INT64_MAX; n++, at = next)
            if ((next = schedule_next(&schedule, i ? berlin : NULL, at)) <= at)
                give_up("a schedule that stands still", s);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const patterns[] = {"%d.%m.%Y %H:%M:%S", "%m/%d/%y %I:%M %p", "%Y%m%d%z",
                                           "%b %d %Y", "%j %Y"};
    struct err err = {.text = ""};
    struct day_clock clock;
    int32_t day;
    long long number;
    auto_free char *s = xstrndup((const char *)data, size);
    size_t n = strlen(s);
    try_number(s, n);
    try_day(s, n);
    try_time(s, n);
    try_rule(s);
    day_parse_arg(s, 20000, &day);
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
        day_parse_pattern(s, n, patterns[i], &clock);
    /* The text as a pattern too. */
    day_parse_pattern("31.01.2026 10:00", 16, s, &clock);
    exact_currency_decimals(s, n);
    text_parse_int(s, -1000, 1000, &number);
    if (text_parse_duration(s, &number) && number < 0)
        give_up("an interval below nothing", s);
    try_schedule(s);
    zone_free(zone_open(s, &err));
    return 0;
}
