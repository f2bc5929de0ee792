/* SPDX-License-Identifier: Apache-2.0
 * Mastodon: followers of an account, and how often its posts were liked, shared and answered. */
#include <omnihub/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "instance", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "the server that is asked, e.g. mastodon.social"),
    OMNI_OPTION(.name = "account", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "name on that server, or name@other.server"),
    OMNI_OPTION(.name = "access_token", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "token with read:accounts and read:statuses; most servers need none"),
    OMNI_OPTION(.name = "posts", .type = OMNI_OPT_INT, .fallback = "400",
                .help = "how many of the newest posts are looked at each time; 0: all"),
    OMNI_OPTION(.name = "replies", .type = OMNI_OPT_BOOL, .fallback = "true",
                .help = "with answers to other people's posts"),
    OMNI_OPTION(.name = "api_version", .type = OMNI_OPT_TEXT, .fallback = "v1",
                .help = "version of the API"),
    NULL};

static const struct omni_auth *const logins[] = {
    OMNI_LOGIN(.kind = OMNI_AUTH_BEARER, .options = "access_token"),
    OMNI_LOGIN(.kind = OMNI_AUTH_NONE, .options = ""), NULL};

#define TEXT_IF(member, name)                                                                      \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_TEXT, .flags = OMNI_OPTIONAL)
#define COUNT(member, name) OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_INT)
#define COUNT_IF(member, name)                                                                     \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_INT, .flags = OMNI_OPTIONAL)

static const struct omni_field *const profile_fields[] = {
    COUNT("followers_count", "followers"), TEXT_IF("display_name", "page_name"),
    COUNT_IF("following_count", NULL), COUNT_IF("statuses_count", NULL), NULL};

static const struct omni_field *const post_fields[] = {
    OMNI_FIELD(.path = "$.id", .column = "post_id", .type = OMNI_TEXT, .flags = OMNI_KEY),
    OMNI_FIELD(.path = "$.created_at", .column = "published_at", .type = OMNI_TIME,
               .unit = OMNI_TIME_ISO),
    TEXT_IF("visibility", "type"),
    TEXT_IF("content", "body"),
    TEXT_IF("url", "url"),
    COUNT("favourites_count", "likes"),
    COUNT("replies_count", "comments"),
    COUNT("reblogs_count", "shares"),
    COUNT_IF("quotes_count", NULL),
    TEXT_IF("language", NULL),
    NULL};

static const struct omni_stream *const streams[] = {
    OMNI_STREAM(.sync = OMNI_SNAPSHOT, .name = "profile", .dataset = "social_daily",
                .help = "how many followers the account has today", .fields = profile_fields,
                .constants = "date=today;channel=Organic Social", .day_zone = "account"),
    OMNI_STREAM(.sync = OMNI_SNAPSHOT, .name = "posts", .dataset = "social_posts",
                .help = "the newest posts and their counters as of today", .fields = post_fields,
                .constants = "channel=Organic Social", .day_zone = "account"),
    NULL};

static omni_status mastodon_open(const struct omni_host *, const struct omni_config *,
                                 struct omni_run *, void **self);
static omni_status mastodon_check(void *self, struct omni_run *);
static omni_status mastodon_pull(void *self, struct omni_run *, const struct omni_request *);
static omni_status mastodon_judge(void *self, struct omni_run *, const struct omni_http *,
                                  uint32_t *wait_ms);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "mastodon", .title = "Mastodon", .family = "social",
                .help = "followers and posts of an account of the fediverse", .api_version = "v1",
                .api_url = "https://{instance}", .account_option = "account", .options = options,
                .logins = logins, .streams = streams, .open = mastodon_open, .close = free,
                .check = mastodon_check, .pull = mastodon_pull, .judge = mastodon_judge),
    NULL};

enum { URL_MAX = 1024, ID_MAX = 64, MESSAGE_MAX = 768, PAGE_SIZE = 40, DAY_S = 86400 };

struct mastodon {
    const struct omni_host *hub;
    const struct omni_config *config;
};

static omni_status mastodon_open(const struct omni_host *hub, const struct omni_config *config,
                                 struct omni_run *run, void **self)
{
    if (hub->opt_int(config, "posts") < 0) {
        hub->fail_detail(run, "option", "posts");
        return hub->fail(run, OMNI_E_CONFIG, "the number of posts is 0 or more");
    }
    struct mastodon *m = calloc(1, sizeof(*m));
    if (!m)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    *m = (struct mastodon){.hub = hub, .config = config};
    *self = m;
    return OMNI_OK;
}

/* /api/v1/accounts */
static void accounts_url(const struct mastodon *m, struct omni_text *url)
{
    omni_text_add(url, "/api");
    omni_path_segment(url, m->hub->opt_text(m->config, "api_version"));
    omni_text_add(url, "/accounts");
}

/* "@name" is how people write it. */
static void lookup_url(const struct mastodon *m, struct omni_text *url, const char *account)
{
    accounts_url(m, url);
    omni_text_add(url, "/lookup");
    omni_query(url, "acct", account + (account[0] == '@'));
}

static omni_status find_id(struct mastodon *m, struct omni_run *run, const char *account,
                           char id[ID_MAX])
{
    char memory[URL_MAX];
    struct omni_text url = OMNI_TEXT(memory);
    lookup_url(m, &url, account);
    struct omni_http http = {.size = sizeof(http), .url = omni_text_done(&url)};
    if (!http.url)
        return m->hub->fail(run, OMNI_E_CONFIG, "the account's name is too long");
    omni_status status = m->hub->http(run, &http);
    if (status == OMNI_OK && !omni_json_text(omni_json_of_reply(&http), "id", id, ID_MAX))
        return m->hub->fail(run, OMNI_E_DATA, "the account that was found has no id");
    return status;
}

static omni_status mastodon_check(void *self, struct omni_run *run)
{
    struct mastodon *m = self;
    char id[ID_MAX];
    return find_id(m, run, m->hub->opt_text(m->config, "account"), id);
}

static omni_status pull_profile(struct mastodon *m, struct omni_run *run, const char *account)
{
    char memory[URL_MAX];
    struct omni_text url = OMNI_TEXT(memory);
    lookup_url(m, &url, account);
    struct omni_http http = {.size = sizeof(http), .url = omni_text_done(&url)};
    if (!http.url)
        return m->hub->fail(run, OMNI_E_CONFIG, "the account's name is too long");
    return m->hub->rows(run, &http, "$");
}

/* Newest first. Shared posts of others are left out: their counters are not this account's. */
static omni_status pull_posts(struct mastodon *m, struct omni_run *run, const char *account)
{
    const uint64_t wanted = (uint64_t)m->hub->opt_int(m->config, "posts");
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http = {.size = sizeof(http)};
    char memory[URL_MAX], id[ID_MAX];
    uint64_t read = 0;
    omni_status status = find_id(m, run, account, id);
    if (status != OMNI_OK)
        return status;
    struct omni_text url = OMNI_TEXT(memory);
    accounts_url(m, &url);
    omni_path_segment(&url, id);
    omni_text_add(&url, "/statuses?exclude_reblogs=true");
    omni_query(&url, "exclude_replies", m->hub->opt_int(m->config, "replies") ? NULL : "true");
    omni_query_int(&url, "limit", PAGE_SIZE);
    do {
        http.url = pages.page == 0 ? omni_text_done(&url) : pages.cursor;
        status = m->hub->rows(run, &http, "$[*]");
        if (status != OMNI_OK)
            return status;
        read += http.records;
        if (wanted && read >= wanted)
            return OMNI_OK;
    } while (omni_pages_link(&pages, &http));
    return omni_pages_end(&pages, m->hub, run);
}

static omni_status mastodon_pull(void *self, struct omni_run *run,
                                 const struct omni_request *request)
{
    return strcmp(request->stream->name, "profile") == 0 ? pull_profile(self, run, request->account)
                                                         : pull_posts(self, run, request->account);
}

/* The header says when the quota is whole again: a time, not seconds. 0: not said. */
static uint32_t wait_of(const struct omni_http *http)
{
    int64_t reset, now = (int64_t)time(NULL);
    const char *header = omni_reply_header(http, "x-ratelimit-reset");
    if (!header || !omni_time_parse(header, &reset) || reset < now)
        return 0;
    return (uint32_t)(reset - now < DAY_S ? reset - now + 1 : DAY_S) * 1000;
}

static omni_status mastodon_judge(void *self, struct omni_run *run, const struct omni_http *http,
                                  uint32_t *wait_ms)
{
    static const struct {
        int32_t http;
        omni_status status;
        const char *remedy;
    } meanings[] = {
        {401, OMNI_E_AUTH, ": this server wants a login: give access_token, or renew it"},
        {403, OMNI_E_AUTH, ": the token may not see this, or the account is suspended"},
        {404, OMNI_E_CONFIG, ": is `account` written as on this server? name or name@other.server"},
        {410, OMNI_E_CONFIG, ": the account is gone"},
        {422, OMNI_E_CONFIG, ""},
        {429, OMNI_E_THROTTLED, ""},
    };
    const struct omni_host *hub = ((struct mastodon *)self)->hub;
    char error[MESSAGE_MAX - 256], text[MESSAGE_MAX];
    if (http->status < 300)
        return OMNI_OK;
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (meanings[i].http != http->status)
            continue;
        if (http->status == 429)
            *wait_ms = wait_of(http);
        omni_json_text(omni_json_of_reply(http), "error", error, sizeof(error));
        snprintf(text, sizeof(text), "Mastodon answered %d %s%s", (int)http->status, error,
                 meanings[i].remedy);
        return hub->fail(run, meanings[i].status, text);
    }
    return OMNI_E_UNSUPPORTED;
}

OMNI_MODULE("mastodon", "1.0", .vendor = "omnihub", .license = "Apache-2.0", .sources = sources);
