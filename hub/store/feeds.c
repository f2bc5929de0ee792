/* SPDX-License-Identifier: Apache-2.0
 * Feeds (connector, stream, account) and what is remembered for them. */
#include <config.h>

#include "base/mem.h"
#include "store/internal.h"

/* The account's zone and currency stay as they were where the caller does not know them. tz is the
 * zone of the rows' days. */
static const char feed_upsert[] =
    "INSERT INTO feeds(connector, source, stream, account, dataset, account_tz, currency,"
    " settle_days, tz) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, coalesce(?9, ?6, ?10))"
    " ON CONFLICT(connector, stream, account, dataset) DO UPDATE SET source = excluded.source,"
    " account_tz = coalesce(?6, account_tz), tz = coalesce(?9, ?6, account_tz, ?10, tz),"
    " currency = coalesce(excluded.currency, currency), settle_days = excluded.settle_days"
    " RETURNING id";
/* Most calls change nothing and then need no write lock. */
static const char feed_find[] =
    "SELECT id FROM feeds WHERE connector = ?1 AND source = ?2 AND stream = ?3 AND account = ?4"
    " AND dataset = ?5 AND coalesce(?6, account_tz) IS account_tz"
    " AND coalesce(?7, currency) IS currency AND settle_days = ?8"
    " AND coalesce(?9, ?6, account_tz, ?10, tz) IS tz";

int64_t store_feed(struct store *s, const struct store_feed *f, struct err *err)
{
    static const char *const steps[] = {feed_find, feed_upsert};
    int64_t id = 0;
    for (size_t i = 0; i < ARRAY_LEN(steps) && !id; i++) {
        auto_stmt *stmt = sql_prepare(s->db, steps[i], err);
        if (!stmt)
            return 0;
        sql_bind(stmt, "sssssssiss", f->connector, f->source, f->stream,
                 f->account ? f->account : "", f->dataset, f->zone, f->currency,
                 (int64_t)f->settle_days, f->day_zone, f->hub_zone);
        enum sql_step step = sql_step(stmt, err);
        if (step == SQL_FAILED)
            return 0;
        if (step == SQL_ROW)
            id = sqlite3_column_int64(stmt, 0);
        /* RETURNING gives its row first; the statement is done only after another step. */
        if (step == SQL_ROW && sql_run(stmt, err) != OMNI_OK)
            return 0;
    }
    return id;
}

char *store_state_get(struct store *s, int64_t feed, const char *key, struct err *err)
{
    err_set(err, OMNI_OK, "%s", "");
    auto_stmt *stmt = sql_prepare(s->db, "SELECT value FROM state WHERE feed = ? AND key = ?", err);
    if (!stmt)
        return NULL;
    sql_bind(stmt, "is", feed, key);
    if (sql_step(stmt, err) != SQL_ROW)
        return NULL;
    return xstrdup(sql_text(stmt, 0));
}

omni_status store_state_put(struct store *s, int64_t feed, const char *key, const char *value,
                            struct err *err)
{
    bool is_set = value && *value;
    auto_stmt *stmt =
        sql_prepare(s->db,
                    is_set ? "INSERT OR REPLACE INTO state(feed, key, value) VALUES(?, ?, ?)"
                           : "DELETE FROM state WHERE feed = ? AND key = ?",
                    err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, is_set ? "iss" : "is", feed, key, value);
    return sql_run(stmt, err);
}
