/* SPDX-License-Identifier: Apache-2.0
 * hub/store/outbox.c: what is told, once, together, again, and until when a message is kept. */
#include <config.h>

#include "fixture.h"

#include "base/day.h"
#include "base/json.h"
#include "store/events.h"
#include "store/outbox.h"

#define START  "2026-01-10T00:00:00Z"
#define MINUTE (60 * TIME_SECOND)

static const struct outbox_alert ops = {.name = "ops", .group = MINUTE};

static int setup(void **state)
{
    *state = fixture_new(NULL, "sales");
    setenv("OMNIHUB_NOW", START, 1);
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    unsetenv("OMNIHUB_NOW");
    return 0;
}

static void raise_it(struct fixture *f, const char *scope, int stage)
{
    const struct event event = {EVENT_SUNSET, scope, "text", stage};
    assert_int_equal(event_raise(f->store, &event, &f->err), OMNI_OK);
}

static void clear_it(struct fixture *f, const char *scope)
{
    assert_int_equal(event_clear(f->store, EVENT_SUNSET, scope, NULL, &f->err), OMNI_OK);
}

/* Micros since START until it is due again; INT64_MAX. */
static int64_t make(struct fixture *f, const struct outbox_alert *a, int64_t after)
{
    int64_t due, start = day_now();
    assert_int_equal(outbox_make(f->store, a, start + after, &due, &f->err), OMNI_OK);
    return due == INT64_MAX ? due : due - start;
}

static size_t count(struct fixture *f)
{
    auto_json *all = outbox_list(f->store, NULL, 0, &f->err);
    assert_non_null(all);
    return json_array_size(all);
}

/* "a:open b:over" of the newest message, which ends with this. */
static char *take(struct fixture *f, const char *alert)
{
    auto_buf out = BUF_INIT(65536);
    auto_json *row = outbox_next(f->store, alert, &f->err);
    size_t i;
    const json_t *item;
    assert_non_null(row);
    json_array_foreach(json_object_get(row, "items"), i, item) buf_printf(
        &out, "%s%s:%s", i ? " " : "", json_text(item, "scope"), json_text(item, "state"));
    const struct outbox_news news = {.code = OUTBOX_SENT};
    assert_int_equal(outbox_note(f->store, json_int(row, "id", 0), &news, &f->err), OMNI_OK);
    return buf_take(&out);
}

#define ASSERT_TAKES(f, alert, wanted)                                                             \
    do {                                                                                           \
        auto_free char *got = take(f, alert);                                                      \
        assert_string_equal(got, wanted);                                                          \
    } while (0)

static void told_once_and_together(void **state)
{
    struct fixture *f = *state;
    assert_true(make(f, &ops, 0) == INT64_MAX);
    raise_it(f, "a", 0);
    raise_it(f, "b", 0);
    assert_true(make(f, &ops, 1) == MINUTE);
    assert_int_equal(count(f), 0);
    assert_true(make(f, &ops, MINUTE) == INT64_MAX);
    ASSERT_TAKES(f, "ops", "b:open a:open");
    assert_true(make(f, &ops, 100 * MINUTE) == INT64_MAX);
    assert_int_equal(count(f), 1);
    clear_it(f, "a");
    make(f, &ops, 200 * MINUTE);
    ASSERT_TAKES(f, "ops", "a:over");
    make(f, &ops, 300 * MINUTE);
    assert_int_equal(count(f), 2);
}

static void what_came_and_went_is_not_told(void **state)
{
    struct fixture *f = *state;
    raise_it(f, "a", 0);
    clear_it(f, "a");
    assert_true(make(f, &ops, MINUTE) == INT64_MAX);
    assert_int_equal(count(f), 0);
}

static void more_urgent_is_told_again(void **state)
{
    struct fixture *f = *state;
    raise_it(f, "a", 1);
    make(f, &ops, MINUTE);
    ASSERT_TAKES(f, "ops", "a:open");
    raise_it(f, "a", 1);
    make(f, &ops, 2 * MINUTE);
    assert_int_equal(count(f), 1);
    raise_it(f, "a", 2);
    make(f, &ops, 2 * MINUTE);
    ASSERT_TAKES(f, "ops", "a:open");
}

static void reminders_and_kinds(void **state)
{
    struct fixture *f = *state;
    static const char *const other[] = {EVENT_DRIFT, NULL};
    const struct outbox_alert again = {.name = "again", .group = MINUTE, .remind = 10 * MINUTE},
                              deaf = {.name = "deaf", .group = MINUTE, .kinds = other};
    raise_it(f, "a", 0);
    assert_true(make(f, &again, MINUTE) == 11 * MINUTE);
    ASSERT_TAKES(f, "again", "a:open");
    assert_true(make(f, &again, 2 * MINUTE) == 11 * MINUTE);
    make(f, &again, 11 * MINUTE);
    ASSERT_TAKES(f, "again", "a:still");
    assert_true(make(f, &deaf, MINUTE) == INT64_MAX);
    assert_int_equal(count(f), 2);
}

static void a_clock_that_was_set_back_holds_nothing_up(void **state)
{
    struct fixture *f = *state;
    setenv("OMNIHUB_NOW", "2027-01-01T00:00:00Z", 1);
    raise_it(f, "a", 0);
    setenv("OMNIHUB_NOW", START, 1);
    make(f, &ops, 0);
    ASSERT_TAKES(f, "ops", "a:open");
}

static void thousands_are_one_message(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 1000; i++) {
        char scope[16];
        snprintf(scope, sizeof scope, "c%d", i);
        raise_it(f, scope, 0);
    }
    make(f, &ops, MINUTE);
    auto_json *row = outbox_next(f->store, "ops", &f->err);
    assert_int_equal(json_array_size(json_object_get(row, "items")), 200);
    assert_int_equal(json_int(row, "more", 0), 800);
    make(f, &ops, 2 * MINUTE);
    assert_int_equal(count(f), 1);
}

static void sent_again_in_order(void **state)
{
    struct fixture *f = *state;
    raise_it(f, "a", 0);
    make(f, &ops, MINUTE);
    raise_it(f, "b", 0);
    make(f, &ops, 2 * MINUTE);
    auto_json *first = outbox_next(f->store, "ops", &f->err);
    int64_t id = json_int(first, "id", 0), again = day_now() + 5 * MINUTE;
    assert_int_equal(outbox_begin(f->store, id, again, &f->err), OMNI_OK);
    auto_json *done = json_pack("{s:s}", "a@x", "ok");
    assert_int_equal(
        outbox_note(f->store, id, &(struct outbox_news){.message = "busy", .done = done}, &f->err),
        OMNI_OK);
    auto_json *same = outbox_next(f->store, "ops", &f->err);
    assert_int_equal(json_int(same, "id", 0), id);
    assert_int_equal(json_int(same, "attempts", 0), 1);
    assert_true(json_int(same, "next", 0) == again);
    assert_string_equal(json_text(same, "key"), json_text(first, "key"));
    assert_string_equal(json_text(json_object_get(same, "done"), "a@x"), "ok");
    auto_json *none = json_array();
    assert_int_equal(outbox_keep(f->store, none, &f->err), OMNI_OK);
    assert_null(outbox_next(f->store, "ops", &f->err));
    auto_json *all = outbox_list(f->store, "ops", 0, &f->err);
    assert_string_equal(json_text(json_array_get(all, 0), "code"), OUTBOX_DROPPED);
    make(f, &ops, 3 * MINUTE); /* it is back, and hears of what lasts */
    ASSERT_TAKES(f, "ops", "b:open a:open");
}

/* What waits for its next attempt waits for what was left of that; what was never sent is due. */
static void waits_follow_the_clock(void **state)
{
    struct fixture *f = *state;
    int64_t now = day_now();
    assert_int_equal(outbox_clock_moved(f->store, -MINUTE, &f->err), OMNI_OK);
    raise_it(f, "a", 0);
    make(f, &ops, MINUTE);
    assert_int_equal(outbox_clock_moved(f->store, -MINUTE, &f->err), OMNI_OK);
    auto_json *fresh = outbox_next(f->store, "ops", &f->err);
    assert_true(json_int(fresh, "next", 0) == now + MINUTE);
    assert_int_equal(outbox_begin(f->store, json_int(fresh, "id", 0), now + 9 * MINUTE, &f->err),
                     OMNI_OK);
    assert_int_equal(outbox_clock_moved(f->store, -3 * MINUTE, &f->err), OMNI_OK);
    auto_json *tried = outbox_next(f->store, "ops", &f->err);
    assert_true(json_int(tried, "next", 0) == now + 6 * MINUTE);
    ASSERT_TAKES(f, "ops", "a:open");
}

/* An alert has put it into a message; whether anybody got that is the message's affair. */
static void told_is_not_delivered(void **state)
{
    struct fixture *f = *state;
    raise_it(f, "a", 0);
    make(f, &ops, MINUTE);
    auto_json *before = outbox_told(f->store, &f->err);
    const json_t *waits = json_array_get(before, 0);
    assert_string_equal(json_text(waits, "at"), "2026-01-10T00:01:00Z");
    assert_int_equal(json_int(waits, "attempts", -1), 0);
    assert_null(json_text(waits, "code"));
    ASSERT_TAKES(f, "ops", "a:open");
    auto_json *after = outbox_told(f->store, &f->err);
    assert_string_equal(json_text(json_array_get(after, 0), "code"), OUTBOX_SENT);
    assert_string_equal(json_text(json_array_get(after, 0), "ended_at"), START);
    assert_int_equal(sql_exec(store_db(f->store), &f->err, "DELETE FROM outbox"), OMNI_OK);
    auto_json *later = outbox_told(f->store, &f->err); /* months later */
    assert_int_equal(json_array_size(later), 1);
    assert_int_equal(json_int(json_array_get(later, 0), "attempts", -1), -1);
}

static void an_older_store_has_none(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(sql_exec(store_db(f->store), &f->err, "DROP TABLE outbox"), OMNI_OK);
    assert_int_equal(count(f), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(told_once_and_together, setup, teardown),
    cmocka_unit_test_setup_teardown(what_came_and_went_is_not_told, setup, teardown),
    cmocka_unit_test_setup_teardown(more_urgent_is_told_again, setup, teardown),
    cmocka_unit_test_setup_teardown(reminders_and_kinds, setup, teardown),
    cmocka_unit_test_setup_teardown(a_clock_that_was_set_back_holds_nothing_up, setup, teardown),
    cmocka_unit_test_setup_teardown(thousands_are_one_message, setup, teardown),
    cmocka_unit_test_setup_teardown(sent_again_in_order, setup, teardown),
    cmocka_unit_test_setup_teardown(waits_follow_the_clock, setup, teardown),
    cmocka_unit_test_setup_teardown(told_is_not_delivered, setup, teardown),
    cmocka_unit_test_setup_teardown(an_older_store_has_none, setup, teardown),
};

UNIT_MAIN(tests)
