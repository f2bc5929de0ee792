/* SPDX-License-Identifier: Apache-2.0
 * Google Ads: daily figures of campaigns, ad groups, ads, keywords and search terms, by GAQL. */
#include "../../common/google.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "customer_id", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "the account that advertises: ten digits, without dashes"),
    OMNI_OPTION(.name = "login_customer_id", .type = OMNI_OPT_TEXT,
                .help = "the manager account through which the login reaches customer_id"),
    OMNI_OPTION(.name = "developer_token", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "from the manager account's API Center"),
    GOOGLE_LOGIN_OPTIONS("may read the account"),
    OMNI_OPTION(.name = "api_version", .type = OMNI_OPT_TEXT, .fallback = "v25",
                .help = "version of the Google Ads API"),
    OMNI_OPTION_TOTALS,
    NULL};

#define SCOPE "https://www.googleapis.com/auth/adwords"
#define FURTHER                                                                                    \
    "developer-token: {developer_token}\n"                                                         \
    "login-customer-id: {login_customer_id}"
static const struct omni_auth *const logins[] = {GOOGLE_LOGINS(.scope = SCOPE, .headers = FURTHER),
                                                 NULL};

#define TEXT(member, name, flags_)                                                                 \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_TEXT, .flags = (flags_))
/* Zeros may be left out; whole numbers come as text. */
#define COUNT(member, name)                                                                        \
    OMNI_FIELD(.path = "$.metrics." member, .column = (name), .type = OMNI_INT,                    \
               .flags = OMNI_ZERO_IF_ABSENT | OMNI_OPTIONAL)
/* Doubles, whose tail may be longer than six digits. */
#define DECIMAL(member, name)                                                                      \
    OMNI_FIELD(.path = "$.metrics." member, .column = (name), .type = OMNI_MICROS,                 \
               .unit = OMNI_UNIT_MAJOR, .flags = OMNI_ZERO_IF_ABSENT | OMNI_OPTIONAL | OMNI_ROUND)

/* What all levels have in common. The network decides on the marketing channel. */
#define METRICS                                                                                    \
    "segments.date,segments.ad_network_type,campaign.id,campaign.name,metrics.impressions,"        \
    "metrics.clicks,metrics.cost_micros,metrics.conversions,metrics.conversions_value,"            \
    "metrics.view_through_conversions"
#define METRIC_FIELDS                                                                              \
    OMNI_FIELD(.path = "$.segments.date", .column = "date", .type = OMNI_DATE,                     \
               .unit = OMNI_DATE_ISO, .flags = OMNI_KEY),                                          \
        TEXT("segments.adNetworkType", "network", OMNI_KEY),                                       \
        TEXT("campaign.id", "campaign_id", OMNI_KEY),                                              \
        TEXT("campaign.name", "campaign_name", OMNI_OPTIONAL),                                     \
        COUNT("impressions", "impressions"), COUNT("clicks", "clicks"),                            \
        OMNI_FIELD(.path = "$.metrics.costMicros", .column = "cost", .type = OMNI_MICROS,          \
                   .unit = OMNI_UNIT_MICROS, .flags = OMNI_ZERO_IF_ABSENT | OMNI_OPTIONAL),        \
        DECIMAL("conversions", "conversions"), DECIMAL("conversionsValue", "conversion_value"),    \
        DECIMAL("viewThroughConversions", "view_conversions")
#define AD_GROUP_FIELDS                                                                            \
    METRIC_FIELDS, TEXT("adGroup.id", "ad_group_id", OMNI_KEY),                                    \
        TEXT("adGroup.name", "ad_group_name", OMNI_OPTIONAL)

#define FIELDS(...) ((const struct omni_field *const[]){__VA_ARGS__, NULL})
#define REPORT(name_, level, help_, ...)                                                           \
    OMNI_STREAM(.sync = OMNI_WINDOW, .name = (name_), .dataset = "ads_daily", .help = (help_),     \
                .constants = "level=" level, .settle_days = 30, .max_window_days = 31,             \
                .day_zone = "account", .fields = FIELDS(__VA_ARGS__))

static const struct omni_stream *const streams[] = {
    REPORT("campaigns", "campaign", "each campaign's day, by network", METRIC_FIELDS),
    REPORT("ad_groups", "ad_group", "each ad group's day", AD_GROUP_FIELDS),
    REPORT("ads", "ad", "each ad's day", AD_GROUP_FIELDS,
           TEXT("adGroupAd.ad.id", "ad_id", OMNI_KEY),
           TEXT("adGroupAd.ad.name", "ad_name", OMNI_OPTIONAL)),
    REPORT("keywords", "keyword", "each keyword's day", AD_GROUP_FIELDS,
           TEXT("adGroupCriterion.criterionId", "keyword_id", OMNI_KEY),
           TEXT("adGroupCriterion.keyword.text", "keyword", OMNI_OPTIONAL),
           TEXT("adGroupCriterion.keyword.matchType", "match_type", OMNI_OPTIONAL)),
    REPORT("search_terms", "search_term", "what people typed, by ad group", AD_GROUP_FIELDS,
           TEXT("searchTermView.searchTerm", "search_term", OMNI_KEY)),
    OMNI_STREAM(.sync = OMNI_SNAPSHOT, .name = "campaign_list", .dataset = "ads_entities",
                .help = "every campaign: its name, status and kind", .constants = "level=campaign",
                .fields =
                    FIELDS(TEXT("campaign.id", "entity_id", OMNI_KEY),
                           TEXT("campaign.name", "name", OMNI_OPTIONAL),
                           TEXT("campaign.status", "status", OMNI_OPTIONAL),
                           TEXT("campaign.advertisingChannelType", "objective", OMNI_OPTIONAL))),
    OMNI_STREAM(.sync = OMNI_SNAPSHOT, .name = "ad_group_list", .dataset = "ads_entities",
                .help = "every ad group: its name and status", .constants = "level=ad_group",
                .fields = FIELDS(TEXT("adGroup.id", "entity_id", OMNI_KEY),
                                 TEXT("campaign.id", "campaign_id", OMNI_OPTIONAL),
                                 TEXT("adGroup.name", "name", OMNI_OPTIONAL),
                                 TEXT("adGroup.status", "status", OMNI_OPTIONAL))),
    NULL};

/* What each stream asks for, and whether its rows add up to the summary row: the views leave rare
 * keywords and terms out. */
#define AD_GROUP METRICS ",ad_group.id,ad_group.name"
static const struct query {
    const char *stream, *select, *from;
    int has_summary;
} queries[] = {
    {"campaigns", METRICS, "campaign", 1},
    {"ad_groups", AD_GROUP, "ad_group", 1},
    {"ads", AD_GROUP ",ad_group_ad.ad.id,ad_group_ad.ad.name", "ad_group_ad", 1},
    {"keywords",
     AD_GROUP ",ad_group_criterion.criterion_id,ad_group_criterion.keyword.text,"
              "ad_group_criterion.keyword.match_type",
     "keyword_view", 0},
    {"search_terms", AD_GROUP ",search_term_view.search_term", "search_term_view", 0},
    {"campaign_list", "campaign.id,campaign.name,campaign.status,campaign.advertising_channel_type",
     "campaign", 0},
    {"ad_group_list", "ad_group.id,ad_group.name,ad_group.status,campaign.id", "ad_group", 0},
};

static omni_status ads_open(const struct omni_host *, const struct omni_config *, struct omni_run *,
                            void **self);
static omni_status ads_check(void *self, struct omni_run *);
static omni_status ads_accounts(void *self, struct omni_run *);
static omni_status ads_pull(void *self, struct omni_run *, const struct omni_request *);
static omni_status ads_total(void *self, struct omni_run *, const struct omni_request *);
static omni_status ads_judge(void *self, struct omni_run *, const struct omni_http *,
                             uint32_t *wait_ms);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "google_ads", .title = "Google Ads", .family = "ads",
                .help = "cost, clicks and conversions by campaign, ad group, ad, keyword and term",
                .api_version = "v25", .api_url = "https://googleads.googleapis.com",
                .hosts = "oauth2.googleapis.com", .account_option = "customer_id",
                .options = options, .logins = logins, .streams = streams, .open = ads_open,
                .close = free, .check = ads_check, .accounts = ads_accounts, .pull = ads_pull,
                .total = ads_total, .judge = ads_judge),
    NULL};

enum { URL_MAX = 256, BODY_MAX = 2048, ID_MAX = 16, TOTALS_MAX = 1024 };

struct ads {
    const struct omni_host *hub;
    const struct omni_config *config;
    char known[ID_MAX];      /* account whose currency and zone the hub has been told */
    char totals[TOTALS_MAX]; /* the summary row's metrics of the last query; "": none */
};

/* ---- options ---- */

static omni_status check_id(struct ads *ads, struct omni_run *run, const char *option)
{
    const char *id = ads->hub->opt_text(ads->config, option);
    if (!id || id[0] == '\0' || (strspn(id, "0123456789") == strlen(id) && strlen(id) < ID_MAX))
        return OMNI_OK;
    return omni_option_wrong(ads->hub, run, option,
                             "a customer id has digits only: leave the dashes out");
}

static omni_status ads_open(const struct omni_host *hub, const struct omni_config *config,
                            struct omni_run *run, void **self)
{
    struct ads *ads = calloc(1, sizeof(*ads));
    if (!ads)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    *ads = (struct ads){.hub = hub, .config = config};
    omni_status status = check_id(ads, run, "customer_id");
    if (status == OMNI_OK)
        status = check_id(ads, run, "login_customer_id");
    if (status != OMNI_OK)
        free(ads);
    else
        *self = ads;
    return status;
}

/* ---- asking ---- */

/* One query of one customer; `records` NULL: one page of search, for a look into the reply. */
static omni_status ask(struct ads *ads, struct omni_run *run, const char *customer,
                       struct omni_http *http, const char *records)
{
    char memory[URL_MAX];
    struct omni_text url = OMNI_TEXT(memory);
    omni_path_segment(&url, ads->hub->opt_text(ads->config, "api_version"));
    omni_text_add(&url, "/customers");
    omni_path_segment(&url, customer);
    omni_text_add(&url, records ? "/googleAds:searchStream" : "/googleAds:search");
    http->size = sizeof(*http);
    http->method = "POST";
    http->flags = OMNI_HTTP_REPEATABLE;
    http->url = omni_text_done(&url);
    if (!http->url || !http->body)
        return ads->hub->fail(run, OMNI_E_CONFIG, "the customer id or a page token is too long");
    http->body_len = strlen(http->body);
    return records ? ads->hub->rows(run, http, records) : ads->hub->http(run, http);
}

/* The account's currency and time zone; a manager account has no figures of its own. */
static omni_status learn(struct ads *ads, struct omni_run *run, const char *customer)
{
    static const struct omni_account facts = {.name = "descriptiveName",
                                              .currency = "currencyCode",
                                              .zone = "timeZone",
                                              .is_complete = 1};
    if (strcmp(ads->known, customer) == 0)
        return OMNI_OK;
    struct omni_http http = {.body = "{\"query\":\"SELECT customer.id,customer.descriptive_name,"
                                     "customer.currency_code,customer.time_zone,customer.manager"
                                     " FROM customer\"}"};
    omni_status status = ask(ads, run, customer, &http, NULL);
    if (status != OMNI_OK)
        return status;
    struct omni_json found = omni_json_at(omni_json_of_reply(&http), "results[0].customer");
    if (omni_json_is_true(found, "manager"))
        return omni_option_wrong(ads->hub, run, "customer_id",
                                 "this is a manager account, which has no figures: make it "
                                 "login_customer_id, and accounts = \"all\"");
    snprintf(ads->known, sizeof(ads->known), "%s", customer);
    return omni_account_found(ads->hub, run, found, customer, &facts);
}

static omni_status ads_check(void *self, struct omni_run *run)
{
    struct ads *ads = self;
    return learn(ads, run, ads->hub->opt_text(ads->config, "customer_id"));
}

/* The accounts below a manager that advertise. */
static omni_status clients_of(struct ads *ads, struct omni_run *run, const char *manager)
{
    static const struct omni_account facts = {.id = "customerClient.id",
                                              .name = "customerClient.descriptiveName",
                                              .currency = "customerClient.currencyCode",
                                              .zone = "customerClient.timeZone"};
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http;
    do {
        char memory[BODY_MAX + 2 * OMNI_PAGES_CURSOR];
        struct omni_text body = OMNI_TEXT(memory);
        omni_text_add(&body, "{");
        omni_json_add_text(&body, "query",
                           "SELECT customer_client.id,customer_client.descriptive_name,"
                           "customer_client.currency_code,customer_client.time_zone"
                           " FROM customer_client WHERE customer_client.manager = FALSE"
                           " AND customer_client.status = 'ENABLED'");
        if (pages.cursor[0])
            omni_json_add_text(&body, "pageToken", pages.cursor);
        omni_text_add(&body, "}");
        http = (struct omni_http){.body = omni_text_done(&body)};
        omni_status status = ask(ads, run, manager, &http, NULL);
        struct omni_json item = {0}, list = omni_json_at(omni_json_of_reply(&http), "results");
        while (status == OMNI_OK && omni_json_next(list, &item))
            status = omni_account_found(ads->hub, run, item, NULL, &facts);
        if (status != OMNI_OK)
            return status;
    } while (omni_pages_after(&pages, &http, "nextPageToken"));
    return omni_pages_end(&pages, ads->hub, run);
}

/* Without a manager: what the login may open directly. */
static omni_status ads_accounts(void *self, struct omni_run *run)
{
    static const char resource[] = "customers/";
    struct ads *ads = self;
    const char *manager = ads->hub->opt_text(ads->config, "login_customer_id");
    if (manager && manager[0])
        return clients_of(ads, run, manager);
    char memory[URL_MAX], name[64];
    struct omni_text url = OMNI_TEXT(memory);
    omni_path_segment(&url, ads->hub->opt_text(ads->config, "api_version"));
    omni_text_add(&url, "/customers:listAccessibleCustomers");
    struct omni_http http = {.size = sizeof(http), .url = omni_text_done(&url)};
    if (!http.url)
        return ads->hub->fail(run, OMNI_E_CONFIG, "api_version is too long");
    omni_status status = ads->hub->http(run, &http);
    struct omni_json item = {0}, list = omni_json_at(omni_json_of_reply(&http), "resourceNames");
    while (status == OMNI_OK && omni_json_next(list, &item))
        if (omni_json_text(item, "", name, sizeof(name)) &&
            strncmp(name, resource, sizeof(resource) - 1) == 0)
            status = ads->hub->found_account(run, name + sizeof(resource) - 1, NULL, NULL, NULL);
    return status;
}

static const struct query *query_of(const char *stream)
{
    const struct query *query = queries;
    while (strcmp(query->stream, stream) != 0)
        query++;
    return query;
}

static const char *query_body(const struct ads *ads, struct omni_text *body,
                              const struct omni_request *request)
{
    const struct query *query = query_of(request->stream->name);
    omni_text_add(body, "{\"query\":\"SELECT ");
    omni_text_add(body, query->select);
    omni_text_add(body, " FROM ");
    omni_text_add(body, query->from);
    if (request->stream->sync == OMNI_WINDOW) {
        omni_text_add(body, " WHERE segments.date BETWEEN '");
        omni_text_add_day(body, request->from_day);
        omni_text_add(body, "' AND '");
        omni_text_add_day(body, request->to_day);
        omni_text_add(body, "'");
    }
    omni_text_add(body, "\"");
    if (query->has_summary && ads->hub->opt_int(ads->config, "totals"))
        omni_json_add_text(body, "summaryRowSetting", "SUMMARY_ROW_WITH_RESULTS");
    omni_text_add(body, "}");
    return omni_text_done(body);
}

/* The summary row comes in a batch of its own, behind the others. */
static void keep_totals(struct ads *ads, struct omni_json batches)
{
    struct omni_json batch = {0}, totals = {0};
    while (omni_json_next(batches, &batch))
        if (omni_json_at(batch, "summaryRow.metrics").kind == OMNI_JSON_OBJECT)
            totals = omni_json_at(batch, "summaryRow.metrics");
    ads->totals[0] = '\0';
    if (totals.len < TOTALS_MAX)
        snprintf(ads->totals, sizeof(ads->totals), "%.*s", (int)totals.len,
                 totals.s ? totals.s : "");
}

static omni_status ads_pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct ads *ads = self;
    char memory[BODY_MAX];
    struct omni_text body = OMNI_TEXT(memory);
    struct omni_http http = {.body = query_body(ads, &body, request)};
    omni_status status = learn(ads, run, request->account);
    if (status == OMNI_OK)
        status = ask(ads, run, request->account, &http, "$[*].results[*]");
    if (status == OMNI_OK)
        keep_totals(ads, omni_json_of_reply(&http));
    return status;
}

/* Of whole numbers: conversions are doubles, whose rows are rounded. */
static omni_status ads_total(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct ads *ads = self;
    struct omni_json totals = omni_json_of(ads->totals, strlen(ads->totals));
    int64_t micros;
    (void)request;
    omni_status status = omni_total_found(ads->hub, run, "impressions", totals, "impressions");
    if (status == OMNI_OK)
        status = omni_total_found(ads->hub, run, "clicks", totals, "clicks");
    if (status == OMNI_OK && omni_json_int(totals, "costMicros", &micros))
        status = ads->hub->found_total(run, "cost", micros);
    return status;
}

/* ---- errors ---- */

/* By the first error's code; else by the HTTP status that goes with it. */
static const struct omni_meaning meanings[] = {
    {.code = "RESOURCE_EXHAUSTED", .status = OMNI_E_THROTTLED},
    {.code = "RESOURCE_TEMPORARILY_EXHAUSTED", .status = OMNI_E_THROTTLED},
    {.code = "EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION", .status = OMNI_E_TOO_MUCH},
    {.code = "EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION", .status = OMNI_E_TOO_MUCH},
    {.code = "INTERNAL_ERROR", .status = OMNI_E_RETRY},
    {.code = "TRANSIENT_ERROR", .status = OMNI_E_RETRY},
    {.code = "DEADLINE_EXCEEDED", .status = OMNI_E_RETRY},
    {.code = "UNSUPPORTED_VERSION", .status = OMNI_E_CONFIG, .remedy = "set a newer api_version"},
    {.code = "CUSTOMER_NOT_FOUND", .status = OMNI_E_CONFIG, .remedy = "check customer_id"},
    {.code = "CUSTOMER_NOT_ENABLED",
     .status = OMNI_E_CONFIG,
     .remedy = "this account is closed or not set up: leave it out"},
    GOOGLE_SCOPE_IS_MISSING("ACCESS_TOKEN_SCOPE_INSUFFICIENT", SCOPE),
    {.code = "USER_PERMISSION_DENIED",
     .status = OMNI_E_AUTH,
     .remedy = "give the login's user access to the account; through a manager account, name it in "
               "login_customer_id"},
    {.code = "DEVELOPER_TOKEN_INVALID", .status = OMNI_E_AUTH, .remedy = "check developer_token"},
    {.code = "DEVELOPER_TOKEN_NOT_APPROVED",
     .status = OMNI_E_AUTH,
     .remedy = "this developer_token is for test accounts only: apply for basic access"},
    {.code = "DEVELOPER_TOKEN_PROHIBITED",
     .status = OMNI_E_AUTH,
     .remedy = "this developer_token belongs to another Google Cloud project than the login"},
    {.code = "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION",
     .status = OMNI_E_AUTH,
     .remedy = "apply for access for the login's Google Cloud project"},
    {.code = "REQUESTED_METRICS_FOR_MANAGER",
     .status = OMNI_E_CONFIG,
     .remedy = "this is a manager account: make it login_customer_id, and accounts = \"all\""},
    {.code = NULL}};

/* The first error of Google Ads' own failure, inside of Google's envelope; else the envelope's. */
static struct omni_json first_error(struct omni_json error, struct omni_error *found)
{
    struct omni_json detail = {0}, details = omni_json_at(error, "details");
    *found = (struct omni_error){.code = ""};
    omni_json_text(error, "message", found->message, sizeof(found->message));
    omni_json_text(error, "status", found->code, sizeof(found->code));
    while (omni_json_next(details, &detail)) {
        struct omni_json kind = {0}, failure = omni_json_at(detail, "errors[0]");
        omni_json_text(detail, "reason", found->code, sizeof(found->code));
        if (!omni_json_next(omni_json_at(failure, "errorCode"), &kind))
            continue;
        omni_json_text(kind, "", found->code, sizeof(found->code));
        omni_json_text(failure, "message", found->message, sizeof(found->message));
        return failure;
    }
    return error;
}

/* As long as told; of a daily allowance without a word how long: until the next day. */
static uint32_t quota_wait(struct omni_json failure)
{
    struct omni_json quota = omni_json_at(failure, "details.quotaErrorDetails");
    char text[64];
    if (omni_json_text(quota, "retryDelay", text, sizeof(text)))
        return google_delay(text);
    omni_json_text(quota, "rateName", text, sizeof(text));
    return strstr(text, "day") || strstr(text, "Day") || strstr(text, "aily")
               ? omni_ms_to_midnight(0)
               : 0;
}

static omni_status by_http(int64_t code)
{
    return code == 401 || code == 403 ? OMNI_E_AUTH
           : code == 429              ? OMNI_E_THROTTLED
           : code >= 500              ? OMNI_E_RETRY
                                      : OMNI_E_CONFIG;
}

static omni_status judge_error(struct ads *ads, struct omni_run *run, struct omni_json error,
                               uint32_t *wait_ms)
{
    struct omni_error found;
    int64_t http_code = 0;
    struct omni_json failure = first_error(error, &found);
    *wait_ms = quota_wait(failure);
    omni_status status = omni_judge_by(ads->hub, run, meanings, &found);
    if (status != OMNI_E_UNSUPPORTED)
        return status;
    omni_json_int(error, "code", &http_code);
    const struct omni_meaning new_one[] = {{.code = found.code, .status = by_http(http_code)},
                                           {.code = NULL}};
    return omni_judge_by(ads->hub, run, new_one, &found);
}

/* The error may stand alone, in an array, or behind batches that were fine. */
static omni_status ads_judge(void *self, struct omni_run *run, const struct omni_http *http,
                             uint32_t *wait_ms)
{
    struct ads *ads = self;
    struct omni_json reply = omni_json_of_reply(http), item = {0};
    if (reply.kind == OMNI_JSON_OBJECT && omni_json_at(reply, "error").kind == OMNI_JSON_OBJECT)
        return judge_error(ads, run, omni_json_at(reply, "error"), wait_ms);
    while (reply.kind == OMNI_JSON_ARRAY && omni_json_next(reply, &item))
        if (omni_json_at(item, "error").kind == OMNI_JSON_OBJECT)
            return judge_error(ads, run, omni_json_at(item, "error"), wait_ms);
    return http->status == 200 ? OMNI_OK : OMNI_E_UNSUPPORTED;
}

OMNI_MODULE("google_ads", "1.0", .vendor = "omnihub", .license = "Apache-2.0", .sources = sources);
