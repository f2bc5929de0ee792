/* SPDX-License-Identifier: Apache-2.0
 * hub/cli/unwritten.c: what the store refuses waits, in its order, and is written once. */
#include <config.h>

#include "fixture.h"

#include "cli/unwritten.h"

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
        unwritten_retry(u);
    }
    unwritten_clock_moved(u, -3600LL * SECOND);
    assert_int_equal(unwritten_due(u), now + (60 - 3600LL) * SECOND);
    refuse(f, false);
    unwritten_retry(u);
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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_is_taken_does_not_wait),
    cmocka_unit_test(waits_grow_and_follow_the_clock),
    cmocka_unit_test(only_so_many_wait_in_their_order),
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
