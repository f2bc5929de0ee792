/* SPDX-License-Identifier: Apache-2.0
 * hub/base/err.c: texts, prefixes, names. */
#include <config.h>

#include "unit.h"

#include "base/err.h"

static void sets_and_prefixes(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(err_set(&err, OMNI_E_DATA, "row %d", 3), OMNI_E_DATA);
    assert_int_equal(err.status, OMNI_E_DATA);
    err_prefix(&err, "%s:", "a.csv");
    assert_string_equal(err.text, "a.csv:row 3");
    assert_int_equal(err.status, OMNI_E_DATA);
    assert_int_equal(err_set(NULL, OMNI_E_RETRY, "x"), OMNI_E_RETRY);
    err_prefix(NULL, "x");
}

static void long_texts_are_cut(void **state)
{
    (void)state;
    char longest[3 * ERR_TEXT];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    struct err err;
    err_set(&err, OMNI_E_DATA, "%s", longest);
    assert_int_equal(strlen(err.text), ERR_TEXT - 1);
    err_prefix(&err, "ab: ");
    assert_int_equal(strlen(err.text), ERR_TEXT - 1);
    assert_memory_equal(err.text, "ab: xxx", 7);
    err_prefix(&err, "%s", longest); /* leaves no room for the error: not added */
    assert_memory_equal(err.text, "ab: xxx", 7);
}

static void statuses_have_names(void **state)
{
    (void)state;
    assert_string_equal(err_status_name(OMNI_OK), "ok");
    assert_string_equal(err_status_name(OMNI_E_BUG), "bug");
    assert_string_equal(err_status_name(OMNI_E_THROTTLED), "throttled");
    assert_string_equal(err_status_name(1), "unknown");
    assert_string_equal(err_status_name(-10), "unknown");
    assert_string_equal(err_status_name(INT32_MIN), "unknown");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sets_and_prefixes),
    cmocka_unit_test(long_texts_are_cut),
    cmocka_unit_test(statuses_have_names),
};

UNIT_MAIN(tests)
