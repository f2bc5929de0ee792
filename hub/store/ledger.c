/* SPDX-License-Identifier: Apache-2.0
 * What the store knows about its feeds and runs, as JSON. */
#include <config.h>

#include "store/ledger.h"

#include <string.h>

#include "base/day.h"
#include "base/exact.h"
#include "base/json.h"
#include "store/internal.h"

/* ---- rows as objects ---- */

/* How a result column becomes a member: "at" and "…_at" columns are times in microseconds, the rest
 * is as it stands; NULL is left out. */
static void put_column(json_t *object, sqlite3_stmt *stmt, int i)
{
    const char *name = sqlite3_column_name(stmt, i);
    size_t len = strlen(name);
    int type = sqlite3_column_type(stmt, i);
    bool is_time = strcmp(name, "at") == 0 || (len > 3 && strcmp(name + len - 3, "_at") == 0);
    char time[TIME_TEXT];
    if (type == SQLITE_INTEGER && is_time)
        json_put_text(object, name, day_print_time(sqlite3_column_int64(stmt, i), time));
    else if (type == SQLITE_INTEGER)
        json_put_int(object, name, sqlite3_column_int64(stmt, i));
    else if (type != SQLITE_NULL)
        json_put_text(object, name, sql_text(stmt, i));
}

static json_t *read_row(sqlite3_stmt *stmt)
{
    json_t *object = json_object();
    for (int i = 0; i < sqlite3_column_count(stmt); i++)
        put_column(object, stmt, i);
    return object;
}

/* All rows; each may be finished by `finish`. */
static json_t *read_rows(sqlite3_stmt *stmt, void (*finish)(void *ctx, json_t *), void *ctx,
                         struct err *err)
{
    auto_json *rows = json_array();
    enum sql_step step;
    while ((step = sql_step(stmt, err)) == SQL_ROW) {
        json_t *row = read_row(stmt);
        if (finish)
            finish(ctx, row);
        json_array_append_new(rows, row);
    }
    return step == SQL_DONE ? json_incref(rows) : NULL;
}

/* SQLite takes a negative limit for none. */
static int64_t limit_of(uint32_t last)
{
    return last ? (int64_t)last : -1;
}

/* ---- runs ---- */

static void put_seconds(void *ctx, json_t *run)
{
    (void)ctx;
    const json_t *micros = json_object_get(run, "seconds");
    if (!micros)
        return;
    char text[EXACT_TEXT];
    json_put_text(run, "seconds", exact_print(json_integer_value(micros), text));
}

json_t *ledger_runs(struct store *s, const char *name, uint32_t last, struct err *err)
{
    auto_stmt *stmt = sql_prepare(
        s->db,
        "SELECT id, batch, kind, connector, stream, account, plugin_version, started AS started_at,"
        " ended AS ended_at, ended - started AS seconds, outcome, reason, message, remedy, "
        "from_day,"
        " to_day, iif(kind = 'push', NULL, windows) AS windows,"
        " iif(kind = 'push', windows, NULL) AS deliveries, inserted + changed + unchanged AS rows,"
        " requests, retries, bytes, iif(kind = 'push', 0, inserted) AS inserted, changed,"
        " unchanged, removed, restated, rejected FROM runs WHERE ?1 IS NULL OR connector = ?1"
        " ORDER BY id DESC LIMIT ?2",
        err);
    if (!stmt)
        return NULL;
    sql_bind(stmt, "si", name, limit_of(last));
    return read_rows(stmt, put_seconds, NULL, err);
}

/* ---- feeds ---- */

static const char last_run_sql[] =
    "SELECT id, outcome, reason, message, remedy, started AS started_at, ended AS ended_at FROM "
    "runs"
    " WHERE kind = 'pull' AND connector = ?1 AND stream = ?2 AND coalesce(account, '') = ?3"
    " ORDER BY id DESC LIMIT 1";
static const char last_ok_sql[] =
    "SELECT ended AS last_ok_at FROM runs WHERE kind = 'pull' AND connector = ?1 AND stream = ?2"
    " AND coalesce(account, '') = ?3 AND outcome = 'ok' ORDER BY id DESC LIMIT 1";

/* The first row of a query about the feed, NULL where there is none. */
static json_t *ask_feed(struct store *s, const json_t *feed, const char *sql, struct err *err)
{
    auto_stmt *stmt = sql_prepare(s->db, sql, err);
    if (!stmt)
        return NULL;
    sql_bind(stmt, "sss", json_text(feed, "connector"), json_text(feed, "stream"),
             json_text(feed, "account"));
    return sql_step(stmt, err) == SQL_ROW ? read_row(stmt) : NULL;
}

static void put_edge(struct store *s, json_t *feed, const struct schema_dataset *d,
                     const char *member, const char *order, struct err *err)
{
    const char *day = d->columns[d->day].name;
    auto_stmt *stmt = sql_prepare_fmt(
        s->db, err, "SELECT \"%w\" FROM \"d_%w\" WHERE _feed = %lld ORDER BY \"%w\" %s LIMIT 1",
        day, d->name, (long long)json_int(feed, "id", 0), day, order);
    if (stmt && sql_step(stmt, err) == SQL_ROW)
        json_put_text(feed, member, sql_text(stmt, 0));
}

static omni_status finish_feed(struct store *s, json_t *feed, struct err *err)
{
    struct err fault = {.status = OMNI_OK};
    const struct schema_dataset *d = schema_find(s->schema, json_text(feed, "dataset"));
    if (d && d->day >= 0 && json_int(feed, "rows", 0) > 0) {
        put_edge(s, feed, d, "first_day", "ASC", &fault);
        put_edge(s, feed, d, "last_day", "DESC", &fault);
    }
    json_t *run = ask_feed(s, feed, last_run_sql, &fault);
    if (run)
        json_object_set_new(feed, "last_run", run);
    auto_json *ok = ask_feed(s, feed, last_ok_sql, &fault);
    if (ok)
        json_object_update(feed, ok);
    json_object_del(feed, "id");
    if (fault.status != OMNI_OK)
        *err = fault;
    return fault.status;
}

json_t *ledger_feeds(struct store *s, const char *name, struct err *err)
{
    auto_stmt *stmt =
        sql_prepare(s->db,
                    "SELECT id, connector, source, stream, account, dataset, tz, currency,"
                    " settle_days, rows FROM feeds WHERE ?1 IS NULL OR connector = ?1"
                    " ORDER BY connector, stream, account, dataset",
                    err);
    if (!stmt)
        return NULL;
    sql_bind(stmt, "s", name);
    auto_json *feeds = read_rows(stmt, NULL, NULL, err);
    size_t i;
    json_t *feed;
    json_array_foreach(feeds, i, feed) if (finish_feed(s, feed, err) != OMNI_OK) return NULL;
    return json_incref(feeds);
}

/* ---- restatements ---- */

static void put_number(json_t *row, const char *member, bool is_micros)
{
    const json_t *value = json_object_get(row, member);
    char text[EXACT_TEXT];
    if (value && is_micros)
        json_put_text(row, member, exact_print(json_integer_value(value), text));
}

static void finish_restated(void *ctx, json_t *row)
{
    const struct schema_dataset *d = schema_find(ctx, json_text(row, "dataset"));
    int column = d ? schema_column(d, json_text(row, "metric")) : -1;
    bool is_micros = column >= 0 && d->columns[column].type == OMNI_MICROS;
    put_number(row, "old", is_micros);
    put_number(row, "new", is_micros);
}

json_t *ledger_restated(struct store *s, const char *name, uint32_t last, struct err *err)
{
    auto_stmt *stmt =
        sql_prepare(s->db,
                    "SELECT r.at AS at, r.run AS run, f.connector AS connector, f.stream AS stream,"
                    " f.account AS account, r.dataset AS dataset, r.day AS date,"
                    " r.metric AS metric, r.old AS old, r.new AS new FROM restatements r"
                    " JOIN feeds f ON f.id = r.feed WHERE ?1 IS NULL OR f.connector = ?1"
                    " ORDER BY r.id DESC LIMIT ?2",
                    err);
    if (!stmt)
        return NULL;
    sql_bind(stmt, "si", name, limit_of(last));
    return read_rows(stmt, finish_restated, (void *)(uintptr_t)s->schema, err);
}

json_t *ledger_rejects(struct store *s, int64_t run, uint32_t last, struct err *err)
{
    auto_stmt *stmt = sql_prepare(
        s->db,
        "SELECT run, at, place AS \"where\", reason, raw FROM rejects WHERE ?1 = 0 OR run = ?1"
        " ORDER BY id DESC LIMIT ?2",
        err);
    if (!stmt)
        return NULL;
    sql_bind(stmt, "ii", run, limit_of(last));
    return read_rows(stmt, NULL, NULL, err);
}
