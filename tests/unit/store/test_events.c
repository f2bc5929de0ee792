/* SPDX-License-Identifier: Apache-2.0
 * hub/store/events.c: what lasts, what ended, and one at a time. */
#include <config.h>

#include "fixture.h"

#include "base/json.h"
#include "store/events.h"

static int setup(void **state)
{
    *state = fixture_new(NULL, "sales");
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    unsetenv("OMNIHUB_NOW");
    return 0;
}

static bool is_open(struct fixture *f, const char *kind, const char *scope)
{
    bool open;
    assert_int_equal(event_is_open(f->store, kind, scope, &open, &f->err), OMNI_OK);
    return open;
}

static void raise_it(struct fixture *f, const char *scope, const char *text)
{
    assert_int_equal(event_raise(f->store, EVENT_DRIFT, scope, text, &f->err), OMNI_OK);
}

static void one_of_a_kind_and_scope_lasts(void **state)
{
    struct fixture *f = *state;
    bool was_open = true;
    assert_false(is_open(f, EVENT_DRIFT, "a.s"));
    assert_int_equal(event_clear(f->store, EVENT_DRIFT, "a.s", &was_open, &f->err), OMNI_OK);
    assert_false(was_open);
    setenv("OMNIHUB_NOW", "2026-01-10T00:00:00Z", 1);
    raise_it(f, "a.s", "first");
    setenv("OMNIHUB_NOW", "2026-01-11T00:00:00Z", 1);
    raise_it(f, "a.s", "newer");
    raise_it(f, "b.s", "other \xff");
    assert_true(is_open(f, EVENT_DRIFT, "a.s"));
    assert_false(is_open(f, EVENT_SUNSET, "a.s"));
    auto_json *open = events_list(f->store, true, 0, &f->err);
    assert_int_equal(json_array_size(open), 2);
    const json_t *a = json_array_get(open, 1);
    assert_string_equal(json_text(a, "text"), "newer");
    assert_string_equal(json_text(a, "since_at"), "2026-01-10T00:00:00Z");
    assert_int_equal(event_clear(f->store, EVENT_DRIFT, "a.s", &was_open, &f->err), OMNI_OK);
    assert_true(was_open);
    raise_it(f, "a.s", "again");
    auto_json *all = events_list(f->store, false, 0, &f->err);
    assert_int_equal(json_array_size(all), 3);
    assert_string_equal(json_text(json_array_get(all, 2), "until_at"), "2026-01-11T00:00:00Z");
    auto_json *newest = events_list(f->store, false, 1, &f->err);
    assert_string_equal(json_text(json_array_get(newest, 0), "text"), "again");
}

static void an_older_store_has_none(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(sql_exec(store_db(f->store), &f->err, "DROP TABLE notices"), OMNI_OK);
    assert_false(is_open(f, EVENT_DRIFT, "a.s"));
    auto_json *none = events_list(f->store, true, 0, &f->err);
    assert_int_equal(json_array_size(none), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(one_of_a_kind_and_scope_lasts, setup, teardown),
    cmocka_unit_test_setup_teardown(an_older_store_has_none, setup, teardown),
};

UNIT_MAIN(tests)
