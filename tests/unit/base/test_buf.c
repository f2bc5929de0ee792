/* SPDX-License-Identifier: Apache-2.0
 * hub/base/buf.c: growth, the hard maximum, dropping and taking. */
#include <config.h>

#include "unit.h"

#include "base/buf.h"
#include "base/mem.h"

static void grows_and_ends_with_nul(void **state)
{
    (void)state;
    auto_buf b = BUF_INIT(10000);
    for (int i = 0; i < 1000; i++)
        assert_true(buf_printf(&b, "%03d,", i));
    assert_int_equal(b.len, 4000);
    assert_int_equal(b.data[4000], '\0');
    assert_memory_equal(b.data, "000,001,", 8);
}

static void refuses_beyond_maximum(void **state)
{
    (void)state;
    auto_buf b = BUF_INIT(4);
    assert_true(buf_adds(&b, "abcd"));
    assert_false(buf_addc(&b, 'e'));
    assert_false(buf_reserve(&b, SIZE_MAX));
    assert_string_equal(buf_text(&b), "abcd");
}

static void drops_the_front(void **state)
{
    (void)state;
    auto_buf b = BUF_INIT(100);
    buf_drop(&b, 0);
    assert_true(buf_adds(&b, "abcdef"));
    buf_drop(&b, 2);
    assert_string_equal(buf_text(&b), "cdef");
    buf_drop(&b, 4);
    assert_int_equal(b.len, 0);
}

static void take_empties_it(void **state)
{
    (void)state;
    struct buf b = BUF_INIT(100);
    auto_free char *empty = buf_take(&b);
    assert_string_equal(empty, "");
    assert_true(buf_adds(&b, "x"));
    auto_free char *x = buf_take(&b);
    assert_string_equal(x, "x");
    assert_int_equal(b.len, 0);
    assert_null(b.data);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(grows_and_ends_with_nul),
    cmocka_unit_test(refuses_beyond_maximum),
    cmocka_unit_test(drops_the_front),
    cmocka_unit_test(take_empties_it),
};

UNIT_MAIN(tests)
