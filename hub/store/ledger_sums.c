/* SPDX-License-Identifier: Apache-2.0
 * Sums over the run ledger, for counters that only grow: asked for by ranges of ids, so that what
 * was summed up once need not be read again. */
#include <config.h>

#include <inttypes.h>

#include "store/internal.h"
#include "store/ledger.h"
#include "store/ledger_rows.h"

omni_status ledger_settled(struct store *s, int64_t after, int64_t *upto, struct err *err)
{
    auto_stmt *stmt =
        sql_prepare(s->db,
                    "SELECT coalesce((SELECT min(id) - 1 FROM runs WHERE id > ?1 AND outcome ="
                    " 'running'), (SELECT max(id) FROM runs))",
                    err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "i", after);
    return sql_int(stmt, after, upto, err);
}

json_t *ledger_sums(struct store *s, int64_t after, int64_t upto, struct err *err)
{
    auto_stmt *stmt = sql_prepare(
        s->db,
        "SELECT kind, connector AS name, outcome, count(*) AS runs, sum(ended - started) AS micros,"
        " sum(requests) AS requests, sum(retries) AS retries, sum(bytes) AS bytes,"
        " sum(inserted + changed + removed) AS written, sum(rejected) AS rejected,"
        " sum(restated) AS restated FROM runs WHERE id > ?1 AND id <= ?2 AND outcome <> 'running'"
        " GROUP BY kind, connector, outcome",
        err);
    if (!stmt)
        return NULL;
    sql_bind(stmt, "ii", after, upto);
    return ledger_rows(stmt, NULL, NULL, err);
}
