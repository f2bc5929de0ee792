/* SPDX-License-Identifier: Apache-2.0
 * The sqlite sink through the contract: exact values, deliveries twice, failures half-way, widened
 * tables, drift, rows that change their day. */
#include <config.h>

#include "unit.h"

#include <sqlite3.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drive.h"

static const char *const plain[] = {"path", "%/bi.db", NULL};

static const struct drive_table day_one = {
    .dataset = "ads",
    .partition = "2026-01-31",
    .day_column = "date",
    .version = 7,
    .key = {"source", "date", "id"},
    .columns = {{"source", OMNI_TEXT},
                {"date", OMNI_DATE},
                {"id", OMNI_TEXT},
                {"cost", OMNI_MICROS},
                {"at", OMNI_TIME},
                {"ok", OMNI_BOOL}},
    .rows = {{"meta", "20484", "a", "12340000", "1769853600000000", "1"},
             {"meta", "20484", "b", "9007199254740993123", NULL, "0"}},
    .n_rows = 2,
};

static struct drive_table day_two(void)
{
    struct drive_table t = day_one;
    t.partition = "2026-02-01";
    t.version = 8;
    t.n_rows = 1;
    t.rows[0][1] = "20485";
    return t;
}

static int setup(void **state)
{
    static struct drive d;
    drive_begin_test(&d);
    *state = &d;
    return 0;
}

static int teardown(void **state)
{
    drive_end_test(*state);
    return 0;
}

/* Rows as "a|b|c" lines. */
static void assert_query(struct drive *d, const char *sql, const char *expected)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    char out[4096] = "";
    assert_int_equal(sqlite3_open(drive_path(d, "bi.db"), &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(stmt); i++) {
            const char *cell = (const char *)sqlite3_column_text(stmt, i);
            size_t n = strlen(out);
            snprintf(out + n, sizeof out - n, "%s%s", i ? "|" : "", cell ? cell : "NULL");
        }
        size_t n = strlen(out);
        snprintf(out + n, sizeof out - n, "\n");
    }
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    assert_string_equal(out, expected);
}

static const char both_rows[] = "meta|2026-01-31|a|12.34|2026-01-31T10:00:00Z|1\n"
                                "meta|2026-01-31|b|9007199254740.993123|NULL|0\n";

static void values_are_exact_and_twice_is_once(void **state)
{
    struct drive *d = *state;
    assert_int_equal(drive_open(d, "sqlite", plain), OMNI_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(drive_deliver(d, &day_one), OMNI_OK);
    assert_query(d, "SELECT * FROM ads ORDER BY id", both_rows);
    assert_query(d, "SELECT typeof(date), typeof(cost), typeof(ok) FROM ads WHERE id = 'a'",
                 "text|text|integer\n");
    assert_query(d, "SELECT name FROM pragma_table_info('ads') WHERE pk ORDER BY pk",
                 "source\ndate\nid\n");
    assert_query(d, "SELECT * FROM omnihub_deliveries", "ads|2026-01-31|7|2\n");
}

static void decimals_as_asked(void **state)
{
    struct drive *d = *state;
    const char *const real[] = {"path", "%/bi.db", "decimals", "real", "prefix", "r_", NULL};
    const char *const micros[] = {"path", "%/bi.db", "decimals", "micros", "prefix", "m_", NULL};
    assert_int_equal(drive_open(d, "sqlite", real), OMNI_OK);
    assert_int_equal(drive_deliver(d, &day_one), OMNI_OK);
    drive_close(d);
    assert_int_equal(drive_open(d, "sqlite", micros), OMNI_OK);
    assert_int_equal(drive_deliver(d, &day_one), OMNI_OK);
    assert_query(d, "SELECT cost, typeof(cost) FROM r_ads WHERE id = 'a'", "12.34|real\n");
    assert_query(d, "SELECT cost, typeof(cost) FROM m_ads ORDER BY id",
                 "12340000|integer\n9007199254740993123|integer\n");
    assert_query(d, "SELECT \"table\" FROM omnihub_deliveries", "m_ads\nr_ads\n");
}

static void a_day_replaces_only_itself(void **state)
{
    struct drive *d = *state;
    assert_int_equal(drive_open(d, "sqlite", plain), OMNI_OK);
    struct drive_table two = day_two(), empty = day_one;
    empty.n_rows = 0;
    empty.version = 9;
    assert_int_equal(drive_deliver(d, &day_one), OMNI_OK);
    assert_int_equal(drive_deliver(d, &two), OMNI_OK);
    assert_query(d, "SELECT date, count(*) FROM ads GROUP BY 1", "2026-01-31|2\n2026-02-01|1\n");
    assert_int_equal(drive_deliver(d, &empty), OMNI_OK);
    assert_query(d, "SELECT date, count(*) FROM ads GROUP BY 1", "2026-02-01|1\n");
    /* The whole dataset: nothing else stays. */
    struct drive_table whole = day_one;
    whole.partition = NULL;
    whole.version = 10;
    assert_int_equal(drive_deliver(d, &whole), OMNI_OK);
    assert_query(d, "SELECT date, count(*) FROM ads GROUP BY 1", "2026-01-31|2\n");
    assert_query(d, "SELECT partition, version FROM omnihub_deliveries", "all|10\n");
}

static void a_failure_half_way_changes_nothing(void **state)
{
    struct drive *d = *state;
    assert_int_equal(drive_open(d, "sqlite", plain), OMNI_OK);
    assert_int_equal(drive_deliver(d, &day_one), OMNI_OK);
    struct drive_table less = day_one;
    less.n_rows = 1;
    assert_int_equal(drive_begin(d, &less), OMNI_OK);
    assert_int_equal(drive_write(d, &less), OMNI_OK);
    drive_abort(d);
    assert_query(d, "SELECT * FROM ads ORDER BY id", both_rows);
    assert_int_equal(drive_deliver(d, &less), OMNI_OK);
    assert_query(d, "SELECT count(*) FROM ads", "1\n");
}

static void a_crash_half_way_changes_nothing(void **state)
{
    struct drive *d = *state;
    assert_int_equal(drive_open(d, "sqlite", plain), OMNI_OK);
    assert_int_equal(drive_deliver(d, &day_one), OMNI_OK);
    drive_close(d);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct drive_table none = day_one;
        none.n_rows = 0;
        if (drive_open(d, "sqlite", plain) == OMNI_OK && drive_begin(d, &none) == OMNI_OK)
            kill(getpid(), SIGKILL);
        _exit(1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_query(d, "SELECT * FROM ads ORDER BY id", both_rows);
    assert_query(d, "PRAGMA integrity_check", "ok\n");
}

/* An order without a time has no day. */
static void rows_without_a_day(void **state)
{
    struct drive *d = *state;
    assert_int_equal(drive_open(d, "sqlite", plain), OMNI_OK);
    struct drive_table none = day_one;
    none.partition = "";
    none.key[1] = "id";
    none.key[2] = NULL;
    none.rows[0][1] = none.rows[1][1] = NULL;
    for (int i = 0; i < 2; i++)
        assert_int_equal(drive_deliver(d, &none), OMNI_OK);
    assert_query(d, "SELECT date, count(*) FROM ads GROUP BY 1", "NULL|2\n");
    struct drive_table dated = none;
    dated.partition = "2026-01-31";
    dated.n_rows = 1;
    dated.rows[0][1] = "20484";
    assert_int_equal(drive_deliver(d, &dated), OMNI_OK);
    assert_query(d, "SELECT date, id FROM ads ORDER BY id", "2026-01-31|a\nNULL|b\n");
    assert_query(d, "SELECT partition, rows FROM omnihub_deliveries", "2026-01-31|1\nundated|2\n");
}

static void widens_a_table(void **state)
{
    struct drive *d = *state;
    assert_int_equal(drive_open(d, "sqlite", plain), OMNI_OK);
    assert_int_equal(drive_deliver(d, &day_one), OMNI_OK);
    struct drive_table wider = day_two();
    wider.columns[6] = (struct drive_column){"odd \"name\"", OMNI_INT};
    wider.rows[0][6] = "5";
    assert_int_equal(drive_deliver(d, &wider), OMNI_OK);
    assert_query(d, "SELECT date, id, \"odd \"\"name\"\"\" FROM ads ORDER BY date, id",
                 "2026-01-31|a|NULL\n2026-01-31|b|NULL\n2026-02-01|a|5\n");
    /* A column that the dataset lost stays, without values. */
    assert_int_equal(drive_deliver(d, &day_one), OMNI_OK);
    assert_query(d, "SELECT count(*) FROM ads", "3\n");
}

static void drift_is_named(void **state)
{
    struct drive *d = *state;
    assert_int_equal(drive_open(d, "sqlite", plain), OMNI_OK);
    assert_int_equal(drive_deliver(d, &day_one), OMNI_OK);
    struct drive_table other = day_one;
    other.columns[3].type = OMNI_INT;
    assert_int_equal(drive_deliver(d, &other), OMNI_E_CONFIG);
    assert_non_null(strstr(d->run.text, "column \"cost\" has another type"));
    other = day_one;
    other.key[2] = NULL;
    assert_int_equal(drive_deliver(d, &other), OMNI_E_CONFIG);
    assert_non_null(strstr(d->run.text, "column \"id\" is in one key"));
    other = day_one;
    other.dataset = "ads_omnihub_day"; /* the name of an index */
    assert_int_equal(drive_deliver(d, &other), OMNI_E_CONFIG);
    assert_non_null(strstr(d->run.text, "as the name of its index"));
    assert_query(d, "SELECT * FROM ads ORDER BY id", both_rows);
}

static void rows_are_counted(void **state)
{
    struct drive *d = *state;
    assert_int_equal(drive_open(d, "sqlite", plain), OMNI_OK);
    assert_int_equal(drive_deliver(d, &day_one), OMNI_OK);
    struct drive_table twins = day_one;
    twins.rows[1][2] = "a";
    assert_int_equal(drive_deliver(d, &twins), OMNI_E_DATA);
    assert_non_null(strstr(d->run.text, "holds 1 rows after 2 were written"));
    struct drive_table stray = day_one;
    stray.rows[1][1] = "20485";
    assert_int_equal(drive_deliver(d, &stray), OMNI_E_DATA);
    assert_query(d, "SELECT * FROM ads ORDER BY id", both_rows);
}

/* An order whose day changed: the new day comes first, the old day still has the row. */
static void a_row_moves_to_another_day(void **state)
{
    struct drive *d = *state;
    assert_int_equal(drive_open(d, "sqlite", plain), OMNI_OK);
    struct drive_table old = day_one, new = day_two();
    old.key[1] = "id";
    old.key[2] = NULL;
    new.key[1] = "id";
    new.key[2] = NULL;
    assert_int_equal(drive_deliver(d, &old), OMNI_OK);
    assert_int_equal(drive_deliver(d, &new), OMNI_OK);
    assert_query(d, "SELECT date, id FROM ads ORDER BY id", "2026-02-01|a\n2026-01-31|b\n");
}

static void a_place_that_cannot_be(void **state)
{
    struct drive *d = *state;
    const char *const deep[] = {"path", "%/no/such/bi.db", NULL};
    const char *const empty[] = {"path", "", NULL};
    assert_int_equal(drive_open(d, "sqlite", deep), OMNI_E_CONFIG);
    assert_non_null(strstr(d->run.text, "its folder must exist"));
    assert_string_equal(d->run.detail, "option=path");
    assert_int_equal(drive_open(d, "sqlite", empty), OMNI_E_CONFIG);
    FILE *f = fopen(drive_path(d, "bi.db"), "w");
    for (int i = 0; i < 1000; i++)
        fputs("not a database\n", f);
    fclose(f);
    assert_int_equal(drive_open(d, "sqlite", plain), OMNI_E_CONFIG);
    assert_non_null(strstr(d->run.text, "name another file"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
static const struct CMUnitTest tests[] = {
    TEST(values_are_exact_and_twice_is_once),
    TEST(decimals_as_asked),
    TEST(a_day_replaces_only_itself),
    TEST(a_failure_half_way_changes_nothing),
    TEST(a_crash_half_way_changes_nothing),
    TEST(rows_without_a_day),
    TEST(widens_a_table),
    TEST(drift_is_named),
    TEST(rows_are_counted),
    TEST(a_row_moves_to_another_day),
    TEST(a_place_that_cannot_be),
};

UNIT_MAIN(tests)
