/* SPDX-License-Identifier: Apache-2.0
 * combine_run(): built-in datasets some days at a time, the admin's own ones whole. */
#include <config.h>

#include <string.h>

#include "base/day.h"
#include "base/log.h"
#include "combine/internal.h"
#include "store/changes.h"
#include "store/internal.h"

/* Days computed and stored at a time: few enough that sorting stays in memory and the write lock
 * is held for moments only. */
enum { RUN_DAYS = 31 };
/* The reader's cursor for the passing of days: SQL of the admin may say date('now'). */
#define DAY_CURSOR "@day"

static omni_status find_bound(struct combine *c, struct err *err)
{
    auto_stmt *stmt = sql_prepare(c->db, "SELECT value FROM meta WHERE key = 'version'", err);
    return stmt ? sql_int(stmt, 0, &c->bound, err) : err->status;
}

static omni_status put_cursors(struct combine *c, const struct combine_def *def, int64_t today,
                               struct err *err)
{
    for (size_t i = 0; i < def->n_inputs; i++)
        if (changes_cursor_put(c->store, def->reader, def->inputs[i].dataset, (uint64_t)c->bound,
                               err) != OMNI_OK)
            return err->status;
    return today ? changes_cursor_put(c->store, def->reader, DAY_CURSOR, (uint64_t)today, err)
                 : OMNI_OK;
}

static omni_status move_cursors(struct combine *c, const struct combine_def *def, int64_t today,
                                struct err *err)
{
    if (sql_begin(c->db, err) != OMNI_OK)
        return err->status;
    if (put_cursors(c, def, today, err) == OMNI_OK && sql_commit(c->db, err) == OMNI_OK)
        return OMNI_OK;
    sql_rollback(c->db);
    return err->status;
}

/* ---- by days ---- */

static omni_status take_days(struct combine *c, int64_t *n, struct err *err)
{
    if (sql_exec(c->db, err,
                 "DELETE FROM temp.days;"
                 " INSERT INTO temp.days SELECT date FROM temp.pending ORDER BY date LIMIT %d;"
                 " DELETE FROM temp.pending WHERE date IN (SELECT date FROM temp.days)",
                 RUN_DAYS) != OMNI_OK)
        return err->status;
    auto_stmt *stmt = sql_prepare(c->db, "SELECT count(*) FROM temp.days", err);
    return stmt ? sql_int(stmt, 0, n, err) : err->status;
}

static omni_status run_by_days(struct combine *c, struct combine_def *def, struct combine_result *r,
                               struct err *err)
{
    bool is_new, behind;
    if (combine_table(c, def, &is_new, err) != OMNI_OK || find_bound(c, err) != OMNI_OK ||
        combine_is_behind(c, def, &behind, err) != OMNI_OK)
        return err->status;
    if (!is_new && !behind)
        return OMNI_OK;
    r->datasets++;
    if (combine_pending(c, def, is_new, err) != OMNI_OK)
        return err->status;
    int64_t n = 0;
    do {
        if (take_days(c, &n, err) != OMNI_OK ||
            (n && (combine_make_fresh(c, def, err) != OMNI_OK ||
                   combine_store_fresh(c, def, true, r, err) != OMNI_OK)))
            return err->status;
        r->days += (uint64_t)n;
    } while (n);
    /* Only now: what was computed twice after a crash comes out the same. */
    return move_cursors(c, def, 0, err);
}

/* ---- whole ---- */

static omni_status needs_run(struct combine *c, struct combine_def *def, int64_t today, bool *out,
                             struct err *err)
{
    uint64_t last_day;
    if (combine_is_behind(c, def, out, err) != OMNI_OK ||
        changes_cursor_get(c->store, def->reader, DAY_CURSOR, &last_day, err) != OMNI_OK)
        return err->status;
    *out |= (int64_t)last_day != today;
    return OMNI_OK;
}

static omni_status run_whole(struct combine *c, struct combine_def *def, struct combine_result *r,
                             struct err *err)
{
    bool is_new, is_needed, is_retyped;
    int64_t today = day_now() / TIME_DAY;
    if (combine_table(c, def, &is_new, err) != OMNI_OK || find_bound(c, err) != OMNI_OK ||
        needs_run(c, def, today, &is_needed, err) != OMNI_OK)
        return err->status;
    if (!is_new && !is_needed)
        return OMNI_OK;
    r->datasets++;
    if (combine_make_fresh(c, def, err) != OMNI_OK ||
        combine_settle_types(c, def, &is_retyped, err) != OMNI_OK ||
        (is_retyped && combine_table(c, def, &is_new, err) != OMNI_OK) ||
        combine_store_fresh(c, def, false, r, err) != OMNI_OK)
        return err->status;
    return move_cursors(c, def, today, err);
}

/* ---- all of them ---- */

static void warn_missing(const struct combine *c)
{
    enum { SHOWN = 3 };
    size_t n = json_object_size(c->missing), shown = 0;
    const char *key;
    json_t *value;
    json_object_foreach(c->missing, key, value)
    {
        if (shown++ == SHOWN)
            break;
        if (strstr(key, " ? "))
            log_warn("money without a currency: %s (it is null in combined datasets; give these "
                     "rows a currency, of a file with constants = { currency = \"EUR\"; })",
                     key);
        else
            log_warn("no exchange rate on the day or the 7 days before: %s (money is null there; "
                     "add it to fx_rates)",
                     key);
    }
    if (n > SHOWN)
        log_warn("no exchange rate for %zu more days and currencies", n - SHOWN);
}

omni_status combine_run(struct combine *c, struct combine_result *r, struct err *err)
{
    struct err first = {.status = OMNI_OK};
    *r = (struct combine_result){0};
    json_object_clear(c->missing);
    if (combine_drop_others(c, err) != OMNI_OK)
        return err->status;
    /* One that fails leaves the others to be brought up to date. */
    for (size_t i = 0; i < c->n_defs; i++) {
        struct combine_def *def = &c->defs[i];
        omni_status status =
            def->own_columns ? run_whole(c, def, r, err) : run_by_days(c, def, r, err);
        if (status != OMNI_OK && first.status == OMNI_OK)
            first = *err;
    }
    r->missing_rates = json_object_size(c->missing);
    warn_missing(c);
    if (combine_tell_gaps(c, err) != OMNI_OK && first.status == OMNI_OK)
        first = *err;
    if (first.status != OMNI_OK)
        *err = first;
    return first.status;
}
