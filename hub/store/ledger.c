/* SPDX-License-Identifier: Apache-2.0
 * What the store knows about its runs, restatements and rejects, as JSON. */
#include <config.h>

#include "store/ledger.h"

#include "base/exact.h"
#include "base/json.h"
#include "base/mem.h"
#include "store/internal.h"
#include "store/ledger_rows.h"

/* SQLite takes a negative limit for none. */
static int64_t limit_of(uint32_t last)
{
    return last ? (int64_t)last : -1;
}

/* ---- runs ---- */

static void finish_run(void *ctx, json_t *run)
{
    (void)ctx;
    ledger_put_code(run);
    const json_t *micros = json_object_get(run, "seconds");
    if (!micros)
        return;
    char text[EXACT_TEXT];
    json_put_text(run, "seconds", exact_print(json_integer_value(micros), text));
}

static json_t *runs_where(struct store *s, const char *where, const char *name, uint32_t last,
                          struct err *err)
{
    auto_stmt *stmt = sql_prepare_fmt(
        s->db, err,
        "SELECT id, batch, kind, connector, stream, account, plugin_version, started AS started_at,"
        " ended AS ended_at, ended - started AS seconds, outcome, reason, message, remedy, "
        "from_day,"
        " to_day, iif(kind = 'push', NULL, windows) AS windows,"
        " iif(kind = 'push', windows, NULL) AS deliveries, inserted + changed + unchanged AS rows,"
        " requests, retries, bytes, iif(kind = 'push', 0, inserted) AS inserted, changed,"
        " unchanged, removed, restated, rejected FROM runs %s ORDER BY id DESC LIMIT ?1",
        where);
    if (!stmt)
        return NULL;
    sql_bind(stmt, name ? "is" : "i", limit_of(last), name);
    return ledger_rows(stmt, finish_run, NULL, err);
}

json_t *ledger_runs(struct store *s, const char *name, uint32_t last, struct err *err)
{
    /* No OR, so that SQLite sees the index. */
    return runs_where(s, name ? "WHERE connector = ?2" : "", name, last, err);
}

json_t *ledger_work(struct store *s, uint32_t last, struct err *err)
{
    /* However long it is that anything happened. */
    enum { BACK = 100 };
    auto_free char *where =
        xasprintf("WHERE NOT (kind = 'push' AND outcome = 'ok' AND windows = 0) AND"
                  " (?1 < 0 OR id > (SELECT max(id) FROM runs) - ?1 * %d)",
                  BACK);
    return runs_where(s, where, NULL, last, err);
}

enum { RUNS_BACK = 10000 }; /* so many runs are looked at, however large the ledger is */

json_t *ledger_starts(struct store *s, int64_t from, int64_t to, struct err *err)
{
    auto_stmt *stmt =
        sql_prepare(s->db,
                    "SELECT connector, max(started) FROM (SELECT kind, connector, started FROM runs"
                    " ORDER BY id DESC LIMIT ?1) WHERE kind = 'pull' AND started > ?2"
                    " AND started <= ?3 GROUP BY connector",
                    err);
    auto_json *out = json_object();
    enum sql_step step;
    if (!stmt)
        return NULL;
    sql_bind(stmt, "iii", (int64_t)RUNS_BACK, from, to);
    while ((step = sql_step(stmt, err)) == SQL_ROW)
        json_put_int(out, sql_text(stmt, 0), sqlite3_column_int64(stmt, 1));
    return step == SQL_FAILED ? NULL : json_incref(out);
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

/* Of each feed the newest, found by its index, then the newest of these: neither a connector that
 * was restated last a million entries ago nor one that is restated daily is waited for. */
#define NEWEST_OF_ITS_FEEDS                                                                        \
    "f.connector = ?2 AND r.id IN (SELECT x.id FROM restatements x WHERE x.feed = f.id"            \
    " ORDER BY x.at DESC LIMIT ?1)"

json_t *ledger_restated(struct store *s, const char *name, uint32_t last, struct err *err)
{
    auto_stmt *stmt = sql_prepare_fmt(
        s->db, err,
        "SELECT r.at AS at, r.run AS run, f.connector AS connector, f.stream AS stream,"
        " f.account AS account, r.dataset AS dataset, r.day AS date,"
        " r.metric AS metric, r.old AS old, r.new AS new FROM feeds f"
        " JOIN restatements r ON %s ORDER BY r.id DESC LIMIT ?1",
        name ? NEWEST_OF_ITS_FEEDS : "f.id = r.feed");
    if (!stmt)
        return NULL;
    sql_bind(stmt, name ? "is" : "i", limit_of(last), name);
    return ledger_rows(stmt, finish_restated, (void *)(uintptr_t)s->schema, err);
}

/* Of one connector run by run, so that both indexes are followed and nothing is sorted. */
json_t *ledger_rejects(struct store *s, const char *name, uint32_t last, struct err *err)
{
    auto_stmt *stmt = sql_prepare_fmt(
        s->db, err,
        "SELECT j.run AS run, r.connector AS connector, r.stream AS stream, j.at AS at,"
        " j.place AS \"where\", j.reason AS reason, j.raw AS raw FROM runs r JOIN rejects j"
        " ON r.id = j.run %s DESC LIMIT ?1",
        name ? "WHERE r.connector = ?2 ORDER BY r.id DESC, j.id" : "ORDER BY j.id");
    if (!stmt)
        return NULL;
    sql_bind(stmt, name ? "is" : "i", limit_of(last), name);
    return ledger_rows(stmt, NULL, NULL, err);
}
