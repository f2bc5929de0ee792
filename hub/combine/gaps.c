/* SPDX-License-Identifier: Apache-2.0
 * Days whose money could not be converted: kept until they are computed with a rate, and an event
 * for who has to add it. */
#include <config.h>

#include "base/day.h"
#include "combine/internal.h"
#include "store/events.h"
#include "store/sql.h"

enum { TOLD = 3 }; /* pairs of currencies in the event's text */

omni_status combine_keep_gaps(struct combine *c, const struct combine_def *def, bool is_by_days,
                              struct err *err)
{
    if (sql_exec(c->db, err, "DELETE FROM rate_gaps WHERE dataset = %Q%s", def->shape->name,
                 is_by_days ? " AND day IN (SELECT date FROM temp.days)" : "") != OMNI_OK)
        return err->status;
    auto_stmt *stmt = sql_prepare(c->db, "INSERT OR IGNORE INTO rate_gaps VALUES(?, ?, ?, ?)", err);
    if (!stmt)
        return err->status;
    const char *key;
    json_t *gap;
    json_object_foreach(c->gaps, key, gap)
    {
        sql_bind(stmt, "ssss", def->shape->name, json_string_value(json_array_get(gap, 0)),
                 json_string_value(json_array_get(gap, 1)),
                 json_string_value(json_array_get(gap, 2)));
        if (sql_run(stmt, err) != OMNI_OK)
            return err->status;
    }
    return OMNI_OK;
}

static void add_pair(struct buf *text, sqlite3_stmt *row)
{
    const char *from = sql_text(row, 0), *first = sql_text(row, 3), *last = sql_text(row, 4);
    int days = sqlite3_column_int(row, 2);
    buf_adds(text, text->len ? "; " : "");
    if (from[0])
        buf_printf(text, "no exchange rate from %s to %s", from, sql_text(row, 1));
    else
        buf_adds(text, "money without a currency");
    buf_printf(text, " on %d day%s, %s", days, days == 1 ? "" : "s", first);
    if (days > 1)
        buf_printf(text, " … %s", last);
}

/* "no exchange rate from USD to EUR on 2 days, 2026-01-30 … 2026-01-31; …"; empty: none is missing.
 * Days to come may still get their rates. */
static omni_status describe(struct combine *c, struct buf *text, struct err *err)
{
    auto_stmt *stmt =
        sql_prepare(c->db,
                    "SELECT source, target, count(DISTINCT day), min(day), max(day) FROM rate_gaps"
                    " WHERE day <= ? GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
                    err);
    char today[DAY_TEXT];
    if (!stmt)
        return err->status;
    sql_bind(stmt, "s", day_print((int32_t)(day_now() / TIME_DAY), today));
    enum sql_step step;
    int n = 0;
    while ((step = sql_step(stmt, err)) == SQL_ROW)
        if (n++ < TOLD)
            add_pair(text, stmt);
    if (n > TOLD)
        buf_printf(text, "; and %d more currencies", n - TOLD);
    if (n > 0)
        buf_adds(text, ": that money is null in combined datasets; add the rates to fx_rates, or "
                       "give such rows a currency");
    return step == SQL_DONE ? OMNI_OK : err->status;
}

omni_status combine_tell_gaps(struct combine *c, struct err *err)
{
    auto_buf text = BUF_INIT(ERR_TEXT);
    bool is_new = false;
    omni_status status = describe(c, &text, err);
    if (status == OMNI_OK && text.len == 0)
        return event_clear(c->store, EVENT_RATES, "combine", NULL, err);
    const struct event event = {EVENT_RATES, "combine", buf_text(&text), 0};
    if (status == OMNI_OK)
        status = event_is_new(c->store, &event, &is_new, err);
    return status == OMNI_OK && is_new ? event_raise(c->store, &event, err) : status;
}
