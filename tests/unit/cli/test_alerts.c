/* SPDX-License-Identifier: Apache-2.0
 * hub/cli/alerts.c: when it looks again. What is sent is tested through the programs. */
#include <config.h>

#include "fixture.h"

#include "cli/alerts.h"

enum { AGAIN_S = 7 };

static const struct config_alert ops = {.name = "ops", .kind = "webhook"};
static const struct config conf = {
    .hub = {.retry_after_s = AGAIN_S}, .alerts = &ops, .n_alerts = 1};

static int64_t due_after_a_look(struct fixture *f)
{
    struct cli cli = {.config = (struct config *)(uintptr_t)&conf};
    struct work w = {.cli = &cli};
    struct alerts *a = alerts_new(f->store);
    alerts_run(a, &w, NULL, false); /* nothing is sent, so no job is started */
    int64_t due = alerts_due(a);
    alerts_free(a);
    return due;
}

static void nothing_to_send_is_nothing_to_wait_for(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    assert_true(due_after_a_look(f) == INT64_MAX);
    fixture_free(f);
}

/* The oldest message cannot be read: that is no reason to forget it. */
static void what_cannot_be_read_is_looked_at_again(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    assert_int_equal(sql_exec(store_db(f->store), &f->err, "ALTER TABLE outbox DROP COLUMN done"),
                     OMNI_OK);
    assert_true(due_after_a_look(f) == day_now() + AGAIN_S * TIME_SECOND);
    fixture_free(f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(nothing_to_send_is_nothing_to_wait_for),
    cmocka_unit_test(what_cannot_be_read_is_looked_at_again),
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
