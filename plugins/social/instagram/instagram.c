/* SPDX-License-Identifier: Apache-2.0
 * Instagram, the unpaid side: an account's days and followers, and its posts. */
#include "instagram.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "user_id", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "number of the business or creator account (not its name)"),
    OMNI_OPTION(.name = "access_token", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED | OMNI_SECRET,
                .help = "token with instagram_basic and instagram_manage_insights"),
    OMNI_OPTION(.name = "login", .type = OMNI_OPT_TEXT, .fallback = "facebook",
                .choices = "facebook|instagram",
                .help = "which login gave the token; each has a server of its own"),
    OMNI_OPTION(.name = "api_version", .type = OMNI_OPT_TEXT, .fallback = "v25.0",
                .help = "version of the Graph API"),
    OMNI_OPTION(.name = "posts", .type = OMNI_OPT_INT, .fallback = "100",
                .help = "how many of the newest posts are looked at each time; 0: all"),
    OMNI_OPTION(.name = "skip_metrics", .type = OMNI_OPT_LIST,
                .help = "metrics never to ask for, e.g. (\"website_clicks\")"),
    NULL};

static const struct omni_auth *const logins[] = {
    OMNI_LOGIN(.kind = OMNI_AUTH_BEARER, .options = "access_token"), NULL};

/* Days: the metrics and the fields they feed, in one order. */
static const char *const day_metrics[METRICS_MAX] = {
    "views",          "profile_views",    "total_interactions",
    "website_clicks", "accounts_engaged", "likes",
    "comments",       "shares",           "saves",
    "replies"};
enum { N_DAY_METRICS = 10 };
#define COUNT(path_, name)                                                                         \
    OMNI_FIELD(.path = "$." path_, .column = (name), .type = OMNI_INT, .flags = OMNI_OPTIONAL)
static const struct omni_field *const day_fields[] = {
    OMNI_FIELD(.path = "$.day", .column = "date", .type = OMNI_DATE, .flags = OMNI_KEY),
    COUNT("reach", "reach"),
    COUNT("views", "impressions"),
    COUNT("profile_views", "page_views"),
    COUNT("total_interactions", "engagements"),
    COUNT("website_clicks", "clicks"),
    COUNT("accounts_engaged", NULL),
    COUNT("likes", NULL),
    COUNT("comments", NULL),
    COUNT("shares", NULL),
    COUNT("saves", NULL),
    COUNT("replies", NULL),
    NULL};

static const struct omni_field *const profile_fields[] = {
    OMNI_FIELD(.path = "$.followers_count", .column = "followers", .type = OMNI_INT),
    OMNI_FIELD(.path = "$.username", .column = "page_name", .type = OMNI_TEXT,
               .flags = OMNI_OPTIONAL),
    COUNT("follows_count", NULL), COUNT("media_count", NULL), NULL};

/* Posts: what the list itself says, then metrics. */
#define TEXT(member, name)                                                                         \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_TEXT, .flags = OMNI_OPTIONAL)
static const char *const post_members[] = {
    "id",        "timestamp",  "media_product_type", "caption",
    "permalink", "like_count", "comments_count"};
static const char *const post_metrics[METRICS_MAX] = {
    "reach", "views", "shares", "total_interactions", "saved", "ig_reels_video_view_total_time"};
enum { N_POST_MEMBERS = 7, N_POST_METRICS = 6 };
static const struct omni_field *const post_fields[] = {
    OMNI_FIELD(.path = "$.id", .column = "post_id", .type = OMNI_TEXT, .flags = OMNI_KEY),
    OMNI_FIELD(.path = "$.timestamp", .column = "published_at", .type = OMNI_TIME,
               .unit = OMNI_TIME_ISO),
    TEXT("media_product_type", "type"),
    TEXT("caption", "body"),
    TEXT("permalink", "url"),
    COUNT("like_count", "likes"),
    COUNT("comments_count", "comments"),
    COUNT("reach", "reach"),
    COUNT("views", "impressions"),
    COUNT("shares", "shares"),
    COUNT("total_interactions", "engagements"),
    COUNT("saved", "saves"),
    OMNI_FIELD(.path = "$.ig_reels_video_view_total_time", .column = "watch_seconds",
               .type = OMNI_MICROS, .unit = OMNI_UNIT_MS, .flags = OMNI_OPTIONAL),
    NULL};

static const struct omni_stream *const streams[] = {
    OMNI_STREAM(.sync = OMNI_WINDOW, .name = "account_daily", .dataset = "social_daily",
                .help = "the account's days: reach, views, interactions", .fields = day_fields,
                .constants = "channel=Organic Social", .settle_days = 3, .max_window_days = 30,
                .day_zone = "America/Los_Angeles"),
    OMNI_STREAM(.sync = OMNI_SNAPSHOT, .name = "profile", .dataset = "social_daily",
                .help = "how many followers the account has today", .fields = profile_fields,
                .constants = "date=today;channel=Organic Social", .day_zone = "account"),
    OMNI_STREAM(.sync = OMNI_SNAPSHOT, .name = "posts", .dataset = "social_posts",
                .help = "the newest posts and their counters as of today", .fields = post_fields,
                .constants = "channel=Organic Social", .day_zone = "account"),
    NULL};

static omni_status instagram_open(const struct omni_host *, const struct omni_config *,
                                  struct omni_run *, void **self);
static omni_status instagram_check(void *self, struct omni_run *);
static omni_status instagram_accounts(void *self, struct omni_run *);
static omni_status instagram_pull(void *self, struct omni_run *, const struct omni_request *);
#define PERMISSIONS                                                                                \
    "instagram_basic and instagram_manage_insights (instagram_business_… with Instagram Login)"

static omni_status instagram_judge(void *self, struct omni_run *, const struct omni_http *,
                                   uint32_t *wait_ms);
static omni_status instagram_total(void *self, struct omni_run *, const struct omni_request *);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "instagram", .title = "Instagram", .family = "social",
                .help = "followers, days and posts of an Instagram business account",
                .api_version = "v25.0", .api_url = "https://graph.{login}.com",
                .account_option = "user_id", .options = options, .logins = logins,
                .streams = streams, .open = instagram_open, .close = free, .check = instagram_check,
                .accounts = instagram_accounts, .pull = instagram_pull, .judge = instagram_judge,
                .total = instagram_total),
    NULL};

enum { CAPTION_MAX = 16384, PAGE_SIZE = 100, DAY_S = 86400, KINDS = 4 };

static omni_status instagram_open(const struct omni_host *hub, const struct omni_config *config,
                                  struct omni_run *run, void **self)
{
    const char *id = hub->opt_text(config, "user_id");
    if (id && (id[0] == '\0' || id[strspn(id, "0123456789")] != '\0')) {
        hub->fail_detail(run, "option", "user_id");
        return hub->fail(run, OMNI_E_CONFIG,
                         "an account's id is a number: GET /me/accounts?fields="
                         "instagram_business_account lists yours, or set accounts = \"all\"");
    }
    if (hub->opt_int(config, "posts") < 0) {
        hub->fail_detail(run, "option", "posts");
        return hub->fail(run, OMNI_E_CONFIG, "the number of posts is 0 or more");
    }
    struct instagram *ig = calloc(1, sizeof(*ig));
    if (!ig)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    *ig = (struct instagram){.hub = hub, .config = config};
    *self = ig;
    return OMNI_OK;
}

/* ---- the account ---- */

static omni_status profile(struct instagram *ig, struct omni_run *run, const char *account,
                           const char *records)
{
    char memory[URL_MAX];
    struct omni_text url = OMNI_TEXT(memory);
    instagram_url(ig, &url, account, NULL);
    omni_query(&url, "fields", "id,username,followers_count,follows_count,media_count");
    struct omni_http http = {.size = sizeof(http), .url = omni_text_done(&url)};
    return records ? ig->hub->rows(run, &http, records) : ig->hub->http(run, &http);
}

/* The profile; then yesterday's reach, for which the token needs one permission more. */
static omni_status instagram_check(void *self, struct omni_run *run)
{
    struct instagram *ig = self;
    const char *account = ig->hub->opt_text(ig->config, "user_id");
    omni_status status = profile(ig, run, account, NULL);
    if (status != OMNI_OK)
        return status;
    char memory[URL_MAX];
    struct omni_text url = OMNI_TEXT(memory);
    int64_t today = (int64_t)time(NULL) / DAY_S * DAY_S;
    instagram_url(ig, &url, account, "insights");
    omni_text_add(&url, "?metric=reach&period=day");
    omni_query_int(&url, "since", today - 2 * DAY_S);
    omni_query_int(&url, "until", today - DAY_S);
    struct omni_http http = {.size = sizeof(http), .url = omni_text_done(&url)};
    status = instagram_ask(ig, run, &http);
    /* Only whether it may be asked; that it can be answered is the pull's business. */
    return ig->verdict == VERDICT_NONE ? status : OMNI_OK;
}

/* Cursors come with every page; only `next`, which holds the token, says that there is another. */
static int more_pages(struct omni_pages *pages, const struct omni_http *http)
{
    if (omni_json_at(omni_json_of_reply(http), "paging.next").kind != OMNI_JSON_TEXT)
        return omni_pages_go(pages, NULL);
    return omni_pages_after(pages, http, "paging.cursors.after");
}

static omni_status instagram_accounts(void *self, struct omni_run *run)
{
    struct instagram *ig = self;
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http = {.size = sizeof(http)};
    do {
        char memory[OMNI_PAGES_CURSOR + URL_MAX], id[ID_MAX], name[256];
        struct omni_text url = OMNI_TEXT(memory);
        instagram_url(ig, &url, "me", "accounts");
        omni_query(&url, "fields", "instagram_business_account{id,username}");
        omni_query(&url, "after", pages.cursor);
        http.url = omni_text_done(&url);
        omni_status status = ig->hub->http(run, &http);
        struct omni_json page = {0}, data = omni_json_at(omni_json_of_reply(&http), "data");
        while (status == OMNI_OK && omni_json_next(data, &page)) {
            struct omni_json found = omni_json_at(page, "instagram_business_account");
            if (!omni_json_text(found, "id", id, sizeof(id)))
                continue; /* a page without an Instagram account */
            omni_json_text(found, "username", name, sizeof(name));
            status = ig->hub->found_account(run, id, name, NULL, NULL);
        }
        if (status != OMNI_OK)
            return status;
    } while (more_pages(&pages, &http));
    return omni_pages_end(&pages, ig->hub, run);
}

static uint32_t without_skipped(const struct instagram *ig, const char *const *metrics,
                                uint32_t wanted)
{
    uint32_t n = ig->hub->opt_count(ig->config, "skip_metrics");
    for (uint32_t at = 0; at < n; at++)
        for (int i = 0; i < METRICS_MAX && metrics[i]; i++)
            if (strcmp(metrics[i], ig->hub->opt_item(ig->config, "skip_metrics", at)) == 0)
                wanted &= ~(UINT32_C(1) << i);
    return wanted;
}

static struct omni_cell text_cell(const char *s)
{
    if (s[0] == '\0')
        return (struct omni_cell){.type = OMNI_NULL};
    return (struct omni_cell){.type = OMNI_TEXT, .len = (uint32_t)strlen(s), .v.s = s};
}

/* ---- days ---- */

/* The nth Sunday of a month, as a day. */
static int32_t sunday(int year, int month, int nth)
{
    int32_t first = omni_day_of(year, month, 1);
    return first + (3 - first % 7 + 7) % 7 + 7 * (nth - 1); /* 1970-01-04, day 3, was a Sunday */
}

/* Insights are cut at midnight in Los Angeles: 08:00 UTC, in summer time 07:00. */
static int64_t day_start(int32_t day)
{
    int year, month, of_month;
    omni_day_split(day, &year, &month, &of_month);
    int is_summer = day > sunday(year, 3, 2) && day <= sunday(year, 11, 1);
    return (int64_t)day * DAY_S + (is_summer ? 7 : 8) * 3600;
}

/* Reach comes as a series, one value a day, named by the instant at which its day ends. */
static omni_status read_reach(struct instagram *ig, struct omni_run *run,
                              const struct omni_request *request, char (*reach)[VALUE_MAX])
{
    char memory[URL_MAX], end[64];
    struct omni_text url = OMNI_TEXT(memory);
    instagram_url(ig, &url, request->account, "insights");
    omni_text_add(&url, "?metric=reach&period=day");
    omni_query_int(&url, "since", day_start(request->from_day));
    omni_query_int(&url, "until", day_start(request->to_day + 1));
    struct omni_http http = {.size = sizeof(http), .url = omni_text_done(&url)};
    omni_status status = instagram_ask(ig, run, &http);
    if (status != OMNI_OK)
        return status;
    struct omni_json value = {0};
    struct omni_json values = omni_json_at(omni_json_of_reply(&http), "data[0].values");
    while (omni_json_next(values, &value)) {
        int64_t at;
        if (!omni_json_text(value, "end_time", end, sizeof(end)) || !omni_time_parse(end, &at))
            return ig->hub->fail(run, OMNI_E_DATA, "a day of reach has no end_time");
        /* Half a day before its end is inside the day, wherever exactly the days are cut. */
        int64_t day = (at - DAY_S / 2) / DAY_S - request->from_day;
        if (day >= 0 && day <= request->to_day - request->from_day &&
            !instagram_text(value, "value", reach[day], VALUE_MAX))
            return instagram_odd(ig, run, "reach");
    }
    return OMNI_OK;
}

static omni_status day_row(struct instagram *ig, struct omni_run *run, int32_t day,
                           const char *reach, char (*values)[VALUE_MAX])
{
    struct omni_cell cells[2 + N_DAY_METRICS] = {{.type = OMNI_DATE, .v.i = day}, text_cell(reach)};
    int is_empty = reach[0] == '\0';
    for (int i = 0; i < N_DAY_METRICS; i++) {
        cells[2 + i] = text_cell(values[i]);
        is_empty = is_empty && values[i][0] == '\0';
    }
    return is_empty ? OMNI_OK : ig->hub->row(run, cells, 2 + N_DAY_METRICS);
}

static omni_status pull_days(struct instagram *ig, struct omni_run *run,
                             const struct omni_request *request)
{
    enum { WINDOW = 31 };
    char reach[WINDOW][VALUE_MAX] = {{0}}, values[METRICS_MAX][VALUE_MAX], more[128];
    struct history history = {.refused = {0}};
    struct question q = {.node = request->account,
                         .metrics = day_metrics,
                         .more = more,
                         .patience = 1,
                         .history = &history,
                         .wanted = without_skipped(ig, day_metrics, (1u << N_DAY_METRICS) - 1)};
    uint32_t refused = 0;
    if (request->to_day - request->from_day >= WINDOW)
        return ig->hub->fail(run, OMNI_E_TOO_MUCH, "more than a month at once");
    omni_status status = read_reach(ig, run, request, reach);
    int has_reach = status == OMNI_OK;
    if (status != OMNI_OK && ig->verdict == VERDICT_REFUSED) {
        ig->hub->log(run, OMNI_LOG_WARN, "metric reach is left out, as it is refused");
        status = OMNI_OK;
    }
    for (int32_t day = request->from_day; status == OMNI_OK && day <= request->to_day; day++) {
        if (day_start(day) > (int64_t)time(NULL))
            break; /* it has not begun in Los Angeles */
        snprintf(more, sizeof(more), "&period=day&metric_type=total_value&since=%lld&until=%lld",
                 (long long)day_start(day), (long long)day_start(day + 1));
        status = instagram_insights(ig, run, &q, values, &refused);
        if (status == OMNI_OK && !has_reach && refused == q.wanted)
            return ig->hub->fail(run, OMNI_E_CONFIG, ig->refusal);
        if (status == OMNI_OK)
            status = day_row(ig, run, day, reach[day - request->from_day], values);
    }
    return status == OMNI_OK && (refused || !has_reach) ? ig->hub->quality(run, "partial") : status;
}

/* One question for the window as a whole, of what adds up over days: its days must be that. A
 * window that reaches into the day that is not over, or that is refused, is not compared. */
static omni_status instagram_total(void *self, struct omni_run *run,
                                   const struct omni_request *request)
{
    static const char *const columns[] = {"impressions", "page_views", "engagements", "clicks"};
    enum { N_COLUMNS = sizeof(columns) / sizeof(columns[0]) };
    struct instagram *ig = self;
    char values[METRICS_MAX][VALUE_MAX], more[128];
    struct history history = {.refused = {0}};
    struct question q = {.node = request->account,
                         .metrics = day_metrics,
                         .more = more,
                         .patience = 1,
                         .history = &history,
                         .wanted = without_skipped(ig, day_metrics, (1u << N_COLUMNS) - 1)};
    uint32_t refused = 0;
    if (strcmp(request->stream->name, "account_daily") != 0 ||
        day_start(request->to_day + 1) > (int64_t)time(NULL))
        return OMNI_E_UNSUPPORTED;
    snprintf(more, sizeof(more), "&period=day&metric_type=total_value&since=%lld&until=%lld",
             (long long)day_start(request->from_day), (long long)day_start(request->to_day + 1));
    omni_status status = instagram_insights(ig, run, &q, values, &refused);
    for (int i = 0; status == OMNI_OK && i < N_COLUMNS; i++) {
        int64_t micros;
        if (values[i][0] && omni_micros_parse(values[i], &micros))
            status = ig->hub->found_total(run, columns[i], micros);
    }
    return status;
}

/* ---- posts ---- */

/* What can be asked of each kind of post: bits of post_metrics. */
static const struct {
    const char *name;
    uint32_t metrics;
} kinds[KINDS] = {{"FEED", 0x1f}, {"REELS", 0x3f}, {"STORY", 0x0f}, {"", 0x0f}};

static int kind_of(const char *product)
{
    int kind = 0;
    while (kind < KINDS - 1 && strcmp(kinds[kind].name, product) != 0)
        kind++;
    return kind;
}

struct posts {
    struct history histories[KINDS];
    char text[CAPTION_MAX]; /* a post's own members, one after the other */
    uint64_t read;
    int is_partial;
};

static omni_status one_post(struct instagram *ig, struct omni_run *run, struct posts *posts,
                            struct omni_json post)
{
    struct omni_cell cells[N_POST_MEMBERS + N_POST_METRICS];
    char values[METRICS_MAX][VALUE_MAX];
    size_t used = 0;
    for (int i = 0; i < N_POST_MEMBERS; i++) {
        char *text = posts->text + used;
        if (used == sizeof(posts->text) ||
            !instagram_text(post, post_members[i], text, sizeof(posts->text) - used))
            return instagram_odd(ig, run, post_members[i]);
        cells[i] = text_cell(text);
        used += strlen(text) + 1;
    }
    if (cells[0].type == OMNI_NULL || cells[1].type == OMNI_NULL)
        return ig->hub->fail(run, OMNI_E_DATA, "a post has no id or no timestamp");
    int kind = kind_of(cells[2].type == OMNI_TEXT ? cells[2].v.s : "");
    uint32_t refused = 0;
    ig->is_story = strcmp(kinds[kind].name, "STORY") == 0;
    struct question q = {.node = cells[0].v.s,
                         .metrics = post_metrics,
                         .more = "",
                         .patience = 3,
                         .history = &posts->histories[kind],
                         .wanted = without_skipped(ig, post_metrics, kinds[kind].metrics)};
    omni_status status = instagram_insights(ig, run, &q, values, &refused);
    posts->is_partial |= refused != 0;
    for (int i = 0; i < N_POST_METRICS; i++)
        cells[N_POST_MEMBERS + i] = text_cell(values[i]);
    return status == OMNI_OK ? ig->hub->row(run, cells, N_POST_MEMBERS + N_POST_METRICS) : status;
}

/* The page is copied: a reply is gone with the next request, and each post makes one. */
static omni_status one_page(struct instagram *ig, struct omni_run *run, struct posts *posts,
                            const struct omni_http *http)
{
    const uint64_t wanted = (uint64_t)ig->hub->opt_int(ig->config, "posts");
    char *copy = malloc((size_t)http->reply_len + 1);
    if (!copy)
        return ig->hub->fail(run, OMNI_E_RETRY, "out of memory");
    memcpy(copy, http->reply, (size_t)http->reply_len);
    struct omni_json data = omni_json_at(omni_json_of(copy, (size_t)http->reply_len), "data");
    struct omni_json post = {0};
    omni_status status = OMNI_OK;
    if (data.kind != OMNI_JSON_ARRAY)
        status = ig->hub->fail(run, OMNI_E_DATA, "the posts have no list called data");
    while (status == OMNI_OK && (!wanted || posts->read < wanted) && omni_json_next(data, &post)) {
        posts->read++;
        status = one_post(ig, run, posts, post);
    }
    free(copy);
    return status;
}

static omni_status pull_posts(struct instagram *ig, struct omni_run *run, const char *account,
                              struct posts *posts)
{
    const uint64_t wanted = (uint64_t)ig->hub->opt_int(ig->config, "posts");
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http = {.size = sizeof(http)};
    int has_more = 1;
    while (has_more && (!wanted || posts->read < wanted)) {
        char memory[OMNI_PAGES_CURSOR + URL_MAX];
        struct omni_text url = OMNI_TEXT(memory);
        instagram_url(ig, &url, account, "media");
        omni_query(&url, "fields",
                   "id,caption,media_type,media_product_type,permalink,timestamp,like_count,"
                   "comments_count");
        omni_query_int(&url, "limit", PAGE_SIZE);
        omni_query(&url, "after", pages.cursor);
        http.url = omni_text_done(&url);
        omni_status status = ig->hub->http(run, &http);
        has_more = status == OMNI_OK && more_pages(&pages, &http);
        if (status == OMNI_OK)
            status = one_page(ig, run, posts, &http);
        if (status != OMNI_OK)
            return status;
    }
    if (posts->is_partial)
        ig->hub->quality(run, "partial");
    return omni_pages_end(&pages, ig->hub, run);
}

static omni_status instagram_pull(void *self, struct omni_run *run,
                                  const struct omni_request *request)
{
    struct instagram *ig = self;
    if (strcmp(request->stream->name, "account_daily") == 0)
        return pull_days(ig, run, request);
    if (strcmp(request->stream->name, "profile") == 0)
        return profile(ig, run, request->account, "$");
    struct posts *posts = calloc(1, sizeof(*posts));
    if (!posts)
        return ig->hub->fail(run, OMNI_E_RETRY, "out of memory");
    omni_status status = pull_posts(ig, run, request->account, posts);
    free(posts);
    return status;
}

/* ---- errors ---- */

static omni_status instagram_judge(void *self, struct omni_run *run, const struct omni_http *http,
                                   uint32_t *wait_ms)
{
    enum { BEFORE_BUSINESS = 2108006, NO_SUCH_OBJECT = 33 };
    struct instagram *ig = self;
    struct graph_error error = graph_error_of(http);
    /* A post from before the account was a business, a story that hardly anyone saw. */
    if (ig->asks_insights && ((error.code == 100 && error.subcode == BEFORE_BUSINESS) ||
                              (error.code == 10 && ig->is_story)))
        ig->verdict = VERDICT_NOTHING;
    else if (ig->asks_insights && error.code == 100 && error.subcode != NO_SUCH_OBJECT)
        ig->verdict = VERDICT_REFUSED;
    if (ig->verdict == VERDICT_NONE || !ig->asks_insights)
        return graph_judge(ig->hub, run, PERMISSIONS, http, wait_ms);
    snprintf(ig->refusal, sizeof(ig->refusal), "%s", error.message);
    return OMNI_E_CONFIG;
}

OMNI_MODULE("instagram", "1.0", .vendor = "omnihub", .license = "Apache-2.0", .sources = sources);
