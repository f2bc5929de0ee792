/* SPDX-License-Identifier: Apache-2.0
 * How deliveries to a sink went, as JSON. */
#include <config.h>

#include "base/json.h"
#include "store/internal.h"
#include "store/ledger.h"
#include "store/ledger_rows.h"

/* Through the index of runs, backwards: the first that fits is the newest. */
#define PUSHES_OF(dataset)                                                                         \
    " FROM runs WHERE connector = ?1 AND stream = " dataset " AND account = '' AND kind = 'push'"
#define NEWEST " ORDER BY id DESC LIMIT 1"

/* One that failed before its datasets were reached (stream "") is the last of each of them. */
static const char last_sql[] =
    "SELECT id, outcome, reason, message, remedy, started AS started_at, ended AS ended_at FROM"
    " runs WHERE id = (SELECT max(id) FROM (SELECT * FROM (SELECT id" PUSHES_OF("?2") NEWEST
    ") UNION ALL SELECT * FROM (SELECT id" PUSHES_OF("''") NEWEST ")))";
static const char ok_sql[] =
    "SELECT ended AS last_ok_at" PUSHES_OF("?2") " AND outcome = 'ok'" NEWEST;

/* *out: the row; an empty object where there is none. */
static omni_status ask(struct store *s, const char *sql, const char *sink, const char *dataset,
                       json_t **out, struct err *err)
{
    auto_stmt *stmt = sql_prepare(s->db, sql, err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "ss", sink, dataset);
    enum sql_step step = sql_step(stmt, err);
    if (step == SQL_FAILED)
        return err->status;
    *out = step == SQL_ROW ? ledger_row(stmt) : json_object();
    return OMNI_OK;
}

json_t *ledger_delivery(struct store *s, const char *sink, const char *dataset, struct err *err)
{
    auto_json *run = NULL;
    json_t *out = NULL;
    if (ask(s, last_sql, sink, dataset, &run, err) != OMNI_OK ||
        ask(s, ok_sql, sink, dataset, &out, err) != OMNI_OK)
        return NULL;
    json_put_text(out, "dataset", dataset);
    if (json_object_size(run) > 0) {
        ledger_put_code(run);
        json_object_set(out, "last_run", run);
    }
    return out;
}
