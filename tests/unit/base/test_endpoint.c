/* SPDX-License-Identifier: Apache-2.0
 * hub/base/endpoint.c: what is an address with a port, and what only looks like one. */
#include <config.h>

#include "unit.h"

#include "base/endpoint.h"
#include "base/mem.h"

static void an_address_is_printed_as_it_was_written(void **state)
{
    static const char *const good[] = {"127.0.0.1:9464", "0.0.0.0:0", "[::1]:80",
                                       "[2001:db8::1]:65535"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct endpoint e;
        char text[ENDPOINT_TEXT];
        assert_true(endpoint_parse(good[i], &e));
        assert_string_equal(endpoint_print(&e, text), good[i]);
    }
}

static void what_is_none_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "127.0.0.1",
                                      "localhost:80",
                                      "127.1:80",
                                      "127.0.0.1:",
                                      "127.0.0.1:65536",
                                      "127.0.0.1:-1",
                                      "127.0.0.1:80x",
                                      "::1:80",
                                      "[::1]",
                                      "[::1:80",
                                      "[::1]80",
                                      "[127.0.0.1]:80",
                                      ":80",
                                      "1.2.3.4.5:80"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct endpoint e;
        if (endpoint_parse(bad[i], &e))
            fail_msg("%s", bad[i]);
    }
}

static void loopback_is_this_machine(void **state)
{
    static const struct {
        const char *text;
        bool is_loopback;
    } cases[] = {{"127.0.0.1:1", true}, {"127.255.0.9:1", true}, {"[::1]:1", true},
                 {"0.0.0.0:1", false},  {"128.0.0.1:1", false},  {"[::]:1", false}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct endpoint e;
        assert_true(endpoint_parse(cases[i].text, &e));
        assert_int_equal(endpoint_is_loopback(&e), cases[i].is_loopback);
    }
}

static void a_host_header_with_a_name_is_not_numeric(void **state)
{
    static const struct {
        const char *host;
        bool is_numeric;
    } cases[] = {
        {"127.0.0.1", true},        {"10.1.2.3:80", true},  {"[::1]", true}, {"[::1]:80", true},
        {"localhost", false},       {"127.0.0.1.x", false}, {"", false},     {"[::1", false},
        {"127.0.0.1:80:80", false}, {"127.0.0.1:a", false}, {"1.1", false},  {"::1", false}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (endpoint_is_numeric(cases[i].host) != cases[i].is_numeric)
            fail_msg("%s", cases[i].host);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_address_is_printed_as_it_was_written),
    cmocka_unit_test(what_is_none_is_refused),
    cmocka_unit_test(loopback_is_this_machine),
    cmocka_unit_test(a_host_header_with_a_name_is_not_numeric),
};

UNIT_MAIN(tests)
