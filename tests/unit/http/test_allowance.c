/* SPDX-License-Identifier: Apache-2.0
 * hub/http/allowance.c: which headers say that nothing more is allowed, and for how long. */
#include <config.h>

#include "unit.h"

#include <stdio.h>
#include <time.h>

#include "base/day.h"
#include "base/mem.h"
#include "http/allowance.h"

static uint64_t pause_of(const char *const *headers, char why[ALLOWANCE_WHY])
{
    const struct http_reply reply = {.status = 200, .headers = headers, .body = ""};
    return allowance_pause_ms(&reply, why);
}

#define USAGE(minutes)                                                                             \
    "{\"1\":[{\"type\":\"ads_insights\",\"call_count\":100,"                                       \
    "\"estimated_time_to_regain_access\":" #minutes "}],\"2\":[{\"type\":\"x\","                   \
    "\"estimated_time_to_regain_access\":0}]}"

static const struct {
    const char *headers[4];
    uint64_t seconds;
    const char *why;
} cases[] = {
    {{"ratelimit-limit: 150", "ratelimit-remaining: 0", "ratelimit-reset: 12"}, 12, "ratelimit"},
    {{"x-ratelimit-limit: 300", "x-ratelimit-remaining: 0", "x-ratelimit-reset: 60"}, 60, "of 300"},
    {{"x-ratelimit-remaining: 0;w=60", "x-ratelimit-reset: 7"}, 7, ""},
    {{"x-sib-ratelimit-remaining: 0", "x-sib-ratelimit-reset: 100"}, 100, ""},
    {{"x-business-use-case-usage: " USAGE(5)}, 300, "5 minutes"},
    {{"x-app-usage: {\"call_count\":99,\"estimated_time_to_regain_access\":2}"}, 120, ""},
    /* the longest counts */
    {{"ratelimit-remaining: 0", "ratelimit-reset: 12", "x-business-use-case-usage: " USAGE(1)},
     60,
     "x-business"},
    /* nothing to wait for */
    {{NULL}, 0, ""},
    {{"x-ratelimit-remaining: 1", "x-ratelimit-reset: 60"}, 0, ""},
    {{"x-ratelimit-limit: 0", "x-ratelimit-remaining: 0", "x-ratelimit-reset: 60"}, 0, ""},
    {{"x-ratelimit-remaining: 0"}, 0, ""},
    {{"x-ratelimit-remaining: 0", "x-ratelimit-reset: soon"}, 0, ""},
    {{"x-ratelimit-remaining: 0", "x-ratelimit-reset: -5"}, 0, ""},
    {{"x-ratelimit-remaining: 0", "x-ratelimit-reset: 99999999"}, 0, ""},
    {{"x-ratelimit-remaining: 0", "x-ratelimit-reset: 1500000000"}, 0, ""}, /* over */
    {{"x-ratelimit-remaining: none", "x-ratelimit-reset: 60"}, 0, ""},
    {{"x-business-use-case-usage: " USAGE(0)}, 0, ""},
    {{"x-business-use-case-usage: {"}, 0, ""},
    {{"x-business-use-case-usage: " USAGE(99999999)}, 0, ""},
};

static void reads_what_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char why[ALLOWANCE_WHY];
        uint64_t ms = pause_of(cases[i].headers, why);
        if (ms != cases[i].seconds * 1000 || !strstr(why, cases[i].why))
            fail_msg("%zu: %llu ms, \"%s\"", i, (unsigned long long)ms, why);
    }
}

static void times_are_counted_from_now(void **state)
{
    (void)state;
    char why[ALLOWANCE_WHY], text[TIME_TEXT];
    int64_t then = time(NULL) + 600;
    auto_free char *epoch = xasprintf("x-rate-limit-reset: %lld", (long long)then);
    auto_free char *iso =
        xasprintf("x-rate-limit-reset: %s", day_print_time(then * TIME_SECOND, text));
    const char *const by_epoch[] = {"x-rate-limit-remaining: 0", epoch, NULL};
    const char *const by_time[] = {"x-rate-limit-remaining: 0", iso, NULL};
    assert_in_range(pause_of(by_epoch, why), 500000, 600000);
    assert_in_range(pause_of(by_time, why), 500000, 600000);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(reads_what_is_said),
    cmocka_unit_test(times_are_counted_from_now),
};

UNIT_MAIN(tests)
