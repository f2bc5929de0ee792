/* SPDX-License-Identifier: Apache-2.0
 * hub/store/query.c, ledger.c, ledger_state.c: reading only, and what the books say. */
#include <config.h>

#include "fixture.h"

#include "base/json.h"
#include "store/ledger.h"
#include "store/query.h"

struct answer {
    uint32_t types[8], n;
    int rows, stop_after;
    struct query *query;
    char last[200];
};

static omni_status take_columns(void *ctx, const struct query_column *columns, uint32_t n,
                                struct err *err)
{
    (void)err;
    struct answer *a = ctx;
    a->n = n;
    for (uint32_t i = 0; i < n && i < 8; i++)
        a->types[i] = columns[i].type;
    return OMNI_OK;
}

static omni_status take_row(void *ctx, const struct omni_cell *cells, uint32_t n, struct err *err)
{
    struct answer *a = ctx;
    a->rows++;
    if (cells[n - 1].type == OMNI_TEXT)
        snprintf(a->last, sizeof a->last, "%.*s", (int)cells[n - 1].len, cells[n - 1].v.s);
    if (a->query && a->rows == 3)
        query_interrupt(a->query);
    return a->stop_after == a->rows ? err_set(err, OMNI_E_UNSUPPORTED, "enough") : OMNI_OK;
}

static const char *const two[] = {"2026-01-01", "a",  "EUR",        "1",  "1500000",
                                  NULL,         NULL, "2026-01-02", "a",  "EUR",
                                  "1",          "1",  NULL,         NULL, END};
static const char *const one[] = {"2026-01-01", "a", "EUR", "2", "2000000", NULL, NULL, END};

static struct fixture *filled(void)
{
    struct fixture *f = fixture_new(NULL, "sales");
    struct store_window w = {.dataset = schema_find(f->schema, "sales"),
                             .sync = OMNI_WINDOW,
                             .from_day = fixture_day("2026-01-01"),
                             .to_day = fixture_day("2026-01-31")};
    assert_int_equal(fixture_apply(f, w, two, NULL), OMNI_OK);
    assert_int_equal(fixture_apply(f, w, one, NULL), OMNI_OK);
    return f;
}

static void rows_and_types_arrive(void **state)
{
    (void)state;
    struct fixture *f = filled();
    struct query *q = query_open(f->dir, &f->err);
    assert_non_null(q);
    struct answer a = {0};
    struct query_calls calls = {.ctx = &a, .columns = take_columns, .row = take_row};
    assert_int_equal(
        query_run(q, "SELECT date, net, n + 1, dec(net) FROM sales; -- all", &calls, &f->err),
        OMNI_OK);
    assert_int_equal(a.rows, 1);
    assert_int_equal(a.n, 4);
    assert_int_equal(a.types[0], OMNI_DATE);
    assert_int_equal(a.types[1], OMNI_MICROS);
    assert_int_equal(a.types[2], OMNI_NULL);
    assert_string_equal(a.last, "2");
    query_close(q);
    fixture_free(f);
}

static void nothing_but_reading(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        omni_status status;
    } cases[] = {
        {"DELETE FROM d_sales", OMNI_E_CONFIG},
        {"INSERT INTO meta VALUES('a', 1)", OMNI_E_CONFIG},
        {"PRAGMA user_version = 3", OMNI_E_CONFIG},
        {"SELECT * FROM pragma_table_info('feeds')", OMNI_E_CONFIG},
        {"ATTACH '/tmp/x.db' AS x", OMNI_E_CONFIG},
        {"CREATE TEMP TABLE x(a)", OMNI_E_CONFIG},
        {"BEGIN IMMEDIATE", OMNI_E_CONFIG},
        {"VACUUM INTO '/tmp/omnihub-x.db'", OMNI_E_CONFIG},
        {"SELECT load_extension('x')", OMNI_E_CONFIG},
        {"SELECT 1; SELECT 2", OMNI_E_CONFIG},
        {"SELECT 1; DELETE FROM d_sales", OMNI_E_CONFIG},
        {"SELECT ?", OMNI_E_CONFIG},
        {"SELECT \"no_such_column\" FROM sales", OMNI_E_CONFIG},
        {"  -- nothing", OMNI_E_CONFIG},
        {"SELECT x'00'", OMNI_E_UNSUPPORTED},
        {"SELECT sum(9223372036854775807) FROM (SELECT 1 UNION ALL SELECT 2)", OMNI_E_DATA},
        {"WITH x AS (SELECT 1 AS a) SELECT a FROM x", OMNI_OK},
        {"VALUES (1), (2)", OMNI_OK},
    };
    struct fixture *f = filled();
    struct query *q = query_open(f->dir, &f->err);
    struct answer a = {0};
    struct query_calls calls = {.ctx = &a, .columns = take_columns, .row = take_row};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (query_run(q, cases[i].sql, &calls, &f->err) != cases[i].status)
            fail_msg("%s: %s", cases[i].sql, f->err.text);
    assert_int_not_equal(access("/tmp/omnihub-x.db", F_OK), 0);
    query_close(q);
    fixture_free(f);
}

static void can_be_ended(void **state)
{
    (void)state;
    static const char endless[] =
        "WITH RECURSIVE x(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM x) SELECT a FROM x";
    struct fixture *f = filled();
    struct query *q = query_open(f->dir, &f->err);
    struct answer a = {.query = q};
    struct query_calls calls = {.ctx = &a, .columns = take_columns, .row = take_row};
    assert_int_equal(query_run(q, endless, &calls, &f->err), OMNI_E_CANCELLED);
    a = (struct answer){.stop_after = 5};
    assert_int_equal(query_run(q, endless, &calls, &f->err), OMNI_E_UNSUPPORTED);
    assert_string_equal(f->err.text, "enough");
    query_close(q);
    assert_null(query_open("/tmp/omnihub-no-such-folder", &f->err));
    fixture_free(f);
}

/* Keeps the statement that ran last, as text; returns 0. */
static int keep_sql(unsigned event, void *ctx, void *stmt, void *nanoseconds)
{
    struct buf *sql = ctx;
    (void)event, (void)nanoseconds;
    buf_clear(sql);
    buf_adds(sql, sqlite3_sql(stmt));
    return 0;
}

static void plan_of(struct fixture *f, const char *sql, struct buf *plan)
{
    enum { DETAIL = 3 };
    auto_stmt *stmt = sql_prepare_fmt(store_db(f->store), &f->err, "EXPLAIN QUERY PLAN %s", sql);
    assert_non_null(stmt);
    while (sql_step(stmt, &f->err) == SQL_ROW)
        buf_printf(plan, "%s;", sql_text(stmt, DETAIL));
}

/* A connector that ran last a hundred thousand runs ago is found as fast as any, and so is what was
 * restated or put aside in it. */
static void what_is_of_one_is_found_by_an_index(void **state)
{
    (void)state;
    static const struct {
        json_t *(*ask)(struct store *, const char *name, uint32_t last, struct err *);
        const char *name, *plan; /* a part of it */
        bool sorts;              /* a few rows of each feed */
    } asked[] = {
        {ledger_runs, "till", "SEARCH runs USING INDEX runs_connector", false},
        {ledger_runs, NULL, "SCAN runs;", false}, /* by id, from its end */
        {ledger_restated, "till", "SEARCH x USING COVERING INDEX restatements_feed", true},
        {ledger_restated, "till", "SEARCH r USING INTEGER PRIMARY KEY", true},
        {ledger_restated, NULL, "SCAN r;", false},
        {ledger_rejects, "till", "SEARCH j USING INDEX rejects_run", false},
        {ledger_rejects, NULL, "SCAN j;", false},
    };
    struct fixture *f = fixture_new(NULL, "sales");
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        auto_buf sql = BUF_INIT(8192), plan = BUF_INIT(8192);
        sqlite3_trace_v2(store_db(f->store), SQLITE_TRACE_PROFILE, keep_sql, &sql);
        auto_json *rows = asked[i].ask(f->store, asked[i].name, 5, &f->err);
        sqlite3_trace_v2(store_db(f->store), 0, NULL, NULL);
        assert_non_null(rows);
        plan_of(f, buf_text(&sql), &plan);
        assert_non_null(strstr(buf_text(&plan), asked[i].plan));
        assert_int_equal(strstr(buf_text(&plan), "TEMP B-TREE") != NULL, asked[i].sorts);
        assert_true(!asked[i].name || !strstr(buf_text(&plan), "SCAN"));
    }
    fixture_free(f);
}

static void the_ledger_says_what_happened(void **state)
{
    (void)state;
    setenv("OMNIHUB_NOW", "2026-01-10T00:00:00Z", 1);
    struct fixture *f = filled();
    struct store_run_end end = {.outcome = "ok", .requests = 3, .rejected = 1};
    struct store_reject reject = {.where = "a.csv:3", .reason = "bad", .raw = "x;y", .raw_len = 3};
    assert_int_equal(store_reject_add(f->store, f->run, &reject, &f->err), OMNI_OK);
    setenv("OMNIHUB_NOW", "2026-01-10T00:00:01.5Z", 1);
    assert_int_equal(store_run_finish(f->store, f->run, &end, &f->err), OMNI_OK);
    auto_json *runs = ledger_runs(f->store, "till", 0, &f->err);
    auto_free char *text = json_print(json_array_get(runs, 0));
    assert_string_equal(
        text,
        "{\"id\":1,\"batch\":\"b1\",\"kind\":\"pull\",\"connector\":\"till\",\"stream\":"
        "\"stream\",\"account\":\"acc\",\"started_at\":\"2026-01-10T00:00:00Z\",\"ended_at\":"
        "\"2026-01-10T00:00:01.5Z\",\"seconds\":\"1.5\",\"outcome\":\"ok\",\"from_day\":"
        "\"2026-01-01\",\"to_day\":\"2026-01-31\",\"windows\":2,\"rows\":3,\"requests\":3,"
        "\"retries\":0,\"bytes\":0,\"inserted\":2,\"changed\":1,\"unchanged\":0,\"removed\":1,"
        "\"restated\":4,\"rejected\":1,\"code\":\"ok\",\"title\":\"all done\"}");
    auto_json *feeds = ledger_feeds(f->store, NULL, &f->err);
    const json_t *feed = json_array_get(feeds, 0);
    assert_int_equal(json_int(feed, "rows", -1), 1);
    assert_string_equal(json_text(feed, "last_day"), "2026-01-01");
    assert_string_equal(json_text(feed, "last_ok_at"), "2026-01-10T00:00:01.5Z");
    assert_string_equal(json_text(json_object_get(feed, "last_run"), "outcome"), "ok");
    auto_json *restated = ledger_restated(f->store, NULL, 3, &f->err);
    assert_int_equal(json_array_size(restated), 3);
    const json_t *net = json_array_get(restated, 2); /* the oldest of the three */
    assert_string_equal(json_text(net, "metric"), "net");
    assert_string_equal(json_text(net, "old"), "1.5");
    assert_string_equal(json_text(net, "new"), "2");
    auto_json *newest = ledger_restated(f->store, "till", 2, &f->err);
    json_array_remove(restated, 2);
    assert_true(json_equal(newest, restated)); /* by name: the same, as there is no other */
    auto_json *others = ledger_restated(f->store, "nobody", 0, &f->err);
    assert_int_equal(json_array_size(others), 0);
    auto_json *rejects = ledger_rejects(f->store, "till", 0, &f->err);
    assert_string_equal(json_text(json_array_get(rejects, 0), "where"), "a.csv:3");
    auto_json *none = ledger_runs(f->store, "nobody", 0, &f->err);
    assert_int_equal(json_array_size(none), 0);
    unsetenv("OMNIHUB_NOW");
    fixture_free(f);
}

/* Other feeds' days before and after do not show, and each feed keeps to its connector. */
static void a_feed_has_its_own_days(void **state)
{
    (void)state;
    static const char *const days[][8] = {{"2026-01-02", "a", "EUR", "1", "1", "x", NULL, END},
                                          {"2026-01-01", "a", "EUR", "1", "1", "x", NULL, END},
                                          {"2026-01-09", "a", "EUR", "1", "1", "x", NULL, END}};
    static const char *const names[] = {"middle", "early", "late"};
    struct fixture *f = fixture_new(NULL, "sales");
    struct store_window w = {.dataset = schema_find(f->schema, "sales"),
                             .sync = OMNI_WINDOW,
                             .from_day = fixture_day("2026-01-01"),
                             .to_day = fixture_day("2026-01-31")};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        fixture_stream(f, names[i], "sales", "sales");
        assert_int_equal(fixture_apply(f, w, days[i], NULL), OMNI_OK);
    }
    auto_json *feeds = ledger_feeds(f->store, NULL, &f->err);
    auto_json *by_connector = ledger_by_connector(feeds);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const json_t *own = json_object_get(by_connector, names[i]);
        assert_int_equal(json_array_size(own), 1);
        assert_string_equal(json_text(json_array_get(own, 0), "first_day"), days[i][0]);
        assert_string_equal(json_text(json_array_get(own, 0), "last_day"), days[i][0]);
    }
    fixture_free(f);
}

static void state_goes_out_and_comes_back(void **state)
{
    (void)state;
    struct fixture *f = filled();
    uint64_t n;
    assert_int_equal(store_state_put(f->store, f->feed, "cursor", "7", &f->err), OMNI_OK);
    auto_json *document = ledger_state_export(f->store, "till", &f->err);
    assert_int_equal(ledger_state_reset(f->store, "till", NULL, NULL, &n, &f->err), OMNI_OK);
    assert_int_equal(n, 1);
    assert_asked(f, "SELECT count(*) FROM state", "0\n");
    assert_asked(f, "SELECT count(*) FROM sales", "1\n");
    assert_int_equal(ledger_state_import(f->store, document, &n, &f->err), OMNI_OK);
    assert_int_equal(n, 1);
    assert_asked(f, "SELECT key, value FROM state", "cursor|7\n");
    static const char bad_text[] =
        "{\"omnihub_state\":1,\"feeds\":[{\"connector\":\"n\",\"source\":\"s\",\"stream\":\"s\","
        "\"account\":\"\",\"dataset\":\"sales\",\"state\":{\"a\":1}}]}";
    auto_json *bad = json_parse(bad_text, sizeof bad_text - 1, &f->err);
    if (!bad)
        fail_msg("%s", f->err.text);
    assert_int_equal(ledger_state_import(f->store, bad, &n, &f->err), OMNI_E_DATA);
    assert_asked(f, "SELECT count(*) FROM feeds", "1\n");
    fixture_free(f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(rows_and_types_arrive),
    cmocka_unit_test(nothing_but_reading),
    cmocka_unit_test(can_be_ended),
    cmocka_unit_test(the_ledger_says_what_happened),
    cmocka_unit_test(what_is_of_one_is_found_by_an_index),
    cmocka_unit_test(a_feed_has_its_own_days),
    cmocka_unit_test(state_goes_out_and_comes_back),
};

UNIT_MAIN(tests)
