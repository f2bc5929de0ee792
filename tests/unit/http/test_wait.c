/* SPDX-License-Identifier: Apache-2.0
 * hub/http/wait.c: Retry-After in all its forms, back-off, clock skew. */
#include <config.h>

#include "unit.h"

#include "base/mem.h"
#include "http/wait.h"

static void reads_retry_after(void **state)
{
    (void)state;
    static const char now[] = "Sun, 06 Nov 2044 08:49:37 GMT";
    static const struct {
        const char *value;
        bool usable;
        uint64_t ms;
    } cases[] = {
        {"0", true, 0},
        {"7", true, 7000},
        {"1.5", true, 2000},
        {"2.0", true, 2000},
        {"1000000000", true, 86400000},
        {"99999999999999999999999", true, 86400000},
        {"90000", true, 86400000},
        {"-5", false, 0},
        {"soon", false, 0},
        {"", false, 0},
        {"7 apples", false, 0},
        {"Sun, 06 Nov 2044 08:50:37 GMT", true, 60000},
        {"Sun, 06 Nov 2044 08:49:00 GMT", true, 0},
        {"Sun, 06 Nov 1994 08:49:37 GMT", true, 0},
        {"Sun, 06 Nov 2094 08:49:37 GMT", true, 86400000},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t ms = 1;
        bool usable = wait_retry_after(cases[i].value, now, &ms);
        if (usable != cases[i].usable || ms != cases[i].ms)
            fail_msg("%s: %d %llu", cases[i].value, usable, (unsigned long long)ms);
    }
    uint64_t ms = 1;
    assert_false(wait_retry_after(NULL, now, &ms));
    assert_true(wait_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", NULL, &ms));
    assert_int_equal(ms, 0);
}

static void backs_off_within_bounds(void **state)
{
    (void)state;
    uint64_t most = 0;
    for (uint32_t attempt = 1; attempt < 40; attempt++)
        for (int i = 0; i < 200; i++) {
            uint64_t ms = wait_backoff(1000, attempt),
                     cap = attempt < 7 ? (uint64_t)1000 << (attempt - 1) : 60000;
            assert_true(ms <= cap);
            most = ms > most ? ms : most;
        }
    assert_true(most > 30000); /* 6800 draws below half: not by chance */
}

static void measures_skew(void **state)
{
    (void)state;
    assert_int_equal(wait_clock_skew(NULL), 0);
    assert_int_equal(wait_clock_skew("never"), 0);
    assert_true(wait_clock_skew("Sun, 06 Nov 1994 08:49:37 GMT") > 86400);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(reads_retry_after),
    cmocka_unit_test(backs_off_within_bounds),
    cmocka_unit_test(measures_skew),
};

UNIT_MAIN(tests)
