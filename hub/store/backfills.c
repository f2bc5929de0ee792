/* SPDX-License-Identifier: Apache-2.0
 * Backfills and how far they are. */
#include <config.h>

#include "store/backfills.h"

#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "store/internal.h"
#include "store/ledger_rows.h"

int64_t backfill_begin(struct store *s, const struct backfill_order *o, struct err *err)
{
    char from[DAY_TEXT], to[DAY_TEXT];
    int64_t id = 0;
    auto_stmt *stmt = sql_prepare(
        s->db,
        "INSERT INTO backfills(connector, account, from_day, to_day, started)"
        " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(connector, account, from_day, to_day)"
        " WHERE code IS NOT 'ok' DO UPDATE SET ended = NULL, code = NULL, message = NULL"
        " RETURNING id",
        err);
    if (!stmt)
        return 0;
    sql_bind(stmt, "ssssi", o->connector, o->account, day_print(o->from, from),
             day_print(o->to, to), day_now());
    if (sql_step(stmt, err) == SQL_ROW)
        id = sqlite3_column_int64(stmt, 0);
    /* RETURNING gives its row first; the statement is done only after another step. */
    return id && sql_run(stmt, err) == OMNI_OK ? id : 0;
}

omni_status backfill_advance(struct store *s, int64_t id, int32_t done_from, int64_t spent,
                             struct err *err)
{
    char day[DAY_TEXT];
    auto_stmt *stmt = sql_prepare(
        s->db, "UPDATE backfills SET done_from = ?, spent = spent + ? WHERE id = ?", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "sii", day_print(done_from, day), spent, id);
    return sql_run(stmt, err);
}

omni_status backfill_end(struct store *s, int64_t id, const char *code, const char *message,
                         struct err *err)
{
    auto_stmt *stmt = sql_prepare(
        s->db, "UPDATE backfills SET ended = ?, code = ?, message = ? WHERE id = ?", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "issi", day_now(), code, message, id);
    return sql_run(stmt, err);
}

omni_status backfill_stop(struct store *s, const char *connector, uint64_t *n, struct err *err)
{
    auto_stmt *stmt = sql_prepare(s->db,
                                  "UPDATE backfills SET ended = ?, code = 'stopped' WHERE"
                                  " connector = ? AND ended IS NULL",
                                  err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "is", day_now(), connector);
    omni_status status = sql_run(stmt, err);
    *n = status == OMNI_OK ? (uint64_t)sqlite3_changes(s->db) : 0;
    return status;
}

/* ---- looking ---- */

static bool read_day(const json_t *row, const char *key, int32_t *day)
{
    const char *text = json_text(row, key);
    return text && day_parse_iso(text, strlen(text), day);
}

static void finish(void *ctx, json_t *row)
{
    (void)ctx;
    int32_t from, to, done_from;
    int64_t spent = json_int(row, "spent", 0);
    json_object_del(row, "spent");
    if (!read_day(row, "from_day", &from) || !read_day(row, "to_day", &to))
        return;
    int64_t days = (int64_t)to - from + 1;
    int64_t done = read_day(row, "done_from", &done_from) ? (int64_t)to - done_from + 1 : 0;
    json_put_int(row, "days", days);
    json_put_int(row, "days_done", done);
    json_put_int(row, "percent", done * 100 / days);
    if (!json_text(row, "ended_at"))
        json_put_int(row, "chunks_left",
                     (days - done + BACKFILL_CHUNK_DAYS - 1) / BACKFILL_CHUNK_DAYS);
    if (done > 0 && !json_text(row, "ended_at"))
        json_put_int(row, "seconds_left", spent / TIME_SECOND * (days - done) / done);
}

json_t *backfills_list(struct store *s, const char *connector, bool only_open, struct err *err)
{
    bool has;
    if (sql_has_table(s->db, "backfills", &has, err) != OMNI_OK)
        return NULL;
    if (!has)
        return json_array();
    auto_stmt *stmt = sql_prepare(
        s->db,
        "SELECT id, connector, account, from_day, to_day, done_from, started AS started_at,"
        " ended AS ended_at, code, message, spent FROM backfills WHERE (?1 IS NULL OR"
        " connector = ?1) AND (?2 = 0 OR ended IS NULL) ORDER BY id DESC",
        err);
    if (!stmt)
        return NULL;
    sql_bind(stmt, "si", connector, (int64_t)only_open);
    return ledger_rows(stmt, finish, NULL, err);
}
