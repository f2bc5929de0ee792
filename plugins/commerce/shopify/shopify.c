/* SPDX-License-Identifier: Apache-2.0
 * Shopify: orders, lines, refunds, products, stock, customers and checkouts, by the GraphQL Admin
 * API. */
#include "shopify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "shop", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "the shop's own name: NAME of NAME.myshopify.com"),
    OMNI_OPTION(.name = "access_token", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED | OMNI_SECRET,
                .help = "Admin API access token of a custom app"),
    OMNI_OPTION(.name = "api_version", .type = OMNI_OPT_TEXT, .fallback = "2026-07",
                .help = "version of the Admin API"),
    OMNI_OPTION(.name = "customers", .type = OMNI_OPT_BOOL, .fallback = "true",
                .help = "orders with customer and last visit; false where the app has no approval "
                        "for customers' data"),
    OMNI_OPTION(.name = "included_tax", .type = OMNI_OPT_TEXT, .fallback = "remove",
                .choices = "remove|keep",
                .help = "where prices include tax: take it off gross, refund and net, or keep it"),
    OMNI_OPTION(.name = "article", .type = OMNI_OPT_TEXT, .fallback = "sku", .choices = "sku|id",
                .help = "what tells articles apart in products and inventory: the merchant's sku, "
                        "or Shopify's id where two articles have one sku"),
    OMNI_OPTION(.name = "sales_channels", .type = OMNI_OPT_LIST,
                .help = "how orders of a source are sold: (\"580111=marketplace\", …); web and pos "
                        "are known"),
    OMNI_OPTION(.name = "bulk", .type = OMNI_OPT_BOOL, .fallback = "false",
                .help = "what is read as a whole (the first pull, and each day's stock) as one "
                        "bulk operation: for shops with a long history or many articles"),
    OMNI_OPTION(.name = "overlap", .type = OMNI_OPT_DURATION, .fallback = "10m",
                .help = "how far each pull reaches behind the last change seen"),
    OMNI_OPTION(.name = "page_size", .type = OMNI_OPT_INT, .fallback = "25",
                .help = "objects asked for at once, at most 250"),
    OMNI_OPTION(.name = "lines_per_order", .type = OMNI_OPT_INT, .fallback = "10",
                .help = "lines, refunded lines and stock levels asked for with their object, at "
                        "most 250; further ones are fetched apart"),
    NULL};

static const struct omni_auth *const logins[] = {OMNI_LOGIN(.kind = OMNI_AUTH_HEADER,
                                                            .options = "access_token",
                                                            .header = "X-Shopify-Access-Token"),
                                                 NULL};

static omni_status shopify_open(const struct omni_host *, const struct omni_config *,
                                struct omni_run *, void **self);
static void shopify_close(void *self);
static omni_status shopify_check(void *self, struct omni_run *);
static omni_status shopify_pull(void *self, struct omni_run *, const struct omni_request *);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "shopify", .title = "Shopify", .family = "commerce",
                .help = "a shop's orders, lines, refunds, products, stock, customers and checkouts",
                .api_version = "2026-07", .api_sunset = "2027-07-01",
                .api_url = "https://{shop}.myshopify.com", .hosts = "storage.googleapis.com",
                .account_option = "shop", .options = options, .logins = logins,
                .streams = shopify_streams, .open = shopify_open, .close = shopify_close,
                .check = shopify_check, .pull = shopify_pull, .judge = shopify_judge),
    NULL};

enum { INNER_FIRST = 50, BODY_MAX = 16384, QUERY_MAX = 6144, VARIABLES_MAX = 6144, URL_MAX = 256 };

/* ---- opening ---- */

static omni_status check_size(const struct omni_host *hub, const struct omni_config *config,
                              struct omni_run *run, const char *option)
{
    int64_t size = hub->opt_int(config, option);
    if (size >= 1 && size <= 250)
        return OMNI_OK;
    hub->fail_detail(run, "option", option);
    return hub->fail(run, OMNI_E_CONFIG, "it must be from 1 to 250");
}

static omni_status shopify_open(const struct omni_host *hub, const struct omni_config *config,
                                struct omni_run *run, void **self)
{
    const char *shop_name = hub->opt_text(config, "shop");
    if (shop_name && strchr(shop_name, '.')) {
        hub->fail_detail(run, "option", "shop");
        return hub->fail(run, OMNI_E_CONFIG, "only NAME of NAME.myshopify.com");
    }
    omni_status status = check_size(hub, config, run, "page_size");
    if (status == OMNI_OK)
        status = check_size(hub, config, run, "lines_per_order");
    if (status != OMNI_OK)
        return status;
    struct shopify *shop = calloc(1, sizeof(*shop));
    if (!shop)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    shop->hub = hub;
    shop->config = config;
    shop->inner_first = INNER_FIRST;
    *self = shop;
    return OMNI_OK;
}

static void shopify_close(void *self)
{
    struct shopify *shop = self;
    free(shop->page);
    free(shop->returns);
    free(shop);
}

/* ---- asking ---- */

void shopify_id(struct omni_json value, const char *path, char out[SHOPIFY_ID])
{
    char gid[128];
    omni_json_text(value, path, gid, sizeof(gid));
    const char *slash = strrchr(gid, '/');
    size_t n = strcspn(slash ? slash + 1 : gid, "?");
    snprintf(out, SHOPIFY_ID, "%.*s", (int)n, slash ? slash + 1 : gid);
}

void shopify_row_id(struct omni_row *row, const char *column, struct omni_json value,
                    const char *path)
{
    char id[SHOPIFY_ID];
    shopify_id(value, path, id);
    omni_row_text(row, column, id[0] ? id : NULL);
}

/* An old version is silently served by the oldest one that is left. */
static void notice_version(struct shopify *shop, struct omni_run *run, const struct omni_http *http)
{
    const char *served = omni_reply_header(http, "x-shopify-api-version");
    const char *asked = shop->hub->opt_text(shop->config, "api_version");
    char text[160];
    if (shop->is_warned || !served || strcmp(served, asked) == 0)
        return;
    shop->is_warned = 1;
    snprintf(text, sizeof(text), "Shopify answers by API version %.20s, not %.20s: set api_version",
             served, asked);
    shop->hub->log(run, OMNI_LOG_WARN, text);
}

omni_status shopify_ask(struct shopify *shop, struct omni_run *run, const char *query,
                        const char *variables, struct omni_http *http)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    char url_memory[URL_MAX], body_memory[BODY_MAX];
    struct omni_text url = OMNI_TEXT(url_memory), body = OMNI_TEXT(body_memory);
    omni_text_add(&url, "/admin/api");
    omni_path_segment(&url, shop->hub->opt_text(shop->config, "api_version"));
    omni_text_add(&url, "/graphql.json");
    omni_text_add(&body, "{\"query\":");
    omni_text_add_json(&body, query);
    omni_text_add(&body, ",\"variables\":{");
    omni_text_add(&body, variables);
    omni_text_add(&body, "}}");
    *http = (struct omni_http){.size = sizeof(*http),
                               .method = "POST",
                               .flags = OMNI_HTTP_REPEATABLE,
                               .headers = headers,
                               .url = omni_text_done(&url),
                               .body = omni_text_done(&body)};
    if (!http->url || !http->body)
        return shop->hub->fail(run, OMNI_E_BUG, "the request is too long");
    http->body_len = body.len;
    omni_status status = shop->hub->http(run, http);
    if (status == OMNI_OK)
        notice_version(shop, run, http);
    return status;
}

static omni_status learn(struct shopify *shop, struct omni_run *run, const char *account)
{
    char name[256], zone[64];
    struct omni_http http;
    if (strcmp(shop->known, account) == 0)
        return OMNI_OK;
    omni_status status =
        shopify_ask(shop, run, "{shop{name currencyCode ianaTimezone}}", "", &http);
    if (status != OMNI_OK)
        return status;
    struct omni_json reply = omni_json_at(omni_json_of_reply(&http), "data.shop");
    omni_json_text(reply, "name", name, sizeof(name));
    if (!omni_json_text(reply, "currencyCode", shop->currency, sizeof(shop->currency)) ||
        !omni_json_text(reply, "ianaTimezone", zone, sizeof(zone)))
        return shop->hub->fail(run, OMNI_E_DATA, "the shop has no currency and time zone");
    snprintf(shop->known, sizeof(shop->known), "%s", account);
    return shop->hub->found_account(run, account, name, shop->currency, zone);
}

/* Says which of the streams' scopes the token lacks. */
static omni_status shopify_check(void *self, struct omni_run *run)
{
    static const char *const scopes[][2] = {
        {"read_orders", "orders and checkouts"}, {"read_all_orders", "orders older than 60 days"},
        {"read_products", "products"},           {"read_inventory", "inventory"},
        {"read_customers", "customers"},
    };
    struct shopify *shop = self;
    struct omni_http http;
    omni_status status = learn(shop, run, shop->hub->opt_text(shop->config, "shop"));
    if (status == OMNI_OK)
        status =
            shopify_ask(shop, run, "{currentAppInstallation{accessScopes{handle}}}", "", &http);
    if (status != OMNI_OK)
        return status;
    size_t n_lacking = 0;
    struct omni_json given =
        omni_json_at(omni_json_of_reply(&http), "data.currentAppInstallation.accessScopes");
    for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
        struct omni_json scope = {0};
        int has = 0;
        char handle[64], text[160];
        while (omni_json_next(given, &scope))
            if (omni_json_text(scope, "handle", handle, sizeof(handle)))
                has |= strcmp(handle, scopes[i][0]) == 0;
        snprintf(text, sizeof(text), "the token lacks the scope %s: no %s", scopes[i][0],
                 scopes[i][1]);
        n_lacking += !has;
        if (!has)
            shop->hub->log(run, OMNI_LOG_WARN, text);
    }
    if (n_lacking == sizeof(scopes) / sizeof(scopes[0]))
        return shop->hub->fail(run, OMNI_E_CONFIG,
                               "the token has none of the scopes that are needed: give the app "
                               "read_orders and the others that the README lists");
    return OMNI_OK;
}

/* ---- inner lists ---- */

#define PAGE_INFO "pageInfo{hasNextPage endCursor}"

static int next_page(struct omni_pages *pages, struct omni_json list)
{
    char cursor[OMNI_PAGES_CURSOR];
    if (!omni_json_is_true(list, "pageInfo.hasNextPage") ||
        !omni_json_text(list, "pageInfo.endCursor", cursor, sizeof(cursor)))
        return omni_pages_go(pages, NULL);
    return omni_pages_go(pages, cursor);
}

static omni_status take_edges(struct shopify *shop, struct omni_run *run, struct omni_json list,
                              shopify_take *take, void *ctx)
{
    struct omni_json edge = {0}, edges = omni_json_at(list, "edges");
    omni_status status = OMNI_OK;
    if (edges.kind != OMNI_JSON_ARRAY)
        return shop->hub->fail(run, OMNI_E_DATA, "a list without edges in Shopify's answer");
    if (omni_json_is_true(list, "pageInfo.hasNextPage") &&
        omni_json_at(list, "pageInfo.endCursor").kind != OMNI_JSON_TEXT)
        return shop->hub->fail(run, OMNI_E_DATA, "a further page without an endCursor");
    while (status == OMNI_OK && omni_json_next(edges, &edge))
        status = take(shop, run, ctx, omni_json_at(edge, "node"));
    return status;
}

/* Asks for fewer members where so many cost too much. */
static omni_status ask_inner(struct shopify *shop, struct omni_run *run, const char *query,
                             const char *id, const char *after, struct omni_http *http)
{
    for (;; shop->inner_first /= 2) {
        char memory[VARIABLES_MAX];
        struct omni_text variables = OMNI_TEXT(memory);
        omni_json_add_text(&variables, "id", id);
        omni_json_add_int(&variables, "first", shop->inner_first);
        omni_json_add_text(&variables, "after", after);
        if (!omni_text_done(&variables))
            return shop->hub->fail(run, OMNI_E_DATA, "the page cursor is too long");
        omni_status status = shopify_ask(shop, run, query, memory, http);
        if (status != OMNI_E_TOO_MUCH || shop->inner_first <= 1)
            return status;
    }
}

omni_status shopify_each(struct shopify *shop, struct omni_run *run, struct omni_json parent,
                         const struct shopify_inner *inner, shopify_take *take, void *ctx)
{
    char query_memory[QUERY_MAX], id[128];
    struct omni_text query = OMNI_TEXT(query_memory);
    struct omni_pages pages = OMNI_PAGES;
    struct omni_json list = omni_json_at(parent, inner->connection);
    omni_status status = take_edges(shop, run, list, take, ctx);
    if (status != OMNI_OK || !next_page(&pages, list))
        return status;
    if (!omni_json_text(parent, "id", id, sizeof(id)))
        return shop->hub->fail(run, OMNI_E_DATA, "an object with further pages has no id");
    const char *const words[] = {"query($id:ID!,$first:Int!,$after:String){node(id:$id){... on ",
                                 inner->type,
                                 "{",
                                 inner->connection,
                                 "(first:$first,after:$after){edges{node{",
                                 inner->members,
                                 "}}" PAGE_INFO "}}}}"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        omni_text_add(&query, words[i]);
    char path[64];
    snprintf(path, sizeof(path), "data.node.%s", inner->connection);
    do {
        struct omni_http http;
        status = ask_inner(shop, run, query_memory, id, pages.cursor, &http);
        if (status != OMNI_OK)
            return status;
        list = omni_json_at(omni_json_of_reply(&http), path);
        status = take_edges(shop, run, list, take, ctx);
        if (status != OMNI_OK)
            return status;
    } while (next_page(&pages, list));
    return omni_pages_end(&pages, shop->hub, run);
}

/* ---- pulling ---- */

int shopify_keep_page(struct shopify *shop, const struct omni_http *http, struct omni_json *page)
{
    if (http->reply_len > shop->page_size) {
        char *grown = realloc(shop->page, http->reply_len);
        if (!grown)
            return 0;
        shop->page = grown;
        shop->page_size = http->reply_len;
    }
    if (http->reply_len > 0)
        memcpy(shop->page, http->reply, http->reply_len);
    *page = omni_json_of(shop->page, http->reply_len);
    return 1;
}

omni_status shopify_take_node(struct shopify *shop, struct omni_run *run, void *ctx,
                              struct omni_json node)
{
    const struct shopify_asking *asking = ctx;
    char updated[64];
    int64_t seconds;
    if (omni_json_text(node, "updatedAt", updated, sizeof(updated)) &&
        omni_time_parse(updated, &seconds) && seconds > shop->newest)
        shop->newest = seconds;
    return asking->list->take(shop, run, asking->stream, node);
}

void shopify_add_members(const struct shopify *shop, const struct shopify_list *list,
                         struct omni_text *out)
{
    const char *end = strstr(list->members, " customer{id} customerJ");
    if (end && !shop->hub->opt_int(shop->config, "customers"))
        omni_text_add_bytes(out, list->members, (size_t)(end - list->members));
    else
        omni_text_add(out, list->members);
}

static omni_status ask_page(struct shopify *shop, struct omni_run *run,
                            const struct shopify_asking *asking, struct omni_http *http)
{
    char query_memory[QUERY_MAX], variables_memory[VARIABLES_MAX];
    struct omni_text query = OMNI_TEXT(query_memory), variables = OMNI_TEXT(variables_memory);
    int has_inner = strstr(asking->list->members, "$inner") != NULL;
    omni_text_add(&query, "query($first:Int!,$after:String");
    omni_text_add(&query, has_inner ? ",$inner:Int!" : "");
    omni_text_add(&query, asking->filter[0] ? ",$query:String){" : "){");
    omni_text_add(&query, asking->list->connection);
    omni_text_add(&query, "(first:$first,after:$after");
    omni_text_add(&query, asking->filter[0] ? ",query:$query" : "");
    omni_text_add(&query, asking->list->arguments);
    omni_text_add(&query, "){edges{node{");
    shopify_add_members(shop, asking->list, &query);
    omni_text_add(&query, "}}" PAGE_INFO "}}");
    omni_json_add_int(&variables, "first", asking->first);
    if (has_inner)
        omni_json_add_int(&variables, "inner", asking->inner);
    omni_json_add_text(&variables, "after", asking->pages.cursor[0] ? asking->pages.cursor : NULL);
    omni_json_add_text(&variables, "query", asking->filter[0] ? asking->filter : NULL);
    if (!omni_text_done(&query) || !omni_text_done(&variables))
        return shop->hub->fail(run, OMNI_E_BUG, "the query is too long");
    return shopify_ask(shop, run, query_memory, variables_memory, http);
}

/* A query may cost 1000 points: fewer objects at once, then fewer inner ones. */
static int asks_less(struct shopify_asking *asking)
{
    int64_t *size = asking->first > 1 ? &asking->first : &asking->inner;
    if (*size <= 1)
        return 0;
    *size /= 2;
    return 1;
}

static omni_status pull_pages(struct shopify *shop, struct omni_run *run,
                              struct shopify_asking *asking)
{
    char path[64];
    struct omni_json list = {0};
    snprintf(path, sizeof(path), "data.%s", asking->list->connection);
    do {
        struct omni_http http;
        struct omni_json page;
        omni_status status = ask_page(shop, run, asking, &http);
        while (status == OMNI_E_TOO_MUCH && asks_less(asking))
            status = ask_page(shop, run, asking, &http);
        if (status != OMNI_OK)
            return status == OMNI_E_TOO_MUCH
                       ? shop->hub->fail(run, OMNI_E_CONFIG, "one object costs too many points")
                       : status;
        if (!shopify_keep_page(shop, &http, &page))
            return shop->hub->fail(run, OMNI_E_RETRY, "out of memory");
        list = omni_json_at(page, path);
        status = take_edges(shop, run, list, shopify_take_node, asking);
        if (status != OMNI_OK)
            return status;
    } while (next_page(&asking->pages, list));
    return omni_pages_end(&asking->pages, shop->hub, run);
}

/* "updated_at:>='…'": from the cursor on, with some overlap, since the search knows whole seconds
 * only and lags behind. */
static void set_filter(struct shopify *shop, struct shopify_asking *asking,
                       const struct omni_request *request)
{
    char since[OMNI_TIME_TEXT];
    int64_t seconds = (int64_t)request->from_day * 86400;
    if (request->cursor && omni_time_parse(request->cursor, &seconds))
        seconds -= shop->hub->opt_int(shop->config, "overlap");
    snprintf(asking->filter, sizeof(asking->filter), "updated_at:>='%s'",
             omni_time_print(seconds, since));
}

static omni_status shopify_pull(void *self, struct omni_run *run,
                                const struct omni_request *request)
{
    struct shopify *shop = self;
    struct shopify_asking asking = {.stream = request->stream,
                                    .first = shop->hub->opt_int(shop->config, "page_size"),
                                    .inner = shop->hub->opt_int(shop->config, "lines_per_order"),
                                    .pages = OMNI_PAGES};
    for (asking.list = shopify_lists; asking.list->stream; asking.list++)
        if (strcmp(asking.list->stream, request->stream->name) == 0)
            break;
    if (!asking.list->stream)
        return shop->hub->fail(run, OMNI_E_BUG, "an unknown stream");
    int64_t begun = (int64_t)time(NULL);
    shop->newest = 0;
    if (request->stream->sync == OMNI_CURSOR)
        set_filter(shop, &asking, request);
    omni_status status = learn(shop, run, request->account);
    if (status == OMNI_OK)
        status = !request->cursor && shop->hub->opt_int(shop->config, "bulk")
                     ? shopify_pull_bulk(shop, run, &asking, &begun)
                     : pull_pages(shop, run, &asking);
    if (status != OMNI_OK || !asking.filter[0] || shop->newest == 0)
        return status;
    /* What changed while the pages were read may have been passed by. */
    char cursor[OMNI_TIME_TEXT];
    return shop->hub->cursor(run,
                             omni_time_print(shop->newest < begun ? shop->newest : begun, cursor));
}

OMNI_MODULE("shopify", "1.0", .vendor = "omnihub", .license = "Apache-2.0", .sources = sources);
