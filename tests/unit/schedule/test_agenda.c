/* SPDX-License-Identifier: Apache-2.0
 * hub/schedule/agenda.c: order, missed ticks, overlaps, retries, entries that keep breaking. */
#include <config.h>

#include "unit.h"

#include <stdio.h>

#include "base/day.h"
#include "schedule/agenda.h"

#define MIN  (60 * TIME_SECOND)
#define HOUR (60 * MIN)
#define T0   (INT64_C(500000) * HOUR) /* a full hour */

static const struct agenda_rules rules = {
    .retry_first = MIN, .retry_most = 30 * MIN, .jitter_most = 0, .broken_limit = 3};

static size_t add(struct agenda *a, const char *name, const char *schedule, int64_t last)
{
    struct err err = {0};
    struct agenda_entry e = {.name = name};
    assert_int_equal(schedule_parse(schedule, &e.schedule, &err), OMNI_OK);
    return agenda_add(a, &e, last, T0);
}

static void new_and_missed_ones_are_due_at_once(void **state)
{
    (void)state;
    struct agenda *a = agenda_new(&rules);
    size_t never = add(a, "never", "@hourly", AGENDA_NEVER);
    size_t missed = add(a, "missed", "@hourly", T0 - 49 * HOUR);
    size_t current = add(a, "current", "@hourly", T0 - MIN + HOUR / 2);
    assert_int_equal(agenda_due_of(a, never), T0);
    assert_int_equal(agenda_due_of(a, missed), T0);
    assert_int_equal(agenda_due_of(a, current), T0 + HOUR);
    /* 49 missed ticks are one run */
    assert_true(agenda_start(a, T0) != SIZE_MAX);
    assert_true(agenda_start(a, T0) != SIZE_MAX);
    assert_int_equal(agenda_start(a, T0), SIZE_MAX);
    agenda_done(a, missed, THEN_NEXT, T0 + MIN);
    assert_int_equal(agenda_due_of(a, missed), T0 + HOUR);
    agenda_free(a);
}

static void ticks_during_a_run_become_one(void **state)
{
    (void)state;
    struct agenda *a = agenda_new(&rules);
    size_t e = add(a, "slow", "every 15m", AGENDA_NEVER);
    assert_int_equal(agenda_start(a, T0), e);
    assert_int_equal(agenda_due(a), INT64_MAX); /* never beside itself */
    agenda_done(a, e, THEN_NEXT, T0 + 2 * HOUR + MIN);
    assert_int_equal(agenda_due(a), T0 + 2 * HOUR + MIN);
    assert_int_equal(agenda_start(a, T0 + 2 * HOUR + MIN), e);
    agenda_done(a, e, THEN_NEXT, T0 + 2 * HOUR + 2 * MIN);
    assert_int_equal(agenda_due(a), T0 + 2 * HOUR + 15 * MIN);
    agenda_free(a);
}

static void a_parked_one_waits_as_long_as_the_platform_says(void **state)
{
    (void)state;
    struct agenda *a = agenda_new(&rules);
    size_t e = add(a, "throttled", "every 15m", AGENDA_NEVER);
    assert_int_equal(agenda_start(a, T0), e);
    agenda_park(a, e, T0 + 3 * HOUR + MIN, T0 + MIN);
    /* the ticks between are part of the run that comes then */
    assert_int_equal(agenda_due(a), T0 + 3 * HOUR + MIN);
    assert_int_equal(agenda_parked_until(a, e), T0 + 3 * HOUR + MIN);
    assert_int_equal(agenda_start(a, T0 + 3 * HOUR), SIZE_MAX);
    assert_int_equal(agenda_start(a, T0 + 3 * HOUR + MIN), e);
    assert_int_equal(agenda_parked_until(a, e), AGENDA_NEVER);
    agenda_done(a, e, THEN_NEXT, T0 + 3 * HOUR + 2 * MIN);
    assert_int_equal(agenda_due(a), T0 + 3 * HOUR + 15 * MIN);
    /* one that was parked before a restart is not due at once, however late it is */
    size_t early = add(a, "early", "@daily", AGENDA_NEVER);
    agenda_park(a, early, T0 + 4 * HOUR, T0);
    assert_int_equal(agenda_due_of(a, early), T0 + 4 * HOUR);
    /* a time that is over: at once */
    agenda_park(a, early, T0 - HOUR, T0);
    assert_int_equal(agenda_due(a), T0);
    agenda_free(a);
}

static void retries_wait_longer_each_time_but_not_past_the_tick(void **state)
{
    (void)state;
    struct agenda *a = agenda_new(&rules);
    size_t e = add(a, "flaky", "@daily", AGENDA_NEVER);
    int64_t now = T0, longest = 0;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(agenda_start(a, now), e);
        agenda_done(a, e, THEN_AGAIN, now);
        int64_t wait = agenda_due(a) - now;
        assert_true(wait >= MIN / 2 && wait <= 30 * MIN);
        longest = wait > longest ? wait : longest;
        now = agenda_due(a);
    }
    assert_true(longest >= 15 * MIN);
    assert_int_equal(agenda_start(a, now), e);
    agenda_done(a, e, THEN_NEXT, now);
    assert_true(agenda_due(a) > now + HOUR);
    agenda_free(a);

    a = agenda_new(&rules);
    e = add(a, "often", "every 1m", AGENDA_NEVER);
    for (int i = 0; i < 5; i++) {
        int64_t due = agenda_due(a);
        agenda_start(a, due);
        agenda_done(a, e, THEN_AGAIN, due);
        assert_true(agenda_due(a) - due <= MIN); /* the tick covers it */
    }
    agenda_free(a);
}

static void what_keeps_breaking_is_suspended(void **state)
{
    (void)state;
    struct agenda *a = agenda_new(&rules);
    size_t e = add(a, "bad", "every 1h", AGENDA_NEVER);
    for (int i = 0; i < 3; i++) {
        assert_false(agenda_is_suspended(a, e));
        int64_t due = agenda_due(a);
        assert_int_equal(agenda_start(a, due), e);
        agenda_done(a, e, THEN_COUNT, due);
    }
    assert_true(agenda_is_suspended(a, e));
    assert_int_equal(agenda_due(a), INT64_MAX);
    agenda_free(a);
}

static void one_good_run_forgives(void **state)
{
    (void)state;
    struct agenda *a = agenda_new(&rules);
    size_t e = add(a, "now and then", "every 1h", AGENDA_NEVER);
    for (int i = 0; i < 10; i++) {
        int64_t due = agenda_due(a);
        assert_int_equal(agenda_start(a, due), e);
        agenda_done(a, e, i % 3 == 2 ? THEN_NEXT : THEN_COUNT, due);
        assert_false(agenda_is_suspended(a, e));
    }
    agenda_free(a);
}

static void a_clock_that_went_back_blocks_nothing(void **state)
{
    (void)state;
    struct agenda *a = agenda_new(&rules);
    size_t e = add(a, "future", "@hourly", T0 + 1000 * HOUR);
    assert_int_equal(agenda_due_of(a, e), T0 + HOUR);
    assert_int_equal(agenda_start(a, T0 + HOUR), e);
    agenda_done(a, e, THEN_NEXT, T0);                     /* back by an hour while it ran */
    assert_int_equal(agenda_due_of(a, e), T0 + 2 * HOUR); /* that tick is not run again */
    assert_int_equal(agenda_start(a, T0 + 2 * HOUR), e);
    agenda_done(a, e, THEN_NEXT, T0 - 9000 * HOUR); /* by a year: it was wrong before */
    assert_int_equal(agenda_due_of(a, e), T0 - 8999 * HOUR);
    agenda_free(a);
}

static void a_retry_after_the_clock_went_back_brings_no_tick_back(void **state)
{
    (void)state;
    struct agenda *a = agenda_new(&rules);
    size_t e = add(a, "shop", "@hourly", T0 - MIN);
    assert_int_equal(agenda_start(a, T0), e);
    agenda_done(a, e, THEN_AGAIN, T0 - 30 * MIN); /* back by half an hour while it ran */
    assert_int_equal(agenda_start(a, T0 - 29 * MIN), e);
    agenda_done(a, e, THEN_NEXT, T0 - 28 * MIN);
    assert_int_equal(agenda_due_of(a, e), T0 + HOUR);
    agenda_free(a);
}

static void suspension_ends_by_a_person(void **state)
{
    (void)state;
    struct agenda *a = agenda_new(&rules);
    size_t e = add(a, "bad", "every 1h", T0 - MIN);
    agenda_suspend(a, e); /* an earlier life did */
    assert_true(agenda_is_suspended(a, e));
    assert_int_equal(agenda_due(a), INT64_MAX);
    agenda_park(a, e, T0 + HOUR, T0);
    assert_int_equal(agenda_due(a), INT64_MAX);
    agenda_resume(a, e, T0 + 5 * HOUR);
    assert_false(agenda_is_suspended(a, e));
    assert_int_equal(agenda_start(a, T0 + 5 * HOUR), e);
    agenda_resume(a, e, T0 + 5 * HOUR); /* it runs: not beside itself */
    assert_int_equal(agenda_due(a), INT64_MAX);
    agenda_done(a, e, THEN_COUNT, T0 + 5 * HOUR + MIN);
    assert_false(agenda_is_suspended(a, e));              /* it counts from the beginning */
    assert_int_equal(agenda_due(a), T0 + 5 * HOUR + MIN); /* but after itself, once */
    assert_int_equal(agenda_start(a, T0 + 5 * HOUR + MIN), e);
    agenda_done(a, e, THEN_NEXT, T0 + 5 * HOUR + 2 * MIN);
    assert_true(agenda_due(a) > T0 + 5 * HOUR + 2 * MIN);
    agenda_free(a);
}

static size_t add_rule(struct agenda *a, const char *name, const char *schedule)
{
    struct err err = {0};
    struct agenda_entry e = {.name = name, .rule = schedule};
    assert_int_equal(schedule_parse(schedule, &e.schedule, &err), OMNI_OK);
    return agenda_add(a, &e, T0 - MIN, T0);
}

static void a_reload_goes_on_where_it_was(void **state)
{
    (void)state;
    struct agenda *old = agenda_new(&rules), *a = agenda_new(&rules);
    size_t flaky = add_rule(old, "flaky", "@daily"), runs = add_rule(old, "runs", "@daily");
    size_t moved = add_rule(old, "moved", "@daily"), bad = add_rule(old, "bad", "@daily");
    agenda_resume(old, flaky, T0);
    assert_int_equal(agenda_start(old, T0), flaky);
    agenda_done(old, flaky, THEN_AGAIN, T0);
    agenda_resume(old, runs, T0);
    assert_int_equal(agenda_start(old, T0), runs);
    agenda_suspend(old, bad);
    size_t f = add_rule(a, "flaky", "@daily"), r = add_rule(a, "runs", "@daily");
    size_t m = add_rule(a, "moved", "every 7h"), b = add_rule(a, "bad", "@daily");
    agenda_inherit(a, f, old, flaky, T0 + MIN);
    agenda_inherit(a, r, old, runs, T0 + MIN);
    agenda_inherit(a, m, old, moved, T0 + MIN);
    agenda_inherit(a, b, old, bad, T0 + MIN);
    assert_int_equal(agenda_due_of(a, f), agenda_due_of(old, flaky));
    assert_true(agenda_is_retrying(a, f));
    assert_int_equal(agenda_due_of(a, r), INT64_MAX); /* in the middle of its run */
    agenda_done(a, r, THEN_NEXT, T0 + 2 * MIN);
    assert_true(agenda_due_of(a, r) > T0 + 2 * MIN);
    assert_true(agenda_due_of(a, m) > T0 + MIN); /* nothing of before is replayed */
    assert_true(agenda_is_suspended(a, b));
    agenda_free(a);
    agenda_free(old);
}

static void missed_ticks_may_be_left_out(void **state)
{
    (void)state;
    struct agenda_rules strict = rules;
    strict.leaves_missed = true;
    strict.grace = 5 * MIN;
    struct agenda *a = agenda_new(&strict);
    size_t never = add(a, "never", "@hourly", AGENDA_NEVER);
    size_t missed = add(a, "missed", "@hourly", T0 - 3 * HOUR);
    assert_int_equal(agenda_due_of(a, never), T0);
    assert_int_equal(agenda_due_of(a, missed), T0 + HOUR);
    assert_int_equal(agenda_start(a, T0), never);
    agenda_done(a, never, THEN_AGAIN, T0); /* a retry is no tick */
    /* nobody was there for three days */
    assert_int_equal(agenda_start(a, T0 + 72 * HOUR + MIN), never);
    assert_int_equal(agenda_start(a, T0 + 72 * HOUR + MIN), SIZE_MAX);
    assert_int_equal(agenda_due_of(a, missed), T0 + 73 * HOUR);
    /* a little late is not missed */
    assert_int_equal(agenda_start(a, T0 + 73 * HOUR + 4 * MIN), missed);
    /* what came while it ran for hours is left out, too */
    agenda_done(a, missed, THEN_NEXT, T0 + 76 * HOUR + MIN);
    assert_int_equal(agenda_due_of(a, missed), T0 + 77 * HOUR);
    agenda_free(a);
}

static void what_was_planned_by_a_wrong_clock_is_planned_anew(void **state)
{
    (void)state;
    const int64_t year = 365 * 24 * HOUR;
    struct agenda *a = agenda_new(&rules);
    size_t plain = add(a, "plain", "@hourly", T0 - MIN);
    size_t retries = add(a, "retries", "@yearly", AGENDA_NEVER);
    size_t parked = add(a, "parked", "@yearly", T0 - MIN);
    assert_int_equal(agenda_start(a, T0), plain);
    agenda_done(a, plain, THEN_NEXT, T0);
    assert_int_equal(agenda_start(a, T0), retries);
    agenda_done(a, retries, THEN_AGAIN, T0);
    int64_t wait = agenda_due_of(a, retries) - T0;
    agenda_park(a, parked, T0 + 2 * HOUR, T0);
    /* an hour back is the same clock */
    agenda_clock_moved(a, -HOUR, T0 - HOUR);
    assert_int_equal(agenda_due_of(a, plain), T0 + HOUR);
    assert_int_equal(agenda_parked_until(a, parked), T0 + 2 * HOUR);
    assert_int_equal(agenda_due_of(a, retries), T0 - HOUR + wait);
    /* a year back is not */
    agenda_clock_moved(a, -year, T0 - HOUR - year);
    assert_int_equal(agenda_due_of(a, plain), T0 - year);
    assert_int_equal(agenda_due_of(a, retries), T0 - HOUR - year + wait);
    assert_int_equal(agenda_due_of(a, parked), T0 - year + 2 * HOUR);
    /* nor does what runs, or is suspended, become due by it */
    agenda_suspend(a, plain);
    agenda_clock_moved(a, -year, T0 - 2 * year);
    assert_int_equal(agenda_due_of(a, plain), INT64_MAX);
    agenda_free(a);
}

static void a_start_stays_on_its_day(void **state)
{
    (void)state;
    struct agenda_rules spread = rules;
    spread.jitter_most = HOUR;
    struct agenda *a = agenda_new(&spread);
    int64_t tick = T0 / TIME_DAY * TIME_DAY + 24 * HOUR + 23 * HOUR + 58 * MIN;
    for (int i = 0; i < 100; i++) {
        char name[24];
        snprintf(name, sizeof name, "shop-%d", i);
        size_t e = add(a, name, "58 23 * * *", tick - 24 * HOUR + MIN);
        assert_true(agenda_due_of(a, e) >= tick && agenda_due_of(a, e) < tick + 2 * MIN);
    }
    agenda_free(a);
}

static void starts_are_spread_the_same_way_each_time(void **state)
{
    (void)state;
    struct agenda_rules spread = rules;
    spread.jitter_most = 5 * MIN;
    struct agenda *a = agenda_new(&spread), *b = agenda_new(&spread);
    int different = 0;
    for (int i = 0; i < 100; i++) {
        char name[24];
        snprintf(name, sizeof name, "shop-%d", i);
        size_t e = add(a, name, "@hourly", T0 + 10 * MIN);
        assert_int_equal(add(b, name, "@hourly", T0 + 10 * MIN), e);
        int64_t late = agenda_due_of(a, e) - (T0 + HOUR);
        assert_true(late >= 0 && late < 3 * MIN); /* a twentieth of the hour */
        assert_int_equal(agenda_due_of(b, e), agenda_due_of(a, e));
        different += late != agenda_due_of(a, 0) - (T0 + HOUR);
    }
    assert_true(different > 90);
    agenda_free(a);
    agenda_free(b);
}

static void thousands_come_in_order(void **state)
{
    (void)state;
    enum { N = 10000 };
    struct agenda *a = agenda_new(&rules);
    for (int i = 0; i < N; i++) {
        char schedule[32];
        snprintf(schedule, sizeof schedule, "%d %d * * *", i * 7 % 60, i * 11 % 24);
        add(a, "x", schedule, T0);
    }
    int64_t last = T0;
    for (int i = 0; i < 3 * N; i++) {
        int64_t due = agenda_due(a);
        assert_true(due >= last && due != INT64_MAX);
        last = due;
        size_t e = agenda_start(a, due);
        assert_true(e < N);
        agenda_done(a, e, THEN_NEXT, due);
    }
    assert_true(last > T0 + 48 * HOUR && last <= T0 + 73 * HOUR);
    agenda_free(a);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(new_and_missed_ones_are_due_at_once),
    cmocka_unit_test(ticks_during_a_run_become_one),
    cmocka_unit_test(a_parked_one_waits_as_long_as_the_platform_says),
    cmocka_unit_test(retries_wait_longer_each_time_but_not_past_the_tick),
    cmocka_unit_test(what_keeps_breaking_is_suspended),
    cmocka_unit_test(one_good_run_forgives),
    cmocka_unit_test(a_clock_that_went_back_blocks_nothing),
    cmocka_unit_test(a_retry_after_the_clock_went_back_brings_no_tick_back),
    cmocka_unit_test(suspension_ends_by_a_person),
    cmocka_unit_test(a_reload_goes_on_where_it_was),
    cmocka_unit_test(missed_ticks_may_be_left_out),
    cmocka_unit_test(what_was_planned_by_a_wrong_clock_is_planned_anew),
    cmocka_unit_test(a_start_stays_on_its_day),
    cmocka_unit_test(starts_are_spread_the_same_way_each_time),
    cmocka_unit_test(thousands_come_in_order),
};

UNIT_MAIN(tests)
