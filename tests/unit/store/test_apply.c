/* SPDX-License-Identifier: Apache-2.0
 * hub/store/apply.c: windows, cursors, snapshots and parts; all or nothing; the same rows twice
 * change nothing. */
#include <config.h>

#include "fixture.h"

#define SALE(date, item, n, net) date, item, "EUR", n, net, "x", NULL
static const char table_dump[] = "SELECT rowid, * FROM d_sales ORDER BY rowid";
static const char marks_dump[] = "SELECT dataset, day, version FROM changes ORDER BY version";

static struct store_window sales_window(struct fixture *f)
{
    return (struct store_window){.dataset = schema_find(f->schema, "sales"),
                                 .sync = OMNI_WINDOW,
                                 .from_day = fixture_day("2026-01-01"),
                                 .to_day = fixture_day("2026-01-31")};
}

static const char *const first_rows[] = {SALE("2026-01-01", "a", "1", "1000000"),
                                         SALE("2026-01-01", "b", "2", "2500000"),
                                         SALE("2026-01-02", "a", "3", NULL), END};

static void same_rows_twice_leave_the_same_bytes(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    struct store_result r;
    assert_int_equal(fixture_apply(f, sales_window(f), first_rows, &r), OMNI_OK);
    assert_int_equal(r.inserted, 3);
    auto_free char *rows = fixture_ask(f, table_dump);
    auto_free char *marks = fixture_ask(f, marks_dump);
    assert_int_equal(fixture_apply(f, sales_window(f), first_rows, &r), OMNI_OK);
    assert_int_equal(r.unchanged, 3);
    assert_int_equal(r.inserted + r.changed + r.removed + r.restated, 0);
    assert_asked(f, table_dump, rows);
    assert_asked(f, marks_dump, marks);
    assert_asked(f, "SELECT rows FROM feeds", "3\n");
    assert_asked(f, "SELECT inserted, unchanged, windows, from_day, to_day FROM runs",
                 "3|3|2|2026-01-01|2026-01-31\n");
    fixture_free(f);
}

static void a_window_is_replaced_and_restatements_noted(void **state)
{
    (void)state;
    static const char *const later[] = {SALE("2026-01-01", "a", "1", "4000000"),
                                        SALE("2026-01-02", "a", "3", "0"),
                                        SALE("2026-01-03", "c", "9", "9"), END};
    struct fixture *f = fixture_new(NULL, "sales");
    struct store_result r;
    assert_int_equal(fixture_apply(f, sales_window(f), first_rows, NULL), OMNI_OK);
    assert_int_equal(fixture_apply(f, sales_window(f), later, &r), OMNI_OK);
    assert_int_equal(r.inserted, 1);
    assert_int_equal(r.changed, 2);
    assert_int_equal(r.removed, 1);
    /* NULL → 0 is a difference, and the day that is new is none. */
    assert_asked(f, "SELECT day, metric, old, new FROM restatements ORDER BY id",
                 "2026-01-01|n|3|1\n2026-01-01|net|3500000|4000000\n2026-01-02|net|NULL|0\n");
    assert_int_equal(r.restated, 3);
    assert_asked(f, "SELECT date, item, net FROM sales ORDER BY date, item",
                 "2026-01-01|a|4000000\n2026-01-02|a|0\n2026-01-03|c|9\n");
    fixture_free(f);
}

/* Long enough in one order that the next stored row is guessed, then right, wrong, gone and new. */
static void the_order_of_rows_does_not_matter(void **state)
{
    (void)state;
    static const char *const one[] = {SALE("2026-01-01", "a", "1", "1"),
                                      SALE("2026-01-01", "b", "2", "2"),
                                      SALE("2026-01-01", "c", "3", "3"),
                                      SALE("2026-01-01", "d", "4", "4"),
                                      SALE("2026-01-02", "a", "5", "5"),
                                      SALE("2026-01-02", "b", "6", "6"),
                                      END};
    static const char *const other[] = {SALE("2026-01-01", "a", "1", "1"),
                                        SALE("2026-01-01", "b", "2", "2"),
                                        SALE("2026-01-01", "c", "9", "3"),
                                        SALE("2026-01-02", "b", "6", "6"),
                                        SALE("2026-01-02", "a", "5", "5"),
                                        SALE("2026-01-02", "n", "7", "7"),
                                        END};
    static const char *const doubled[] = {
        SALE("2026-01-01", "a", "1", "1"), SALE("2026-01-01", "b", "2", "2"),
        SALE("2026-01-01", "c", "9", "3"), SALE("2026-01-02", "a", "5", "5"),
        SALE("2026-01-02", "b", "6", "6"), SALE("2026-01-02", "q", "8", "8"),
        SALE("2026-01-02", "q", "8", "8"), END};
    struct fixture *f = fixture_new(NULL, "sales");
    struct store_result r;
    assert_int_equal(fixture_apply(f, sales_window(f), one, NULL), OMNI_OK);
    fixture_feed(f, "other-till", "sales"); /* its rows have the same keys and lie behind */
    assert_int_equal(fixture_apply(f, sales_window(f), one, &r), OMNI_OK);
    assert_int_equal(r.inserted, 6);
    fixture_feed(f, "till", "sales");
    assert_int_equal(fixture_apply(f, sales_window(f), other, &r), OMNI_OK);
    assert_int_equal(r.unchanged, 4);
    assert_int_equal(r.changed, 1);
    assert_int_equal(r.inserted, 1);
    assert_int_equal(r.removed, 1);
    assert_asked(f, "SELECT date, item, n FROM sales WHERE connector = 'till' ORDER BY date, item",
                 "2026-01-01|a|1\n2026-01-01|b|2\n2026-01-01|c|9\n2026-01-02|a|5\n"
                 "2026-01-02|b|6\n2026-01-02|n|7\n");
    assert_asked(f, "SELECT sum(n), count(*) FROM sales WHERE connector = 'other-till'", "21|6\n");
    auto_free char *before = fixture_ask(f, table_dump);
    assert_int_equal(fixture_apply(f, sales_window(f), doubled, &r), OMNI_E_DATA);
    assert_asked(f, table_dump, before);
    fixture_free(f);
}

static void a_failing_window_changes_nothing(void **state)
{
    (void)state;
    static const char *const doubled[] = {SALE("2026-01-01", "a", "7", "7"),
                                          SALE("2026-01-05", "z", "7", "7"),
                                          SALE("2026-01-05", "z", "8", "8"), END};
    static const char *const fresh_doubled[] = {SALE("2026-02-01", "z", "7", "7"),
                                                SALE("2026-02-01", "z", "8", "8"), END};
    static const char *const wanted_state[] = {"cursor", "10", NULL};
    static const char all[] = "SELECT * FROM d_sales UNION ALL SELECT id, dataset, day, version, 0,"
                              "0,0,0,0,0,0,0,0 FROM (SELECT 1 AS id, * FROM changes)";
    struct fixture *f = fixture_new(NULL, "sales");
    assert_int_equal(fixture_apply(f, sales_window(f), first_rows, NULL), OMNI_OK);
    auto_free char *before = fixture_ask(f, all);
    struct store_window w = sales_window(f);
    w.state = wanted_state;
    assert_int_equal(fixture_apply(f, w, doubled, NULL), OMNI_E_DATA);
    assert_non_null(strstr(f->err.text, "date=20"));
    assert_non_null(strstr(f->err.text, "item=z"));
    w.from_day = w.to_day = fixture_day("2026-02-01");
    assert_int_equal(fixture_apply(f, w, fresh_doubled, NULL), OMNI_E_DATA);
    assert_asked(f, all, before);
    assert_asked(f, "SELECT count(*) FROM state", "0\n");
    assert_asked(f, "SELECT windows FROM runs", "1\n");
    fixture_free(f);
}

static void a_full_disk_changes_nothing(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    assert_int_equal(fixture_apply(f, sales_window(f), first_rows, NULL), OMNI_OK);
    auto_free char *before = fixture_ask(f, table_dump);
    const struct schema_dataset *d = schema_find(f->schema, "sales");
    struct spool *spool = spool_new(f->dir, (uint32_t)d->n_columns + 1, 1 << 20);
    for (int i = 0; i < 20000; i++) {
        char item[32];
        int n = snprintf(item, sizeof item, "item %d", i);
        struct omni_cell cells[7] = {{.type = OMNI_DATE, .v.i = fixture_day("2026-01-09")},
                                     {.type = OMNI_TEXT, .len = (uint32_t)n, .v.s = item}};
        assert_int_equal(spool_add(spool, cells, &f->err), OMNI_OK);
    }
    assert_int_equal(sql_exec(store_db(f->store), &f->err, "PRAGMA max_page_count = 60"), OMNI_OK);
    struct store_window w = sales_window(f);
    struct store_result r;
    w.feed = f->feed, w.run = f->run, w.history_from = INT32_MIN;
    assert_int_equal(store_apply(f->store, &w, &spool, 1, &r, &f->err), OMNI_E_RETRY);
    assert_non_null(strstr(f->err.text, "disk is full"));
    assert_asked(f, table_dump, before);
    assert_int_equal(sql_exec(store_db(f->store), &f->err, "PRAGMA max_page_count = 1000000"),
                     OMNI_OK);
    assert_int_equal(store_apply(f->store, &w, &spool, 1, &r, &f->err), OMNI_OK);
    assert_int_equal(r.inserted, 20000);
    assert_int_equal(r.removed, 3);
    spool_free(spool);
    fixture_free(f);
}

static void a_second_of_two_windows_takes_the_first_back(void **state)
{
    (void)state;
    static const char *const bad[] = {"i1", "1.5", "1", NULL, "i1", "2", "0", NULL, END};
    struct fixture *f = fixture_new(NULL, "sales");
    int64_t sales = f->feed, run = f->run;
    fixture_feed(f, "till", "items");
    struct store_window w[2] = {
        sales_window(f), {.dataset = schema_find(f->schema, "items"), .sync = OMNI_SNAPSHOT}};
    w[0].feed = sales, w[1].feed = f->feed, w[0].run = w[1].run = run;
    w[0].history_from = w[1].history_from = INT32_MIN;
    struct spool *spools[2] = {fixture_rows(f, w[0].dataset, first_rows),
                               fixture_rows(f, w[1].dataset, bad)};
    struct store_result r[2];
    assert_int_equal(store_apply(f->store, w, spools, 2, r, &f->err), OMNI_E_DATA);
    assert_asked(f, "SELECT count(*) FROM sales", "0\n");
    assert_asked(f, "SELECT count(*) FROM changes", "0\n");
    spool_free(spools[0]);
    spool_free(spools[1]);
    fixture_free(f);
}

static void old_history_is_never_touched(void **state)
{
    (void)state;
    static const char *const later[] = {SALE("2026-01-01", "a", "50", "50"),
                                        SALE("2026-01-02", "b", "60", "60"), END};
    struct fixture *f = fixture_new(NULL, "sales");
    assert_int_equal(fixture_apply(f, sales_window(f), first_rows, NULL), OMNI_OK);
    struct store_window w = sales_window(f);
    w.history_from = fixture_day("2026-01-02");
    assert_int_equal(fixture_apply(f, w, later, NULL), OMNI_OK);
    assert_asked(f, "SELECT date, item, n FROM sales ORDER BY 1, 2",
                 "2026-01-01|a|1\n2026-01-01|b|2\n2026-01-02|b|60\n");
    fixture_free(f);
}

static void a_cursor_upserts_and_the_later_row_wins(void **state)
{
    (void)state;
    static const char *const page[] = {
        "o1", NULL, "2026-01-01", "EUR", "5",          NULL,  "o2", NULL, "2026-01-01", "EUR",
        "6",  NULL, "o1",         NULL,  "2026-01-03", "EUR", "7",  NULL, END};
    static const char *const more[] = {"o2", NULL, "2026-01-04", "EUR", "6", NULL, END};
    struct fixture *f = fixture_new(NULL, "bills");
    struct store_result r;
    struct store_window w = {.dataset = schema_find(f->schema, "bills"), .sync = OMNI_CURSOR};
    assert_int_equal(fixture_apply(f, w, page, &r), OMNI_OK);
    assert_int_equal(r.inserted, 2);
    assert_asked(f, "SELECT id, date, net FROM bills ORDER BY id",
                 "o1|2026-01-03|7\no2|2026-01-01|6\n");
    assert_int_equal(sql_exec(store_db(f->store), &f->err, "DELETE FROM changes"), OMNI_OK);
    assert_int_equal(fixture_apply(f, w, more, &r), OMNI_OK);
    assert_int_equal(r.changed, 1);
    /* The day it left and the day it came to. */
    assert_asked(f, "SELECT date(day * 86400, 'unixepoch') FROM changes ORDER BY day",
                 "2026-01-01\n2026-01-04\n");
    fixture_free(f);
}

/* Orders are known by their number; their day may move from one window into another. */
static void a_window_works_where_the_day_is_beside_the_key(void **state)
{
    (void)state;
    static const char *const first[] = {"o1", NULL,         "2026-01-01", "EUR", "5",  NULL, "o2",
                                        NULL, "2026-01-20", "EUR",        "6",   NULL, END};
    static const char *const moved[] = {"o1", NULL, "2026-02-02", "EUR", "5", NULL, END};
    static const char *const undated[] = {"o9", NULL, NULL, "EUR", "5", NULL, END};
    static const char *const twice[] = {"o1", NULL,         "2026-02-02", "EUR", "5",  NULL, "o1",
                                        NULL, "2026-02-03", "EUR",        "5",   NULL, END};
    struct fixture *f = fixture_new(NULL, "bills");
    struct store_window january = sales_window(f);
    january.dataset = schema_find(f->schema, "bills");
    struct store_window february = january;
    february.from_day = january.to_day + 1;
    february.to_day = january.to_day + 28;
    struct store_result r;
    assert_int_equal(fixture_apply(f, january, first, &r), OMNI_OK);
    assert_int_equal(r.inserted, 2);
    assert_int_equal(fixture_apply(f, february, moved, &r), OMNI_OK);
    assert_int_equal(r.changed, 1);
    assert_asked(f, "SELECT id, date FROM bills ORDER BY id", "o1|2026-02-02\no2|2026-01-20\n");
    assert_int_equal(fixture_apply(f, january, first + 6, &r), OMNI_OK);
    assert_int_equal(r.unchanged, 1);
    assert_int_equal(r.removed, 0);
    assert_int_equal(fixture_apply(f, february, (const char *const[]){END}, &r), OMNI_OK);
    assert_int_equal(r.removed, 1);
    assert_int_equal(fixture_apply(f, february, undated, &r), OMNI_E_DATA);
    assert_int_equal(fixture_apply(f, february, twice, &r), OMNI_E_DATA);
    assert_asked(f, "SELECT id, date FROM bills", "o2|2026-01-20\n");
    fixture_free(f);
}

static void a_snapshot_removes_what_vanished(void **state)
{
    (void)state;
    static const char *const all[] = {"a", "1.5", "1", "{}", "b", NULL, "0", NULL, END};
    static const char *const fewer[] = {"b", NULL, "0", NULL, END};
    struct fixture *f = fixture_new(NULL, "items");
    struct store_result r;
    struct store_window w = {.dataset = schema_find(f->schema, "items"), .sync = OMNI_SNAPSHOT};
    assert_int_equal(fixture_apply(f, w, all, &r), OMNI_OK);
    assert_asked(f, "SELECT id, weight, is_new, extra FROM items ORDER BY 1",
                 "a|1.5|1|{}\nb|NULL|0|NULL\n");
    assert_int_equal(fixture_apply(f, w, fewer, &r), OMNI_OK);
    assert_int_equal(r.removed, 1);
    assert_int_equal(r.unchanged, 1);
    auto_free char *day = xasprintf("%d\n", CHANGES_WHOLE);
    assert_asked(f, "SELECT day FROM changes", day);
    fixture_free(f);
}

static void parts_replace_their_own_rows_and_take_over_keys(void **state)
{
    (void)state;
    static const char *const one[] = {SALE("2026-01-01", "a", "1", "1"),
                                      SALE("2026-01-01", "b", "2", "2"), END};
    static const char *const two[] = {SALE("2026-01-01", "b", "20", "20"),
                                      SALE("2026-01-02", "c", "3", "3"), END};
    static const char *const one_again[] = {SALE("2026-01-01", "a", "5", "1"), END};
    struct fixture *f = fixture_new(NULL, "sales");
    struct store_result r;
    struct store_window w = {.dataset = schema_find(f->schema, "sales"), .sync = OMNI_PARTS};
    w.part = "one.csv";
    assert_int_equal(fixture_apply(f, w, one, &r), OMNI_OK);
    w.part = "two.csv";
    assert_int_equal(fixture_apply(f, w, two, &r), OMNI_OK);
    assert_int_equal(r.changed, 1);
    assert_int_equal(r.inserted, 1);
    w.part = "one.csv";
    assert_int_equal(fixture_apply(f, w, one_again, &r), OMNI_OK);
    assert_int_equal(r.changed, 1);
    assert_int_equal(r.removed, 0); /* b belongs to two.csv now */
    assert_asked(f, "SELECT date, item, n FROM sales ORDER BY 1, 2",
                 "2026-01-01|a|5\n2026-01-01|b|20\n2026-01-02|c|3\n");
    assert_asked(f, "SELECT metric, old, new FROM restatements ORDER BY id",
                 "n|3|21\nnet|3|21\nn|21|25\n");
    fixture_free(f);
}

/* Rows of a file that was never seen go in together; those that are known stop that, wherever they
 * lie. */
static void a_new_part_may_hold_known_rows_anywhere(void **state)
{
    (void)state;
    static const char *const old[] = {SALE("2026-01-01", "a", "1", "1"),
                                      SALE("2026-01-01", "c", "3", "3"),
                                      SALE("2026-01-01", "e", "5", "5"), END};
    static const char *const all[] = {
        SALE("2026-01-01", "a", "1", "1"),  SALE("2026-01-01", "b", "2", "2"),
        SALE("2026-01-01", "c", "30", "3"), SALE("2026-01-01", "d", "4", "4"),
        SALE("2026-01-01", "e", "5", "5"),  END};
    static const char *const twice[] = {SALE("2026-01-01", "a", "1", "1"),
                                        SALE("2026-01-01", "f", "6", "6"),
                                        SALE("2026-01-01", "f", "6", "6"), END};
    struct fixture *f = fixture_new(NULL, "sales");
    struct store_result r;
    struct store_window w = {.dataset = schema_find(f->schema, "sales"), .sync = OMNI_PARTS};
    w.part = "old.csv";
    assert_int_equal(fixture_apply(f, w, old, &r), OMNI_OK);
    w.part = "twice.csv";
    assert_int_equal(fixture_apply(f, w, twice, &r), OMNI_E_DATA);
    assert_non_null(strstr(f->err.text, "item=f"));
    w.part = "all.csv";
    assert_int_equal(fixture_apply(f, w, all, &r), OMNI_OK);
    assert_int_equal(r.inserted, 2);
    assert_int_equal(r.changed, 1);
    assert_int_equal(r.unchanged, 2);
    assert_asked(f,
                 "SELECT item, n, p.name FROM d_sales JOIN parts p ON p.id = _part"
                 " ORDER BY item",
                 "a|1|all.csv\nb|2|all.csv\nc|30|all.csv\nd|4|all.csv\ne|5|all.csv\n");
    fixture_free(f);
}

/* What is unchanged costs no write: beside the run's own row nothing is touched. */
static void unchanged_rows_are_not_written(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    struct store_result r;
    assert_int_equal(fixture_apply(f, sales_window(f), first_rows, NULL), OMNI_OK);
    int before = sqlite3_total_changes(store_db(f->store));
    assert_int_equal(fixture_apply(f, sales_window(f), first_rows, &r), OMNI_OK);
    assert_int_equal(r.unchanged, 3);
    assert_int_equal(sqlite3_total_changes(store_db(f->store)) - before, 1);
    fixture_free(f);
}

static void state_is_stored_with_the_rows(void **state)
{
    (void)state;
    static const char *const values[] = {"cursor", "10", "job", "", NULL};
    struct fixture *f = fixture_new(NULL, "sales");
    assert_int_equal(store_state_put(f->store, f->feed, "job", "17", &f->err), OMNI_OK);
    struct store_window w = sales_window(f);
    w.state = values;
    assert_int_equal(fixture_apply(f, w, first_rows, NULL), OMNI_OK);
    assert_asked(f, "SELECT key, value FROM state", "cursor|10\n");
    fixture_free(f);
}

static void an_abandoned_run_stores_nothing(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(NULL, "sales");
    const struct store_run_end end = {.outcome = "hung"};
    const struct store_abandoned gone = {.batch = "b1", .end = &end, .at = day_now()};
    uint64_t n = 0;
    assert_int_equal(store_runs_abandon(f->store, &gone, &n, &f->err), OMNI_OK);
    assert_int_equal(n, 1);
    assert_int_equal(store_runs_abandon(f->store, &gone, &n, &f->err), OMNI_OK);
    assert_int_equal(n, 0);
    assert_int_equal(fixture_apply(f, sales_window(f), first_rows, NULL), OMNI_E_BUG);
    assert_asked(f, "SELECT count(*) FROM sales", "0\n");
    fixture_free(f);
}

static void wrong_rows_are_refused(void **state)
{
    (void)state;
    static const char *const outside[] = {SALE("2026-03-01", "a", "1", "1"), END};
    static const char *const no_key[] = {SALE("2026-01-01", NULL, "1", "1"), END};
    struct fixture *f = fixture_new(NULL, "sales");
    assert_int_equal(fixture_apply(f, sales_window(f), outside, NULL), OMNI_E_BUG);
    assert_int_equal(fixture_apply(f, sales_window(f), no_key, NULL), OMNI_E_DATA);
    struct store_window w = {.dataset = schema_find(f->schema, "items"), .sync = OMNI_WINDOW};
    static const char *const nothing[] = {END};
    assert_int_equal(fixture_apply(f, w, nothing, NULL), OMNI_E_CONFIG);
    fixture_free(f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(same_rows_twice_leave_the_same_bytes),
    cmocka_unit_test(a_window_is_replaced_and_restatements_noted),
    cmocka_unit_test(the_order_of_rows_does_not_matter),
    cmocka_unit_test(a_failing_window_changes_nothing),
    cmocka_unit_test(a_full_disk_changes_nothing),
    cmocka_unit_test(a_second_of_two_windows_takes_the_first_back),
    cmocka_unit_test(old_history_is_never_touched),
    cmocka_unit_test(a_cursor_upserts_and_the_later_row_wins),
    cmocka_unit_test(a_window_works_where_the_day_is_beside_the_key),
    cmocka_unit_test(a_snapshot_removes_what_vanished),
    cmocka_unit_test(parts_replace_their_own_rows_and_take_over_keys),
    cmocka_unit_test(a_new_part_may_hold_known_rows_anywhere),
    cmocka_unit_test(unchanged_rows_are_not_written),
    cmocka_unit_test(state_is_stored_with_the_rows),
    cmocka_unit_test(an_abandoned_run_stores_nothing),
    cmocka_unit_test(wrong_rows_are_refused),
};

UNIT_MAIN(tests)
