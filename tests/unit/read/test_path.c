/* SPDX-License-Identifier: Apache-2.0
 * hub/read/path.c: what a path may be, and messages that name the column. */
#include <config.h>

#include "unit.h"

#include "base/mem.h"
#include "read/path.h"
#include "read/reader.h"

static void reads_every_kind_of_step(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct path p;
    struct err err = {0};
    assert_true(
        path_parse(arena, "^^.a['b.c'][2][*][?@.k=='v' && @['m'].n==\"it's\"].7d-x", &p, &err));
    assert_int_equal(p.up, 2);
    assert_int_equal(p.n_steps, 6);
    assert_string_equal(p.steps[1].name, "b.c");
    assert_int_equal(p.steps[2].index, 2);
    assert_int_equal(p.steps[3].kind, PATH_ALL);
    assert_int_equal(p.steps[4].n_tests, 2);
    assert_string_equal(p.steps[4].tests[0].text, "v");
    assert_int_equal(p.steps[4].tests[1].n_steps, 2);
    assert_string_equal(p.steps[4].tests[1].text, "it's");
    assert_string_equal(p.steps[5].name, "7d-x");
    arena_free(arena);
}

static void refuses_and_names_the_column(void **state)
{
    (void)state;
    static const struct {
        const char *path, *message;
    } wrong[] = {
        {"", "column 1"},
        {"a.b", "column 1"},
        {"$a", "column 2"},
        {"$.", "column 3"},
        {"$.a b", "column 4"},
        {"$.a[", "column 5"},
        {"$.a[-1]", "column 5"},
        {"$.a['x]", "not closed"},
        {"$.a[1", "expected ]"},
        {"$..a", "column 3"},
        {"$.a[?@.b>1]", "only comparison"},
        {"$.a[?b=='c']", "expected @"},
        {"$.a[?@.b==1]", "in quotes"},
        {"$.a[9999999]", "too large"},
        {"$.\xFF", "UTF-8"},
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct err err = {0};
        if (reader_check_path(wrong[i].path, &err) != OMNI_E_CONFIG ||
            !strstr(err.text, wrong[i].message))
            fail_msg("%s: %s", wrong[i].path, err.text);
    }
    assert_int_equal(reader_check_path("$", NULL), OMNI_OK);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(reads_every_kind_of_step),
    cmocka_unit_test(refuses_and_names_the_column),
};

UNIT_MAIN(tests)
