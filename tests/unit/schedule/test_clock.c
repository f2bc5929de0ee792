/* SPDX-License-Identifier: Apache-2.0
 * hub/schedule/clock.c: a clock that is set, slewed, or wrong by years. */
#include <config.h>

#include "unit.h"

#include "base/day.h"
#include "schedule/clock.h"

#define HOUR (3600 * TIME_SECOND)
#define WALL (INT64_C(20000) * TIME_DAY)

static void time_that_passes_is_no_jump(void **state)
{
    (void)state;
    struct clock_watch w = {0};
    assert_int_equal(clock_moved(&w, WALL, 0), 0);
    assert_int_equal(clock_moved(&w, WALL + 72 * HOUR, 72 * HOUR), 0); /* it slept for three days */
    assert_false(clock_is_doubtful(&w));
}

static void both_ways_are_told(void **state)
{
    (void)state;
    struct clock_watch w = {0};
    clock_moved(&w, WALL, 0);
    assert_int_equal(clock_moved(&w, WALL + 2 * HOUR, HOUR), HOUR);
    assert_int_equal(clock_moved(&w, WALL + 2 * HOUR, HOUR), 0);
    assert_int_equal(clock_moved(&w, WALL - HOUR, HOUR), -3 * HOUR);
    assert_false(clock_is_doubtful(&w));
}

static void slewing_adds_up(void **state)
{
    (void)state;
    struct clock_watch w = {0};
    int64_t told = 0;
    clock_moved(&w, WALL, 0);
    for (int i = 1; i <= 20; i++) /* a tenth of a second each hour */
        told += clock_moved(&w, WALL + i * HOUR + i * TIME_SECOND / 10, i * HOUR);
    assert_true(told >= TIME_SECOND && told <= 2 * TIME_SECOND);
}

static void ten_years_ahead_is_not_believed(void **state)
{
    (void)state;
    struct clock_watch w = {0};
    clock_moved(&w, WALL, 0);
    clock_moved(&w, WALL + 3650 * TIME_DAY, 0);
    assert_true(clock_is_doubtful(&w));
    clock_moved(&w, WALL + 3650 * TIME_DAY + HOUR, HOUR);
    assert_true(clock_is_doubtful(&w)); /* waiting does not make it true */
    clock_moved(&w, WALL + 2 * HOUR, 2 * HOUR);
    assert_false(clock_is_doubtful(&w));
    clock_moved(&w, WALL + 400 * TIME_DAY, 2 * HOUR);
    assert_true(clock_is_doubtful(&w));
    clock_accept(&w);
    assert_false(clock_is_doubtful(&w));
    assert_int_equal(clock_moved(&w, WALL + 400 * TIME_DAY + HOUR, 3 * HOUR), 0);
}

static void a_day_is_followed(void **state)
{
    (void)state;
    struct clock_watch w = {0};
    clock_moved(&w, WALL, 0);
    assert_int_equal(clock_moved(&w, WALL + 25 * HOUR, 0), 25 * HOUR);
    assert_false(clock_is_doubtful(&w));
    assert_int_equal(clock_moved(&w, WALL - 365 * TIME_DAY, 0), -25 * HOUR - 365 * TIME_DAY);
    assert_false(clock_is_doubtful(&w));
}

static void a_restart_does_not_make_it_right(void **state)
{
    (void)state;
    struct clock_watch w = {0};
    clock_hold(&w);
    assert_int_equal(clock_moved(&w, WALL + 3650 * TIME_DAY, 0), 0);
    assert_true(clock_is_doubtful(&w));
    clock_moved(&w, WALL + 3650 * TIME_DAY - HOUR, 0);
    assert_true(clock_is_doubtful(&w));
    clock_moved(&w, WALL, 0);
    assert_false(clock_is_doubtful(&w));
}

static void nobody_can_say_that_it_is_1970(void **state)
{
    (void)state;
    struct clock_watch w = {.oldest = WALL - 30 * TIME_DAY};
    clock_moved(&w, WALL, 0);
    assert_false(clock_is_doubtful(&w));
    clock_moved(&w, TIME_DAY, 0);
    assert_true(clock_is_doubtful(&w));
    clock_accept(&w);
    assert_true(clock_is_doubtful(&w));
    assert_int_equal(clock_moved(&w, WALL + HOUR, HOUR), WALL - TIME_DAY);
    assert_false(clock_is_doubtful(&w)); /* there and back is no jump */
    clock_moved(&w, TIME_DAY, HOUR);
    clock_moved(&w, 2 * TIME_DAY, HOUR);
    clock_moved(&w, WALL + 400 * TIME_DAY, HOUR);
    assert_true(clock_is_doubtful(&w)); /* beyond where it began, it is */
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_restart_does_not_make_it_right),
    cmocka_unit_test(nobody_can_say_that_it_is_1970),
    cmocka_unit_test(time_that_passes_is_no_jump),
    cmocka_unit_test(both_ways_are_told),
    cmocka_unit_test(slewing_adds_up),
    cmocka_unit_test(ten_years_ahead_is_not_believed),
    cmocka_unit_test(a_day_is_followed),
};

UNIT_MAIN(tests)
