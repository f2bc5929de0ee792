/* SPDX-License-Identifier: Apache-2.0
 * hub/facts/tally.c: what was counted once is not counted again, and what still runs is not left
 * out when it ends. */
#include <config.h>

#include "unit.h"

#include "base/json.h"
#include "base/mem.h"
#include "facts/tally.h"
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
    const struct store_run_end end = {.outcome = outcome, .requests = 10, .retries = 1};
    assert_int_equal(store_run_finish(f->store, run, &end, &f->err), OMNI_OK);
}

/* Runs of this connector and outcome, with ten requests each. */
static void counts(struct fixture *f, struct tally *t, const char *name, const char *outcome,
                   int64_t wanted)
{
    int64_t runs = 0, requests = 0;
    const json_t *row;
    size_t i;
    auto_json *rows = tally_look(t, f->store, &f->err);
    assert_non_null(rows);
    json_array_foreach(rows, i, row)
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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(runs_are_counted_once),
};

UNIT_MAIN(tests)
