/* SPDX-License-Identifier: Apache-2.0
 * The baseline of a pull: the same typed rows, from memory, replace their windows in a plain SQLite
 * table with an index on the day. Prints the seconds that SQLite took.
 * Usage: bench_bare ROWS WINDOW_DAYS DATABASE */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/mem.h"
#include "bench_rows.h"

static void check(sqlite3 *db, int code)
{
    if (code == SQLITE_OK || code == SQLITE_DONE)
        return;
    fprintf(stderr, "bench_bare: %s\n", sqlite3_errmsg(db));
    exit(1);
}

static sqlite3 *open_table(const char *path)
{
    sqlite3 *db;
    unlink(path);
    check(NULL, sqlite3_open(path, &db));
    check(db,
          sqlite3_exec(db,
                       "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                       "PRAGMA cache_size = -16384;"
                       "CREATE TABLE r(date TEXT, account TEXT, campaign TEXT, campaign_name TEXT,"
                       "adset TEXT, ad TEXT, ad_name TEXT, country TEXT, device TEXT,"
                       "currency TEXT, impressions INTEGER, clicks INTEGER, spend INTEGER,"
                       "conversions INTEGER, value INTEGER, link_clicks INTEGER,"
                       "purchases INTEGER); CREATE INDEX r_date ON r(date)",
                       NULL, NULL, NULL));
    return db;
}

static void bind_row(sqlite3_stmt *stmt, const struct bench_row *r)
{
    const char *const texts[] = {r->date, r->account, r->campaign, r->campaign_name, r->adset,
                                 r->ad,   r->ad_name, r->country,  r->device,        r->currency};
    const int64_t numbers[] = {
        r->impressions,         r->clicks,      r->cents * 10000, r->tenths * 100000,
        r->value_cents * 10000, r->link_clicks, r->purchases};
    int at = 1;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        sqlite3_bind_text(stmt, at++, texts[i], -1, SQLITE_STATIC);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        sqlite3_bind_int64(stmt, at++, numbers[i]);
}

static void delete_days(sqlite3 *db, const struct bench_shape *s, uint32_t window)
{
    sqlite3_stmt *stmt;
    check(db, sqlite3_prepare_v2(db, "DELETE FROM r WHERE date BETWEEN ? AND ?", -1, &stmt, NULL));
    char from[DAY_TEXT], to[DAY_TEXT];
    int32_t first = bench_window_from(s, window);
    sqlite3_bind_text(stmt, 1, day_print(first, from), -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, day_print(first + (int32_t)s->window_days - 1, to), -1,
                      SQLITE_STATIC);
    check(db, sqlite3_step(stmt));
    sqlite3_finalize(stmt);
}

static double replace(sqlite3 *db, sqlite3_stmt *insert, const struct bench_shape *s,
                      uint32_t window)
{
    uint64_t n = bench_window_rows(s, window);
    auto_free struct bench_row *rows = xcalloc(n, sizeof *rows);
    for (uint64_t i = 0; i < n; i++)
        bench_row(s, window, i, &rows[i]);
    double start = bench_now();
    check(db, sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
    delete_days(db, s, window);
    for (uint64_t i = 0; i < n; i++) {
        bind_row(insert, &rows[i]);
        check(db, sqlite3_step(insert));
        sqlite3_reset(insert);
    }
    check(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
    return bench_now() - start;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: bench_bare ROWS WINDOW_DAYS DATABASE\n");
        return 2;
    }
    struct bench_shape s =
        bench_shape(bench_number(argv[1]), (uint32_t)bench_number(argv[2]), BENCH_DAYS);
    sqlite3 *db = open_table(argv[3]);
    sqlite3_stmt *insert;
    check(db, sqlite3_prepare_v2(db, "INSERT INTO r VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", -1,
                                 &insert, NULL));
    double took = 0;
    for (uint32_t w = 0; w < bench_windows(&s); w++)
        took += replace(db, insert, &s, w);
    sqlite3_finalize(insert);
    sqlite3_close(db);
    printf("%.6f\n", took);
    return 0;
}
