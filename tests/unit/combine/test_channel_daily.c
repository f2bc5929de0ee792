/* SPDX-License-Identifier: Apache-2.0
 * conf/schema/combined/channel_daily: levels, currencies, spread costs, derived numbers, and that
 * only changed days are computed. */
#include <config.h>

#include "fixture.h"

#include "combine/combine.h"

#define SCHEMA_DIR   TEST_SRCDIR "/conf/schema"
#define COMBINED_DIR TEST_SRCDIR "/conf/schema/combined"

/* One row given as name, text, name, text …, NULL. */
static struct spool *named_row(struct fixture *f, const struct schema_dataset *d,
                               const char *const *pairs, struct spool *spool)
{
    struct omni_cell cells[80] = {0};
    if (!spool)
        spool = spool_new(f->dir, (uint32_t)d->n_columns + 1, 1 << 20);
    for (size_t i = 0; i < d->n_keys; i++)
        if (d->columns[i].type == OMNI_TEXT)
            cells[i] = fixture_cell(OMNI_TEXT, "");
    for (const char *const *p = pairs; *p; p += 2) {
        int column = schema_column(d, p[0]);
        if (column < 0)
            fail_msg("no column %s", p[0]);
        cells[column] = fixture_cell(d->columns[column].type, p[1]);
    }
    assert_int_equal(spool_add(spool, cells, &f->err), OMNI_OK);
    return spool;
}

/* Rows of one connector; "site/pages": of its stream pages. */
#define ROW(...) ((const char *const[]){__VA_ARGS__, NULL})
static void put(struct fixture *f, uint32_t sync, const char *connector, const char *dataset,
                const char *const *const *rows)
{
    const char *slash = strchr(connector, '/');
    char name[32];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(connector, "/"), connector);
    fixture_stream(f, name, slash ? slash + 1 : "stream", dataset);
    const struct schema_dataset *d = schema_find(f->schema, dataset);
    struct store_window w = {
        .dataset = d, .sync = sync, .feed = f->feed, .run = f->run, .history_from = INT32_MIN};
    struct store_result r;
    struct spool *spool = NULL;
    for (; *rows; rows++)
        spool = named_row(f, d, *rows, spool);
    if (store_apply(f->store, &w, &spool, 1, &r, &f->err) != OMNI_OK)
        fail_msg("%s", f->err.text);
    spool_free(spool);
}
#define PUT_AS(f, sync, connector, dataset, ...)                                                   \
    put(f, sync, connector, dataset, (const char *const *const[]){__VA_ARGS__, NULL})
/* Adds or changes these. */
#define PUT(f, connector, dataset, ...) PUT_AS(f, OMNI_CURSOR, connector, dataset, __VA_ARGS__)

static struct combine_result combine(struct fixture *f, const char *currency)
{
    struct combine_result r = {0};
    struct combine *c = combine_new(
        f->store, &(struct combine_setup){.dir = COMBINED_DIR, .currency = currency}, &f->err);
    if (!c || combine_run(c, &r, &f->err) != OMNI_OK)
        fail_msg("%s", f->err.text);
    combine_free(c);
    return r;
}

#define AD(date_, level_, id_, currency_, cost_)                                                   \
    ROW("date", date_, "account_id", "1", "level", level_, "campaign_id", id_, "currency",         \
        currency_, "channel", "Paid Social", "cost", cost_, "impressions", "1000", "clicks", "10", \
        "conversions", "2000000", "conversion_value", "50000000")

static void levels_are_never_added(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(SCHEMA_DIR, "ads_daily");
    PUT(f, "shop-ads", "ads_daily", AD("2026-01-01", "campaign", "c1", "EUR", "10000000"),
        AD("2026-01-01", "campaign", "c2", "EUR", "5000000"),
        AD("2026-01-01", "ad", "c1", "EUR", "9000000"),
        AD("2026-01-02", "ad", "c1", "EUR", "9000000"),
        AD("2026-01-02", "account", "", "EUR", "9500000"));
    combine(f, "EUR");
    assert_asked(f,
                 "SELECT date, channel, currency, cost, impressions, coverage FROM channel_daily",
                 "2026-01-01|Paid Social|EUR|15000000|2000|shop-ads\n"
                 "2026-01-02|Paid Social|EUR|9500000|1000|shop-ads\n");
    /* 15 / 20 clicks; 20 / 2000; 15 × 1000 / 2000; 4 / 20; 15 / 4; 100 / 15 */
    assert_asked(f,
                 "SELECT cpc, ctr, cpm, cvr, cpa, roas, mer, aov FROM channel_daily"
                 " WHERE date = '2026-01-01'",
                 "750000|10000|7500000|200000|3750000|6666667|NULL|NULL\n");
    fixture_free(f);
}

static void money_is_converted_or_null(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(SCHEMA_DIR, "ads_daily");
    PUT(f, "rates", "fx_rates",
        ROW("date", "2026-01-02", "base", "USD", "quote", "EUR", "rate_e10", "9000000000"),
        ROW("date", "2026-01-02", "base", "EUR", "quote", "GBP", "rate_e10", "8000000000"));
    PUT(f, "us", "ads_daily", AD("2026-01-01", "campaign", "c", "USD", "10000000"),
        AD("2026-01-02", "campaign", "c", "USD", "10000000"),
        AD("2026-01-09", "campaign", "c", "USD", "10000001"),
        AD("2026-01-10", "campaign", "c", "USD", "10000000"));
    PUT(f, "uk", "ads_daily", AD("2026-01-02", "campaign", "c", "GBP", "1000000"));
    struct combine_result r = combine(f, "EUR");
    assert_int_equal(r.missing_rates, 2);
    /* Before the first rate and eight days after it: unknown. 9 + 1/0.8; 9.0000009 is exact. */
    assert_asked(f, "SELECT date, currency, cost FROM channel_daily",
                 "2026-01-01|EUR|NULL\n2026-01-02|EUR|10250000\n2026-01-09|EUR|9000001\n"
                 "2026-01-10|EUR|NULL\n");
    assert_asked(f, "SELECT clicks, cpc, roas FROM channel_daily WHERE date = '2026-01-10'",
                 "10|NULL|NULL\n");
    /* A rate that comes later computes its day and the seven after it. */
    PUT(f, "rates", "fx_rates",
        ROW("date", "2026-01-08", "base", "USD", "quote", "EUR", "rate_e10", "5000000000"));
    r = combine(f, "EUR");
    assert_int_equal(r.days, 8);
    assert_int_equal(r.rows, 2);
    assert_asked(f, "SELECT date, cost FROM channel_daily WHERE date > '2026-01-05'",
                 "2026-01-09|5000000\n2026-01-10|5000000\n");
    fixture_free(f);
}

/* Money that is null is told as long as it is, not written down anew by each run. */
static void what_no_rate_converts_is_told_once(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(SCHEMA_DIR, "ads_daily");
    PUT(f, "us", "ads_daily", AD("2026-01-01", "campaign", "c", "USD", "10000000"),
        AD("2999-01-01", "campaign", "c", "USD", "10000000"));
    combine(f, "EUR");
    assert_asked(f,
                 "SELECT kind, text LIKE 'no exchange rate from USD to EUR on 1 day, 2026-01-01:%'"
                 " FROM notices WHERE until IS NULL",
                 "rates|1\n");
    int written = sqlite3_total_changes(store_db(f->store));
    combine(f, "EUR");
    assert_int_equal(sqlite3_total_changes(store_db(f->store)), written);
    combine(f, "USD"); /* the datasets are made anew, without gaps */
    assert_asked(f, "SELECT count(*) FROM rate_gaps", "0\n");
    assert_asked(f, "SELECT count(*) FROM notices WHERE until IS NULL", "0\n");
    fixture_free(f);
}

static void without_a_hub_currency_one_is_kept_and_two_are_not_mixed(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(SCHEMA_DIR, "ads_daily");
    PUT(f, "us", "ads_daily", AD("2026-01-01", "campaign", "c", "USD", "10000000"),
        AD("2026-01-02", "campaign", "c", "USD", "10000000"));
    PUT(f, "uk", "ads_daily", AD("2026-01-02", "campaign", "c", "GBP", "1000000"));
    struct combine_result r = combine(f, NULL);
    assert_int_equal(r.missing_rates, 2);
    assert_asked(f, "SELECT date, currency, cost, clicks FROM channel_daily",
                 "2026-01-01|USD|10000000|10\n2026-01-02|NULL|NULL|20\n");
    /* The currency is part of the definition: all days are computed again. */
    r = combine(f, "USD");
    assert_int_equal(r.days, 2);
    assert_asked(f, "SELECT date, currency, cost FROM channel_daily",
                 "2026-01-01|USD|10000000\n2026-01-02|USD|NULL\n");
    fixture_free(f);
}

static void manual_costs_are_spread_to_the_last_millionth(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(SCHEMA_DIR, "costs_manual");
    PUT(f, "sheet", "costs_manual",
        ROW("date_from", "2026-01-30", "date_to", "2026-02-01", "channel", "TV", "currency", "EUR",
            "cost", "100000000"),
        ROW("date_from", "2026-01-30", "date_to", "2026-02-05", "channel", "Refund", "currency",
            "EUR", "cost", "-8"));
    combine(f, "EUR");
    assert_asked(
        f, "SELECT date, cost, coverage FROM channel_daily WHERE channel = 'TV'",
        "2026-01-30|33333334|sheet\n2026-01-31|33333333|sheet\n2026-02-01|33333333|sheet\n");
    assert_asked(f,
                 "SELECT sum(cost), min(cost), max(cost), count(*) FROM channel_daily"
                 " WHERE channel = 'Refund'",
                 "-8|-2|-1|7\n");
    /* The sheet shrinks: the days it no longer covers lose their cost. */
    fixture_feed(f, "sheet", "costs_manual");
    const struct schema_dataset *d = schema_find(f->schema, "costs_manual");
    struct spool *spool = named_row(f, d,
                                    ROW("date_from", "2026-01-31", "date_to", "2026-01-31",
                                        "channel", "TV", "currency", "EUR", "cost", "7000000"),
                                    NULL);
    struct store_window w = {.dataset = d,
                             .sync = OMNI_SNAPSHOT,
                             .feed = f->feed,
                             .run = f->run,
                             .history_from = INT32_MIN};
    struct store_result r;
    assert_int_equal(store_apply(f->store, &w, &spool, 1, &r, &f->err), OMNI_OK);
    spool_free(spool);
    combine(f, "EUR");
    assert_asked(f, "SELECT date, channel, cost FROM channel_daily", "2026-01-31|TV|7000000\n");
    fixture_free(f);
}

static void orders_and_visits_meet_in_one_table(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(SCHEMA_DIR, "orders");
    PUT(f, "till", "orders",
        ROW("order_id", "1", "date", "2026-01-01", "sales_channel", "pos", "currency", "EUR", "net",
            "10000000", "is_first_order", "1"),
        ROW("order_id", "2", "date", "2026-01-01", "sales_channel", "pos", "currency", "EUR", "net",
            "5000000"),
        ROW("order_id", "3", "date", "2026-01-01", "currency", "EUR", "net", "2000000", "channel",
            "Unassigned"),
        ROW("order_id", "5", "date", "2026-01-01", "currency", "EUR", "net", "1000000", "channel",
            "Email", "sales_channel", "web"),
        ROW("order_id", "4", "date", "2026-01-01", "currency", "EUR", "net", "99000000", "is_test",
            "1"));
    PUT(f, "shop-ads", "ads_daily", AD("2026-01-01", "campaign", "c1", "EUR", "8500000"));
    PUT(f, "site", "web_daily",
        ROW("date", "2026-01-01", "channel", "Paid Social", "sessions", "40", "engaged_sessions",
            "30"));
    /* A page without a name is no proof that the stream is whole. */
    PUT(f, "site/landing", "web_daily",
        ROW("date", "2026-01-01", "channel", "Paid Social", "landing_page", "/", "sessions", "41"),
        ROW("date", "2026-01-01", "channel", "Paid Social", "landing_page", "", "sessions", "2"));
    PUT(f, "mail", "messages_daily",
        ROW("date", "2026-01-01", "basis", "send_date", "channel", "Email", "clicks", "7"),
        ROW("date", "2026-01-01", "basis", "event_date", "channel", "Email", "clicks", "6"),
        ROW("date", "2026-01-01", "basis", "send_date", "channel", "Email", "flow_id", "f1",
            "clicks", "200"),
        ROW("date", "2026-01-01", "basis", "event_date", "channel", "Email", "flow_id", "f1",
            "clicks", "100"));
    combine(f, "EUR");
    assert_asked(f,
                 "SELECT channel, sessions, clicks, orders, new_customers, revenue, aov, mer,"
                 " coverage FROM channel_daily ORDER BY channel",
                 "Email|NULL|106|1|NULL|1000000|1000000|2117647|mail,till\n"
                 "Paid Social|40|10|NULL|NULL|NULL|NULL|2117647|shop-ads,site\n"
                 "Shop|NULL|NULL|1|NULL|2000000|2000000|2117647|till\n"
                 "Store|NULL|NULL|2|1|15000000|7500000|2117647|till\n");
    fixture_free(f);
}

#define PERSON(id_, date_, channel_, stage_, ...)                                                  \
    ROW("account_id", "1", "contact_id", id_, "created_date", date_, "channel", channel_,          \
        "lifecycle_stage", stage_, ##__VA_ARGS__)
#define DEAL(as_of_, id_, closed_, won_, amount_)                                                  \
    ROW("as_of", as_of_, "account_id", "1", "deal_id", id_, "closed_date", closed_, "is_won",      \
        won_, "amount", amount_, "currency", "EUR", "channel", "CRM")
#define CRM_COLUMNS "SELECT date, channel, crm_leads, deals_won, deal_value, coverage"

static void leads_and_deals_count_once_and_move_with_their_day(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(SCHEMA_DIR, "crm_people");
    PUT(f, "crm", "crm_people", PERSON("1", "2026-01-01", "Paid Search", "lead"),
        PERSON("2", "2026-01-01", "Paid Search", "customer"),
        PERSON("3", "2026-01-01", "CRM", "Lead"), PERSON("4", "2026-01-01", "CRM", "contact"),
        PERSON("5", "2026-01-01", "CRM", "subscriber"), PERSON("6", "2026-01-01", "CRM", NULL),
        PERSON("7", "2026-01-01", "CRM", "lead", "deleted", "1"),
        PERSON("8", "2026-01-01", "CRM", "lead", "merged_into", "3"));
    PUT(f, "crm", "crm_deals", DEAL("2026-01-05", "a", "2026-01-02", "1", "100000000"),
        DEAL("2026-01-05", "b", "2026-01-02", "1", "50000000"),
        DEAL("2026-01-06", "b", "2026-01-02", "0", "50000000"),
        DEAL("2026-01-05", "c", "2026-01-02", "1", NULL),
        DEAL("2026-01-05", "d", "2026-02-01", "0", "7000000"));
    combine(f, "EUR");
    assert_asked(f, CRM_COLUMNS " FROM channel_daily ORDER BY date, channel",
                 "2026-01-01|CRM|1|NULL|NULL|crm\n2026-01-01|Paid Search|2|NULL|NULL|crm\n"
                 "2026-01-02|CRM|NULL|2|100000000|crm\n");
    /* One person is merged away, one gets another day; the same day's reading moves a deal, a later
     * one changes another's amount. */
    PUT(f, "crm", "crm_people", PERSON("1", "2026-01-01", "Paid Search", "lead", "deleted", "1"),
        PERSON("3", "2026-01-03", "CRM", "lead"));
    PUT(f, "crm", "crm_deals", DEAL("2026-01-05", "a", "2026-01-04", "1", "100000000"),
        DEAL("2026-01-07", "c", "2026-01-02", "1", "3000000"));
    struct combine_result r = combine(f, "EUR");
    assert_int_equal(r.days, 5); /* of deal d, too, which was read on the day that changed */
    assert_asked(f, CRM_COLUMNS " FROM channel_daily ORDER BY date, channel",
                 "2026-01-01|Paid Search|1|NULL|NULL|crm\n2026-01-02|CRM|NULL|1|3000000|crm\n"
                 "2026-01-03|CRM|1|NULL|NULL|crm\n2026-01-04|CRM|NULL|1|100000000|crm\n");
    fixture_free(f);
}

static void only_changed_days_are_computed_and_written(void **state)
{
    (void)state;
    static const char dump[] = "SELECT * FROM c_channel_daily";
    struct fixture *f = fixture_new(SCHEMA_DIR, "ads_daily");
    PUT(f, "shop-ads", "ads_daily", AD("2026-01-01", "campaign", "c1", "EUR", "1000000"),
        AD("2026-01-02", "campaign", "c1", "EUR", "2000000"));
    struct combine_result r = combine(f, "EUR");
    assert_int_equal(r.days, 2);
    assert_int_equal(r.rows, 2);
    auto_free char *before = fixture_ask(f, dump);
    r = combine(f, "EUR");
    assert_int_equal(r.datasets + r.days + r.rows, 0);
    /* A column that does not matter here: the day is computed, nothing is written. */
    assert_int_equal(sql_exec(store_db(f->store), &f->err, "DELETE FROM changes"), OMNI_OK);
    PUT(f, "shop-ads", "ads_daily",
        ROW("date", "2026-01-02", "account_id", "1", "level", "campaign", "campaign_id", "c1",
            "currency", "EUR", "channel", "Paid Social", "cost", "2000000", "impressions", "1000",
            "clicks", "10", "conversions", "2000000", "conversion_value", "50000000", "likes",
            "3"));
    r = combine(f, "EUR");
    assert_int_equal(r.days, 1);
    assert_int_equal(r.rows, 0);
    assert_asked(f, dump, before);
    assert_asked(f, "SELECT count(*) FROM changes WHERE dataset = 'channel_daily'", "0\n");
    PUT(f, "shop-ads", "ads_daily", AD("2026-01-01", "campaign", "c1", "EUR", "7000000"));
    r = combine(f, "EUR");
    assert_int_equal(r.rows, 1);
    assert_asked(f,
                 "SELECT date(day * 86400, 'unixepoch') FROM changes"
                 " WHERE dataset = 'channel_daily'",
                 "2026-01-01\n");
    fixture_free(f);
}

/* ---- random changes ---- */

enum { STEPS = 60 };

static uint64_t dice;

static const char *one_of(const char *const *texts)
{
    size_t n = 0;
    while (texts[n] != END)
        n++;
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return texts[dice % n];
}
#define ONE_OF(...) one_of((const char *const[]){__VA_ARGS__, END})

static void change_something(struct fixture *f)
{
    const char *day = ONE_OF("2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "2026-01-09");
    const char *later =
        ONE_OF("2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "2026-01-09", NULL);
    const char *id = ONE_OF("a", "b", "c"), *channel = ONE_OF("CRM", "TV", "Paid Social", NULL);
    const char *money = ONE_OF("100000000", "-7", "0", "3000001", NULL);
    const char *currency = ONE_OF("EUR", "USD", "GBP"), *flag = ONE_OF("0", "1", NULL);
    const char *one = ONE_OF("one", "two");
    /* The others of the list vanish, or stay. */
    uint32_t sync = ONE_OF("some", NULL) ? OMNI_CURSOR : OMNI_SNAPSHOT;
    switch (ONE_OF("a", "o", "p", "d", "m", "r")[0]) {
    case 'a':
        PUT(f, one, "ads_daily", AD(day, ONE_OF("campaign", "account", "ad"), id, currency, money));
        break;
    case 'o':
        PUT(f, one, "orders",
            ROW("account_id", "1", "order_id", id, "date", day, "channel", channel, "currency",
                currency, "net", money, "is_test", flag));
        break;
    case 'p':
        PUT_AS(f, sync, "crm", "crm_people",
               PERSON(id, later, channel, ONE_OF("lead", "contact"), "deleted", flag));
        break;
    case 'd':
        /* Readings do not vanish: one that did would be missed where the reading before it says
         * another amount for the same day. */
        PUT(f, "crm", "crm_deals",
            ROW("as_of", day, "account_id", "1", "deal_id", id, "closed_date", later, "is_won",
                flag, "amount", money, "currency", currency, "channel", channel));
        break;
    case 'm':
        PUT_AS(f, sync, "sheet", "costs_manual",
               ROW("date_from", day, "date_to", later ? later : day, "channel", "TV", "currency",
                   currency, "cost", money ? money : "1"));
        break;
    default:
        PUT(f, "rates", "fx_rates",
            ROW("date", day, "base", "USD", "quote", "EUR", "rate_e10",
                ONE_OF("9000000000", "5000000000")));
    }
}

/* The days that follow from a change are all that it changes. */
static void what_changes_bring_is_what_all_of_it_gives(void **state)
{
    (void)state;
    static const char dump[] = "SELECT * FROM c_channel_daily ORDER BY date, channel";
    const char *seed = getenv("OMNI_SEED");
    dice = 0x9e3779b97f4a7c15U + (seed ? (uint64_t)strtoll(seed, NULL, 10) * 1000 : 0);
    struct fixture *f = fixture_new(SCHEMA_DIR, "ads_daily");
    for (int i = 0; i < STEPS; i++) {
        change_something(f);
        combine(f, "EUR");
        auto_free char *by_days = fixture_ask(f, dump);
        assert_int_equal(
            sql_exec(store_db(f->store), &f->err, "UPDATE combined SET definition = ''"), OMNI_OK);
        combine(f, "EUR");
        assert_asked(f, dump, by_days);
    }
    fixture_free(f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(levels_are_never_added),
    cmocka_unit_test(money_is_converted_or_null),
    cmocka_unit_test(what_no_rate_converts_is_told_once),
    cmocka_unit_test(without_a_hub_currency_one_is_kept_and_two_are_not_mixed),
    cmocka_unit_test(manual_costs_are_spread_to_the_last_millionth),
    cmocka_unit_test(orders_and_visits_meet_in_one_table),
    cmocka_unit_test(leads_and_deals_count_once_and_move_with_their_day),
    cmocka_unit_test(only_changed_days_are_computed_and_written),
    cmocka_unit_test(what_changes_bring_is_what_all_of_it_gives),
};

UNIT_MAIN(tests)
