/* SPDX-License-Identifier: Apache-2.0
 * Which days of which datasets changed, in order, and how far each reader got. */
#include <config.h>

#include "store/changes.h"

#include "base/mem.h"
#include "store/internal.h"

omni_status changes_mark(struct store *s, const char *dataset, int32_t day, struct err *err)
{
    auto_stmt *next =
        sql_prepare(s->db, "UPDATE meta SET value = value + 1 WHERE key = 'version'", err);
    auto_stmt *mark = sql_prepare(s->db,
                                  "INSERT OR REPLACE INTO changes(dataset, day, version)"
                                  " SELECT ?, ?, value FROM meta WHERE key = 'version'",
                                  err);
    if (!next || !mark)
        return err->status;
    sql_bind(mark, "si", dataset, (int64_t)day);
    if (sql_run(next, err) != OMNI_OK)
        return err->status;
    return sql_run(mark, err);
}

struct changes_day *changes_since(struct store *s, const char *dataset, uint64_t since, uint32_t *n,
                                  struct err *err)
{
    enum { FIRST = 64 };
    auto_stmt *stmt = sql_prepare(s->db,
                                  "SELECT day, version FROM changes WHERE dataset = ? AND"
                                  " version > ? ORDER BY version",
                                  err);
    if (!stmt)
        return NULL;
    sql_bind(stmt, "si", dataset, (int64_t)since);
    uint32_t max = FIRST;
    auto_free struct changes_day *days = xmalloc(max * sizeof *days);
    enum sql_step step;
    for (*n = 0; (step = sql_step(stmt, err)) == SQL_ROW; (*n)++) {
        if (*n == max)
            days = xrealloc(days, (max *= 2) * sizeof *days);
        days[*n] = (struct changes_day){.day = (int32_t)sqlite3_column_int64(stmt, 0),
                                        .version = (uint64_t)sqlite3_column_int64(stmt, 1)};
    }
    return step == SQL_DONE ? mem_take(days) : NULL;
}

omni_status changes_cursor_get(struct store *s, const char *reader, const char *dataset,
                               uint64_t *since, struct err *err)
{
    auto_stmt *stmt =
        sql_prepare(s->db, "SELECT version FROM cursors WHERE reader = ? AND dataset = ?", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "ss", reader, dataset);
    int64_t version;
    if (sql_int(stmt, 0, &version, err) != OMNI_OK)
        return err->status;
    *since = (uint64_t)version;
    return OMNI_OK;
}

omni_status changes_cursor_put(struct store *s, const char *reader, const char *dataset,
                               uint64_t since, struct err *err)
{
    auto_stmt *stmt = sql_prepare(
        s->db, "INSERT OR REPLACE INTO cursors(reader, dataset, version) VALUES(?, ?, ?)", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "ssi", reader, dataset, (int64_t)since);
    return sql_run(stmt, err);
}
