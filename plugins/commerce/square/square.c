/* SPDX-License-Identifier: Apache-2.0
 * Square: a till's orders with lines, returns and refunds, its locations, articles, stock and
 * customers. */
#include "square.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "location_id", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "the location (shop); several: accounts = (\"L1\", \"L2\") or \"all\""),
    OMNI_OPTION(.name = "access_token", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED | OMNI_SECRET,
                .help = "access token of the seller"),
    OMNI_OPTION(.name = "api_version", .type = OMNI_OPT_TEXT, .fallback = "2025-08-20",
                .help = "Square-Version of the requests"),
    OMNI_OPTION(.name = "sales_channel", .type = OMNI_OPT_TEXT, .fallback = "pos",
                .help = "how orders are sold whose source is not in sales_channels"),
    OMNI_OPTION(.name = "sales_channels", .type = OMNI_OPT_LIST,
                .help = "how orders of a source are sold: (\"Square Online=web\", …)"),
    OMNI_OPTION(.name = "article", .type = OMNI_OPT_TEXT, .fallback = "sku", .choices = "sku|id",
                .help = "what tells articles apart in products and inventory: the seller's sku, or "
                        "Square's id where two articles have one sku"),
    OMNI_OPTION(.name = "overlap", .type = OMNI_OPT_DURATION, .fallback = "10m",
                .help = "how far each pull reaches behind the last change seen"),
    OMNI_OPTION(.name = "page_size", .type = OMNI_OPT_INT, .fallback = "500",
                .help = "orders asked for at once, at most 1000"),
    NULL};

static const struct omni_auth *const logins[] = {
    OMNI_LOGIN(.kind = OMNI_AUTH_BEARER, .options = "access_token"), NULL};

#define TEXT(member, name, flags_)                                                                 \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_TEXT, .flags = (flags_))
#define TIME(member, name, flags_)                                                                 \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_TIME, .unit = OMNI_TIME_ISO,    \
               .flags = (flags_))
#define MONEY(member, name, flags_)                                                                \
    OMNI_FIELD(.path = "$." member ".amount", .column = (name), .type = OMNI_MICROS,               \
               .unit = OMNI_UNIT_MINOR, .flags = (flags_))
/* Worked out by the plugin. */
#define MADE_TEXT(name)                                                                            \
    OMNI_FIELD(.path = "=" name, .column = (name), .type = OMNI_TEXT, .flags = OMNI_OPTIONAL)
#define MADE_MONEY(name)                                                                           \
    OMNI_FIELD(.path = "=" name, .column = (name), .type = OMNI_MICROS, .unit = OMNI_UNIT_MINOR,   \
               .flags = OMNI_OPTIONAL)
#define QUANTITY(member, name)                                                                     \
    OMNI_FIELD(.path = member, .column = (name), .type = OMNI_MICROS, .unit = OMNI_UNIT_MAJOR)

static const struct omni_field *const order_fields[] = {
    TEXT("id", "order_id", OMNI_KEY),
    TIME("created_at", "at", 0),
    TIME("closed_at", "processed_at", OMNI_OPTIONAL),
    TIME("updated_at", "updated_at", 0),
    MADE_TEXT("sales_channel"),
    TEXT("location_id", "location_id", 0),
    TEXT("customer_id", "customer_id", OMNI_OPTIONAL),
    TEXT("state", "status", 0),
    MADE_TEXT("fulfilment"),
    MADE_TEXT("currency"),
    MADE_MONEY("gross"),
    MADE_MONEY("discount"),
    MONEY("total_tax_money", "tax", OMNI_OPTIONAL),
    MONEY("total_tip_money", "tip", OMNI_OPTIONAL),
    MADE_MONEY("refund"),
    MADE_MONEY("net"),
    MADE_MONEY("total"),
    QUANTITY("=items", "items"),
    TEXT("source.name", NULL, OMNI_OPTIONAL),
    TEXT("reference_id", NULL, OMNI_OPTIONAL),
    NULL};
static const struct omni_field *const line_fields[] = {
    MADE_TEXT("order_id"),
    TEXT("uid", "line_id", OMNI_KEY),
    OMNI_FIELD(.path = "=at", .column = "at", .type = OMNI_TIME, .unit = OMNI_TIME_ISO),
    TEXT("catalog_object_id", "variant_id", OMNI_OPTIONAL),
    TEXT("name", "title", OMNI_OPTIONAL),
    MADE_TEXT("currency"),
    QUANTITY("$.quantity", "qty"),
    MONEY("base_price_money", "price", OMNI_OPTIONAL),
    MADE_MONEY("gross"),
    MONEY("total_discount_money", "discount", OMNI_ZERO_IF_ABSENT),
    MONEY("total_tax_money", "tax", OMNI_ZERO_IF_ABSENT),
    NULL};
static const struct omni_field *const refund_fields[] = {
    TEXT("id", "refund_id", OMNI_KEY),
    MADE_TEXT("order_id"),
    TIME("created_at", "at", 0),
    TEXT("reason", "reason", OMNI_OPTIONAL),
    TEXT("amount_money.currency", "currency", 0),
    MONEY("amount_money", "amount", 0),
    NULL};
static const struct omni_stream *const order_parts[] = {
    OMNI_STREAM(.sync = OMNI_CURSOR, .name = "order_lines", .dataset = "order_lines",
                .help = "the lines of these orders", .fields = line_fields,
                .inside = "$.line_items[*]"),
    OMNI_STREAM(.sync = OMNI_CURSOR, .name = "refunds", .dataset = "refunds",
                .help = "the refunds of these orders", .fields = refund_fields,
                .inside = "$.refunds[*]"),
    NULL};

static const struct omni_field *const location_fields[] = {
    TEXT("id", "location_id", OMNI_KEY),
    TEXT("name", "name", OMNI_OPTIONAL),
    TEXT("timezone", "zone", OMNI_OPTIONAL),
    TEXT("address.address_line_1", "address", OMNI_OPTIONAL),
    TEXT("address.locality", "city", OMNI_OPTIONAL),
    TEXT("address.postal_code", "postcode", OMNI_OPTIONAL),
    TEXT("address.country", "country", OMNI_OPTIONAL),
    OMNI_FIELD(.path = "=active", .column = "active", .type = OMNI_BOOL, .flags = OMNI_OPTIONAL),
    TEXT("status", NULL, OMNI_OPTIONAL),
    NULL};
static const struct omni_field *const product_fields[] = {
    MADE_TEXT("sku"),
    MADE_TEXT("product_id"),
    TEXT("id", "variant_id", 0),
    MADE_TEXT("title"),
    TEXT("item_variation_data.price_money.currency", "currency", OMNI_OPTIONAL),
    MONEY("item_variation_data.price_money", "price", OMNI_OPTIONAL),
    TIME("updated_at", "updated_at", OMNI_OPTIONAL),
    NULL};
static const struct omni_field *const stock_fields[] = {
    TEXT("location_id", "location_id", OMNI_KEY), MADE_TEXT("sku"),
    TIME("calculated_at", "at", OMNI_OPTIONAL), QUANTITY("$.quantity", "available"), NULL};

static const struct omni_field *const customer_fields[] = {
    TEXT("id", "contact_id", OMNI_KEY),
    TEXT("email_address", "email", OMNI_OPTIONAL | OMNI_SENSITIVE),
    TEXT("phone_number", "phone", OMNI_OPTIONAL | OMNI_SENSITIVE),
    OMNI_FIELD(.path = "=name", .column = "name", .type = OMNI_TEXT,
               .flags = OMNI_OPTIONAL | OMNI_SENSITIVE),
    TEXT("company_name", "company", OMNI_OPTIONAL),
    TEXT("address.country", "country", OMNI_OPTIONAL),
    TEXT("address.locality", "city", OMNI_OPTIONAL),
    TIME("created_at", "created_at", OMNI_OPTIONAL),
    TIME("updated_at", "updated_at", 0),
    MADE_TEXT("consent"),
    NULL};

const struct omni_stream *const square_streams[] = {
    OMNI_STREAM(.sync = OMNI_CURSOR, .name = "orders", .dataset = "orders", .day_zone = "account",
                .help = "completed orders that are new or changed, with lines and refunds",
                .constants = "financial_status=paid", .fields = order_fields, .parts = order_parts),
    OMNI_STREAM(.sync = OMNI_SNAPSHOT, .name = "locations", .dataset = "locations",
                .help = "the location itself", .fields = location_fields),
    OMNI_STREAM(.sync = OMNI_SNAPSHOT, .name = "products", .dataset = "products",
                .help = "the variations of the catalog's items", .fields = product_fields),
    OMNI_STREAM(.sync = OMNI_SNAPSHOT, .name = "inventory", .dataset = "inventory",
                .help = "what the location has in stock, as of today", .day_zone = "account",
                .fields = stock_fields),
    OMNI_STREAM(.sync = OMNI_CURSOR, .name = "customers", .dataset = "crm_people",
                .day_zone = "account", .help = "the seller's customers that are new or changed",
                .fields = customer_fields),
    NULL};

static omni_status square_open(const struct omni_host *, const struct omni_config *,
                               struct omni_run *, void **self);
static void square_close(void *self);
static omni_status square_check(void *self, struct omni_run *);
static omni_status square_accounts(void *self, struct omni_run *);
static omni_status square_pull(void *self, struct omni_run *, const struct omni_request *);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "square", .title = "Square", .family = "commerce",
                .help = "a till's orders, returns, locations, articles, stock and customers",
                .api_version = "2025-08-20", .api_url = "https://connect.squareup.com",
                .account_option = "location_id", .options = options, .logins = logins,
                .streams = square_streams, .open = square_open, .close = square_close,
                .check = square_check, .accounts = square_accounts, .pull = square_pull,
                .judge = square_judge),
    NULL};

enum { BODY_MAX = 6144 };

static omni_status square_open(const struct omni_host *hub, const struct omni_config *config,
                               struct omni_run *run, void **self)
{
    int64_t size = hub->opt_int(config, "page_size");
    if (size < 1 || size > 1000) {
        hub->fail_detail(run, "option", "page_size");
        return hub->fail(run, OMNI_E_CONFIG, "it must be from 1 to 1000");
    }
    struct square *square = calloc(1, sizeof(*square));
    if (!square)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    square->hub = hub;
    square->config = config;
    *self = square;
    return OMNI_OK;
}

static void square_close(void *self)
{
    struct square *square = self;
    free(square->articles);
    free(square);
}

omni_status square_send(struct square *square, struct omni_run *run, const char *url,
                        const char *body, struct omni_http *http)
{
    char version[64];
    snprintf(version, sizeof(version), "Square-Version: %s",
             square->hub->opt_text(square->config, "api_version"));
    const char *const headers[] = {version, body ? "Content-Type: application/json" : NULL, NULL};
    *http = (struct omni_http){.size = sizeof(*http),
                               .method = body ? "POST" : NULL,
                               .flags = OMNI_HTTP_REPEATABLE,
                               .headers = headers,
                               .url = url,
                               .body = body,
                               .body_len = body ? strlen(body) : 0};
    if (!url)
        return square->hub->fail(run, OMNI_E_DATA, "the page cursor is too long");
    omni_status status = square->hub->http(run, http);
    http->headers = NULL;
    /* "Nothing" is an object without the list; half a reply is none at all. */
    if (status == OMNI_OK && omni_json_of_reply(http).kind != OMNI_JSON_OBJECT)
        return square->hub->fail(run, OMNI_E_DATA, "the reply is not whole");
    return status;
}

/* ---- locations ---- */

static omni_status tell_location(struct square *square, struct omni_run *run, struct omni_json node)
{
    char id[SQUARE_ID], name[256], currency[8], zone[64];
    if (!omni_json_text(node, "id", id, sizeof(id)))
        return square->hub->fail(run, OMNI_E_DATA, "a location without an id");
    omni_json_text(node, "name", name, sizeof(name));
    omni_json_text(node, "currency", currency, sizeof(currency));
    omni_json_text(node, "timezone", zone, sizeof(zone));
    return square->hub->found_account(run, id, name, currency[0] ? currency : NULL,
                                      zone[0] ? zone : NULL);
}

/* Finds a location in the seller's list; id NULL: tells all of them. */
static omni_status find_location(struct square *square, struct omni_run *run, const char *id,
                                 struct omni_json *out, struct omni_http *http)
{
    omni_status status = square_send(square, run, "/v2/locations", NULL, http);
    struct omni_json one = {0}, all = omni_json_at(omni_json_of_reply(http), "locations");
    while (status == OMNI_OK && omni_json_next(all, &one)) {
        char own[SQUARE_ID];
        omni_json_text(one, "id", own, sizeof(own));
        if (!id)
            status = tell_location(square, run, one);
        else if (strcmp(own, id) == 0) {
            *out = one;
            return OMNI_OK;
        }
    }
    if (status != OMNI_OK || !id)
        return status;
    square->hub->fail_detail(run, "option", "location_id");
    return square->hub->fail(run, OMNI_E_CONFIG, "the seller has no such location");
}

static omni_status learn(struct square *square, struct omni_run *run, const char *account)
{
    struct omni_http http;
    struct omni_json node = {0};
    if (strcmp(square->known, account) == 0)
        return OMNI_OK;
    omni_status status = find_location(square, run, account, &node, &http);
    if (status == OMNI_OK)
        status = tell_location(square, run, node);
    if (status == OMNI_OK)
        snprintf(square->known, sizeof(square->known), "%s", account);
    return status;
}

/* The locations, then one call for each further permission, of which a missing one stops its own
 * streams only. */
static omni_status square_check(void *self, struct omni_run *run)
{
    static const struct {
        const char *permission, *streams, *url, *body;
    } all[] = {{"ORDERS_READ", "orders", "/v2/orders/search", "\"limit\":1"},
               {"ITEMS_READ", "products and inventory", "/v2/catalog/list?types=ITEM", NULL},
               {"INVENTORY_READ", "inventory", "/v2/inventory/counts/batch-retrieve", ""},
               {"CUSTOMERS_READ", "customers", "/v2/customers/search", "\"limit\":1"}};
    struct square *square = self;
    const char *location = square->hub->opt_text(square->config, "location_id");
    omni_status status = learn(square, run, location);
    for (size_t i = 0; status == OMNI_OK && i < sizeof(all) / sizeof(all[0]); i++) {
        char memory[512], text[128];
        struct omni_http http;
        struct omni_text body = OMNI_TEXT(memory);
        omni_text_add(&body, "{");
        omni_text_add(&body, all[i].body);
        if (strcmp(all[i].permission, "CUSTOMERS_READ") != 0) {
            omni_text_add(&body, body.len > 1 ? ",\"location_ids\":[" : "\"location_ids\":[");
            omni_text_add_json(&body, location);
            omni_text_add(&body, "]");
        }
        omni_text_add(&body, "}");
        square->is_lacking = 0;
        status =
            square_send(square, run, all[i].url, all[i].body ? omni_text_done(&body) : NULL, &http);
        if (status == OMNI_OK || !square->is_lacking)
            continue;
        snprintf(text, sizeof(text), "the token lacks the permission %s: no %s", all[i].permission,
                 all[i].streams);
        square->hub->log(run, OMNI_LOG_WARN, text);
        status = OMNI_OK;
    }
    return status;
}

static omni_status square_accounts(void *self, struct omni_run *run)
{
    struct omni_http http;
    return find_location(self, run, NULL, NULL, &http);
}

static omni_status pull_location(struct square *square, struct omni_run *run,
                                 const struct omni_request *request)
{
    struct omni_http http;
    struct omni_json node = {0};
    char state[32];
    omni_status status = find_location(square, run, request->account, &node, &http);
    if (status != OMNI_OK)
        return status;
    omni_row_begin(&square->row, request->stream, node);
    if (omni_json_text(node, "status", state, sizeof(state)))
        omni_row_number(&square->row, "active", OMNI_BOOL, strcmp(state, "ACTIVE") == 0);
    return omni_row_send(&square->row, square->hub, run, 0);
}

/* ---- orders ---- */

/* The same body for every page, but for the cursor: Square insists on it. */
static void add_order_body(const struct square *square, struct omni_text *body,
                           const struct omni_request *request, const char *since,
                           const char *cursor)
{
    omni_text_add(body, "{\"location_ids\":[");
    omni_text_add_json(body, request->account);
    omni_text_add(body, "],\"query\":{\"filter\":{\"state_filter\":{\"states\":[\"COMPLETED\"]},"
                        "\"date_time_filter\":{\"updated_at\":{");
    omni_json_add_text(body, "start_at", since);
    omni_text_add(body, "}}},\"sort\":{\"sort_field\":\"UPDATED_AT\",\"sort_order\":\"ASC\"}},"
                        "\"return_entries\":false");
    omni_json_add_int(body, "limit", square->hub->opt_int(square->config, "page_size"));
    omni_json_add_text(body, "cursor", cursor[0] ? cursor : NULL);
    omni_text_add(body, "}");
}

static void notice_change(struct square *square, struct omni_json record)
{
    char updated[64];
    int64_t seconds;
    if (omni_json_text(record, "updated_at", updated, sizeof(updated)) &&
        omni_time_parse(updated, &seconds) && seconds > square->newest)
        square->newest = seconds;
}

/* An empty page has no member for its list. */
static omni_status take_page(struct square *square, struct omni_run *run,
                             const struct omni_request *request, const struct square_changed *what,
                             struct omni_json reply)
{
    struct omni_json one = {0}, all = omni_json_at(reply, what->member);
    omni_status status = OMNI_OK;
    while (status == OMNI_OK && omni_json_next(all, &one)) {
        notice_change(square, one);
        status = what->take(square, run, request->stream, one);
    }
    return status;
}

omni_status square_pull_changed(struct square *square, struct omni_run *run,
                                const struct omni_request *request,
                                const struct square_changed *what)
{
    char since[OMNI_TIME_TEXT], cursor[OMNI_TIME_TEXT];
    int64_t seconds = (int64_t)request->from_day * 86400, begun = (int64_t)time(NULL);
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http;
    if (request->cursor && omni_time_parse(request->cursor, &seconds))
        seconds -= square->hub->opt_int(square->config, "overlap");
    omni_time_print(seconds, since);
    square->newest = 0;
    do {
        char memory[BODY_MAX];
        struct omni_text body = OMNI_TEXT(memory);
        what->add_body(square, &body, request, since, pages.cursor);
        const char *text = omni_text_done(&body);
        omni_status status = square_send(square, run, text ? what->url : NULL, text, &http);
        if (status == OMNI_OK)
            status = take_page(square, run, request, what, omni_json_of_reply(&http));
        if (status != OMNI_OK)
            return status;
    } while (omni_pages_after(&pages, &http, "cursor"));
    omni_status status = omni_pages_end(&pages, square->hub, run);
    if (status != OMNI_OK || square->newest == 0)
        return status;
    /* What changed while the pages were read may have been passed by. */
    return square->hub->cursor(
        run, omni_time_print(square->newest < begun ? square->newest : begun, cursor));
}

static omni_status pull_orders(struct square *square, struct omni_run *run,
                               const struct omni_request *request)
{
    static const struct square_changed orders = {"/v2/orders/search", "orders", add_order_body,
                                                 square_take_order};
    return square_pull_changed(square, run, request, &orders);
}

static omni_status square_pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    static const struct {
        const char *stream;
        omni_status (*pull)(struct square *, struct omni_run *, const struct omni_request *);
    } kinds[] = {{"orders", pull_orders},
                 {"locations", pull_location},
                 {"products", square_pull_products},
                 {"inventory", square_pull_stock},
                 {"customers", square_pull_customers}};
    struct square *square = self;
    omni_status status = learn(square, run, request->account);
    if (status != OMNI_OK)
        return status;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].stream, request->stream->name) == 0)
            return kinds[i].pull(square, run, request);
    return square->hub->fail(run, OMNI_E_BUG, "an unknown stream");
}

OMNI_MODULE("square", "1.0", .vendor = "omnihub", .license = "Apache-2.0", .sources = sources);
