/* SPDX-License-Identifier: Apache-2.0
 * Adobe Analytics: a report suite's days by marketing channel, tracking code and entry page. */
#include <omnihub/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "company_id", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "the global company id, as in the address of the API"),
    OMNI_OPTION(.name = "report_suite", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "the report suite's id (rsid)"),
    OMNI_OPTION(.name = "client_id", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "of the OAuth Server-to-Server credential"),
    OMNI_OPTION(.name = "client_secret", .type = OMNI_OPT_TEXT,
                .flags = OMNI_REQUIRED | OMNI_SECRET, .help = "of the same credential"),
    OMNI_OPTION(.name = "token_url", .type = OMNI_OPT_TEXT,
                .fallback = "https://ims-na1.adobelogin.com/ims/token/v3",
                .help = "where tokens are given out"),
    OMNI_OPTION(.name = "scope", .type = OMNI_OPT_TEXT,
                .fallback = "openid,AdobeID,additional_info.projectedProductContext",
                .help = "as the credential's page lists it"),
    OMNI_OPTION(.name = "currency", .type = OMNI_OPT_TEXT,
                .help = "the report suite's currency (ISO 4217)"),
    OMNI_OPTION(.name = "zone", .type = OMNI_OPT_TEXT,
                .help = "the report suite's time zone (IANA): whose days these are"),
    OMNI_OPTION(.name = "dimensions", .type = OMNI_OPT_MAP,
                .help =
                    "another dimension for a stream: { channels_daily = \"variables/evar5\"; }"),
    OMNI_OPTION(.name = "metrics", .type = OMNI_OPT_MAP,
                .help =
                    "another metric for a column, or \"\": { transactions = \"metrics/event4\"; }"),
    OMNI_OPTION(.name = "page_size", .type = OMNI_OPT_INT, .fallback = "10000",
                .help = "rows asked for at once, at most 50000"),
    OMNI_OPTION_TOTALS,
    NULL};

static const struct omni_auth *const logins[] = {
    OMNI_LOGIN(.kind = OMNI_AUTH_OAUTH2_CLIENT, .options = "client_id,client_secret",
               .token_url = "{token_url}", .scope = "{scope}"),
    NULL};

/* What a column is filled with, in the order of the fields and of the request; and whether its days
 * add up to the range's total. A visit over midnight is one of both days; money is a double, whose
 * rows are rounded. */
static const struct metric {
    const char *column, *id;
    int adds_up;
} metrics[] = {
    {"sessions", "metrics/visits", 0},         {"bounces", "metrics/bounces", 0},
    {"pageviews", "metrics/pageviews", 1},     {"transactions", "metrics/orders", 1},
    {"revenue", "metrics/revenue", 0},         {"add_to_carts", "metrics/cartadditions", 1},
    {"checkouts", "metrics/cartcheckouts", 1}, {"users", "metrics/visitors", 0}};
enum { METRICS = sizeof(metrics) / sizeof(metrics[0]) };

#define DAY "variables/daterangeday"
/* One dimension a request: the day, or for one day something else. */
static const struct report {
    const char *stream, *dimension;
} reports[] = {{"channels_daily", "variables/marketingchannel"},
               {"entry_pages_daily", "variables/entrypage"},
               {"totals_daily", DAY},
               {"tracking_codes_daily", "variables/campaign"}};

/* Numbers that a calculated metric may be. */
#define NULLS "NaN|INFINITY|-INFINITY|Infinity|-Infinity"
#define COUNT(column_, metric)                                                                     \
    OMNI_FIELD(.path = "=" metric, .column = (column_), .type = OMNI_INT, .nulls = NULLS,          \
               .help = "metrics/" metric)
#define DECIMAL(column_, metric)                                                                   \
    OMNI_FIELD(.path = "=" metric, .column = (column_), .type = OMNI_MICROS,                       \
               .unit = OMNI_UNIT_MAJOR, .flags = OMNI_ROUND, .nulls = NULLS,                       \
               .help = "metrics/" metric)
#define DATE                                                                                       \
    OMNI_FIELD(.path = "=day", .column = "date", .type = OMNI_DATE, .flags = OMNI_KEY,             \
               .help = "the request's day, or the item's")
#define ITEM(column_, dimension)                                                                   \
    OMNI_FIELD(.path = "$.value", .column = (column_), .type = OMNI_TEXT, .flags = OMNI_KEY,       \
               .help = "item of " dimension)
#define MEASURES                                                                                   \
    COUNT("sessions", "visits"), COUNT("bounces", "bounces"), COUNT("pageviews", "pageviews"),     \
        DECIMAL("transactions", "orders"), DECIMAL("revenue", "revenue"),                          \
        COUNT("add_to_carts", "cartadditions"), COUNT("checkouts", "cartcheckouts"),               \
        COUNT("users", "visitors")

static const struct omni_field *const total_fields[] = {DATE, MEASURES, NULL};
static const struct omni_field *const channel_fields[] = {DATE, ITEM("channel", "marketingchannel"),
                                                          MEASURES, NULL};
static const struct omni_field *const code_fields[] = {DATE, ITEM("campaign", "campaign"), MEASURES,
                                                       NULL};
static const struct omni_field *const page_fields[] = {DATE, ITEM("landing_page", "entrypage"),
                                                       MEASURES, NULL};

#define STREAM(name_, fields_, help_)                                                              \
    OMNI_STREAM(.sync = OMNI_WINDOW, .name = (name_), .dataset = "web_daily", .help = (help_),     \
                .fields = (fields_), .settle_days = 4, .max_window_days = 31,                      \
                .day_zone = "account")

static const struct omni_stream *const streams[] = {
    STREAM("channels_daily", channel_fields, "visits and orders by day and marketing channel"),
    STREAM("entry_pages_daily", page_fields, "by day and the page where the visit began"),
    STREAM("totals_daily", total_fields, "by day"),
    STREAM("tracking_codes_daily", code_fields, "by day and tracking code (campaign)"), NULL};

static omni_status aa_open(const struct omni_host *, const struct omni_config *, struct omni_run *,
                           void **self);
static omni_status aa_check(void *self, struct omni_run *);
static omni_status aa_pull(void *self, struct omni_run *, const struct omni_request *);
static omni_status aa_total(void *self, struct omni_run *, const struct omni_request *);
static omni_status aa_judge(void *self, struct omni_run *, const struct omni_http *,
                            uint32_t *wait_ms);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "adobe_analytics", .title = "Adobe Analytics", .family = "analytics",
                .help = "visits, orders and revenue of a report suite", .api_version = "2.0",
                .api_url = "https://analytics.adobe.io", .account_option = "report_suite",
                .options = options, .logins = logins, .streams = streams, .open = aa_open,
                .close = free, .check = aa_check, .pull = aa_pull, .total = aa_total,
                .judge = aa_judge),
    NULL};

enum { URL_MAX = 512, BODY_MAX = 8192, NUMBER_MAX = 64, MESSAGE_MAX = 1024 };
enum { PAGES_MAX = 100000, TOTALS_MAX = 1024 };

struct aa {
    const struct omni_host *hub;
    const struct omni_config *config;
    int32_t days_asked;      /* by the request at hand */
    char totals[TOTALS_MAX]; /* of the page read last, a number for each column of the reply */
    int place[METRICS];      /* which of them is which metric's; -1: none */
    struct omni_row row;
};

/* One request for rows. */
struct query {
    const struct omni_stream *stream;
    const struct report *report;
    const char *account;
    int32_t from_day, to_day;
    int64_t page, size;
};

static int is_by_day(const struct report *report)
{
    return strcmp(report->dimension, DAY) == 0;
}

static int is_known(const char *name, int among_metrics)
{
    for (size_t i = 0; among_metrics && i < METRICS; i++)
        if (strcmp(metrics[i].column, name) == 0)
            return 1;
    for (size_t i = 0; !among_metrics && i < sizeof(reports) / sizeof(reports[0]); i++)
        if (strcmp(reports[i].stream, name) == 0 && !is_by_day(&reports[i]))
            return 1;
    return 0;
}

/* Names of streams or columns that an option maps to something else. */
static omni_status check_map(const struct omni_host *hub, const struct omni_config *config,
                             struct omni_run *run, const char *map, const char *text)
{
    for (uint32_t i = 0; i < hub->opt_count(config, map); i++) {
        const char *name = hub->opt_item(config, map, i);
        char option[128];
        if (is_known(name, map[0] == 'm'))
            continue;
        snprintf(option, sizeof(option), "%s.%.100s", map, name);
        return omni_option_wrong(hub, run, option, text);
    }
    return OMNI_OK;
}

static omni_status aa_open(const struct omni_host *hub, const struct omni_config *config,
                           struct omni_run *run, void **self)
{
    omni_status status =
        omni_option_between(hub, config, run, &(const struct omni_range){"page_size", 1, 50000});
    if (status == OMNI_OK)
        status = check_map(hub, config, run, "dimensions",
                           "no such stream, or one that has the day as its dimension");
    if (status == OMNI_OK)
        status = check_map(hub, config, run, "metrics", "this source fills no such column");
    if (status != OMNI_OK)
        return status;
    struct aa *aa = calloc(1, sizeof(*aa));
    if (!aa)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    aa->hub = hub;
    aa->config = config;
    *self = aa;
    return OMNI_OK;
}

/* ---- the request ---- */

static const char *option_in(const struct aa *aa, const char *map, const char *name,
                             const char *otherwise)
{
    char path[128];
    snprintf(path, sizeof(path), "%s.%s", map, name);
    const char *value = aa->hub->opt_text(aa->config, path);
    return value ? value : otherwise;
}

static void add_range(struct omni_text *body, int32_t from, int32_t to)
{
    omni_text_add(body, "\"globalFilters\":[{\"type\":\"dateRange\",\"dateRange\":\"");
    omni_text_add_day(body, from);
    omni_text_add(body, "T00:00:00.000/");
    omni_text_add_day(body, to + 1); /* the end is not in it */
    omni_text_add(body, "T00:00:00.000\"}]");
}

/* Each with its place in metrics[] as its id; those that the admin left out are not asked for. */
static void add_metrics(const struct aa *aa, struct omni_text *body)
{
    int is_first = 1;
    omni_text_add(body, ",\"metricContainer\":{\"metrics\":[");
    for (size_t i = 0; i < METRICS; i++) {
        const char *id = option_in(aa, "metrics", metrics[i].column, metrics[i].id);
        char column[8];
        if (id[0] == '\0')
            continue;
        snprintf(column, sizeof(column), "%d", (int)i);
        omni_text_add(body, is_first ? "{" : ",{");
        omni_json_add_text(body, "columnId", column);
        omni_json_add_text(body, "id", id);
        omni_text_add(body, "}");
        is_first = 0;
    }
    omni_text_add(body, "]}");
}

static const char *body_of(const struct aa *aa, struct omni_text *body, const struct query *q)
{
    omni_text_add(body, "{");
    omni_json_add_text(body, "rsid", q->account);
    omni_text_add(body, ",");
    add_range(body, q->from_day, q->to_day);
    add_metrics(aa, body);
    omni_json_add_text(body, "dimension",
                       option_in(aa, "dimensions", q->report->stream, q->report->dimension));
    /* In an order of its own, so that rows do not move between pages. */
    omni_text_add(body, ",\"settings\":{\"countRepeatInstances\":true,\"nonesBehavior\":"
                        "\"return-nones\",\"dimensionSort\":\"asc\"");
    omni_json_add_int(body, "limit", q->size);
    omni_json_add_int(body, "page", q->page);
    omni_text_add(body, "}}");
    return omni_text_done(body);
}

static omni_status ask(struct aa *aa, struct omni_run *run, const struct query *q,
                       struct omni_http *http)
{
    char url_memory[URL_MAX], body_memory[BODY_MAX], key[256], company[256];
    struct omni_text url = OMNI_TEXT(url_memory), body = OMNI_TEXT(body_memory);
    const char *const headers[] = {"Content-Type: application/json", key, company, NULL};
    const char *company_id = aa->hub->opt_text(aa->config, "company_id");
    snprintf(key, sizeof(key), "x-api-key: %s", aa->hub->opt_text(aa->config, "client_id"));
    snprintf(company, sizeof(company), "x-proxy-global-company-id: %s", company_id);
    omni_text_add(&url, "/api");
    omni_path_segment(&url, company_id);
    omni_text_add(&url, "/reports");
    *http = (struct omni_http){.size = sizeof(*http),
                               .method = "POST",
                               .flags = OMNI_HTTP_REPEATABLE,
                               .headers = headers,
                               .url = omni_text_done(&url),
                               .body = body_of(aa, &body, q),
                               .body_len = body.len};
    if (!http->url || !http->body)
        return aa->hub->fail(run, OMNI_E_CONFIG, "company_id, dimensions or metrics are too long");
    aa->days_asked = q->to_day - q->from_day + 1;
    omni_status status = aa->hub->http(run, http);
    http->headers = NULL;
    return status;
}

/* ---- rows ---- */

/* A day's item id is 1YYMMDD with the years since 1900 and the months from 0; its text is in the
 * user's language. */
static int day_of_item(struct omni_json row, int32_t *day)
{
    int64_t id;
    if (!omni_json_int(row, "itemId", &id) || id < 0 || id > 9991231)
        return 0;
    int year, month, day_of_month;
    *day = omni_day_of(1900 + (int)(id / 10000), (int)(id / 100 % 100) + 1, (int)(id % 100));
    omni_day_split(*day, &year, &month, &day_of_month);
    return month == (int)(id / 100 % 100) + 1 && day_of_month == (int)(id % 100);
}

/* Which metric each number of a row is: the reply says in which order it has them. -1: none. */
static omni_status read_columns(struct aa *aa, struct omni_run *run, struct omni_json reply)
{
    struct omni_json id = {0}, ids = omni_json_at(reply, "columns.columnIds");
    int n = 0;
    for (size_t i = 0; i < METRICS; i++)
        aa->place[i] = -1;
    while (omni_json_next(ids, &id)) {
        int64_t metric;
        if (!omni_json_int(id, "", &metric) || metric < 0 || metric >= METRICS)
            return aa->hub->fail(run, OMNI_E_DATA, "the reply has columns that were not asked for");
        aa->place[metric] = n++;
    }
    return n > 0 ? OMNI_OK
                 : aa->hub->fail(run, OMNI_E_DATA, "the reply does not say what its columns are");
}

/* HTTP 206: some metrics could not be computed, the others are right. */
static omni_status read_errors(struct aa *aa, struct omni_run *run, struct omni_json reply)
{
    struct omni_json error = {0}, errors = omni_json_at(reply, "columns.columnErrors");
    omni_status status = OMNI_OK;
    while (status == OMNI_OK && omni_json_next(errors, &error)) {
        char why[MESSAGE_MAX / 2], text[MESSAGE_MAX];
        int64_t metric;
        if (!omni_json_int(error, "columnId", &metric) || metric < 0 || metric >= METRICS)
            continue;
        aa->place[metric] = -1;
        omni_json_text(error, "errorDescription", why, sizeof(why));
        snprintf(text, sizeof(text), "no %s: %s (see the option metrics)", metrics[metric].column,
                 why);
        aa->hub->log(run, OMNI_LOG_WARN, text);
        status = aa->hub->quality(run, "partial");
    }
    return status;
}

/* As they are written, "NaN" too: the hub reads them by the fields. */
static omni_status set_numbers(struct aa *aa, struct omni_run *run, struct omni_json row)
{
    for (size_t i = 0; i < METRICS; i++) {
        char path[32], text[NUMBER_MAX];
        if (aa->place[i] < 0)
            continue;
        snprintf(path, sizeof(path), "data[%d]", aa->place[i]);
        struct omni_json value = omni_json_at(row, path);
        if (value.kind == OMNI_JSON_NULL)
            continue;
        if (!omni_json_text(value, "", text, sizeof(text)))
            return aa->hub->fail(run, OMNI_E_DATA, "a row has no number for each of its columns");
        omni_row_text(&aa->row, metrics[i].column, text);
    }
    return OMNI_OK;
}

/* The items beyond the suite's limit of unique values are one. */
static int is_low_traffic(const char *value)
{
    return strcmp(value, "Low-Traffic") == 0 || strcmp(value, "(Low Traffic)") == 0 ||
           strcmp(value, "(Low-Traffic)") == 0;
}

static omni_status emit_row(struct aa *aa, struct omni_run *run, const struct query *q,
                            struct omni_json row)
{
    char value[32] = "";
    int32_t day = q->from_day;
    omni_status status = OMNI_OK;
    if (is_by_day(q->report) && !day_of_item(row, &day))
        return aa->hub->fail(run, OMNI_E_DATA, "a row's itemId is not a day");
    omni_row_begin(&aa->row, q->stream, row);
    omni_row_number(&aa->row, "date", OMNI_DATE, day);
    omni_json_text(row, "value", value, sizeof(value));
    if (!is_by_day(q->report) && is_low_traffic(value))
        status = aa->hub->quality(run, "truncated");
    if (status == OMNI_OK)
        status = set_numbers(aa, run, row);
    return status == OMNI_OK ? omni_row_send(&aa->row, aa->hub, run, 0) : status;
}

/* The totals are those of the whole report, on every page. */
static void keep_totals(struct aa *aa, struct omni_json reply)
{
    struct omni_json totals = omni_json_at(reply, "summaryData.totals");
    aa->totals[0] = '\0';
    if (totals.kind == OMNI_JSON_ARRAY && totals.len < TOTALS_MAX)
        snprintf(aa->totals, sizeof(aa->totals), "%.*s", (int)totals.len, totals.s);
}

/* *is_last: no page follows. */
static omni_status read_page(struct aa *aa, struct omni_run *run, const struct query *q,
                             int *is_last)
{
    struct omni_http http;
    omni_status status = ask(aa, run, q, &http);
    if (status != OMNI_OK)
        return status;
    struct omni_json reply = omni_json_of_reply(&http), row = {0},
                     rows = omni_json_at(reply, "rows");
    int64_t number;
    if (rows.kind != OMNI_JSON_ARRAY || omni_json_at(reply, "lastPage").kind != OMNI_JSON_BOOL)
        return aa->hub->fail(run, OMNI_E_DATA, "the reply is not a report's");
    if (omni_json_int(reply, "number", &number) && number != q->page)
        return aa->hub->fail(run, OMNI_E_DATA, "another page came than the one asked for");
    status = read_columns(aa, run, reply);
    if (status == OMNI_OK)
        status = read_errors(aa, run, reply);
    keep_totals(aa, reply);
    while (status == OMNI_OK && omni_json_next(rows, &row))
        status = emit_row(aa, run, q, row);
    *is_last = omni_json_is_true(reply, "lastPage");
    return status;
}

static omni_status read_report(struct aa *aa, struct omni_run *run, struct query q)
{
    int is_last = 0;
    for (q.page = 0; !is_last; q.page++) {
        if (q.page == PAGES_MAX)
            return aa->hub->fail(run, OMNI_E_DATA, "the report does not come to an end");
        omni_status status = read_page(aa, run, &q, &is_last);
        if (status != OMNI_OK)
            return status;
    }
    return OMNI_OK;
}

static const struct report *report_of(const char *stream)
{
    const struct report *report = reports;
    while (strcmp(report->stream, stream) != 0)
        report++;
    return report;
}

static const char *given(const struct aa *aa, const char *option)
{
    const char *value = aa->hub->opt_text(aa->config, option);
    return value && value[0] != '\0' ? value : NULL;
}

static omni_status aa_pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct aa *aa = self;
    struct query q = {.stream = request->stream,
                      .report = report_of(request->stream->name),
                      .account = request->account,
                      .from_day = request->from_day,
                      .to_day = request->to_day,
                      .size = aa->hub->opt_int(aa->config, "page_size")};
    omni_status status = aa->hub->found_account(run, request->account, NULL, given(aa, "currency"),
                                                given(aa, "zone"));
    if (status != OMNI_OK || is_by_day(q.report))
        return status == OMNI_OK ? read_report(aa, run, q) : status;
    for (int32_t day = request->from_day; status == OMNI_OK && day <= request->to_day; day++) {
        q.from_day = q.to_day = day;
        status = aa->hub->cancelled(run) ? OMNI_E_CANCELLED : read_report(aa, run, q);
    }
    return status;
}

/* Only of the days' report: the others are cut into days, and a visit may be of several items. */
static omni_status aa_total(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct aa *aa = self;
    struct omni_json totals = omni_json_of(aa->totals, strlen(aa->totals));
    omni_status status = OMNI_OK;
    if (!aa->hub->opt_int(aa->config, "totals") || !is_by_day(report_of(request->stream->name)))
        return OMNI_E_UNSUPPORTED;
    for (size_t i = 0; status == OMNI_OK && i < METRICS; i++) {
        char path[32];
        if (!metrics[i].adds_up || aa->place[i] < 0)
            continue;
        snprintf(path, sizeof(path), "[%d]", aa->place[i]);
        status = omni_total_found(aa->hub, run, metrics[i].column, totals, path);
    }
    return status;
}

/* A report of one row: company, report suite and metrics are right, too. */
static omni_status aa_check(void *self, struct omni_run *run)
{
    struct aa *aa = self;
    struct omni_http http;
    const int32_t day = omni_today() - 1;
    const struct query q = {.report = report_of("totals_daily"),
                            .account = aa->hub->opt_text(aa->config, "report_suite"),
                            .from_day = day,
                            .to_day = day,
                            .size = 1};
    omni_status status = ask(aa, run, &q, &http);
    if (status == OMNI_OK)
        status = read_columns(aa, run, omni_json_of_reply(&http));
    return status == OMNI_OK ? read_errors(aa, run, omni_json_of_reply(&http)) : status;
}

/* ---- Adobe's errors ---- */

/* By HTTP status; 401 and 5xx are left to the hub. */
static const struct omni_meaning meanings[] = {
    {.code = "400",
     .status = OMNI_E_CONFIG,
     .remedy = "check report_suite, dimensions and metrics"},
    {.code = "403",
     .status = OMNI_E_AUTH,
     .remedy = "add the Analytics API and a product profile with the report suite to the "
               "credential"},
    {.code = "404", .status = OMNI_E_CONFIG, .remedy = "is company_id right?"},
    {.code = "429", .status = OMNI_E_THROTTLED, .wait_s = 6}, /* 12 requests in 6 seconds */
    {.code = NULL}};

/* Two shapes: errorCode and errorDescription of the reports, error_code and message before them. */
static omni_status aa_judge(void *self, struct omni_run *run, const struct omni_http *http,
                            uint32_t *wait_ms)
{
    const struct aa *aa = self;
    struct omni_json reply = omni_json_of_reply(http);
    struct omni_error error = {.code = ""};
    if (http->status == 206) /* read_errors() knows what to do */
        return OMNI_OK;
    /* The gateway gives a report a minute. */
    if (http->status == 504 && aa->days_asked > 1)
        return aa->hub->fail(run, OMNI_E_TOO_MUCH, "the report took too long");
    snprintf(error.code, sizeof(error.code), "%d", (int)http->status);
    if (!omni_json_text(reply, "errorDescription", error.message, sizeof(error.message)))
        omni_json_text(reply, "message", error.message, sizeof(error.message));
    omni_status status = omni_judge_by(aa->hub, run, meanings, &error);
    *wait_ms = omni_reply_header(http, "retry-after") ? 0 : error.wait_ms;
    return status;
}

OMNI_MODULE("adobe_analytics", "1.0", .vendor = "omnihub", .license = "Apache-2.0",
            .sources = sources);
