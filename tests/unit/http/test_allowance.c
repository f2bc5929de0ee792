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

#define META_USAGE                                                                                 \
    "x-business-use-case-usage: {\"1\":[{\"type\":\"ads_insights\",\"call_count\":28,"             \
    "\"total_cputime\":75,\"total_time\":25,\"estimated_time_to_regain_access\":0}]}"
#define GOOGLE_QUOTA                                                                               \
    "{\"rows\":[],\"propertyQuota\":{\"tokensPerDay\":{\"consumed\":3,\"remaining\":199990},"      \
    "\"tokensPerHour\":{\"consumed\":3,\"remaining\":39990},\"concurrentRequests\":{"              \
    "\"remaining\":10}}}"
#define SHOPIFY_COST                                                                               \
    "{\"data\":{},\"extensions\":{\"cost\":{\"throttleStatus\":{\"maximumAvailable\":2000.0,"      \
    "\"currentlyAvailable\":1500,\"restoreRate\":100.0}}}}"

/* what is NULL: nothing is said. */
static const struct {
    const char *headers[4], *body;
    size_t n;
    const char *what;
    int64_t left, limit;
    uint64_t reset_ms;
} left_cases[] = {
    {{"ratelimit-limit: 150", "ratelimit-remaining: 149", "ratelimit-reset: 12"},
     "",
     1,
     "ratelimit",
     149,
     150,
     12000},
    {{"x-ratelimit-remaining: 7;w=60"}, "", 1, "x-ratelimit", 7, 0, 0},
    {{"x-ratelimit-limit: 10", "x-ratelimit-remaining: 0", "x-ratelimit-reset: soon"},
     "",
     1,
     "x-ratelimit",
     0,
     10,
     0},
    {{"sforce-limit-info: api-usage=25/15000"}, "", 1, "api-usage", 14975, 15000, 0},
    {{"sforce-limit-info: api-usage=16000/15000 (per-app-api-usage=17/250)"},
     "",
     1,
     "api-usage",
     0,
     15000,
     0},
    {{META_USAGE}, "", 1, "x-business-use-case-usage", 25, 100, 0},
    {{"x-ad-account-usage: {\"acc_id_util_pct\":9.67}"}, "", 1, "x-ad-account-usage", 91, 100, 0},
    {{"x-app-usage: {\"call_count\":130}"}, "", 1, "x-app-usage", 0, 100, 0},
    {{NULL}, GOOGLE_QUOTA, 2, "tokensPerDay", 199990, 0, 0},
    {{NULL}, SHOPIFY_COST, 1, "throttleStatus", 1500, 2000, 6000},
    {{NULL}, "{\"propertyQuota\":{\"tokensPerDay\":{\"consumed\":3}}}", 1, "tokensPerDay", 0, 0, 0},
    /* nothing that could be counted by */
    {{NULL}, "", 0, NULL, 0, 0, 0},
    {{"x-ratelimit-limit: 0", "x-ratelimit-remaining: 0"}, "", 0, NULL, 0, 0, 0},
    {{"x-ratelimit-remaining: many"}, "", 0, NULL, 0, 0, 0},
    {{"sforce-limit-info: api-usage=25"}, "", 0, NULL, 0, 0, 0},
    {{"sforce-limit-info: api-usage=25/0"}, "", 0, NULL, 0, 0, 0},
    {{"x-app-usage: {"}, "{\"propertyQuota\":[1", 0, NULL, 0, 0, 0},
    {{NULL}, "{\"propertyQuota\":{\"tokensPerDay\":{\"remaining\":-1}}}", 0, NULL, 0, 0, 0},
    {{"x-app-usage: {\"call_count\":-1e300}"}, "", 0, NULL, 0, 0, 0},
    {{NULL},
     "{\"extensions\":{\"cost\":{\"throttleStatus\":{\"maximumAvailable\":9e18,"
     "\"currentlyAvailable\":0,\"restoreRate\":1}}}}",
     0,
     NULL,
     0,
     0,
     0},
    {{NULL},
     "{\"extensions\":{\"cost\":{\"throttleStatus\":{\"maximumAvailable\":5,\"currentlyAvailable\":"
     "9}}}}",
     0,
     NULL,
     0,
     0,
     0},
};

static void what_is_left_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(left_cases); i++) {
        struct http_left out[ALLOWANCE_LEFTS];
        const struct http_reply reply = {.status = 200,
                                         .headers = left_cases[i].headers,
                                         .body = left_cases[i].body,
                                         .body_len = strlen(left_cases[i].body)};
        size_t n = allowance_left(&reply, out);
        if (n != left_cases[i].n)
            fail_msg("%zu: %zu quotas", i, n);
        if (n == 0)
            continue;
        assert_string_equal(out[0].what, left_cases[i].what);
        assert_int_equal(out[0].left, left_cases[i].left);
        assert_int_equal(out[0].limit, left_cases[i].limit);
        assert_int_equal(out[0].reset_ms, left_cases[i].reset_ms);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_is_left_is_read),
    cmocka_unit_test(reads_what_is_said),
    cmocka_unit_test(times_are_counted_from_now),
};

UNIT_MAIN(tests)
