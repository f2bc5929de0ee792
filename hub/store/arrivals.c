/* SPDX-License-Identifier: Apache-2.0
 * The rows of a window as a table that one INSERT … SELECT reads: SQLite keeps its cursors open
 * from row to row, and nothing is bound. */
#include <config.h>

#include "store/arrivals.h"

#include <stdlib.h>

#include "base/mem.h"

struct arrivals {
    struct apply *apply;
    struct spool *spool;
    sqlite3_stmt *insert;
    bool has_row; /* apply's table holds a row that is not in the store yet */
    int64_t taken;
    struct err err; /* of the last row that could not be taken */
};

/* ---- what SQLite calls ---- */

struct arrivals_table {
    sqlite3_vtab base;
    struct arrivals *rows;
};

struct arrivals_cursor {
    sqlite3_vtab_cursor base;
};

static struct arrivals *rows_of(sqlite3_vtab_cursor *cursor)
{
    return ((struct arrivals_table *)cursor->pVtab)->rows;
}

static int take_next(struct arrivals *rows)
{
    const struct omni_cell *cells;
    rows->has_row = false;
    if (spool_next(rows->spool, &cells, &rows->err) != OMNI_OK ||
        (cells && apply_take(rows->apply, cells, &rows->err) != OMNI_OK))
        return SQLITE_ABORT;
    rows->has_row = cells != NULL;
    rows->taken++;
    return SQLITE_OK;
}

static int on_connect(sqlite3 *db, void *ctx, int argc, const char *const *argv,
                      sqlite3_vtab **table, char **error)
{
    (void)argc;
    (void)argv;
    (void)error;
    struct arrivals *rows = ctx;
    auto_buf b = BUF_INIT(TABLE_SQL);
    buf_adds(&b, "CREATE TABLE rows(k");
    for (size_t i = 0; i <= rows->apply->t.d->n_columns; i++)
        buf_printf(&b, ", c%zu", i);
    if (!buf_addc(&b, ')'))
        return SQLITE_TOOBIG;
    struct arrivals_table *t = sqlite3_malloc(sizeof *t);
    if (!t)
        return SQLITE_NOMEM;
    *t = (struct arrivals_table){.rows = rows};
    *table = &t->base;
    return sqlite3_declare_vtab(db, buf_text(&b));
}

static int on_disconnect(sqlite3_vtab *table)
{
    sqlite3_free(table);
    return SQLITE_OK;
}

static int on_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    (void)info;
    return SQLITE_OK; /* there is one way only: all rows, in the order of their arrival */
}

static int on_open(sqlite3_vtab *table, sqlite3_vtab_cursor **cursor)
{
    (void)table;
    struct arrivals_cursor *c = sqlite3_malloc(sizeof *c);
    if (!c)
        return SQLITE_NOMEM;
    *c = (struct arrivals_cursor){0};
    *cursor = &c->base;
    return SQLITE_OK;
}

static int on_close(sqlite3_vtab_cursor *cursor)
{
    sqlite3_free(cursor);
    return SQLITE_OK;
}

/* A statement that begins again goes on where the one before it stopped. */
static int on_filter(sqlite3_vtab_cursor *cursor, int plan, const char *plan_text, int argc,
                     sqlite3_value **argv)
{
    (void)plan;
    (void)plan_text;
    (void)argc;
    (void)argv;
    return take_next(rows_of(cursor));
}

/* SQLite asks for the next row when it has written the one before. */
static int on_next(sqlite3_vtab_cursor *cursor)
{
    struct arrivals *rows = rows_of(cursor);
    apply_arrived(rows->apply);
    return take_next(rows);
}

static int on_eof(sqlite3_vtab_cursor *cursor)
{
    return !rows_of(cursor)->has_row;
}

static int on_column(sqlite3_vtab_cursor *cursor, sqlite3_context *out, int column)
{
    const struct table *t = &rows_of(cursor)->apply->t;
    if (column == 0)
        sqlite3_result_int64(out, t->key);
    else
        sql_result_cell(out, &t->cells[column - 1]);
    return SQLITE_OK;
}

static int on_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid)
{
    *rowid = rows_of(cursor)->taken;
    return SQLITE_OK;
}

/* Without xCreate: it is there under its name, and nobody can make another. */
static const sqlite3_module arrivals_module = {.iVersion = 1,
                                               .xConnect = on_connect,
                                               .xBestIndex = on_best_index,
                                               .xDisconnect = on_disconnect,
                                               .xOpen = on_open,
                                               .xClose = on_close,
                                               .xFilter = on_filter,
                                               .xNext = on_next,
                                               .xEof = on_eof,
                                               .xColumn = on_column,
                                               .xRowid = on_rowid};

/* ---- for apply.c ---- */

struct arrivals *arrivals_new(struct apply *a, struct spool *spool, struct err *err)
{
    struct arrivals *rows = xcalloc(1, sizeof *rows);
    rows->apply = a;
    rows->spool = spool;
    if (sqlite3_create_module(a->t.db, TABLE_ARRIVALS, &arrivals_module, rows) != SQLITE_OK)
        sql_fail(a->t.db, err);
    else if ((rows->insert = table_prepare_insert_all(&a->t, a->w, a->part, err)))
        return rows;
    arrivals_free(rows);
    return NULL;
}

void arrivals_free(struct arrivals *rows)
{
    if (!rows)
        return;
    sqlite3_finalize(rows->insert);
    sqlite3_create_module(rows->apply->t.db, TABLE_ARRIVALS, NULL, NULL);
    free(rows);
}

enum arrivals_end arrivals_insert(struct arrivals *rows, struct err *err)
{
    sqlite3 *db = rows->apply->t.db;
    int code = sqlite3_step(rows->insert);
    if (code == SQLITE_DONE) {
        sqlite3_reset(rows->insert);
        return ARRIVALS_DONE;
    }
    bool is_known = sqlite3_extended_errcode(db) == SQLITE_CONSTRAINT_UNIQUE;
    if (rows->err.status != OMNI_OK)
        *err = rows->err;
    else if (!is_known)
        sql_fail(db, err);
    sqlite3_reset(rows->insert);
    return is_known ? ARRIVALS_KNOWN : ARRIVALS_FAILED;
}
