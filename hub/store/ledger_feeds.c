/* SPDX-License-Identifier: Apache-2.0
 * What the store knows about its feeds, as JSON. There may be ten thousand of them, so each
 * question is prepared once and answered by an index. */
#include <config.h>

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "store/internal.h"
#include "store/ledger.h"
#include "store/ledger_rows.h"

enum { FIRST, LAST, EDGES };

struct asker {
    struct store *store;
    sqlite3_stmt *last_run, *last_ok;
    sqlite3_stmt *(*edges)[EDGES]; /* by the dataset's place in the schema; NULL: not asked yet */
};

/* A run that failed before its streams were known (stream "") is the last of each of them. */
static const char last_run_sql[] =
    "SELECT id, outcome, reason, message, remedy, started AS started_at, ended AS ended_at FROM "
    "runs"
    " WHERE kind = 'pull' AND connector = ?1 AND stream IN (?2, '') AND account IN (?3, '')"
    " ORDER BY id DESC LIMIT 1";
static const char last_ok_sql[] =
    "SELECT ended AS last_ok_at FROM runs WHERE kind = 'pull' AND connector = ?1 AND stream = ?2"
    " AND account = ?3 AND outcome = 'ok' ORDER BY id DESC LIMIT 1";

static omni_status asker_open(struct asker *a, struct err *err)
{
    a->edges = xcalloc(schema_count(a->store->schema), sizeof *a->edges);
    a->last_run = sql_prepare(a->store->db, last_run_sql, err);
    a->last_ok = a->last_run ? sql_prepare(a->store->db, last_ok_sql, err) : NULL;
    return a->last_ok ? OMNI_OK : err->status;
}

static void asker_close(struct asker *a)
{
    sqlite3_finalize(a->last_run);
    sqlite3_finalize(a->last_ok);
    for (size_t i = 0; a->edges && i < schema_count(a->store->schema); i++)
        for (int edge = FIRST; edge < EDGES; edge++)
            sqlite3_finalize(a->edges[i][edge]);
    free(a->edges);
}

/* From day to day through the index until there is one with rows of the feed: the index begins
 * with the day, and its other feeds' rows are not walked over. */
static sqlite3_stmt *prepare_edge(struct store *s, const struct schema_dataset *d, int edge,
                                  struct err *err)
{
    const char *day = d->columns[d->day].name;
    const char *best = edge == FIRST ? "min" : "max", *beyond = edge == FIRST ? ">" : "<";
    return sql_prepare_fmt(s->db, err,
                           "WITH RECURSIVE days(day) AS (SELECT %s(\"%w\") FROM \"d_%w\" UNION ALL"
                           " SELECT (SELECT %s(\"%w\") FROM \"d_%w\" WHERE \"%w\" %s day) FROM days"
                           " WHERE day IS NOT NULL) SELECT day FROM days WHERE EXISTS"
                           " (SELECT 1 FROM \"d_%w\" WHERE \"%w\" = day AND _feed = ?) LIMIT 1",
                           best, day, d->name, best, day, d->name, day, beyond, d->name, day);
}

static omni_status put_edges(struct asker *a, json_t *feed, struct err *err)
{
    static const char *const members[] = {[FIRST] = "first_day", [LAST] = "last_day"};
    const struct schema *schema = a->store->schema;
    const struct schema_dataset *d = schema_find(schema, json_text(feed, "dataset"));
    if (!d || d->day < 0 || json_int(feed, "rows", 0) == 0)
        return OMNI_OK;
    size_t place = 0;
    while (schema_at(schema, place) != d)
        place++;
    for (int edge = FIRST; edge < EDGES; edge++) {
        sqlite3_stmt **stmt = &a->edges[place][edge];
        if (!*stmt && !(*stmt = prepare_edge(a->store, d, edge, err)))
            return err->status;
        sqlite3_bind_int64(*stmt, 1, json_int(feed, "id", 0));
        enum sql_step step = sql_step(*stmt, err);
        if (step == SQL_ROW)
            json_put_text(feed, members[edge], sql_text(*stmt, 0));
        sqlite3_reset(*stmt);
        if (step == SQL_FAILED)
            return err->status;
    }
    return OMNI_OK;
}

/* The newest run that the statement asks for; *out NULL: there is none. */
static omni_status ask_run(sqlite3_stmt *stmt, const json_t *feed, json_t **out, struct err *err)
{
    sql_bind(stmt, "sss", json_text(feed, "connector"), json_text(feed, "stream"),
             json_text(feed, "account"));
    enum sql_step step = sql_step(stmt, err);
    *out = step == SQL_ROW ? ledger_row(stmt) : NULL;
    sqlite3_reset(stmt);
    return step == SQL_FAILED ? err->status : OMNI_OK;
}

static omni_status finish_feed(struct asker *a, json_t *feed, struct err *err)
{
    json_t *run = NULL;
    auto_json *ok = NULL;
    if (put_edges(a, feed, err) != OMNI_OK || ask_run(a->last_run, feed, &run, err) != OMNI_OK)
        return err->status;
    if (run)
        ledger_put_code(run);
    if (run)
        json_object_set_new(feed, "last_run", run);
    if (ask_run(a->last_ok, feed, &ok, err) != OMNI_OK)
        return err->status;
    if (ok)
        json_object_update(feed, ok);
    json_object_del(feed, "id");
    return OMNI_OK;
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
    auto_json *feeds = ledger_rows(stmt, NULL, NULL, err);
    struct asker asker = {.store = s};
    omni_status status = feeds ? asker_open(&asker, err) : err->status;
    size_t i;
    json_t *feed;
    json_array_foreach(feeds, i, feed)
    {
        if (status == OMNI_OK)
            status = finish_feed(&asker, feed, err);
    }
    asker_close(&asker);
    return status == OMNI_OK ? json_incref(feeds) : NULL;
}

json_t *ledger_connectors(struct store *s, struct err *err)
{
    auto_stmt *stmt = sql_prepare(s->db,
                                  "SELECT connector, max(source) AS source, sum(rows) AS rows FROM"
                                  " feeds GROUP BY 1 ORDER BY 1",
                                  err);
    return stmt ? ledger_rows(stmt, NULL, NULL, err) : NULL;
}

/* Each subquery is one step in the index of runs, for the accounts that a stream has. */
static const char freshness_sql[] =
    "SELECT stream, max(coalesce(ok, first)) AS fresh, max(tried) AS tried FROM"
    " (SELECT f.stream,"
    " (SELECT ended FROM runs r WHERE r.kind = 'pull' AND r.connector = f.connector AND"
    " r.stream = f.stream AND r.account = f.account AND outcome = 'ok' ORDER BY id DESC LIMIT 1)"
    " AS ok,"
    " (SELECT started FROM runs r WHERE r.kind = 'pull' AND r.connector = f.connector AND"
    " r.stream = f.stream AND r.account = f.account ORDER BY id LIMIT 1) AS first,"
    " (SELECT started FROM runs r WHERE r.kind = 'pull' AND r.connector = f.connector AND"
    " r.stream IN (f.stream, '') AND r.account IN (f.account, '') ORDER BY id DESC LIMIT 1)"
    " AS tried"
    " FROM (SELECT DISTINCT connector, stream, account FROM feeds WHERE connector = ?1) f)"
    " WHERE first IS NOT NULL GROUP BY stream"
    /* One that never came as far as a stream. */
    " UNION ALL SELECT connector, min(started), max(started) FROM runs WHERE kind = 'pull' AND"
    " connector = ?1 AND stream = '' AND NOT EXISTS (SELECT 1 FROM feeds WHERE connector = ?1)"
    " HAVING count(*) > 0";

json_t *ledger_freshness(struct store *s, const char *connector, struct err *err)
{
    auto_stmt *stmt = sql_prepare(s->db, freshness_sql, err);
    if (!stmt)
        return NULL;
    sql_bind(stmt, "s", connector);
    return ledger_rows(stmt, NULL, NULL, err);
}

json_t *ledger_by_connector(const json_t *feeds)
{
    json_t *out = json_object();
    size_t i;
    json_t *feed;
    json_array_foreach(feeds, i, feed)
    {
        json_list_add(out, json_text(feed, "connector"), feed);
    }
    return out;
}
