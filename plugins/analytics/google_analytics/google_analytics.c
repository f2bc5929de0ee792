/* SPDX-License-Identifier: Apache-2.0
 * Google Analytics 4: daily traffic of a property by source, by landing page and by event. */
#include <omnihub/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "property_id", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "the property's number (not its G- measurement id)"),
    OMNI_OPTION(.name = "credentials", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED | OMNI_SECRET,
                .help = "key file of a service account that may view the property: file:PATH"),
    OMNI_OPTION(.name = "api_version", .type = OMNI_OPT_TEXT, .fallback = "v1beta",
                .help = "version of the Data API"),
    OMNI_OPTION(.name = "page_size", .type = OMNI_OPT_INT, .fallback = "100000",
                .help = "rows asked for at once, at most 250000"),
    NULL};

static const struct omni_auth *const logins[] = {
    OMNI_LOGIN(.kind = OMNI_AUTH_JWT_BEARER, .options = "credentials",
               .scope = "https://www.googleapis.com/auth/analytics.readonly"),
    NULL};

/* One request may have nine dimensions and ten metrics at most. The fields of a stream count them
 * in this order. */
struct report {
    const char *stream;
    const char *dimensions[10], *metrics[11]; /* end with NULL */
};
static const struct report reports[] = {
    {"traffic_daily",
     {"date", "sessionDefaultChannelGroup", "sessionSource", "sessionMedium",
      "sessionCampaignName"},
     {"sessions", "engagedSessions", "screenPageViews", "eventCount", "keyEvents",
      "userEngagementDuration", "transactions", "purchaseRevenue", "totalUsers", "newUsers"}},
    {"landing_pages_daily",
     {"date", "sessionDefaultChannelGroup", "sessionSource", "sessionMedium", "landingPage"},
     {"sessions", "engagedSessions", "screenPageViews", "eventCount", "keyEvents",
      "userEngagementDuration", "transactions", "purchaseRevenue", "totalUsers", "newUsers"}},
    {"events_daily",
     {"date", "sessionDefaultChannelGroup", "sessionSource", "sessionMedium", "sessionCampaignName",
      "eventName"},
     {"eventCount", "keyEvents", "purchaseRevenue", "totalUsers"}},
};

#define DIMENSION(n, name, ...)                                                                    \
    OMNI_FIELD(.path = "$.dimensionValues[" #n "].value", .column = (name), .flags = OMNI_KEY,     \
               __VA_ARGS__)
#define COUNT(n, name)                                                                             \
    OMNI_FIELD(.path = "$.metricValues[" #n "].value", .column = (name), .type = OMNI_INT)
/* Doubles on Google's side, whose tail may be longer than six digits. */
#define DECIMAL(n, name)                                                                           \
    OMNI_FIELD(.path = "$.metricValues[" #n "].value", .column = (name), .type = OMNI_MICROS,      \
               .unit = OMNI_UNIT_MAJOR, .flags = OMNI_ROUND)

#define BY_SOURCE                                                                                  \
    DIMENSION(0, "date", .type = OMNI_DATE, .unit = OMNI_DATE_COMPACT),                            \
        DIMENSION(1, "channel", .type = OMNI_TEXT),                                                \
        DIMENSION(2, "source_name", .type = OMNI_TEXT), DIMENSION(3, "medium", .type = OMNI_TEXT)
#define VISITS                                                                                     \
    COUNT(0, "sessions"), COUNT(1, "engaged_sessions"), COUNT(2, "pageviews"), COUNT(3, "events"), \
        DECIMAL(4, "key_events"), DECIMAL(5, "engagement_seconds"), DECIMAL(6, "transactions"),    \
        DECIMAL(7, "revenue"), COUNT(8, "users"), COUNT(9, "new_users")

static const struct omni_field *const traffic_fields[] = {
    BY_SOURCE, DIMENSION(4, "campaign", .type = OMNI_TEXT), VISITS, NULL};

static const struct omni_field *const landing_fields[] = {
    BY_SOURCE, DIMENSION(4, "landing_page", .type = OMNI_TEXT), VISITS, NULL};

static const struct omni_field *const event_fields[] = {
    BY_SOURCE,
    DIMENSION(4, "campaign", .type = OMNI_TEXT),
    DIMENSION(5, "event_name", .type = OMNI_TEXT),
    COUNT(0, "events"),
    DECIMAL(1, "key_events"),
    DECIMAL(2, "revenue"),
    COUNT(3, "users"),
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
static omni_status ga_pull(void *self, struct omni_run *, const struct omni_request *);
static omni_status ga_judge(void *self, struct omni_run *, const struct omni_http *,
                            uint32_t *wait_ms);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "google_analytics", .title = "Google Analytics 4", .family = "analytics",
                .help = "sessions, users, key events and revenue of a GA4 property",
                .api_version = "v1beta", .api_url = "https://analyticsdata.googleapis.com",
                .hosts = "oauth2.googleapis.com", .account_option = "property_id",
                .options = options, .logins = logins, .streams = streams, .open = ga_open,
                .close = free, .check = ga_check, .pull = ga_pull, .judge = ga_judge),
    NULL};

enum { BODY_MAX = 2048, URL_MAX = 512, MESSAGE_MAX = 1024, ACCOUNT_MAX = 64 };

struct ga {
    const struct omni_host *hub;
    const struct omni_config *config;
    char known[ACCOUNT_MAX]; /* property whose currency and zone the hub has been told */
};

static omni_status ga_open(const struct omni_host *hub, const struct omni_config *config,
                           struct omni_run *run, void **self)
{
    const char *property = hub->opt_text(config, "property_id");
    if (property && property[strspn(property, "0123456789")] != '\0') {
        hub->fail_detail(run, "option", "property_id");
        return hub->fail(run, OMNI_E_CONFIG,
                         "a property id has digits only: see Admin > Property details");
    }
    int64_t size = hub->opt_int(config, "page_size");
    if (size < 1 || size > 250000) {
        hub->fail_detail(run, "option", "page_size");
        return hub->fail(run, OMNI_E_CONFIG, "the page size must be from 1 to 250000");
    }
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
    struct omni_json reply = omni_json_of_reply(&http);
    char currency[8], zone[64];
    if (!omni_json_text(reply, "metadata.currencyCode", currency, sizeof(currency)) ||
        !omni_json_text(reply, "metadata.timeZone", zone, sizeof(zone)))
        return ga->hub->fail(run, OMNI_E_DATA, "the report names no currency and time zone");
    snprintf(ga->known, sizeof(ga->known), "%s", account);
    return ga->hub->found_account(run, account, NULL, currency, zone);
}

static omni_status ga_check(void *self, struct omni_run *run)
{
    struct ga *ga = self;
    return learn(ga, run, ga->hub->opt_text(ga->config, "property_id"));
}

/* What the platform says about the trust that the rows deserve. */
static omni_status pass_quality(struct ga *ga, struct omni_run *run, struct omni_json reply)
{
    const struct omni_host *hub = ga->hub;
    omni_status status = OMNI_OK;
    if (omni_json_at(reply, "metadata.samplingMetadatas[0]").kind == OMNI_JSON_OBJECT)
        status = hub->quality(run, "sampled");
    if (status == OMNI_OK && omni_json_is_true(reply, "metadata.subjectToThresholding"))
        status = hub->quality(run, "thresholded");
    /* Small rows were added up under the name (other). */
    if (status == OMNI_OK && omni_json_is_true(reply, "metadata.dataLossFromOtherRow"))
        status = hub->quality(run, "truncated");
    return status;
}

static const struct report *report_of(const char *stream)
{
    const struct report *report = reports;
    while (strcmp(report->stream, stream) != 0)
        report++;
    return report;
}

/* "list":[{"name":"a"},{"name":"b"}] */
static void add_names(struct omni_text *body, const char *list, const char *const *names)
{
    omni_text_add(body, list);
    for (size_t i = 0; names[i]; i++) {
        omni_text_add(body, i > 0 ? ",{" : "{");
        omni_json_add_text(body, "name", names[i]);
        omni_text_add(body, "}");
    }
    omni_text_add(body, "]");
}

static const char *page_body(struct omni_text *body, const struct omni_request *request,
                             const struct omni_pages *pages, int64_t size)
{
    const struct report *report = report_of(request->stream->name);
    omni_text_add(body, "{\"dateRanges\":[{");
    omni_json_add_day(body, "startDate", request->from_day);
    omni_json_add_day(body, "endDate", request->to_day);
    omni_text_add(body, "}]");
    add_names(body, ",\"dimensions\":[", report->dimensions);
    add_names(body, ",\"metrics\":[", report->metrics);
    /* Without an order of its own, rows may move between pages. */
    omni_text_add(body, ",\"orderBys\":[");
    for (size_t i = 0; report->dimensions[i]; i++) {
        omni_text_add(body, i > 0 ? ",{\"dimension\":{" : "{\"dimension\":{");
        omni_json_add_text(body, "dimensionName", report->dimensions[i]);
        omni_text_add(body, "}}");
    }
    omni_text_add(body, "],\"limit\":\"");
    omni_text_add_int(body, size);
    omni_text_add(body, "\",\"offset\":\"");
    omni_text_add_int(body, (int64_t)pages->offset);
    omni_text_add(body, "\",\"returnPropertyQuota\":true}");
    return omni_text_done(body);
}

static omni_status ga_pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct ga *ga = self;
    const int64_t size = ga->hub->opt_int(ga->config, "page_size");
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http;
    int64_t total = 0;
    omni_status status = learn(ga, run, request->account);
    do {
        char memory[BODY_MAX];
        struct omni_text body = OMNI_TEXT(memory);
        http = (struct omni_http){.body = page_body(&body, request, &pages, size)};
        if (status == OMNI_OK)
            status = ask(ga, run, request->account, &http, "$.rows[*]");
        if (status == OMNI_OK)
            status = pass_quality(ga, run, omni_json_of_reply(&http));
        if (status != OMNI_OK)
            return status;
        /* No rows at all: rowCount is left out. */
        if (!omni_json_int(omni_json_of_reply(&http), "rowCount", &total))
            total = 0;
    } while (omni_pages_offset(&pages, http.records, total));
    if (pages.offset < (uint64_t)total)
        return ga->hub->fail(run, OMNI_E_DATA, "the report has fewer rows than its rowCount says");
    return omni_pages_end(&pages, ga->hub, run);
}

/* There are no rate-limit headers: the bucket is named in the message. */
static uint32_t quota_wait(struct omni_json error, const char *message)
{
    enum { HOUR = 3600, DAY = 86400, PACIFIC_MIDNIGHT = 8 * HOUR };
    struct omni_json detail = {0}, details = omni_json_at(error, "details");
    char delay[32];
    while (omni_json_next(details, &detail))
        if (omni_json_text(detail, "retryDelay", delay, sizeof(delay))) {
            char *end;
            long seconds = strtol(delay, &end, 10);
            return seconds >= 0 && seconds < DAY ? (uint32_t)seconds * 1000 + (*end == '.') * 1000
                                                 : 0;
        }
    long now = (long)time(NULL);
    /* 08:00 UTC is midnight in Los Angeles in winter; in summer that is an hour later than needed.
     */
    if (strstr(message, "per day"))
        return (uint32_t)(DAY - (now - PACIFIC_MIDNIGHT) % DAY) * 1000;
    if (strstr(message, "per hour"))
        return (uint32_t)(HOUR - now % HOUR) * 1000;
    return 0;
}

static omni_status judge_permission(struct ga *ga, struct omni_run *run, struct omni_json error,
                                    const char *message)
{
    char text[MESSAGE_MAX + 128], reason[64];
    omni_json_text(error, "details[0].reason", reason, sizeof(reason));
    int is_disabled = strcmp(reason, "SERVICE_DISABLED") == 0;
    snprintf(text, sizeof(text), "%s (%s)", message,
             is_disabled ? "enable the Google Analytics Data API in the service account's project"
                         : "add the service account's e-mail as Viewer of the property");
    return ga->hub->fail(run, is_disabled ? OMNI_E_CONFIG : OMNI_E_AUTH, text);
}

static omni_status ga_judge(void *self, struct omni_run *run, const struct omni_http *http,
                            uint32_t *wait_ms)
{
    struct ga *ga = self;
    struct omni_json error = omni_json_at(omni_json_of_reply(http), "error");
    char status[32], message[MESSAGE_MAX];
    /* 401 is left to the hub, which renews the token; 5xx too. */
    if (!omni_json_text(error, "status", status, sizeof(status)) || http->status >= 500)
        return http->status == 200 ? OMNI_OK : OMNI_E_UNSUPPORTED;
    if (!omni_json_text(error, "message", message, sizeof(message)))
        snprintf(message, sizeof(message), "Google answered %s", status);
    if (strcmp(status, "RESOURCE_EXHAUSTED") == 0) {
        *wait_ms = quota_wait(error, message);
        return ga->hub->fail(run, OMNI_E_THROTTLED, message);
    }
    if (strcmp(status, "PERMISSION_DENIED") == 0)
        return judge_permission(ga, run, error, message);
    if (strcmp(status, "INVALID_ARGUMENT") == 0 || strcmp(status, "FAILED_PRECONDITION") == 0 ||
        strcmp(status, "NOT_FOUND") == 0)
        return ga->hub->fail(run, OMNI_E_CONFIG, message);
    return OMNI_E_UNSUPPORTED;
}

OMNI_MODULE("google_analytics", "1.0", .vendor = "omnihub", .license = "Apache-2.0",
            .sources = sources);
