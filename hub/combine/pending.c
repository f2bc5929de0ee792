/* SPDX-License-Identifier: Apache-2.0
 * Which days of a combined dataset have to be computed: those that follow from changes of its
 * inputs since the last time. */
#include <config.h>

#include "combine/internal.h"
#include "store/changes.h"
#include "store/sql.h"

/* Of ?1, that ?2 has not read yet, up to version ?3. */
#define UNREAD                                                                                     \
    " FROM changes WHERE dataset = ?1 AND version <= ?3 AND version > coalesce("                   \
    "(SELECT version FROM cursors WHERE reader = ?2 AND dataset = ?1), 0)"

static omni_status is_touched(struct combine *c, const struct combine_def *def, const char *input,
                              bool *is, struct err *err)
{
    int64_t n = 0;
    auto_stmt *stmt = sql_prepare(c->db, "SELECT EXISTS (SELECT 1" UNREAD ")", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "ssi", input, def->reader, c->bound);
    omni_status status = sql_int(stmt, 0, &n, err);
    *is = n > 0;
    return status;
}

/* temp.changed: the input's changed days. */
static omni_status fill_changed(struct combine *c, const struct combine_def *def, const char *input,
                                struct err *err)
{
    auto_stmt *stmt = sql_prepare(
        c->db,
        "INSERT INTO temp.changed SELECT date(day * 86400, 'unixepoch')" UNREAD " AND day <> ?4",
        err);
    if (!stmt || sql_exec(c->db, err, "DELETE FROM temp.changed") != OMNI_OK)
        return err->status;
    sql_bind(stmt, "ssii", input, def->reader, c->bound, (int64_t)CHANGES_WHOLE);
    return sql_run(stmt, err);
}

static omni_status add_days(struct combine *c, const struct combine_def *def,
                            const struct combine_input *input, struct err *err)
{
    bool is = false;
    omni_status status = is_touched(c, def, input->dataset, &is, err);
    if (status != OMNI_OK || !is)
        return status;
    if (fill_changed(c, def, input->dataset, err) != OMNI_OK)
        return err->status;
    return sql_exec(c->db, err, "INSERT OR IGNORE INTO temp.pending SELECT date FROM (%s\n)",
                    input->day_rule ? input->day_rule : "SELECT date FROM temp.changed");
}

omni_status combine_is_behind(struct combine *c, const struct combine_def *def, bool *is,
                              struct err *err)
{
    omni_status status = OMNI_OK;
    *is = false;
    for (size_t i = 0; i < def->n_inputs && !*is && status == OMNI_OK; i++)
        status = is_touched(c, def, def->inputs[i].dataset, is, err);
    return status;
}

omni_status combine_pending(struct combine *c, const struct combine_def *def, bool all,
                            struct err *err)
{
    if (sql_exec(c->db, err, "DELETE FROM temp.pending") != OMNI_OK)
        return err->status;
    for (size_t i = 0; i < def->n_inputs; i++)
        if (add_days(c, def, &def->inputs[i], err) != OMNI_OK)
            return err->status;
    if (!all)
        return OMNI_OK;
    return sql_exec(c->db, err,
                    "INSERT OR IGNORE INTO temp.pending SELECT DISTINCT \"%w\" FROM \"c_%w\"",
                    def->shape->columns[def->shape->day].name, def->shape->name);
}
