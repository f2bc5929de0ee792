/* @TITLE@: what this connector brings, by GraphQL. */
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
static omni_status @NAME@_judge(void *self, struct omni_run *, const struct omni_http *,
                                uint32_t *wait_ms);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "@NAME@", .title = "@TITLE@", .family = "@FAMILY@",
                .help = "what this connector brings",
                .api_url = "https://api.@HOST@.example", .account_option = "account_id",
                .options = options, .logins = logins, .streams = streams, .open = @NAME@_open,
                .close = free, .check = @NAME@_check, .pull = @NAME@_pull, .judge = @NAME@_judge),
    NULL};

#define REPORT                                                                                     \
    "query($account:ID!,$from:Date!,$to:Date!,$first:Int!,$after:String){account(id:$account)"     \
    "{report(from:$from,to:$to,first:$first,after:$after){nodes{day id name shown clicks amount}"  \
    "pageInfo{hasNextPage endCursor}}}}"

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
    static const char body[] = "{\"query\":\"{me{id}}\"}";
    struct @NAME@ *me = (struct @NAME@ *)self;
    struct omni_http http = {.size = sizeof(http), .flags = OMNI_HTTP_REPEATABLE, .method = "POST",
                             .url = "/graphql", .body = body, .body_len = sizeof(body) - 1};
    return me->hub->http(run, &http);
}

static void report_body(const struct @NAME@ *me, const struct omni_request *request,
                        const char *cursor, struct omni_text *body)
{
    omni_text_add(body, "{");
    omni_json_add_text(body, "query", REPORT);
    omni_text_add(body, ",\"variables\":{");
    omni_json_add_text(body, "account", request->account);
    omni_json_add_day(body, "from", request->from_day);
    omni_json_add_day(body, "to", request->to_day);
    omni_json_add_int(body, "first", me->hub->opt_int(me->config, "page_size"));
    omni_json_add_text(body, "after", *cursor ? cursor : NULL); /* left out for the first page */
    omni_text_add(body, "}}");
}

/* One window of days: page after page. The hub reads the records by the table above. */
static omni_status @NAME@_pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct @NAME@ *me = (struct @NAME@ *)self;
    char memory[4096 + 2 * OMNI_PAGES_CURSOR];
    int has_more = 0;
    struct omni_pages pages = OMNI_PAGES;
    /* Repeatable: this POST only asks, so it may be sent again after a fault. */
    struct omni_http http = {.size = sizeof(http), .flags = OMNI_HTTP_REPEATABLE, .method = "POST",
                             .url = "/graphql"};
    do {
        struct omni_text body = OMNI_TEXT(memory);
        report_body(me, request, pages.cursor, &body);
        http.body = omni_text_done(&body);
        http.body_len = body.len;
        if (!http.body)
            return me->hub->fail(run, OMNI_E_BUG, "the query is too long");
        omni_status status = me->hub->rows(run, &http, "$.data.account.report.nodes[*]");
        if (status != OMNI_OK)
            return status;
        has_more = omni_json_is_true(omni_json_of_reply(&http),
                                     "data.account.report.pageInfo.hasNextPage");
    } while (has_more && omni_pages_after(&pages, &http, "data.account.report.pageInfo.endCursor"));
    return omni_pages_end(&pages, me->hub, run);
}

/* GraphQL says what is wrong under status 200. The rest is judged by HTTP status. */
static omni_status @NAME@_judge(void *self, struct omni_run *run, const struct omni_http *http,
                                uint32_t *wait_ms)
{
    struct @NAME@ *me = (struct @NAME@ *)self;
    char message[512];
    (void)wait_ms; /* 0: Retry-After, or the hub's own back-off */
    if (http->status != 200 ||
        !omni_json_text(omni_json_of_reply(http), "errors[0].message", message, sizeof(message)))
        return OMNI_E_UNSUPPORTED;
    return me->hub->fail(run, OMNI_E_DATA, message);
}

OMNI_MODULE("@NAME@", "0.1", .vendor = "@NAME@", .license = "Apache-2.0", .sources = sources);
