/* SPDX-License-Identifier: Apache-2.0
 * hub/schedule/schedule_next.c: gaps, folds, days, intervals. */
#include <config.h>

#include "unit.h"

#include "base/day.h"
#include "schedule/schedule.h"

static int64_t at(const char *text)
{
    struct day_clock c;
    assert_true(day_parse_time(text, strlen(text), &c));
    return c.day * TIME_DAY + c.micros - c.offset * TIME_SECOND;
}

struct fire {
    const char *zone, *schedule, *after, *next;
};

static void check(const struct fire *f)
{
    struct err err = {0};
    struct schedule s;
    char text[TIME_TEXT];
    struct zone *zone = zone_open(f->zone, &err);
    if (!zone)
        skip(); /* no zone files here */
    assert_int_equal(schedule_parse(f->schedule, &s, &err), OMNI_OK);
    int64_t next = schedule_next(&s, zone, at(f->after));
    zone_free(zone);
    if (next != at(f->next))
        fail_msg("%s in %s after %s: %s, not %s", f->schedule, f->zone, f->after,
                 next == INT64_MAX ? "never" : day_print_time(next, text), f->next);
}

static void check_all(const struct fire *fires, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check(&fires[i]);
}
#define CHECK(table) check_all(table, sizeof(table) / sizeof *(table))

static void skipped_times_fire_after_the_gap(void **state)
{
    (void)state;
    static const struct fire fires[] = {
        {"Europe/Berlin", "30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"},
        {"Europe/Berlin", "0,15,30 2 * * *", "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"},
        {"America/New_York", "30 2 * * *", "2026-03-08T05:00:00Z", "2026-03-08T07:00:00Z"},
        {"Australia/Lord_Howe", "15 2 * * *", "2026-10-03T14:00:00Z", "2026-10-03T15:30:00Z"},
        {"Africa/Cairo", "0 0 * * *", "2026-04-23T12:00:00Z", "2026-04-23T22:00:00Z"},
        {"America/Santiago", "30 0 * * *", "2026-09-05T12:00:00Z", "2026-09-06T04:00:00Z"},
        {"Pacific/Apia", "0 12 30 12 *", "2011-12-29T12:00:00Z", "2011-12-30T10:00:00Z"},
    };
    CHECK(fires);
}

static void times_that_come_twice_fire_once(void **state)
{
    (void)state;
    static const struct fire fires[] = {
        {"Europe/Berlin", "30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"},
        {"Europe/Berlin", "30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
        {"America/Havana", "30 0 * * *", "2026-11-01T04:30:00Z", "2026-11-02T05:30:00Z"},
    };
    CHECK(fires);
}

static void wild_ones_follow_the_wall(void **state)
{
    (void)state;
    static const struct fire fires[] = {
        {"Europe/Berlin", "30 * * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"},
        {"Europe/Berlin", "*/30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"},
        {"Europe/Berlin", "*/30 2 * * *", "2026-03-29T00:59:00Z", "2026-03-30T00:00:00Z"},
        {"Australia/Lord_Howe", "45 * * * *", "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"},
        {"Asia/Kathmandu", "0 */6 * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:15:00Z"},
    };
    CHECK(fires);
}

static void days_of_month_and_week(void **state)
{
    (void)state;
    static const struct fire fires[] = {
        {"UTC", "0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"},
        {"UTC", "0 0 13 * fri", "2026-11-23T00:00:00Z", "2026-11-27T00:00:00Z"},
        {"UTC", "0 0 13 * *", "2026-11-23T00:00:00Z", "2026-12-13T00:00:00Z"},
        {"UTC", "0 0 * * 7", "2026-11-23T00:00:00Z", "2026-11-29T00:00:00Z"},
        {"UTC", "0 0 1 1 *", "1969-12-31T23:59:00Z", "1970-01-01T00:00:00Z"},
        {"UTC", "@weekly", "2037-12-31T00:00:00Z", "2038-01-03T00:00:00Z"},
    };
    CHECK(fires);
}

static void intervals_know_no_zone(void **state)
{
    (void)state;
    static const struct fire fires[] = {
        {"Asia/Kathmandu", "every 6h", "2026-01-01T00:00:00Z", "2026-01-01T06:00:00Z"},
        {"UTC", "every 15m", "2026-01-01T00:14:59.999999Z", "2026-01-01T00:15:00Z"},
        {"UTC", "every 15m", "1969-12-31T23:50:00Z", "1970-01-01T00:00:00Z"},
    };
    CHECK(fires);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(skipped_times_fire_after_the_gap),
    cmocka_unit_test(times_that_come_twice_fire_once),
    cmocka_unit_test(wild_ones_follow_the_wall),
    cmocka_unit_test(days_of_month_and_week),
    cmocka_unit_test(intervals_know_no_zone),
};

UNIT_MAIN(tests)
