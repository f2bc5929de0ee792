/* SPDX-License-Identifier: Apache-2.0
 * hub/normalize/bind.c and normalize.c: what the hub fills in, what it keeps, what it refuses. */
#include <config.h>

#include "bound.h"

#include <stdio.h>

/* ---- a usual row ---- */

static void ads_row(void **state)
{
    (void)state;
    const struct omni_field *const fields[] = {
        FIELD(.type = OMNI_DATE, .path = "$.date_start", .column = "date", .flags = OMNI_KEY),
        FIELD(.type = OMNI_TEXT, .path = "$.ad_id", .column = "ad_id", .flags = OMNI_KEY),
        FIELD(.type = OMNI_INT, .path = "$.impressions", .column = "impressions"),
        FIELD(.type = OMNI_MICROS, .unit = OMNI_UNIT_MAJOR, .path = "$.spend", .column = "cost"),
        FIELD(.type = OMNI_INT, .path = "$.purchases", .column = "purchases",
              .flags = OMNI_ZERO_IF_ABSENT),
        FIELD(.type = OMNI_INT, .path = "$.reach", .column = "reach"),
        NULL};
    struct normalize_context context = usual;
    context.channels = channels;
    struct bound b;
    bind(&b, "ads_daily", fields, "level=ad;network=feed", &context);
    row(&b, (struct read_value[]){text("2026-01-31"), text("17"), text("1200"), text("12.34"),
                                  absent, null});
    assert_number(&b, "date", OMNI_DATE, day_from_civil(2026, 1, 31));
    assert_text(&b, "ad_id", "17");
    assert_number(&b, "impressions", OMNI_INT, 1200);
    assert_number(&b, "cost", OMNI_MICROS, 12340000);
    assert_number(&b, "purchases", OMNI_MICROS, 0);
    assert_int_equal(cell(&b, "reach")->type, OMNI_NULL);
    assert_int_equal(cell(&b, "clicks")->type, OMNI_NULL);
    assert_text(&b, "level", "ad");
    assert_text(&b, "network", "feed");
    assert_text(&b, "account_id", "act_1");
    assert_text(&b, "currency", "EUR");
    assert_text(&b, "channel", "Paid Social");
    assert_text(&b, "campaign_id", ""); /* a key that this level does not have */
    assert_text(&b, "campaign_name", NULL);
    assert_text(&b, "extra", NULL);
    /* Nothing of a row is left in the next one. */
    row(&b, (struct read_value[]){text("2026-02-01"), number("18"), null, null, number("2"),
                                  number("3")});
    assert_text(&b, "ad_id", "18");
    assert_int_equal(cell(&b, "impressions")->type, OMNI_NULL);
    assert_int_equal(cell(&b, "cost")->type, OMNI_NULL);
    assert_number(&b, "purchases", OMNI_MICROS, 2000000);
    assert_number(&b, "reach", OMNI_INT, 3);
    refused(&b, (struct read_value[]){null, text("1"), null, null, null, null},
            "field \"$.date_start\" (column date): a key has no value");
    refused(&b, (struct read_value[]){text("2026-01-31"), absent, null, null, null, null}, "a key");
    normalizer_set_window(b.n, day_from_civil(2026, 1, 1), day_from_civil(2026, 1, 31));
    row(&b, (struct read_value[]){text("2026-01-31"), text("1"), null, null, null, null});
    refused(&b, (struct read_value[]){text("2026-02-01"), text("1"), null, null, null, null},
            "column date: 2026-02-01 is outside of the window 2026-01-01 to 2026-01-31");
    normalizer_free(b.n);
}

/* ---- rows of other days, the day of the pull ---- */

static void other_days_are_dropped_where_the_stream_says_so(void **state)
{
    (void)state;
    const struct omni_field *const fields[] = {
        FIELD(.type = OMNI_DATE, .unit = OMNI_TIME_ISO, .path = "$.t", .column = "date"),
        FIELD(.type = OMNI_TEXT, .path = "$.id", .column = "campaign_id"), NULL};
    struct normalize_context context = usual;
    struct err err;
    struct zone *zone = zone_open("Europe/Lisbon", &err); /* in summer an hour ahead */
    context.zone = zone;
    struct bound b;
    bind(&b, "messages_daily", fields, "basis=send_date", &context);
    b.stream.flags = OMNI_STREAM_CLIP;
    normalizer_free(b.n);
    b.n = normalizer_new(b.dataset, &b.stream, &context, &b.err);
    normalizer_set_window(b.n, day_from_civil(2026, 5, 1), day_from_civil(2026, 5, 1));
    row(&b, (struct read_value[]){text("2026-04-30T23:30:00+00:00"), text("1")});
    assert_number(&b, "date", OMNI_DATE, day_from_civil(2026, 5, 1));
    row(&b, (struct read_value[]){text("2026-04-30T22:59:59+00:00"), text("2")});
    assert_null(b.cells);
    row(&b, (struct read_value[]){text("2026-05-01T23:00:00Z"), text("3")});
    assert_null(b.cells);
    normalizer_free(b.n);
    zone_free(zone);
}

static void rows_without_measures_are_left_out_where_the_stream_says_so(void **state)
{
    (void)state;
    const struct omni_field *const fields[] = {
        FIELD(.type = OMNI_DATE, .unit = OMNI_DATE_ISO, .path = "$.d", .column = "date"),
        FIELD(.type = OMNI_TEXT, .path = "$.type", .column = "conversion_action"),
        FIELD(.type = OMNI_MICROS, .unit = OMNI_UNIT_MAJOR, .path = "$.v", .column = "conversions",
              .flags = OMNI_OPTIONAL),
        NULL};
    struct bound b;
    bind(&b, "ads_conversions", fields, "level=campaign", &usual);
    b.stream.flags = OMNI_STREAM_SPARSE;
    normalizer_free(b.n);
    b.n = normalizer_new(b.dataset, &b.stream, &usual, &b.err);
    row(&b, (struct read_value[]){text("2026-05-01"), text("lead"), text("0")});
    assert_number(&b, "conversions", OMNI_MICROS, 0); /* 0 is a measure */
    row(&b, (struct read_value[]){text("2026-05-01"), text("lead"), {.kind = READ_ABSENT}});
    assert_null(b.cells);
    normalizer_free(b.n);
}

static void the_day_of_the_pull_as_a_constant(void **state)
{
    (void)state;
    const struct omni_field *const fields[] = {
        FIELD(.type = OMNI_TEXT, .path = "$.id", .column = "list_id"), NULL};
    struct bound b;
    bind(&b, "lists_daily", fields, "date=today", &usual); /* now: 23:30 UTC, see setup() */
    row(&b, (struct read_value[]){text("1")});
    assert_number(&b, "date", OMNI_DATE, day_from_civil(2026, 11, 23));
    struct err err;
    struct zone *zone = zone_open("Europe/Berlin", &err);
    normalizer_set_account(b.n, NULL, zone);
    row(&b, (struct read_value[]){text("1")});
    assert_number(&b, "date", OMNI_DATE, day_from_civil(2026, 11, 24));
    normalizer_free(b.n);
    zone_free(zone);
    try_bind(&b, "lists_daily", fields, "date=tomorrow", &usual);
    assert_null(b.n);
}

/* ---- money ---- */

static void minor_units_by_the_rows_currency(void **state)
{
    (void)state;
    const struct omni_field *const fields[] = {
        FIELD(.type = OMNI_MICROS, .unit = OMNI_UNIT_MINOR, .path = "amount", .column = "total",
              .nulls = "-"),
        FIELD(.type = OMNI_TEXT, .path = "id", .column = "order_id"),
        FIELD(.type = OMNI_TEXT, .path = "currency", .column = "currency"), NULL};
    struct bound b;
    bind(&b, "orders", fields, "date=2026-01-31", &usual);
    static const struct {
        const char *currency, *kept;
        int64_t micros;
    } cases[] = {{"JPY", "JPY", 1234000000},
                 {"usd", "USD", 12340000},
                 {"KWD", "KWD", 1234000},
                 {"CLF", "CLF", 123400},
                 {"", "EUR", 12340000}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        row(&b, (struct read_value[]){number("1234"), text("1"), text(cases[i].currency)});
        assert_number(&b, "total", OMNI_MICROS, cases[i].micros);
        assert_text(&b, "currency", cases[i].kept);
    }
    refused(&b, (struct read_value[]){number("1"), text("1"), text("XXX")},
            "field \"currency\" (column currency): \"XXX\" is not an ISO 4217 currency code");
    refused(&b, (struct read_value[]){number("1"), text("1"), text("EURO")}, "ISO 4217");
    normalizer_set_account(b.n, NULL, NULL);
    refused(&b, (struct read_value[]){number("1"), text("1"), null}, "currency is not known");
    row(&b, (struct read_value[]){null, text("1"), null});
    assert_text(&b, "currency", NULL);
    /* No amount, no question of its currency. */
    row(&b, (struct read_value[]){text("-"), text("1"), null});
    row(&b, (struct read_value[]){text(" "), text("1"), null});
    refused(&b, (struct read_value[]){text("1.x"), text("1"), null}, "\"1.x\" is not a number");
    normalizer_set_account(b.n, "JPY", NULL);
    row(&b, (struct read_value[]){number("1"), text("1"), null});
    assert_number(&b, "total", OMNI_MICROS, 1000000);
    normalizer_set_account(b.n, "??", NULL);
    row(&b, (struct read_value[]){null, text("1"), null});
    assert_text(&b, "currency", NULL);
    normalizer_free(b.n);
}

/* ---- texts that mean nothing ---- */

static void nulls(void **state)
{
    (void)state;
    const struct omni_field *const fields[] = {
        FIELD(.type = OMNI_DATE, .path = "d", .column = "date"),
        FIELD(.type = OMNI_TEXT, .path = "c", .column = "campaign", .nulls = "-|(not set)"),
        FIELD(.type = OMNI_INT, .path = "s", .column = "sessions", .nulls = "--|-1"),
        FIELD(.type = OMNI_INT, .path = "p", .column = "pageviews", .nulls = "--",
              .flags = OMNI_ZERO_IF_ABSENT),
        NULL};
    struct bound b;
    bind(&b, "web_daily", fields, NULL, &usual);
    row(&b, (struct read_value[]){text("2026-01-31"), text("(not set)"), text("--"), text("--")});
    assert_text(&b, "campaign", "");
    assert_int_equal(cell(&b, "sessions")->type, OMNI_NULL);
    assert_int_equal(cell(&b, "pageviews")->type, OMNI_NULL); /* the platform says: unknown */
    row(&b, (struct read_value[]){text("2026-01-31"), text("x"), number("-1"), text("")});
    assert_text(&b, "campaign", "x");
    assert_int_equal(cell(&b, "sessions")->type, OMNI_NULL);
    assert_number(&b, "pageviews", OMNI_INT, 0);
    row(&b, (struct read_value[]){text("2026-01-31"), text(""), text(" "), absent});
    assert_int_equal(cell(&b, "sessions")->type, OMNI_NULL);
    normalizer_free(b.n);
    static const char *const lists[] = {"", "|-", "-|", "-||x", "-|x", NULL};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        const struct omni_field *const one[] = {
            FIELD(.type = OMNI_TEXT, .path = "k", .column = "sku"),
            FIELD(.type = OMNI_TEXT, .path = "t", .column = "title", .nulls = lists[i]), NULL};
        bind(&b, "products", one, NULL, &usual);
        row(&b, (struct read_value[]){text("1"), text("")});
        assert_text(&b, "title", i < 4 ? NULL : "");
        normalizer_free(b.n);
    }
}

/* ---- extra, channels ---- */

static void extra_keeps_what_has_no_column(void **state)
{
    (void)state;
    const struct omni_field *const fields[] = {
        FIELD(.type = OMNI_TEXT, .path = "$.sku", .column = "sku"),
        FIELD(.type = OMNI_TEXT, .path = "$.z\"q"),
        FIELD(.type = OMNI_MICROS, .unit = OMNI_UNIT_MINOR, .path = "$.fee"),
        FIELD(.type = OMNI_INT, .path = "$.a.n"),
        FIELD(.type = OMNI_DATE, .path = "day"),
        FIELD(.type = OMNI_BOOL, .path = "$.flag"),
        NULL};
    const struct read_value full[] = {text("1"),    text("x\n"),        number("150"),
                                      number("-7"), text("2026-01-31"), {.kind = READ_TRUE}};
    struct normalize_context context = usual;
    struct bound b;
    context.extra = "*";
    bind(&b, "products", fields, NULL, &context);
    row(&b, full);
    assert_text(
        &b, "extra",
        "{\"a.n\":-7,\"day\":\"2026-01-31\",\"fee\":1.5,\"flag\":true,\"z\\\"q\":\"x\\n\"}");
    row(&b, (struct read_value[]){text("1"), null, absent, null, null, null});
    assert_text(&b, "extra", NULL);
    row(&b, (struct read_value[]){text("1"), null, absent, number("5"), null, null});
    assert_text(&b, "extra", "{\"a.n\":5}");
    refused(&b, (struct read_value[]){text("1"), null, null, text("x"), null, null},
            "field \"$.a.n\" (extra): \"x\" is not a number");
    normalizer_free(b.n);
    context.extra = "fee, flag";
    bind(&b, "products", fields, NULL, &context);
    row(&b, full);
    assert_text(&b, "extra", "{\"fee\":1.5,\"flag\":true}");
    normalizer_free(b.n);
    bind(&b, "products", fields, NULL, &usual);
    row(&b, (struct read_value[]){text("1"), null, text("dropped, not read"), null, null, null});
    assert_text(&b, "extra", NULL);
    normalizer_free(b.n);
}

static void channels_from_the_rows_own_columns(void **state)
{
    (void)state;
    const struct omni_field *const fields[] = {
        FIELD(.type = OMNI_DATE, .path = "d", .column = "date"),
        FIELD(.type = OMNI_TEXT, .path = "s", .column = "source_name"),
        FIELD(.type = OMNI_TEXT, .path = "m", .column = "medium"),
        FIELD(.type = OMNI_TEXT, .path = "g", .column = "channel"), NULL};
    struct normalize_context context = usual;
    context.channels = channels;
    context.plugin = "google_analytics";
    struct bound b;
    bind(&b, "web_daily", fields, NULL, &context);
    for (int round = 0; round < 2; round++) { /* the second from memory */
        row(&b, (struct read_value[]){text("2026-01-31"), text("google"), text("cpc"), null});
        assert_text(&b, "channel", "Paid Search");
        row(&b, (struct read_value[]){text("2026-01-31"), text("googlec"), text("pc"), null});
        assert_text(&b, "channel", "Unassigned");
        row(&b,
            (struct read_value[]){text("2026-01-31"), text("google"), text("cpc"), text("Mine")});
        assert_text(&b, "channel", "Mine");
    }
    for (int i = 0; i < 2000; i++) { /* more sources than are remembered */
        char source[24];
        snprintf(source, sizeof source, "source-%d", i % 700);
        row(&b, (struct read_value[]){text("2026-01-31"), text(source),
                                      text(i % 2 ? "email" : "organic"), null});
        assert_text(&b, "channel", i % 2 ? "Email" : "Organic Search");
    }
    auto_free char *longest = xcalloc(1, 100001);
    memset(longest, 'x', 100000);
    row(&b, (struct read_value[]){text("2026-01-31"), text(longest), text("email"), null});
    assert_text(&b, "channel", "Email");
    normalizer_free(b.n);
}

/* ---- cells of a plugin ---- */

static void rows_made_by_a_plugin(void **state)
{
    (void)state;
    const struct omni_field *const fields[] = {
        FIELD(.type = OMNI_MICROS, .unit = OMNI_UNIT_MINOR, .path = "total", .column = "total"),
        FIELD(.type = OMNI_TEXT, .path = "id", .column = "order_id", .flags = OMNI_KEY),
        FIELD(.type = OMNI_TEXT, .path = "c", .column = "currency"),
        FIELD(.type = OMNI_TIME, .path = "at", .column = "at"),
        FIELD(.type = OMNI_BOOL, .path = "t", .column = "is_test"),
        NULL};
#define TEXT_CELL(s_)                                                                              \
    {                                                                                              \
        .type = OMNI_TEXT, .len = sizeof(s_) - 1, .v.s = (s_)                                      \
    }
    const struct omni_cell good[5] = {{.type = OMNI_INT, .v.i = 1234},
                                      TEXT_CELL("1"),
                                      TEXT_CELL("jpy"),
                                      {.type = OMNI_TIME, .v.i = 5 * TIME_DAY},
                                      {.type = OMNI_BOOL, .v.i = 1}};
    struct bound b;
    bind(&b, "orders", fields, NULL, &usual);
    assert_int_equal(normalize_cells(b.n, good, 5, &b.cells, &b.err), OMNI_OK);
    assert_number(&b, "total", OMNI_MICROS, 1234000000);
    assert_text(&b, "currency", "JPY");
    assert_number(&b, "date", OMNI_DATE, 5);
    static const struct {
        int index;
        struct omni_cell cell;
        const char *why;
    } wrong[] = {
        {0, {.type = OMNI_REAL, .v.r = 1.5}, "the plugin gave real where micros is wanted"},
        {0, {.type = 99}, "is not a cell"},
        {0, TEXT_CELL("abc"), "is not a number"},
        {1, {.type = OMNI_NULL}, "a key has no value"},
        {1, {.type = OMNI_INT, .v.i = 1}, "the plugin gave int where text is wanted"},
        {1, {.type = OMNI_TEXT, .len = 5, .v.s = NULL}, "is not a cell"},
        {1, TEXT_CELL("\xff"), "is not UTF-8"},
        {2, TEXT_CELL("???"), "ISO 4217"},
        {3, {.type = OMNI_TIME, .v.i = INT64_MAX}, "years 1 to 9999"},
        {3, {.type = OMNI_DATE, .v.i = 1}, "the plugin gave date where time is wanted"},
        {4, {.type = OMNI_BOOL, .v.i = 2}, "neither 0 nor 1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct omni_cell cells[5];
        memcpy(cells, good, sizeof cells);
        cells[wrong[i].index] = wrong[i].cell;
        if (normalize_cells(b.n, cells, 5, &b.cells, &b.err) != OMNI_E_DATA ||
            !strstr(b.err.text, wrong[i].why))
            fail_msg("case %zu: %s", i, b.err.text);
    }
    assert_int_equal(normalize_cells(b.n, good, 4, &b.cells, &b.err), OMNI_E_DATA);
    struct omni_cell ready[5];
    memcpy(ready, good, sizeof ready);
    ready[0] = (struct omni_cell){.type = OMNI_MICROS, .v.i = 7}; /* already exact: kept */
    assert_int_equal(normalize_cells(b.n, ready, 5, &b.cells, &b.err), OMNI_OK);
    assert_number(&b, "total", OMNI_MICROS, 7);
    assert_int_equal(normalize_finish(b.n, &b.err), OMNI_OK);
    normalizer_free(b.n);
}

/* ---- binding and the end ---- */

static void fields_that_vanished(void **state)
{
    (void)state;
    const struct omni_field *const fields[] = {
        FIELD(.type = OMNI_TEXT, .path = "sku", .column = "sku"),
        FIELD(.type = OMNI_TEXT, .path = "opt", .column = "title", .flags = OMNI_OPTIONAL),
        FIELD(.type = OMNI_MICROS, .path = "zero", .column = "price", .flags = OMNI_ZERO_IF_ABSENT),
        FIELD(.type = OMNI_TEXT, .path = "$.brand", .column = "brand"),
        FIELD(.type = OMNI_TEXT, .path = "$.dropped"),
        NULL};
    struct bound b;
    bind(&b, "products", fields, NULL, &usual);
    assert_int_equal(normalize_finish(b.n, &b.err), OMNI_OK); /* no rows, no verdict */
    row(&b, (struct read_value[]){text("1"), absent, absent, absent, text("x")});
    assert_int_equal(normalize_finish(b.n, &b.err), OMNI_E_DATA);
    assert_non_null(strstr(b.err.text, "no record of stream s has the field \"$.brand\""));
    row(&b, (struct read_value[]){text("1"), absent, absent, null, absent});
    assert_int_equal(normalize_finish(b.n, &b.err), OMNI_OK);
    normalizer_free(b.n);
}

static void bindings_that_cannot_be(void **state)
{
    (void)state;
    const struct omni_field *date = FIELD(.type = OMNI_DATE, .path = "d", .column = "date");
    const struct {
        const char *dataset;
        const struct omni_field *const *fields;
        const char *constants, *why;
    } cases[] = {
        {"ads_daily", FIELDS(date), NULL, "its key column \"level\""},
        {"ads_daily", FIELDS(FIELD(.type = OMNI_INT, .path = "x", .column = "clicks")), "level=ad",
         "its key column \"date\""},
        {"costs_manual",
         FIELDS(FIELD(.type = OMNI_DATE, .path = "f", .column = "date_from"),
                FIELD(.type = OMNI_DATE, .path = "t", .column = "date_to")),
         "channel=TV", "its required column \"cost\""},
        {"ads_daily", FIELDS(date, FIELD(.type = OMNI_INT, .path = "x", .column = "cliks")),
         "level=ad", "no column \"cliks\" (did you mean \"clicks\"?)"},
        {"ads_daily", FIELDS(date, FIELD(.type = OMNI_TEXT, .path = "x", .column = "clicks")),
         "level=ad", "field \"x\" (type text, unit 0) does not go into column clicks of type int"},
        {"ads_daily", FIELDS(date, FIELD(.type = OMNI_REAL, .path = "x", .column = "cost")),
         "level=ad", "does not go into column cost"},
        {"ads_daily", FIELDS(date, FIELD(.type = OMNI_MICROS, .path = "x", .column = "clicks")),
         "level=ad", "does not go into column clicks"},
        {"ads_daily",
         FIELDS(date,
                FIELD(.type = OMNI_INT, .unit = OMNI_UNIT_MAJOR, .path = "x", .column = "clicks")),
         "level=ad", "does not go into column clicks"},
        {"ads_daily",
         FIELDS(FIELD(.type = OMNI_DATE, .unit = OMNI_PATTERN, .path = "x", .column = "date")),
         "level=ad", "does not go into column date"},
        {"ads_daily", FIELDS(date, FIELD(.type = 77, .path = "x")), "level=ad",
         "does not go into extra"},
        {"ads_daily", FIELDS(date, date), "level=ad", "column date is fed twice"},
        {"ads_daily", FIELDS(date), "level=ad;level=x", "column level is fed twice"},
        {"ads_daily", FIELDS(date), "level=ad;nix=x", "no such column"},
        {"ads_daily", FIELDS(date), "level", "no such column"},
        {"ads_daily", FIELDS(date), "level=ad;clicks=many", "is not a number"},
        {"ads_daily", FIELDS(date), "level=ad;currency=XXX", "ISO 4217"},
        {"ads_daily", FIELDS(FIELD(.type = OMNI_DATE, .column = "date")), "level=ad", "no path"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct bound b;
        try_bind(&b, cases[i].dataset, cases[i].fields, cases[i].constants, &usual);
        if (b.n || b.err.status != OMNI_E_CONFIG || !strstr(b.err.text, cases[i].why))
            fail_msg("case %zu: %s", i, b.err.text);
    }
    struct bound b;
    bind(&b, "ads_daily", FIELDS(date), "level=ad;;clicks=5;currency=usd;", &usual);
    row(&b, (struct read_value[]){text("2026-01-31")});
    assert_number(&b, "clicks", OMNI_INT, 5);
    assert_text(&b, "currency", "USD");
    normalizer_free(b.n);
}

/* A plugin built when struct omni_field ended after `column`. */
static void older_fields_are_shorter(void **state)
{
    (void)state;
    struct omni_field old = {.size = offsetof(struct omni_field, help),
                             .type = OMNI_TEXT,
                             .path = "sku",
                             .column = "sku"};
    memset((char *)&old + old.size, 0xa5, sizeof old - old.size);
    struct bound b;
    bind(&b, "products", FIELDS(&old), NULL, &usual);
    row(&b, (struct read_value[]){text("1")});
    assert_text(&b, "sku", "1");
    normalizer_free(b.n);
}

static void long_values_are_shortened(void **state)
{
    (void)state;
    const struct omni_field *const fields[] = {
        FIELD(.type = OMNI_TEXT, .path = "sku", .column = "sku"),
        FIELD(.type = OMNI_MICROS, .path = "p", .column = "price"), NULL};
    auto_free char *longest = xcalloc(1, 5001);
    memset(longest, 'x', 5000);
    struct bound b;
    bind(&b, "products", fields, NULL, &usual);
    refused(&b, (struct read_value[]){text("1"), text(longest)}, "xxx\"\xe2\x80\xa6 is not");
    assert_true(strlen(b.err.text) < 150);
    normalizer_free(b.n);
    normalizer_free(NULL);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(ads_row),
    cmocka_unit_test(other_days_are_dropped_where_the_stream_says_so),
    cmocka_unit_test(rows_without_measures_are_left_out_where_the_stream_says_so),
    cmocka_unit_test(the_day_of_the_pull_as_a_constant),
    cmocka_unit_test(minor_units_by_the_rows_currency),
    cmocka_unit_test(nulls),
    cmocka_unit_test(extra_keeps_what_has_no_column),
    cmocka_unit_test(channels_from_the_rows_own_columns),
    cmocka_unit_test(rows_made_by_a_plugin),
    cmocka_unit_test(fields_that_vanished),
    cmocka_unit_test(bindings_that_cannot_be),
    cmocka_unit_test(older_fields_are_shorter),
    cmocka_unit_test(long_values_are_shortened),
};

int main(void)
{
    return cmocka_run_group_tests(tests, setup, teardown);
}
