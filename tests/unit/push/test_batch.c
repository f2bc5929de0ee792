/* SPDX-License-Identifier: Apache-2.0
 * hub/push/batch.c: every type in Arrow's layout, nulls, wrong values, batches that are full. */
#include <config.h>

#include "unit.h"

#include <sqlite3.h>
#include <stdio.h>

#include "push/batch.h"

static const struct batch_field fields[] = {{"b", OMNI_BOOL},  {"i", OMNI_INT},  {"r", OMNI_REAL},
                                            {"t", OMNI_TEXT},  {"d", OMNI_DATE}, {"w", OMNI_TIME},
                                            {"m", OMNI_MICROS}};
enum { N_FIELDS = sizeof fields / sizeof fields[0] };

static sqlite3 *db;

static int open_db(void **state)
{
    (void)state;
    return sqlite3_open(":memory:", &db);
}

static int close_db(void **state)
{
    (void)state;
    return sqlite3_close(db);
}

static sqlite3_stmt *query(const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    return stmt;
}

static void add_all(struct batch *b, const char *sql)
{
    sqlite3_stmt *stmt = query(sql);
    struct err err;
    while (sqlite3_step(stmt) == SQLITE_ROW)
        assert_int_equal(batch_add(b, stmt, &err), OMNI_OK);
    sqlite3_finalize(stmt);
}

static void every_type(void **state)
{
    (void)state;
    struct batch *b = batch_new(fields, N_FIELDS, 10);
    add_all(b, "SELECT 1, -5, 2.5, 'h\xc3\xa9', '2026-01-31', '2026-01-31T10:00:00.25Z', 12340000 "
               "UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL "
               "UNION ALL SELECT 0, 9223372036854775807, 3, '', '1969-12-31', "
               "'1970-01-01T00:00:00+01:00', -1");
    const struct omni_batch *out = batch_view(b);
    assert_int_equal(out->n_rows, 3);
    assert_int_equal(out->n_columns, N_FIELDS);
    for (int i = 0; i < N_FIELDS; i++) {
        assert_string_equal(out->columns[i]->name, fields[i].name);
        assert_int_equal(out->columns[i]->type, fields[i].type);
        assert_int_equal(out->columns[i]->valid[0], 0x5); /* rows 0 and 2 */
    }
    assert_null(out->columns[N_FIELDS]);
    assert_int_equal(((const uint8_t *)out->columns[0]->values)[0], 1);
    assert_true(((const int64_t *)out->columns[1]->values)[2] == INT64_MAX);
    assert_true(((const double *)out->columns[2]->values)[0] == 2.5);
    assert_true(((const double *)out->columns[2]->values)[2] == 3.0);
    assert_int_equal(out->columns[3]->offsets[1], 3);
    assert_int_equal(out->columns[3]->offsets[3], 3);
    assert_memory_equal(out->columns[3]->values, "h\xc3\xa9", 3);
    assert_int_equal(((const int32_t *)out->columns[4]->values)[0], 20484);
    assert_int_equal(((const int32_t *)out->columns[4]->values)[2], -1);
    assert_true(((const int64_t *)out->columns[5]->values)[0] == INT64_C(1769853600250000));
    assert_true(((const int64_t *)out->columns[5]->values)[2] == INT64_C(-3600000000));
    assert_true(((const int64_t *)out->columns[6]->values)[0] == 12340000);
    batch_free(b);
}

static void cleared_rows_leave_no_trace(void **state)
{
    (void)state;
    struct batch *b = batch_new(fields, N_FIELDS, 2);
    add_all(b, "SELECT 1, 1, 1, 'long text', '2026-01-31', '2026-01-31', 1 UNION ALL "
               "SELECT NULL, 1, 1, 'b', '2026-01-31', '2026-01-31', 1");
    assert_true(batch_is_full(b));
    assert_non_null(batch_view(b)->columns[0]->valid);
    assert_null(batch_view(b)->columns[1]->valid); /* nothing is null: no bits needed */
    batch_clear(b);
    assert_int_equal(batch_view(b)->n_rows, 0);
    add_all(b, "SELECT NULL, NULL, NULL, 'x', NULL, NULL, NULL");
    assert_false(batch_is_full(b));
    assert_int_equal(batch_view(b)->columns[0]->valid[0], 0);
    assert_int_equal(batch_view(b)->columns[3]->offsets[1], 1);
    batch_free(b);
}

static void values_of_another_type_are_refused(void **state)
{
    (void)state;
    static const struct {
        int field;
        const char *value;
    } bad[] = {{0, "2"},    {0, "'true'"},     {1, "1.5"},          {1, "'5'"},
               {2, "'x'"},  {3, "x'00'"},      {4, "'2026-02-30'"}, {4, "20484"},
               {5, "'no'"}, {5, "1769853600"}, {6, "12.34"},        {6, "'12.34'"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct batch *b = batch_new(&fields[bad[i].field], 1, 10);
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT %s", bad[i].value);
        sqlite3_stmt *stmt = query(sql);
        struct err err = {0};
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        assert_int_equal(batch_add(b, stmt, &err), OMNI_E_DATA);
        assert_non_null(strstr(err.text, fields[bad[i].field].name));
        sqlite3_finalize(stmt);
        batch_free(b);
    }
}

/* Memory stays flat: long texts end a batch before its rows do. */
static void long_texts_fill_it_early(void **state)
{
    (void)state;
    const struct batch_field text = {"t", OMNI_TEXT};
    struct batch *b = batch_new(&text, 1, 1000);
    sqlite3_stmt *stmt = query("SELECT hex(zeroblob(524288))"); /* 1 MiB of text */
    struct err err;
    int rows = 0;
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    for (; !batch_is_full(b); rows++)
        assert_int_equal(batch_add(b, stmt, &err), OMNI_OK);
    sqlite3_finalize(stmt);
    assert_int_equal(rows, 4);
    assert_int_equal(batch_view(b)->columns[0]->offsets[4], 4 << 20);
    batch_free(b);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(every_type, open_db, close_db),
    cmocka_unit_test_setup_teardown(cleared_rows_leave_no_trace, open_db, close_db),
    cmocka_unit_test_setup_teardown(values_of_another_type_are_refused, open_db, close_db),
    cmocka_unit_test_setup_teardown(long_texts_fill_it_early, open_db, close_db),
};

UNIT_MAIN(tests)
