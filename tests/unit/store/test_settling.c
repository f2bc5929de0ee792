/* SPDX-License-Identifier: Apache-2.0
 * hub/store/settling.c: up to which age days still change, what drifted, what the column `state`
 * makes of it. */
#include <config.h>

#include "fixture.h"

#include "base/json.h"
#include "store/settling.h"

static int setup(void **state)
{
    setenv("OMNIHUB_NOW", "2026-01-01T12:00:00Z", 1); /* when its run began */
    *state = fixture_new(NULL, "sales");
    setenv("OMNIHUB_NOW", "2026-03-31T12:00:00Z", 1);
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    unsetenv("OMNIHUB_NOW");
    return 0;
}

static void run_sql(struct fixture *f, const char *sql)
{
    if (sql_exec(store_db(f->store), &f->err, "%s", sql) != OMNI_OK)
        fail_msg("%s", f->err.text);
}

/* A change of a day's net, seen `age` days after it, `ago` days before now. */
static void restated(struct fixture *f, int age, int ago, int64_t old, int64_t new)
{
    char sql[400];
    snprintf(sql, sizeof sql,
             "INSERT INTO restatements(at, run, feed, dataset, day, metric, old, new) VALUES("
             " (strftime('%%s', '2026-03-31', '-%d days') + 3600) * 1000000, %lld, %lld, 'sales',"
             " date('2026-03-31', '-%d days'), 'net', %lld, %lld)",
             ago, (long long)f->run, (long long)f->feed, ago + age, (long long)old, (long long)new);
    run_sql(f, sql);
}

static struct settling measure(struct fixture *f)
{
    struct settling s;
    assert_int_equal(settling_measure(f->store, f->feed, &s, &f->err), OMNI_OK);
    return s;
}

static void ages_are_measured(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(measure(f).moves_days, 0);
    restated(f, 1, 5, 1000000, 2000000);
    assert_int_equal(measure(f).moves_days, 1);
    restated(f, 5, 5, 1000000, 1010000);
    assert_int_equal(measure(f).moves_days, 7); /* ages up to 7 are one group */
    restated(f, 20, 5, 1000000000, 1000000001); /* less than a thousandth does not count */
    assert_int_equal(measure(f).moves_days, 7);
    restated(f, 20, 70, 1000000, 2000000); /* nor what was long ago */
    assert_int_equal(measure(f).moves_days, 7);
    restated(f, 40, 2, INT64_MAX, INT64_MIN + 1);
    assert_int_equal(measure(f).moves_days, 40);
}

static void watching_begins_with_the_first_good_pull(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(measure(f).watched_days, 0);
    run_sql(f,
            "INSERT INTO runs(kind, connector, stream, account, started, outcome) SELECT 'pull',"
            " connector, stream, account, strftime('%s', '2026-03-01') * 1000000, 'ok' FROM feeds");
    assert_int_equal(measure(f).watched_days, 30);
}

static void drift_names_the_worst(void **state)
{
    struct fixture *f = *state;
    char text[SETTLING_TEXT];
    struct settling_question question = {.feed = f->feed, .run = f->run, .age = 3, .permille = 50};
    restated(f, 2, 1, 1000000, 9000000);
    restated(f, 10, 1, 1000000, 1020000);
    assert_int_equal(settling_drift(f->store, &question, text, &f->err), OMNI_OK);
    assert_string_equal(text, ""); /* young days may move, old ones by 2 % */
    restated(f, 12, 1, 2000000, 1000000);
    assert_int_equal(settling_drift(f->store, &question, text, &f->err), OMNI_OK);
    assert_non_null(strstr(text, "net of 2026-03-18, 12 days old, changed from 2 to 1 (50.0 %)"));
    question.run++;
    assert_int_equal(settling_drift(f->store, &question, text, &f->err), OMNI_OK);
    assert_string_equal(text, "");
    auto_json *list = settling_list(f->store, "till", &f->err);
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(json_text(json_array_get(list, 0), "age"), "2");
    assert_int_equal(json_int(json_array_get(list, 1), "days", 0), 2);
    assert_int_equal(json_int(json_array_get(list, 1), "largest_permille", 0), 500);
}

static void rows_say_how_sure_they_are(void **state)
{
    struct fixture *f = *state;
    run_sql(f, "INSERT INTO d_sales(_feed, _key, _run, _at, date, item) SELECT id, 1, 1, 0,"
               " '2026-03-31', 'a' FROM feeds UNION ALL SELECT id, 2, 1, 0, '2026-03-29', 'b' FROM"
               " feeds UNION ALL SELECT id, 3, 1, 0, '2026-03-20', 'c' FROM feeds");
    auto_stmt *stmt = sql_prepare(store_db(f->store),
                                  "SELECT group_concat(state, ' ') FROM (SELECT state FROM sales"
                                  " ORDER BY item)",
                                  &f->err);
    assert_int_equal(sql_step(stmt, &f->err), SQL_ROW);
    assert_string_equal(sql_text(stmt, 0), "provisional provisional final");
    sqlite3_reset(stmt);
    assert_int_equal(settling_keep(f->store, f->feed, 1, &f->err), OMNI_OK);
    assert_int_equal(sql_step(stmt, &f->err), SQL_ROW);
    assert_string_equal(sql_text(stmt, 0), "provisional settling final");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(ages_are_measured, setup, teardown),
    cmocka_unit_test_setup_teardown(watching_begins_with_the_first_good_pull, setup, teardown),
    cmocka_unit_test_setup_teardown(drift_names_the_worst, setup, teardown),
    cmocka_unit_test_setup_teardown(rows_say_how_sure_they_are, setup, teardown),
};

UNIT_MAIN(tests)
