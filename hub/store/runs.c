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

static int64_t insert_run(struct store *s, const struct store_run *r, int64_t at, struct err *err)
{
    auto_stmt *stmt =
        sql_prepare(s->db,
                    "INSERT INTO runs(kind, connector, stream, account, batch, plugin_version,"
                    " started, outcome) VALUES(?, ?, ?, ?, ?, ?, ?, 'running')",
                    err);
    if (!stmt)
        return 0;
    sql_bind(stmt, "ssssssi", r->kind, r->connector, r->stream, r->account, r->batch,
             r->plugin_version, at);
    return sql_run(stmt, err) == OMNI_OK ? sqlite3_last_insert_rowid(s->db) : 0;
}

int64_t store_run_begin(struct store *s, const struct store_run *r, struct err *err)
{
    return insert_run(s, r, day_now(), err);
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
    s->is_full = status != OMNI_OK && sql_is_full(s->db); /* asked before SQLite forgets it */
    if (status != OMNI_OK)
        sql_exec(s->db, &ignored, "ROLLBACK TO run_end; RELEASE run_end");
    return status;
}

static struct event_run event_run_of(sqlite3_stmt *runs)
{
    return (struct event_run){.kind = sql_text(runs, 0),
                              .connector = sql_text(runs, 1),
                              .stream = sql_text(runs, 2),
                              .account = sql_text(runs, 3),
                              .outcome = sql_text(runs, 4),
                              .reason = sql_text(runs, 5),
                              .message = sql_text(runs, 6)};
}

#define RUN_FACTS "kind, connector, stream, account, outcome, reason, message"
enum { RUN_N_FACTS = 7 };

static omni_status note_end(struct store *s, int64_t run, struct err *err)
{
    auto_stmt *stmt = sql_prepare(s->db, "SELECT " RUN_FACTS " FROM runs WHERE id = ?", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "i", run);
    if (sql_step(stmt, err) == SQL_FAILED)
        return err->status;
    const struct event_run facts = event_run_of(stmt);
    return event_of_run(s, &facts, err);
}

static omni_status write_end(struct store *s, int64_t run, const struct store_run_end *e,
                             int64_t at, struct err *err)
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
    sql_bind(stmt, "issssiiiiiii", at, e->outcome, e->reason,
             e->message ? readable(&message, e->message, strlen(e->message)) : NULL, e->remedy,
             (int64_t)e->requests, (int64_t)e->retries, (int64_t)e->bytes, (int64_t)e->rejected,
             (int64_t)e->deliveries, (int64_t)e->rows, run);
    if (sql_run(stmt, err) != OMNI_OK)
        return err->status;
    if (sqlite3_changes(s->db) != 1)
        return err_set(err, OMNI_E_BUG, "there is no run %lld", (long long)run);
    return OMNI_OK;
}

static omni_status write_asked(struct store *s, int64_t run, const struct store_run_end *e,
                               struct err *err)
{
    if (e->n_asked == 0)
        return OMNI_OK;
    auto_stmt *stmt =
        sql_prepare(s->db, "INSERT OR REPLACE INTO run_hosts VALUES(?, ?, ?, ?)", err);
    omni_status status = stmt ? OMNI_OK : err->status;
    for (size_t i = 0; i < e->n_asked && status == OMNI_OK; i++) {
        const struct store_asked *one = &e->asked[i];
        sql_bind(stmt, "isii", run, one->host, (int64_t)one->status, (int64_t)one->requests);
        status = sql_run(stmt, err);
    }
    return status;
}

static omni_status write_signal(struct store *s, int64_t run, int signal, struct err *err)
{
    if (!signal)
        return OMNI_OK;
    auto_stmt *stmt = sql_prepare(s->db, "INSERT OR REPLACE INTO run_signals VALUES(?, ?)", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "ii", run, (int64_t)signal);
    return sql_run(stmt, err);
}

omni_status store_run_finish(struct store *s, int64_t run, const struct store_run_end *e,
                             struct err *err)
{
    omni_status status = end_begin(s, err);
    if (status != OMNI_OK)
        return status;
    status = write_end(s, run, e, day_now(), err);
    if (status == OMNI_OK)
        status = write_asked(s, run, e, err);
    if (status == OMNI_OK)
        status = write_signal(s, run, e->signal, err);
    if (status == OMNI_OK)
        status = note_end(s, run, err);
    return end_commit(s, status, err);
}

/* ---- ends that no job wrote ---- */

/* Another run of the same stream, or of a part of what has none, ended since. */
static omni_status is_overtaken(struct store *s, const struct event_run *r, int64_t at, bool *is,
                                struct err *err)
{
    int64_t n = 0;
    auto_stmt *stmt = sql_prepare(
        s->db,
        "SELECT 1 FROM runs WHERE kind = ?1 AND connector = ?2 AND (?3 IS NULL OR ?3 = '' OR"
        " stream = ?3) AND (?4 IS NULL OR ?4 = '' OR account = ?4) AND ended > ?5 LIMIT 1",
        err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "ssssi", r->kind, r->connector, r->stream, r->account, at);
    omni_status status = sql_int(stmt, 0, &n, err);
    *is = n > 0;
    return status;
}

static omni_status note_abandoned(struct store *s, const struct event_run *r,
                                  const struct store_abandoned *a, struct err *err)
{
    bool is_over = false;
    if (a->is_late && is_overtaken(s, r, a->at, &is_over, err) != OMNI_OK)
        return err->status;
    return is_over ? OMNI_OK : event_of_run(s, r, err);
}

static omni_status end_running(struct store *s, const struct store_abandoned *a, uint64_t *n,
                               struct err *err)
{
    auto_buf message = {0};
    const struct store_run_end *e = a->end;
    auto_stmt *stmt =
        sql_prepare_fmt(s->db, err,
                        "UPDATE runs SET ended = ?1, outcome = ?2, reason = ?3, message = ?4,"
                        " remedy = ?5 WHERE %s outcome = 'running' RETURNING " RUN_FACTS ", id",
                        a->is_all ? "" : "(id = ?6 OR batch = ?7) AND");
    if (!stmt)
        return err->status;
    sql_bind(stmt, a->is_all ? "issss" : "issssis", a->at, e->outcome, e->reason,
             e->message ? readable(&message, e->message, strlen(e->message)) : NULL, e->remedy,
             a->run, a->batch);
    enum sql_step step;
    for (*n = 0; (step = sql_step(stmt, err)) == SQL_ROW; ++*n) {
        const struct event_run facts = event_run_of(stmt);
        if (write_signal(s, sqlite3_column_int64(stmt, RUN_N_FACTS), e->signal, err) != OMNI_OK ||
            note_abandoned(s, &facts, a, err) != OMNI_OK)
            return err->status;
    }
    return step == SQL_FAILED ? err->status : OMNI_OK;
}

static omni_status note_unbegun(struct store *s, const struct store_abandoned *a, struct err *err)
{
    const struct store_run *r = a->noted;
    const struct event_run facts = {.kind = r->kind,
                                    .connector = r->connector,
                                    .stream = r->stream,
                                    .account = r->account,
                                    .outcome = a->end->outcome,
                                    .reason = a->end->reason,
                                    .message = a->end->message};
    bool is_over = false;
    if (a->is_late && is_overtaken(s, &facts, a->at, &is_over, err) != OMNI_OK)
        return err->status;
    if (is_over) /* it would look like the newest */
        return OMNI_OK;
    int64_t id = insert_run(s, r, a->at, err);
    if (!id || write_end(s, id, a->end, a->at, err) != OMNI_OK ||
        write_signal(s, id, a->end->signal, err) != OMNI_OK)
        return err->status;
    return event_of_run(s, &facts, err);
}

omni_status store_runs_abandon(struct store *s, const struct store_abandoned *a, uint64_t *n,
                               struct err *err)
{
    uint64_t ended = 0;
    omni_status status = end_begin(s, err);
    if (status != OMNI_OK)
        return status;
    status = end_running(s, a, &ended, err);
    if (status == OMNI_OK && ended == 0 && a->noted)
        status = note_unbegun(s, a, err);
    status = end_commit(s, status, err);
    if (n)
        *n = status == OMNI_OK ? ended : 0;
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
