/* SPDX-License-Identifier: Apache-2.0
 * The shop's streams: what each asks for, and how its records become rows. */
#include <stdio.h>
#include <string.h>

#include "shopify.h"

#define TEXT(member, name, flags_)                                                                 \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_TEXT, .flags = (flags_))
#define TIME(member, name, flags_)                                                                 \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_TIME, .unit = OMNI_TIME_ISO,    \
               .flags = (flags_))
#define MONEY(member, name, flags_)                                                                \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_MICROS,                         \
               .unit = OMNI_UNIT_MAJOR, .flags = (flags_))
#define SHOP_MONEY(set, name, flags_) MONEY(set ".shopMoney.amount", name, flags_)
/* Worked out by the plugin. */
#define MADE(name, type_, flags_)                                                                  \
    OMNI_FIELD(.path = "=" name, .column = (name), .type = (type_), .flags = (flags_))
#define MADE_TEXT(name)  MADE(name, OMNI_TEXT, OMNI_OPTIONAL)
#define MADE_ID(name)    MADE(name, OMNI_TEXT, OMNI_KEY)
#define MADE_MONEY(name) MADE(name, OMNI_MICROS, OMNI_OPTIONAL)
#define MADE_COUNT(name) MADE(name, OMNI_INT, OMNI_OPTIONAL)

/* ---- orders ---- */

static const struct omni_field *const order_fields[] = {
    MADE_ID("order_id"),
    TIME("createdAt", "at", 0),
    TIME("processedAt", "processed_at", OMNI_OPTIONAL),
    TIME("updatedAt", "updated_at", 0),
    TIME("cancelledAt", "cancelled_at", OMNI_OPTIONAL),
    MADE_TEXT("sales_channel"),
    MADE_TEXT("customer_id"),
    TEXT("displayFulfillmentStatus", "status", OMNI_OPTIONAL),
    TEXT("displayFinancialStatus", "financial_status", OMNI_OPTIONAL),
    TEXT("currencyCode", "currency", 0),
    MADE_MONEY("gross"),
    MADE_MONEY("discount"),
    SHOP_MONEY("totalShippingPriceSet", "shipping", 0),
    SHOP_MONEY("totalTaxSet", "tax", OMNI_OPTIONAL),
    SHOP_MONEY("totalTipReceivedSet", "tip", OMNI_OPTIONAL),
    MADE_MONEY("refund"),
    MADE_MONEY("net"),
    SHOP_MONEY("currentTotalPriceSet", "total", 0),
    MADE_COUNT("items"),
    TEXT("discountCode", "coupon", OMNI_OPTIONAL),
#define LAST_VISIT "customerJourneySummary.lastVisit."
    TEXT(LAST_VISIT "utmParameters.source", "utm_source", OMNI_OPTIONAL),
    TEXT(LAST_VISIT "utmParameters.medium", "utm_medium", OMNI_OPTIONAL),
    TEXT(LAST_VISIT "utmParameters.campaign", "utm_campaign", OMNI_OPTIONAL),
    TEXT(LAST_VISIT "utmParameters.content", "utm_content", OMNI_OPTIONAL),
    TEXT(LAST_VISIT "utmParameters.term", "utm_term", OMNI_OPTIONAL),
    TEXT(LAST_VISIT "landingPage", "landing_page", OMNI_OPTIONAL),
    TEXT(LAST_VISIT "referrerUrl", "referrer", OMNI_OPTIONAL),
    OMNI_FIELD(.path = "$.test", .column = "is_test", .type = OMNI_BOOL),
    TEXT("name", NULL, OMNI_OPTIONAL),
    TEXT("sourceName", NULL, OMNI_OPTIONAL),
    NULL};
static const struct omni_field *const line_fields[] = {
    MADE_ID("order_id"),
    MADE_ID("line_id"),
    OMNI_FIELD(.path = "=at", .column = "at", .type = OMNI_TIME, .unit = OMNI_TIME_ISO),
    TEXT("sku", "sku", OMNI_OPTIONAL),
    MADE_TEXT("product_id"),
    MADE_TEXT("variant_id"),
    TEXT("title", "title", OMNI_OPTIONAL),
    MADE_TEXT("currency"),
    OMNI_FIELD(.path = "$.quantity", .column = "qty", .type = OMNI_INT),
    MADE_MONEY("price"),
    MADE_MONEY("gross"),
    MADE_MONEY("discount"),
    MADE_MONEY("tax"),
    MADE_COUNT("refunded_qty"),
    MADE_MONEY("refunded"),
    NULL};
static const struct omni_field *const refund_fields[] = {
    MADE_ID("refund_id"),
    MADE_TEXT("order_id"),
    TIME("createdAt", "at", 0),
    TEXT("note", "reason", OMNI_OPTIONAL),
    MADE_TEXT("currency"),
    SHOP_MONEY("totalRefundedSet", "amount", 0),
    MADE_MONEY("tax"),
    MADE_COUNT("qty"),
    NULL};

#define ORDER_STREAM                                                                               \
    OMNI_STREAM(.sync = OMNI_CURSOR, .name = "orders", .dataset = "orders", .day_zone = "account", \
                .help = "orders that are new or changed, with their lines and refunds",            \
                .fields = order_fields, .parts = order_parts)
static const struct omni_stream *const order_parts[] = {
    OMNI_STREAM(.sync = OMNI_CURSOR, .name = "order_lines", .dataset = "order_lines",
                .help = "the lines of these orders", .fields = line_fields,
                .inside = "$.lineItems.edges[*].node"),
    OMNI_STREAM(.sync = OMNI_CURSOR, .name = "refunds", .dataset = "refunds",
                .help = "the refunds of these orders", .fields = refund_fields,
                .inside = "$.refunds[*]"),
    NULL};

#define SET "{shopMoney{amount}}"
#define ORDER                                                                                      \
    "id name createdAt updatedAt processedAt cancelledAt test sourceName taxesIncluded "           \
    "displayFinancialStatus displayFulfillmentStatus currencyCode discountCode "                   \
    "currentTotalPriceSet" SET " totalTaxSet" SET " totalShippingPriceSet" SET                     \
    " totalTipReceivedSet" SET " refundDiscrepancySet" SET " "                                     \
    "lineItems(first:$inner){edges{node{id sku title quantity currentQuantity isGiftCard "         \
    "product{id} variant{id} originalTotalSet" SET " discountAllocations{allocatedAmountSet" SET   \
    "} taxLines{priceSet" SET "}}}pageInfo{hasNextPage endCursor}} "                               \
    "refunds{id createdAt note totalRefundedSet" SET " refundLineItems(first:$inner){"             \
    "edges{node{quantity subtotalSet" SET " totalTaxSet" SET " lineItem{id isGiftCard}}}"          \
    "pageInfo{hasNextPage endCursor}}}"
#define JOURNEY                                                                                    \
    " customer{id} customerJourneySummary{lastVisit{landingPage referrerUrl "                      \
    "utmParameters{source medium campaign content term}}}"

/* ---- products ---- */

static const struct omni_field *const product_fields[] = {
    MADE_ID("sku"),
    MADE_TEXT("product_id"),
    MADE_TEXT("variant_id"),
    MADE_TEXT("title"),
    TEXT("product.vendor", "brand", OMNI_OPTIONAL),
    TEXT("product.productType", "category", OMNI_OPTIONAL),
    MADE_TEXT("currency"),
    MONEY("price", "price", 0),
    MONEY("compareAtPrice", "compare_price", OMNI_OPTIONAL),
    TEXT("product.status", "status", OMNI_OPTIONAL),
    TEXT("product.onlineStoreUrl", "url", OMNI_OPTIONAL),
    TEXT("image.url", "image", OMNI_OPTIONAL),
    TIME("createdAt", "created_at", OMNI_OPTIONAL),
    TIME("updatedAt", "updated_at", 0),
    NULL};

/* Articles without a number of the merchant's own, or all of them on request, go by their id. */
static void row_sku(const struct shopify *shop, struct omni_row *row, struct omni_json node,
                    const char *id_path)
{
    char sku[256], id[SHOPIFY_ID];
    omni_json_text(node, "sku", sku, sizeof(sku));
    shopify_id(node, id_path, id);
    int by_id = strcmp(shop->hub->opt_text(shop->config, "article"), "id") == 0 || !sku[0];
    omni_row_text(row, "sku", by_id ? id : sku);
}

static omni_status take_variant(struct shopify *shop, struct omni_run *run,
                                const struct omni_stream *stream, struct omni_json node)
{
    char title[512], variant[512], both[1040];
    struct omni_row *row = &shop->row;
    omni_json_text(node, "product.title", title, sizeof(title));
    omni_json_text(node, "title", variant, sizeof(variant));
    int is_only = strcmp(variant, "Default Title") == 0 || !variant[0];
    snprintf(both, sizeof(both), "%s%s%s", title, is_only ? "" : " / ", is_only ? "" : variant);
    omni_row_begin(row, stream, node);
    row_sku(shop, row, node, "inventoryItem.id");
    shopify_row_id(row, "product_id", node, "product.id");
    shopify_row_id(row, "variant_id", node, "id");
    omni_row_text(row, "title", both);
    omni_row_text(row, "currency", shop->currency);
    return omni_row_send(row, shop->hub, run, 0);
}

/* ---- inventory ---- */

static const struct omni_field *const stock_fields[] = {MADE_ID("location_id"),
                                                        MADE_ID("sku"),
                                                        TIME("updatedAt", "at", OMNI_OPTIONAL),
                                                        MADE_COUNT("available"),
                                                        MADE_COUNT("on_hand"),
                                                        MADE_COUNT("committed"),
                                                        MADE_COUNT("incoming"),
                                                        NULL};
static const struct shopify_inner levels = {
    "inventoryLevels", "InventoryItem",
    "updatedAt location{id} quantities(names:[\"available\",\"on_hand\",\"committed\","
    "\"incoming\"]){name quantity}"};

struct article {
    const struct omni_stream *stream;
    struct omni_json node;
};

static omni_status take_level(struct shopify *shop, struct omni_run *run, void *ctx,
                              struct omni_json node)
{
    static const char *const known[] = {"available", "on_hand", "committed", "incoming"};
    const struct article *article = ctx;
    struct omni_row *row = &shop->row;
    struct omni_json item = {0}, quantities = omni_json_at(node, "quantities");
    omni_row_begin(row, article->stream, node);
    shopify_row_id(row, "location_id", node, "location.id");
    row_sku(shop, row, article->node, "id");
    while (omni_json_next(quantities, &item)) {
        char name[32];
        struct omni_sum quantity = {0, 0};
        omni_json_text(item, "name", name, sizeof(name));
        omni_sum_add_int(&quantity, item, "quantity");
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
            if (strcmp(known[i], name) == 0)
                omni_row_sum(row, known[i], OMNI_INT, &quantity);
    }
    return omni_row_send(row, shop->hub, run, 0);
}

static omni_status take_article(struct shopify *shop, struct omni_run *run,
                                const struct omni_stream *stream, struct omni_json node)
{
    struct article article = {stream, node};
    return shopify_each(shop, run, node, &levels, take_level, &article);
}

/* ---- customers ---- */

static const struct omni_field *const customer_fields[] = {
    MADE_ID("contact_id"),
    TEXT("defaultEmailAddress.emailAddress", "email", OMNI_OPTIONAL | OMNI_SENSITIVE),
    TEXT("displayName", "name", OMNI_OPTIONAL | OMNI_SENSITIVE),
    TIME("createdAt", "created_at", OMNI_OPTIONAL),
    TIME("updatedAt", "updated_at", 0),
    MADE_TEXT("consent"),
    TEXT("numberOfOrders", NULL, OMNI_OPTIONAL),
    TEXT("amountSpent.amount", NULL, OMNI_OPTIONAL),
    NULL};

static omni_status take_customer(struct shopify *shop, struct omni_run *run,
                                 const struct omni_stream *stream, struct omni_json node)
{
    char state[32];
    struct omni_row *row = &shop->row;
    omni_json_text(node, "defaultEmailAddress.marketingState", state, sizeof(state));
    omni_row_begin(row, stream, node);
    shopify_row_id(row, "contact_id", node, "id");
    omni_row_text(row, "consent", strcmp(state, "SUBSCRIBED") == 0 ? "email" : NULL);
    return omni_row_send(row, shop->hub, run, 0);
}

/* ---- checkouts ---- */

static const struct omni_field *const checkout_fields[] = {
    MADE_ID("checkout_id"),
    TIME("createdAt", "at", 0),
    TIME("updatedAt", "updated_at", 0),
    TIME("completedAt", "completed_at", OMNI_OPTIONAL),
    MADE_TEXT("customer_id"),
    TEXT("totalPriceSet.shopMoney.currencyCode", "currency", 0),
    SHOP_MONEY("totalPriceSet", "value", 0),
    MADE_COUNT("items"),
    NULL};
static const struct shopify_inner checkout_lines = {"lineItems", "AbandonedCheckout", "quantity"};

static omni_status take_checkout_line(struct shopify *shop, struct omni_run *run, void *ctx,
                                      struct omni_json node)
{
    (void)shop;
    (void)run;
    omni_sum_add_int(ctx, node, "quantity");
    return OMNI_OK;
}

static omni_status take_checkout(struct shopify *shop, struct omni_run *run,
                                 const struct omni_stream *stream, struct omni_json node)
{
    struct omni_row *row = &shop->row;
    struct omni_sum items = {0, 0};
    omni_status status = shopify_each(shop, run, node, &checkout_lines, take_checkout_line, &items);
    if (status != OMNI_OK)
        return status;
    omni_row_begin(row, stream, node);
    shopify_row_id(row, "checkout_id", node, "id");
    shopify_row_id(row, "customer_id", node, "customer.id");
    omni_row_sum(row, "items", OMNI_INT, &items);
    return omni_row_send(row, shop->hub, run, 0);
}

/* ---- the lists ---- */

const struct omni_stream *const shopify_streams[] = {
    ORDER_STREAM,
    OMNI_STREAM(.sync = OMNI_CURSOR, .name = "products", .dataset = "products",
                .help = "variants of the shop's products that are new or changed",
                .fields = product_fields),
    OMNI_STREAM(.sync = OMNI_SNAPSHOT, .name = "inventory", .dataset = "inventory",
                .help = "stock of every article at every location, as of today",
                .fields = stock_fields, .day_zone = "account"),
    OMNI_STREAM(.sync = OMNI_CURSOR, .name = "customers", .dataset = "crm_people",
                .help = "customers that are new or changed", .fields = customer_fields),
    OMNI_STREAM(.sync = OMNI_CURSOR, .name = "checkouts", .dataset = "checkouts",
                .help = "checkouts that were left, and what became of them", .day_zone = "account",
                .fields = checkout_fields),
    NULL};

const struct shopify_list shopify_lists[] = {
    {"orders", "orders", ",sortKey:UPDATED_AT", ORDER JOURNEY, shopify_take_order},
    {"products", "productVariants", "",
     "id title sku price compareAtPrice createdAt updatedAt image{url} inventoryItem{id} "
     "product{id title vendor productType status onlineStoreUrl}",
     take_variant},
    {"inventory", "inventoryItems", "",
     "id sku inventoryLevels(first:$inner){edges{node{updatedAt location{id} "
     "quantities(names:[\"available\",\"on_hand\",\"committed\",\"incoming\"]){name quantity}}}"
     "pageInfo{hasNextPage endCursor}}",
     take_article},
    {"customers", "customers", "",
     "id displayName createdAt updatedAt numberOfOrders amountSpent{amount currencyCode} "
     "defaultEmailAddress{emailAddress marketingState}",
     take_customer},
    {"checkouts", "abandonedCheckouts", "",
     "id createdAt updatedAt completedAt customer{id} "
     "totalPriceSet{shopMoney{amount currencyCode}} "
     "lineItems(first:$inner){edges{node{quantity}}pageInfo{hasNextPage endCursor}}",
     take_checkout},
    {NULL, NULL, NULL, NULL, NULL},
};
