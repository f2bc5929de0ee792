/* SPDX-License-Identifier: Apache-2.0
 * SQL functions of combined datasets: hub_currency(), and fx() with the rates of fx_rates. */
#include <config.h>

#include <string.h>

#include "base/exact.h"
#include "base/json.h"
#include "combine/internal.h"
#include "store/sql.h"

/* fx_rates.rate_e10 is the rate with ten decimals. */
#define RATE_ONE INT64_C(10000000000)

/* The rate itself before its inverse; the newest of the day or the seven before it. */
static const char rate_sql[] =
    "SELECT rate_e10, base = ?1 FROM fx_rates WHERE date BETWEEN date(?3, '-7 days') AND ?3"
    " AND ((base = ?1 AND quote = ?2) OR (base = ?2 AND quote = ?1)) AND rate_e10 > 0"
    " ORDER BY base = ?1 DESC, date DESC, connector LIMIT 1";

static bool has_rate(struct combine *c, const char *from, const char *to, const char *day,
                     int64_t amount, int64_t *out)
{
    struct err err;
    bool found = false;
    if (!c->rate)
        return false;
    sql_bind(c->rate, "sss", from, to, day);
    if (sql_step(c->rate, &err) == SQL_ROW) {
        int64_t rate = sqlite3_column_int64(c->rate, 0);
        bool is_direct = sqlite3_column_int(c->rate, 1);
        found = is_direct ? exact_muldiv(amount, rate, RATE_ONE, out)
                          : exact_muldiv(amount, RATE_ONE, rate, out);
    }
    sqlite3_reset(c->rate);
    return found;
}

static void note_missing(struct combine *c, const char *day, const char *from, const char *to)
{
    auto_free char *key = xasprintf("%s %s %s", day, *from ? from : "?", to);
    auto_json *gap = json_pack("[s, s, s]", day, from, to);
    json_object_set(c->missing, key, gap);
    json_object_set(c->gaps, key, gap);
}

/* fx(amount, from, to, day); "" is the unknown currency, the same as itself only. NULL where there
 * is no rate, never the amount as it stands. */
static void fn_fx(sqlite3_context *ctx, int n, sqlite3_value **args)
{
    (void)n;
    struct combine *c = sqlite3_user_data(ctx);
    if (sqlite3_value_type(args[0]) != SQLITE_INTEGER)
        return;
    int64_t amount = sqlite3_value_int64(args[0]), out = 0;
    const char *from = (const char *)sqlite3_value_text(args[1]);
    const char *to = (const char *)sqlite3_value_text(args[2]);
    const char *day = (const char *)sqlite3_value_text(args[3]);
    if (amount == 0 || (from && to && strcmp(from, to) == 0))
        sqlite3_result_int64(ctx, amount);
    else if (from && to && *from && *to && day && has_rate(c, from, to, day, amount, &out))
        sqlite3_result_int64(ctx, out);
    else
        note_missing(c, day ? day : "?", from ? from : "", to ? to : "(several currencies)");
}

static void fn_hub_currency(sqlite3_context *ctx, int n, sqlite3_value **args)
{
    (void)n, (void)args;
    const struct combine *c = sqlite3_user_data(ctx);
    sqlite3_result_text(ctx, c->currency, -1, SQLITE_TRANSIENT);
}

omni_status combine_register(struct combine *c, struct err *err)
{
    if (sqlite3_create_function(c->db, "fx", 4, SQLITE_UTF8, c, fn_fx, NULL, NULL) != SQLITE_OK ||
        sqlite3_create_function(c->db, "hub_currency", 0, SQLITE_UTF8, c, fn_hub_currency, NULL,
                                NULL) != SQLITE_OK)
        return sql_fail(c->db, err);
    return OMNI_OK;
}

omni_status combine_prepare_rates(struct combine *c, struct err *err)
{
    const struct schema_dataset *rates = schema_find(store_schema(c->store), "fx_rates");
    if (!rates)
        return OMNI_OK;
    c->rate = sql_prepare(c->db, rate_sql, err);
    return c->rate ? OMNI_OK : err->status;
}
