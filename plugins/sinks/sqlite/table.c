/* SPDX-License-Identifier: Apache-2.0
 * One table of the sink's database: made or widened to fit a delivery, emptied by day, filled. */
#include "table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/cell_text.h"

struct table {
    struct table_place place;
    char *name, *day_column; /* day_column NULL: not cut into days */
    uint32_t n_columns;
    sqlite3_stmt *insert;
};

/* ---- errors ---- */

static bool fail(struct table_error *e, omni_status status, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    sqlite3_vsnprintf((int)sizeof e->text, e->text, fmt, ap);
    va_end(ap);
    e->status = status;
    return false;
}

static const struct {
    int code;
    omni_status status;
    const char *remedy;
} causes[] = {
    {SQLITE_BUSY, OMNI_E_RETRY, "; another program is writing it, the next push tries again"},
    {SQLITE_LOCKED, OMNI_E_RETRY, "; another program is writing it, the next push tries again"},
    {SQLITE_FULL, OMNI_E_RETRY, "; free some space, the next push goes on from here"},
    {SQLITE_IOERR, OMNI_E_RETRY, ""},
    {SQLITE_NOMEM, OMNI_E_RETRY, ""},
    {SQLITE_CANTOPEN, OMNI_E_CONFIG,
     "; its folder must exist, and the user that runs omnihub must be allowed to write there"},
    {SQLITE_READONLY, OMNI_E_CONFIG, "; let the user that runs omnihub write file and folder"},
    {SQLITE_PERM, OMNI_E_CONFIG, "; let the user that runs omnihub write file and folder"},
    {SQLITE_NOTADB, OMNI_E_CONFIG, "; name another file, or move this one away"},
    {SQLITE_CORRUPT, OMNI_E_CONFIG, "; move it away, a new one is made by the next push"},
};

/* SQLite opens a file that cannot be written for reading, and says "readonly" whatever the reason
 * was. A disk that is read-only, or was a moment ago, passes. */
static bool is_frozen(sqlite3 *db, int code, const char *path)
{
    if (code == SQLITE_CANTOPEN)
        return sqlite3_system_errno(db) == EROFS;
    if (code != SQLITE_READONLY || sqlite3_extended_errcode(db) == SQLITE_READONLY_DIRECTORY)
        return false;
    return access(path, W_OK) == 0 || errno == EROFS;
}

void table_error_from(struct table_error *e, sqlite3 *db, const char *path, const char *what)
{
    int code = db ? sqlite3_errcode(db) & 0xff : SQLITE_NOMEM;
    const char *remedy = "";
    omni_status status = OMNI_E_DATA;
    if (is_frozen(db, code, path)) {
        fail(e, OMNI_E_RETRY, "%s: %s: %s", path, what, strerror(EROFS));
        return;
    }
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
        if (causes[i].code == code) {
            status = causes[i].status;
            remedy = causes[i].remedy;
        }
    fail(e, status, "%s: %s: %s%s", path, what, db ? sqlite3_errmsg(db) : "out of memory", remedy);
}

static bool fail_sql(const struct table *t, struct table_error *e)
{
    char what[160];
    sqlite3_snprintf((int)sizeof what, what, "table \"%s\"", t->name);
    table_error_from(e, t->place.db, t->place.path, what);
    return false;
}

/* ---- SQL ---- */

/* %w in the format doubles quotes inside names. */
static bool run_sql(const struct table *t, struct table_error *e, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *sql = sqlite3_vmprintf(fmt, ap);
    va_end(ap);
    bool ok = sql && sqlite3_exec(t->place.db, sql, NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_free(sql);
    return ok || fail_sql(t, e);
}

static sqlite3_stmt *prepare(const struct table *t, struct table_error *e, const char *fmt, ...)
{
    sqlite3_stmt *stmt = NULL;
    va_list ap;
    va_start(ap, fmt);
    char *sql = sqlite3_vmprintf(fmt, ap);
    va_end(ap);
    if (!sql || sqlite3_prepare_v2(t->place.db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_sql(t, e);
    sqlite3_free(sql);
    return stmt;
}

static const char *sql_type(const struct table *t, uint32_t type)
{
    switch (type) {
    case OMNI_BOOL:
    case OMNI_INT:
        return "INTEGER";
    case OMNI_REAL:
        return "REAL";
    case OMNI_MICROS:
        return t->place.decimals == TABLE_REAL     ? "REAL"
               : t->place.decimals == TABLE_MICROS ? "INTEGER"
                                                   : "TEXT";
    default:
        return "TEXT";
    }
}

static bool is_key(const struct omni_delivery *d, const char *column)
{
    for (const char *const *k = d->key; k && *k; k++)
        if (strcmp(*k, column) == 0)
            return true;
    return false;
}

/* ---- making and widening ---- */

static bool create(const struct table *t, const struct omni_delivery *d, struct table_error *e)
{
    sqlite3_str *sql = sqlite3_str_new(t->place.db);
    sqlite3_str_appendf(sql, "CREATE TABLE \"%w\" (", t->name);
    for (size_t i = 0; d->columns[i]; i++)
        sqlite3_str_appendf(sql, "%s\"%w\" %s", i ? ", " : "", d->columns[i]->name,
                            sql_type(t, d->columns[i]->type));
    for (const char *const *k = d->key; k && *k; k++)
        sqlite3_str_appendf(sql, "%s\"%w\"", k == d->key ? ", PRIMARY KEY (" : ", ", *k);
    sqlite3_str_appendall(sql, d->key && d->key[0] ? "))" : ")");
    char *text = sqlite3_str_finish(sql);
    bool ok = text && sqlite3_exec(t->place.db, text, NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_free(text);
    if (!ok)
        return fail_sql(t, e);
    /* Days are deleted and counted by it. */
    return !t->day_column || run_sql(t, e, "CREATE INDEX \"%w_omnihub_day\" ON \"%w\" (\"%w\")",
                                     t->name, t->name, t->day_column);
}

static bool fail_drift(const struct table *t, struct table_error *e, const char *column,
                       const char *difference)
{
    return fail(e, OMNI_E_CONFIG,
                "%s: table \"%s\", column \"%s\" %s; drop or rename the table (or give this sink "
                "another prefix), then all of the dataset is to be pushed again",
                t->place.path, t->name, column, difference);
}

/* Adds the column if the table lacks it; refuses one that is of another type or differs in the
 * key. */
static bool fit_column(const struct table *t, const struct omni_delivery *d,
                       const struct omni_column *c, struct table_error *e)
{
    sqlite3_stmt *stmt = prepare(t, e, "SELECT type, pk FROM pragma_table_info(%Q) WHERE name = %Q",
                                 t->name, c->name);
    if (!stmt)
        return false;
    bool is_there = sqlite3_step(stmt) == SQLITE_ROW, ok = true;
    if (is_there) {
        bool type_fits =
            sqlite3_stricmp((const char *)sqlite3_column_text(stmt, 0), sql_type(t, c->type)) == 0;
        bool key_fits = (sqlite3_column_int(stmt, 1) != 0) == is_key(d, c->name);
        ok = !type_fits  ? fail_drift(t, e, c->name, "has another type than the dataset's")
             : !key_fits ? fail_drift(t, e, c->name, "is in one key but not in the other")
                         : true;
    } else if (is_key(d, c->name)) {
        ok = fail_drift(t, e, c->name, "is missing but belongs to the key");
    }
    sqlite3_finalize(stmt);
    if (ok && !is_there)
        ok = run_sql(t, e, "ALTER TABLE \"%w\" ADD COLUMN \"%w\" %s", t->name, c->name,
                     sql_type(t, c->type));
    return ok;
}

/* "table", "view", "" where nothing has this name yet. */
static bool kind_of(const struct table *t, char kind[16], struct table_error *e)
{
    sqlite3_stmt *stmt =
        prepare(t, e, "SELECT type FROM sqlite_schema WHERE name = %Q COLLATE NOCASE", t->name);
    if (!stmt)
        return false;
    kind[0] = '\0';
    if (sqlite3_step(stmt) == SQLITE_ROW)
        sqlite3_snprintf(16, kind, "%s", sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    return true;
}

static bool fit(const struct table *t, const struct omni_delivery *d, struct table_error *e)
{
    char kind[16];
    if (!kind_of(t, kind, e))
        return false;
    if (!kind[0])
        return create(t, d, e);
    if (strcmp(kind, "table") != 0)
        return fail(e, OMNI_E_CONFIG,
                    "%s: \"%s\" is there already, as the name of its %s; name another file or give "
                    "this sink a prefix",
                    t->place.path, t->name, kind);
    for (size_t i = 0; d->columns[i]; i++)
        if (!fit_column(t, d, d->columns[i], e))
            return false;
    return true;
}

/* REPLACE: a row whose day moved is still there under its old day, which is delivered later. */
static bool prepare_insert(struct table *t, const struct omni_delivery *d, struct table_error *e)
{
    sqlite3_str *sql = sqlite3_str_new(t->place.db);
    sqlite3_str_appendf(sql, "INSERT OR REPLACE INTO \"%w\" (", t->name);
    for (; d->columns[t->n_columns]; t->n_columns++)
        sqlite3_str_appendf(sql, "%s\"%w\"", t->n_columns ? ", " : "",
                            d->columns[t->n_columns]->name);
    for (uint32_t i = 0; i < t->n_columns; i++)
        sqlite3_str_appendall(sql, i ? ", ?" : ") VALUES (?");
    sqlite3_str_appendall(sql, ")");
    char *text = sqlite3_str_finish(sql);
    bool ok = text && sqlite3_prepare_v2(t->place.db, text, -1, &t->insert, NULL) == SQLITE_OK;
    sqlite3_free(text);
    return ok || fail_sql(t, e);
}

struct table *table_open(const struct table_place *place, const struct omni_delivery *d,
                         struct table_error *e)
{
    struct table *t = calloc(1, sizeof *t);
    if (t) {
        t->place = *place;
        t->name = sqlite3_mprintf("%s%s", place->prefix, d->dataset);
        t->day_column = d->day_column ? sqlite3_mprintf("%s", d->day_column) : NULL;
    }
    if (!t || !t->name || (d->day_column && !t->day_column))
        fail(e, OMNI_E_RETRY, "out of memory");
    else if (fit(t, d, e) && prepare_insert(t, d, e))
        return t;
    table_free(t);
    return NULL;
}

void table_free(struct table *t)
{
    if (!t)
        return;
    sqlite3_finalize(t->insert);
    sqlite3_free(t->name);
    sqlite3_free(t->day_column);
    free(t);
}

/* ---- rows ---- */

/* The day column's value: none for the rows without a day. */
static const char *day_of(const char *partition)
{
    return partition[0] ? partition : NULL;
}

bool table_empty(struct table *t, const char *partition, struct table_error *e)
{
    if (partition) /* %Q writes NULL for a NULL pointer */
        return run_sql(t, e, "DELETE FROM \"%w\" WHERE \"%w\" IS %Q", t->name, t->day_column,
                       day_of(partition));
    return run_sql(t, e, "DELETE FROM \"%w\"; DELETE FROM omnihub_deliveries WHERE \"table\" = %Q",
                   t->name, t->name);
}

static void bind_cell(const struct table *t, int at, const struct omni_column *c, uint64_t row)
{
    char out[CELL_TEXT];
    size_t n = 0;
    if (cell_is_null(c, row)) {
        sqlite3_bind_null(t->insert, at);
    } else if (c->type == OMNI_BOOL || c->type == OMNI_INT ||
               (c->type == OMNI_MICROS && t->place.decimals == TABLE_MICROS)) {
        sqlite3_bind_int64(t->insert, at, cell_int(c, row));
    } else if (c->type == OMNI_REAL) {
        sqlite3_bind_double(t->insert, at, cell_real(c, row));
    } else {
        /* With decimals = "real" the column's affinity makes the nearest double of this text. */
        const char *s = cell_text(c, row, out, &n);
        sqlite3_bind_text64(t->insert, at, s, n, s == out ? SQLITE_TRANSIENT : SQLITE_STATIC,
                            SQLITE_UTF8);
    }
}

bool table_insert(struct table *t, const struct omni_batch *batch, uint64_t row,
                  struct table_error *e)
{
    if (batch->n_columns != t->n_columns)
        return fail(e, OMNI_E_BUG, "a batch has %u columns, its delivery %u", batch->n_columns,
                    t->n_columns);
    for (uint32_t i = 0; i < t->n_columns; i++)
        bind_cell(t, (int)i + 1, batch->columns[i], row);
    int result = sqlite3_step(t->insert);
    if (result != SQLITE_DONE)
        fail_sql(t, e);
    sqlite3_reset(t->insert);
    return result == SQLITE_DONE;
}

static bool count_rows(const struct table *t, const char *partition, uint64_t *rows,
                       struct table_error *e)
{
    sqlite3_stmt *stmt = partition ? prepare(t, e, "SELECT count(*) FROM \"%w\" WHERE \"%w\" IS %Q",
                                             t->name, t->day_column, day_of(partition))
                                   : prepare(t, e, "SELECT count(*) FROM \"%w\"", t->name);
    if (!stmt)
        return false;
    bool ok = sqlite3_step(stmt) == SQLITE_ROW || fail_sql(t, e);
    *rows = ok ? (uint64_t)sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    return ok;
}

bool table_finish(struct table *t, const char *partition, uint64_t version, uint64_t rows,
                  struct table_error *e)
{
    uint64_t there = 0;
    const char *shown = !partition ? "all" : partition[0] ? partition : "undated";
    if (!count_rows(t, partition, &there, e))
        return false;
    if (there != rows)
        return fail(e, OMNI_E_DATA,
                    "%s: table \"%s\" (%s) holds %llu rows after %llu were written: several have "
                    "the same key, or not this day",
                    t->place.path, t->name, shown, (unsigned long long)there,
                    (unsigned long long)rows);
    return run_sql(t, e, "INSERT OR REPLACE INTO omnihub_deliveries VALUES (%Q, %Q, %lld, %lld)",
                   t->name, shown, (sqlite3_int64)version, (sqlite3_int64)rows);
}
