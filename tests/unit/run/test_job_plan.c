/* SPDX-License-Identifier: Apache-2.0
 * hub/run/job_plan.c: which days a pull asks for. */
#include <config.h>

#include "unit.h"

#include "run/job_plan.h"

enum { TODAY = 20000 };

static struct plan_input input(const struct omni_stream *stream)
{
    return (struct plan_input){.stream = stream,
                               .today = TODAY,
                               .start = TODAY - 30,
                               .reread = (int32_t)stream->settle_days};
}

static void first_pull_goes_back_to_start(void **state)
{
    (void)state;
    const struct omni_stream stream = {.settle_days = 3};
    struct plan_input in = input(&stream);
    struct plan_range range = plan_days(&in);
    assert_int_equal(range.from, TODAY - 30);
    assert_int_equal(range.to, TODAY);
}

static void settling_days_are_read_again(void **state)
{
    (void)state;
    const struct omni_stream stream = {.settle_days = 3};
    struct plan_input in = input(&stream);
    in.has_last = true;
    in.last_to = TODAY - 1;
    assert_int_equal(plan_days(&in).from, TODAY - 4);
    in.last_to = TODAY;
    assert_int_equal(plan_days(&in).from, TODAY - 3);
}

/* The last day was read before it was over. */
static void last_day_is_read_again_without_settling(void **state)
{
    (void)state;
    const struct omni_stream stream = {0};
    struct plan_input in = input(&stream);
    in.has_last = true;
    in.last_to = TODAY - 2;
    assert_int_equal(plan_days(&in).from, TODAY - 2);
}

static void settling_does_not_go_before_start(void **state)
{
    (void)state;
    const struct omni_stream stream = {.settle_days = 28};
    struct plan_input in = input(&stream);
    in.start = TODAY - 10;
    in.has_last = true;
    in.last_to = TODAY - 1;
    assert_int_equal(plan_days(&in).from, TODAY - 10);
    in.last_to = TODAY - 20; /* a long pause leaves no hole */
    assert_int_equal(plan_days(&in).from, TODAY - 20);
}

static void asked_days_are_taken_as_they_are(void **state)
{
    (void)state;
    const struct omni_stream stream = {.settle_days = 28};
    struct plan_input in = input(&stream);
    in.has_last = true;
    in.last_to = TODAY;
    in.has_from = in.has_to = true;
    in.from = TODAY - 400;
    in.to = TODAY - 390;
    struct plan_range range = plan_days(&in);
    assert_int_equal(range.from, TODAY - 400);
    assert_int_equal(range.to, TODAY - 390);
}

static void platform_history_limits_both(void **state)
{
    (void)state;
    const struct omni_stream stream = {.history_days = 10};
    struct plan_input in = input(&stream);
    assert_int_equal(plan_days(&in).from, TODAY - 9);
    in.has_from = true;
    in.from = TODAY - 400;
    assert_int_equal(plan_days(&in).from, TODAY - 9);
    assert_int_equal(plan_history_from(&stream, TODAY), TODAY - 9);
    const struct omni_stream for_ever = {0};
    assert_int_equal(plan_history_from(&for_ever, TODAY), INT32_MIN);
}

static void windows_cover_the_range_without_overlap(void **state)
{
    (void)state;
    const struct omni_stream week = {.max_window_days = 7}, any = {0};
    assert_int_equal(plan_window_end(&week, 100, 200), 106);
    assert_int_equal(plan_window_end(&week, 198, 200), 200);
    assert_int_equal(plan_window_end(&any, 100, 200), 130);
    const struct omni_stream year = {.max_window_days = 365};
    assert_int_equal(plan_window_end(&year, 100, 200), 130);
}

static void pulled_up_to_never_jumps_a_gap(void **state)
{
    (void)state;
    const struct omni_stream stream = {0};
    struct plan_input in = input(&stream);
    assert_int_equal(plan_new_last(&in, (struct plan_range){5, 9}), 9);
    in.has_last = true;
    in.last_to = 10;
    assert_int_equal(plan_new_last(&in, (struct plan_range){11, 20}), 20);
    assert_int_equal(plan_new_last(&in, (struct plan_range){12, 20}), 10);
    assert_int_equal(plan_new_last(&in, (struct plan_range){1, 5}), 10);
    in.today = 15; /* days to come are not over */
    assert_int_equal(plan_new_last(&in, (struct plan_range){11, 20}), 15);
}

static struct plan_settle settle(int32_t watched, int32_t moves)
{
    return (struct plan_settle){.settle_days = 28,
                                .least_days = 3,
                                .watched_days = watched,
                                .moves_days = moves,
                                .today = TODAY,
                                .full_read = TODAY - 2,
                                .has_full = true};
}

static int32_t reread(struct plan_settle in, bool *is_full)
{
    return plan_reread(&in, is_full);
}

static void only_what_moves_is_read_again(void **state)
{
    (void)state;
    bool is_full;
    assert_int_equal(reread(settle(10, 1), &is_full), 29); /* too little was seen yet */
    assert_true(is_full);
    assert_int_equal(reread(settle(60, 7), &is_full), 7);
    assert_false(is_full);
    assert_int_equal(reread(settle(60, 1), &is_full), 3); /* never less than the admin wants */
    assert_int_equal(reread(settle(60, 0), &is_full), 3);
    assert_int_equal(reread(settle(60, 40), &is_full), 29); /* the plugin's word is the limit */
    assert_true(is_full);
    struct plan_settle in = settle(60, 1);
    in.is_fixed = true;
    assert_int_equal(reread(in, &is_full), 28);
    assert_true(is_full);
    in = settle(60, 1);
    in.settle_days = 0;
    assert_int_equal(reread(in, &is_full), 0);
    assert_true(is_full);
}

/* Day by day through half a year: whatever is skipped, each day is read once when it is final. */
static void each_day_is_seen_at_its_end(void **state)
{
    (void)state;
    enum { DAYS = 180 };
    bool is_final[DAYS + 40] = {false};
    struct plan_settle in = settle(60, 1);
    int64_t read = 0;
    in.full_read = TODAY - 1;
    for (int32_t day = 0; day < DAYS; day++) {
        bool is_full;
        in.today = TODAY + day;
        int32_t back = plan_reread(&in, &is_full);
        if (is_full)
            in.full_read = in.today;
        for (int32_t age = 0; age <= back + 1; age++, read++)
            if (age > in.settle_days && day - age >= 0)
                is_final[day - age] = true;
    }
    for (int32_t day = 0; day < DAYS - in.settle_days - 8; day++)
        assert_true(is_final[day]);
    assert_true(read < DAYS * 12); /* instead of 30 each day */
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(first_pull_goes_back_to_start),
    cmocka_unit_test(settling_days_are_read_again),
    cmocka_unit_test(last_day_is_read_again_without_settling),
    cmocka_unit_test(settling_does_not_go_before_start),
    cmocka_unit_test(asked_days_are_taken_as_they_are),
    cmocka_unit_test(platform_history_limits_both),
    cmocka_unit_test(windows_cover_the_range_without_overlap),
    cmocka_unit_test(pulled_up_to_never_jumps_a_gap),
    cmocka_unit_test(only_what_moves_is_read_again),
    cmocka_unit_test(each_day_is_seen_at_its_end),
};

UNIT_MAIN(tests)
