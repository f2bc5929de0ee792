/* SPDX-License-Identifier: Apache-2.0
 * What a window holds now: row counts and exact sums, to judge and reconcile a pull. */
#include <config.h>

#include "store/totals.h"

#include "base/day.h"
#include "base/exact.h"
#include "base/mem.h"
#include "store/internal.h"

enum { MICROS_PER_UNIT = 1000000 };

/* SELECT `what` over the rows that the window would replace. */
static sqlite3_stmt *select_window(struct store *s, const struct store_window *w, const char *what,
                                   struct err *err)
{
    static const char *const scopes[] = {
        [OMNI_WINDOW] = "BETWEEN ?2 AND ?3",
        [OMNI_CURSOR] = "= ?1",
        [OMNI_SNAPSHOT] = "= ?1",
        [OMNI_PARTS] = "= ?1 AND _part = (SELECT id FROM parts WHERE feed = ?1 AND name = ?4)",
    };
    if (w->sync >= ARRAY_LEN(scopes)) {
        err_set(err, OMNI_E_BUG, "a window of an unknown kind");
        return NULL;
    }
    const struct schema_dataset *d = w->dataset;
    if (w->sync == OMNI_WINDOW && d->day < 0) {
        err_set(err, OMNI_E_CONFIG,
                "%s: a stream with windows needs a dataset whose rows have a day", d->name);
        return NULL;
    }
    const char *day = w->sync == OMNI_WINDOW ? d->columns[d->day].name : "_feed";
    sqlite3_stmt *stmt =
        sql_prepare_fmt(s->db, err, "SELECT %s FROM \"d_%w\" WHERE _feed = ?1 AND \"%w\" %s", what,
                        d->name, day, scopes[w->sync]);
    if (!stmt)
        return NULL;
    sqlite3_bind_int64(stmt, 1, w->feed);
    if (w->sync == OMNI_WINDOW) {
        char from[DAY_TEXT], to[DAY_TEXT];
        sqlite3_bind_text(stmt, 2, day_print(w->from_day, from), -1, SQLITE_TRANSIENT);
        sqlite3_bind_text(stmt, 3, day_print(w->to_day, to), -1, SQLITE_TRANSIENT);
    }
    if (w->sync == OMNI_PARTS)
        sqlite3_bind_text(stmt, 4, w->part, -1, SQLITE_STATIC);
    return stmt;
}

omni_status store_window_rows(struct store *s, const struct store_window *w, uint64_t *rows,
                              struct err *err)
{
    int64_t n = 0;
    auto_stmt *stmt = select_window(s, w, "count(*)", err);
    omni_status status = stmt ? sql_int(stmt, 0, &n, err) : err->status;
    *rows = (uint64_t)n;
    return status;
}

omni_status store_window_sum(struct store *s, const struct store_window *w, const char *column,
                             int64_t *micros, struct err *err)
{
    int i = schema_column(w->dataset, column);
    if (i < 0)
        return err_set(err, OMNI_E_BUG, "dataset %s has no column \"%s\" to compare totals by",
                       w->dataset->name, column);
    auto_free char *what = xasprintf("sum(\"%s\")", w->dataset->columns[i].name);
    auto_stmt *stmt = select_window(s, w, what, err);
    int64_t sum = 0;
    omni_status status = stmt ? sql_int(stmt, 0, &sum, err) : err->status;
    if (status != OMNI_OK)
        return status;
    int64_t scale = w->dataset->columns[i].type == OMNI_MICROS ? 1 : MICROS_PER_UNIT;
    if (!exact_muldiv(sum, scale, 1, micros))
        return err_set(err, OMNI_E_DATA, "the sum of %s is beyond 64 bits", column);
    return OMNI_OK;
}

omni_status store_feed_account(struct store *s, int64_t feed, char **zone, char **currency,
                               struct err *err)
{
    *zone = *currency = NULL;
    auto_stmt *stmt =
        sql_prepare(s->db, "SELECT account_tz, currency FROM feeds WHERE id = ?", err);
    if (!stmt)
        return err->status;
    sqlite3_bind_int64(stmt, 1, feed);
    if (sql_step(stmt, err) != SQL_ROW)
        return err->status;
    const char *tz = sql_text(stmt, 0), *money = sql_text(stmt, 1);
    *zone = tz ? xstrdup(tz) : NULL;
    *currency = money ? xstrdup(money) : NULL;
    return OMNI_OK;
}
