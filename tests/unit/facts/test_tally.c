/* SPDX-License-Identifier: Apache-2.0
 * hub/facts/tally.c: what was counted once is not counted again, and what still runs is not left
 * out when it ends. */
#include <config.h>

#include "unit.h"

#include "base/json.h"
#include "base/mem.h"
#include "facts/tally.h"
#include "store/sql.h"
#include "../store/fixture.h"

static int64_t begin(struct fixture *f, const char *connector)
{
    const struct store_run run = {.kind = "pull", .connector = connector, .batch = "b"};
    int64_t id = store_run_begin(f->store, &run, &f->err);
    assert_true(id > 0);
    return id;
}

static void finish(struct fixture *f, int64_t run, const char *outcome)
{
    static const struct store_asked asked[] = {{"x.com", 200, 7}, {"x.com", 0, 1}, {"y", 200, 2}};
    const struct store_run_end end = {.outcome = outcome,
                                      .requests = 10,
                                      .retries = 1,
                                      .asked = asked,
                                      .n_asked = ARRAY_LEN(asked)};
    assert_int_equal(store_run_finish(f->store, run, &end, &f->err), OMNI_OK);
}

/* Runs of this connector and outcome, with ten requests each. */
static void counts(struct fixture *f, struct tally *t, const char *name, const char *outcome,
                   int64_t wanted)
{
    int64_t runs = 0, requests = 0;
    const json_t *row;
    size_t i;
    auto_json *look = tally_look(t, f->store, &f->err);
    assert_non_null(look);
    json_array_foreach(json_object_get(look, "runs"), i, row)
    {
        if (strcmp(json_text(row, "name"), name) != 0 ||
            strcmp(json_text(row, "outcome"), outcome) != 0)
            continue;
        runs += json_int(row, "runs", 0);
        requests += json_int(row, "requests", 0);
    }
    assert_int_equal(runs, wanted);
    assert_int_equal(requests, 10 * wanted);
}

static void runs_are_counted_once(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    struct tally *t = tally_new();
    finish(f, f->run, "ok"); /* the fixture's own */
    counts(f, t, "a", "ok", 0);
    finish(f, begin(f, "a"), "ok");
    finish(f, begin(f, "a"), "failed");
    counts(f, t, "a", "ok", 1);
    counts(f, t, "a", "ok", 1);
    counts(f, t, "a", "failed", 1);
    int64_t lasting = begin(f, "a");
    finish(f, begin(f, "a"), "ok");
    finish(f, begin(f, "b"), "ok");
    counts(f, t, "a", "ok", 2); /* behind one that still runs */
    counts(f, t, "a", "ok", 2);
    finish(f, lasting, "ok");
    counts(f, t, "a", "ok", 3);
    counts(f, t, "b", "ok", 1);
    counts(f, t, "a", "running", 0);
    struct tally *fresh = tally_new();
    counts(f, fresh, "a", "ok", 3);
    tally_free(fresh);
    tally_free(t);
    fixture_free(f);
}

/* Requests of a connector to this host that ended so; host NULL: to those not told apart. */
static int64_t asked(const json_t *look, const char *name, const char *host, int64_t status)
{
    const json_t *row;
    int64_t found = 0;
    size_t i;
    json_array_foreach(json_object_get(look, "asked"), i, row)
    {
        const char *own = json_text(row, "host");
        if (strcmp(json_text(row, "name"), name) == 0 && !own == !host &&
            (!host || (strcmp(own, host) == 0 && json_int(row, "status", -1) == status)))
            found += json_int(row, "requests", 0);
    }
    return found;
}

static void hosts_are_told_apart(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    struct tally *t = tally_new();
    finish(f, f->run, "ok");
    const struct store_run_end old = {.outcome = "ok", .requests = 5};
    assert_int_equal(store_run_finish(f->store, begin(f, "a"), &old, &f->err), OMNI_OK);
    const struct store_run_end crash = {.outcome = "crashed", .signal = 11};
    assert_int_equal(store_run_finish(f->store, begin(f, "a"), &crash, &f->err), OMNI_OK);
    int64_t lasting = begin(f, "b");
    finish(f, begin(f, "a"), "ok");
    finish(f, begin(f, "a"), "failed");
    for (int again = 0; again < 2; again++) {
        auto_json *look = tally_look(t, f->store, &f->err);
        assert_non_null(look);
        assert_int_equal(asked(look, "a", "x.com", 200), 14);
        assert_int_equal(asked(look, "a", "x.com", 0), 2);
        assert_int_equal(asked(look, "a", "y", 200), 4);
        assert_int_equal(asked(look, "a", NULL, 0), 5); /* as an older program left it */
        const json_t *crashes = json_object_get(look, "crashes");
        assert_int_equal(json_array_size(crashes), 1);
        assert_int_equal(json_int(json_array_get(crashes, 0), "signal", 0), 11);
        assert_int_equal(json_int(json_array_get(crashes, 0), "crashes", 0), 1);
    }
    finish(f, lasting, "ok");
    auto_json *look = tally_look(t, f->store, &f->err);
    assert_int_equal(asked(look, "b", "y", 200), 2);
    tally_free(t);
    fixture_free(f);
}

/* Of two runs one took ten minutes. */
static void times_are_in_their_buckets(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    struct tally *t = tally_new();
    finish(f, f->run, "ok");
    finish(f, begin(f, "a"), "ok");
    int64_t slow = begin(f, "a");
    assert_int_equal(sql_exec(store_db(f->store), &f->err,
                              "UPDATE runs SET started = started - 600000000 WHERE id = %lld",
                              (long long)slow),
                     OMNI_OK);
    finish(f, slow, "ok");
    auto_json *look = tally_look(t, f->store, &f->err);
    const json_t *row;
    size_t i, found = 0;
    json_array_foreach(json_object_get(look, "runs"), i, row)
    {
        if (strcmp(json_text(row, "name"), "a") != 0)
            continue;
        found++;
        assert_int_equal(json_int(row, "runs", 0), 2);
        assert_int_equal(json_int(row, "within_300", 0), 1);
        assert_int_equal(json_int(row, "within_1800", 0), 2);
        assert_true(json_int(row, "micros", 0) >= 600000000);
    }
    assert_int_equal(found, 1);
    tally_free(t);
    fixture_free(f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(runs_are_counted_once),
    cmocka_unit_test(hosts_are_told_apart),
    cmocka_unit_test(times_are_in_their_buckets),
};

UNIT_MAIN(tests)
