/* SPDX-License-Identifier: Apache-2.0
 * The run ledger and the quarantine. */
#include <config.h>

#include <string.h>

#include "base/buf.h"
#include "base/day.h"
#include "base/text.h"
#include "store/events.h"
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

/* ---- the end ---- */

/* A run's end and what it means for events are written together. Inside of another transaction it
 * is a part of that. */
static omni_status end_begin(struct store *s, struct err *err)
{
    return sql_exec(s->db, err, "SAVEPOINT run_end");
}

static omni_status end_commit(struct store *s, omni_status status, struct err *err)
{
    struct err ignored = {0};
    if (status == OMNI_OK)
        status = sql_exec(s->db, err, "RELEASE run_end");
    if (status != OMNI_OK)
        sql_exec(s->db, &ignored, "ROLLBACK TO run_end; RELEASE run_end");
    return status;
}

/* Of each run that the statement gives. */
static omni_status note_ends(struct store *s, sqlite3_stmt *runs, struct err *err)
{
    enum sql_step step;
    omni_status status = OMNI_OK;
    while (status == OMNI_OK && (step = sql_step(runs, err)) != SQL_DONE)
        status = step == SQL_FAILED
                     ? err->status
                     : event_of_run(s,
                                    &(struct event_run){.kind = sql_text(runs, 0),
                                                        .connector = sql_text(runs, 1),
                                                        .stream = sql_text(runs, 2),
                                                        .account = sql_text(runs, 3),
                                                        .outcome = sql_text(runs, 4),
                                                        .reason = sql_text(runs, 5),
                                                        .message = sql_text(runs, 6)},
                                    err);
    return status;
}

#define RUN_FACTS "SELECT kind, connector, stream, account, outcome, reason, message FROM runs"

static omni_status note_end(struct store *s, int64_t run, struct err *err)
{
    auto_stmt *stmt = sql_prepare(s->db, RUN_FACTS " WHERE id = ?", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "i", run);
    return note_ends(s, stmt, err);
}

static omni_status write_end(struct store *s, int64_t run, const struct store_run_end *e,
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

omni_status store_run_finish(struct store *s, int64_t run, const struct store_run_end *e,
                             struct err *err)
{
    omni_status status = end_begin(s, err);
    if (status != OMNI_OK)
        return status;
    status = write_end(s, run, e, err);
    if (status == OMNI_OK)
        status = note_end(s, run, err);
    return end_commit(s, status, err);
}

static omni_status write_abandon(struct store *s, const char *batch, const struct store_run_end *e,
                                 uint64_t *n, struct err *err)
{
    int64_t now = day_now();
    auto_stmt *stmt =
        sql_prepare(s->db,
                    "UPDATE runs SET ended = ?, outcome = ?, reason = ?, message = ?, remedy = ?"
                    " WHERE batch = ? AND outcome = 'running'",
                    err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "isssss", now, e->outcome, e->reason, e->message, e->remedy, batch);
    omni_status st = sql_run(stmt, err);
    uint64_t ended = (uint64_t)sqlite3_changes64(s->db);
    if (st == OMNI_OK && n)
        *n = ended;
    if (st != OMNI_OK || ended == 0)
        return st;
    auto_stmt *those = sql_prepare(s->db, RUN_FACTS " WHERE batch = ? AND ended = ?", err);
    if (!those)
        return err->status;
    sql_bind(those, "si", batch, now);
    return note_ends(s, those, err);
}

omni_status store_runs_abandon(struct store *s, const char *batch, const struct store_run_end *e,
                               uint64_t *n, struct err *err)
{
    omni_status status = end_begin(s, err);
    if (status == OMNI_OK)
        status = end_commit(s, write_abandon(s, batch, e, n, err), err);
    return status;
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
