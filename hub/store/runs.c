/* SPDX-License-Identifier: Apache-2.0
 * The run ledger and the quarantine. */
#include <config.h>

#include <string.h>

#include "base/buf.h"
#include "base/day.h"
#include "base/text.h"
#include "store/internal.h"

enum { REJECT_MAX = 2000 };

/* What is quoted out of foreign bytes may not be UTF-8, and would make the row unreadable for most
 * programs. */
static const char *readable(struct buf *room, const char *text, size_t len)
{
    room->max = 3 * len + 1;
    return text_add_utf8(room, text, len) ? buf_text(room) : "";
}

int64_t store_run_begin(struct store *s, const struct store_run *r, struct err *err)
{
    auto_stmt *stmt =
        sql_prepare(s->db,
                    "INSERT INTO runs(kind, connector, stream, account, batch, plugin_version,"
                    " started, outcome) VALUES(?, ?, ?, ?, ?, ?, ?, 'running')",
                    err);
    if (!stmt)
        return 0;
    sql_bind(stmt, "ssssssi", r->kind, r->connector, r->stream, r->account, r->batch,
             r->plugin_version, day_now());
    return sql_run(stmt, err) == OMNI_OK ? sqlite3_last_insert_rowid(s->db) : 0;
}

omni_status store_run_finish(struct store *s, int64_t run, const struct store_run_end *e,
                             struct err *err)
{
    auto_buf message = {0};
    auto_stmt *stmt =
        sql_prepare(s->db,
                    "UPDATE runs SET ended = ?, outcome = ?, reason = ?, message = ?, remedy = ?,"
                    " requests = ?, retries = ?, bytes = ?, rejected = ?,"
                    " windows = windows + ?, inserted = inserted + ? WHERE id = ?",
                    err);
    if (!stmt)
        return err->status;
    /* A delivery is to a push what a window is to a pull. */
    sql_bind(stmt, "issssiiiiiii", day_now(), e->outcome, e->reason,
             e->message ? readable(&message, e->message, strlen(e->message)) : NULL, e->remedy,
             (int64_t)e->requests, (int64_t)e->retries, (int64_t)e->bytes, (int64_t)e->rejected,
             (int64_t)e->deliveries, (int64_t)e->rows, run);
    if (sql_run(stmt, err) != OMNI_OK)
        return err->status;
    if (sqlite3_changes(s->db) != 1)
        return err_set(err, OMNI_E_BUG, "there is no run %lld", (long long)run);
    return OMNI_OK;
}

omni_status store_runs_abandon(struct store *s, const char *batch, const struct store_run_end *e,
                               uint64_t *n, struct err *err)
{
    auto_stmt *stmt =
        sql_prepare(s->db,
                    "UPDATE runs SET ended = ?, outcome = ?, reason = ?, message = ?, remedy = ?"
                    " WHERE batch = ? AND outcome = 'running'",
                    err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "isssss", day_now(), e->outcome, e->reason, e->message, e->remedy, batch);
    omni_status st = sql_run(stmt, err);
    if (n && st == OMNI_OK)
        *n = (uint64_t)sqlite3_changes64(s->db);
    return st;
}

/* Cut between characters, not inside one. */
static size_t cut_length(const char *raw, size_t len)
{
    if (len <= REJECT_MAX)
        return len;
    len = REJECT_MAX;
    while (len > 0 && ((unsigned char)raw[len] & 0xc0) == 0x80)
        len--;
    return len;
}

omni_status store_reject_add(struct store *s, int64_t run, const struct store_reject *r,
                             struct err *err)
{
    auto_buf reason = {0}, line = {0};
    auto_stmt *stmt = sql_prepare(
        s->db, "INSERT INTO rejects(run, at, place, reason, raw) VALUES(?, ?, ?, ?, ?)", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "iiss", run, day_now(), r->where,
             r->reason ? readable(&reason, r->reason, strlen(r->reason)) : NULL);
    struct omni_cell raw = {.type = r->raw ? OMNI_TEXT : OMNI_NULL};
    if (r->raw) {
        raw.v.s = readable(&line, r->raw, cut_length(r->raw, r->raw_len));
        raw.len = (uint32_t)line.len;
    }
    sql_bind_cell(stmt, 5, &raw);
    return sql_run(stmt, err);
}
