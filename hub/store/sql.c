/* SPDX-License-Identifier: Apache-2.0
 * A thin layer over SQLite: statements with scope cleanup, errors in the hub's words, transactions,
 * cells in and out. */
#include <config.h>

#include "store/sql.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/file.h"

void sql_auto_finalize(sqlite3_stmt **stmt)
{
    sqlite3_finalize(*stmt);
}

static const struct {
    int code;
    omni_status status;
    const char *text;
} sql_faults[] = {
    {SQLITE_BUSY, OMNI_E_RETRY,
     "the store is locked by another process; try again when it is done"},
    {SQLITE_LOCKED, OMNI_E_RETRY, "the store is locked; try again"},
    {SQLITE_FULL, OMNI_E_RETRY, "the disk is full; free some space, nothing was changed"},
    {SQLITE_IOERR, OMNI_E_RETRY, "reading or writing the store failed; check the disk"},
    {SQLITE_NOMEM, OMNI_E_RETRY, "out of memory"},
    {SQLITE_CORRUPT, OMNI_E_DATA,
     "the store is damaged; move it away and restore it from a backup, or pull again"},
    {SQLITE_NOTADB, OMNI_E_DATA,
     "this is not an SQLite file, or its beginning is damaged; move it away and restore it from a "
     "backup, or pull again"},
    {SQLITE_READONLY, OMNI_E_CONFIG, "no permission to write the store; check owner and mode"},
    {SQLITE_PERM, OMNI_E_CONFIG, "no permission to use the store; check owner and mode"},
    {SQLITE_CANTOPEN, OMNI_E_CONFIG, "the store cannot be opened; check owner and mode"},
    {SQLITE_INTERRUPT, OMNI_E_CANCELLED, "interrupted"},
};

/* SQLite knows a full disk, but a user's quota that is used up is an I/O fault to it; the reason is
 * to be had from the file, as sqlite3_system_errno() forgets it where a commit fails. */
static bool is_quota(sqlite3 *db)
{
    static const int files[] = {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER};
    bool is_fault = (sqlite3_errcode(db) & 0xff) == SQLITE_IOERR;
    for (size_t i = 0; is_fault && i < sizeof files / sizeof files[0]; i++) {
        int last = 0;
        sqlite3_file *file = NULL;
        sqlite3_file_control(db, "main", files[i], &file);
        if (file && file->pMethods &&
            file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &last) == SQLITE_OK &&
            last == EDQUOT)
            return true;
    }
    return false;
}

bool sql_is_full(sqlite3 *db)
{
    return (sqlite3_errcode(db) & 0xff) == SQLITE_FULL || is_quota(db);
}

/* Of a file that cannot be opened for a reason that passes; 0: any other fault. To SQLite itself a
 * read-only disk and a process without descriptors are like a wrong mode. */
static int passing_errno(sqlite3 *db, int code)
{
    int error = code == SQLITE_CANTOPEN ? sqlite3_system_errno(db) : 0;
    return file_status(error) == OMNI_E_RETRY ? error : 0;
}

omni_status sql_fail(sqlite3 *db, struct err *err)
{
    int code = sqlite3_errcode(db) & 0xff, passing = passing_errno(db, code);
    if (passing)
        return err_set(err, OMNI_E_RETRY, "the store cannot be opened: %s; nothing was changed",
                       strerror(passing));
    if (is_quota(db))
        return err_set(
            err, OMNI_E_RETRY,
            "the disk quota of this user is used up; free some space, or have it raised; "
            "nothing was changed");
    for (size_t i = 0; i < sizeof sql_faults / sizeof sql_faults[0]; i++)
        if (sql_faults[i].code == code)
            return err_set(err, sql_faults[i].status, "%s (SQLite: %s)", sql_faults[i].text,
                           sqlite3_errmsg(db));
    return err_set(err, OMNI_E_DATA, "%s", sqlite3_errmsg(db));
}

sqlite3_stmt *sql_prepare(sqlite3 *db, const char *sql, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK)
        sql_fail(db, err);
    return stmt;
}

sqlite3_stmt *sql_prepare_fmt(sqlite3 *db, struct err *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *sql = sqlite3_vmprintf(fmt, ap);
    va_end(ap);
    sqlite3_stmt *stmt = NULL;
    if (sql)
        stmt = sql_prepare(db, sql, err);
    else
        err_set(err, OMNI_E_RETRY, "out of memory");
    sqlite3_free(sql);
    return stmt;
}

omni_status sql_exec(sqlite3 *db, struct err *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *sql = sqlite3_vmprintf(fmt, ap);
    va_end(ap);
    if (!sql)
        return err_set(err, OMNI_E_RETRY, "out of memory");
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
    return rc == SQLITE_OK ? OMNI_OK : sql_fail(db, err);
}

enum sql_step sql_step(sqlite3_stmt *stmt, struct err *err)
{
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        return SQL_ROW;
    if (rc == SQLITE_DONE)
        return SQL_DONE;
    sql_fail(sqlite3_db_handle(stmt), err);
    sqlite3_reset(stmt);
    return SQL_FAILED;
}

omni_status sql_run(sqlite3_stmt *stmt, struct err *err)
{
    enum sql_step step = SQL_ROW;
    while (step == SQL_ROW)
        step = sql_step(stmt, err);
    if (step == SQL_FAILED)
        return err->status;
    sqlite3_reset(stmt);
    return OMNI_OK;
}

omni_status sql_int(sqlite3_stmt *stmt, int64_t fallback, int64_t *out, struct err *err)
{
    enum sql_step step = sql_step(stmt, err);
    if (step == SQL_FAILED)
        return err->status;
    bool is_there = step == SQL_ROW && sqlite3_column_type(stmt, 0) != SQLITE_NULL;
    *out = is_there ? sqlite3_column_int64(stmt, 0) : fallback;
    sqlite3_reset(stmt);
    return OMNI_OK;
}

omni_status sql_has_table(sqlite3 *db, const char *name, bool *has, struct err *err)
{
    int64_t n = 0;
    auto_stmt *stmt = sql_prepare(
        db, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "s", name);
    omni_status status = sql_int(stmt, 0, &n, err);
    *has = n > 0;
    return status;
}

void sql_bind(sqlite3_stmt *stmt, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    int i = 1;
    for (const char *f = format; *f; f++, i++) {
        assert(*f == 'i' || *f == 's');
        if (*f == 'i')
            sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t));
        else
            sqlite3_bind_text(stmt, i, va_arg(ap, const char *), -1, SQLITE_STATIC);
    }
    va_end(ap);
}

void sql_bind_cell(sqlite3_stmt *stmt, int parameter, const struct omni_cell *cell)
{
    if (cell->type == OMNI_NULL)
        sqlite3_bind_null(stmt, parameter);
    else if (cell->type == OMNI_TEXT)
        sqlite3_bind_text(stmt, parameter, cell->len ? cell->v.s : "", (int)cell->len,
                          SQLITE_STATIC);
    else if (cell->type == OMNI_REAL)
        sqlite3_bind_double(stmt, parameter, cell->v.r);
    else
        sqlite3_bind_int64(stmt, parameter, cell->v.i);
}

void sql_result_cell(sqlite3_context *out, const struct omni_cell *cell)
{
    if (cell->type == OMNI_NULL)
        sqlite3_result_null(out);
    else if (cell->type == OMNI_TEXT)
        sqlite3_result_text(out, cell->len ? cell->v.s : "", (int)cell->len, SQLITE_STATIC);
    else if (cell->type == OMNI_REAL)
        sqlite3_result_double(out, cell->v.r);
    else
        sqlite3_result_int64(out, cell->v.i);
}

const char *sql_text(sqlite3_stmt *stmt, int column)
{
    return (const char *)sqlite3_column_text(stmt, column);
}

bool sql_is_reading(int action, const char *function)
{
    if (action == SQLITE_FUNCTION)
        return strcmp(function, "load_extension") != 0;
    return action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_RECURSIVE;
}

omni_status sql_begin(sqlite3 *db, struct err *err)
{
    return sql_exec(db, err, "BEGIN IMMEDIATE");
}

omni_status sql_commit(sqlite3 *db, struct err *err)
{
    return sql_exec(db, err, "COMMIT");
}

void sql_rollback(sqlite3 *db)
{
    if (!sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
}
