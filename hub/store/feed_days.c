/* SPDX-License-Identifier: Apache-2.0
 * The table feed_days: rows and money of each day of a feed, kept with every window, so that what
 * is usual can be known without reading the rows again. */
#include <config.h>

#include "base/mem.h"
#include "store/apply.h"
#include "store/habit.h"
#include "store/internal.h"

/* A sum beyond 64 bits is no sum that anything could be judged by; it stays at the end. */
static int64_t narrow(__int128 v)
{
    return v > INT64_MAX ? INT64_MAX : v < INT64_MIN ? INT64_MIN : (int64_t)v;
}

static omni_status add(sqlite3_stmt *stmt, const char *metric, int64_t n, int64_t sum,
                       struct err *err)
{
    if (n == 0 && sum == 0)
        return OMNI_OK;
    sqlite3_bind_text(stmt, 3, metric, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 4, n);
    sqlite3_bind_int64(stmt, 5, sum);
    return sql_run(stmt, err);
}

static omni_status add_day(struct apply *a, const struct day_note *note, sqlite3_stmt *stmt,
                           struct err *err)
{
    sql_bind(stmt, "ii", a->w->feed, (int64_t)note->day);
    omni_status status = add(stmt, HABIT_ROWS, note->inserted - note->removed, 0, err);
    for (size_t i = a->n_sums; i < a->n_sums + a->n_money && status == OMNI_OK; i++) {
        const struct day_sum *money = &note->sums[i];
        status = add(stmt, a->w->dataset->columns[a->sums[i]].name, money->values,
                     narrow(money->delta), err);
    }
    return status;
}

omni_status apply_count_days(struct apply *a, struct store *s, struct err *err)
{
    if (a->w->dataset->day < 0)
        return OMNI_OK;
    auto_stmt *stmt =
        sql_prepare(s->db,
                    "INSERT INTO feed_days(feed, day, metric, n, sum) VALUES(?, ?, ?, ?, ?)"
                    " ON CONFLICT(feed, day, metric) DO UPDATE SET n = n + excluded.n,"
                    " sum = sum + excluded.sum",
                    err);
    if (!stmt)
        return err->status;
    for (size_t i = 0; i < days_count(a->days); i++)
        if (days_at(a->days, i)->is_changed &&
            add_day(a, days_at(a->days, i), stmt, err) != OMNI_OK)
            return err->status;
    return OMNI_OK;
}

/* ---- a store of an older program ---- */

static omni_status count_stored(sqlite3 *db, const struct schema_dataset *d, const char *metric,
                                const char *n, const char *sum, struct err *err)
{
    const char *day = d->columns[d->day].name;
    return sql_exec(db, err,
                    "INSERT INTO feed_days(feed, day, metric, n, sum) SELECT _feed,"
                    " coalesce(CAST(strftime('%%s', \"%w\") AS INTEGER) / 86400, 0), %Q, %s, %s"
                    " FROM \"d_%w\" GROUP BY 1, 2",
                    day, metric, n, sum, d->name);
}

omni_status feed_days_fill(sqlite3 *db, const struct schema_dataset *d, struct err *err)
{
    if (d->day < 0)
        return OMNI_OK;
    omni_status status = count_stored(db, d, HABIT_ROWS, "count(*)", "0", err);
    for (size_t i = d->n_keys; i < d->n_columns && status == OMNI_OK; i++) {
        const struct schema_column *c = &d->columns[i];
        if (!habit_is_watched(c))
            continue;
        auto_free char *n = xasprintf("count(\"%s\")", c->name);
        auto_free char *sum = xasprintf("CAST(coalesce(total(\"%s\"), 0) AS INTEGER)", c->name);
        status = count_stored(db, d, c->name, n, sum, err);
    }
    return status;
}
