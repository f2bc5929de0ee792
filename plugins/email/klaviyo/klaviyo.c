/* SPDX-License-Identifier: Apache-2.0
 * Klaviyo: what became of campaigns and automations (flows), and what they are called. */
#include "klaviyo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "api_key", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED | OMNI_SECRET,
                .help =
                    "private API key with campaigns:read, flows:read, lists:read, metrics:read"),
    OMNI_OPTION(.name = "api_version", .type = OMNI_OPT_TEXT, .fallback = "2026-07-15",
                .help = "revision of the API, a day"),
    OMNI_OPTION(.name = "conversion_metric", .type = OMNI_OPT_TEXT, .fallback = "Placed Order",
                .help = "name of the metric that counts as a conversion"),
    OMNI_OPTION(.name = "conversion_metric_id", .type = OMNI_OPT_TEXT,
                .help = "its id, where the name is not clear"),
    OMNI_OPTION(.name = "joined_metric_id", .type = OMNI_OPT_TEXT,
                .help = "id of the metric that counts who joined a list; \"Subscribed to List\" "
                        "where not given"),
    OMNI_OPTION(.name = "left_metric_id", .type = OMNI_OPT_TEXT,
                .help = "id of the metric that counts who left one; \"Unsubscribed from List\" "
                        "where not given"),
    OMNI_OPTION(.name = "channels", .type = OMNI_OPT_LIST,
                .help = "of campaigns: (\"email\", \"sms\", \"mobile_push\"), the default"),
    OMNI_OPTION(.name = "timezone", .type = OMNI_OPT_TEXT,
                .help = "the account's, e.g. Europe/Lisbon; asked of Klaviyo where not given"),
    OMNI_OPTION(.name = "currency", .type = OMNI_OPT_TEXT,
                .help = "the account's, e.g. EUR; asked of Klaviyo where not given"),
    NULL};

static const struct omni_auth *const logins[] = {
    OMNI_LOGIN(.kind = OMNI_AUTH_HEADER, .options = "api_key",
               .header = "Authorization: Klaviyo-API-Key "),
    NULL};

/* One table makes the request, the fields and the cells: they cannot differ. */
#define STATISTICS(X)                                                                              \
    X("recipients", "sends", OMNI_INT, OMNI_AS_IS)                                                 \
    X("delivered", "delivered", OMNI_INT, OMNI_AS_IS)                                              \
    X("bounced", NULL, OMNI_INT, OMNI_AS_IS)                                                       \
    X("failed", "dropped", OMNI_INT, OMNI_AS_IS)                                                   \
    X("opens", "opens", OMNI_INT, OMNI_AS_IS)                                                      \
    X("opens_unique", "opens_unique", OMNI_INT, OMNI_AS_IS)                                        \
    X("clicks", "clicks", OMNI_INT, OMNI_AS_IS)                                                    \
    X("clicks_unique", "clicks_unique", OMNI_INT, OMNI_AS_IS)                                      \
    X("unsubscribes", "unsubscribes", OMNI_INT, OMNI_AS_IS)                                        \
    X("spam_complaints", "spam_reports", OMNI_INT, OMNI_AS_IS)                                     \
    X("conversions", "conversions", OMNI_MICROS, OMNI_UNIT_MAJOR)                                  \
    X("conversion_value", "revenue", OMNI_MICROS, OMNI_UNIT_MAJOR)                                 \
    X("text_message_spend", "cost", OMNI_MICROS, OMNI_UNIT_MAJOR)
#define NAME(name, column, type, unit) name,
#define FIELD(name_, column_, type_, unit_)                                                        \
    OMNI_FIELD(.path = "$.statistics." name_, .column = (column_), .type = (type_),                \
               .unit = (unit_), .flags = OMNI_OPTIONAL | OMNI_ROUND),
static const char *const statistics[] = {STATISTICS(NAME)};
enum { N_STATISTICS = sizeof(statistics) / sizeof(statistics[0]), N_KEYS = 5 };

#define ID(path_, name) OMNI_FIELD(.path = (path_), .column = (name), .type = OMNI_TEXT)
#define DAY             OMNI_FIELD(.path = "$.day", .column = "date", .type = OMNI_DATE, .flags = OMNI_KEY)

static const struct omni_field *const campaign_fields[] = {
    DAY,
    ID("$.groupings.send_channel", "channel"),
    ID("$.groupings.campaign_id", "campaign_id"),
    ID("$.groupings.campaign_message_id", "message_id"),
    ID("$.name", "campaign_name"),
    STATISTICS(FIELD) NULL};
static const struct omni_field *const flow_fields[] = {
    DAY,
    ID("$.groupings.send_channel", "channel"),
    ID("$.groupings.flow_id", "flow_id"),
    ID("$.groupings.flow_message_id", "message_id"),
    ID("$.name", "campaign_name"),
    STATISTICS(FIELD) NULL};

#define TEXT(member, name) OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_TEXT)
#define TIME(member, name)                                                                         \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_TIME, .unit = OMNI_TIME_ISO,    \
               .flags = OMNI_OPTIONAL)
static const struct omni_field *const campaign_names[] = {
    OMNI_FIELD(.path = "$.id", .column = "message_id", .type = OMNI_TEXT, .flags = OMNI_KEY),
    TEXT("id", "campaign_id"),
    TEXT("attributes.name", "name"),
    TEXT("attributes.status", "status"),
    TIME("attributes.send_time", "sent_at"),
    TIME("attributes.updated_at", "updated_at"),
    NULL};
static const struct omni_field *const flow_names[] = {
    OMNI_FIELD(.path = "$.id", .column = "message_id", .type = OMNI_TEXT, .flags = OMNI_KEY),
    TEXT("id", "flow_id"),
    TEXT("attributes.name", "name"),
    TEXT("attributes.status", "status"),
    TIME("attributes.updated", "updated_at"),
    NULL};

static const struct omni_field *const growth_fields[] = {
    DAY,
    OMNI_FIELD(.path = "$.id", .column = "list_id", .type = OMNI_TEXT, .flags = OMNI_KEY),
    TEXT("name", "name"),
    OMNI_FIELD(.path = "$.joined", .column = "subscribed", .type = OMNI_INT),
    OMNI_FIELD(.path = "$.left", .column = "unsubscribed", .type = OMNI_INT),
    NULL};

static const struct omni_stream *const streams[] = {
    OMNI_STREAM(.sync = OMNI_WINDOW, .flags = OMNI_STREAM_CLIP, .name = "campaigns",
                .dataset = "messages_daily", .constants = "basis=send_date",
                .help = "each campaign's messages on their day of sending, with all that came of "
                        "them so far",
                .fields = campaign_fields, .settle_days = 30, .max_window_days = 31,
                .day_zone = "account"),
    OMNI_STREAM(.sync = OMNI_WINDOW, .flags = OMNI_STREAM_CLIP, .name = "flows",
                .dataset = "messages_daily", .constants = "basis=event_date",
                .help = "each automation's messages, day by day", .fields = flow_fields,
                .settle_days = 7, .max_window_days = 31, .day_zone = "account"),
    OMNI_STREAM(.sync = OMNI_SNAPSHOT, .name = "campaign_list", .dataset = "messages",
                .help = "the campaigns: name, status, time of sending", .fields = campaign_names),
    OMNI_STREAM(.sync = OMNI_SNAPSHOT, .name = "flow_list", .dataset = "messages",
                .help = "the automations: name, status", .fields = flow_names),
    OMNI_STREAM(.sync = OMNI_WINDOW, .flags = OMNI_STREAM_CLIP, .name = "list_growth",
                .dataset = "lists_daily", .help = "who joined and left each list, by day",
                .fields = growth_fields, .settle_days = 3, .max_window_days = 31,
                .day_zone = "account"),
    NULL};

static omni_status klaviyo_open(const struct omni_host *, const struct omni_config *,
                                struct omni_run *, void **self);
static void klaviyo_close(void *self);
static omni_status klaviyo_check(void *self, struct omni_run *);
static omni_status klaviyo_pull(void *self, struct omni_run *, const struct omni_request *);
static omni_status klaviyo_judge(void *self, struct omni_run *, const struct omni_http *,
                                 uint32_t *wait_ms);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "klaviyo", .title = "Klaviyo", .family = "email",
                .help = "e-mail, text message and push campaigns and automations, and what came of "
                        "them",
                .api_version = "2026-07-15", .api_url = "https://a.klaviyo.com", .options = options,
                .logins = logins, .streams = streams, .open = klaviyo_open, .close = klaviyo_close,
                .check = klaviyo_check, .pull = klaviyo_pull, .judge = klaviyo_judge),
    NULL};

enum { BODY_MAX = 2048, NUMBER_MAX = 48, DAY_S = 86400, NOON_S = DAY_S / 2, LONGEST_PAUSE_S = 45 };

static omni_status klaviyo_open(const struct omni_host *hub, const struct omni_config *config,
                                struct omni_run *run, void **self)
{
    struct klaviyo *k = calloc(1, sizeof(*k));
    const char *id = hub->opt_text(config, "conversion_metric_id");
    if (!k)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    *k = (struct klaviyo){.hub = hub, .config = config};
    snprintf(k->revision, sizeof(k->revision), "revision: %s",
             hub->opt_text(config, "api_version"));
    snprintf(k->metric, sizeof(k->metric), "%s", id ? id : "");
    k->headers[0] = k->revision;
    k->headers[1] = "Accept: application/vnd.api+json";
    *self = k;
    return OMNI_OK;
}

static void klaviyo_close(void *self)
{
    struct klaviyo *k = self;
    free(k->campaigns.all);
    free(k->flows.all);
    free(k);
}

/* The metrics, which every stream of figures needs; then one call for each further scope, of which
 * a missing one stops its own streams only. */
static omni_status klaviyo_check(void *self, struct omni_run *run)
{
    static const struct {
        const char *scope, *url;
    } scopes[] = {
        {"campaigns:read", "/api/campaigns?filter=equals%28messages.channel%2C%27email%27%29"},
        {"flows:read", "/api/flows?page%5Bsize%5D=1"},
        {"lists:read", "/api/lists?page%5Bsize%5D=1"},
        {"accounts:read", "/api/accounts"}};
    struct klaviyo *k = self;
    omni_status status = klaviyo_learn_metric(k, run);
    for (size_t i = 0; status == OMNI_OK && i < sizeof(scopes) / sizeof(scopes[0]); i++) {
        struct omni_http http = {.size = sizeof(http), .url = scopes[i].url, .headers = k->headers};
        char text[160];
        k->is_scope_missing = 0;
        status = k->hub->http(run, &http);
        if (status == OMNI_OK || !k->is_scope_missing)
            continue;
        snprintf(text, sizeof(text), "the key lacks the scope %s%s", scopes[i].scope,
                 i == 3 ? ": give the options timezone and currency" : ": leave its streams out");
        k->hub->log(run, OMNI_LOG_WARN, text);
        status = OMNI_OK;
    }
    return status;
}

/* ---- reports ---- */

struct report {
    const struct omni_request *request;
    int is_flow;
    uint64_t unknown; /* results of campaigns that are not in the list */
};

static const char *report_body(const struct klaviyo *k, const struct report *report,
                               struct omni_text *body)
{
    char start[OMNI_DAY_TEXT], end[OMNI_DAY_TEXT];
    const struct omni_request *r = report->request;
    int32_t until = r->to_day + 2, tomorrow = (int32_t)(time(NULL) / DAY_S) + 1;
    /* A campaign's figures grow for a while: all of them are wanted on its day of sending. */
    if (!report->is_flow)
        until = r->to_day + 32 < tomorrow ? r->to_day + 32 : tomorrow;
    if (until < r->to_day + 2)
        until = r->to_day + 2;
    omni_text_add(body, "{\"data\":{\"type\":\"");
    omni_text_add(body, report->is_flow ? "flow-series-report" : "campaign-values-report");
    omni_text_add(body, "\",\"attributes\":{\"statistics\":[");
    for (int i = 0; i < N_STATISTICS; i++) {
        omni_text_add(body, i ? "," : "");
        omni_text_add_json(body, statistics[i]);
    }
    omni_text_add(body, "],\"timeframe\":{\"start\":\"");
    omni_text_add(body, omni_day_print(r->from_day - 1, start));
    omni_text_add(body, "T00:00:00+00:00\",\"end\":\"");
    omni_text_add(body, omni_day_print(until, end));
    omni_text_add(body, "T00:00:00+00:00\"}");
    omni_json_add_text(body, "interval", report->is_flow ? "daily" : NULL);
    omni_json_add_text(body, "conversion_metric_id", k->metric);
    omni_text_add(body, report->is_flow
                            ? ",\"group_by\":[\"flow_id\",\"flow_message_id\",\"send_channel\"]}}}"
                            : ",\"group_by\":[\"campaign_id\",\"campaign_message_id\",\"send_"
                              "channel\"]}}}");
    return omni_text_done(body);
}

static const char *channel_name(const char *channel)
{
    static const char *const names[][2] = {{"email", "Email"},
                                           {"sms", "SMS"},
                                           {"mobile_push", "Mobile Push Notifications"},
                                           {"push-notification", "Mobile Push Notifications"}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i][0], channel) == 0)
            return names[i][1];
    return channel;
}

/* One result: whose it is. */
struct result {
    char channel[32], id[ID_MAX], message[ID_MAX];
    const char *name;
};

static struct omni_cell text_cell(const char *s)
{
    if (!s)
        return (struct omni_cell){.type = OMNI_NULL};
    return (struct omni_cell){.type = OMNI_TEXT, .len = (uint32_t)strlen(s), .v.s = s};
}

/* values: numbers as they are written, "" where there is none. at: an instant of the row's day. */
static omni_status send_row(struct klaviyo *k, struct omni_run *run, const struct result *result,
                            int64_t at, char (*values)[NUMBER_MAX])
{
    struct omni_cell cells[N_KEYS + N_STATISTICS] = {{.type = OMNI_TIME, .v.i = at * 1000000},
                                                     text_cell(channel_name(result->channel)),
                                                     text_cell(result->id),
                                                     text_cell(result->message),
                                                     text_cell(result->name)};
    for (int i = 0; i < N_STATISTICS; i++)
        cells[N_KEYS + i] = text_cell(values[i][0] ? values[i] : NULL);
    return k->hub->row(run, cells, N_KEYS + N_STATISTICS);
}

static omni_status not_a_number(struct klaviyo *k, struct omni_run *run, const char *name)
{
    char text[MESSAGE_MAX];
    snprintf(text, sizeof(text), "statistics.%s is not a number", name);
    return k->hub->fail(run, OMNI_E_DATA, text);
}

static omni_status campaign_row(struct klaviyo *k, struct omni_run *run, struct report *report,
                                struct result *result, struct omni_json numbers)
{
    char values[N_STATISTICS][NUMBER_MAX];
    const struct named *campaign = klaviyo_find_name(&k->campaigns, result->id);
    if (!campaign) {
        report->unknown++;
        return OMNI_OK;
    }
    for (int i = 0; i < N_STATISTICS; i++) {
        struct omni_json value = omni_json_at(numbers, statistics[i]);
        omni_json_text(value, "", values[i], NUMBER_MAX);
        if (value.kind != OMNI_JSON_NUMBER && value.kind > OMNI_JSON_NULL)
            return not_a_number(k, run, statistics[i]);
    }
    result->name = campaign->name;
    return send_row(k, run, result, campaign->sent, values);
}

static int is_anything(char (*values)[NUMBER_MAX])
{
    for (int i = 0; i < N_STATISTICS; i++)
        if (values[i][strspn(values[i], "0.")] != '\0')
            return 1;
    return 0;
}

/* The numbers lie in lists, one for each statistic, side by side with the list of days. */
static omni_status flow_rows(struct klaviyo *k, struct omni_run *run, struct result *result,
                             struct omni_json days, struct omni_json numbers)
{
    char values[N_STATISTICS][NUMBER_MAX], day_text[64];
    struct omni_json day = {0}, lists[N_STATISTICS], items[N_STATISTICS] = {{0}};
    const struct named *flow = klaviyo_find_name(&k->flows, result->id);
    omni_status status = OMNI_OK;
    int64_t at;
    result->name = flow ? flow->name : NULL;
    for (int i = 0; i < N_STATISTICS; i++)
        lists[i] = omni_json_at(numbers, statistics[i]);
    while (status == OMNI_OK && omni_json_next(days, &day)) {
        for (int i = 0; i < N_STATISTICS; i++) {
            values[i][0] = '\0';
            if (lists[i].kind <= OMNI_JSON_NULL)
                continue;
            if (!omni_json_next(lists[i], &items[i]))
                return k->hub->fail(run, OMNI_E_DATA, "a statistic has fewer values than days");
            omni_json_text(items[i], "", values[i], NUMBER_MAX);
            if (items[i].kind != OMNI_JSON_NUMBER && items[i].kind > OMNI_JSON_NULL)
                return not_a_number(k, run, statistics[i]);
        }
        if (!omni_json_text(day, "", day_text, sizeof(day_text)) || !omni_time_parse(day_text, &at))
            return k->hub->fail(run, OMNI_E_DATA, "date_times holds no time with an offset");
        /* A bucket begins at midnight of the account or of UTC: at its noon both agree. */
        if (is_anything(values))
            status = send_row(k, run, result, at + NOON_S, values);
    }
    return status;
}

static omni_status take_results(struct klaviyo *k, struct omni_run *run, struct report *report,
                                struct omni_json attributes)
{
    struct omni_json results = omni_json_at(attributes, "results"), item = {0};
    struct omni_json days = omni_json_at(attributes, "date_times");
    omni_status status = OMNI_OK;
    if (results.kind != OMNI_JSON_ARRAY || (report->is_flow && days.kind != OMNI_JSON_ARRAY))
        return k->hub->fail(run, OMNI_E_DATA, "the report has no results");
    while (status == OMNI_OK && omni_json_next(results, &item)) {
        struct result result = {.name = NULL};
        struct omni_json groups = omni_json_at(item, "groupings");
        struct omni_json numbers = omni_json_at(item, "statistics");
        if (!omni_json_text(groups, "send_channel", result.channel, sizeof(result.channel)) ||
            !omni_json_text(groups, report->is_flow ? "flow_id" : "campaign_id", result.id,
                            sizeof(result.id)) ||
            !omni_json_text(groups, report->is_flow ? "flow_message_id" : "campaign_message_id",
                            result.message, sizeof(result.message)) ||
            numbers.kind != OMNI_JSON_OBJECT)
            return k->hub->fail(run, OMNI_E_DATA,
                                "a result lacks its ids, its send_channel or its statistics");
        status = report->is_flow ? flow_rows(k, run, &result, days, numbers)
                                 : campaign_row(k, run, report, &result, numbers);
    }
    return status;
}

/* Reports are two a minute: better to wait a little than to be refused. */
static void plan_pause(struct klaviyo *k, const struct omni_http *http)
{
    const char *left = omni_reply_header(http, "ratelimit-remaining");
    const char *reset = omni_reply_header(http, "ratelimit-reset");
    char *end = NULL;
    k->pause_ms = 0;
    if (!left || !reset || strcmp(left, "0") != 0)
        return;
    unsigned long seconds = strtoul(reset, &end, 10);
    if (*end == '\0' && seconds <= LONGEST_PAUSE_S) /* longer ones are the hub's business */
        k->pause_ms = (uint32_t)seconds * 1000;
}

static omni_status read_report(struct klaviyo *k, struct omni_run *run, struct report *report)
{
    char memory[BODY_MAX];
    struct omni_text body = OMNI_TEXT(memory);
    const char *headers[] = {k->headers[0], k->headers[1], "Content-Type: application/vnd.api+json",
                             NULL};
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http = {.size = sizeof(http),
                             .method = "POST",
                             .headers = headers,
                             .flags = OMNI_HTTP_REPEATABLE,
                             .body = report_body(k, report, &body)};
    if (!http.body)
        return k->hub->fail(run, OMNI_E_CONFIG, "conversion_metric_id is too long");
    http.body_len = strlen(http.body);
    do {
        http.url = pages.page > 0    ? pages.cursor
                   : report->is_flow ? "/api/flow-series-reports"
                                     : "/api/campaign-values-reports";
        omni_status status = k->pause_ms ? k->hub->sleep_ms(run, k->pause_ms) : OMNI_OK;
        if (status == OMNI_OK)
            status = k->hub->http(run, &http);
        if (status != OMNI_OK)
            return status;
        plan_pause(k, &http);
        struct omni_json reply = omni_json_of_reply(&http);
        status = take_results(k, run, report, omni_json_at(reply, "data.attributes"));
        if (status != OMNI_OK)
            return status;
    } while (omni_pages_after(&pages, &http, "links.next"));
    return omni_pages_end(&pages, k->hub, run);
}

static omni_status pull_report(struct klaviyo *k, struct omni_run *run, struct report *report)
{
    char text[MESSAGE_MAX];
    omni_status status = klaviyo_learn_account(k, run, report->request->account);
    if (status == OMNI_OK)
        status = klaviyo_learn_metric(k, run);
    if (status == OMNI_OK)
        status = klaviyo_learn_names(k, run, report->is_flow);
    if (status == OMNI_OK)
        status = read_report(k, run, report);
    if (status != OMNI_OK || !report->unknown)
        return status;
    snprintf(text, sizeof(text),
             "%llu results belong to campaigns that the list of campaigns does not have (deleted, "
             "or of a channel left out in `channels`): they are not in the figures",
             (unsigned long long)report->unknown);
    k->hub->log(run, OMNI_LOG_WARN, text);
    return k->hub->quality(run, "truncated");
}

static omni_status klaviyo_pull(void *self, struct omni_run *run,
                                const struct omni_request *request)
{
    struct klaviyo *k = self;
    const char *name = request->stream->name;
    if (strcmp(name, "campaign_list") == 0)
        return klaviyo_campaigns(k, run);
    if (strcmp(name, "flow_list") == 0)
        return klaviyo_flows(k, run);
    if (strcmp(name, "list_growth") == 0)
        return klaviyo_list_growth(k, run, request);
    struct report report = {.request = request, .is_flow = strcmp(name, "flows") == 0};
    return pull_report(k, run, &report);
}

/* ---- errors ---- */

static omni_status klaviyo_judge(void *self, struct omni_run *run, const struct omni_http *http,
                                 uint32_t *wait_ms)
{
    struct klaviyo *k = self;
    const struct omni_host *hub = k->hub;
    struct omni_json reply = omni_json_of_reply(http);
    char code[64], detail[MESSAGE_MAX - 256], text[MESSAGE_MAX];
    (void)wait_ms; /* Retry-After says it, which the hub reads */
    if (http->status < 400 || http->status >= 500)
        return http->status < 300 ? OMNI_OK : OMNI_E_UNSUPPORTED;
    if (!omni_json_text(reply, "errors[0].code", code, sizeof(code)))
        return OMNI_E_UNSUPPORTED;
    omni_json_text(reply, "errors[0].detail", detail, sizeof(detail));
    k->is_scope_missing = http->status == 403;
    omni_status status = http->status == 429                          ? OMNI_E_THROTTLED
                         : http->status == 401 || http->status == 403 ? OMNI_E_AUTH
                                                                      : OMNI_E_CONFIG;
    snprintf(text, sizeof(text), "Klaviyo answered %s: %s%s", code, detail,
             http->status == 403   ? " (the key needs campaigns:read, flows:read, lists:read, "
                                     "metrics:read and, unless timezone and currency are given, "
                                     "accounts:read)"
             : http->status == 400 ? " (is the revision in api_version still served?)"
                                   : "");
    return hub->fail(run, status, text);
}

OMNI_MODULE("klaviyo", "1.0", .vendor = "omnihub", .license = "Apache-2.0", .sources = sources);
