/* SPDX-License-Identifier: Apache-2.0
 * hub/base/log_limit.c: what is told, what is held back, and that it is said. */
#include <config.h>

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/log_priv.h"

static bool passes(const char *connector, const char *code, const char *text, int64_t now,
                   uint64_t *suppressed)
{
    const struct log_fields fields = {.connector = connector, .code = code};
    const struct log_entry entry = {LOG_WARN, &fields, "", "omnihub", text, strlen(text)};
    return log_limit_passes(&entry, now, suppressed);
}

static void a_few_a_minute(void **state)
{
    (void)state;
    uint64_t held = 1;
    for (int i = 0; i < LOG_BURST; i++)
        assert_true(passes("shop", "failed-auth", i % 2 ? "1 row" : "2 rows", 100, &held));
    assert_int_equal(held, 0);
    for (int i = 0; i < 5; i++)
        assert_false(passes("shop", "failed-auth", "other numbers", 101, &held));
    assert_true(passes("shop", "ok", "fine", 101, &held));
    assert_true(passes("branch", "failed-auth", "other numbers", 101, &held));
    assert_true(passes("shop", "failed-auth", "x", 100 + LOG_WINDOW_S, &held));
    assert_int_equal(held, 5);
}

static void lines_of_no_run_by_their_text(void **state)
{
    (void)state;
    uint64_t held = 0;
    const char *text = NULL;
    for (int i = 0; i < LOG_BURST; i++)
        assert_true(passes(NULL, NULL, "same", 1000, &held));
    assert_false(passes(NULL, NULL, "same", 1000, &held));
    assert_true(passes(NULL, NULL, "another", 1000, &held));
    assert_int_equal(log_limit_collect(1000, &text), 0);
    assert_int_equal(log_limit_collect(1000 + LOG_WINDOW_S, &text), 1);
    assert_string_equal(text, "same");
    assert_int_equal(log_limit_collect(1000 + LOG_WINDOW_S, &text), 0);
}

static void thousands_of_kinds_hold_nothing_up(void **state)
{
    (void)state;
    uint64_t held;
    for (int i = 0; i < 5000; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%d", i);
        assert_true(passes(name, "ok", "fine", 5000, &held));
        assert_int_equal(held, 0);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_few_a_minute),
    cmocka_unit_test(lines_of_no_run_by_their_text),
    cmocka_unit_test(thousands_of_kinds_hold_nothing_up),
};

UNIT_MAIN(tests)
