/* @TITLE@: what this connector brings. */
#include <omnihub/sdk.h>

#include <stdlib.h>

/* What the admin gives. Secrets never reach this file: the hub puts them into the requests. */
static const struct omni_option *const options[] = {
    OMNI_OPTION(.type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED, .name = "account_id",
                .help = "which account"),
    OMNI_OPTION(.type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED | OMNI_SECRET, .name = "access_token",
                .help = "a token that may read reports"),
    OMNI_OPTION(.type = OMNI_OPT_INT, .name = "page_size", .fallback = "500",
                .help = "rows in one page"),
    NULL};

static const struct omni_auth *const logins[] = {
    OMNI_LOGIN(.kind = OMNI_AUTH_BEARER, .options = "access_token"), NULL};

/* Where each column is in a record of the reply; `omnihub datasets @DATASET@` lists the columns. */
static const struct omni_field *const fields[] = {
@FIELDS@    NULL};

static const struct omni_stream *const streams[] = {
    OMNI_STREAM(.sync = OMNI_WINDOW, .name = "@STREAM@", .dataset = "@DATASET@",
                .help = "what each row is", .fields = fields, .constants = "@CONSTANTS@",
                .settle_days = 3,      /* the platform still changes the last days */
                .max_window_days = 31, /* most days in one request */
                .day_zone = "account"),
    NULL};

static omni_status @NAME@_open(const struct omni_host *, const struct omni_config *,
                               struct omni_run *, void **self);
static omni_status @NAME@_check(void *self, struct omni_run *);
static omni_status @NAME@_pull(void *self, struct omni_run *, const struct omni_request *);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "@NAME@", .title = "@TITLE@", .family = "@FAMILY@",
                .help = "what this connector brings",
                .api_url = "https://api.@HOST@.example", .account_option = "account_id",
                .options = options, .logins = logins, .streams = streams, .open = @NAME@_open,
                .close = free, .check = @NAME@_check, .pull = @NAME@_pull),
    NULL};

struct @NAME@ {
    const struct omni_host *hub;
    const struct omni_config *config;
};

static omni_status @NAME@_open(const struct omni_host *hub, const struct omni_config *config,
                               struct omni_run *run, void **self)
{
    struct @NAME@ *me = (struct @NAME@ *)calloc(1, sizeof(struct @NAME@));
    if (!me)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    me->hub = hub;
    me->config = config;
    *self = me;
    return OMNI_OK;
}

/* `omnihub check --connect`: one cheap request that proves the login. */
static omni_status @NAME@_check(void *self, struct omni_run *run)
{
    struct @NAME@ *me = (struct @NAME@ *)self;
    struct omni_http http = {.size = sizeof(http), .url = "/v1/me"};
    return me->hub->http(run, &http);
}

/* One window of days: page after page. The hub reads the records by the table above. */
static omni_status @NAME@_pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct @NAME@ *me = (struct @NAME@ *)self;
    char memory[1024 + 3 * OMNI_PAGES_CURSOR];
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http = {.size = sizeof(http)};
    do {
        struct omni_text url = OMNI_TEXT(memory);
        omni_text_add(&url, "/v1/accounts");
        omni_path_segment(&url, request->account);
        omni_text_add(&url, "/report");
        omni_query_day(&url, "from", request->from_day);
        omni_query_day(&url, "to", request->to_day);
        omni_query_int(&url, "limit", me->hub->opt_int(me->config, "page_size"));
        omni_query(&url, "cursor", pages.cursor); /* left out for the first page */
        http.url = omni_text_done(&url);
        if (!http.url)
            return me->hub->fail(run, OMNI_E_BUG, "the url is too long");
        omni_status status = me->hub->rows(run, &http, "$.data[*]");
        if (status != OMNI_OK)
            return status;
    } while (omni_pages_after(&pages, &http, "next_cursor"));
    return omni_pages_end(&pages, me->hub, run);
}

OMNI_MODULE("@NAME@", "0.1", .vendor = "@NAME@", .license = "Apache-2.0", .sources = sources);
