/* SPDX-License-Identifier: Apache-2.0
 * Google Ads: daily figures of campaigns, ad groups, ads, keywords and search terms, by GAQL. */
#include <omnihub/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "customer_id", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "the account that advertises: ten digits, without dashes"),
    OMNI_OPTION(.name = "login_customer_id", .type = OMNI_OPT_TEXT,
                .help = "the manager account through which the login reaches customer_id"),
    OMNI_OPTION(.name = "developer_token", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "from the manager account's API Center"),
    OMNI_OPTION(.name = "client_id", .type = OMNI_OPT_TEXT, .help = "of the OAuth client"),
    OMNI_OPTION(.name = "client_secret", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "of the OAuth client"),
    OMNI_OPTION(.name = "refresh_token", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "of a user who may read the account"),
    OMNI_OPTION(.name = "credentials", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "instead of the three above: key file of a service account, file:PATH"),
    OMNI_OPTION(.name = "api_version", .type = OMNI_OPT_TEXT, .fallback = "v25",
                .help = "version of the Google Ads API"),
    NULL};

#define SCOPE "https://www.googleapis.com/auth/adwords"
#define FURTHER                                                                                    \
    "developer-token: {developer_token}\n"                                                         \
    "login-customer-id: {login_customer_id}"
static const struct omni_auth *const logins[] = {
    OMNI_LOGIN(.kind = OMNI_AUTH_OAUTH2_REFRESH, .scope = SCOPE, .headers = FURTHER,
               .options = "client_id,client_secret,refresh_token",
               .token_url = "https://oauth2.googleapis.com/token"),
    OMNI_LOGIN(.kind = OMNI_AUTH_JWT_BEARER, .scope = SCOPE, .headers = FURTHER,
               .options = "credentials"),
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

/* What each stream asks for. */
#define AD_GROUP METRICS ",ad_group.id,ad_group.name"
static const struct {
    const char *stream, *select, *from;
} queries[] = {
    {"campaigns", METRICS, "campaign"},
    {"ad_groups", AD_GROUP, "ad_group"},
    {"ads", AD_GROUP ",ad_group_ad.ad.id,ad_group_ad.ad.name", "ad_group_ad"},
    {"keywords",
     AD_GROUP ",ad_group_criterion.criterion_id,ad_group_criterion.keyword.text,"
              "ad_group_criterion.keyword.match_type",
     "keyword_view"},
    {"search_terms", AD_GROUP ",search_term_view.search_term", "search_term_view"},
    {"campaign_list", "campaign.id,campaign.name,campaign.status,campaign.advertising_channel_type",
     "campaign"},
    {"ad_group_list", "ad_group.id,ad_group.name,ad_group.status,campaign.id", "ad_group"},
};

static omni_status ads_open(const struct omni_host *, const struct omni_config *, struct omni_run *,
                            void **self);
static omni_status ads_check(void *self, struct omni_run *);
static omni_status ads_accounts(void *self, struct omni_run *);
static omni_status ads_pull(void *self, struct omni_run *, const struct omni_request *);
static omni_status ads_judge(void *self, struct omni_run *, const struct omni_http *,
                             uint32_t *wait_ms);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "google_ads", .title = "Google Ads", .family = "ads",
                .help = "cost, clicks and conversions by campaign, ad group, ad, keyword and term",
                .api_version = "v25", .api_url = "https://googleads.googleapis.com",
                .hosts = "oauth2.googleapis.com", .account_option = "customer_id",
                .options = options, .logins = logins, .streams = streams, .open = ads_open,
                .close = free, .check = ads_check, .accounts = ads_accounts, .pull = ads_pull,
                .judge = ads_judge),
    NULL};

enum { URL_MAX = 256, BODY_MAX = 2048, ID_MAX = 16, CODE_MAX = 96, MESSAGE_MAX = 1024 };

struct ads {
    const struct omni_host *hub;
    const struct omni_config *config;
    char known[ID_MAX]; /* account whose currency and zone the hub has been told */
};

/* ---- options ---- */

static omni_status check_id(struct ads *ads, struct omni_run *run, const char *option)
{
    const char *id = ads->hub->opt_text(ads->config, option);
    if (!id || id[0] == '\0' || (strspn(id, "0123456789") == strlen(id) && strlen(id) < ID_MAX))
        return OMNI_OK;
    ads->hub->fail_detail(run, "option", option);
    return ads->hub->fail(run, OMNI_E_CONFIG,
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
    char currency[8], zone[64], name[256];
    if (strcmp(ads->known, customer) == 0)
        return OMNI_OK;
    struct omni_http http = {.body = "{\"query\":\"SELECT customer.id,customer.descriptive_name,"
                                     "customer.currency_code,customer.time_zone,customer.manager"
                                     " FROM customer\"}"};
    omni_status status = ask(ads, run, customer, &http, NULL);
    if (status != OMNI_OK)
        return status;
    struct omni_json found = omni_json_at(omni_json_of_reply(&http), "results[0].customer");
    if (omni_json_is_true(found, "manager")) {
        ads->hub->fail_detail(run, "option", "customer_id");
        return ads->hub->fail(run, OMNI_E_CONFIG,
                              "this is a manager account, which has no figures: make it "
                              "login_customer_id, and accounts = \"all\"");
    }
    omni_json_text(found, "descriptiveName", name, sizeof(name));
    if (!omni_json_text(found, "currencyCode", currency, sizeof(currency)) ||
        !omni_json_text(found, "timeZone", zone, sizeof(zone)))
        return ads->hub->fail(run, OMNI_E_DATA, "the customer has no currency and time zone");
    snprintf(ads->known, sizeof(ads->known), "%s", customer);
    return ads->hub->found_account(run, customer, name[0] ? name : NULL, currency, zone);
}

static omni_status ads_check(void *self, struct omni_run *run)
{
    struct ads *ads = self;
    return learn(ads, run, ads->hub->opt_text(ads->config, "customer_id"));
}

static omni_status found_client(struct ads *ads, struct omni_run *run, struct omni_json client)
{
    char id[ID_MAX], name[256], currency[8], zone[64];
    if (!omni_json_text(client, "id", id, sizeof(id)))
        return ads->hub->fail(run, OMNI_E_DATA, "a client account without an id");
    omni_json_text(client, "descriptiveName", name, sizeof(name));
    omni_json_text(client, "currencyCode", currency, sizeof(currency));
    omni_json_text(client, "timeZone", zone, sizeof(zone));
    return ads->hub->found_account(run, id, name[0] ? name : NULL, currency[0] ? currency : NULL,
                                   zone[0] ? zone : NULL);
}

/* The accounts below a manager that advertise. */
static omni_status clients_of(struct ads *ads, struct omni_run *run, const char *manager)
{
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
            status = found_client(ads, run, omni_json_at(item, "customerClient"));
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

static const char *query_body(struct omni_text *body, const struct omni_request *request)
{
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        if (strcmp(queries[i].stream, request->stream->name) != 0)
            continue;
        omni_text_add(body, "{\"query\":\"SELECT ");
        omni_text_add(body, queries[i].select);
        omni_text_add(body, " FROM ");
        omni_text_add(body, queries[i].from);
        if (request->stream->sync == OMNI_WINDOW) {
            omni_text_add(body, " WHERE segments.date BETWEEN '");
            omni_text_add_day(body, request->from_day);
            omni_text_add(body, "' AND '");
            omni_text_add_day(body, request->to_day);
            omni_text_add(body, "'");
        }
        omni_text_add(body, "\"}");
    }
    return omni_text_done(body);
}

static omni_status ads_pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct ads *ads = self;
    char memory[BODY_MAX];
    struct omni_text body = OMNI_TEXT(memory);
    struct omni_http http = {.body = query_body(&body, request)};
    omni_status status = learn(ads, run, request->account);
    return status == OMNI_OK ? ask(ads, run, request->account, &http, "$[*].results[*]") : status;
}

/* ---- errors ---- */

/* By code; else by the HTTP status that goes with the error. */
static const struct {
    const char *code;
    omni_status status;
    const char *remedy;
} errors[] = {
    {"RESOURCE_EXHAUSTED", OMNI_E_THROTTLED, NULL},
    {"RESOURCE_TEMPORARILY_EXHAUSTED", OMNI_E_THROTTLED, NULL},
    {"EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION", OMNI_E_TOO_MUCH, NULL},
    {"EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION", OMNI_E_TOO_MUCH, NULL},
    {"INTERNAL_ERROR", OMNI_E_RETRY, NULL},
    {"TRANSIENT_ERROR", OMNI_E_RETRY, NULL},
    {"DEADLINE_EXCEEDED", OMNI_E_RETRY, NULL},
    {"UNSUPPORTED_VERSION", OMNI_E_CONFIG, "set a newer api_version"},
    {"CUSTOMER_NOT_FOUND", OMNI_E_CONFIG, "check customer_id"},
    {"CUSTOMER_NOT_ENABLED", OMNI_E_CONFIG, "this account is closed or not set up: leave it out"},
    {"USER_PERMISSION_DENIED", OMNI_E_AUTH,
     "give the login's user access to the account; through a manager account, name it in "
     "login_customer_id"},
    {"DEVELOPER_TOKEN_INVALID", OMNI_E_AUTH, "check developer_token"},
    {"DEVELOPER_TOKEN_NOT_APPROVED", OMNI_E_AUTH,
     "this developer_token is for test accounts only: apply for basic access"},
    {"DEVELOPER_TOKEN_PROHIBITED", OMNI_E_AUTH,
     "this developer_token belongs to another Google Cloud project than the login"},
    {"REQUESTED_METRICS_FOR_MANAGER", OMNI_E_CONFIG,
     "this is a manager account: make it login_customer_id, and accounts = \"all\""},
};

/* The first error's code and its quota details, out of Google's envelope. */
static struct omni_json first_error(struct omni_json error, char code[CODE_MAX])
{
    struct omni_json detail = {0}, details = omni_json_at(error, "details");
    code[0] = '\0';
    while (omni_json_next(details, &detail)) {
        struct omni_json kind = {0}, failure = omni_json_at(detail, "errors[0]");
        if (omni_json_next(omni_json_at(failure, "errorCode"), &kind) &&
            omni_json_text(kind, "", code, CODE_MAX))
            return failure;
    }
    omni_json_text(error, "status", code, CODE_MAX);
    return error;
}

/* "30s", "0.5s"; of a daily allowance without a word how long: until the next day. */
static uint32_t quota_wait(struct omni_json failure)
{
    enum { DAY = 86400 };
    struct omni_json quota = omni_json_at(failure, "details.quotaErrorDetails");
    char text[64];
    if (omni_json_text(quota, "retryDelay", text, sizeof(text))) {
        char *end;
        long seconds = strtol(text, &end, 10);
        return seconds >= 0 && seconds <= DAY ? (uint32_t)(seconds + (*end == '.')) * 1000 : 0;
    }
    omni_json_text(quota, "rateName", text, sizeof(text));
    return strstr(text, "day") || strstr(text, "Day") || strstr(text, "aily")
               ? (uint32_t)(DAY - time(NULL) % DAY) * 1000
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
    char code[CODE_MAX], message[MESSAGE_MAX], text[MESSAGE_MAX + 512];
    int64_t http_code = 0;
    struct omni_json failure = first_error(error, code);
    if (!omni_json_text(failure, "message", message, sizeof(message)))
        omni_json_text(error, "message", message, sizeof(message));
    omni_json_int(error, "code", &http_code);
    omni_status status = by_http(http_code);
    const char *remedy = NULL;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (strcmp(errors[i].code, code) == 0) {
            status = errors[i].status;
            remedy = errors[i].remedy;
        }
    if (status == OMNI_E_THROTTLED)
        *wait_ms = quota_wait(failure);
    snprintf(text, sizeof(text), "%s: %s%s%s%s", code, message, remedy ? " (" : "",
             remedy ? remedy : "", remedy ? ")" : "");
    return ads->hub->fail(run, status, text);
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
