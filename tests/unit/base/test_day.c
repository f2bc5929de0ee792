/* SPDX-License-Identifier: Apache-2.0
 * hub/base/day.c and day_parse.c: the calendar, times as text, patterns, the clock. */
#include <config.h>

#include "unit.h"

#include "base/day.h"
#include "base/mem.h"

static void every_day_there_and_back(void **state)
{
    (void)state;
    int32_t expected = day_from_civil(1, 1, 1);
    assert_int_equal(day_from_civil(1970, 1, 1), 0);
    assert_int_equal(day_from_civil(2000, 3, 1), 11017);
    assert_int_equal(expected, -719162);
    for (int y = 1; y <= 9999; y++)
        for (int m = 1; m <= 12; m++)
            for (int d = 1; d <= 31; d++) {
                int yy, mm, dd;
                if (!day_is_civil(y, m, d))
                    continue;
                int32_t day = day_from_civil(y, m, d);
                day_to_civil(day, &yy, &mm, &dd);
                if (day != expected++ || yy != y || mm != m || dd != d)
                    fail_msg("%d-%d-%d", y, m, d);
            }
    assert_int_equal(expected, 2932897); /* 10000-01-01 */
}

static void knows_real_dates(void **state)
{
    (void)state;
    assert_true(day_is_civil(2024, 2, 29));
    assert_true(day_is_civil(2000, 2, 29));
    assert_false(day_is_civil(1900, 2, 29));
    assert_false(day_is_civil(2026, 2, 30));
    assert_false(day_is_civil(2026, 4, 31));
    assert_false(day_is_civil(2026, 13, 1));
    assert_false(day_is_civil(2026, 0, 1));
    assert_false(day_is_civil(2026, 1, 0));
    assert_false(day_is_civil(0, 1, 1));
    assert_false(day_is_civil(10000, 1, 1));
}

static void parses_days(void **state)
{
    (void)state;
    int32_t d = -7;
    assert_true(day_parse_iso("2026-01-31", 10, &d) && d == day_from_civil(2026, 1, 31));
    assert_true(day_parse_compact("20260131", 8, &d) && d == day_from_civil(2026, 1, 31));
    static const char *const wrong[] = {
        "",           "2026-1-31",  "2026-02-30", "26-01-31", "2026-01-31 ", " 2026-01-31",
        "2026/01/31", "2026-01-3x", "2026013",    "20260230", "202601311",   "0000-01-01",
        "-026-01-01", "+026-01-01"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_false(day_parse_iso(wrong[i], strlen(wrong[i]), &d));
        assert_false(day_parse_compact(wrong[i], strlen(wrong[i]), &d));
    }
    assert_false(day_parse_iso("20260131", 8, &d));
    assert_false(day_parse_compact("2026-01-31", 10, &d));
}

static void parses_times(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        int64_t micros;
        bool known;
        int32_t offset;
    } cases[] = {
        {"2026-01-31T10:00:00Z", 36000000000, true, 0},
        {"2026-01-31t10:00:00z", 36000000000, true, 0},
        {"2026-01-31T10:00:00.25+02:00", 36000250000, true, 7200},
        {"2026-01-31 10:00:00,25-0330", 36000250000, true, -12600},
        {"2026-01-31 10:00:00 +02", 36000000000, true, 7200},
        {"2026-01-31T10:00", 36000000000, false, 0},
        {"2026-01-31", 0, false, 0},
        {"2026-01-31T23:59:60Z", 86399000000, true, 0},
        {"2026-01-31T00:00:00.123456789Z", 123456, true, 0},
        {"2026-01-31T00:00:00-00:00", 0, true, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct day_clock c;
        assert_true(day_parse_time(cases[i].s, strlen(cases[i].s), &c));
        assert_int_equal(c.day, day_from_civil(2026, 1, 31));
        assert_int_equal(c.micros, cases[i].micros);
        assert_int_equal(c.offset_known, cases[i].known);
        assert_int_equal(c.offset, cases[i].offset);
    }
    static const char *const wrong[] = {
        "",
        "2026-01-31T",
        "2026-01-31T10",
        "2026-01-31T24:00:00Z",
        "2026-01-31T10:60Z",
        "2026-01-31T10:00:61Z",
        "2026-01-31T10:00:00.Z",
        "2026-01-31T10:00:00+",
        "2026-01-31T10:00:00+2",
        "2026-01-31T1:00:00Z",
        "2026-01-31X10:00:00Z",
        "2026-01-31T10:00:00Zx",
        "2026-02-31T10:00:00Z",
        "2026-01-31T10:00:00+02:60",
        "2026-01-31T10:00:00+24:00",
        "2026-01-31T10:00:00 ",
        "2026-01-31T10:00:00+02:0",
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct day_clock c;
        if (day_parse_time(wrong[i], strlen(wrong[i]), &c))
            fail_msg("\"%s\" was taken for a time", wrong[i]);
    }
}

static void parses_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *s, *date;
        int minutes;
    } cases[] = {
        {"%d.%m.%Y", "31.01.2026", "2026-01-31", 0},
        {"%d.%m.%Y", "1.2.2026", "2026-02-01", 0},
        {"%Y%m%d%H", "2026013107", "2026-01-31", 420},
        {"%m/%d/%y", "1/31/26", "2026-01-31", 0},
        {"%d/%m/%y", "31/12/69", "1969-12-31", 0},
        {"%b %d, %Y", "Jan 5, 2026", "2026-01-05", 0},
        {"%d %b %Y", "5 september 2026", "2026-09-05", 0},
        {"%d %b %Y", "5 MAY 2026", "2026-05-05", 0},
        {"%Y-%j", "2024-366", "2024-12-31", 0},
        {"%Y-%m", "2026-03", "2026-03-01", 0},
        {"%d.%m.%Y %H:%M", "31.01.2026   09:05", "2026-01-31", 545},
        {"%d.%m.%Y %H:%M", "31.01.202609:05", "2026-01-31", 545},
        {"%m/%d/%Y %I:%M %p", "01/31/2026 12:30 AM", "2026-01-31", 30},
        {"%m/%d/%Y %I:%M %p", "01/31/2026 12:30 pm", "2026-01-31", 750},
        {"%m/%d/%Y %I:%M%p", "01/31/2026 1:30PM", "2026-01-31", 810},
        {"%%%Y-%m-%d", "%2026-01-31", "2026-01-31", 0},
        {"Week of %Y-%m-%d", "Week of 2026-01-31", "2026-01-31", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct day_clock c;
        char text[DAY_TEXT];
        if (!day_parse_pattern(cases[i].s, strlen(cases[i].s), cases[i].pattern, &c))
            fail_msg("%s: %s", cases[i].pattern, cases[i].s);
        assert_string_equal(day_print(c.day, text), cases[i].date);
        assert_int_equal(c.micros, cases[i].minutes * 60 * TIME_SECOND);
        assert_false(c.offset_known);
    }
    static const struct {
        const char *pattern, *s;
    } wrong[] = {
        {"%d.%m.%Y", "31.02.2026"},
        {"%d.%m.%Y", "31.01.26"},
        {"%d.%m.%Y", "31.01.2026x"},
        {"%d.%m.%Y", ""},
        {"%d.%m", "31.01"},
        {"%H:%M", "10:00"},
        {"%Y-%j", "2026-366"},
        {"%Y-%j", "2026-0"},
        {"%Y-%m-%d %H", "2026-01-31 24"},
        {"%Y-%m-%d %I", "2026-01-31 13"},
        {"%Y-%m-%d %p", "2026-01-31 XM"},
        {"%Y-%b-%d", "2026-Foo-01"},
        {"%Y-%m-%d%", "2026-01-31"},
        {"%Y-%m-%d %Q", "2026-01-31 1"},
        {"%Y-%m-%d", "2026-01-31\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct day_clock c;
        if (day_parse_pattern(wrong[i].s, strlen(wrong[i].s), wrong[i].pattern, &c))
            fail_msg("%s took \"%s\"", wrong[i].pattern, wrong[i].s);
    }
    struct day_clock c;
    assert_null(day_pattern_unknown("%d.%m.%Y %H:%M:%S %% %y %j %b %I %p %z"));
    assert_string_equal(day_pattern_unknown("%d.%Q."), "%Q.");
    assert_string_equal(day_pattern_unknown("%Y%"), "%");
    assert_true(day_parse_pattern("2026-01-31 10 -0500", 19, "%Y-%m-%d %H %z", &c));
    assert_true(c.offset_known);
    assert_int_equal(c.offset, -18000);
}

static void parses_arguments(void **state)
{
    (void)state;
    int32_t d;
    assert_true(day_parse_arg("today", 100, &d) && d == 100);
    assert_true(day_parse_arg("yesterday", 100, &d) && d == 99);
    assert_true(day_parse_arg("-7d", 100, &d) && d == 93);
    assert_true(day_parse_arg("-0d", 100, &d) && d == 100);
    assert_true(day_parse_arg("1970-01-02", 100, &d) && d == 1);
    static const char *const wrong[] = {
        "",        "-",   "-d",       "7d",         "-7",
        "--7d",    "-7h", "tomorrow", "-99999999d", "-99999999999999999999d",
        "20260131"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_false(day_parse_arg(wrong[i], 100, &d));
}

static void prints(void **state)
{
    (void)state;
    char date[DAY_TEXT], time[TIME_TEXT];
    assert_string_equal(day_print(0, date), "1970-01-01");
    assert_string_equal(day_print(-1, date), "1969-12-31");
    assert_string_equal(day_print_time(0, time), "1970-01-01T00:00:00Z");
    assert_string_equal(day_print_time(-1, time), "1969-12-31T23:59:59.999999Z");
    assert_string_equal(day_print_time(1500000, time), "1970-01-01T00:00:01.5Z");
    assert_string_equal(day_print_time(20 * TIME_SECOND, time), "1970-01-01T00:00:20Z");
    day_print(INT32_MIN, date);
    day_print(INT32_MAX, date);
    day_print_time(INT64_MIN, time);
    day_print_time(INT64_MAX, time);
}

static void the_clock_can_be_set(void **state)
{
    (void)state;
    char time[TIME_TEXT];
    setenv("OMNIHUB_NOW", "2026-11-23T09:00:00.5+01:00", 1);
    assert_string_equal(day_print_time(day_now(), time), "2026-11-23T08:00:00.5Z");
    unsetenv("OMNIHUB_NOW");
    int64_t now = day_now();
    assert_true(now > day_from_civil(2024, 1, 1) * TIME_DAY);
    assert_true(day_now() >= now);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_day_there_and_back),
    cmocka_unit_test(knows_real_dates),
    cmocka_unit_test(parses_days),
    cmocka_unit_test(parses_times),
    cmocka_unit_test(parses_patterns),
    cmocka_unit_test(parses_arguments),
    cmocka_unit_test(prints),
    cmocka_unit_test(the_clock_can_be_set),
};

UNIT_MAIN(tests)
