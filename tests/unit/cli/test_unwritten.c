/* SPDX-License-Identifier: Apache-2.0
 * hub/cli/unwritten.c: what the store refuses waits, in its order, and is written once. */
#include <config.h>

#include "fixture.h"

#include "cli/unwritten.h"
#include "store/events.h"

enum { SECOND = 1000000 };

static const struct store_run_end lost = {
    .outcome = "crashed", .reason = "job", .message = "gone", .remedy = "none"};

static void refuse(struct fixture *f, bool does)
{
    assert_int_equal(sql_exec(store_db(f->store), &f->err, "PRAGMA query_only = %d", does),
                     OMNI_OK);
}

static void add(struct unwritten *u, int64_t at)
{
    const struct store_run run = {
        .kind = "pull", .connector = "shop", .stream = "orders", .account = ""};
    unwritten_add(u, &(struct store_abandoned){.noted = &run, .end = &lost, .at = at});
}

static int64_t asked(struct fixture *f, const char *sql)
{
    int64_t n = -1;
    auto_stmt *stmt = sql_prepare(store_db(f->store), sql, &f->err);
    assert_non_null(stmt);
    assert_int_equal(sql_int(stmt, -1, &n, &f->err), OMNI_OK);
    return n;
}

static void what_is_taken_does_not_wait(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    struct unwritten *u = unwritten_new(f->store, f->dir);
    assert_true(unwritten_due(u) == INT64_MAX);
    add(u, 7);
    assert_true(unwritten_due(u) == INT64_MAX);
    assert_int_equal(asked(f, "SELECT count(*) FROM runs WHERE outcome = 'crashed' AND ended = 7"),
                     1);
    unwritten_free(u);
    fixture_free(f);
}

static void waits_grow_and_follow_the_clock(void **state)
{
    (void)state;
    static const int seconds[] = {1, 2, 4, 8, 16, 32, 60, 60};
    struct fixture *f = fixture_new(NULL, "sales");
    struct unwritten *u = unwritten_new(f->store, f->dir);
    int64_t now = day_now();
    refuse(f, true);
    add(u, 7);
    for (size_t i = 0; i < ARRAY_LEN(seconds); i++) {
        assert_int_equal(unwritten_due(u), now + seconds[i] * SECOND);
        assert_int_not_equal(unwritten_retry(u, &f->err), OMNI_OK);
    }
    unwritten_clock_moved(u, -3600LL * SECOND);
    assert_int_equal(unwritten_due(u), now + (60 - 3600LL) * SECOND);
    refuse(f, false);
    assert_int_equal(unwritten_retry(u, &f->err), OMNI_OK);
    assert_true(unwritten_due(u) == INT64_MAX);
    unwritten_clock_moved(u, SECOND);
    assert_true(unwritten_due(u) == INT64_MAX);
    unwritten_free(u);
    assert_int_equal(asked(f, "SELECT count(*) FROM runs WHERE outcome = 'crashed'"), 1);
    fixture_free(f);
}

static void only_so_many_wait_in_their_order(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    struct unwritten *u = unwritten_new(f->store, f->dir);
    refuse(f, true);
    for (int i = 1; i <= UNWRITTEN_MOST + 1; i++)
        add(u, i);
    refuse(f, false);
    unwritten_free(u); /* which tries once more */
    assert_int_equal(asked(f, "SELECT count(*) FROM runs WHERE outcome = 'crashed'"),
                     UNWRITTEN_MOST);
    assert_int_equal(asked(f, "SELECT max(ended) FROM runs"), UNWRITTEN_MOST);
    assert_int_equal(asked(f, "SELECT count(*) FROM runs a JOIN runs b ON b.id = a.id + 1"
                              " WHERE b.ended <> a.ended + 1 AND a.outcome = 'crashed'"),
                     0);
    fixture_free(f);
}

static void events_wait_among_them(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    struct unwritten *u = unwritten_new(f->store, f->dir);
    unwritten_raise(u, EVENT_CLOCK, "service", "ahead");
    assert_asked(f, "SELECT kind, text, until IS NULL FROM notices", "clock|ahead|1\n");
    refuse(f, true);
    unwritten_clear(u, EVENT_CLOCK, "service");
    unwritten_raise(u, EVENT_SUSPENDED, "shop", "broke");
    unwritten_raise(u, EVENT_CLOCK, "service", "ahead again");
    add(u, 7);
    assert_int_not_equal(unwritten_retry(u, &f->err), OMNI_OK);
    refuse(f, false);
    assert_int_equal(unwritten_retry(u, &f->err), OMNI_OK);
    assert_asked(f, "SELECT kind, text, until IS NULL FROM notices WHERE kind <> 'failing'",
                 "clock|ahead|0\nsuspended|broke|1\nclock|ahead again|1\n");
    assert_int_equal(asked(f, "SELECT count(*) FROM runs WHERE outcome = 'crashed'"), 1);
    unwritten_free(u);
    fixture_free(f);
}

/* Then the reserve is given back, for an event as for the end of a run. */
static void a_full_disk_is_noticed(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    struct unwritten *u = unwritten_new(f->store, f->dir);
    int64_t pages = asked(f, "SELECT page_count FROM pragma_page_count");
    assert_int_equal(
        sql_exec(store_db(f->store), &f->err, "PRAGMA max_page_count = %lld", (long long)pages),
        OMNI_OK);
    for (int i = 0; i < 1000 && unwritten_due(u) == INT64_MAX; i++) {
        auto_free char *scope = xasprintf("shop%d", i);
        unwritten_raise(u, EVENT_SUSPENDED, scope, "it broke several times in a row");
    }
    assert_true(unwritten_due(u) != INT64_MAX);
    assert_true(store_is_full(f->store));
    unwritten_free(u);
    fixture_free(f);
}

/* What ended a job is counted, whether its run had begun or not. */
static void the_signal_is_kept(void **state)
{
    (void)state;
    enum { SEGV = 11, KILL = 9 };
    struct fixture *f = fixture_new(NULL, "sales");
    struct unwritten *u = unwritten_new(f->store, f->dir);
    struct store_run_end killed = lost;
    const struct store_run noted = {
        .kind = "pull", .connector = "shop", .stream = "orders", .account = ""};
    killed.signal = KILL;
    unwritten_add(u, &(struct store_abandoned){.run = f->run, .end = &killed, .at = 7});
    killed.signal = SEGV;
    unwritten_add(u, &(struct store_abandoned){.noted = &noted, .end = &killed, .at = 8});
    add(u, 9);
    assert_asked(f,
                 "SELECT connector, signal FROM runs LEFT JOIN run_signals ON run = id ORDER BY id",
                 "till|9\nshop|11\nshop|NULL\n");
    unwritten_free(u);
    fixture_free(f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_is_taken_does_not_wait),
    cmocka_unit_test(waits_grow_and_follow_the_clock),
    cmocka_unit_test(only_so_many_wait_in_their_order),
    cmocka_unit_test(events_wait_among_them),
    cmocka_unit_test(a_full_disk_is_noticed),
    cmocka_unit_test(the_signal_is_kept),
};

static int setup(void **state)
{
    (void)state;
    return setenv("OMNIHUB_NOW", "2026-01-10T00:00:00Z", 1);
}

int main(void)
{
    return cmocka_run_group_tests(tests, setup, NULL);
}
