/* SPDX-License-Identifier: Apache-2.0
 * A source with replies of every kind, which test_conform.py makes careless in the ways in which
 * authors are. */
#include <omnihub/sdk.h>

#include <stdlib.h>

static const struct omni_option *const options[] = {
    OMNI_OPTION(.type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED, .name = "account_id",
                .help = "which"),
    OMNI_OPTION(.type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED | OMNI_SECRET, .name = "token",
                .help = "of the API"),
    NULL};

static const struct omni_auth *const logins[] = {
    OMNI_LOGIN(.kind = OMNI_AUTH_BEARER, .options = "token"), NULL};

#define DAY(path_)                                                                                 \
    OMNI_FIELD(.type = OMNI_DATE, .unit = OMNI_DATE_ISO, .flags = OMNI_KEY, .path = (path_),       \
               .column = "date")
#define ID(path_)                                                                                  \
    OMNI_FIELD(.type = OMNI_TEXT, .flags = OMNI_KEY, .path = (path_), .column = "campaign_id")
#define NAME(path_)                                                                                \
    OMNI_FIELD(.type = OMNI_TEXT, .flags = OMNI_OPTIONAL, .path = (path_),                         \
               .column = "campaign_name")
#define CLICKS(path_) OMNI_FIELD(.type = OMNI_INT, .path = (path_), .column = "clicks")
#define COST(path_)                                                                                \
    OMNI_FIELD(.type = OMNI_MICROS, .unit = OMNI_UNIT_MAJOR, .path = (path_), .column = "cost")

static const struct omni_field *const sheet_fields[] = {
    DAY("Day"), ID("Campaign ID"), NAME("Campaign, name"), CLICKS("Clicks"), COST("Cost"), NULL};
static const struct omni_field *const line_fields[] = {
    DAY("$.day"),       ID("$.campaign.id"), NAME("$.campaign.name"),
    CLICKS("$.clicks"), COST("$.cost"),      NULL};

static const struct omni_field *const item_fields[] = {
    OMNI_FIELD(.type = OMNI_TEXT, .flags = OMNI_KEY, .path = "^.id", .column = "order_id"),
    OMNI_FIELD(.type = OMNI_TEXT, .flags = OMNI_KEY, .path = "$.id", .column = "line_id"),
    OMNI_FIELD(.type = OMNI_MICROS, .unit = OMNI_UNIT_MAJOR, .path = "$.gross", .column = "gross"),
    OMNI_FIELD(.type = OMNI_TIME, .unit = OMNI_TIME_ISO, .path = "^.at", .column = "at"), NULL};
static const struct omni_stream *const order_parts[] = {
    OMNI_STREAM(.name = "items", .dataset = "order_lines", .fields = item_fields,
                .inside = "$.items[*]"),
    NULL};
static const struct omni_field *const order_fields[] = {
    OMNI_FIELD(.type = OMNI_TEXT, .flags = OMNI_KEY, .path = "$.id", .column = "order_id"),
    OMNI_FIELD(.type = OMNI_TIME, .unit = OMNI_TIME_ISO, .path = "$.at", .column = "at"),
    OMNI_FIELD(.type = OMNI_MICROS, .unit = OMNI_UNIT_MAJOR, .path = "$.net", .column = "net"),
    NULL};

#define WINDOW(name_, fields_)                                                                     \
    OMNI_STREAM(.sync = OMNI_WINDOW, .name = (name_), .dataset = "ads_daily", .fields = (fields_), \
                .constants = "level=campaign", .max_window_days = 31, .day_zone = "UTC")
static const struct omni_stream *const streams[] = {
    WINDOW("sheet", sheet_fields),
    WINDOW("lines", line_fields),
    OMNI_STREAM(.sync = OMNI_SNAPSHOT, .name = "orders", .dataset = "orders",
                .fields = order_fields, .day_zone = "UTC", .parts = order_parts),
    OMNI_STREAM(.sync = OMNI_CURSOR, .name = "changes", .dataset = "orders", .fields = order_fields,
                .day_zone = "UTC"),
    OMNI_STREAM(.sync = OMNI_PARTS, .name = "batches", .dataset = "orders", .fields = order_fields,
                .day_zone = "UTC"),
    NULL};

static omni_status various_open(const struct omni_host *, const struct omni_config *,
                                struct omni_run *, void **self);
static omni_status various_check(void *self, struct omni_run *);
static omni_status various_accounts(void *self, struct omni_run *);
static omni_status various_pull(void *self, struct omni_run *, const struct omni_request *);
static omni_status various_total(void *self, struct omni_run *, const struct omni_request *);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "various", .title = "Various", .family = "ads",
                .help = "every kind of reply", .api_url = "https://api.various.example",
                .account_option = "account_id", .options = options, .logins = logins,
                .streams = streams, .open = various_open, .check = various_check,
                .accounts = various_accounts, .pull = various_pull, .total = various_total),
    NULL};

static const struct omni_host *hub;

static omni_status various_open(const struct omni_host *host, const struct omni_config *config,
                                struct omni_run *run, void **self)
{
    (void)config, (void)run, (void)self;
    hub = host;
    return OMNI_OK;
}

static omni_status various_check(void *self, struct omni_run *run)
{
    struct omni_http http = {.size = sizeof(http), .url = "/me"};
    (void)self;
    omni_status status = hub->http(run, &http);
    return status;
}

static omni_status various_accounts(void *self, struct omni_run *run)
{
    struct omni_http http = {.size = sizeof(http), .url = "/accounts"};
    struct omni_json item = {0};
    (void)self;
    omni_status status = hub->http(run, &http);
    if (status != OMNI_OK)
        return status;
    struct omni_json list = omni_json_at(omni_json_of_reply(&http), "accounts");
    if (list.kind != OMNI_JSON_ARRAY)
        return hub->fail(run, OMNI_E_DATA, "the reply has no list of accounts");
    while (omni_json_next(list, &item)) {
        char id[64], name[64];
        omni_json_text(item, "id", id, sizeof(id));
        omni_json_text(item, "name", name, sizeof(name));
        hub->found_account(run, id, name, NULL, NULL);
    }
    return OMNI_OK;
}

/* Three of them, each a part. */
static omni_status pull_batches(struct omni_run *run)
{
    static const char *const urls[] = {"/batches/1", "/batches/2", "/batches/3"};
    omni_status status = OMNI_OK;
    for (size_t i = 0; i < 3 && status == OMNI_OK; i++) {
        struct omni_http http = {.size = sizeof(http), .url = urls[i]};
        status = hub->part(run, urls[i]);
        if (status == OMNI_OK)
            status = hub->rows(run, &http, "$.orders[*].order");
    }
    return status;
}

static omni_status various_pull(void *self, struct omni_run *run,
                                const struct omni_request *request)
{
    char memory[256];
    struct omni_text url = OMNI_TEXT(memory);
    (void)self;
    if (request->stream->sync == OMNI_PARTS)
        return pull_batches(run);
    omni_path_segment(&url, request->stream->name);
    if (request->stream->sync == OMNI_WINDOW) {
        omni_query_day(&url, "from", request->from_day);
        omni_query_day(&url, "to", request->to_day);
    }
    if (request->stream->sync == OMNI_CURSOR)
        omni_query(&url, "since", request->cursor ? request->cursor : "ever");
    struct omni_http http = {.size = sizeof(http), .url = omni_text_done(&url)};
    if (request->stream->fields == sheet_fields) {
        http.format = OMNI_FORMAT_CSV;
        http.format_options = "delimiter=; skip=1";
    } else if (request->stream->fields == line_fields) {
        http.format = OMNI_FORMAT_NDJSON;
    }
    omni_status status = hub->rows(run, &http, "$.orders[*]");
    if (status == OMNI_OK && request->stream->sync == OMNI_CURSOR)
        return hub->cursor(run, "later");
    return status;
}

static omni_status various_total(void *self, struct omni_run *run,
                                 const struct omni_request *request)
{
    struct omni_http http = {.size = sizeof(http), .url = "/sums"};
    (void)self;
    if (request->stream->fields != line_fields)
        return OMNI_OK;
    omni_status status = hub->http(run, &http);
    if (status != OMNI_OK)
        return status;
    return omni_total_found(hub, run, "cost", omni_json_of_reply(&http), "sums.cost");
}

OMNI_MODULE("various", "0.1", .vendor = "omnihub", .license = "Apache-2.0", .sources = sources);
