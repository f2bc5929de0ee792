/* SPDX-License-Identifier: Apache-2.0
 * Google Search Console: how a site is found in Google's results, by day, query and page. */
#include "../../common/google.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "site_url", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "the property: sc-domain:example.com, or https://www.example.com/ with "
                        "its slash"),
    OMNI_OPTION(.name = "search_type", .type = OMNI_OPT_TEXT, .fallback = "web",
                .choices = "web|image|video|news|discover|googleNews",
                .help = "which results; one connector for each"),
    OMNI_OPTION(.name = "data_state", .type = OMNI_OPT_TEXT, .fallback = "final",
                .choices = "final|all",
                .help = "all: also the last two or three days, which are not complete yet"),
    GOOGLE_LOGIN_OPTIONS("may read the property"),
    OMNI_OPTION(.name = "api_version", .type = OMNI_OPT_TEXT, .fallback = "v3",
                .help = "version of the API"),
    OMNI_OPTION(.name = "page_size", .type = OMNI_OPT_INT, .fallback = "25000",
                .help = "rows asked for at once, at most 25000"),
    OMNI_OPTION_TOTALS,
    NULL};

#define SCOPE "https://www.googleapis.com/auth/webmasters.readonly"
static const struct omni_auth *const logins[] = {GOOGLE_LOGINS(.scope = SCOPE), NULL};

/* The plugin makes the rows itself: an average position cannot be added up, its sum can. Cells come
 * in this order, the second key last. */
#define FIELDS                                                                                     \
    OMNI_FIELD(.path = "$.keys[0]", .column = "date", .type = OMNI_DATE, .flags = OMNI_KEY),       \
        OMNI_FIELD(.path = "$.type", .column = "search_type", .type = OMNI_TEXT,                   \
                   .flags = OMNI_KEY, .help = "as asked for"),                                     \
        OMNI_FIELD(.path = "$.clicks", .column = "clicks", .type = OMNI_INT),                      \
        OMNI_FIELD(.path = "$.impressions", .column = "impressions", .type = OMNI_INT),            \
        OMNI_FIELD(.path = "$.position", .column = "position_weighted", .type = OMNI_MICROS,       \
                   .help = "position × impressions")
#define SECOND(name)                                                                               \
    OMNI_FIELD(.path = "$.keys[1]", .column = (name), .type = OMNI_TEXT, .flags = OMNI_KEY)
#define STREAM(name_, help_, ...)                                                                  \
    OMNI_STREAM(.sync = OMNI_WINDOW, .name = (name_), .dataset = "search_daily", .help = (help_),  \
                .settle_days = 5, .max_window_days = 31, .history_days = 480,                      \
                .day_zone = "America/Los_Angeles",                                                 \
                .fields = (const struct omni_field *const[]){__VA_ARGS__, NULL})

static const struct omni_stream *const streams[] = {
    STREAM("site_totals", "the whole site's day, anonymised queries too", FIELDS),
    STREAM("queries", "what people typed", FIELDS, SECOND("query")),
    STREAM("pages", "which pages were shown", FIELDS, SECOND("page")), NULL};

static omni_status gsc_open(const struct omni_host *, const struct omni_config *, struct omni_run *,
                            void **self);
static void gsc_close(void *self);
static omni_status gsc_check(void *self, struct omni_run *);
static omni_status gsc_accounts(void *self, struct omni_run *);
static omni_status gsc_pull(void *self, struct omni_run *, const struct omni_request *);
static omni_status gsc_total(void *self, struct omni_run *, const struct omni_request *);
static omni_status gsc_judge(void *self, struct omni_run *, const struct omni_http *,
                             uint32_t *wait_ms);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "google_search_console", .title = "Google Search Console",
                .family = "search",
                .help = "impressions, clicks and positions in Google's unpaid results",
                .api_version = "v3", .api_url = "https://searchconsole.googleapis.com",
                .hosts = "oauth2.googleapis.com", .account_option = "site_url", .options = options,
                .logins = logins, .streams = streams, .open = gsc_open, .close = gsc_close,
                .check = gsc_check, .accounts = gsc_accounts, .pull = gsc_pull, .total = gsc_total,
                .judge = gsc_judge),
    NULL};

enum { URL_MAX = 4096, BODY_MAX = 512, KEY_MAX = 16384 };
/* Google keeps about this many rows a day; the rest is not served. */
enum { DAY_CEILING = 50000, SEEN_SLOTS = 1 << 18 };

struct gsc {
    const struct omni_host *hub;
    const struct omni_config *config;
    uint64_t *seen; /* fingerprints of a day's keys; 0: free */
    uint32_t n_seen;
    uint64_t n, again; /* rows of the page read last, and those that an earlier page had */
    char key[KEY_MAX]; /* a query or a url */
};

static omni_status gsc_open(const struct omni_host *hub, const struct omni_config *config,
                            struct omni_run *run, void **self)
{
    omni_status status =
        omni_option_between(hub, config, run, &(const struct omni_range){"page_size", 1, 25000});
    if (status != OMNI_OK)
        return status;
    struct gsc *gsc = calloc(1, sizeof(*gsc));
    uint64_t *seen = calloc(SEEN_SLOTS, sizeof(*seen));
    if (!gsc || !seen) {
        free(gsc);
        free(seen);
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    }
    *gsc = (struct gsc){.hub = hub, .config = config, .seen = seen};
    *self = gsc;
    return OMNI_OK;
}

static void gsc_close(void *self)
{
    struct gsc *gsc = self;
    free(gsc->seen);
    free(gsc);
}

/* ---- sites ---- */

/* Calls found_account() for each site that may be read, or looks for one: *is_there. */
static omni_status list_sites(struct gsc *gsc, struct omni_run *run, const char *wanted,
                              int *is_there)
{
    char memory[URL_MAX], site[2048], level[64];
    struct omni_text url = OMNI_TEXT(memory);
    omni_text_add(&url, "/webmasters");
    omni_path_segment(&url, gsc->hub->opt_text(gsc->config, "api_version"));
    omni_text_add(&url, "/sites");
    struct omni_http http = {.size = sizeof(http), .url = omni_text_done(&url)};
    if (!http.url)
        return gsc->hub->fail(run, OMNI_E_CONFIG, "api_version is too long");
    omni_status status = gsc->hub->http(run, &http);
    struct omni_json item = {0}, list = omni_json_at(omni_json_of_reply(&http), "siteEntry");
    while (status == OMNI_OK && omni_json_next(list, &item)) {
        omni_json_text(item, "permissionLevel", level, sizeof(level));
        if (!omni_json_text(item, "siteUrl", site, sizeof(site)) ||
            strcmp(level, "siteUnverifiedUser") == 0)
            continue;
        if (!wanted)
            status = gsc->hub->found_account(run, site, NULL, NULL, "America/Los_Angeles");
        else
            *is_there = *is_there || strcmp(site, wanted) == 0;
    }
    return status;
}

static omni_status gsc_accounts(void *self, struct omni_run *run)
{
    return list_sites(self, run, NULL, NULL);
}

static omni_status gsc_check(void *self, struct omni_run *run)
{
    struct gsc *gsc = self;
    const char *site = gsc->hub->opt_text(gsc->config, "site_url");
    int is_there = 0;
    omni_status status = list_sites(gsc, run, site ? site : "", &is_there);
    if (status != OMNI_OK || is_there)
        return status;
    gsc->hub->fail_detail(run, "option", "site_url");
    return gsc->hub->fail(run, OMNI_E_AUTH,
                          "the login works, but is no user of this property: add its e-mail under "
                          "Settings > Users (and mind the slash at the end of a url)");
}

/* ---- rows ---- */

/* Clicks and impressions are doubles that are whole. */
static int parse_count(struct omni_json row, const char *name, int64_t *count)
{
    int places;
    return omni_json_decimal(row, name, count, &places) && places == 0;
}

/* average × impressions, as millionths: exact but for the last of them, rounded half up. */
static int weigh(int64_t digits, int places, int64_t impressions, int64_t *micros)
{
    __extension__ __int128 product = (__int128)digits * impressions;
    __extension__ __int128 divisor = 1;
    if (product < 0 || product > (__int128)INT64_MAX * INT64_MAX / 10000000)
        return 0;
    for (int i = places; i < 6; i++)
        product *= 10;
    for (int i = 6; i < places; i++)
        divisor *= 10;
    product = (product + divisor / 2) / divisor;
    *micros = (int64_t)product;
    return product <= INT64_MAX;
}

/* 1: this key came before. Pages are cut from a list whose ties may change places meanwhile. */
static int is_known(struct gsc *gsc, const char *key)
{
    uint64_t hash = 14695981039346656037u;
    for (const char *p = key; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 1099511628211u;
    hash += hash == 0;
    uint32_t slot = (uint32_t)(hash >> 40) % SEEN_SLOTS;
    while (gsc->seen[slot] && gsc->seen[slot] != hash)
        slot = (slot + 1) % SEEN_SLOTS;
    if (gsc->seen[slot])
        return 1;
    gsc->seen[slot] = hash;
    gsc->n_seen++;
    return 0;
}

static void forget_keys(struct gsc *gsc)
{
    if (gsc->n_seen)
        memset(gsc->seen, 0, SEEN_SLOTS * sizeof(*gsc->seen));
    gsc->n_seen = 0;
}

static omni_status give_row(struct gsc *gsc, struct omni_run *run, struct omni_json row,
                            const char *key)
{
    const char *type = gsc->hub->opt_text(gsc->config, "search_type");
    int64_t clicks, impressions, digits, weighted;
    int32_t day;
    int places;
    char date[16];
    if (!omni_json_text(row, "keys[0]", date, sizeof(date)) || !omni_day_parse(date, &day) ||
        !parse_count(row, "clicks", &clicks) || !parse_count(row, "impressions", &impressions) ||
        !omni_json_decimal(row, "position", &digits, &places) ||
        !weigh(digits, places, impressions, &weighted))
        return gsc->hub->fail(run, OMNI_E_DATA,
                              "a row without date, clicks, impressions and position, or with one "
                              "that is not a number");
    const struct omni_cell cells[] = {
        {.type = OMNI_DATE, .v.i = day},
        {.type = OMNI_TEXT, .len = (uint32_t)strlen(type), .v.s = type},
        {.type = OMNI_INT, .v.i = clicks},
        {.type = OMNI_INT, .v.i = impressions},
        {.type = OMNI_MICROS, .v.i = weighted},
        {.type = OMNI_TEXT, .len = key ? (uint32_t)strlen(key) : 0, .v.s = key},
    };
    return gsc->hub->row(run, cells, key ? 6 : 5);
}

/* One page, counted. */
static omni_status give_page(struct gsc *gsc, struct omni_run *run, struct omni_json reply,
                             int has_second)
{
    struct omni_json item = {0}, rows = omni_json_at(reply, "rows");
    omni_status status = OMNI_OK;
    for (gsc->n = gsc->again = 0; status == OMNI_OK && omni_json_next(rows, &item); gsc->n++) {
        if (!omni_json_text(item, has_second ? "keys[1]" : "keys[0]", gsc->key, KEY_MAX))
            return gsc->hub->fail(run, OMNI_E_DATA, "a row without its keys");
        if (is_known(gsc, gsc->key))
            gsc->again++;
        else
            status = give_row(gsc, run, item, has_second ? gsc->key : NULL);
    }
    return status;
}

/* ---- pulling ---- */

struct ask {
    const char *account;
    const char *dimensions; /* of the body, e.g. "date","query" */
    int has_second;         /* a row is a day and something else */
    int32_t from, to;
};

static omni_status ask_page(struct gsc *gsc, struct omni_run *run, const struct ask *ask,
                            uint64_t start, struct omni_http *http)
{
    char url_memory[URL_MAX], body_memory[BODY_MAX];
    struct omni_text url = OMNI_TEXT(url_memory), body = OMNI_TEXT(body_memory);
    omni_text_add(&url, "/webmasters");
    omni_path_segment(&url, gsc->hub->opt_text(gsc->config, "api_version"));
    omni_text_add(&url, "/sites");
    omni_path_segment(&url, ask->account);
    omni_text_add(&url, "/searchAnalytics/query");
    omni_text_add(&body, "{");
    omni_json_add_day(&body, "startDate", ask->from);
    omni_json_add_day(&body, "endDate", ask->to);
    omni_text_add(&body, ",\"dimensions\":[");
    omni_text_add(&body, ask->dimensions);
    omni_text_add(&body, "]");
    omni_json_add_text(&body, "type", gsc->hub->opt_text(gsc->config, "search_type"));
    omni_json_add_text(&body, "dataState", gsc->hub->opt_text(gsc->config, "data_state"));
    omni_json_add_int(&body, "rowLimit", gsc->hub->opt_int(gsc->config, "page_size"));
    omni_json_add_int(&body, "startRow", (int64_t)start);
    omni_text_add(&body, "}");
    *http = (struct omni_http){.size = sizeof(*http),
                               .method = "POST",
                               .flags = OMNI_HTTP_REPEATABLE,
                               .url = omni_text_done(&url),
                               .body = omni_text_done(&body)};
    if (!http->url || !http->body)
        return gsc->hub->fail(run, OMNI_E_CONFIG, "site_url is too long");
    http->body_len = strlen(http->body);
    return gsc->hub->http(run, http);
}

/* All pages of a range. The platform counts rows, not pages: one that is not full is the last. */
static omni_status pull_range(struct gsc *gsc, struct omni_run *run, const struct ask *ask)
{
    const uint64_t size = (uint64_t)gsc->hub->opt_int(gsc->config, "page_size");
    uint64_t start = 0, doubled = 0;
    forget_keys(gsc);
    do {
        struct omni_http http;
        omni_status status = ask_page(gsc, run, ask, start, &http);
        struct omni_json reply = omni_json_of_reply(&http);
        /* A day without rows is an object without "rows"; half a reply is none at all. */
        if (status == OMNI_OK && reply.kind != OMNI_JSON_OBJECT)
            status = gsc->hub->fail(run, OMNI_E_DATA, "the reply is not whole");
        if (status == OMNI_OK)
            status = give_page(gsc, run, reply, ask->has_second);
        /* Days from here on are not complete. */
        if (status == OMNI_OK &&
            omni_json_at(reply, "metadata.firstIncompleteDate").kind == OMNI_JSON_TEXT)
            status = gsc->hub->quality(run, "provisional");
        if (status != OMNI_OK)
            return status;
        if (gsc->n > 0 && gsc->again == gsc->n)
            return gsc->hub->fail(run, OMNI_E_DATA, "the pages go in a circle: one came twice");
        doubled += gsc->again;
        start += gsc->n;
    } while (gsc->n >= size && start < SEEN_SLOTS / 2);
    /* For each row that came twice another one may have been missed. */
    return doubled || start >= DAY_CEILING ? gsc->hub->quality(run, "truncated") : OMNI_OK;
}

static omni_status gsc_pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct gsc *gsc = self;
    const char *type = gsc->hub->opt_text(gsc->config, "search_type");
    const char *stream = request->stream->name;
    struct ask ask = {.account = request->account,
                      .from = request->from_day,
                      .to = request->to_day,
                      .dimensions = "\"date\""};
    if (strcmp(stream, "site_totals") == 0)
        return pull_range(gsc, run, &ask);
    const int is_query = strcmp(stream, "queries") == 0;
    if (is_query && (strcmp(type, "discover") == 0 || strcmp(type, "googleNews") == 0)) {
        gsc->hub->log(run, OMNI_LOG_INFO, "this search type has no queries");
        return OMNI_OK;
    }
    ask.has_second = 1;
    ask.dimensions = is_query ? "\"date\",\"query\"" : "\"date\",\"page\"";
    /* Day by day: the ceiling holds for a day, and a long range is expensive. */
    omni_status status = OMNI_OK;
    for (int32_t day = request->from_day; status == OMNI_OK && day <= request->to_day; day++) {
        ask.from = ask.to = day;
        status = pull_range(gsc, run, &ask);
    }
    return status;
}

/* The site's days against the whole range without dimensions. Queries are fewer and pages more by
 * their nature, and days that are not final move between two requests. */
static omni_status gsc_total(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct gsc *gsc = self;
    const struct ask ask = {.account = request->account,
                            .from = request->from_day,
                            .to = request->to_day,
                            .dimensions = ""};
    struct omni_http http;
    if (!gsc->hub->opt_int(gsc->config, "totals") ||
        strcmp(request->stream->name, "site_totals") != 0 ||
        strcmp(gsc->hub->opt_text(gsc->config, "data_state"), "final") != 0)
        return OMNI_E_UNSUPPORTED;
    omni_status status = ask_page(gsc, run, &ask, 0, &http);
    struct omni_json totals = omni_json_at(omni_json_of_reply(&http), "rows[0]");
    if (status == OMNI_OK)
        status = omni_total_found(gsc->hub, run, "impressions", totals, "impressions");
    if (status == OMNI_OK)
        status = omni_total_found(gsc->hub, run, "clicks", totals, "clicks");
    return status;
}

/* By the reason. A quota of 15 minutes says how expensive the queries were. */
static const struct omni_meaning meanings[] = {
    {.code = "quotaExceeded", .status = OMNI_E_THROTTLED, .wait_s = 15 * 60},
    {.code = "dailyLimitExceeded", .status = OMNI_E_THROTTLED, .wait_s = 15 * 60},
    {.code = "rateLimitExceeded", .status = OMNI_E_THROTTLED, .wait_s = 60},
    {.code = "userRateLimitExceeded", .status = OMNI_E_THROTTLED, .wait_s = 60},
    {.code = "RESOURCE_EXHAUSTED", .status = OMNI_E_THROTTLED},
    {.code = "backendError", .status = OMNI_E_RETRY},
    {.code = "invalidParameter", .status = OMNI_E_CONFIG},
    {.code = "notFound",
     .status = OMNI_E_CONFIG,
     .remedy = "check site_url, and whether api_version is still served"},
    GOOGLE_SCOPE_IS_MISSING("insufficientPermissions", SCOPE),
    GOOGLE_SCOPE_IS_MISSING("ACCESS_TOKEN_SCOPE_INSUFFICIENT", SCOPE),
    {.code = "accessNotConfigured",
     .status = OMNI_E_CONFIG,
     .remedy = "enable the Google Search Console API in the login's Cloud project"},
    {.code = "forbidden",
     .status = OMNI_E_AUTH,
     .remedy = "add the login's e-mail to the property's users"},
    {.code = "PERMISSION_DENIED",
     .status = OMNI_E_AUTH,
     .remedy = "add the login's e-mail to the property's users"},
    {.code = NULL}};

static omni_status gsc_judge(void *self, struct omni_run *run, const struct omni_http *http,
                             uint32_t *wait_ms)
{
    const struct gsc *gsc = self;
    return google_judge(gsc->hub, run, meanings, http, wait_ms);
}

OMNI_MODULE("google_search_console", "1.0", .vendor = "omnihub", .license = "Apache-2.0",
            .sources = sources);
