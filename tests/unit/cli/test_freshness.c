/* SPDX-License-Identifier: Apache-2.0
 * hub/cli/freshness.c: what has not ended well for too long is told, whatever the clock showed
 * before. */
#include <config.h>

#include "fixture.h"

#include "cli/freshness.h"

static const struct config_connector till = {.name = "till", .stale_after_s = 3600};
static const struct config one = {.connectors = &till, .n_connectors = 1};

static void at(const char *time)
{
    setenv("OMNIHUB_NOW", time, 1);
}

/* With the run that the fixture began ended well at its beginning. */
static struct fixture *pulled(const char *time)
{
    at(time);
    struct fixture *f = fixture_new(NULL, "sales");
    const struct store_run_end end = {.outcome = "ok"};
    assert_int_equal(store_run_finish(f->store, f->run, &end, &f->err), OMNI_OK);
    return f;
}

#define ASSERT_STALE(f, n)                                                                         \
    assert_asked(f, "SELECT count(*) FROM notices WHERE kind = 'stale' AND until IS NULL", n "\n")

static void told_once_it_is_old(void **state)
{
    (void)state;
    struct fixture *f = pulled("2026-01-10T00:00:00Z");
    struct freshness *fresh = freshness_new(f->store, true);
    freshness_look(fresh, &one);
    at("2026-01-10T00:30:00Z");
    freshness_look(fresh, &one);
    ASSERT_STALE(f, "0");
    at("2026-01-10T01:30:00Z");
    assert_true(freshness_due(fresh) <= day_now());
    freshness_look(fresh, &one);
    ASSERT_STALE(f, "1");
    freshness_free(fresh);
    fixture_free(f);
}

/* Begun by a clock that was a year ahead: that it was set right must not blind it for a year. */
static void a_clock_that_is_set_back(void **state)
{
    (void)state;
    struct fixture *f = pulled("2026-01-10T00:00:00Z");
    at("2027-01-10T02:00:00Z");
    struct freshness *fresh = freshness_new(f->store, true);
    int64_t before = day_now();
    freshness_look(fresh, &one); /* in its grace, so nothing is told */
    at("2026-01-10T02:00:00Z");
    freshness_clock_moved(fresh, day_now() - before);
    freshness_look(fresh, &one);
    ASSERT_STALE(f, "0");
    at("2026-01-10T02:20:00Z");
    assert_true(freshness_due(fresh) <= day_now());
    freshness_look(fresh, &one);
    ASSERT_STALE(f, "1");
    freshness_free(fresh);
    fixture_free(f);
}

/* Of a schedule that rests at night and over the weekend two ticks may be missed, not two hours. */
static void a_weekend_is_no_fault(void **state)
{
    (void)state;
    static const struct config_connector shop = {.name = "till", .schedule = "0 8-18 * * 1-5"};
    static const struct config weekly = {.connectors = &shop, .n_connectors = 1};
    struct fixture *f = pulled("2026-01-09T18:05:00Z"); /* a Friday */
    struct freshness *fresh = freshness_new(f->store, false);
    at("2026-01-11T12:00:00Z");
    freshness_look(fresh, &weekly);
    ASSERT_STALE(f, "0");
    at("2026-01-12T10:00:01Z"); /* the second tick of the Monday, and an hour */
    assert_true(freshness_due(fresh) == day_now());
    freshness_look(fresh, &weekly);
    ASSERT_STALE(f, "1");
    freshness_free(fresh);
    fixture_free(f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(told_once_it_is_old),
    cmocka_unit_test(a_clock_that_is_set_back),
    cmocka_unit_test(a_weekend_is_no_fault),
};

UNIT_MAIN(tests)
