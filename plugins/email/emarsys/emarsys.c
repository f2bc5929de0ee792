/* SPDX-License-Identifier: Apache-2.0
 * SAP Emarsys: what became of each e-mail campaign, day by day, and the campaigns themselves. */
#include <omnihub/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "client_id", .type = OMNI_OPT_TEXT,
                .help = "OAuth login: the credential's id"),
    OMNI_OPTION(.name = "client_secret", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "OAuth login: its secret"),
    OMNI_OPTION(.name = "user", .type = OMNI_OPT_TEXT,
                .help = "WSSE login, in its place: name of the API user, e.g. shop001"),
    OMNI_OPTION(.name = "secret", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "WSSE login: the user's secret; it signs each request and is never sent"),
    OMNI_OPTION(.name = "timezone", .type = OMNI_OPT_TEXT,
                .help = "the account's, e.g. Europe/Vienna; the hub's where not given"),
    OMNI_OPTION(.name = "lookback_days", .type = OMNI_OPT_INT, .fallback = "45",
                .help = "campaigns made up to so many days before a day are asked for that day"),
    OMNI_OPTION(.name = "api_version", .type = OMNI_OPT_TEXT,
                .help = "version of the API; v3 with the OAuth login, v2 with WSSE"),
    NULL};

static const struct omni_auth *const logins[] = {
    OMNI_LOGIN(.kind = OMNI_AUTH_OAUTH2_CLIENT_BASIC, .options = "client_id,client_secret",
               .token_url = "https://auth.emarsys.net/oauth2/token"),
    OMNI_LOGIN(.kind = OMNI_AUTH_WSSE, .options = "user,secret"), NULL};

/* The members of a response summary and the columns they feed, in one order. */
static const char *const members[] = {"sent",        "soft_bounces",  "hard_bounces",
                                      "opened",      "total_clicks",  "unique_clicks",
                                      "unsubscribe", "block_bounces", "spam_complaints"};
enum { N_MEMBERS = sizeof(members) / sizeof(members[0]), N_KEYS = 3 };
#define COUNT(member, name)                                                                        \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_INT, .flags = OMNI_OPTIONAL)
static const struct omni_field *const day_fields[] = {
    OMNI_FIELD(.path = "$.day", .column = "date", .type = OMNI_DATE, .flags = OMNI_KEY),
    OMNI_FIELD(.path = "$.id", .column = "campaign_id", .type = OMNI_TEXT, .flags = OMNI_KEY),
    OMNI_FIELD(.path = "$.name", .column = "campaign_name", .type = OMNI_TEXT,
               .flags = OMNI_OPTIONAL),
    COUNT("sent", "sends"),
    COUNT("soft_bounces", "bounces_soft"),
    COUNT("hard_bounces", "bounces_hard"),
    COUNT("opened", "opens_unique"),
    COUNT("total_clicks", "clicks"),
    COUNT("unique_clicks", "clicks_unique"),
    COUNT("unsubscribe", "unsubscribes"),
    COUNT("block_bounces", NULL),
    COUNT("spam_complaints", "spam_reports"),
    NULL};

#define TEXT(member, name)                                                                         \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_TEXT, .flags = OMNI_OPTIONAL)
static const struct omni_field *const campaign_fields[] = {
    OMNI_FIELD(.path = "$.id", .column = "message_id", .type = OMNI_TEXT, .flags = OMNI_KEY),
    OMNI_FIELD(.path = "$.id", .column = "campaign_id", .type = OMNI_TEXT),
    OMNI_FIELD(.path = "$.name", .column = "name", .type = OMNI_TEXT),
    TEXT("subject", "subject"),
    TEXT("fromname", "sender"),
    TEXT("status", "status"),
    TEXT("email_category", "type"),
    TEXT("language", NULL),
    NULL};

static const struct omni_stream *const streams[] = {
    OMNI_STREAM(.sync = OMNI_WINDOW, .name = "responses", .dataset = "messages_daily",
                .help = "each campaign's day: sent, opened, clicked, bounced", .fields = day_fields,
                .constants = "basis=event_date;channel=Email", .settle_days = 3,
                .max_window_days = 7, .day_zone = "account"),
    OMNI_STREAM(.sync = OMNI_SNAPSHOT, .name = "campaigns", .dataset = "messages",
                .help = "the campaigns: name, subject, sender, status", .fields = campaign_fields),
    NULL};

static omni_status emarsys_open(const struct omni_host *, const struct omni_config *,
                                struct omni_run *, void **self);
static omni_status emarsys_check(void *self, struct omni_run *);
static omni_status emarsys_pull(void *self, struct omni_run *, const struct omni_request *);
static omni_status emarsys_total(void *self, struct omni_run *, const struct omni_request *);
static omni_status emarsys_judge(void *self, struct omni_run *, const struct omni_http *,
                                 uint32_t *wait_ms);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "emarsys", .title = "SAP Emarsys", .family = "email",
                .help = "e-mail campaigns and what came of them, day by day", .api_version = "v3",
                .api_url = "https://api.emarsys.net/api", .options = options, .logins = logins,
                .streams = streams, .open = emarsys_open, .close = free, .check = emarsys_check,
                .pull = emarsys_pull, .judge = emarsys_judge, .total = emarsys_total),
    NULL};

enum { URL_MAX = 512, ID_MAX = 64, NAME_MAX = 256, NUMBER_MAX = 32, MESSAGE_MAX = 768 };
enum { DAY_S = 86400, EPOCH_MIN = 1000000000, MAX_LOOKBACK = 3650 };

struct emarsys {
    const struct omni_host *hub;
    const struct omni_config *config;
    struct omni_sum totals[N_MEMBERS]; /* of the window at hand, as total() hears them */
};

static omni_status emarsys_open(const struct omni_host *hub, const struct omni_config *config,
                                struct omni_run *run, void **self)
{
    int64_t days = hub->opt_int(config, "lookback_days");
    if (days < 0 || days > MAX_LOOKBACK) {
        hub->fail_detail(run, "option", "lookback_days");
        return hub->fail(run, OMNI_E_CONFIG, "the look-back is from 0 to 3650 days");
    }
    struct emarsys *em = calloc(1, sizeof(*em));
    if (!em)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    *em = (struct emarsys){.hub = hub, .config = config};
    *self = em;
    return OMNI_OK;
}

/* /v2/email/ or /v2/email/ID/responsesummary */
static void email_url(const struct emarsys *em, struct omni_text *url, const char *id)
{
    const char *version = em->hub->opt_text(em->config, "api_version");
    int is_oauth = em->hub->opt_text(em->config, "client_id") != NULL;
    omni_path_segment(url, version ? version : is_oauth ? "v3" : "v2");
    omni_text_add(url, id ? "/email" : "/email/");
    if (id) {
        omni_path_segment(url, id);
        omni_text_add(url, "/responsesummary");
    }
}

static omni_status emarsys_check(void *self, struct omni_run *run)
{
    struct emarsys *em = self;
    char memory[URL_MAX];
    struct omni_text url = OMNI_TEXT(memory);
    int32_t today = (int32_t)(time(NULL) / DAY_S);
    email_url(em, &url, NULL);
    omni_query_day(&url, "fromdate", today);
    omni_query_day(&url, "todate", today);
    struct omni_http http = {.size = sizeof(http), .url = omni_text_done(&url)};
    return em->hub->http(run, &http);
}

/* ---- days ---- */

struct campaign {
    char id[ID_MAX], name[NAME_MAX];
};

/* Numbers come as texts, or as numbers. Nothing at all on a day is no row. */
static omni_status day_row(struct emarsys *em, struct omni_run *run,
                           const struct campaign *campaign, int32_t day, struct omni_json data)
{
    char values[N_MEMBERS][NUMBER_MAX], text[128];
    struct omni_cell cells[N_KEYS + N_MEMBERS] = {
        {.type = OMNI_DATE, .v.i = day},
        {.type = OMNI_TEXT, .len = (uint32_t)strlen(campaign->id), .v.s = campaign->id},
        {.type = OMNI_TEXT, .len = (uint32_t)strlen(campaign->name), .v.s = campaign->name}};
    int is_empty = 1;
    for (int i = 0; i < N_MEMBERS; i++) {
        struct omni_json found = omni_json_at(data, members[i]);
        cells[N_KEYS + i].type = OMNI_NULL;
        if (found.kind == OMNI_JSON_NONE || found.kind == OMNI_JSON_NULL)
            continue;
        if (!omni_json_text(found, "", values[i], NUMBER_MAX)) {
            snprintf(text, sizeof(text), "%s of a response summary is no number", members[i]);
            return em->hub->fail(run, OMNI_E_DATA, text);
        }
        cells[N_KEYS + i] = (struct omni_cell){
            .type = OMNI_TEXT, .len = (uint32_t)strlen(values[i]), .v.s = values[i]};
        is_empty = is_empty && strcmp(values[i], "0") == 0;
    }
    return is_empty ? OMNI_OK : em->hub->row(run, cells, N_KEYS + N_MEMBERS);
}

/* What came of a campaign from one day to another. *data lies in the reply. */
static omni_status ask_summary(struct emarsys *em, struct omni_run *run,
                               const struct campaign *campaign, const int32_t days[2],
                               struct omni_json *data)
{
    char memory[URL_MAX];
    struct omni_text url = OMNI_TEXT(memory);
    email_url(em, &url, campaign->id);
    omni_query_day(&url, "start_date", days[0]);
    omni_query_day(&url, "end_date", days[1]);
    struct omni_http http = {.size = sizeof(http), .url = omni_text_done(&url)};
    omni_status status = em->hub->http(run, &http);
    if (status != OMNI_OK)
        return status;
    *data = omni_json_at(omni_json_of_reply(&http), "data");
    if (omni_json_at(*data, "sent").kind == OMNI_JSON_NONE)
        return em->hub->fail(run, OMNI_E_DATA,
                             "a response summary does not say how many were "
                             "sent");
    return OMNI_OK;
}

typedef omni_status take_campaign(struct emarsys *, struct omni_run *, const struct omni_request *,
                                  const struct campaign *);

static omni_status take_days(struct emarsys *em, struct omni_run *run,
                             const struct omni_request *request, const struct campaign *campaign)
{
    omni_status status = OMNI_OK;
    for (int32_t day = request->from_day; status == OMNI_OK && day <= request->to_day; day++) {
        struct omni_json data = {0};
        status = ask_summary(em, run, campaign, (const int32_t[]){day, day}, &data);
        if (status == OMNI_OK)
            status = day_row(em, run, campaign, day, data);
    }
    return status;
}

/* The whole window in one question: its days must add up to that. */
static omni_status take_total(struct emarsys *em, struct omni_run *run,
                              const struct omni_request *request, const struct campaign *campaign)
{
    struct omni_json data = {0};
    omni_status status = ask_summary(em, run, campaign,
                                     (const int32_t[]){request->from_day, request->to_day}, &data);
    for (int i = 0; status == OMNI_OK && i < N_MEMBERS; i++)
        omni_sum_add_micros(&em->totals[i], data, members[i]);
    return status;
}

/* `list` is a copy: a reply is gone with the next request. */
static omni_status each_campaign(struct emarsys *em, struct omni_run *run,
                                 const struct omni_request *request, struct omni_json list,
                                 take_campaign *take)
{
    struct omni_json item = {0};
    struct campaign campaign;
    omni_status status = OMNI_OK;
    while (status == OMNI_OK && omni_json_next(list, &item)) {
        if (!omni_json_text(item, "id", campaign.id, sizeof(campaign.id)))
            return em->hub->fail(run, OMNI_E_DATA, "a campaign has no id");
        omni_json_text(item, "name", campaign.name, sizeof(campaign.name));
        status = take(em, run, request, &campaign);
    }
    return status;
}

/* The list is cut by the day a campaign was made; it has no pages. */
static omni_status ask_campaigns(struct emarsys *em, struct omni_run *run,
                                 const struct omni_request *request, take_campaign *take)
{
    char memory[URL_MAX];
    struct omni_text url = OMNI_TEXT(memory);
    int32_t lookback = (int32_t)em->hub->opt_int(em->config, "lookback_days");
    email_url(em, &url, NULL);
    omni_query(&url, "launched", "1");
    omni_query_day(&url, "fromdate", request->from_day - lookback);
    omni_query_day(&url, "todate", request->to_day);
    struct omni_http http = {.size = sizeof(http), .url = omni_text_done(&url)};
    omni_status status = em->hub->http(run, &http);
    if (status != OMNI_OK)
        return status;
    char *copy = malloc((size_t)http.reply_len + 1);
    if (!copy)
        return em->hub->fail(run, OMNI_E_RETRY, "out of memory");
    memcpy(copy, http.reply, (size_t)http.reply_len);
    struct omni_json list = omni_json_at(omni_json_of(copy, (size_t)http.reply_len), "data");
    /* Where there is nothing, data is an empty text. */
    status = list.kind == OMNI_JSON_ARRAY || (list.kind == OMNI_JSON_TEXT && list.len == 2)
                 ? each_campaign(em, run, request, list, take)
                 : em->hub->fail(run, OMNI_E_DATA, "the list of campaigns is no list");
    free(copy);
    return status;
}

static omni_status emarsys_pull(void *self, struct omni_run *run,
                                const struct omni_request *request)
{
    struct emarsys *em = self;
    const char *zone = em->hub->opt_text(em->config, "timezone");
    omni_status status =
        zone ? em->hub->found_account(run, request->account, NULL, NULL, zone) : OMNI_OK;
    if (status != OMNI_OK)
        return status;
    if (strcmp(request->stream->name, "responses") == 0)
        return ask_campaigns(em, run, request, take_days);
    char memory[URL_MAX];
    struct omni_text url = OMNI_TEXT(memory);
    email_url(em, &url, NULL);
    struct omni_http http = {.size = sizeof(http), .url = omni_text_done(&url)};
    return em->hub->rows(run, &http, "$.data[*]");
}

/* People who opened or clicked on two days count on both: only what adds up is compared. */
static omni_status emarsys_total(void *self, struct omni_run *run,
                                 const struct omni_request *request)
{
    static const struct {
        const char *member, *column;
    } additive[] = {{"sent", "sends"},
                    {"soft_bounces", "bounces_soft"},
                    {"hard_bounces", "bounces_hard"},
                    {"total_clicks", "clicks"}};
    struct emarsys *em = self;
    memset(em->totals, 0, sizeof(em->totals));
    omni_status status = ask_campaigns(em, run, request, take_total);
    for (size_t i = 0; i < sizeof(additive) / sizeof(additive[0]); i++)
        for (int m = 0; status == OMNI_OK && m < N_MEMBERS; m++)
            if (strcmp(members[m], additive[i].member) == 0 && !em->totals[m].is_bad)
                status = em->hub->found_total(run, additive[i].column, em->totals[m].value);
    return status;
}

/* ---- errors ---- */

/* Seconds, or a time since 1970: both are seen. 0: not said. */
static uint32_t wait_of(const struct omni_http *http)
{
    const char *header = omni_reply_header(http, "x-ratelimit-reset");
    long long now = (long long)time(NULL), reset = header ? strtoll(header, NULL, 10) : 0;
    if (reset > EPOCH_MIN)
        reset -= now;
    if (reset <= 0)
        return 0;
    return (uint32_t)(reset < DAY_S ? reset + 1 : DAY_S) * 1000;
}

/* replyCode counts, also with status 200. */
static omni_status emarsys_judge(void *self, struct omni_run *run, const struct omni_http *http,
                                 uint32_t *wait_ms)
{
    const struct omni_host *hub = ((struct emarsys *)self)->hub;
    struct omni_json reply = omni_json_of_reply(http);
    char said[MESSAGE_MAX - 256], text[MESSAGE_MAX];
    int64_t code = 0;
    int has_code = omni_json_int(reply, "replyCode", &code);
    omni_json_text(reply, "replyText", said, sizeof(said));
    if (http->status == 429 || http->status == 503 || http->status == 423) {
        *wait_ms = wait_of(http);
        return hub->fail(run, OMNI_E_THROTTLED, "Emarsys has had too many requests");
    }
    if (http->status < 300 && has_code && code == 0)
        return OMNI_OK;
    if (http->status < 300 && !has_code)
        return OMNI_E_UNSUPPORTED;
    if (http->status >= 500 || (!has_code && http->status != 401 && http->status != 403))
        return OMNI_E_UNSUPPORTED;
    int is_login = http->status == 401 || code == 1, is_right = http->status == 403;
    int is_version = http->status == 404;
    snprintf(text, sizeof(text), "Emarsys answered %s (replyCode %d)%s", said, (int)code,
             is_login ? ": are the login's options right, and is this machine's clock? With WSSE, "
                        "five minutes off are refused"
             : is_version ? ": is api_version one that Emarsys serves?"
             : is_right   ? ": switch the endpoint on for this user in the account's settings"
                          : "");
    return hub->fail(run, is_login || is_right ? OMNI_E_AUTH : OMNI_E_CONFIG, text);
}

OMNI_MODULE("emarsys", "1.0", .vendor = "omnihub", .license = "Apache-2.0", .sources = sources);
