/* SPDX-License-Identifier: Apache-2.0
 * Amazon ads: daily figures of Sponsored Products, from asynchronous reports. */
#include <omnihub/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "profile_id", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "an advertiser in one country: its number"),
    OMNI_OPTION(.name = "endpoint", .type = OMNI_OPT_TEXT, .fallback = "advertising-api",
                .choices = "advertising-api|advertising-api-eu|advertising-api-fe",
                .help = "where the profile lives: North America, Europe, Far East"),
    OMNI_OPTION(.name = "client_id", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "of the Login with Amazon app"),
    OMNI_OPTION(.name = "client_secret", .type = OMNI_OPT_TEXT,
                .flags = OMNI_REQUIRED | OMNI_SECRET, .help = "of the app"),
    OMNI_OPTION(.name = "refresh_token", .type = OMNI_OPT_TEXT,
                .flags = OMNI_REQUIRED | OMNI_SECRET,
                .help = "of a user who may see the advertiser's reports"),
    OMNI_OPTION(.name = "poll", .type = OMNI_OPT_DURATION, .fallback = "30s",
                .help =
                    "first wait for a report; each further one is longer, up to ten times this"),
    OMNI_OPTION(.name = "patience", .type = OMNI_OPT_DURATION, .fallback = "15m",
                .help =
                    "how long a run waits for a report before it is parked; the next run goes on"),
    NULL};

static const struct omni_auth *const logins[] = {
    OMNI_LOGIN(.kind = OMNI_AUTH_OAUTH2_REFRESH, .options = "client_id,client_secret,refresh_token",
               .token_url = "https://api.amazon.com/auth/o2/token",
               .headers = "Amazon-Advertising-API-ClientId: {client_id}"),
    NULL};

#define FIELDS(...) ((const struct omni_field *const[]){__VA_ARGS__, NULL})
#define TEXT(member, name, flags_)                                                                 \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_TEXT, .flags = (flags_))
#define COUNT(member, name) OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_INT)
#define DECIMAL(member, name, flags_)                                                              \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_MICROS,                         \
               .unit = OMNI_UNIT_MAJOR, .flags = OMNI_ROUND | (flags_))
#define DAY                                                                                        \
    OMNI_FIELD(.path = "$.date", .column = "date", .type = OMNI_DATE, .unit = OMNI_DATE_ISO,       \
               .flags = OMNI_KEY)
#define CAMPAIGN_KEY TEXT("campaignId", "campaign_id", OMNI_KEY)
#define AD_KEY                                                                                     \
    CAMPAIGN_KEY, TEXT("adGroupId", "ad_group_id", OMNI_KEY), TEXT("adId", "ad_id", OMNI_KEY)
#define FIGURES                                                                                    \
    TEXT("campaignName", "campaign_name", OMNI_OPTIONAL), COUNT("impressions", "impressions"),     \
        COUNT("clicks", "clicks"), DECIMAL("cost", "cost", 0),                                     \
        DECIMAL("purchases30d", "conversions", OMNI_OPTIONAL),                                     \
        DECIMAL("purchases30d", "purchases", OMNI_OPTIONAL),                                       \
        DECIMAL("sales30d", "conversion_value", OMNI_OPTIONAL)

/* The same purchases counted within 1, 7, 14 and 30 days of the click: never to be added up, so
 * each is a part with a window of its own. */
#define WINDOW(name_, level, days, ...)                                                            \
    OMNI_STREAM(.sync = OMNI_WINDOW, .name = name_ "_" days, .dataset = "ads_conversions",         \
                .inside = "$", .help = "purchases within " days " of the click",                   \
                .constants = "level=" level ";conversion_action=purchase;attribution_window=" days \
                             "_click",                                                             \
                .fields = FIELDS(DAY, __VA_ARGS__,                                                 \
                                 DECIMAL("purchases" days, "conversions", OMNI_OPTIONAL),          \
                                 DECIMAL("sales" days, "conversion_value", OMNI_OPTIONAL)))
#define REPORT(name_, level, help_, windows, ...)                                                  \
    OMNI_STREAM(.sync = OMNI_WINDOW, .name = (name_), .dataset = "ads_daily", .help = (help_),     \
                .constants = "level=" level ";conversion_definition=purchases 30d after a click",  \
                .settle_days = 42, .max_window_days = 31, .history_days = 95,                      \
                .day_zone = "account", .parts = (windows),                                         \
                .fields = FIELDS(DAY, FIGURES, __VA_ARGS__))

static const struct omni_stream *const campaign_windows[] = {
    WINDOW("campaigns", "campaign", "1d", CAMPAIGN_KEY),
    WINDOW("campaigns", "campaign", "7d", CAMPAIGN_KEY),
    WINDOW("campaigns", "campaign", "14d", CAMPAIGN_KEY),
    WINDOW("campaigns", "campaign", "30d", CAMPAIGN_KEY), NULL};
static const struct omni_stream *const ad_windows[] = {
    WINDOW("ads", "ad", "1d", AD_KEY), WINDOW("ads", "ad", "7d", AD_KEY),
    WINDOW("ads", "ad", "14d", AD_KEY), WINDOW("ads", "ad", "30d", AD_KEY), NULL};
static const struct omni_stream *const streams[] = {
    REPORT("campaigns", "campaign", "each Sponsored Products campaign's day", campaign_windows,
           CAMPAIGN_KEY),
    REPORT("ads", "ad", "each advertised product's day", ad_windows, AD_KEY,
           TEXT("adGroupName", "ad_group_name", OMNI_OPTIONAL),
           TEXT("advertisedAsin", "ad_name", OMNI_OPTIONAL)),
    NULL};

#define METRICS                                                                                    \
    "\"impressions\",\"clicks\",\"cost\",\"purchases1d\",\"purchases7d\",\"purchases14d\","        \
    "\"purchases30d\",\"sales1d\",\"sales7d\",\"sales14d\",\"sales30d\""
static const struct {
    const char *stream, *configuration;
} reports[] = {
    {"campaigns", "\"groupBy\":[\"campaign\"],\"reportTypeId\":\"spCampaigns\",\"columns\":["
                  "\"date\",\"campaignId\",\"campaignName\"," METRICS "]"},
    {"ads", "\"groupBy\":[\"advertiser\"],\"reportTypeId\":\"spAdvertisedProduct\",\"columns\":["
            "\"date\",\"campaignId\",\"campaignName\",\"adGroupId\",\"adGroupName\",\"adId\","
            "\"advertisedAsin\"," METRICS "]"},
};

static omni_status az_open(const struct omni_host *, const struct omni_config *, struct omni_run *,
                           void **self);
static omni_status az_check(void *self, struct omni_run *);
static omni_status az_accounts(void *self, struct omni_run *);
static omni_status az_pull(void *self, struct omni_run *, const struct omni_request *);
static omni_status az_judge(void *self, struct omni_run *, const struct omni_http *,
                            uint32_t *wait_ms);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "amazon_ads", .title = "Amazon ads", .family = "ads",
                .help = "Sponsored Products: cost, clicks and purchases by campaign and product",
                .api_version = "v3", .api_url = "https://{endpoint}.amazon.com",
                .hosts = ".amazonaws.com", .account_option = "profile_id", .options = options,
                .logins = logins, .streams = streams, .open = az_open, .close = free,
                .check = az_check, .accounts = az_accounts, .pull = az_pull, .judge = az_judge),
    NULL};

enum { BODY_MAX = 2048, URL_MAX = 4096, ID_MAX = 80, MESSAGE_MAX = 1024 };
/* A report that is not there by then never will be; and the shortest wait between two looks. */
enum { GIVE_UP_S = 4 * 3600, SHORTEST_POLL_MS = 50, LONGEST_POLL = 10 };

struct az {
    const struct omni_host *hub;
    const struct omni_config *config;
    char known[ID_MAX]; /* profile whose currency and zone the hub has been told */
};

/* A report that was ordered; kept as "id seconds" until it is fetched. */
struct report {
    char id[ID_MAX];
    long long ordered; /* when, in seconds since 1970 */
};

static omni_status az_open(const struct omni_host *hub, const struct omni_config *config,
                           struct omni_run *run, void **self)
{
    const char *profile = hub->opt_text(config, "profile_id");
    if (profile && profile[strspn(profile, "0123456789")] != '\0')
        return omni_option_wrong(hub, run, "profile_id", "a profile id has digits only");
    struct az *az = calloc(1, sizeof(*az));
    if (!az)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    *az = (struct az){.hub = hub, .config = config};
    *self = az;
    return OMNI_OK;
}

/* ---- profiles ---- */

/* Tells the hub of every profile, or of the one that is wanted: *is_there. */
static omni_status list_profiles(struct az *az, struct omni_run *run, const char *wanted,
                                 int *is_there)
{
    static const struct omni_account facts = {.id = "profileId",
                                              .name = "accountInfo.name",
                                              .currency = "currencyCode",
                                              .zone = "timezone"};
    struct omni_http http = {.size = sizeof(http),
                             .url = "/v2/profiles?accessLevel=view&apiProgram=report"};
    omni_status status = az->hub->http(run, &http);
    struct omni_json item = {0}, list = omni_json_of_reply(&http);
    while (status == OMNI_OK && omni_json_next(list, &item)) {
        char id[ID_MAX], type[32];
        omni_json_text(item, "profileId", id, sizeof(id));
        omni_json_text(item, "accountInfo.type", type, sizeof(type));
        if (wanted ? strcmp(id, wanted) != 0 : strcmp(type, "agency") == 0)
            continue; /* agencies have no reports of their own */
        *is_there = 1;
        status = omni_account_found(az->hub, run, item, NULL, &facts);
    }
    return status;
}

static omni_status learn(struct az *az, struct omni_run *run, const char *profile)
{
    int is_there = 0;
    if (strcmp(az->known, profile) == 0)
        return OMNI_OK;
    omni_status status = list_profiles(az, run, profile, &is_there);
    if (status == OMNI_OK && !is_there)
        return omni_option_wrong(
            az->hub, run, "profile_id",
            "the login sees no such profile here: check profile_id and endpoint");
    if (status == OMNI_OK)
        snprintf(az->known, sizeof(az->known), "%s", profile);
    return status;
}

static omni_status az_check(void *self, struct omni_run *run)
{
    struct az *az = self;
    return learn(az, run, az->hub->opt_text(az->config, "profile_id"));
}

static omni_status az_accounts(void *self, struct omni_run *run)
{
    int is_there = 0;
    return list_profiles(self, run, NULL, &is_there);
}

/* ---- reports ---- */

static void keep(struct az *az, struct omni_run *run, const char *key, const struct report *report)
{
    char text[ID_MAX + 24] = "";
    if (report)
        snprintf(text, sizeof(text), "%s %lld", report->id, report->ordered);
    az->hub->remember(run, key, text);
}

/* 1: an earlier run has ordered it, and it may still come. */
static int recall(struct az *az, struct omni_run *run, const char *key, struct report *report)
{
    const char *text = az->hub->remember(run, key, NULL);
    size_t n = text ? strcspn(text, " ") : 0;
    if (n == 0 || n >= sizeof(report->id))
        return 0;
    snprintf(report->id, sizeof(report->id), "%.*s", (int)n, text);
    report->ordered = strtoll(text + n, NULL, 10);
    return (long long)time(NULL) - report->ordered < GIVE_UP_S;
}

static const char *order_body(struct omni_text *body, const struct omni_request *request)
{
    omni_text_add(body, "{");
    omni_json_add_text(body, "name", request->stream->name);
    omni_json_add_day(body, "startDate", request->from_day);
    omni_json_add_day(body, "endDate", request->to_day);
    omni_text_add(body, ",\"configuration\":{\"adProduct\":\"SPONSORED_PRODUCTS\",");
    for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++)
        if (strcmp(reports[i].stream, request->stream->name) == 0)
            omni_text_add(body, reports[i].configuration);
    omni_text_add(body, ",\"timeUnit\":\"DAILY\",\"format\":\"GZIP_JSON\"}}");
    return omni_text_done(body);
}

/* "The Request is a duplicate of : ID": the same report is on its way already. */
static int read_duplicate(const struct omni_http *http, char id[ID_MAX])
{
    char detail[MESSAGE_MAX];
    if (!omni_json_text(omni_json_of_reply(http), "detail", detail, sizeof(detail)))
        return 0;
    const char *colon = strrchr(detail, ':');
    size_t n = colon ? strspn(++colon, " ") : 0;
    colon = colon ? colon + n : "";
    n = strcspn(colon, " .");
    if (n == 0 || n >= ID_MAX)
        return 0;
    snprintf(id, ID_MAX, "%.*s", (int)n, colon);
    return 1;
}

static omni_status call(struct az *az, struct omni_run *run, const char *profile,
                        struct omni_http *http)
{
    char scope[ID_MAX + 40];
    snprintf(scope, sizeof(scope), "Amazon-Advertising-API-Scope: %s", profile);
    const char *const headers[] = {
        scope, "Content-Type: application/vnd.createasyncreportrequest.v3+json", NULL};
    const char *const bare[] = {scope, NULL};
    http->size = sizeof(*http);
    http->headers = http->body ? headers : bare;
    omni_status status = http->url ? az->hub->http(run, http)
                                   : az->hub->fail(run, OMNI_E_BUG, "the request is too long");
    http->headers = NULL;
    return status;
}

/* Ordered twice after a fault, the answer names the first one: nothing is lost by asking again. */
static omni_status order(struct az *az, struct omni_run *run, const struct omni_request *request,
                         struct report *report)
{
    char memory[BODY_MAX];
    struct omni_text body = OMNI_TEXT(memory);
    struct omni_http http = {
        .method = "POST", .url = "/reporting/reports", .flags = OMNI_HTTP_REPEATABLE};
    http.body = order_body(&body, request);
    http.body_len = body.len;
    omni_status status = call(az, run, request->account, &http);
    if (status != OMNI_OK)
        return status;
    report->ordered = (long long)time(NULL);
    if (http.status == 425 ? !read_duplicate(&http, report->id)
                           : !omni_json_text(omni_json_of_reply(&http), "reportId", report->id,
                                             sizeof(report->id)))
        return az->hub->fail(run, OMNI_E_DATA, "the reply to an order names no report");
    return OMNI_OK;
}

/* OMNI_OK with the download's url: done. OMNI_E_UNSUPPORTED: there is no such report (any more). */
static omni_status look(struct az *az, struct omni_run *run, const char *profile, const char *id,
                        char url[URL_MAX])
{
    char memory[256], state[32], reason[256], text[400];
    struct omni_text path = OMNI_TEXT(memory);
    omni_text_add(&path, "/reporting/reports");
    omni_path_segment(&path, id);
    struct omni_http http = {.url = omni_text_done(&path)};
    url[0] = '\0';
    omni_status status = call(az, run, profile, &http);
    if (status != OMNI_OK)
        return http.status == 404 ? OMNI_E_UNSUPPORTED : status;
    struct omni_json reply = omni_json_of_reply(&http);
    omni_json_text(reply, "status", state, sizeof(state));
    if (strcmp(state, "FAILED") == 0) {
        omni_json_text(reply, "failureReason", reason, sizeof(reason));
        snprintf(text, sizeof(text), "Amazon could not make the report: %s", reason);
        return az->hub->fail(run, OMNI_E_DATA, text);
    }
    if (strcmp(state, "COMPLETED") == 0 && !omni_json_text(reply, "url", url, URL_MAX))
        return az->hub->fail(run, OMNI_E_DATA, "a report that is done has no url");
    return OMNI_OK;
}

/* Looks again and again, ever more slowly. What takes long parks the run; the report is kept. */
static omni_status await_report(struct az *az, struct omni_run *run, const char *profile,
                                const struct report *report, char url[URL_MAX])
{
    const int64_t first = az->hub->opt_int(az->config, "poll") * 1000,
                  patience = az->hub->opt_int(az->config, "patience") * 1000;
    int64_t wait = first > SHORTEST_POLL_MS ? first : SHORTEST_POLL_MS, most = LONGEST_POLL * wait;
    for (int64_t waited = 0;; waited += wait, wait = 2 * wait < most ? 2 * wait : most) {
        omni_status status = look(az, run, profile, report->id, url);
        if (status != OMNI_OK || url[0])
            return status;
        if (waited >= patience)
            return az->hub->fail(run, OMNI_E_THROTTLED,
                                 "the report is not ready yet; the next run asks for it again");
        status = az->hub->sleep_ms(run, (uint32_t)wait);
        if (status != OMNI_OK)
            return status;
    }
}

/* The link carries its own signature and dies after about an hour: then there is a new one. */
static omni_status fetch(struct az *az, struct omni_run *run, const char *profile,
                         const struct report *report)
{
    char url[URL_MAX];
    omni_status status = OMNI_OK;
    for (int i = 0; i < 2; i++) {
        status = await_report(az, run, profile, report, url);
        if (status != OMNI_OK)
            return status;
        struct omni_http http = {.size = sizeof(http), .url = url, .flags = OMNI_HTTP_NO_LOGIN};
        status = az->hub->rows(run, &http, "$[*]");
        if (status == OMNI_OK || http.status != 403)
            return status;
    }
    return status;
}

static omni_status az_pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct az *az = self;
    struct report report;
    char key[OMNI_REPORT_KEY];
    omni_report_key(key, sizeof(key), request);
    omni_status status = learn(az, run, request->account);
    if (status != OMNI_OK)
        return status;
    int is_old = recall(az, run, key, &report);
    if (is_old)
        status = fetch(az, run, request->account, &report);
    if (!is_old || status == OMNI_E_UNSUPPORTED) {
        status = order(az, run, request, &report);
        if (status != OMNI_OK)
            return status;
        keep(az, run, key, &report); /* before it is asked for: a restart goes on with it */
        status = fetch(az, run, request->account, &report);
    }
    if (!omni_report_is_kept(status))
        keep(az, run, key, NULL);
    return status == OMNI_E_UNSUPPORTED
               ? az->hub->fail(run, OMNI_E_DATA, "Amazon does not know the report it has ordered")
               : status;
}

/* By HTTP status, or by what the detail speaks of. */
static const struct omni_meaning meanings[] = {
    {.code = "400", .status = OMNI_E_CONFIG},
    {.code = "403",
     .status = OMNI_E_AUTH,
     .remedy = "the login needs advertising::campaign_management, and its user the advertiser's "
               "reports"},
    {.code = "406", .status = OMNI_E_CONFIG},
    {.code = "415", .status = OMNI_E_CONFIG},
    {.code = "422", .status = OMNI_E_CONFIG},
    {.code = "scope",
     .status = OMNI_E_CONFIG,
     .remedy = "the profile belongs to another login or lives at another endpoint"},
    {.code = NULL}};

static omni_status az_judge(void *self, struct omni_run *run, const struct omni_http *http,
                            uint32_t *wait_ms)
{
    struct az *az = self;
    struct omni_json reply = omni_json_of_reply(http);
    struct omni_error error = {.code = ""};
    if (http->status == 200 || http->status == 425) /* 425: order() knows what to do */
        return OMNI_OK;
    if (http->status == 403 && (http->flags & OMNI_HTTP_NO_LOGIN))
        return az->hub->fail(run, OMNI_E_DATA, "the download's link has expired");
    if (!omni_json_text(reply, "detail", error.message, sizeof(error.message)))
        omni_json_text(reply, "details", error.message, sizeof(error.message));
    snprintf(error.code, sizeof(error.code), "%d", (int)http->status);
    /* Not the token is wrong, but what it is used for. */
    if (http->status == 401 && (strstr(error.message, "scope") || strstr(error.message, "Scope")))
        snprintf(error.code, sizeof(error.code), "scope");
    omni_status status = omni_judge_by(az->hub, run, meanings, &error);
    *wait_ms = error.wait_ms;
    return status;
}

OMNI_MODULE("amazon_ads", "1.0", .vendor = "omnihub", .license = "Apache-2.0", .sources = sources);
