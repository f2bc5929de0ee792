/* SPDX-License-Identifier: Apache-2.0
 * Meta (Facebook, Instagram) ads: daily figures of an ad account's ads and campaigns, from
 * Insights. */
#include "../../common/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "account_id", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "the ad account, with its prefix: act_123456789"),
    OMNI_OPTION(.name = "access_token", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED | OMNI_SECRET,
                .help = "token of a system user with ads_read"),
    OMNI_OPTION(.name = "api_version", .type = OMNI_OPT_TEXT, .fallback = "v24.0",
                .help = "version of the Marketing API"),
    OMNI_OPTION(.name = "attribution", .type = OMNI_OPT_TEXT, .fallback = "adset",
                .choices = "adset|account",
                .help = "conversions are counted by each ad set's attribution setting, as Ads "
                        "Manager shows them, or by the account's"),
    OMNI_OPTION(.name = "attribution_windows", .type = OMNI_OPT_LIST,
                .help =
                    "conversions also by these windows: 1d_click, 7d_click, 28d_click, 1d_view"),
    OMNI_OPTION(.name = "page_size", .type = OMNI_OPT_INT, .fallback = "500",
                .help = "rows asked for at once, at most 500"),
    OMNI_OPTION_TOTALS,
    NULL};

static const struct omni_auth *const logins[] = {
    OMNI_LOGIN(.kind = OMNI_AUTH_BEARER, .options = "access_token"), NULL};

#define MEMBERS                                                                                    \
    "account_currency,campaign_id,campaign_name,impressions,clicks,inline_link_clicks,spend,"      \
    "reach,actions,action_values"

/* What is asked for at a level, and what of it is wanted as the account's total too. Deleted ads
 * are in the total, but not among the ads. */
static const struct level {
    const char *stream, *name, *members, *summary;
} levels[] = {
    {"ad_insights", "ad", MEMBERS ",adset_id,adset_name,ad_id,ad_name", NULL},
    {"campaign_insights", "campaign", MEMBERS, "impressions,clicks,spend"},
};

/* Action types overlap: "purchase" and "omni_purchase" hold the pixel's purchases once more. These
 * five do not. */
#define IS(type)            "@.action_type=='" type "'"
#define PURCHASE            IS("onsite_conversion.purchase") "||" IS("offsite_conversion.fb_pixel_purchase")
#define LEAD                IS("onsite_conversion.lead_grouped") "||" IS("offsite_conversion.fb_pixel_lead")
#define CUSTOM              IS("offsite_conversion.fb_pixel_custom")
#define SUM_OF(list, types) list "[?" types "].value"
#define TEXT(member, name, flags_)                                                                 \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_TEXT, .flags = (flags_))
/* Insights leaves zeros out. */
#define COUNT(member, name, flags_)                                                                \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_INT,                            \
               .flags = OMNI_ZERO_IF_ABSENT | (flags_))
#define DECIMAL(member, name, flags_)                                                              \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_MICROS,                         \
               .unit = OMNI_UNIT_MAJOR, .flags = OMNI_ZERO_IF_ABSENT | (flags_))

#define DATE(member)                                                                               \
    OMNI_FIELD(.path = (member), .column = "date", .type = OMNI_DATE, .unit = OMNI_DATE_ISO,       \
               .flags = OMNI_KEY)
#define MEASURES                                                                                   \
    TEXT("campaign_name", "campaign_name", OMNI_OPTIONAL),                                         \
        TEXT("account_currency", "currency", 0), COUNT("impressions", "impressions", 0),           \
        COUNT("inline_link_clicks", "clicks", OMNI_OPTIONAL),                                      \
        COUNT("clicks", "clicks_all", OMNI_OPTIONAL), COUNT("reach", "reach", OMNI_OPTIONAL),      \
        DECIMAL("spend", "cost", 0),                                                               \
        DECIMAL(SUM_OF("actions", PURCHASE "||" LEAD "||" CUSTOM), "conversions",                  \
                OMNI_OPTIONAL | OMNI_ROUND),                                                       \
        DECIMAL(SUM_OF("action_values", PURCHASE "||" LEAD "||" CUSTOM), "conversion_value",       \
                OMNI_OPTIONAL | OMNI_ROUND),                                                       \
        DECIMAL(SUM_OF("actions", PURCHASE), "purchases", OMNI_OPTIONAL | OMNI_ROUND),             \
        DECIMAL(SUM_OF("actions", LEAD), "leads", OMNI_OPTIONAL | OMNI_ROUND)

static const struct omni_field *const ad_fields[] = {
    DATE("$.date_start"),
    TEXT("campaign_id", "campaign_id", OMNI_KEY),
    TEXT("adset_id", "ad_group_id", OMNI_KEY),
    TEXT("ad_id", "ad_id", OMNI_KEY),
    TEXT("adset_name", "ad_group_name", OMNI_OPTIONAL),
    TEXT("ad_name", "ad_name", OMNI_OPTIONAL),
    MEASURES,
    NULL};

static const struct omni_field *const campaign_fields[] = {
    DATE("$.date_start"), TEXT("campaign_id", "campaign_id", OMNI_KEY), MEASURES, NULL};

/* One action of a campaign's day, as counted or as valued, in one attribution window. */
#define ACTION_FIELDS(window, column_)                                                             \
    ((const struct omni_field *const[]){                                                           \
        DATE("^.date_start"),                                                                      \
        OMNI_FIELD(.path = "^.campaign_id", .column = "campaign_id", .type = OMNI_TEXT,            \
                   .flags = OMNI_KEY),                                                             \
        OMNI_FIELD(.path = "^.account_currency", .column = "currency", .type = OMNI_TEXT),         \
        OMNI_FIELD(.path = "$.action_type", .column = "conversion_action", .type = OMNI_TEXT,      \
                   .flags = OMNI_KEY),                                                             \
        OMNI_FIELD(.path = "$['" window "']", .column = (column_), .type = OMNI_MICROS,            \
                   .unit = OMNI_UNIT_MAJOR, .flags = OMNI_OPTIONAL | OMNI_ROUND),                  \
        NULL})
#define ACTIONS(name_, list, member, window, column_)                                              \
    OMNI_STREAM(.sync = OMNI_WINDOW, .flags = OMNI_STREAM_SPARSE, .name = (name_),                 \
                .dataset = "ads_conversions", .inside = "$." list "[*]",                           \
                .constants = "level=campaign;attribution_window=" window,                          \
                .help = "a campaign's " list " by type", .fields = ACTION_FIELDS(member, column_))
#define COUNTED(suffix, member, window)                                                            \
    ACTIONS("campaign_actions" suffix, "actions", member, window, "conversions")
#define VALUED(suffix, member, window)                                                             \
    ACTIONS("campaign_action_values" suffix, "action_values", member, window, "conversion_value")
#define BY_WINDOW(window) COUNTED("_" window, window, window), VALUED("_" window, window, window)

/* "value" is what the ad sets' own setting (or the account's) gives; the windows are there when
 * they were asked for. */
static const struct omni_stream *const actions[] = {COUNTED("", "value", "default"),
                                                    VALUED("", "value", "default"),
                                                    BY_WINDOW("1d_click"),
                                                    BY_WINDOW("7d_click"),
                                                    BY_WINDOW("28d_click"),
                                                    BY_WINDOW("1d_view"),
                                                    NULL};

#define STREAM(name_, level, fields_, ...)                                                         \
    OMNI_STREAM(.sync = OMNI_WINDOW, .name = (name_), .dataset = "ads_daily",                      \
                .constants = "level=" level, .fields = (fields_), .settle_days = 28,               \
                .max_window_days = 30, .history_days = 37 * 30, .day_zone = "account",             \
                __VA_ARGS__)

static const struct omni_stream *const streams[] = {
    STREAM("ad_insights", "ad", ad_fields,
           .help = "each ad's day: shown, clicked, spent, converted"),
    STREAM("campaign_insights", "campaign", campaign_fields, .parts = actions,
           .help = "each campaign's day, and its conversions by action into ads_conversions"),
    NULL};

static omni_status meta_open(const struct omni_host *, const struct omni_config *,
                             struct omni_run *, void **self);
static omni_status meta_check(void *self, struct omni_run *);
static omni_status meta_accounts(void *self, struct omni_run *);
static omni_status meta_pull(void *self, struct omni_run *, const struct omni_request *);
static omni_status meta_total(void *self, struct omni_run *, const struct omni_request *);
static omni_status meta_judge(void *self, struct omni_run *, const struct omni_http *,
                              uint32_t *wait_ms);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "meta_ads", .title = "Meta ads", .family = "ads",
                .help = "Facebook and Instagram ads: cost, reach, clicks and conversions",
                .api_version = "v24.0", .api_url = "https://graph.facebook.com",
                .account_option = "account_id", .quota_scope = "account", .options = options,
                .logins = logins, .streams = streams, .open = meta_open, .close = free,
                .check = meta_check, .accounts = meta_accounts, .pull = meta_pull,
                .total = meta_total, .judge = meta_judge),
    NULL};

enum { URL_MAX = 2048, ID_MAX = 64, TOTALS_MAX = 1024 };
/* A report run that is not there by then never will be. */
enum { FIRST_POLL_MS = 250, LONGEST_POLL_MS = 60000, GIVE_UP_MS = 45 * 60000 };

struct meta {
    const struct omni_host *hub;
    const struct omni_config *config;
    char known[ID_MAX];      /* account whose currency and zone the hub has been told */
    int is_new_report;       /* a report run just made may not be found at once */
    char totals[TOTALS_MAX]; /* of the report pulled last; "": Meta has not sent them */
};

/* Where an account's facts lie. */
static const struct omni_account facts = {
    .id = "id", .name = "name", .currency = "currency", .zone = "timezone_name"};

static omni_status check_windows(const struct omni_host *hub, const struct omni_config *config,
                                 struct omni_run *run)
{
    static const char *const known[] = {"1d_click", "7d_click", "28d_click", "1d_view"};
    for (uint32_t i = 0; i < hub->opt_count(config, "attribution_windows"); i++) {
        const char *window = hub->opt_item(config, "attribution_windows", i);
        size_t n = 0;
        while (n < sizeof(known) / sizeof(known[0]) && strcmp(known[n], window) != 0)
            n++;
        if (n < sizeof(known) / sizeof(known[0]))
            continue;
        return omni_option_wrong(
            hub, run, "attribution_windows",
            "an attribution window is 1d_click, 7d_click, 28d_click or 1d_view");
    }
    return OMNI_OK;
}

static omni_status meta_open(const struct omni_host *hub, const struct omni_config *config,
                             struct omni_run *run, void **self)
{
    const char *account = hub->opt_text(config, "account_id");
    if (account && (strncmp(account, "act_", 4) != 0 || account[4] == '\0' ||
                    account[4 + strspn(account + 4, "0123456789")] != '\0'))
        return omni_option_wrong(hub, run, "account_id", "an ad account is act_ and its number");
    omni_status status =
        omni_option_between(hub, config, run, &(const struct omni_range){"page_size", 1, 500});
    if (status == OMNI_OK)
        status = check_windows(hub, config, run);
    if (status != OMNI_OK)
        return status;
    struct meta *meta = calloc(1, sizeof(*meta));
    if (!meta)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    *meta = (struct meta){.hub = hub, .config = config};
    *self = meta;
    return OMNI_OK;
}

/* /v24.0/NODE or /v24.0/NODE/EDGE */
static void node_url(const struct meta *meta, struct omni_text *url, const char *node,
                     const char *edge)
{
    omni_path_segment(url, meta->hub->opt_text(meta->config, "api_version"));
    omni_path_segment(url, node);
    if (edge)
        omni_path_segment(url, edge);
}

static omni_status get(struct meta *meta, struct omni_run *run, const struct omni_text *url,
                       struct omni_http *http)
{
    *http = (struct omni_http){.size = sizeof(*http), .url = omni_text_done(url)};
    if (!http->url)
        return meta->hub->fail(run, OMNI_E_BUG, "the request's url is too long");
    return meta->hub->http(run, http);
}

static omni_status learn(struct meta *meta, struct omni_run *run, const char *account)
{
    if (strcmp(meta->known, account) == 0)
        return OMNI_OK;
    struct omni_account complete = facts;
    char memory[URL_MAX];
    struct omni_text url = OMNI_TEXT(memory);
    struct omni_http http;
    node_url(meta, &url, account, NULL);
    omni_query(&url, "fields", "name,currency,timezone_name");
    omni_status status = get(meta, run, &url, &http);
    if (status != OMNI_OK)
        return status;
    complete.is_complete = 1;
    snprintf(meta->known, sizeof(meta->known), "%s", account);
    return omni_account_found(meta->hub, run, omni_json_of_reply(&http), account, &complete);
}

static omni_status meta_check(void *self, struct omni_run *run)
{
    struct meta *meta = self;
    return learn(meta, run, meta->hub->opt_text(meta->config, "account_id"));
}

/* Cursors come with every page; only `next` says that there is another one. */
static int more_pages(struct omni_pages *pages, const struct omni_http *http)
{
    if (omni_json_at(omni_json_of_reply(http), "paging.next").kind != OMNI_JSON_TEXT)
        return omni_pages_go(pages, NULL);
    return omni_pages_after(pages, http, "paging.cursors.after");
}

static omni_status meta_accounts(void *self, struct omni_run *run)
{
    struct meta *meta = self;
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http;
    do {
        char memory[URL_MAX + OMNI_PAGES_CURSOR];
        struct omni_text url = OMNI_TEXT(memory);
        node_url(meta, &url, "me", "adaccounts");
        omni_query(&url, "fields", "name,currency,timezone_name");
        omni_query_int(&url, "limit", 100);
        omni_query(&url, "after", pages.cursor);
        omni_status status = get(meta, run, &url, &http);
        struct omni_json item = {0}, list = omni_json_at(omni_json_of_reply(&http), "data");
        while (status == OMNI_OK && omni_json_next(list, &item))
            status = omni_account_found(meta->hub, run, item, NULL, &facts);
        if (status != OMNI_OK)
            return status;
    } while (more_pages(&pages, &http));
    return omni_pages_end(&pages, meta->hub, run);
}

static const struct level *level_of(const char *stream)
{
    const struct level *level = levels;
    while (strcmp(level->stream, stream) != 0)
        level++;
    return level;
}

/* ["7d_click","1d_view"]; "" where none are wanted */
static void add_windows(const struct meta *meta, struct omni_text *out)
{
    uint32_t n = meta->hub->opt_count(meta->config, "attribution_windows");
    for (uint32_t i = 0; i < n; i++) {
        omni_text_add(out, i > 0 ? "," : "[");
        omni_text_add_json(out, meta->hub->opt_item(meta->config, "attribution_windows", i));
    }
    omni_text_add(out, n > 0 ? "]" : "");
}

/* What to report: the same for a request that waits for its rows and for a report run. */
static void add_query(const struct meta *meta, struct omni_text *url,
                      const struct omni_request *request)
{
    const struct level *level = level_of(request->stream->name);
    char windows_memory[128];
    struct omni_text windows = OMNI_TEXT(windows_memory);
    char range[64], since[OMNI_DAY_TEXT], until[OMNI_DAY_TEXT];
    snprintf(range, sizeof(range), "{\"since\":\"%s\",\"until\":\"%s\"}",
             omni_day_print(request->from_day, since), omni_day_print(request->to_day, until));
    int by_account = strcmp(meta->hub->opt_text(meta->config, "attribution"), "account") == 0;
    add_windows(meta, &windows);
    omni_query(url, "level", level->name);
    omni_query(url, "fields", level->members);
    omni_query(url, "time_range", range);
    omni_query(url, "time_increment", "1");
    omni_query(url,
               by_account ? "use_account_attribution_setting" : "use_unified_attribution_setting",
               "true");
    omni_query(url, "action_attribution_windows", omni_text_done(&windows));
    if (meta->hub->opt_int(meta->config, "totals"))
        omni_query(url, "summary", level->summary);
}

/* The summary lies beside the rows of every page. */
static void keep_totals(struct meta *meta, const struct omni_http *http)
{
    struct omni_json summary = omni_json_at(omni_json_of_reply(http), "summary");
    meta->totals[0] = '\0';
    if (summary.kind == OMNI_JSON_OBJECT && summary.len < TOTALS_MAX)
        snprintf(meta->totals, sizeof(meta->totals), "%.*s", (int)summary.len, summary.s);
}

/* All pages of NODE/insights. request NULL: of a finished report run. */
static omni_status read_pages(struct meta *meta, struct omni_run *run, const char *node,
                              const struct omni_request *request, struct omni_pages *pages)
{
    struct omni_http http;
    do {
        char memory[URL_MAX + 3 * OMNI_PAGES_CURSOR];
        struct omni_text url = OMNI_TEXT(memory);
        node_url(meta, &url, node, "insights");
        if (request)
            add_query(meta, &url, request);
        omni_query_int(&url, "limit", meta->hub->opt_int(meta->config, "page_size"));
        omni_query(&url, "after", pages->cursor);
        http = (struct omni_http){.size = sizeof(http), .url = omni_text_done(&url)};
        if (!http.url)
            return meta->hub->fail(run, OMNI_E_DATA, "the page cursor is too long");
        omni_status status = meta->hub->rows(run, &http, "$.data[*]");
        if (status == OMNI_OK)
            status = graph_ease(meta->hub, run, &http);
        if (status != OMNI_OK)
            return status;
        keep_totals(meta, &http);
    } while (more_pages(pages, &http));
    return omni_pages_end(pages, meta->hub, run);
}

/* Orders a report run and remembers it before it is asked for: a restart goes on with it. */
static omni_status start_report(struct meta *meta, struct omni_run *run,
                                const struct omni_request *request, const char *key)
{
    static const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded", NULL};
    char url_memory[URL_MAX], body_memory[URL_MAX], id[ID_MAX];
    struct omni_text url = OMNI_TEXT(url_memory), body = OMNI_TEXT(body_memory);
    node_url(meta, &url, request->account, "insights");
    add_query(meta, &body, request);
    /* Ordered twice after a fault, the first one is never fetched: that costs nothing. */
    struct omni_http http = {.size = sizeof(http),
                             .method = "POST",
                             .headers = headers,
                             .flags = OMNI_HTTP_REPEATABLE,
                             .url = omni_text_done(&url)};
    http.body = omni_text_done(&body);
    if (!http.url || !http.body)
        return meta->hub->fail(run, OMNI_E_BUG, "the request is too long");
    http.body++; /* the ? of a url */
    http.body_len = strlen(http.body);
    omni_status status = meta->hub->http(run, &http);
    if (status != OMNI_OK)
        return status;
    if (!omni_json_text(omni_json_of_reply(&http), "report_run_id", id, sizeof(id)))
        return meta->hub->fail(run, OMNI_E_DATA, "no report_run_id in the reply");
    meta->is_new_report = 1;
    meta->hub->remember(run, key, id);
    return OMNI_OK;
}

/* OMNI_OK: done; OMNI_E_TOO_MUCH: the platform gave up on it; OMNI_E_UNSUPPORTED: it is one of
 * an earlier process, and the platform has forgotten it. */
static omni_status await_report(struct meta *meta, struct omni_run *run, const char *id)
{
    uint32_t wait = FIRST_POLL_MS;
    for (uint32_t waited = 0; waited < GIVE_UP_MS; waited += wait) {
        char memory[URL_MAX], state[64];
        struct omni_text url = OMNI_TEXT(memory);
        struct omni_http http;
        int64_t percent = 0;
        node_url(meta, &url, id, NULL);
        omni_status status = get(meta, run, &url, &http);
        if (status == OMNI_E_CONFIG && !meta->is_new_report)
            return OMNI_E_UNSUPPORTED;
        if (status != OMNI_OK)
            return status;
        omni_json_text(omni_json_of_reply(&http), "async_status", state, sizeof(state));
        omni_json_int(omni_json_of_reply(&http), "async_percent_completion", &percent);
        if (strcmp(state, "Job Completed") == 0 && percent == 100)
            return OMNI_OK;
        if (strcmp(state, "Job Failed") == 0 || strcmp(state, "Job Skipped") == 0)
            return meta->hub->fail(run, OMNI_E_TOO_MUCH, "the report run failed");
        status = meta->hub->sleep_ms(run, wait);
        if (status != OMNI_OK)
            return status;
        wait = wait * 2 < LONGEST_POLL_MS ? wait * 2 : LONGEST_POLL_MS;
    }
    return meta->hub->fail(run, OMNI_E_TOO_MUCH, "the report run does not come to an end");
}

static omni_status fetch_report(struct meta *meta, struct omni_run *run, const char *key)
{
    char id[ID_MAX];
    const char *remembered = meta->hub->remember(run, key, NULL);
    snprintf(id, sizeof(id), "%s", remembered ? remembered : "");
    struct omni_pages pages = OMNI_PAGES;
    omni_status status = await_report(meta, run, id);
    if (status == OMNI_OK)
        status = read_pages(meta, run, id, NULL, &pages);
    meta->is_new_report = 0;
    if (!omni_report_is_kept(status))
        meta->hub->remember(run, key, "");
    return status;
}

static omni_status meta_pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct meta *meta = self;
    char key[OMNI_REPORT_KEY];
    omni_report_key(key, sizeof(key), request);
    omni_status status = learn(meta, run, request->account);
    if (status != OMNI_OK)
        return status;
    const char *earlier = meta->hub->remember(run, key, NULL);
    if (earlier && earlier[0] != '\0') {
        status = fetch_report(meta, run, key);
        if (status != OMNI_E_UNSUPPORTED)
            return status;
    }
    struct omni_pages pages = OMNI_PAGES;
    status = read_pages(meta, run, request->account, request, &pages);
    /* Later pages hold on to the first one's rows: only a fresh start may go another way. */
    if (status != OMNI_E_TOO_MUCH || pages.page > 0)
        return status;
    status = start_report(meta, run, request, key);
    return status == OMNI_OK ? fetch_report(meta, run, key) : status;
}

/* A report run has no summary: nothing to compare with. */
static omni_status meta_total(void *self, struct omni_run *run, const struct omni_request *request)
{
    static const struct {
        const char *member, *column;
    } sums[] = {{"impressions", "impressions"}, {"clicks", "clicks_all"}, {"spend", "cost"}};
    struct meta *meta = self;
    struct omni_json totals = omni_json_of(meta->totals, strlen(meta->totals));
    omni_status status = OMNI_OK;
    (void)request;
    for (size_t i = 0; status == OMNI_OK && i < sizeof(sums) / sizeof(sums[0]); i++)
        status = omni_total_found(meta->hub, run, sums[i].column, totals, sums[i].member);
    return status;
}

/* ---- errors ---- */

/* The cases that a code alone does not tell. */
static omni_status judge_closely(const struct meta *meta, const struct graph_error *error)
{
    enum { TOO_MUCH_DATA = 1487534, NO_SUCH_OBJECT = 33, UNKNOWN = 99 };
    if (error->subcode == TOO_MUCH_DATA ||
        (error->code == 1 && strstr(error->message, "reduce the amount")))
        return OMNI_E_TOO_MUCH;
    if (error->subcode == UNKNOWN ||
        (error->code == 100 && error->subcode == NO_SUCH_OBJECT && meta->is_new_report))
        return OMNI_E_RETRY;
    return OMNI_E_UNSUPPORTED;
}

static omni_status meta_judge(void *self, struct omni_run *run, const struct omni_http *http,
                              uint32_t *wait_ms)
{
    struct meta *meta = self;
    struct graph_error error = graph_error_of(http);
    omni_status status = judge_closely(meta, &error);
    return status == OMNI_E_UNSUPPORTED ? graph_judge(meta->hub, run, "ads_read", http, wait_ms)
                                        : meta->hub->fail(run, status, error.message);
}

OMNI_MODULE("meta_ads", "1.0", .vendor = "omnihub", .license = "Apache-2.0", .sources = sources);
