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
    assert_int_equal(event_raise(f->store, &(struct event){EVENT_DRIFT, scope, text, 0}, &f->err),
                     OMNI_OK);
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

/* Said once, also where the text is not stored as it was given. */
static void what_is_said_is_not_new(void **state)
{
    struct fixture *f = *state;
    auto_free char *odd = xcalloc(1, 5000);
    memset(odd, 'x', 4999);
    odd[10] = '\xff';
    const struct event event = {EVENT_DEPRECATED, "a", odd, 1};
    bool is_new = false;
    assert_int_equal(event_is_new(f->store, &event, &is_new, &f->err), OMNI_OK);
    assert_true(is_new);
    assert_int_equal(event_raise(f->store, &event, &f->err), OMNI_OK);
    assert_int_equal(event_is_new(f->store, &event, &is_new, &f->err), OMNI_OK);
    assert_false(is_new);
}

static void an_older_store_has_none(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(sql_exec(store_db(f->store), &f->err, "DROP TABLE notices"), OMNI_OK);
    assert_false(is_open(f, EVENT_DRIFT, "a.s"));
    auto_json *none = events_list(f->store, true, 0, &f->err);
    assert_int_equal(json_array_size(none), 0);
}

static void ended(struct fixture *f, const char *stream, const char *outcome, const char *reason)
{
    int64_t id = store_run_begin(
        f->store,
        &(struct store_run){.kind = "pull", .connector = "shop", .stream = stream, .account = ""},
        &f->err);
    assert_true(id > 0);
    assert_int_equal(
        store_run_finish(
            f->store, id,
            &(struct store_run_end){.outcome = outcome, .reason = reason, .message = "why \xff"},
            &f->err),
        OMNI_OK);
}

static void the_end_of_a_run_opens_and_ends_one(void **state)
{
    struct fixture *f = *state;
    ended(f, "orders", "failed", "auth");
    assert_true(is_open(f, EVENT_FAILING, "shop.orders"));
    auto_json *open = events_list(f->store, true, 0, &f->err);
    assert_non_null(strstr(json_text(json_array_get(open, 0), "text"), "failed-auth: why"));
    ended(f, "orders", "parked", "throttled");
    assert_true(is_open(f, EVENT_FAILING, "shop.orders"));
    ended(f, "", "failed", "config"); /* before any stream */
    assert_true(is_open(f, EVENT_FAILING, "shop"));
    ended(f, "orders", "ok", NULL);
    assert_false(is_open(f, EVENT_FAILING, "shop.orders"));
    assert_false(is_open(f, EVENT_FAILING, "shop"));
}

static void a_passing_fault_has_to_last(void **state)
{
    struct fixture *f = *state;
    ended(f, "orders", "retrying", "retry");
    ended(f, "orders", "retrying", "retry");
    ended(f, "other", "retrying", "retry");
    assert_false(is_open(f, EVENT_FAILING, "shop.orders"));
    ended(f, "orders", "retrying", "retry");
    assert_true(is_open(f, EVENT_FAILING, "shop.orders"));
    assert_false(is_open(f, EVENT_FAILING, "shop.other"));
}

static const struct store_run_end crashed = {
    .outcome = "crashed", .reason = "job", .message = "gone \xff"};

static void runs_without_an_end_open_one(void **state)
{
    struct fixture *f = *state;
    const struct store_run run = {
        .kind = "push", .connector = "files", .stream = "orders", .account = "", .batch = "b/1"};
    assert_true(store_run_begin(f->store, &run, &f->err) > 0);
    uint64_t n = 0;
    assert_int_equal(
        store_runs_abandon(f->store,
                           &(struct store_abandoned){.batch = "b/1", .end = &crashed, .at = 5}, &n,
                           &f->err),
        OMNI_OK);
    assert_int_equal(n, 1);
    assert_true(is_open(f, EVENT_FAILING, "sink files.orders"));
}

static void give_up(struct fixture *f, const struct store_abandoned *a, uint64_t wanted)
{
    uint64_t n = 0;
    assert_int_equal(store_runs_abandon(f->store, a, &n, &f->err), OMNI_OK);
    assert_int_equal(n, wanted);
}

static int64_t asked(struct fixture *f, const char *sql)
{
    int64_t n = -1;
    auto_stmt *stmt = sql_prepare(store_db(f->store), sql, &f->err);
    assert_int_equal(sql_int(stmt, -1, &n, &f->err), OMNI_OK);
    return n;
}

/* A run that has an end keeps it; one that never began is noted instead of none. */
static void an_end_is_written_once(void **state)
{
    struct fixture *f = *state;
    const struct store_run run = {
        .kind = "pull", .connector = "shop", .stream = "orders", .account = "", .batch = "b/1"};
    int64_t id = store_run_begin(f->store, &run, &f->err);
    const struct store_abandoned gone = {.run = id, .end = &crashed, .at = 7};
    give_up(f, &gone, 1);
    give_up(f, &gone, 0);
    assert_int_equal(asked(f, "SELECT ended FROM runs WHERE batch = 'b/1' AND outcome = 'crashed'"),
                     7);
    give_up(f, &(struct store_abandoned){.batch = "b/2", .noted = &run, .end = &crashed, .at = 9},
            0);
    assert_int_equal(asked(f, "SELECT count(*) FROM runs WHERE started = 9 AND ended = 9"), 1);
    give_up(f, &(struct store_abandoned){.batch = "b/2", .end = &crashed, .at = 9}, 0);
    assert_int_equal(asked(f, "SELECT count(*) FROM runs WHERE batch IN ('b/1', 'b/2')"), 2);
}

/* However long ago it began: what a hub that was killed has left. */
static void all_that_run_can_be_ended(void **state)
{
    struct fixture *f = *state;
    struct store_run run = {.kind = "backfill", .connector = "shop", .stream = "", .account = ""};
    give_up(f, &(struct store_abandoned){.is_all = true, .end = &crashed, .at = 5}, 1); /* f's */
    for (int i = 0; i < 3; i++) {
        run.batch = i ? "b/1" : NULL;
        assert_true(store_run_begin(f->store, &run, &f->err) > 0);
    }
    ended(f, "orders", "ok", NULL);
    give_up(f, &(struct store_abandoned){.is_all = true, .end = &crashed, .at = 5}, 3);
    assert_int_equal(asked(f, "SELECT count(*) FROM runs WHERE outcome = 'running'"), 0);
    assert_int_equal(asked(f, "SELECT count(*) FROM runs WHERE outcome = 'ok'"), 1);
}

/* What is said of the stream meanwhile counts, not what was said too late. */
static void a_late_end_opens_none_over_a_newer_run(void **state)
{
    struct fixture *f = *state;
    const struct store_run orders = {
        .kind = "pull", .connector = "shop", .stream = "orders", .account = ""};
    const struct store_run all = {.kind = "pull", .connector = "shop", .stream = "", .account = ""};
    struct store_abandoned late = {.noted = &orders, .end = &crashed, .at = 5, .is_late = true};
    ended(f, "other", "ok", NULL);
    give_up(f, &late, 0);
    assert_true(is_open(f, EVENT_FAILING, "shop.orders"));
    ended(f, "orders", "ok", NULL);
    give_up(f, &late, 0);
    assert_false(is_open(f, EVENT_FAILING, "shop.orders"));
    late.noted = &all;
    give_up(f, &late, 0);
    assert_int_equal(asked(f, "SELECT count(*) FROM runs WHERE outcome = 'crashed'"), 1);
    assert_false(is_open(f, EVENT_FAILING, "shop"));
    late.is_late = false;
    give_up(f, &late, 0);
    assert_true(is_open(f, EVENT_FAILING, "shop"));
}

static bool fails_with_auth(struct fixture *f, const char *who)
{
    bool fails = false;
    assert_int_equal(event_fails_with(f->store, who, "failed-auth", &fails, &f->err), OMNI_OK);
    return fails;
}

static void who_was_refused_can_be_asked(void **state)
{
    struct fixture *f = *state;
    assert_false(fails_with_auth(f, "shop"));
    ended(f, "orders", "failed", "data");
    assert_false(fails_with_auth(f, "shop"));
    ended(f, "orders", "failed", "auth");
    assert_true(fails_with_auth(f, "shop"));
    assert_false(fails_with_auth(f, "sho"));
    assert_false(fails_with_auth(f, "sink shop"));
    ended(f, "", "failed", "auth"); /* before any stream */
    ended(f, "orders", "ok", NULL);
    assert_false(fails_with_auth(f, "shop"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(all_that_run_can_be_ended, setup, teardown),
    cmocka_unit_test_setup_teardown(who_was_refused_can_be_asked, setup, teardown),
    cmocka_unit_test_setup_teardown(an_end_is_written_once, setup, teardown),
    cmocka_unit_test_setup_teardown(a_late_end_opens_none_over_a_newer_run, setup, teardown),
    cmocka_unit_test_setup_teardown(the_end_of_a_run_opens_and_ends_one, setup, teardown),
    cmocka_unit_test_setup_teardown(a_passing_fault_has_to_last, setup, teardown),
    cmocka_unit_test_setup_teardown(runs_without_an_end_open_one, setup, teardown),
    cmocka_unit_test_setup_teardown(one_of_a_kind_and_scope_lasts, setup, teardown),
    cmocka_unit_test_setup_teardown(an_older_store_has_none, setup, teardown),
    cmocka_unit_test_setup_teardown(what_is_said_is_not_new, setup, teardown),
};

UNIT_MAIN(tests)
