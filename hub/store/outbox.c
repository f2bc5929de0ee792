/* SPDX-License-Identifier: Apache-2.0
 * Messages of alerts: made, sent again, ended. */
#include <config.h>

#include "store/outbox.h"

#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "store/internal.h"
#include "store/ledger_rows.h"

enum { ITEMS_MAX = 200, KEEP_DAYS = 90 };

/* ---- what is not told yet ---- */

/* Those that last and are new, more urgent or to be told again; then those that were told and are
 * over. Both by small indexes, however many events there were. */
static const char untold_sql[] =
    "SELECT n.id, n.kind, n.scope, n.since, n.until, n.text, n.stage, t.stage AS told_stage,"
    " t.at AS told_at FROM notices n LEFT JOIN told t ON t.alert = ?1 AND t.notice = n.id"
    " WHERE n.until IS NULL"
    " UNION ALL SELECT n.id, n.kind, n.scope, n.since, n.until, n.text, n.stage, t.stage, t.at"
    " FROM told t JOIN notices n ON n.id = t.notice WHERE t.alert = ?1 AND n.until IS NOT NULL"
    " ORDER BY 1 DESC";

struct gathering {
    const struct outbox_alert *alert;
    int64_t now, oldest, remind_at;
    json_t *items, *rows; /* rows: all of them, with what told needs */
    bool is_due;          /* there is something to write */
    int64_t due;          /* when there is something to do, as far as is known now */
};

static bool is_wanted(const struct outbox_alert *a, const char *kind)
{
    for (const char *const *k = a->kinds; k && *k; k++)
        if (strcmp(*k, kind) == 0)
            return true;
    return !a->kinds;
}

/* "open", "still", "over"; NULL: nothing to say. *since: from when on it waits to be told. */
static const char *state_of(struct gathering *g, const json_t *row, int64_t *since)
{
    int64_t until = json_int(row, "until", -1), told_at = json_int(row, "told_at", -1);
    *since = 0; /* at once */
    if (until >= 0) {
        *since = until;
        return "over";
    }
    if (told_at < 0) {
        *since = json_int(row, "since", 0);
        return "open";
    }
    if (json_int(row, "told_stage", 0) < json_int(row, "stage", 0))
        return "open";
    int64_t again = told_at + g->alert->remind;
    if (g->alert->remind && again <= g->now)
        return "still";
    if (g->alert->remind && again < g->remind_at)
        g->remind_at = again;
    return NULL;
}

static json_t *item_of(const json_t *row, const char *state)
{
    char time[TIME_TEXT];
    json_t *item = json_object();
    json_put_int(item, "id", json_int(row, "id", 0));
    json_put_text(item, "kind", json_text(row, "kind"));
    json_put_text(item, "scope", json_text(row, "scope"));
    json_put_text(item, "state", state);
    int64_t since = json_int(row, "since", 0), until = json_int(row, "until", -1);
    json_put_text(item, "since_at", day_print_time(since / TIME_SECOND * TIME_SECOND, time));
    if (until >= 0)
        json_put_text(item, "until_at", day_print_time(until / TIME_SECOND * TIME_SECOND, time));
    json_put_text(item, "text", json_text(row, "text"));
    return item;
}

static void gather_row(struct gathering *g, json_t *row)
{
    int64_t since;
    if (!is_wanted(g->alert, json_text(row, "kind")))
        return;
    const char *state = state_of(g, row, &since);
    if (!state)
        return;
    if (since > g->now) /* the clock was set back: nothing waits for that */
        since = 0;
    g->oldest = since < g->oldest ? since : g->oldest;
    json_array_append(g->rows, row);
    if (json_array_size(g->items) < ITEMS_MAX)
        json_array_append_new(g->items, item_of(row, state));
}

static json_t *raw_row(sqlite3_stmt *stmt)
{
    json_t *row = json_object();
    for (int i = 0; i < sqlite3_column_count(stmt); i++) {
        const char *name = sqlite3_column_name(stmt, i);
        if (sqlite3_column_type(stmt, i) == SQLITE_INTEGER)
            json_put_int(row, name, sqlite3_column_int64(stmt, i));
        else
            json_put_text(row, name, sql_text(stmt, i));
    }
    return row;
}

static omni_status gather(struct store *s, struct gathering *g, struct err *err)
{
    enum sql_step step;
    auto_stmt *stmt = sql_prepare(s->db, untold_sql, err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "s", g->alert->name);
    while ((step = sql_step(stmt, err)) == SQL_ROW) {
        auto_json *row = raw_row(stmt);
        gather_row(g, row);
    }
    return step == SQL_FAILED ? err->status : OMNI_OK;
}

/* ---- making ---- */

static omni_status note_told(struct store *s, const struct gathering *g, struct err *err)
{
    auto_stmt *open = sql_prepare(s->db, "INSERT OR REPLACE INTO told VALUES(?, ?, ?, ?)", err);
    auto_stmt *over =
        open ? sql_prepare(s->db, "DELETE FROM told WHERE alert = ? AND notice = ?", err) : NULL;
    omni_status status = over ? OMNI_OK : err->status;
    size_t i;
    const json_t *row;
    json_array_foreach(g->rows, i, row)
    {
        bool is_over = json_int(row, "until", -1) >= 0;
        int64_t id = json_int(row, "id", 0);
        if (status != OMNI_OK)
            return status;
        if (is_over)
            sql_bind(over, "si", g->alert->name, id);
        else
            sql_bind(open, "siii", g->alert->name, id, json_int(row, "stage", 0), g->now);
        status = sql_run(is_over ? over : open, err);
    }
    return status;
}

static omni_status write_message(struct store *s, const struct gathering *g, struct err *err)
{
    auto_free char *items = json_print(g->items);
    auto_stmt *stmt = sql_prepare(s->db,
                                  "INSERT INTO outbox(alert, key, made, items, n, next)"
                                  " VALUES(?1, lower(hex(randomblob(16))), ?2, ?3, ?4, ?2)",
                                  err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "sisi", g->alert->name, g->now, items, (int64_t)json_array_size(g->rows));
    omni_status status = sql_run(stmt, err);
    if (status == OMNI_OK)
        status = note_told(s, g, err);
    if (status == OMNI_OK)
        status = sql_exec(s->db, err, "DELETE FROM outbox WHERE ended < %lld",
                          (long long)(g->now - KEEP_DAYS * TIME_DAY));
    return status;
}

static void gathering_drop(struct gathering *g)
{
    json_decref(g->items);
    json_decref(g->rows);
}
#define auto_gathering __attribute__((cleanup(gathering_drop))) struct gathering

static omni_status look(struct store *s, struct gathering *g, struct err *err)
{
    g->items = json_array();
    g->rows = json_array();
    g->oldest = g->remind_at = INT64_MAX;
    omni_status status = gather(s, g, err);
    bool has_any = status == OMNI_OK && json_array_size(g->rows) > 0;
    g->is_due = has_any && g->oldest + g->alert->group <= g->now;
    g->due = g->remind_at;
    if (has_any && !g->is_due && g->oldest + g->alert->group < g->due)
        g->due = g->oldest + g->alert->group;
    return status;
}

/* Looks once more, as another may have written meanwhile. */
static omni_status look_and_write(struct store *s, struct gathering *g, struct err *err)
{
    omni_status status = look(s, g, err);
    if (!g->is_due)
        return status;
    if (g->alert->remind && g->now + g->alert->remind < g->due)
        g->due = g->now + g->alert->remind;
    return write_message(s, g, err);
}

omni_status outbox_make(struct store *s, const struct outbox_alert *a, int64_t now, int64_t *due,
                        struct err *err)
{
    auto_gathering first = {.alert = a, .now = now}, second = {.alert = a, .now = now};
    /* Most often there is nothing, and then no write lock is needed. */
    omni_status status = look(s, &first, err);
    *due = first.due;
    if (status != OMNI_OK || !first.is_due)
        return status;
    status = sql_begin(s->db, err);
    if (status != OMNI_OK)
        return status;
    status = look_and_write(s, &second, err);
    *due = second.due;
    if (status == OMNI_OK)
        status = sql_commit(s->db, err);
    if (status != OMNI_OK)
        sql_rollback(s->db);
    return status;
}

omni_status outbox_keep(struct store *s, const json_t *names, struct err *err)
{
    auto_free char *list = json_print(names);
    int64_t n = 0;
    auto_stmt *any = sql_prepare(s->db,
                                 "SELECT (SELECT count(*) FROM told WHERE alert NOT IN"
                                 " (SELECT value FROM json_each(?1))) + (SELECT count(*) FROM"
                                 " outbox WHERE ended IS NULL AND alert NOT IN"
                                 " (SELECT value FROM json_each(?1)))",
                                 err);
    if (!any)
        return err->status;
    sql_bind(any, "s", list);
    omni_status status = sql_int(any, 0, &n, err);
    if (status != OMNI_OK || n == 0) /* most often; then no write lock is needed */
        return status;
    return sql_exec(s->db, err,
                    "DELETE FROM told WHERE alert NOT IN (SELECT value FROM json_each(%Q));"
                    "UPDATE outbox SET ended = %lld, code = '" OUTBOX_DROPPED "' WHERE ended IS"
                    " NULL AND alert NOT IN (SELECT value FROM json_each(%Q))",
                    list, (long long)day_now(), list);
}

/* ---- sending ---- */

/* Text columns that hold JSON. */
static void parse_member(json_t *row, const char *key)
{
    struct err ignored = {0};
    const char *text = json_text(row, key);
    json_t *parsed = text ? json_parse(text, strlen(text), &ignored) : NULL;
    if (parsed)
        json_object_set_new(row, key, parsed);
}

json_t *outbox_next(struct store *s, const char *alert, struct err *err)
{
    auto_stmt *stmt = sql_prepare(s->db,
                                  "SELECT id, key, made, attempts, next, items, n, done FROM outbox"
                                  " WHERE alert = ? AND ended IS NULL ORDER BY id LIMIT 1",
                                  err);
    if (!stmt)
        return NULL;
    sql_bind(stmt, "s", alert);
    if (sql_step(stmt, err) != SQL_ROW)
        return NULL;
    json_t *row = raw_row(stmt);
    parse_member(row, "items");
    parse_member(row, "done");
    int64_t more = json_int(row, "n", 0) - (int64_t)json_array_size(json_object_get(row, "items"));
    if (more > 0)
        json_put_int(row, "more", more);
    return row;
}

omni_status outbox_begin(struct store *s, int64_t id, int64_t again, struct err *err)
{
    auto_stmt *stmt =
        sql_prepare(s->db, "UPDATE outbox SET attempts = attempts + 1, next = ? WHERE id = ?", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "ii", again, id);
    return sql_run(stmt, err);
}

omni_status outbox_note(struct store *s, int64_t id, const struct outbox_news *n, struct err *err)
{
    auto_free char *done = n->done ? json_print(n->done) : NULL;
    auto_stmt *stmt = sql_prepare(s->db,
                                  "UPDATE outbox SET code = ?1, message = ?2, done = ?3,"
                                  " next = max(next, ?4), ended = CASE WHEN ?1 IS NULL THEN NULL"
                                  " ELSE ?5 END WHERE id = ?6",
                                  err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "sssiii", n->code, n->message, done, n->next, day_now(), id);
    return sql_run(stmt, err);
}

/* Most often nothing waits; then no write lock is needed. */
omni_status outbox_clock_moved(struct store *s, int64_t moved, struct err *err)
{
    int64_t n = 0;
    auto_stmt *any =
        sql_prepare(s->db, "SELECT count(*) FROM outbox WHERE ended IS NULL AND attempts > 0", err);
    if (!any || sql_int(any, 0, &n, err) != OMNI_OK)
        return err->status;
    return n > 0 ? sql_exec(s->db, err,
                            "UPDATE outbox SET next = next + %lld WHERE ended IS NULL AND"
                            " attempts > 0",
                            (long long)moved)
                 : OMNI_OK;
}

/* ---- looking ---- */

static void finish(void *ctx, json_t *row)
{
    (void)ctx;
    parse_member(row, "done");
    if (json_text(row, "ended_at"))
        json_object_del(row, "next_at");
}

json_t *outbox_list(struct store *s, const char *alert, uint32_t last, struct err *err)
{
    bool has;
    if (sql_has_table(s->db, "outbox", &has, err) != OMNI_OK)
        return NULL;
    if (!has)
        return json_array();
    auto_stmt *stmt = sql_prepare(
        s->db,
        "SELECT id, alert, key, made AS made_at, n, attempts, next AS next_at,"
        " ended AS ended_at, code, message, done FROM outbox WHERE ?1 IS NULL OR alert = ?1"
        " ORDER BY id DESC LIMIT ?2",
        err);
    if (!stmt)
        return NULL;
    sql_bind(stmt, "si", alert, last ? (int64_t)last : -1);
    return ledger_rows(stmt, finish, NULL, err);
}

json_t *outbox_told(struct store *s, struct err *err)
{
    bool has;
    if (sql_has_table(s->db, "outbox", &has, err) != OMNI_OK)
        return NULL;
    if (!has)
        return json_array();
    auto_stmt *stmt =
        sql_prepare(s->db,
                    "SELECT n.id AS notice, t.alert, t.at, o.attempts, o.code,"
                    " o.ended AS ended_at, o.message FROM notices n JOIN told t"
                    " ON t.notice = n.id LEFT JOIN outbox o ON o.alert = t.alert AND o.made = t.at"
                    " WHERE n.until IS NULL ORDER BY t.at, t.alert",
                    err);
    return stmt ? ledger_rows(stmt, NULL, NULL, err) : NULL;
}
