/* SPDX-License-Identifier: Apache-2.0
 * Which days of a combined dataset have to be computed: those that follow from changes of its
 * inputs since the last time. */
#include <config.h>

#include "combine/internal.h"
#include "store/changes.h"
#include "store/sql.h"

/* temp.changed: the input's changed days. *is_touched: it changed at all. */
static omni_status find_changed(struct combine *c, const char *dataset, uint64_t since,
                                uint64_t bound, bool *is_touched, struct err *err)
{
    auto_stmt *any = sql_prepare(c->db,
                                 "SELECT count(*) FROM changes WHERE dataset = ? AND version > ?"
                                 " AND version <= ?",
                                 err);
    auto_stmt *fill = sql_prepare(c->db,
                                  "INSERT INTO temp.changed SELECT date(day * 86400, 'unixepoch')"
                                  " FROM changes WHERE dataset = ? AND version > ?"
                                  " AND version <= ? AND day <> ?",
                                  err);
    int64_t n;
    if (!any || !fill || sql_exec(c->db, err, "DELETE FROM temp.changed") != OMNI_OK)
        return err->status;
    sql_bind(any, "sii", dataset, (int64_t)since, (int64_t)bound);
    sql_bind(fill, "siii", dataset, (int64_t)since, (int64_t)bound, (int64_t)CHANGES_WHOLE);
    if (sql_int(any, 0, &n, err) != OMNI_OK)
        return err->status;
    *is_touched = n > 0;
    return n > 0 ? sql_run(fill, err) : OMNI_OK;
}

static omni_status add_days(struct combine *c, const struct combine_def *def,
                            const struct combine_input *input, uint64_t bound, struct err *err)
{
    uint64_t since;
    bool is_touched = false;
    if (changes_cursor_get(c->store, def->reader, input->dataset, &since, err) != OMNI_OK ||
        find_changed(c, input->dataset, since, bound, &is_touched, err) != OMNI_OK)
        return err->status;
    if (!is_touched)
        return OMNI_OK;
    return sql_exec(c->db, err, "INSERT OR IGNORE INTO temp.pending SELECT date FROM (%s\n)",
                    input->day_rule ? input->day_rule : "SELECT date FROM temp.changed");
}

omni_status combine_pending(struct combine *c, const struct combine_def *def, bool all,
                            uint64_t bound, struct err *err)
{
    if (sql_exec(c->db, err, "DELETE FROM temp.pending") != OMNI_OK)
        return err->status;
    for (size_t i = 0; i < def->n_inputs; i++)
        if (add_days(c, def, &def->inputs[i], bound, err) != OMNI_OK)
            return err->status;
    if (!all)
        return OMNI_OK;
    return sql_exec(c->db, err,
                    "INSERT OR IGNORE INTO temp.pending SELECT DISTINCT \"%w\" FROM \"c_%w\"",
                    def->shape->columns[def->shape->day].name, def->shape->name);
}
