/* SPDX-License-Identifier: Apache-2.0
 * Which part lies over which: table `overlaps` has (part, below) where a row of `part` is stored
 * that `below` has, too. */
#include <config.h>

#include "store/overlap.h"

#include <string.h>

#include "store/sql.h"

static omni_status run_on(struct apply *a, const char *sql, int64_t one, int64_t other,
                          struct err *err)
{
    auto_stmt *stmt = sql_prepare(a->t.db, sql, err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "ii", one, other);
    return sql_run(stmt, err);
}

omni_status overlap_begin(struct apply *a, struct err *err)
{
    if (a->w->part_changed && run_on(a, "UPDATE parts SET changed = ?2 WHERE id = ?1", a->part,
                                     a->w->part_changed, err) != OMNI_OK)
        return err->status;
    return sql_exec(a->t.db, err, "DELETE FROM overlaps WHERE below = %lld", (long long)a->part);
}

/* Where it is not known when one of them changed, the one that is read now is the newer. Of two
 * that changed at once the name decides, as it does where files are listed. */
static omni_status is_newer(struct apply *a, int64_t other, bool *out, struct err *err)
{
    auto_stmt *stmt = sql_prepare(a->t.db, "SELECT changed, name FROM parts WHERE id = ?", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "i", other);
    enum sql_step step = sql_step(stmt, err);
    if (step == SQL_FAILED)
        return err->status;
    int64_t mine = a->w->part_changed, its = step == SQL_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    *out =
        mine && its && (its > mine || (its == mine && strcmp(sql_text(stmt, 1), a->w->part) > 0));
    return OMNI_OK;
}

omni_status overlap_meet(struct apply *a, int64_t other, bool *is_below, struct err *err)
{
    if (a->met != other) {
        if (is_newer(a, other, &a->is_below_met, err) != OMNI_OK)
            return err->status;
        int64_t upper = a->is_below_met ? other : a->part;
        int64_t lower = a->is_below_met ? a->part : other;
        if (run_on(a, "INSERT OR IGNORE INTO overlaps(part, below) VALUES(?1, ?2)", upper, lower,
                   err) != OMNI_OK)
            return err->status;
        a->met = other;
    }
    *is_below = a->is_below_met;
    return OMNI_OK;
}

omni_status overlap_end(struct apply *a, struct err *err)
{
    if (!a->part || a->r->removed == 0)
        return OMNI_OK;
    /* All the way down: what lay on a part may have come off since. */
    if (run_on(a,
               "WITH RECURSIVE under(id) AS (SELECT below FROM overlaps WHERE part = ?1 UNION"
               " SELECT o.below FROM overlaps o JOIN under u ON o.part = u.id)"
               " DELETE FROM state WHERE feed = ?2 AND key IN (SELECT '" STORE_PLUGIN_KEY
               "' || name"
               " FROM parts JOIN under USING(id) WHERE id <> ?1)",
               a->part, a->w->feed, err) != OMNI_OK)
        return err->status;
    a->r->forgotten = (uint64_t)sqlite3_changes(a->t.db);
    return OMNI_OK;
}
