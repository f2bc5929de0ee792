/* SPDX-License-Identifier: Apache-2.0
 * Sums over the run ledger, for counters that only grow: asked for by ranges of ids, so that what
 * was summed up once need not be read again. */
#include <config.h>

#include "base/buf.h"
#include "store/internal.h"
#include "store/ledger.h"
#include "store/ledger_rows.h"

enum { SQL_MAX = 4096 };

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

const int ledger_spans[] = {1, 5, 15, 60, 300, 1800, 7200, 0};

#define ENDED_BETWEEN " WHERE id > ?1 AND id <= ?2 AND outcome <> 'running'"

static json_t *ask(struct store *s, const char *sql, int64_t after, int64_t upto, struct err *err)
{
    auto_stmt *stmt = sql_prepare(s->db, sql, err);
    if (!stmt)
        return NULL;
    sql_bind(stmt, "ii", after, upto);
    return ledger_rows(stmt, NULL, NULL, err);
}

json_t *ledger_sums(struct store *s, int64_t after, int64_t upto, struct err *err)
{
    auto_buf sql = BUF_INIT(SQL_MAX);
    buf_adds(&sql, "SELECT kind, connector AS name, outcome, count(*) AS runs,"
                   " sum(max(ended - started, 0)) AS micros, sum(requests) AS requests,"
                   " sum(retries) AS retries, sum(bytes) AS bytes,"
                   " sum(inserted + changed + removed) AS written, sum(rejected) AS rejected,"
                   " sum(restated) AS restated");
    for (const int *span = ledger_spans; *span; span++)
        buf_printf(&sql, ", sum(ended - started <= %d * 1000000) AS within_%d", *span, *span);
    buf_adds(&sql, " FROM runs" ENDED_BETWEEN " GROUP BY kind, connector, outcome");
    return ask(s, buf_text(&sql), after, upto, err);
}

static const char by_host_sql[] =
    "SELECT kind, connector AS name, h.host, h.status,"
    " sum(coalesce(h.requests, runs.requests)) AS requests"
    " FROM runs LEFT JOIN run_hosts h ON h.run = runs.id" ENDED_BETWEEN
    " AND runs.requests > 0 GROUP BY kind, connector, h.host, h.status";
static const char by_none_sql[] =
    "SELECT kind, connector AS name, sum(requests) AS requests FROM runs" ENDED_BETWEEN
    " AND requests > 0 GROUP BY kind, connector";

/* A store that an older program made last lacks tables. */
json_t *ledger_asked(struct store *s, int64_t after, int64_t upto, struct err *err)
{
    bool has;
    if (sql_has_table(s->db, "run_hosts", &has, err) != OMNI_OK)
        return NULL;
    return ask(s, has ? by_host_sql : by_none_sql, after, upto, err);
}

json_t *ledger_crashes(struct store *s, int64_t after, int64_t upto, struct err *err)
{
    bool has;
    if (sql_has_table(s->db, "run_signals", &has, err) != OMNI_OK)
        return NULL;
    return has ? ask(s,
                     "SELECT kind, connector AS name, signal, count(*) AS crashes FROM runs JOIN"
                     " run_signals ON run = runs.id" ENDED_BETWEEN
                     " GROUP BY kind, connector, signal",
                     after, upto, err)
               : json_array();
}
