/* SPDX-License-Identifier: Apache-2.0
 * The helpers for plugin authors: options, accounts, totals, errors by table, reports. */
#include <config.h>

#include "unit.h"

#include <stdio.h>

#include <omnihub/sdk.h>

/* What the helpers told the hub last. */
static struct {
    omni_status status;
    char text[2048], option[64], account[256], total[128];
} told;

static omni_status take_fail(struct omni_run *run, omni_status status, const char *text)
{
    (void)run;
    told.status = status;
    snprintf(told.text, sizeof told.text, "%s", text);
    return status;
}

static void take_detail(struct omni_run *run, const char *key, const char *value)
{
    (void)run;
    assert_string_equal(key, "option");
    snprintf(told.option, sizeof told.option, "%s", value);
}

static int64_t give_int(const struct omni_config *config, const char *name)
{
    (void)config;
    return strcmp(name, "page_size") == 0 ? 501 : 7;
}

static omni_status take_account(struct omni_run *run, const char *id, const char *name,
                                const char *currency, const char *zone)
{
    (void)run;
    snprintf(told.account, sizeof told.account, "%s|%s|%s|%s", id, name ? name : "-",
             currency ? currency : "-", zone ? zone : "-");
    return OMNI_OK;
}

static omni_status take_total(struct omni_run *run, const char *column, int64_t micros)
{
    (void)run;
    snprintf(told.total, sizeof told.total, "%s=%lld", column, (long long)micros);
    return OMNI_OK;
}

static const struct omni_host hub = {.size = sizeof hub,
                                     .fail = take_fail,
                                     .fail_detail = take_detail,
                                     .opt_int = give_int,
                                     .found_account = take_account,
                                     .found_total = take_total};

static int forget(void **state)
{
    (void)state;
    memset(&told, 0, sizeof told);
    return 0;
}

static struct omni_json json(const char *text)
{
    return omni_json_of(text, strlen(text));
}

static void checks_options(void **state)
{
    (void)state;
    const struct omni_range pages = {"page_size", 1, 500}, days = {"days", 7, 7};
    assert_int_equal(omni_option_between(&hub, NULL, NULL, &days), OMNI_OK);
    assert_string_equal(told.option, "");
    assert_int_equal(omni_option_between(&hub, NULL, NULL, &pages), OMNI_E_CONFIG);
    assert_string_equal(told.option, "page_size");
    assert_string_equal(told.text, "page_size must be from 1 to 500");
}

static void names_accounts(void **state)
{
    (void)state;
    struct omni_account facts = {.id = "no", .name = "n", .currency = "c.code", .zone = "z"};
    struct omni_json full = json("{\"no\":12345678901234567,\"n\":\"Sh\\u00f6p\",\"c\":{\"code\":"
                                 "\"EUR\"},\"z\":\"Europe/Lisbon\"}");
    assert_int_equal(omni_account_found(&hub, NULL, full, NULL, &facts), OMNI_OK);
    assert_string_equal(told.account, "12345678901234567|Sh\u00f6p|EUR|Europe/Lisbon");
    assert_int_equal(omni_account_found(&hub, NULL, json("{}"), "act_1", &facts), OMNI_OK);
    assert_string_equal(told.account, "act_1|-|-|-");
    assert_int_equal(omni_account_found(&hub, NULL, json("{}"), NULL, &facts), OMNI_E_DATA);
    facts.is_complete = 1;
    assert_int_equal(omni_account_found(&hub, NULL, full, NULL, &facts), OMNI_OK);
    assert_int_equal(omni_account_found(&hub, NULL, json("{\"z\":\"UTC\"}"), "1", &facts),
                     OMNI_E_DATA);
}

static void finds_totals(void **state)
{
    (void)state;
    struct omni_json totals = json("{\"a\":\"12.34\",\"b\":[5],\"none\":null,\"bad\":\"x\"}");
    assert_int_equal(omni_total_found(&hub, NULL, "cost", totals, "a"), OMNI_OK);
    assert_string_equal(told.total, "cost=12340000");
    assert_int_equal(omni_total_found(&hub, NULL, "clicks", totals, "b[0]"), OMNI_OK);
    assert_string_equal(told.total, "clicks=5000000");
    assert_int_equal(omni_total_found(&hub, NULL, "x", totals, "none"), OMNI_OK);
    assert_int_equal(omni_total_found(&hub, NULL, "x", totals, "absent"), OMNI_OK);
    assert_int_equal(omni_total_found(&hub, NULL, "x", json(""), "absent"), OMNI_OK);
    assert_string_equal(told.total, "clicks=5000000");
    assert_int_equal(omni_total_found(&hub, NULL, "x", totals, "bad"), OMNI_E_DATA);
}

static void judges_by_table(void **state)
{
    (void)state;
    static const struct omni_meaning table[] = {
        {.code = "busy", .status = OMNI_E_THROTTLED, .wait_s = 60},
        {.code = "gone", .status = OMNI_E_CONFIG, .remedy = "set a newer api_version"},
        {.code = NULL}};
    struct omni_error busy = {.code = "busy", .message = "Slow down"}, told_to = busy,
                      gone = {.code = "gone"}, other = {.code = "new", .message = "?"};
    assert_int_equal(omni_judge_by(&hub, NULL, table, &busy), OMNI_E_THROTTLED);
    assert_string_equal(told.text, "busy: Slow down");
    assert_int_equal(busy.wait_ms, 60000);
    told_to.wait_ms = 5;
    omni_judge_by(&hub, NULL, table, &told_to);
    assert_int_equal(told_to.wait_ms, 5); /* the reply knows better than the table */
    assert_int_equal(omni_judge_by(&hub, NULL, table, &gone), OMNI_E_CONFIG);
    assert_string_equal(told.text, "gone (set a newer api_version)");
    forget(NULL);
    assert_int_equal(omni_judge_by(&hub, NULL, table, &other), OMNI_E_UNSUPPORTED);
    assert_int_equal(told.status, OMNI_OK); /* nothing was said */
}

static void keeps_reports(void **state)
{
    (void)state;
    const struct omni_stream stream = {.size = sizeof stream, .name = "ads"};
    const struct omni_request request = {
        .size = sizeof request, .stream = &stream, .account = "7", .from_day = 10, .to_day = 12};
    char key[OMNI_REPORT_KEY];
    assert_string_equal(omni_report_key(key, sizeof key, &request), "report:ads:7:10:12");
    assert_true(omni_report_is_kept(OMNI_E_THROTTLED) && omni_report_is_kept(OMNI_E_CANCELLED));
    assert_false(omni_report_is_kept(OMNI_OK) || omni_report_is_kept(OMNI_E_DATA));
}

static void waits_for_midnight(void **state)
{
    (void)state;
    enum { HOUR_MS = 3600000, DAY_MS = 24 * HOUR_MS };
    uint32_t here = omni_ms_to_midnight(0), east = omni_ms_to_midnight(3600);
    assert_true(here > 0 && here <= DAY_MS && east > 0 && east <= DAY_MS);
    /* An hour earlier; the clock may tick in between, even past midnight. */
    uint32_t apart = (here + DAY_MS - east) % DAY_MS;
    assert_true(apart >= HOUR_MS && apart < HOUR_MS + 60000);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(checks_options, forget),
    cmocka_unit_test_setup(names_accounts, forget),
    cmocka_unit_test_setup(finds_totals, forget),
    cmocka_unit_test_setup(judges_by_table, forget),
    cmocka_unit_test_setup(keeps_reports, forget),
    cmocka_unit_test_setup(waits_for_midnight, forget),
};
UNIT_MAIN(tests)
