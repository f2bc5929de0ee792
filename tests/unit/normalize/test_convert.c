/* SPDX-License-Identifier: Apache-2.0
 * hub/normalize/convert.c: units, days, times, and what is not one. */
#include <config.h>

#include "bound.h"

/* ---- units ---- */

static void units(void **state)
{
    (void)state;
    static const struct {
        const char *column;
        uint32_t type, unit, flags;
        const char *in;
        int64_t out;
        const char *why;
    } cases[] = {
        {"revenue", OMNI_MICROS, OMNI_UNIT_MAJOR, 0, "12.34", 12340000, NULL},
        {"revenue", OMNI_MICROS, OMNI_AS_IS, 0, "-0.000001", -1, NULL},
        {"revenue", OMNI_MICROS, OMNI_UNIT_MINOR, 0, "1234", 12340000, NULL},
        {"revenue", OMNI_MICROS, OMNI_UNIT_MINOR, 0, "0.5", 5000, NULL},
        {"revenue", OMNI_MICROS, OMNI_UNIT_MICROS, 0, "1234", 1234, NULL},
        {"revenue", OMNI_MICROS, OMNI_UNIT_MICROS, 0, "1.5", 0, "more decimals"},
        {"revenue", OMNI_MICROS, OMNI_UNIT_PERCENT, 0, "12.5", 125000, NULL},
        {"revenue", OMNI_MICROS, OMNI_UNIT_MAJOR, OMNI_DECIMAL_COMMA, "1.234,56", 1234560000, NULL},
        {"revenue", OMNI_MICROS, OMNI_UNIT_MAJOR, OMNI_THOUSANDS, "1,234.56", 1234560000, NULL},
        {"revenue", OMNI_MICROS, OMNI_UNIT_MAJOR, 0, "1,234.56", 0, "is not a number"},
        {"revenue", OMNI_MICROS, OMNI_UNIT_MAJOR, 0, "1.2345678", 0, "more decimals"},
        {"revenue", OMNI_MICROS, OMNI_UNIT_MAJOR, OMNI_ROUND, "1.2345675", 1234568, NULL},
        {"revenue", OMNI_MICROS, OMNI_UNIT_MAJOR, 0, "1e30", 0, "is too large"},
        {"revenue", OMNI_MICROS, OMNI_UNIT_MAJOR, 0, " 5 ", 5000000, NULL},
        {"engagement_seconds", OMNI_MICROS, OMNI_UNIT_MS, 0, "1500", 1500000, NULL},
        {"engagement_seconds", OMNI_MICROS, OMNI_UNIT_MINUTES, 0, "1.5", 90000000, NULL},
        {"engagement_seconds", OMNI_MICROS, OMNI_UNIT_MINUTES, 0, "9000000000000", 0, "too large"},
        {"key_events", OMNI_MICROS, OMNI_AS_IS, 0, "2.5", 2500000, NULL},
        {"key_events", OMNI_INT, OMNI_AS_IS, 0, "2", 2000000, NULL},
        {"sessions", OMNI_INT, OMNI_AS_IS, 0, "7", 7, NULL},
        {"sessions", OMNI_INT, OMNI_AS_IS, 0, "7.0", 7, NULL},
        {"sessions", OMNI_INT, OMNI_AS_IS, 0, "7.5", 0, "more decimals"},
        {"sessions", OMNI_INT, OMNI_AS_IS, 0, "seven", 0,
         "field \"f\" (column sessions): \"seven\" is not a number"},
        {"sessions", OMNI_INT, OMNI_AS_IS, 0, "9223372036854775808", 0, "too large"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct omni_field *const fields[] = {
            FIELD(.type = OMNI_DATE, .path = "d", .column = "date"),
            FIELD(.type = cases[i].type, .unit = cases[i].unit, .flags = cases[i].flags,
                  .path = "f", .column = cases[i].column),
            NULL};
        struct bound b;
        bind(&b, "web_daily", fields, NULL, &usual);
        const struct read_value values[] = {text("2026-01-31"), text(cases[i].in)};
        if (cases[i].why) {
            refused(&b, values, cases[i].why);
        } else {
            row(&b, values);
            assert_int_equal(cell(&b, cases[i].column)->v.i, cases[i].out);
            assert_int_equal(cell(&b, cases[i].column)->type,
                             b.dataset->columns[schema_column(b.dataset, cases[i].column)].type);
        }
        normalizer_free(b.n);
    }
}

static void rates_keep_ten_decimals(void **state)
{
    (void)state;
    for (uint32_t type = OMNI_INT; type <= OMNI_MICROS; type += OMNI_MICROS - OMNI_INT) {
        const struct omni_field *const fields[] = {
            FIELD(.type = OMNI_DATE, .path = "d", .column = "date"),
            FIELD(.type = OMNI_TEXT, .path = "b", .column = "base"),
            FIELD(.type = type, .unit = OMNI_UNIT_MAJOR, .path = "r", .column = "rate_e10"), NULL};
        struct bound b;
        bind(&b, "fx_rates", fields, "quote=EUR", &usual);
        row(&b, (struct read_value[]){text("2026-01-31"), text("JPY"), text("0.0061728395")});
        assert_number(&b, "rate_e10", OMNI_INT, 61728395);
        refused(&b, (struct read_value[]){text("2026-01-31"), text("JPY"), null},
                "column rate_e10: a row has no value");
        refused(&b, (struct read_value[]){text("2026-01-31"), text("JPY"), text("0.00617283951")},
                "more decimals");
        normalizer_free(b.n);
    }
}

/* ---- days and times ---- */

static void days_and_times(void **state)
{
    (void)state;
    static const struct {
        const char *column;
        uint32_t type, unit;
        const char *format, *in;
        const char *out; /* NULL: refused */
    } cases[] = {
        {"date", OMNI_DATE, OMNI_AS_IS, NULL, "2026-01-31", "2026-01-31"},
        {"date", OMNI_DATE, OMNI_DATE_ISO, NULL, "2026-01-31T23:30:00-08:00", "2026-01-31"},
        {"date", OMNI_DATE, OMNI_DATE_ISO, NULL, "2026-01-31x", NULL},
        {"date", OMNI_DATE, OMNI_DATE_COMPACT, NULL, "20260131", "2026-01-31"},
        {"date", OMNI_DATE, OMNI_DATE_COMPACT, NULL, "2026-01-31", NULL},
        {"date", OMNI_DATE, OMNI_PATTERN, "%d.%m.%Y", "31.1.2026", "2026-01-31"},
        {"date", OMNI_DATE, OMNI_PATTERN, "%d.%m.%Y", "31.2.2026", NULL},
        {"date", OMNI_DATE, OMNI_TIME_EPOCH, NULL, "1769900400", "2026-02-01"}, /* 00:00 Berlin */
        {"date", OMNI_DATE, OMNI_TIME_EPOCH, NULL, "1769900399", "2026-01-31"},
        {"date", OMNI_TIME, OMNI_TIME_ISO, NULL, "2026-01-31T23:30:00Z", "2026-02-01"},
        {"date", OMNI_TIME, OMNI_TIME_ISO, NULL, "2026-01-31T23:30:00", "2026-01-31"},
        {"date", OMNI_DATE, OMNI_TIME_EPOCH, NULL, "99999999999999", NULL},
        {"at", OMNI_TIME, OMNI_AS_IS, NULL, "2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"},
        {"at", OMNI_TIME, OMNI_TIME_ISO, NULL, "2026-07-31T10:00:00", "2026-07-31T08:00:00Z"},
        {"at", OMNI_TIME, OMNI_TIME_EPOCH, NULL, "1769900400.25", "2026-01-31T23:00:00.25Z"},
        {"at", OMNI_TIME, OMNI_TIME_EPOCH_MS, NULL, "1769900400250", "2026-01-31T23:00:00.25Z"},
        {"at", OMNI_TIME, OMNI_TIME_EPOCH_MS, NULL, "soon", NULL},
        {"at", OMNI_TIME, OMNI_DATE_COMPACT, NULL, "20260731", "2026-07-30T22:00:00Z"},
        {"at", OMNI_TIME, OMNI_PATTERN, "%d.%m.%Y %H:%M", "31.07.2026 10:00",
         "2026-07-31T08:00:00Z"},
    };
    struct err err;
    struct zone *berlin = zone_open("Europe/Berlin", &err);
    if (!berlin)
        skip();
    struct normalize_context context = usual;
    context.zone = berlin;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char out[TIME_TEXT];
        const struct omni_field *const fields[] = {
            FIELD(.type = OMNI_TEXT, .path = "id", .column = "order_id"),
            FIELD(.type = cases[i].type, .unit = cases[i].unit, .format = cases[i].format,
                  .path = "t", .column = cases[i].column),
            NULL};
        struct bound b;
        bind(&b, "orders", fields, NULL, &context);
        const struct read_value values[] = {text("1"), text(cases[i].in)};
        if (!cases[i].out) {
            refused(&b, values, "field \"t\"");
        } else {
            row(&b, values);
            const struct omni_cell *c = cell(&b, cases[i].column);
            assert_string_equal(c->type == OMNI_DATE ? day_print((int32_t)c->v.i, out)
                                                     : day_print_time(c->v.i, out),
                                cases[i].out);
        }
        normalizer_free(b.n);
    }
    zone_free(berlin);
}

/* The order's day is the account's, unless the stream names the zone of its days. */
static void local_day_of_a_time(void **state)
{
    (void)state;
    struct err err;
    struct zone *auckland = zone_open("Pacific/Auckland", &err);
    if (!auckland)
        skip();
    const struct omni_field *const fields[] = {
        FIELD(.type = OMNI_TEXT, .path = "id", .column = "order_id"),
        FIELD(.type = OMNI_TIME, .path = "at", .column = "at"), NULL};
    struct bound b = {.dataset = schema_find(schema, "orders")};
    b.stream = (struct omni_stream){
        .size = sizeof b.stream, .name = "s", .fields = fields, .day_zone = "account"};
    struct normalize_context context = usual;
    b.n = normalizer_new(b.dataset, &b.stream, &context, &b.err);
    assert_non_null(b.n);
    const struct read_value values[] = {text("1"), text("2026-01-31T20:00:00Z")};
    row(&b, values);
    assert_number(&b, "date", OMNI_DATE, day_from_civil(2026, 1, 31));
    normalizer_set_account(b.n, "NZD", auckland);
    row(&b, values);
    assert_number(&b, "date", OMNI_DATE, day_from_civil(2026, 2, 1));
    assert_number(&b, "at", OMNI_TIME, day_from_civil(2026, 1, 31) * TIME_DAY + 72000000000);
    assert_text(&b, "currency", "NZD");
    refused(&b, (struct read_value[]){text("1"), null}, "column date: a row has no value for it");
    normalizer_free(b.n);
    b.stream.day_zone = "UTC";
    b.n = normalizer_new(b.dataset, &b.stream, &context, &b.err);
    assert_non_null(b.n);
    normalizer_set_account(b.n, "NZD", auckland);
    row(&b, (struct read_value[]){text("1"), text("2026-01-31T20:00:00")});
    assert_number(&b, "date", OMNI_DATE, day_from_civil(2026, 1, 31));
    assert_number(&b, "at", OMNI_TIME, day_from_civil(2026, 1, 31) * TIME_DAY + 72000000000);
    normalizer_free(b.n);
    b.stream.day_zone = "Mars/Olympus";
    assert_null(normalizer_new(b.dataset, &b.stream, &context, &b.err));
    assert_non_null(strstr(b.err.text, "stream s: time zone \"Mars/Olympus\""));
    /* A reading without a day is of today there: 23:30 UTC is tomorrow in Auckland. */
    const struct omni_field *const stock[] = {
        FIELD(.type = OMNI_TEXT, .path = "sku", .column = "sku"), NULL};
    context.zone = auckland;
    bind(&b, "inventory", stock, NULL, &context);
    row(&b, (struct read_value[]){text("1")});
    assert_number(&b, "date", OMNI_DATE, day_from_civil(2026, 11, 24));
    normalizer_free(b.n);
    zone_free(auckland);
}

/* ---- other types ---- */

static void booleans_reals_and_trees(void **state)
{
    (void)state;
    const struct omni_field *const fields[] = {
        FIELD(.type = OMNI_TEXT, .path = "id", .column = "location_id"),
        FIELD(.type = OMNI_BOOL, .path = "b", .column = "active"),
        FIELD(.type = OMNI_REAL, .path = "l", .column = "latitude"),
        FIELD(.type = OMNI_TEXT, .path = "a", .column = "address"), NULL};
    static const struct read_value yes = {.kind = READ_TRUE}, no = {.kind = READ_FALSE};
    struct read_value tree = {READ_TREE, 7, "{\"a\":1}"};
    struct bound b;
    bind(&b, "locations", fields, NULL, &usual);
    row(&b, (struct read_value[]){text("1"), yes, number("48.137154"), tree});
    assert_number(&b, "active", OMNI_BOOL, 1);
    assert_true(cell(&b, "latitude")->v.r == 48.137154);
    assert_text(&b, "address", "{\"a\":1}");
    row(&b, (struct read_value[]){text("1"), no, number("-0.5"), yes});
    assert_number(&b, "active", OMNI_BOOL, 0);
    assert_true(cell(&b, "latitude")->v.r == -0.5);
    assert_text(&b, "address", "true");
    row(&b, (struct read_value[]){text("1"), text("Yes"), null, no});
    assert_number(&b, "active", OMNI_BOOL, 1);
    assert_text(&b, "address", "false");
    row(&b, (struct read_value[]){text("1"), number("0"), null, null});
    assert_number(&b, "active", OMNI_BOOL, 0);
    refused(&b, (struct read_value[]){tree, yes, null, null}, "is not a single value");
    refused(&b, (struct read_value[]){text("1"), text("maybe"), null, null}, "neither true");
    refused(&b, (struct read_value[]){text("1"), tree, null, null}, "neither true");
    refused(&b, (struct read_value[]){text("1"), null, tree, null}, "is not a number");
    refused(&b, (struct read_value[]){text("1"), null, yes, null}, "is not a number");
    normalizer_free(b.n);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(units),
    cmocka_unit_test(rates_keep_ten_decimals),
    cmocka_unit_test(days_and_times),
    cmocka_unit_test(local_day_of_a_time),
    cmocka_unit_test(booleans_reals_and_trees),
};

int main(void)
{
    return cmocka_run_group_tests(tests, setup, teardown);
}
