/* SPDX-License-Identifier: Apache-2.0
 * hub/kit/compare.c: which differences between rows count, and what is said of them. */
#include <config.h>

#include "fixture.h"

#include "kit/compare.h"

/* problems: how many; says: a part of the first one, NULL: none. */
static void compares(const char *expected, const char *got, size_t n, const char *says)
{
    auto_json *a = parse(expected), *b = parse(got), *problems = json_array();
    compare_rows("stream s", a, b, problems);
    auto_free char *text = json_print(problems);
    if (json_array_size(problems) != n)
        fail_msg("%s against %s: %s", expected, got, text);
    if (says && !strstr(text, says))
        fail_msg("%s does not say: %s", text, says);
}

static void same_rows(void **state)
{
    (void)state;
    compares("[]", "[]", 0, NULL);
    compares("[{\"a\":1}]", "[{\"a\":1,\"b\":2}]", 0, NULL); /* what is not named is free */
    compares("[{\"a\":\"12.5\"}]", "[{\"a\":\"12.500000\"}]", 0, NULL);
    compares("[{\"a\":3}]", "[{\"a\":\"3\"}]", 0, NULL);
    compares("[{\"a\":\"\"}]", "[{\"a\":null}]", 0, NULL);
    compares("[{\"a\":1},{\"a\":2}]", "[{\"a\":2},{\"a\":1}]", 0, NULL);
    compares("[{\"a\":1},{\"a\":1}]", "[{\"a\":1},{\"a\":1}]", 0, NULL);
}

static void other_rows(void **state)
{
    (void)state;
    compares("[{\"a\":1,\"k\":\"x\"}]", "[{\"a\":2,\"k\":\"x\"}]", 1,
             "stream s: row 1 is not as expected: a=1, came: a=2;");
    compares("[{\"a\":0}]", "[{\"a\":null}]", 1, "a=0, came: a=null"); /* NULL is not 0 */
    compares("[{\"b\":1}]", "[{\"a\":1}]", 1, "b=no such column");
    compares("[{\"a\":1}]", "[]", 2, "no row came, 1 should");
    compares("[]", "[{\"a\":1,\"b\":null}]", 1, "a row that was not expected: a=1");
    compares("[{\"a\":1}]", "[{\"a\":1},{\"a\":1}]", 1, "a row that was not expected");
    compares("[{\"a\":1},{\"a\":1}]", "[{\"a\":1}]", 1, "row 2 did not come: a=1");
    compares("[{\"a\":\"0.1\"}]", "[{\"a\":\"0.100001\"}]", 1, "came");
}

/* The nearest row is the one that it is compared with. */
static void nearest_row(void **state)
{
    (void)state;
    compares("[{\"k\":\"x\",\"a\":1},{\"k\":\"y\",\"a\":2}]",
             "[{\"k\":\"y\",\"a\":9},{\"k\":\"x\",\"a\":1}]", 1, "row 2 is not as expected: a=2");
}

static void requests(void **state)
{
    (void)state;
    auto_json *tape = parse("{\"exchanges\":[{\"request\":{\"method\":\"GET\",\"url\":\"u\"}},"
                            "{\"request\":{\"method\":\"GET\",\"url\":\"u\"}},"
                            "{\"request\":{\"method\":\"POST\",\"url\":\"u\",\"body\":\"b\"}}]}");
    auto_json *all = parse("[{\"method\":\"POST\",\"url\":\"u\",\"body\":\"b\"},"
                           "{\"method\":\"GET\",\"url\":\"u\"}]"),
              *one = parse("[{\"method\":\"POST\",\"url\":\"u\"}]"), *none = json_array(),
              *problems = json_array();
    compare_requests(tape, all, none);
    assert_int_equal(json_array_size(none), 0);
    compare_requests(tape, one, problems);
    assert_same_json(problems, "[\"a request that was expected was never sent: GET u\","
                               "\"a request that was expected was never sent: POST u b\"]");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(same_rows),
    cmocka_unit_test(other_rows),
    cmocka_unit_test(nearest_row),
    cmocka_unit_test(requests),
};
KIT_MAIN(tests)
