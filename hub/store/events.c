/* SPDX-License-Identifier: Apache-2.0
 * Conditions that a person should know of, with their beginning and end. */
#include <config.h>

#include "store/events.h"

#include <string.h>

#include "base/buf.h"
#include "base/day.h"
#include "base/text.h"
#include "store/internal.h"
#include "store/ledger_rows.h"

enum { EVENT_TEXT = 2000 };

static omni_status write_it(struct store *s, sqlite3_stmt *stmt, struct err *err)
{
    omni_status status = sql_run(stmt, err);
    s->is_full = status != OMNI_OK && sql_is_full(s->db); /* asked before SQLite forgets it */
    return status;
}

omni_status event_is_open(struct store *s, const char *kind, const char *scope, bool *is_open,
                          struct err *err)
{
    int64_t n = 0;
    omni_status known = sql_has_table(s->db, "notices", is_open, err);
    if (known != OMNI_OK || !*is_open)
        return known;
    auto_stmt *stmt = sql_prepare(
        s->db, "SELECT count(*) FROM notices WHERE kind = ? AND scope = ? AND until IS NULL", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "ss", kind, scope);
    omni_status status = sql_int(stmt, 0, &n, err);
    *is_open = n > 0;
    return status;
}

/* As it is stored. */
static const char *kept_text(struct buf *room, const char *text)
{
    *room = BUF_INIT(3 * EVENT_TEXT + 1);
    return text_add_utf8(room, text, strnlen(text, EVENT_TEXT)) ? buf_text(room) : "";
}

omni_status event_is_new(struct store *s, const struct event *e, bool *is_new, struct err *err)
{
    int64_t n = 0;
    auto_buf room = {0};
    auto_stmt *stmt = sql_prepare(s->db,
                                  "SELECT count(*) FROM notices WHERE kind = ? AND scope = ? AND"
                                  " until IS NULL AND text = ?",
                                  err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "sss", e->kind, e->scope, kept_text(&room, e->text));
    omni_status status = sql_int(stmt, 0, &n, err);
    *is_new = status == OMNI_OK && n == 0;
    return status;
}

omni_status event_raise(struct store *s, const struct event *e, struct err *err)
{
    auto_buf room = {0};
    auto_stmt *stmt = sql_prepare(
        s->db,
        "INSERT INTO notices(kind, scope, since, text, stage) VALUES(?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT(kind, scope) WHERE until IS NULL DO UPDATE SET text = excluded.text,"
        " stage = max(stage, excluded.stage)",
        err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "ssisi", e->kind, e->scope, day_now(), kept_text(&room, e->text),
             (int64_t)e->stage);
    return write_it(s, stmt, err);
}

omni_status event_clear(struct store *s, const char *kind, const char *scope, bool *was_open,
                        struct err *err)
{
    /* Asked first, because most have nothing to end and then need no write lock. */
    bool is_open;
    omni_status status = event_is_open(s, kind, scope, &is_open, err);
    if (was_open)
        *was_open = status == OMNI_OK && is_open;
    if (status != OMNI_OK || !is_open)
        return status;
    auto_stmt *stmt = sql_prepare(
        s->db, "UPDATE notices SET until = ? WHERE kind = ? AND scope = ? AND until IS NULL", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "iss", day_now(), kind, scope);
    return write_it(s, stmt, err);
}

json_t *events_list(struct store *s, bool only_open, uint32_t last, struct err *err)
{
    bool has;
    if (sql_has_table(s->db, "notices", &has, err) != OMNI_OK)
        return NULL;
    if (!has)
        return json_array();
    auto_stmt *stmt = sql_prepare(
        s->db,
        "SELECT id, kind, scope, since AS since_at, until AS until_at, text FROM notices"
        " WHERE ?1 = 0 OR until IS NULL ORDER BY id DESC LIMIT ?2",
        err);
    if (!stmt)
        return NULL;
    sql_bind(stmt, "ii", (int64_t)only_open, last ? (int64_t)last : -1);
    return ledger_rows(stmt, NULL, NULL, err);
}
