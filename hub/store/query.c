/* SPDX-License-Identifier: Apache-2.0
 * Read-only SQL over the store: own connection, one statement, nothing but reading. */
#include <config.h>

#include "store/query.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/internal.h"

struct query {
    sqlite3 *db;
    const char *denied; /* what the statement wanted to do */
};

static const struct {
    int action;
    const char *name;
} denied_actions[] = {
    {SQLITE_ATTACH, "ATTACH"},     {SQLITE_DETACH, "DETACH"},       {SQLITE_PRAGMA, "PRAGMA"},
    {SQLITE_INSERT, "INSERT"},     {SQLITE_UPDATE, "UPDATE"},       {SQLITE_DELETE, "DELETE"},
    {SQLITE_TRANSACTION, "BEGIN"}, {SQLITE_SAVEPOINT, "SAVEPOINT"}, {SQLITE_CREATE_TABLE, "CREATE"},
    {SQLITE_DROP_TABLE, "DROP"},
};

/* Table-valued functions (json_each, pragma_table_info) are reads to SQLite; a pragma behind one is
 * asked for again as SQLITE_PRAGMA and denied. */
static int authorize(void *ctx, int action, const char *a, const char *b, const char *c,
                     const char *d)
{
    (void)a, (void)c, (void)d;
    struct query *q = ctx;
    if (sql_is_reading(action, b))
        return SQLITE_OK;
    q->denied = "this";
    for (size_t i = 0; i < ARRAY_LEN(denied_actions); i++)
        if (denied_actions[i].action == action)
            q->denied = denied_actions[i].name;
    return SQLITE_DENY;
}

struct query *query_open(const char *state_dir, struct err *err)
{
    auto_free char *path = store_path(state_dir);
    if (access(path, F_OK) != 0) {
        err_set(err, OMNI_E_CONFIG, "%s: there is nothing yet; run: omnihub pull", path);
        return NULL;
    }
    sqlite3 *db = store_connect(path, STORE_READ, err);
    bool is_new;
    if (!db || store_check_identity(db, &is_new, err) != OMNI_OK) {
        sqlite3_close(db);
        err_prefix(err, "%s: ", path);
        return NULL;
    }
    struct query *q = xcalloc(1, sizeof *q);
    q->db = db;
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_set_authorizer(db, authorize, q);
    return q;
}

void query_close(struct query *q)
{
    if (!q)
        return;
    sqlite3_close_v2(q->db);
    free(q);
}

void query_interrupt(struct query *q)
{
    sqlite3_interrupt(q->db);
}

/* What follows the first statement but white space, semicolons and comments. */
static bool has_more(sqlite3 *db, const char *tail)
{
    sqlite3_stmt *next = NULL;
    int rc = sqlite3_prepare_v2(db, tail, -1, &next, NULL);
    bool more = rc != SQLITE_OK || next;
    sqlite3_finalize(next);
    return more;
}

static sqlite3_stmt *prepare(struct query *q, const char *sql, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    const char *tail = NULL;
    q->denied = NULL;
    int rc = sqlite3_prepare_v2(q->db, sql, -1, &stmt, &tail);
    if (rc == SQLITE_AUTH || q->denied) {
        err_set(err, OMNI_E_CONFIG, "only reading is allowed here: %s is not",
                q->denied ? q->denied : "this");
    } else if (rc == SQLITE_ERROR) {
        err_set(err, OMNI_E_CONFIG, "%s", sqlite3_errmsg(q->db));
    } else if (rc != SQLITE_OK) {
        sql_fail(q->db, err);
    } else if (!stmt) {
        err_set(err, OMNI_E_CONFIG, "there is no statement");
    } else if (!sqlite3_stmt_readonly(stmt) || sqlite3_column_count(stmt) == 0) {
        err_set(err, OMNI_E_CONFIG, "only SELECT is allowed here");
    } else if (has_more(q->db, tail)) {
        err_set(err, OMNI_E_CONFIG, "only one statement at a time");
    } else if (sqlite3_bind_parameter_count(stmt)) {
        err_set(err, OMNI_E_CONFIG, "parameters (?, :name) cannot be given here");
    } else {
        return stmt;
    }
    sqlite3_finalize(stmt);
    return NULL;
}

static omni_status give_columns(sqlite3_stmt *stmt, const struct query_calls *calls,
                                struct err *err)
{
    uint32_t n = (uint32_t)sqlite3_column_count(stmt);
    auto_free struct query_column *columns = xcalloc(n, sizeof *columns);
    for (uint32_t i = 0; i < n; i++)
        columns[i] =
            (struct query_column){.name = sqlite3_column_name(stmt, (int)i),
                                  .type = layout_type_parse(sqlite3_column_decltype(stmt, (int)i))};
    return calls->columns ? calls->columns(calls->ctx, columns, n, err) : OMNI_OK;
}

static omni_status read_cell(sqlite3_stmt *stmt, int i, struct omni_cell *cell, struct err *err)
{
    *cell = (struct omni_cell){.type = OMNI_NULL};
    switch (sqlite3_column_type(stmt, i)) {
    case SQLITE_INTEGER:
        cell->type = OMNI_INT;
        cell->v.i = sqlite3_column_int64(stmt, i);
        break;
    case SQLITE_FLOAT:
        cell->type = OMNI_REAL;
        cell->v.r = sqlite3_column_double(stmt, i);
        break;
    case SQLITE_TEXT:
        cell->type = OMNI_TEXT;
        cell->v.s = sql_text(stmt, i);
        cell->len = (uint32_t)sqlite3_column_bytes(stmt, i);
        break;
    case SQLITE_BLOB:
        return err_set(err, OMNI_E_UNSUPPORTED, "column %s holds bytes, not text; use hex()",
                       sqlite3_column_name(stmt, i));
    default:
        break;
    }
    return OMNI_OK;
}

static omni_status give_row(sqlite3_stmt *stmt, struct omni_cell *cells, uint32_t n,
                            const struct query_calls *calls, struct err *err)
{
    for (uint32_t i = 0; i < n; i++)
        if (read_cell(stmt, (int)i, &cells[i], err) != OMNI_OK)
            return err->status;
    return calls->row(calls->ctx, cells, n, err);
}

omni_status query_run(struct query *q, const char *sql, const struct query_calls *calls,
                      struct err *err)
{
    auto_stmt *stmt = prepare(q, sql, err);
    if (!stmt)
        return err->status;
    uint32_t n = (uint32_t)sqlite3_column_count(stmt);
    auto_free struct omni_cell *cells = xcalloc(n, sizeof *cells);
    omni_status status = give_columns(stmt, calls, err);
    enum sql_step step = SQL_ROW;
    while (status == OMNI_OK && (step = sql_step(stmt, err)) == SQL_ROW)
        status = give_row(stmt, cells, n, calls, err);
    return step == SQL_FAILED ? err->status : status;
}
