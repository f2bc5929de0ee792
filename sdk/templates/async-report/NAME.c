/* @TITLE@: what this connector brings, from reports that are ordered first. */
#include <omnihub/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the admin gives. Secrets never reach this file: the hub puts them into the requests. */
static const struct omni_option *const options[] = {
    OMNI_OPTION(.type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED, .name = "account_id",
                .help = "which account"),
    OMNI_OPTION(.type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED | OMNI_SECRET, .name = "access_token",
                .help = "a token that may read reports"),
    OMNI_OPTION(.type = OMNI_OPT_DURATION, .name = "poll", .fallback = "10s",
                .help = "the first wait for a report; each further one is longer"),
    OMNI_OPTION(.type = OMNI_OPT_DURATION, .name = "patience", .fallback = "15m",
                .help = "how long a run waits before it is parked; the next run goes on"),
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

enum { ID_MAX = 128, LONGEST_POLL = 10 };

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

/* Orders the report. Repeatable where ordering twice does no harm: it is only fetched once. */
static omni_status order(struct @NAME@ *me, struct omni_run *run,
                         const struct omni_request *request, char id[ID_MAX])
{
    char memory[1024];
    struct omni_text body = OMNI_TEXT(memory);
    omni_text_add(&body, "{");
    omni_json_add_text(&body, "accountId", request->account);
    omni_json_add_day(&body, "from", request->from_day);
    omni_json_add_day(&body, "to", request->to_day);
    omni_text_add(&body, "}");
    struct omni_http http = {.size = sizeof(http), .flags = OMNI_HTTP_REPEATABLE, .method = "POST",
                             .url = "/v1/reports", .body = omni_text_done(&body),
                             .body_len = body.len};
    omni_status status = me->hub->http(run, &http);
    if (status != OMNI_OK)
        return status;
    if (!omni_json_text(omni_json_of_reply(&http), "id", id, ID_MAX))
        return me->hub->fail(run, OMNI_E_DATA, "the reply to an order names no report");
    return OMNI_OK;
}

static const char *report_url(struct omni_text *url, const char *id, const char *more)
{
    omni_text_add(url, "/v1/reports");
    omni_path_segment(url, id);
    omni_text_add(url, more);
    return omni_text_done(url);
}

/* Looks again and again, ever more slowly. What takes long parks the run; the report is kept. */
static omni_status await(struct @NAME@ *me, struct omni_run *run, const char *id)
{
    const int64_t shortest = 1000, first = me->hub->opt_int(me->config, "poll") * 1000,
                  patience = me->hub->opt_int(me->config, "patience") * 1000;
    int64_t wait = first > shortest ? first : shortest, most = LONGEST_POLL * wait;
    for (int64_t waited = 0;; waited += wait, wait = 2 * wait < most ? 2 * wait : most) {
        char memory[4 * ID_MAX], state[32];
        struct omni_text url = OMNI_TEXT(memory);
        struct omni_http http = {.size = sizeof(http), .url = report_url(&url, id, "")};
        omni_status status = me->hub->http(run, &http);
        if (status != OMNI_OK)
            return status;
        omni_json_text(omni_json_of_reply(&http), "status", state, sizeof(state));
        if (strcmp(state, "DONE") == 0)
            return OMNI_OK;
        if (strcmp(state, "PENDING") != 0)
            return me->hub->fail(run, OMNI_E_DATA, "the platform could not make the report");
        if (waited >= patience)
            return me->hub->fail(run, OMNI_E_THROTTLED,
                                 "the report is not ready yet; the next run asks for it again");
        status = me->hub->sleep_ms(run, (uint32_t)wait);
        if (status != OMNI_OK)
            return status;
    }
}

static omni_status fetch(struct @NAME@ *me, struct omni_run *run, const char *id)
{
    char memory[4 * ID_MAX];
    struct omni_text url = OMNI_TEXT(memory);
    omni_status status = await(me, run, id);
    if (status != OMNI_OK)
        return status;
    struct omni_http http = {.size = sizeof(http), .url = report_url(&url, id, "/rows")};
    /* A CSV: .format = OMNI_FORMAT_CSV, .format_options = "delimiter=;", and fields whose paths are
     * the names in its header line. */
    return me->hub->rows(run, &http, "$.rows[*]");
}

/* The run is over but may be taken up again: the report stays ordered. */
static int is_worth_keeping(omni_status status)
{
    return status == OMNI_E_CANCELLED || status == OMNI_E_THROTTLED || status == OMNI_E_RETRY ||
           status == OMNI_E_AUTH;
}

static omni_status @NAME@_pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct @NAME@ *me = (struct @NAME@ *)self;
    char key[256], id[ID_MAX] = "";
    snprintf(key, sizeof(key), "report:%s:%d:%d", request->stream->name, (int)request->from_day,
             (int)request->to_day);
    const char *known = me->hub->remember(run, key, NULL);
    if (known)
        snprintf(id, sizeof(id), "%s", known);
    omni_status status = OMNI_OK;
    if (!*id)
        status = order(me, run, request, id);
    if (status != OMNI_OK)
        return status;
    me->hub->remember(run, key, id); /* before it is asked for: a restart goes on with it */
    status = fetch(me, run, id);
    if (!is_worth_keeping(status))
        me->hub->remember(run, key, "");
    return status;
}

OMNI_MODULE("@NAME@", "0.1", .vendor = "@NAME@", .license = "Apache-2.0", .sources = sources);
