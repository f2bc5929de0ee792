/* SPDX-License-Identifier: Apache-2.0
 * State of feeds as a document: export, import, reset. */
#include <config.h>

#include "base/json.h"
#include "store/internal.h"
#include "store/ledger.h"

enum { STATE_FORMAT = 1 };

/* ---- export ---- */

static json_t *read_feed(sqlite3_stmt *stmt)
{
    static const char *const members[] = {"connector", "source", "stream", "account", "dataset"};
    json_t *feed = json_object();
    for (int i = 0; i < 5; i++)
        json_put_text(feed, members[i], sql_text(stmt, i + 1));
    json_object_set_new(feed, "state", json_object());
    return feed;
}

json_t *ledger_state_export(struct store *s, const char *name, struct err *err)
{
    auto_stmt *stmt =
        sql_prepare(s->db,
                    "SELECT f.id, f.connector, f.source, f.stream, f.account, f.dataset, t.key,"
                    " t.value FROM feeds f LEFT JOIN state t ON t.feed = f.id"
                    " WHERE ?1 IS NULL OR f.connector = ?1"
                    " ORDER BY f.connector, f.stream, f.account, f.id, t.key",
                    err);
    if (!stmt)
        return NULL;
    sql_bind(stmt, "s", name);
    auto_json *document = json_object();
    json_put_int(document, "omnihub_state", STATE_FORMAT);
    json_t *feeds = json_array(), *feed = NULL;
    json_object_set_new(document, "feeds", feeds);
    int64_t last = 0;
    enum sql_step step;
    while ((step = sql_step(stmt, err)) == SQL_ROW) {
        if (sqlite3_column_int64(stmt, 0) != last)
            json_array_append_new(feeds, feed = read_feed(stmt));
        last = sqlite3_column_int64(stmt, 0);
        if (sql_text(stmt, 6))
            json_put_text(json_object_get(feed, "state"), sql_text(stmt, 6), sql_text(stmt, 7));
    }
    return step == SQL_DONE ? json_incref(document) : NULL;
}

/* ---- import ---- */

static omni_status bad(struct err *err, size_t i, const char *what)
{
    return err_set(err, OMNI_E_DATA, "feeds[%zu]: %s", i, what);
}

static omni_status put_values(struct store *s, int64_t feed, const json_t *values, size_t i,
                              struct err *err)
{
    const char *key;
    json_t *value;
    if (sql_exec(s->db, err, "DELETE FROM state WHERE feed = %lld", (long long)feed) != OMNI_OK)
        return err->status;
    json_object_foreach((json_t *)(uintptr_t)values, key, value)
    {
        if (!json_is_string(value))
            return bad(err, i, "the values of \"state\" must be texts");
        if (store_state_put(s, feed, key, json_string_value(value), err) != OMNI_OK)
            return err->status;
    }
    return OMNI_OK;
}

/* Zone, currency and settle_days of a feed that is there stay as they are. */
static int64_t find_or_make(struct store *s, const struct store_feed *f, struct err *err)
{
    auto_stmt *stmt = sql_prepare(s->db,
                                  "SELECT id FROM feeds WHERE connector = ? AND stream = ? AND"
                                  " account = ? AND dataset = ?",
                                  err);
    if (!stmt)
        return 0;
    sql_bind(stmt, "ssss", f->connector, f->stream, f->account, f->dataset);
    int64_t id;
    if (sql_int(stmt, 0, &id, err) != OMNI_OK)
        return 0;
    return id ? id : store_feed(s, f, err);
}

static omni_status import_feed(struct store *s, const json_t *feed, size_t i, struct err *err)
{
    struct store_feed f = {.connector = json_text(feed, "connector"),
                           .source = json_text(feed, "source"),
                           .stream = json_text(feed, "stream"),
                           .account = json_text(feed, "account"),
                           .dataset = json_text(feed, "dataset")};
    if (!f.connector || !f.source || !f.stream || !f.account || !f.dataset)
        return bad(err, i, "connector, source, stream, account and dataset must be texts");
    if (!schema_find(s->schema, f.dataset))
        return bad(err, i, "there is no such dataset");
    const json_t *values = json_object_get(feed, "state");
    if (!json_is_object(values))
        return bad(err, i, "\"state\" must be an object");
    int64_t id = find_or_make(s, &f, err);
    return id ? put_values(s, id, values, i, err) : err->status;
}

static omni_status import_all(struct store *s, const json_t *list, struct err *err)
{
    size_t i;
    json_t *feed;
    json_array_foreach(list, i,
                       feed) if (import_feed(s, feed, i, err) != OMNI_OK) return err->status;
    return OMNI_OK;
}

omni_status ledger_state_import(struct store *s, const json_t *document, uint64_t *feeds,
                                struct err *err)
{
    const json_t *list = json_object_get(document, "feeds");
    *feeds = 0;
    if (json_int(document, "omnihub_state", 0) != STATE_FORMAT || !json_is_array(list))
        return err_set(
            err, OMNI_E_DATA,
            "not a state document: \"omnihub_state\": %d and an array \"feeds\" expected",
            STATE_FORMAT);
    if (sql_begin(s->db, err) != OMNI_OK)
        return err->status;
    if (import_all(s, list, err) != OMNI_OK || sql_commit(s->db, err) != OMNI_OK) {
        sql_rollback(s->db);
        return err->status;
    }
    *feeds = json_array_size(list);
    return OMNI_OK;
}

/* ---- reset ---- */

omni_status ledger_state_reset(struct store *s, const char *connector, const char *stream,
                               const char *account, uint64_t *feeds, struct err *err)
{
    static const char chosen[] = " FROM state WHERE feed IN (SELECT id FROM feeds WHERE connector ="
                                 " ?1 AND (?2 IS NULL OR stream = ?2)"
                                 " AND (?3 IS NULL OR account = ?3))";
    *feeds = 0;
    if (sql_begin(s->db, err) != OMNI_OK)
        return err->status;
    auto_stmt *count = sql_prepare_fmt(s->db, err, "SELECT count(DISTINCT feed)%s", chosen);
    auto_stmt *clear = count ? sql_prepare_fmt(s->db, err, "DELETE%s", chosen) : NULL;
    int64_t n = 0;
    if (clear) {
        sql_bind(count, "sss", connector, stream, account);
        sql_bind(clear, "sss", connector, stream, account);
    }
    if (!clear || sql_int(count, 0, &n, err) != OMNI_OK || sql_run(clear, err) != OMNI_OK ||
        sql_commit(s->db, err) != OMNI_OK) {
        sql_rollback(s->db);
        return err->status;
    }
    *feeds = (uint64_t)n;
    return OMNI_OK;
}
