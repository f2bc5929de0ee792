/* SPDX-License-Identifier: Apache-2.0
 * Rows of a query as JSON objects. */
#include <config.h>

#include "store/ledger_rows.h"

#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "base/outcome.h"

/* How a result column becomes a member: "at" and "…_at" columns are times in microseconds, the rest
 * is as it stands; NULL is left out. */
static void put_column(json_t *object, sqlite3_stmt *stmt, int i)
{
    const char *name = sqlite3_column_name(stmt, i);
    size_t len = strlen(name);
    int type = sqlite3_column_type(stmt, i);
    bool is_time = strcmp(name, "at") == 0 || (len > 3 && strcmp(name + len - 3, "_at") == 0);
    char time[TIME_TEXT];
    if (type == SQLITE_INTEGER && is_time)
        json_put_text(object, name, day_print_time(sqlite3_column_int64(stmt, i), time));
    else if (type == SQLITE_INTEGER)
        json_put_int(object, name, sqlite3_column_int64(stmt, i));
    else if (type != SQLITE_NULL)
        json_put_text(object, name, sql_text(stmt, i));
}

json_t *ledger_row(sqlite3_stmt *stmt)
{
    json_t *object = json_object();
    for (int i = 0; i < sqlite3_column_count(stmt); i++)
        put_column(object, stmt, i);
    return object;
}

json_t *ledger_rows(sqlite3_stmt *stmt, void (*finish)(void *ctx, json_t *), void *ctx,
                    struct err *err)
{
    auto_json *rows = json_array();
    enum sql_step step;
    while ((step = sql_step(stmt, err)) == SQL_ROW) {
        json_t *row = ledger_row(stmt);
        if (finish)
            finish(ctx, row);
        json_array_append_new(rows, row);
    }
    return step == SQL_DONE ? json_incref(rows) : NULL;
}

/* What the table of outcomes says of it, by what is stored. */
void ledger_put_code(json_t *run)
{
    if (!json_text(run, "outcome"))
        return;
    const struct outcome *o = outcome_find(json_text(run, "outcome"), json_text(run, "reason"));
    json_put_text(run, "code", o->code);
    json_put_text(run, "title", o->title);
}
