/* SPDX-License-Identifier: Apache-2.0
 * Mailchimp: what became of each campaign, the campaigns themselves, size and growth of audiences.
 */
#include <omnihub/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "api_key", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "API key, with its data centre at the end: …-us21"),
    OMNI_OPTION(.name = "access_token", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "OAuth token instead of a key; needs `server`"),
    OMNI_OPTION(.name = "server", .type = OMNI_OPT_TEXT,
                .help = "data centre, e.g. us21; taken from the end of api_key where not given"),
    OMNI_OPTION(.name = "user", .type = OMNI_OPT_TEXT, .fallback = "omnihub",
                .help = "user name beside the key; Mailchimp takes any"),
    OMNI_OPTION(.name = "timezone", .type = OMNI_OPT_TEXT,
                .help = "whose days the figures carry, e.g. Europe/Lisbon; the hub's where not "
                        "given"),
    OMNI_OPTION(.name = "page_size", .type = OMNI_OPT_INT, .fallback = "1000",
                .help = "records asked for at once, at most 1000"),
    NULL};

static const struct omni_auth *const logins[] = {
    OMNI_LOGIN(.kind = OMNI_AUTH_BASIC, .options = "user,api_key"),
    OMNI_LOGIN(.kind = OMNI_AUTH_BEARER, .options = "access_token"), NULL};

#define TEXT(member, name) OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_TEXT)
#define TEXT_IF(member, name)                                                                      \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_TEXT, .flags = OMNI_OPTIONAL)
#define ID(member, name)                                                                           \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_TEXT, .flags = OMNI_KEY)
#define COUNT(member, name) OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_INT)
#define COUNT_IF(member, name)                                                                     \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_INT, .flags = OMNI_OPTIONAL)

static const struct omni_field *const report_fields[] = {
    OMNI_FIELD(.path = "$.send_time", .column = "date", .type = OMNI_DATE, .unit = OMNI_TIME_ISO,
               .flags = OMNI_KEY),
    ID("id", "campaign_id"),
    TEXT("list_id", "list_id"),
    TEXT("campaign_title", "campaign_name"),
    COUNT("emails_sent", "sends"),
    COUNT("bounces.hard_bounces", "bounces_hard"),
    COUNT("bounces.soft_bounces", "bounces_soft"),
    COUNT_IF("bounces.syntax_errors", "dropped"),
    COUNT("opens.opens_total", "opens"),
    COUNT("opens.unique_opens", "opens_unique"),
    COUNT("clicks.clicks_total", "clicks"),
    COUNT("clicks.unique_subscriber_clicks", "clicks_unique"),
    COUNT("unsubscribed", "unsubscribes"),
    COUNT("abuse_reports", "spam_reports"),
    COUNT_IF("forwards.forwards_count", "forwards"),
    TEXT_IF("ecommerce.currency_code", "currency"),
    OMNI_FIELD(.path = "$.ecommerce.total_orders", .column = "conversions", .type = OMNI_INT,
               .flags = OMNI_OPTIONAL),
    OMNI_FIELD(.path = "$.ecommerce.total_revenue", .column = "revenue", .type = OMNI_MICROS,
               .unit = OMNI_UNIT_MAJOR, .flags = OMNI_OPTIONAL | OMNI_ROUND),
    NULL};

static const struct omni_field *const campaign_fields[] = {
    ID("id", "message_id"),
    TEXT("id", "campaign_id"),
    TEXT("type", "type"),
    TEXT("status", "status"),
    TEXT_IF("settings.title", "name"),
    TEXT_IF("settings.subject_line", "subject"),
    TEXT_IF("settings.from_name", "sender"),
    TEXT_IF("settings.template_id", "template"),
    OMNI_FIELD(.path = "$.send_time", .column = "sent_at", .type = OMNI_TIME, .unit = OMNI_TIME_ISO,
               .flags = OMNI_OPTIONAL),
    NULL};

static const struct omni_field *const list_fields[] = {ID("id", "list_id"),
                                                       TEXT("name", "name"),
                                                       COUNT("stats.member_count", "members"),
                                                       COUNT_IF("stats.unsubscribe_count", NULL),
                                                       COUNT_IF("stats.cleaned_count", NULL),
                                                       NULL};

/* Made by the plugin: the list's id lies outside of the days. */
static const struct omni_field *const growth_fields[] = {
    OMNI_FIELD(.path = "$.day", .column = "date", .type = OMNI_DATE, .unit = OMNI_DATE_ISO,
               .flags = OMNI_KEY),
    ID("list_id", "list_id"), COUNT("subs", "subscribed"), COUNT("unsubs", "unsubscribed"), NULL};

static const struct omni_stream *const streams[] = {
    OMNI_STREAM(.sync = OMNI_WINDOW, .flags = OMNI_STREAM_CLIP, .name = "reports",
                .dataset = "messages_daily",
                .help = "each sent campaign on its day of sending, with all that came of it so far",
                .fields = report_fields, .constants = "basis=send_date;channel=Email",
                .settle_days = 30, .max_window_days = 31, .day_zone = "account"),
    OMNI_STREAM(.sync = OMNI_SNAPSHOT, .name = "campaigns", .dataset = "messages",
                .help = "the campaigns: subject, sender, status", .fields = campaign_fields),
    OMNI_STREAM(.sync = OMNI_SNAPSHOT, .name = "lists", .dataset = "lists_daily",
                .help = "how many members each audience has today", .fields = list_fields,
                .constants = "date=today", .day_zone = "account"),
    OMNI_STREAM(.sync = OMNI_WINDOW, .flags = OMNI_STREAM_CLIP, .name = "list_growth",
                .dataset = "lists_daily", .help = "who joined and left each audience, by day",
                .fields = growth_fields, .settle_days = 3, .history_days = 180,
                .day_zone = "account"),
    NULL};

static omni_status mailchimp_open(const struct omni_host *, const struct omni_config *,
                                  struct omni_run *, void **self);
static omni_status mailchimp_check(void *self, struct omni_run *);
static omni_status mailchimp_pull(void *self, struct omni_run *, const struct omni_request *);
static omni_status mailchimp_judge(void *self, struct omni_run *, const struct omni_http *,
                                   uint32_t *wait_ms);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "mailchimp", .title = "Mailchimp", .family = "email",
                .help = "e-mail campaigns, what came of them, and audiences",
                .api_url = "https://{server|api_key-}.api.mailchimp.com/3.0", .options = options,
                .logins = logins, .streams = streams, .open = mailchimp_open, .close = free,
                .check = mailchimp_check, .pull = mailchimp_pull, .judge = mailchimp_judge),
    NULL};

enum { URL_MAX = 1024, MESSAGE_MAX = 768, LIST_ID_MAX = 64, GROWTH_DAYS = 180 };

struct mailchimp {
    const struct omni_host *hub;
    const struct omni_config *config;
};

static omni_status mailchimp_open(const struct omni_host *hub, const struct omni_config *config,
                                  struct omni_run *run, void **self)
{
    int64_t size = hub->opt_int(config, "page_size");
    if (size < 1 || size > 1000) {
        hub->fail_detail(run, "option", "page_size");
        return hub->fail(run, OMNI_E_CONFIG, "the page size must be from 1 to 1000");
    }
    struct mailchimp *mc = calloc(1, sizeof(*mc));
    if (!mc)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    *mc = (struct mailchimp){.hub = hub, .config = config};
    *self = mc;
    return OMNI_OK;
}

static omni_status mailchimp_check(void *self, struct omni_run *run)
{
    struct mailchimp *mc = self;
    struct omni_http http = {.size = sizeof(http), .url = "/lists?count=1&fields=total_items"};
    return mc->hub->http(run, &http);
}

/* ---- pages ---- */

/* What one stream asks for, again and again with another offset. */
struct query {
    const char *path, *records;
    const struct omni_request *window; /* filter by time of sending; NULL: none */
    int is_sorted;
};

/* The days are the account's, the filter knows instants: a day more on both sides, the hub drops
 * what is too much. */
static void add_days(struct omni_text *url, const struct omni_request *window)
{
    char day[OMNI_DAY_TEXT], since[32], before[32];
    snprintf(since, sizeof(since), "%sT00:00:00+00:00", omni_day_print(window->from_day - 1, day));
    snprintf(before, sizeof(before), "%sT00:00:00+00:00", omni_day_print(window->to_day + 2, day));
    omni_query(url, "since_send_time", since);
    omni_query(url, "before_send_time", before);
}

static omni_status read_pages(struct mailchimp *mc, struct omni_run *run, const struct query *query)
{
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http = {.size = sizeof(http)};
    int64_t total;
    do {
        char memory[URL_MAX];
        struct omni_text url = OMNI_TEXT(memory);
        omni_text_add(&url, query->path);
        omni_query_int(&url, "count", mc->hub->opt_int(mc->config, "page_size"));
        omni_query_int(&url, "offset", (int64_t)pages.offset);
        omni_query(&url, "sort_field", query->is_sorted ? "create_time" : NULL);
        omni_query(&url, "sort_dir", query->is_sorted ? "ASC" : NULL);
        if (query->window)
            add_days(&url, query->window);
        http.url = omni_text_done(&url);
        omni_status status = mc->hub->rows(run, &http, query->records);
        if (status != OMNI_OK)
            return status;
        if (!omni_json_int(omni_json_of_reply(&http), "total_items", &total))
            return mc->hub->fail(run, OMNI_E_DATA, "the reply has no total_items");
    } while (omni_pages_offset(&pages, http.records, total));
    if (pages.offset < (uint64_t)total)
        return mc->hub->fail(run, OMNI_E_DATA, "fewer records came than total_items says");
    return omni_pages_end(&pages, mc->hub, run);
}

/* ---- growth of lists ---- */

/* One day of one list as the row that growth_fields describe. */
static omni_status growth_row(struct mailchimp *mc, struct omni_run *run, struct omni_json activity,
                              const char *list_id)
{
    char day[32];
    int64_t joined, left;
    if (!omni_json_text(activity, "day", day, sizeof(day)) ||
        !omni_json_int(activity, "subs", &joined) || !omni_json_int(activity, "unsubs", &left))
        return mc->hub->fail(run, OMNI_E_DATA,
                             "a day of a list's activity lacks day, subs or "
                             "unsubs");
    const struct omni_cell cells[] = {
        {.type = OMNI_TEXT, .len = (uint32_t)strlen(day), .v.s = day},
        {.type = OMNI_TEXT, .len = (uint32_t)strlen(list_id), .v.s = list_id},
        {.type = OMNI_INT, .v.i = joined},
        {.type = OMNI_INT, .v.i = left}};
    return mc->hub->row(run, cells, 4);
}

static omni_status list_growth(struct mailchimp *mc, struct omni_run *run, const char *list_id)
{
    char memory[URL_MAX];
    struct omni_text url = OMNI_TEXT(memory);
    omni_text_add(&url, "/lists");
    omni_path_segment(&url, list_id);
    omni_text_add(&url, "/activity");
    omni_query_int(&url, "count", GROWTH_DAYS);
    struct omni_http http = {.size = sizeof(http), .url = omni_text_done(&url)};
    omni_status status = mc->hub->http(run, &http);
    struct omni_json days = omni_json_at(omni_json_of_reply(&http), "activity"), day = {0};
    if (status == OMNI_OK && days.kind != OMNI_JSON_ARRAY)
        return mc->hub->fail(run, OMNI_E_DATA, "the reply has no activity");
    while (status == OMNI_OK && omni_json_next(days, &day))
        status = growth_row(mc, run, day, list_id);
    return status;
}

/* Lists by place, as a reply is gone with the next request. An account has few of them. */
static omni_status all_growth(struct mailchimp *mc, struct omni_run *run)
{
    int64_t total = 1;
    for (int64_t at = 0; at < total; at++) {
        char memory[URL_MAX], id[LIST_ID_MAX];
        struct omni_text url = OMNI_TEXT(memory);
        omni_text_add(&url, "/lists?count=1&fields=lists.id,total_items");
        omni_query_int(&url, "offset", at);
        struct omni_http http = {.size = sizeof(http), .url = omni_text_done(&url)};
        omni_status status = mc->hub->http(run, &http);
        if (status != OMNI_OK)
            return status;
        struct omni_json reply = omni_json_of_reply(&http);
        if (!omni_json_int(reply, "total_items", &total))
            return mc->hub->fail(run, OMNI_E_DATA, "the reply has no total_items");
        if (total == 0)
            break;
        if (!omni_json_text(reply, "lists[0].id", id, sizeof(id)))
            return mc->hub->fail(run, OMNI_E_DATA, "fewer lists came than total_items says");
        status = list_growth(mc, run, id);
        if (status != OMNI_OK)
            return status;
    }
    return OMNI_OK;
}

static omni_status mailchimp_pull(void *self, struct omni_run *run,
                                  const struct omni_request *request)
{
    struct mailchimp *mc = self;
    const char *zone = mc->hub->opt_text(mc->config, "timezone");
    omni_status status =
        zone ? mc->hub->found_account(run, request->account, NULL, NULL, zone) : OMNI_OK;
    if (status != OMNI_OK)
        return status;
    if (strcmp(request->stream->name, "list_growth") == 0)
        return all_growth(mc, run);
    struct query query = {.path = "/lists?exclude_fields=lists._links,_links", "$.lists[*]"};
    if (strcmp(request->stream->name, "campaigns") == 0)
        query = (struct query){.path = "/campaigns?exclude_fields=campaigns._links,_links",
                               .records = "$.campaigns[*]",
                               .is_sorted = 1};
    else if (strcmp(request->stream->name, "reports") == 0)
        query = (struct query){.path = "/reports?exclude_fields=reports._links,reports.timeseries,"
                                       "_links",
                               .records = "$.reports[*]",
                               .window = request};
    return read_pages(mc, run, &query);
}

/* ---- errors ---- */

static omni_status mailchimp_judge(void *self, struct omni_run *run, const struct omni_http *http,
                                   uint32_t *wait_ms)
{
    const struct omni_host *hub = ((struct mailchimp *)self)->hub;
    struct omni_json problem = omni_json_of_reply(http);
    char title[128], detail[MESSAGE_MAX - 256], text[MESSAGE_MAX];
    (void)wait_ms; /* no header says how long: the hub's own back-off */
    if (http->status < 400 || http->status >= 500)
        return http->status < 300 ? OMNI_OK : OMNI_E_UNSUPPORTED;
    int is_problem = omni_json_text(problem, "title", title, sizeof(title));
    omni_json_text(problem, "detail", detail, sizeof(detail));
    if (http->status == 403 && !is_problem)
        return hub->fail(run, OMNI_E_THROTTLED,
                         "Mailchimp answered 403 without a reason, as it does when there are too "
                         "many requests");
    if (!is_problem)
        return OMNI_E_UNSUPPORTED;
    snprintf(text, sizeof(text), "Mailchimp answered %s: %s%s", title, detail,
             http->status == 401 || http->status == 403
                 ? " (is the key of this data centre, and may its user see this?)"
                 : "");
    return hub->fail(run,
                     http->status == 401 || http->status == 403 ? OMNI_E_AUTH
                     : http->status == 429                      ? OMNI_E_THROTTLED
                                                                : OMNI_E_CONFIG,
                     text);
}

OMNI_MODULE("mailchimp", "1.0", .vendor = "omnihub", .license = "Apache-2.0", .sources = sources);
