/* SPDX-License-Identifier: Apache-2.0
 * A small schema and a store in a temporary folder, rows from texts, and dumps to compare; for the
 * tests of store and combine. */
#ifndef TEST_STORE_FIXTURE_H
#define TEST_STORE_FIXTURE_H

#include "unit.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/buf.h"
#include "base/day.h"
#include "base/mem.h"
#include "schema/schema.h"
#include "store/changes.h"
#include "store/sql.h"
#include "store/store.h"

/* Texts become cells by column type. */
#define END ((const char *)-1)

struct fixture {
    char dir[64];
    struct schema *schema;
    struct store *store;
    int64_t feed, run;
    struct err err;
};

static const char fixture_schema[] =
    "sales: { help = \"by day\"; day = \"date\"; columns: {\n"
    "  date = (\"date\", \"key\", \"\", \"\");\n"
    "  item = (\"text\", \"key\", \"\", \"\");\n"
    "  currency = (\"text\", \"attr\", \"\", \"\", \"fill=currency\");\n"
    "  n = (\"int\", \"sum\", \"count\", \"\");\n"
    "  net = (\"micros\", \"sum\", \"money\", \"\");\n"
    "  name = (\"text\", \"attr\", \"\", \"\");\n"
    "}; };\n"
    "bills: { help = \"day beside the key\"; day = \"date\"; columns: {\n"
    "  id = (\"text\", \"key\", \"\", \"\", \"required\");\n"
    "  at = (\"time\", \"attr\", \"\", \"\");\n"
    "  date = (\"date\", \"attr\", \"\", \"\", \"fill=day:at\");\n"
    "  currency = (\"text\", \"attr\", \"\", \"\", \"fill=currency\");\n"
    "  net = (\"micros\", \"sum\", \"money\", \"\");\n"
    "}; };\n"
    "items: { help = \"no days\"; columns: {\n"
    "  id = (\"text\", \"key\", \"\", \"\", \"required\");\n"
    "  weight = (\"real\", \"attr\", \"\", \"\");\n"
    "  is_new = (\"bool\", \"attr\", \"\", \"\");\n"
    "}; };\n";

__attribute__((unused)) static void fixture_write(const char *dir, const char *name,
                                                  const char *text)
{
    auto_free char *path = xasprintf("%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

__attribute__((unused)) static void fixture_clean(const char *dir)
{
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        auto_free char *path = xasprintf("%s/%s", dir, e->d_name);
        if (e->d_name[0] != '.')
            unlink(path);
    }
    closedir(d);
    rmdir(dir);
}

__attribute__((unused)) static void fixture_open(struct fixture *f)
{
    f->store = store_open(f->dir, f->schema, STORE_WRITE, &f->err);
    if (!f->store)
        fail_msg("%s", f->err.text);
}

/* dataset: of the feed that rows go to. */
__attribute__((unused)) static void fixture_stream(struct fixture *f, const char *connector,
                                                   const char *stream, const char *dataset)
{
    f->feed = store_feed(f->store,
                         &(struct store_feed){.connector = connector,
                                              .source = "plugin",
                                              .stream = stream,
                                              .account = "acc",
                                              .dataset = dataset,
                                              .zone = "UTC",
                                              .settle_days = 3},
                         &f->err);
    assert_true(f->feed > 0);
    f->run = store_run_begin(f->store,
                             &(struct store_run){.kind = "pull",
                                                 .connector = connector,
                                                 .stream = stream,
                                                 .account = "acc",
                                                 .batch = "b1"},
                             &f->err);
    assert_true(f->run > 0);
}

__attribute__((unused)) static void fixture_feed(struct fixture *f, const char *connector,
                                                 const char *dataset)
{
    fixture_stream(f, connector, "stream", dataset);
}

/* conf NULL: the schema above. */
__attribute__((unused)) static struct fixture *fixture_new(const char *conf, const char *dataset)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/omnihub-store.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    fixture_write(f->dir, "schema.conf", fixture_schema);
    f->schema = schema_load(conf ? conf : f->dir, &f->err);
    if (!f->schema)
        fail_msg("%s", f->err.text);
    fixture_open(f);
    fixture_feed(f, "till", dataset);
    return f;
}

__attribute__((unused)) static void fixture_free(struct fixture *f)
{
    store_close(f->store);
    schema_free(f->schema);
    fixture_clean(f->dir);
    free(f);
}

__attribute__((unused)) static int32_t fixture_day(const char *text)
{
    int32_t day;
    assert_true(day_parse_iso(text, strlen(text), &day));
    return day;
}

static struct omni_cell fixture_cell(uint32_t type, const char *text)
{
    struct omni_cell cell = {.type = text ? type : OMNI_NULL};
    if (!text)
        return cell;
    if (type == OMNI_TEXT) {
        cell.v.s = text;
        cell.len = (uint32_t)strlen(text);
    } else if (type == OMNI_REAL) {
        sscanf(text, "%lf", &cell.v.r);
    } else if (type == OMNI_DATE) {
        cell.v.i = fixture_day(text);
    } else {
        sscanf(text, "%" SCNd64, &cell.v.i);
    }
    return cell;
}

/* rows: columns of the dataset in order, then extra; END after the last row. */
__attribute__((unused)) static struct spool *
fixture_rows(struct fixture *f, const struct schema_dataset *d, const char *const *rows)
{
    struct spool *spool = spool_new(f->dir, (uint32_t)d->n_columns + 1, 1 << 20);
    struct omni_cell cells[64];
    for (const char *const *p = rows; *p != END; p += d->n_columns + 1) {
        for (size_t i = 0; i <= d->n_columns; i++)
            cells[i] = fixture_cell(i < d->n_columns ? d->columns[i].type : OMNI_TEXT, p[i]);
        assert_int_equal(spool_add(spool, cells, &f->err), OMNI_OK);
    }
    return spool;
}

/* One window; `from` and `to` may be NULL where the sync has none. */
__attribute__((unused)) static omni_status fixture_apply(struct fixture *f,
                                                         struct store_window window,
                                                         const char *const *rows,
                                                         struct store_result *result)
{
    window.feed = f->feed;
    window.run = f->run;
    if (!window.history_from)
        window.history_from = INT32_MIN;
    struct store_result ignored;
    struct spool *spool = fixture_rows(f, window.dataset, rows);
    omni_status status =
        store_apply(f->store, &window, &spool, 1, result ? result : &ignored, &f->err);
    spool_free(spool);
    return status;
}

/* All rows of a query, columns separated by |, rows by newlines. free() */
__attribute__((unused)) static char *fixture_ask(struct fixture *f, const char *sql)
{
    struct buf b = BUF_INIT(1 << 24);
    struct err err;
    auto_stmt *stmt = sql_prepare(store_db(f->store), sql, &err);
    if (!stmt)
        fail_msg("%s: %s", sql, err.text);
    enum sql_step step;
    while ((step = sql_step(stmt, &err)) == SQL_ROW) {
        for (int i = 0; i < sqlite3_column_count(stmt); i++) {
            const char *text = sql_text(stmt, i);
            buf_printf(&b, "%s%s", i ? "|" : "", text ? text : "NULL");
        }
        buf_addc(&b, '\n');
    }
    if (step == SQL_FAILED)
        fail_msg("%s: %s", sql, err.text);
    return buf_take(&b);
}

#define assert_asked(f, sql, expected)                                                             \
    do {                                                                                           \
        auto_free char *answer_ = fixture_ask(f, sql);                                             \
        assert_string_equal(answer_, expected);                                                    \
    } while (0)

#endif
