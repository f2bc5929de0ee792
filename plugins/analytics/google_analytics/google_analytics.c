/* SPDX-License-Identifier: Apache-2.0
 * Google Analytics 4: daily traffic of a property by source, by landing page and by event. */
#include "../../common/google.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCOPE "https://www.googleapis.com/auth/analytics.readonly"

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "property_id", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "the property's number (not its G- measurement id)"),
    GOOGLE_LOGIN_OPTIONS("may view the property"),
    OMNI_OPTION(.name = "api_version", .type = OMNI_OPT_TEXT, .fallback = "v1beta",
                .help = "version of the Data API"),
    OMNI_OPTION(.name = "page_size", .type = OMNI_OPT_INT, .fallback = "100000",
                .help = "rows asked for at once, at most 250000"),
    OMNI_OPTION(.name = "admin_url", .type = OMNI_OPT_TEXT,
                .fallback = "https://analyticsadmin.googleapis.com",
                .help = "base of the Admin API, asked where accounts = \"all\""),
    OMNI_OPTION_TOTALS,
    NULL};

static const struct omni_auth *const logins[] = {GOOGLE_LOGINS(.scope = SCOPE), NULL};

/* One request may have nine dimensions and ten metrics at most. What a stream asks for are its
 * fields in their order, dimensions first. */
/* The help of a field is Google's name of it, by which it is asked for. */
#define DIMENSION(n, api, name, ...)                                                               \
    OMNI_FIELD(.path = "$.dimensionValues[" #n "].value", .column = (name), .flags = OMNI_KEY,     \
               .help = (api), __VA_ARGS__)
#define TEXT(n, api, name) DIMENSION(n, api, name, .type = OMNI_TEXT)
#define COUNT(n, api, name)                                                                        \
    OMNI_FIELD(.path = "$.metricValues[" #n "].value", .column = (name), .type = OMNI_INT,         \
               .help = (api))
/* Doubles on Google's side, whose tail may be longer than six digits. */
#define DECIMAL(n, api, name)                                                                      \
    OMNI_FIELD(.path = "$.metricValues[" #n "].value", .column = (name), .type = OMNI_MICROS,      \
               .unit = OMNI_UNIT_MAJOR, .flags = OMNI_ROUND, .help = (api))

#define BY_SOURCE                                                                                  \
    DIMENSION(0, "date", "date", .type = OMNI_DATE, .unit = OMNI_DATE_COMPACT),                    \
        TEXT(1, "sessionDefaultChannelGroup", "channel"), TEXT(2, "sessionSource", "source_name"), \
        TEXT(3, "sessionMedium", "medium")
#define VISITS                                                                                     \
    COUNT(0, "sessions", "sessions"), COUNT(1, "engagedSessions", "engaged_sessions"),             \
        COUNT(2, "screenPageViews", "pageviews"), COUNT(3, "eventCount", "events"),                \
        DECIMAL(4, "keyEvents", "key_events"),                                                     \
        DECIMAL(5, "userEngagementDuration", "engagement_seconds"),                                \
        DECIMAL(6, "transactions", "transactions"), DECIMAL(7, "purchaseRevenue", "revenue"),      \
        COUNT(8, "totalUsers", "users"), COUNT(9, "newUsers", "new_users")

static const struct omni_field *const traffic_fields[] = {
    BY_SOURCE, TEXT(4, "sessionCampaignName", "campaign"), VISITS, NULL};

static const struct omni_field *const landing_fields[] = {
    BY_SOURCE, TEXT(4, "landingPage", "landing_page"), VISITS, NULL};

static const struct omni_field *const event_fields[] = {BY_SOURCE,
                                                        TEXT(4, "sessionCampaignName", "campaign"),
                                                        TEXT(5, "eventName", "event_name"),
                                                        COUNT(0, "eventCount", "events"),
                                                        DECIMAL(1, "keyEvents", "key_events"),
                                                        DECIMAL(2, "purchaseRevenue", "revenue"),
                                                        COUNT(3, "totalUsers", "users"),
                                                        NULL};

#define STREAM(name_, fields_, help_)                                                              \
    OMNI_STREAM(.sync = OMNI_WINDOW, .name = (name_), .dataset = "web_daily", .help = (help_),     \
                .fields = (fields_), .settle_days = 14, .max_window_days = 31,                     \
                .day_zone = "account")

static const struct omni_stream *const streams[] = {
    STREAM("traffic_daily", traffic_fields,
           "sessions and what came of them, by day and session source"),
    STREAM("landing_pages_daily", landing_fields,
           "the same by source and the page where the session began"),
    STREAM("events_daily", event_fields, "how often each event happened, by session source"), NULL};

static omni_status ga_open(const struct omni_host *, const struct omni_config *, struct omni_run *,
                           void **self);
static omni_status ga_check(void *self, struct omni_run *);
static omni_status ga_accounts(void *self, struct omni_run *);
static omni_status ga_pull(void *self, struct omni_run *, const struct omni_request *);
static omni_status ga_total(void *self, struct omni_run *, const struct omni_request *);
static omni_status ga_judge(void *self, struct omni_run *, const struct omni_http *,
                            uint32_t *wait_ms);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "google_analytics", .title = "Google Analytics 4", .family = "analytics",
                .help = "sessions, users, key events and revenue of a GA4 property",
                .api_version = "v1beta", .api_url = "https://analyticsdata.googleapis.com",
                .hosts = "oauth2.googleapis.com analyticsadmin.googleapis.com",
                .account_option = "property_id", .quota_scope = "account", .options = options,
                .logins = logins, .streams = streams, .open = ga_open, .close = free,
                .check = ga_check, .accounts = ga_accounts, .pull = ga_pull, .total = ga_total,
                .judge = ga_judge),
    NULL};

enum {
    BODY_MAX = 2048,
    URL_MAX = 512 + 3 * OMNI_PAGES_CURSOR,
    ACCOUNT_MAX = 64,
    TOTALS_MAX = 2048
};

struct ga {
    const struct omni_host *hub;
    const struct omni_config *config;
    char known[ACCOUNT_MAX]; /* property whose currency and zone the hub has been told */
    char totals[TOTALS_MAX]; /* of the report pulled last, as Google wrote them; "": none */
};

static omni_status ga_open(const struct omni_host *hub, const struct omni_config *config,
                           struct omni_run *run, void **self)
{
    const char *property = hub->opt_text(config, "property_id");
    if (property && property[strspn(property, "0123456789")] != '\0')
        return omni_option_wrong(hub, run, "property_id",
                                 "a property id has digits only: see Admin > Property details");
    omni_status status =
        omni_option_between(hub, config, run, &(const struct omni_range){"page_size", 1, 250000});
    if (status != OMNI_OK)
        return status;
    struct ga *ga = calloc(1, sizeof(*ga));
    if (!ga)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    *ga = (struct ga){.hub = hub, .config = config};
    *self = ga;
    return OMNI_OK;
}

/* Fills in everything of a report request but its body's middle: `rows` with the stream's fields,
 * or `http` for a look at the metadata only. */
static omni_status ask(struct ga *ga, struct omni_run *run, const char *account,
                       struct omni_http *http, const char *records)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    char memory[URL_MAX];
    struct omni_text url = OMNI_TEXT(memory);
    omni_path_segment(&url, ga->hub->opt_text(ga->config, "api_version"));
    omni_text_add(&url, "/properties");
    omni_path_segment(&url, account);
    omni_text_add(&url, ":runReport");
    http->size = sizeof(*http);
    http->method = "POST";
    http->flags = OMNI_HTTP_REPEATABLE;
    http->headers = headers;
    http->url = omni_text_done(&url);
    if (!http->url || !http->body)
        return ga->hub->fail(run, OMNI_E_CONFIG, "property_id is too long");
    http->body_len = strlen(http->body);
    return records ? ga->hub->rows(run, http, records) : ga->hub->http(run, http);
}

/* Currency and time zone lie behind the rows of a report, but are needed to read them: a report of
 * one row tells them first. */
static omni_status learn(struct ga *ga, struct omni_run *run, const char *account)
{
    if (strcmp(ga->known, account) == 0)
        return OMNI_OK;
    struct omni_http http = {.body = "{\"dateRanges\":[{\"startDate\":\"yesterday\",\"endDate\":"
                                     "\"yesterday\"}],\"metrics\":[{\"name\":\"sessions\"}],"
                                     "\"limit\":\"1\"}"};
    omni_status status = ask(ga, run, account, &http, NULL);
    if (status != OMNI_OK)
        return status;
    static const struct omni_account facts = {
        .currency = "metadata.currencyCode", .zone = "metadata.timeZone", .is_complete = 1};
    snprintf(ga->known, sizeof(ga->known), "%s", account);
    return omni_account_found(ga->hub, run, omni_json_of_reply(&http), account, &facts);
}

static omni_status ga_check(void *self, struct omni_run *run)
{
    struct ga *ga = self;
    return learn(ga, run, ga->hub->opt_text(ga->config, "property_id"));
}

/* The Admin API lists accounts with their properties. */
static omni_status found_properties(struct ga *ga, struct omni_run *run, struct omni_json summary)
{
    static const char prefix[] = "properties/";
    struct omni_json item = {0}, list = omni_json_at(summary, "propertySummaries");
    static const struct omni_account facts = {.name = "displayName"};
    omni_status status = OMNI_OK;
    while (status == OMNI_OK && omni_json_next(list, &item)) {
        char name[ACCOUNT_MAX];
        if (omni_json_text(item, "property", name, sizeof(name)) &&
            strncmp(name, prefix, sizeof(prefix) - 1) == 0)
            status = omni_account_found(ga->hub, run, item, name + sizeof(prefix) - 1, &facts);
    }
    return status;
}

static omni_status ga_accounts(void *self, struct omni_run *run)
{
    struct ga *ga = self;
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http;
    do {
        char memory[URL_MAX];
        struct omni_text url = OMNI_TEXT(memory);
        omni_text_add(&url, ga->hub->opt_text(ga->config, "admin_url"));
        omni_text_add(&url, "/v1beta/accountSummaries?pageSize=200");
        omni_query(&url, "pageToken", pages.cursor);
        http = (struct omni_http){.size = sizeof(http), .url = omni_text_done(&url)};
        if (!http.url)
            return ga->hub->fail(run, OMNI_E_CONFIG, "admin_url is too long");
        omni_status status = ga->hub->http(run, &http);
        struct omni_json item = {0},
                         list = omni_json_at(omni_json_of_reply(&http), "accountSummaries");
        while (status == OMNI_OK && omni_json_next(list, &item))
            status = found_properties(ga, run, item);
        if (status != OMNI_OK)
            return status;
    } while (omni_pages_after(&pages, &http, "nextPageToken"));
    return omni_pages_end(&pages, ga->hub, run);
}

/* What the platform says about the trust that the rows deserve. Only of a report that has all its
 * rows can they add up to the totals. */
static omni_status pass_quality(struct ga *ga, struct omni_run *run, struct omni_json reply)
{
    const struct omni_host *hub = ga->hub;
    int is_sampled = omni_json_at(reply, "metadata.samplingMetadatas[0]").kind == OMNI_JSON_OBJECT,
        is_withheld = omni_json_is_true(reply, "metadata.subjectToThresholding");
    struct omni_json totals = omni_json_at(reply, "totals[0].metricValues");
    omni_status status = is_sampled ? hub->quality(run, "sampled") : OMNI_OK;
    if (status == OMNI_OK && is_withheld)
        status = hub->quality(run, "thresholded");
    /* Small rows were added up under the name (other). */
    if (status == OMNI_OK && omni_json_is_true(reply, "metadata.dataLossFromOtherRow"))
        status = hub->quality(run, "truncated");
    ga->totals[0] = '\0';
    if (!is_sampled && !is_withheld && totals.len < TOTALS_MAX)
        snprintf(ga->totals, sizeof(ga->totals), "%.*s", (int)totals.len, totals.s);
    return status;
}

/* Every reply says what it has cost and what is left. Where that does not pay for one more like it,
 * the run is parked before Google refuses every request to the property. */
static omni_status check_quota(struct ga *ga, struct omni_run *run, struct omni_json reply)
{
    static const struct {
        const char *consumed, *remaining, *period;
    } buckets[] = {
        {"propertyQuota.tokensPerHour.consumed", "propertyQuota.tokensPerHour.remaining", "hour"},
        {"propertyQuota.tokensPerProjectPerHour.consumed",
         "propertyQuota.tokensPerProjectPerHour.remaining", "hour and project"},
        {"propertyQuota.tokensPerDay.consumed", "propertyQuota.tokensPerDay.remaining",
         "day, which ends at midnight in California"},
    };
    for (size_t i = 0; i < sizeof(buckets) / sizeof(buckets[0]); i++) {
        int64_t cost, left = 0; /* zero is left out */
        char text[256];
        if (!omni_json_int(reply, buckets[i].consumed, &cost))
            continue;
        omni_json_int(reply, buckets[i].remaining, &left);
        if (left >= cost)
            continue;
        snprintf(text, sizeof(text),
                 "a page costs %lld tokens and the property has %lld left in this %s",
                 (long long)cost, (long long)left, buckets[i].period);
        return ga->hub->fail(run, OMNI_E_THROTTLED, text);
    }
    return OMNI_OK;
}

static int is_dimension(const struct omni_field *field)
{
    return (field->flags & OMNI_KEY) != 0;
}

/* "list":[{"name":"a"},{"name":"b"}] of the stream's dimensions or metrics. */
static void add_names(struct omni_text *body, const char *list, const struct omni_stream *stream,
                      int of_dimensions)
{
    const char *comma = "";
    omni_text_add(body, list);
    for (size_t i = 0; stream->fields[i]; i++) {
        if (is_dimension(stream->fields[i]) != of_dimensions)
            continue;
        omni_text_add(body, comma);
        omni_text_add(body, "{");
        omni_json_add_text(body, "name", stream->fields[i]->help);
        omni_text_add(body, "}");
        comma = ",";
    }
    omni_text_add(body, "]");
}

/* Without an order of its own, rows may move between pages. */
static void add_order(struct omni_text *body, const struct omni_stream *stream)
{
    omni_text_add(body, ",\"orderBys\":[");
    for (size_t i = 0; stream->fields[i] && is_dimension(stream->fields[i]); i++) {
        omni_text_add(body, i > 0 ? ",{\"dimension\":{" : "{\"dimension\":{");
        omni_json_add_text(body, "dimensionName", stream->fields[i]->help);
        omni_text_add(body, "}}");
    }
    omni_text_add(body, "]");
}

static const char *page_body(const struct ga *ga, struct omni_text *body,
                             const struct omni_request *request, const struct omni_pages *pages)
{
    omni_text_add(body, "{\"dateRanges\":[{");
    omni_json_add_day(body, "startDate", request->from_day);
    omni_json_add_day(body, "endDate", request->to_day);
    omni_text_add(body, "}]");
    add_names(body, ",\"dimensions\":[", request->stream, 1);
    add_names(body, ",\"metrics\":[", request->stream, 0);
    add_order(body, request->stream);
    if (ga->hub->opt_int(ga->config, "totals"))
        omni_text_add(body, ",\"metricAggregations\":[\"TOTAL\"]");
    omni_text_add(body, ",\"limit\":\"");
    omni_text_add_int(body, ga->hub->opt_int(ga->config, "page_size"));
    omni_text_add(body, "\",\"offset\":\"");
    omni_text_add_int(body, (int64_t)pages->offset);
    omni_text_add(body, "\",\"returnPropertyQuota\":true}");
    return omni_text_done(body);
}

static omni_status ga_pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct ga *ga = self;
    struct omni_pages pages = OMNI_PAGES;
    int64_t total = 0;
    omni_status status = learn(ga, run, request->account);
    for (int has_more = 1; has_more && status == OMNI_OK;) {
        char memory[BODY_MAX];
        struct omni_text body = OMNI_TEXT(memory);
        struct omni_http http = {.body = page_body(ga, &body, request, &pages)};
        status = ask(ga, run, request->account, &http, "$.rows[*]");
        struct omni_json reply = omni_json_of_reply(&http);
        if (status == OMNI_OK)
            status = pass_quality(ga, run, reply);
        /* No rows at all: rowCount is left out. */
        if (status == OMNI_OK && !omni_json_int(reply, "rowCount", &total))
            total = 0;
        has_more = omni_pages_offset(&pages, http.records, total);
        if (has_more && status == OMNI_OK)
            status = check_quota(ga, run, reply);
    }
    if (status == OMNI_OK && pages.offset < (uint64_t)total)
        return ga->hub->fail(run, OMNI_E_DATA, "the report has fewer rows than its rowCount says");
    return status == OMNI_OK ? omni_pages_end(&pages, ga->hub, run) : status;
}

/* Among the metrics; -1: the stream does not have it. */
static int place_of(const struct omni_stream *stream, const char *column)
{
    int place = 0;
    for (size_t i = 0; stream->fields[i]; i++) {
        if (is_dimension(stream->fields[i]))
            continue;
        if (strcmp(stream->fields[i]->column, column) == 0)
            return place;
        place++;
    }
    return -1;
}

/* Of the metrics that are counted. Sessions and users are estimated, for each total anew; money is
 * a double whose rows are rounded. */
static omni_status ga_total(void *self, struct omni_run *run, const struct omni_request *request)
{
    static const char *const counted[] = {"pageviews", "events", "transactions"};
    struct ga *ga = self;
    struct omni_json totals = omni_json_of(ga->totals, strlen(ga->totals));
    omni_status status = OMNI_OK;
    for (size_t i = 0; status == OMNI_OK && i < sizeof(counted) / sizeof(counted[0]); i++) {
        int place = place_of(request->stream, counted[i]);
        char path[32];
        if (place < 0)
            continue;
        snprintf(path, sizeof(path), "[%d].value", place);
        status = omni_total_found(ga->hub, run, counted[i], totals, path);
    }
    return status;
}

/* 401 is left to the hub, which renews the token; 5xx too: they count against a quota of their own,
 * so they are not repeated often. */
static const struct omni_meaning meanings[] = {
    {.code = "RESOURCE_EXHAUSTED", .status = OMNI_E_THROTTLED},
    {.code = "SERVICE_DISABLED",
     .status = OMNI_E_CONFIG,
     .remedy = "enable the Google Analytics Data API in the login's Cloud project"},
    GOOGLE_SCOPE_IS_MISSING("ACCESS_TOKEN_SCOPE_INSUFFICIENT", SCOPE),
    {.code = "PERMISSION_DENIED",
     .status = OMNI_E_AUTH,
     .remedy = "add the login's e-mail as Viewer of the property"},
    {.code = "INVALID_ARGUMENT", .status = OMNI_E_CONFIG},
    {.code = "FAILED_PRECONDITION", .status = OMNI_E_CONFIG},
    {.code = "NOT_FOUND",
     .status = OMNI_E_CONFIG,
     .remedy = "check property_id, and whether api_version is still served"},
    {.code = NULL}};

static omni_status ga_judge(void *self, struct omni_run *run, const struct omni_http *http,
                            uint32_t *wait_ms)
{
    const struct ga *ga = self;
    return google_judge(ga->hub, run, meanings, http, wait_ms);
}

OMNI_MODULE("google_analytics", "1.0", .vendor = "omnihub", .license = "Apache-2.0",
            .sources = sources);
