/* SPDX-License-Identifier: Apache-2.0
 * SQL functions for exact numbers: dec, micros, ratio, per; and date() without arguments, which
 * follows the hub's clock. */
#include <config.h>

#include "store/internal.h"

#include <string.h>

#include "base/day.h"
#include "base/exact.h"

/* True where all arguments are integers; otherwise the result is NULL, or an error for numbers that
 * have been through a float. */
static bool are_exact(sqlite3_context *ctx, int n, sqlite3_value **args)
{
    for (int i = 0; i < n; i++) {
        int type = sqlite3_value_type(args[i]);
        if (type == SQLITE_NULL)
            return false;
        if (type != SQLITE_INTEGER) {
            sqlite3_result_error(ctx, "exact numbers (integers) expected", -1);
            return false;
        }
    }
    return true;
}

static void result_muldiv(sqlite3_context *ctx, int64_t a, int64_t b, int64_t c)
{
    int64_t out;
    if (c == 0)
        return; /* the result stays NULL */
    if (exact_muldiv(a, b, c, &out))
        sqlite3_result_int64(ctx, out);
    else
        sqlite3_result_error(ctx, "integer overflow", -1);
}

/* dec(micros): exact decimal text. */
static void fn_dec(sqlite3_context *ctx, int n, sqlite3_value **args)
{
    char text[EXACT_TEXT];
    if (are_exact(ctx, n, args))
        sqlite3_result_text(ctx, exact_print(sqlite3_value_int64(args[0]), text), -1,
                            SQLITE_TRANSIENT);
}

/* micros('1.5'): 1500000; integers are taken as whole units. */
static void fn_micros(sqlite3_context *ctx, int n, sqlite3_value **args)
{
    (void)n;
    if (sqlite3_value_type(args[0]) == SQLITE_NULL)
        return;
    const char *text = (const char *)sqlite3_value_text(args[0]);
    int64_t out;
    enum exact_result result =
        exact_parse(text ? text : "", (size_t)sqlite3_value_bytes(args[0]), 6, 0, &out);
    if (result == EXACT_OK)
        sqlite3_result_int64(ctx, out);
    else
        sqlite3_result_error(ctx, exact_message(result), -1);
}

/* ratio(a, b): a / b as micros, for two numbers in the same unit. */
static void fn_ratio(sqlite3_context *ctx, int n, sqlite3_value **args)
{
    if (are_exact(ctx, n, args))
        result_muldiv(ctx, sqlite3_value_int64(args[0]), 1000000, sqlite3_value_int64(args[1]));
}

/* per(micros, count [, times]): micros × times / count, e.g. cost per click. */
static void fn_per(sqlite3_context *ctx, int n, sqlite3_value **args)
{
    if (are_exact(ctx, n, args))
        result_muldiv(ctx, sqlite3_value_int64(args[0]), n > 2 ? sqlite3_value_int64(args[2]) : 1,
                      sqlite3_value_int64(args[1]));
}

/* SQLite's own date() would read the machine's clock, which a test cannot set. */
static void fn_today(sqlite3_context *ctx, int n, sqlite3_value **args)
{
    (void)n, (void)args;
    char text[DAY_TEXT];
    int64_t now = day_now();
    int32_t day = (int32_t)(now / TIME_DAY - (now % TIME_DAY < 0));
    sqlite3_result_text(ctx, day_print(day, text), -1, SQLITE_TRANSIENT);
}

static const struct {
    const char *name;
    int n_args, flags;
    void (*call)(sqlite3_context *, int, sqlite3_value **);
} functions[] = {
    {"dec", 1, SQLITE_DETERMINISTIC, fn_dec},     {"micros", 1, SQLITE_DETERMINISTIC, fn_micros},
    {"ratio", 2, SQLITE_DETERMINISTIC, fn_ratio}, {"per", 2, SQLITE_DETERMINISTIC, fn_per},
    {"per", 3, SQLITE_DETERMINISTIC, fn_per},     {"date", 0, 0, fn_today},
};

omni_status functions_register(sqlite3 *db, struct err *err)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (sqlite3_create_function(db, functions[i].name, functions[i].n_args,
                                    SQLITE_UTF8 | SQLITE_INNOCUOUS | functions[i].flags, NULL,
                                    functions[i].call, NULL, NULL) != SQLITE_OK)
            return sql_fail(db, err);
    return OMNI_OK;
}
