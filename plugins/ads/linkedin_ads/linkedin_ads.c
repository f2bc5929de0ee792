/* SPDX-License-Identifier: Apache-2.0
 * LinkedIn ads: daily figures of campaign groups, campaigns and creatives, from adAnalytics. */
#include <omnihub/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "account_id", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "the ad account's number"),
    OMNI_OPTION(.name = "access_token", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "token with r_ads and r_ads_reporting; lives 60 days"),
    OMNI_OPTION(.name = "client_id", .type = OMNI_OPT_TEXT,
                .help = "instead, where LinkedIn gives the app refresh tokens: of the app"),
    OMNI_OPTION(.name = "client_secret", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "of the app"),
    OMNI_OPTION(.name = "refresh_token", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "lives a year, however often it is used"),
    OMNI_OPTION(.name = "currency", .type = OMNI_OPT_TEXT,
                .help = "the account's currency; asked of LinkedIn where it is not given"),
    OMNI_OPTION(.name = "api_version", .type = OMNI_OPT_TEXT, .fallback = "202604",
                .help = "LinkedIn-Version: the month of the API, switched off after about a year"),
    OMNI_OPTION_TOTALS,
    NULL};

static const struct omni_auth *const logins[] = {
    OMNI_LOGIN(.kind = OMNI_AUTH_OAUTH2_REFRESH, .options = "client_id,client_secret,refresh_token",
               .token_url = "https://www.linkedin.com/oauth/v2/accessToken"),
    OMNI_LOGIN(.kind = OMNI_AUTH_BEARER, .options = "access_token"), NULL};

/* At most 20, of which the first two say whose row it is. */
#define METRICS                                                                                    \
    "dateRange,pivotValues,impressions,clicks,costInLocalCurrency,externalWebsiteConversions,"     \
    "oneClickLeads,conversionValueInLocalCurrency"

/* A day comes in three parts, conversions in two and ids as URNs: the plugin works those out. */
#define COUNT(member) OMNI_FIELD(.path = "$." member, .column = member, .type = OMNI_INT)
/* Sums on LinkedIn's side have long tails (24.9200000000006). */
#define AMOUNT(member, name, flags_)                                                               \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_MICROS,                         \
               .unit = OMNI_UNIT_MAJOR, .flags = OMNI_ROUND | (flags_))
#define FIELDS                                                                                     \
    OMNI_FIELD(.path = "=dateRange.start", .column = "date", .type = OMNI_DATE,                    \
               .flags = OMNI_KEY),                                                                 \
        COUNT("impressions"), COUNT("clicks"), AMOUNT("costInLocalCurrency", "cost", 0),           \
        OMNI_FIELD(.path = "=conversions", .column = "conversions", .type = OMNI_MICROS,           \
                   .help = "externalWebsiteConversions and oneClickLeads"),                        \
        AMOUNT("conversionValueInLocalCurrency", "conversion_value", OMNI_OPTIONAL),               \
        AMOUNT("oneClickLeads", "leads", OMNI_OPTIONAL)
#define PIVOT(name, urn)                                                                           \
    OMNI_FIELD(.path = "=" urn, .column = (name), .type = OMNI_TEXT, .flags = OMNI_KEY,            \
               .help = "the number at the end of the URN")
#define STREAM(name_, level, help_, ...)                                                           \
    OMNI_STREAM(.sync = OMNI_WINDOW, .name = (name_), .dataset = "ads_daily", .help = (help_),     \
                .constants = "level=" level, .settle_days = 30, .max_window_days = 31,             \
                .history_days = 3650, .day_zone = "UTC",                                           \
                .fields = (const struct omni_field *const[]){FIELDS, __VA_ARGS__, NULL})

#define TEXT(member, name, flags_)                                                                 \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_TEXT, .flags = (flags_))
#define LIST(name_, level, help_, ...)                                                             \
    OMNI_STREAM(.sync = OMNI_SNAPSHOT, .name = (name_), .dataset = "ads_entities",                 \
                .help = (help_), .constants = "level=" level,                                      \
                .fields = (const struct omni_field *const[]){                                      \
                    TEXT("id", "entity_id", OMNI_KEY), TEXT("name", "name", OMNI_OPTIONAL),        \
                    TEXT("status", "status", OMNI_OPTIONAL), ##__VA_ARGS__, NULL})

#define GROUP_ID    PIVOT("campaign_id", "sponsoredCampaignGroup")
#define CAMPAIGN_ID PIVOT("ad_group_id", "sponsoredCampaign")
#define CREATIVE_ID PIVOT("ad_id", "sponsoredCreative")

/* LinkedIn's names are one level off: its campaign is what others call an ad group. */
static const struct omni_stream *const streams[] = {
    STREAM("campaign_groups", "campaign", "each campaign group's day", GROUP_ID),
    STREAM("campaigns", "ad_group", "each campaign's day", GROUP_ID, CAMPAIGN_ID),
    STREAM("creatives", "ad", "each creative's day", GROUP_ID, CAMPAIGN_ID, CREATIVE_ID),
    LIST("campaign_group_list", "campaign", "every campaign group: its name and status"),
    LIST("campaign_list", "ad_group", "every campaign: its name, status and campaign group",
         OMNI_FIELD(.path = "=campaign_id", .column = "campaign_id", .type = OMNI_TEXT)),
    NULL};

/* What is asked for: pivots of a report, or an edge of the account. */
static const struct level {
    const char *stream, *pivots, *edge;
} levels[] = {
    {"campaign_groups", "q=analytics&pivot=CAMPAIGN_GROUP", NULL},
    {"campaigns", "q=statistics&pivots=List(CAMPAIGN_GROUP,CAMPAIGN)", NULL},
    {"creatives", "q=statistics&pivots=List(CAMPAIGN_GROUP,CAMPAIGN,CREATIVE)", NULL},
    {"campaign_group_list", NULL, "/adCampaignGroups"},
    {"campaign_list", NULL, "/adCampaigns"},
};
#define WHOLE_ACCOUNT "q=analytics&pivot=ACCOUNT"

static omni_status li_open(const struct omni_host *, const struct omni_config *, struct omni_run *,
                           void **self);
static omni_status li_check(void *self, struct omni_run *);
static omni_status li_accounts(void *self, struct omni_run *);
static omni_status li_pull(void *self, struct omni_run *, const struct omni_request *);
static omni_status li_total(void *self, struct omni_run *, const struct omni_request *);
static omni_status li_judge(void *self, struct omni_run *, const struct omni_http *,
                            uint32_t *wait_ms);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "linkedin_ads", .title = "LinkedIn ads", .family = "ads",
                .help = "cost, clicks, conversions and leads by campaign group, campaign and "
                        "creative",
                .api_version = "202604", .api_sunset = "2027-04-01",
                .api_url = "https://api.linkedin.com", .account_option = "account_id",
                .options = options, .logins = logins, .streams = streams, .open = li_open,
                .close = free, .check = li_check, .accounts = li_accounts, .pull = li_pull,
                .total = li_total, .judge = li_judge),
    NULL};

enum { URL_MAX = 1024 + 3 * OMNI_PAGES_CURSOR, ID_MAX = 32, ELEMENTS_MAX = 15000 };
/* Refusals in a row that a wait of seconds may mend; after them only the next day does. */
enum { PATIENCE = 2 };

struct li {
    const struct omni_host *hub;
    const struct omni_config *config;
    char known[ID_MAX];                    /* account whose currency the hub has been told */
    const char *scope;                     /* that the request in flight needs */
    uint32_t refused;                      /* 429 in a row */
    int is_whole;                          /* the last report was not cut */
    int32_t live_from;                     /* days from here on still move between two requests */
    int64_t live_impressions, live_clicks; /* of the last report's rows on such days */
    struct omni_row row;
};

static int is_number(const char *id)
{
    return id[0] != '\0' && id[strspn(id, "0123456789")] == '\0' && strlen(id) < ID_MAX;
}

static omni_status li_open(const struct omni_host *hub, const struct omni_config *config,
                           struct omni_run *run, void **self)
{
    const char *account = hub->opt_text(config, "account_id");
    const char *version = hub->opt_text(config, "api_version");
    if (account && !is_number(account))
        return omni_option_wrong(hub, run, "account_id",
                                 "an ad account is its number, without a urn before it");
    if (!is_number(version) || strlen(version) != 6)
        return omni_option_wrong(hub, run, "api_version",
                                 "a version is a year and a month: 202604");
    struct li *li = calloc(1, sizeof(*li));
    if (!li)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    li->hub = hub;
    li->config = config;
    *self = li;
    return OMNI_OK;
}

/* Rest.li takes ( ) : , of a query as they are, and only inside values percent-encoded: the url is
 * written by hand. */
static omni_status get(struct li *li, struct omni_run *run, const struct omni_text *url,
                       struct omni_http *http)
{
    char version[48];
    li->scope = strncmp(url->data, "/rest/adAnalytics", 17) == 0 ? "r_ads_reporting" : "r_ads";
    snprintf(version, sizeof(version), "LinkedIn-Version: %s",
             li->hub->opt_text(li->config, "api_version"));
    const char *const headers[] = {version, "X-Restli-Protocol-Version: 2.0.0", NULL};
    *http =
        (struct omni_http){.size = sizeof(*http), .headers = headers, .url = omni_text_done(url)};
    if (!http->url)
        return li->hub->fail(run, OMNI_E_DATA, "the request's url is too long");
    omni_status status = li->hub->http(run, http);
    http->headers = NULL;
    return status;
}

/* The account's currency. Without the right to see it LinkedIn would send empty reports. */
static omni_status learn(struct li *li, struct omni_run *run, const char *account)
{
    const char *given = li->hub->opt_text(li->config, "currency");
    char memory[URL_MAX], name[256], currency[8];
    if (strcmp(li->known, account) == 0)
        return OMNI_OK;
    struct omni_text url = OMNI_TEXT(memory);
    struct omni_http http;
    omni_text_add(&url, "/rest/adAccounts");
    omni_path_segment(&url, account);
    omni_status status = get(li, run, &url, &http);
    if (status != OMNI_OK)
        return status;
    omni_json_text(omni_json_of_reply(&http), "name", name, sizeof(name));
    if (!omni_json_text(omni_json_of_reply(&http), "currency", currency, sizeof(currency)) &&
        !given)
        return li->hub->fail(run, OMNI_E_DATA,
                             "the ad account has no currency; give the option currency");
    snprintf(li->known, sizeof(li->known), "%s", account);
    return li->hub->found_account(run, account, name[0] ? name : NULL, given ? given : currency,
                                  "UTC");
}

static omni_status li_accounts(void *self, struct omni_run *run)
{
    static const struct omni_account facts = {.id = "id", .name = "name", .currency = "currency"};
    struct li *li = self;
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http;
    do {
        char memory[URL_MAX];
        struct omni_text url = OMNI_TEXT(memory);
        omni_text_add(&url, "/rest/adAccounts?q=search&search=(status:(values:List(ACTIVE)))"
                            "&pageSize=500");
        omni_query(&url, "pageToken", pages.cursor);
        omni_status status = get(li, run, &url, &http);
        struct omni_json item = {0}, list = omni_json_at(omni_json_of_reply(&http), "elements");
        while (status == OMNI_OK && omni_json_next(list, &item))
            status = omni_account_found(li->hub, run, item, NULL, &facts);
        if (status != OMNI_OK)
            return status;
    } while (omni_pages_after(&pages, &http, "metadata.nextPageToken"));
    return omni_pages_end(&pages, li->hub, run);
}

/* ---- rows ---- */

static int read_day(struct omni_json element, int64_t *day)
{
    int64_t year, month, of_month;
    if (!omni_json_int(element, "dateRange.start.year", &year) ||
        !omni_json_int(element, "dateRange.start.month", &month) ||
        !omni_json_int(element, "dateRange.start.day", &of_month) || year < 1970 || year > 9999 ||
        month < 1 || month > 12 || of_month < 1 || of_month > 31)
        return 0;
    *day = omni_day_of((int)year, (int)month, (int)of_month);
    return 1;
}

/* Conversions on the site, and leads given without leaving LinkedIn; none of them: no value. */
static void set_conversions(struct omni_row *row, struct omni_json element)
{
    static const char *const parts[] = {"externalWebsiteConversions", "oneClickLeads"};
    struct omni_sum sum = {0, 0};
    int is_there = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        int kind = omni_json_at(element, parts[i]).kind;
        is_there |= kind != OMNI_JSON_NONE && kind != OMNI_JSON_NULL;
        omni_sum_add_micros(&sum, element, parts[i]);
    }
    if (is_there)
        omni_row_sum(row, "conversions", OMNI_MICROS, &sum);
}

static omni_status give_row(struct li *li, struct omni_run *run, const struct omni_stream *stream,
                            struct omni_json element)
{
    static const char *const ids[] = {"campaign_id", "ad_group_id", "ad_id"};
    struct omni_json urn = {0}, urns = omni_json_at(element, "pivotValues");
    int64_t day, impressions = 0, clicks = 0;
    char text[128];
    omni_row_begin(&li->row, stream, element);
    if (!read_day(element, &day))
        return li->hub->fail(run, OMNI_E_DATA, "an element without its dateRange");
    omni_row_number(&li->row, "date", OMNI_DATE, day);
    set_conversions(&li->row, element);
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]) && omni_json_next(urns, &urn); i++) {
        omni_json_text(urn, "", text, sizeof(text));
        const char *colon = strrchr(text, ':');
        omni_row_text(&li->row, ids[i], colon ? colon + 1 : text);
    }
    if (day >= li->live_from && omni_json_int(element, "impressions", &impressions) &&
        omni_json_int(element, "clicks", &clicks)) {
        li->live_impressions += impressions;
        li->live_clicks += clicks;
    }
    return omni_row_send(&li->row, li->hub, run, 0);
}

/* ---- pulling ---- */

static void add_date(struct omni_text *url, int32_t day)
{
    int year, month, of_month;
    omni_day_split(day, &year, &month, &of_month);
    omni_text_add(url, "(year:");
    omni_text_add_int(url, year);
    omni_text_add(url, ",month:");
    omni_text_add_int(url, month);
    omni_text_add(url, ",day:");
    omni_text_add_int(url, of_month);
    omni_text_add(url, ")");
}

struct span {
    const char *account;
    int32_t from, to;
};

static void report_url(struct omni_text *url, const struct span *span, const char *pivots)
{
    omni_text_add(url, "/rest/adAnalytics?");
    omni_text_add(url, pivots);
    omni_text_add(url, "&timeGranularity=DAILY&dateRange=(start:");
    add_date(url, span->from);
    omni_text_add(url, ",end:");
    add_date(url, span->to);
    omni_text_add(url, ")&accounts=List(urn%3Ali%3AsponsoredAccount%3A");
    omni_text_add_percent(url, span->account);
    omni_text_add(url, ")&fields=" METRICS);
}

/* The elements of a report. */
static omni_status ask_report(struct li *li, struct omni_run *run, const struct span *span,
                              const char *pivots, struct omni_json *elements)
{
    char memory[URL_MAX];
    struct omni_text url = OMNI_TEXT(memory);
    struct omni_http http;
    report_url(&url, span, pivots);
    omni_status status = get(li, run, &url, &http);
    *elements = omni_json_at(omni_json_of_reply(&http), "elements");
    if (status == OMNI_OK && elements->kind != OMNI_JSON_ARRAY)
        return li->hub->fail(run, OMNI_E_DATA, "a report without its list of elements");
    return status;
}

static omni_status pull_report(struct li *li, struct omni_run *run,
                               const struct omni_request *request, const struct level *level)
{
    const struct span span = {request->account, request->from_day, request->to_day};
    struct omni_json list, item = {0};
    uint32_t n = 0;
    li->live_from = omni_today() - 1;
    li->live_impressions = li->live_clicks = 0;
    omni_status status = ask_report(li, run, &span, level->pivots, &list);
    for (; status == OMNI_OK && omni_json_next(list, &item); n++)
        status = give_row(li, run, request->stream, item);
    /* There are no pages: what does not fit is left out without a word. */
    li->is_whole = n < ELEMENTS_MAX;
    if (status != OMNI_OK || li->is_whole)
        return status;
    return request->from_day < request->to_day
               ? li->hub->fail(run, OMNI_E_TOO_MUCH, "the report has reached 15000 elements")
               : li->hub->quality(run, "truncated");
}

/* A parent is named by its URN, of which the number counts. */
static omni_status give_entity(struct li *li, struct omni_run *run,
                               const struct omni_stream *stream, struct omni_json element)
{
    char urn[128];
    omni_row_begin(&li->row, stream, element);
    if (omni_json_text(element, "campaignGroup", urn, sizeof(urn)) && strrchr(urn, ':') &&
        strcmp(stream->name, "campaign_list") == 0)
        omni_row_text(&li->row, "campaign_id", strrchr(urn, ':') + 1);
    return omni_row_send(&li->row, li->hub, run, 0);
}

static omni_status pull_list(struct li *li, struct omni_run *run,
                             const struct omni_request *request, const struct level *level)
{
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http;
    do {
        char memory[URL_MAX];
        struct omni_text url = OMNI_TEXT(memory);
        omni_text_add(&url, "/rest/adAccounts");
        omni_path_segment(&url, request->account);
        omni_text_add(&url, level->edge);
        omni_text_add(&url, "?q=search&pageSize=500");
        omni_query(&url, "pageToken", pages.cursor);
        omni_status status = get(li, run, &url, &http);
        struct omni_json item = {0}, list = omni_json_at(omni_json_of_reply(&http), "elements");
        while (status == OMNI_OK && omni_json_next(list, &item))
            status = give_entity(li, run, request->stream, item);
        if (status != OMNI_OK)
            return status;
    } while (omni_pages_after(&pages, &http, "metadata.nextPageToken"));
    return omni_pages_end(&pages, li->hub, run);
}

static omni_status li_pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct li *li = self;
    const struct level *level = levels;
    while (strcmp(level->stream, request->stream->name) != 0)
        level++;
    omni_status status = learn(li, run, request->account);
    if (status != OMNI_OK)
        return status;
    return level->edge ? pull_list(li, run, request, level) : pull_report(li, run, request, level);
}

/* Proves both scopes: the account needs r_ads, a day's report r_ads_reporting. */
static omni_status li_check(void *self, struct omni_run *run)
{
    struct li *li = self;
    const struct span span = {li->hub->opt_text(li->config, "account_id"), omni_today() - 1,
                              omni_today() - 1};
    struct omni_json list;
    omni_status status = learn(li, run, span.account);
    return status == OMNI_OK ? ask_report(li, run, &span, WHOLE_ACCOUNT, &list) : status;
}

/* ---- totals ---- */

static omni_status found_count(struct li *li, struct omni_run *run, const char *column,
                               int64_t count)
{
    int64_t micros;
    if (!omni_micros(count, 0, &micros))
        return li->hub->fail(run, OMNI_E_DATA, "a total that is too large");
    return li->hub->found_total(run, column, micros);
}

/* The account's own days. Today and yesterday grow between the two requests: of them what the rows
 * say is taken. */
static omni_status li_total(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct li *li = self;
    const struct span span = {request->account, request->from_day, request->to_day};
    int64_t day, impressions, clicks;
    struct omni_sum all = {li->live_impressions, 0}, clicked = {li->live_clicks, 0};
    struct omni_json list, item = {0};
    if (!li->is_whole || !li->hub->opt_int(li->config, "totals"))
        return OMNI_E_UNSUPPORTED;
    omni_status status = ask_report(li, run, &span, WHOLE_ACCOUNT, &list);
    while (status == OMNI_OK && omni_json_next(list, &item)) {
        if (!read_day(item, &day) || !omni_json_int(item, "impressions", &impressions) ||
            !omni_json_int(item, "clicks", &clicks))
            return li->hub->fail(run, OMNI_E_DATA, "the account's totals are not numbers by day");
        if (day >= li->live_from)
            continue;
        omni_sum_add(&all, impressions);
        omni_sum_add(&clicked, clicks);
    }
    if (status == OMNI_OK)
        status = found_count(li, run, "impressions", all.value);
    return status == OMNI_OK ? found_count(li, run, "clicks", clicked.value) : status;
}

/* ---- errors ---- */

/* By HTTP status; 403 with the scope that the request needed. 401 and 5xx are left to the hub. */
static const struct omni_meaning meanings[] = {
    {.code = "400", .status = OMNI_E_CONFIG},
    {.code = "403 r_ads",
     .status = OMNI_E_AUTH,
     .remedy = "the token needs the scope r_ads, and its member a role in the ad account"},
    {.code = "403 r_ads_reporting",
     .status = OMNI_E_AUTH,
     .remedy = "the token needs the scope r_ads_reporting"},
    {.code = "404",
     .status = OMNI_E_CONFIG,
     .remedy = "no such ad account for this login: check account_id"},
    {.code = "426",
     .status = OMNI_E_CONFIG,
     .remedy = "LinkedIn has switched this version off: set a newer api_version"},
    {.code = "429", .status = OMNI_E_THROTTLED},
    {.code = NULL}};

static omni_status li_judge(void *self, struct omni_run *run, const struct omni_http *http,
                            uint32_t *wait_ms)
{
    struct li *li = self;
    struct omni_error error = {.code = ""};
    const int is_forbidden = http->status == 403;
    li->refused = http->status == 429 ? li->refused + 1 : 0;
    /* No header says how long; the allowance is a day's, from midnight UTC. */
    if (li->refused > PATIENCE)
        error.wait_ms = omni_ms_to_midnight(0);
    snprintf(error.code, sizeof(error.code), "%d%s%s", (int)http->status, is_forbidden ? " " : "",
             is_forbidden ? li->scope : "");
    omni_json_text(omni_json_of_reply(http), "message", error.message, sizeof(error.message));
    omni_status status = omni_judge_by(li->hub, run, meanings, &error);
    *wait_ms = error.wait_ms;
    return status;
}

OMNI_MODULE("linkedin_ads", "1.0", .vendor = "omnihub", .license = "Apache-2.0",
            .sources = sources);
