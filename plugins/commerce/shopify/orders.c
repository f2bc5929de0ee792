/* SPDX-License-Identifier: Apache-2.0
 * An order, its lines and refunds: gross, discount, returns and net worked out of the lines. */
#include <stdlib.h>
#include <string.h>

#include "shopify.h"

#define SHOP_AMOUNT(set) set ".shopMoney.amount"

enum { PART_LINES = 1, PART_REFUNDS = 2 };

static const struct shopify_inner lines = {
    "lineItems", "Order",
    "id sku title quantity currentQuantity isGiftCard product{id} variant{id} "
    "originalTotalSet{shopMoney{amount}} "
    "discountAllocations{allocatedAmountSet{shopMoney{amount}}} "
    "taxLines{priceSet{shopMoney{amount}}}"};
static const struct shopify_inner refund_lines = {
    "refundLineItems", "Refund",
    "quantity subtotalSet{shopMoney{amount}} totalTaxSet{shopMoney{amount}} lineItem{id "
    "isGiftCard}"};

/* What comes together over the order's lines. */
struct order {
    const struct omni_stream *stream;
    struct omni_json node;
    char id[SHOPIFY_ID], at[64], currency[8];
    int takes_tax_off; /* prices include tax, and it is not to count as sales */
    struct omni_sum gross, discount, refund, items;
};

static void add_all(struct omni_sum *sum, struct omni_json list, const char *path)
{
    struct omni_json item = {0};
    while (omni_json_next(list, &item))
        omni_sum_add_micros(sum, item, path);
}

static int is_there(struct omni_json value, const char *path)
{
    return omni_json_at(value, path).kind > OMNI_JSON_NULL;
}

static int keep_return(struct shopify *shop, const struct shopify_return *one)
{
    if (shop->n_returns == shop->returns_max) {
        size_t max = shop->returns_max * 2 + 16;
        struct shopify_return *grown = realloc(shop->returns, max * sizeof(*grown));
        if (!grown)
            return 0;
        shop->returns = grown;
        shop->returns_max = max;
    }
    shop->returns[shop->n_returns++] = *one;
    return 1;
}

/* ---- refunds ---- */

struct refund {
    struct order *order;
    struct omni_sum tax, qty;
};

static omni_status take_refund_line(struct shopify *shop, struct omni_run *run, void *ctx,
                                    struct omni_json node)
{
    struct refund *refund = ctx;
    struct omni_sum qty = {0, 0}, amount = {0, 0}, tax = {0, 0};
    struct shopify_return one = {.is_gift_card = omni_json_is_true(node, "lineItem.isGiftCard")};
    omni_sum_add_int(&qty, node, "quantity");
    omni_sum_add_micros(&amount, node, SHOP_AMOUNT("subtotalSet"));
    omni_sum_add_micros(&tax, node, SHOP_AMOUNT("totalTaxSet"));
    if (refund->order->takes_tax_off)
        omni_sum_subtract(&amount, tax.value);
    if (qty.is_bad || amount.is_bad || tax.is_bad)
        return shop->hub->fail(run, OMNI_E_DATA, "a refunded line has no exact amounts");
    omni_sum_add(&refund->tax, tax.value);
    omni_sum_add(&refund->qty, qty.value);
    if (!one.is_gift_card)
        omni_sum_add(&refund->order->refund, amount.value);
    shopify_id(node, "lineItem.id", one.line);
    one.qty = qty.value;
    one.amount = amount.value;
    return keep_return(shop, &one) ? OMNI_OK : shop->hub->fail(run, OMNI_E_RETRY, "out of memory");
}

static omni_status take_refund(struct shopify *shop, struct omni_run *run, struct order *order,
                               struct omni_json node)
{
    struct refund refund = {.order = order};
    struct omni_row *row = &shop->part_row;
    omni_status status = shopify_each(shop, run, node, &refund_lines, take_refund_line, &refund);
    if (status != OMNI_OK)
        return status;
    omni_row_begin(row, order->stream->parts[PART_REFUNDS - 1], node);
    shopify_row_id(row, "refund_id", node, "id");
    omni_row_text(row, "order_id", order->id);
    omni_row_text(row, "currency", order->currency);
    omni_row_sum(row, "tax", OMNI_MICROS, &refund.tax);
    omni_row_sum(row, "qty", OMNI_INT, &refund.qty);
    return omni_row_send(row, shop->hub, run, PART_REFUNDS);
}

/* ---- lines ---- */

struct line {
    struct omni_sum qty, current, gross, discount, tax, refunded_qty, refunded;
};

/* Pieces that an edit took out of the order, without a refund: worth what they were sold for. */
static void add_removed(struct line *line)
{
    int64_t removed = line->qty.value - line->refunded_qty.value - line->current.value;
    int64_t worth = line->gross.value - line->discount.value;
    if (removed <= 0 || removed > line->qty.value)
        return;
    omni_sum_add(&line->refunded_qty, removed);
    omni_sum_add(&line->refunded, worth / line->qty.value * removed +
                                      worth % line->qty.value * removed / line->qty.value);
}

static void sum_line(const struct shopify *shop, const struct order *order, struct omni_json node,
                     struct line *line)
{
    char id[SHOPIFY_ID];
    *line = (struct line){.qty = {0, 0}};
    omni_sum_add_int(&line->qty, node, "quantity");
    omni_sum_add_int(&line->current, node, "currentQuantity");
    omni_sum_add_micros(&line->gross, node, SHOP_AMOUNT("originalTotalSet"));
    line->gross.is_bad |= !is_there(node, SHOP_AMOUNT("originalTotalSet"));
    line->qty.is_bad |= !is_there(node, "quantity");
    add_all(&line->discount, omni_json_at(node, "discountAllocations"),
            SHOP_AMOUNT("allocatedAmountSet"));
    add_all(&line->tax, omni_json_at(node, "taxLines"), SHOP_AMOUNT("priceSet"));
    if (order->takes_tax_off)
        omni_sum_subtract(&line->gross, line->tax.value);
    shopify_id(node, "id", id);
    for (size_t i = 0; i < shop->n_returns; i++)
        if (strcmp(shop->returns[i].line, id) == 0) {
            omni_sum_add(&line->refunded_qty, shop->returns[i].qty);
            omni_sum_add(&line->refunded, shop->returns[i].amount);
        }
}

static omni_status take_line(struct shopify *shop, struct omni_run *run, void *ctx,
                             struct omni_json node)
{
    struct order *order = ctx;
    struct omni_row *row = &shop->part_row;
    struct line line;
    sum_line(shop, order, node, &line);
    int64_t returned = line.refunded.value;
    if (omni_json_at(node, "currentQuantity").kind == OMNI_JSON_NUMBER)
        add_removed(&line);
    omni_sum_add(&order->refund, line.refunded.value - returned);
    omni_sum_add(&order->items, line.qty.value);
    omni_sum_add(&order->gross, line.gross.value);
    omni_sum_add(&order->discount, line.discount.value);
    omni_row_begin(row, order->stream->parts[PART_LINES - 1], node);
    omni_row_text(row, "order_id", order->id);
    shopify_row_id(row, "line_id", node, "id");
    omni_row_text(row, "at", order->at);
    shopify_row_id(row, "product_id", node, "product.id");
    shopify_row_id(row, "variant_id", node, "variant.id");
    omni_row_text(row, "currency", order->currency);
    if (line.qty.value > 0 && line.gross.value % line.qty.value == 0)
        omni_row_number(row, "price", OMNI_MICROS, line.gross.value / line.qty.value);
    omni_row_sum(row, "gross", OMNI_MICROS, &line.gross);
    omni_row_sum(row, "discount", OMNI_MICROS, &line.discount);
    omni_row_sum(row, "tax", OMNI_MICROS, &line.tax);
    omni_row_sum(row, "refunded_qty", OMNI_INT, &line.refunded_qty);
    omni_row_sum(row, "refunded", OMNI_MICROS, &line.refunded);
    return omni_row_send(row, shop->hub, run, PART_LINES);
}

/* ---- the order ---- */

/* How it was sold: by the admin's map first, else what Shopify itself names; NULL: not known. */
static const char *sales_channel(const struct shopify *shop, const char *source)
{
    uint32_t n = shop->hub->opt_count(shop->config, "sales_channels");
    for (uint32_t i = 0; i < n; i++) {
        const char *pair = shop->hub->opt_item(shop->config, "sales_channels", i);
        size_t len = strlen(source);
        if (pair && strncmp(pair, source, len) == 0 && pair[len] == '=')
            return pair + len + 1;
    }
    return strcmp(source, "web") == 0 ? "web" : strcmp(source, "pos") == 0 ? "pos" : NULL;
}

static omni_status send_order(struct shopify *shop, struct omni_run *run, struct order *order)
{
    char source[64];
    struct omni_row *row = &shop->row;
    struct omni_sum net = order->gross, discrepancy = {0, 0};
    /* What the merchant gave back less (or more) than the lines were worth. */
    omni_sum_add_micros(&discrepancy, order->node, SHOP_AMOUNT("refundDiscrepancySet"));
    omni_sum_subtract(&order->refund, discrepancy.value);
    omni_sum_subtract(&net, order->discount.value);
    omni_sum_subtract(&net, order->refund.value);
    net.is_bad |= order->discount.is_bad | order->refund.is_bad | discrepancy.is_bad;
    omni_row_begin(row, order->stream, order->node);
    omni_row_text(row, "order_id", order->id);
    omni_json_text(order->node, "sourceName", source, sizeof(source));
    omni_row_text(row, "sales_channel", sales_channel(shop, source));
    shopify_row_id(row, "customer_id", order->node, "customer.id");
    omni_row_sum(row, "gross", OMNI_MICROS, &order->gross);
    omni_row_sum(row, "discount", OMNI_MICROS, &order->discount);
    omni_row_sum(row, "refund", OMNI_MICROS, &order->refund);
    omni_row_sum(row, "net", OMNI_MICROS, &net);
    omni_row_sum(row, "items", OMNI_INT, &order->items);
    return omni_row_send(row, shop->hub, run, 0);
}

omni_status shopify_take_order(struct shopify *shop, struct omni_run *run,
                               const struct omni_stream *stream, struct omni_json node)
{
    struct order order = {.stream = stream, .node = node};
    struct omni_json refund = {0}, refunds = omni_json_at(node, "refunds");
    shopify_id(node, "id", order.id);
    if (!omni_json_text(node, "createdAt", order.at, sizeof(order.at)) ||
        !omni_json_text(node, "currencyCode", order.currency, sizeof(order.currency)) ||
        !order.id[0])
        return shop->hub->fail(run, OMNI_E_DATA, "an order without id, createdAt or currencyCode");
    order.takes_tax_off = omni_json_is_true(node, "taxesIncluded") &&
                          strcmp(shop->hub->opt_text(shop->config, "included_tax"), "remove") == 0;
    shop->n_returns = 0;
    omni_status status = OMNI_OK;
    while (status == OMNI_OK && omni_json_next(refunds, &refund))
        status = take_refund(shop, run, &order, refund);
    if (status == OMNI_OK)
        status = shopify_each(shop, run, node, &lines, take_line, &order);
    return status == OMNI_OK ? send_order(shop, run, &order) : status;
}
