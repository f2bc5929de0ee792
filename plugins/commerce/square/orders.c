/* SPDX-License-Identifier: Apache-2.0
 * An order of the till: gross, discount, returns and net in minor units, its lines and refunds. */
#include <stdio.h>
#include <string.h>

#include "square.h"

enum { PART_LINES = 1, PART_REFUNDS = 2 };

/* Amounts of one line, sold or returned, in minor units. Included tax is no sale: what of the tax
 * does not come on top of the price is taken off gross. */
struct amounts {
    struct omni_sum gross, discount, tax, total;
};

static void read_amounts(struct amounts *a, struct omni_json line, const char *gross)
{
    *a = (struct amounts){.gross = {0, 0}};
    omni_sum_add_int(&a->gross, line, gross);
    omni_sum_add_int(&a->discount, line, "total_discount_money.amount");
    omni_sum_add_int(&a->tax, line, "total_tax_money.amount");
    omni_sum_add_int(&a->total, line, "total_money.amount");
    a->gross.is_bad |= omni_json_at(line, gross).kind <= OMNI_JSON_NULL ||
                       omni_json_at(line, "total_money.amount").kind <= OMNI_JSON_NULL;
    struct omni_sum on_top = a->total;
    omni_sum_subtract(&on_top, a->gross.value);
    omni_sum_add(&on_top, a->discount.value);
    int64_t tax = a->tax.value > 0 ? a->tax.value : 0;
    int64_t added = on_top.value < 0 ? 0 : on_top.value > tax ? tax : on_top.value;
    omni_sum_subtract(&a->gross, tax - added);
    a->gross.is_bad |= on_top.is_bad;
}

/* ---- lines ---- */

struct order {
    const struct omni_stream *stream;
    char id[SQUARE_ID], at[64], currency[8];
    struct omni_sum gross, discount, refund, items;
};

static omni_status take_line(struct square *square, struct omni_run *run, struct order *order,
                             struct omni_json line)
{
    struct amounts a;
    struct omni_row *row = &square->part_row;
    read_amounts(&a, line, "gross_sales_money.amount");
    omni_sum_add(&order->gross, a.gross.value);
    omni_sum_add(&order->discount, a.discount.value);
    omni_sum_add_micros(&order->items, line, "quantity");
    order->gross.is_bad |= a.gross.is_bad;
    order->discount.is_bad |= a.discount.is_bad;
    omni_row_begin(row, order->stream->parts[PART_LINES - 1], line);
    omni_row_text(row, "order_id", order->id);
    omni_row_text(row, "at", order->at);
    omni_row_text(row, "currency", order->currency);
    omni_row_sum(row, "gross", OMNI_INT, &a.gross);
    return omni_row_send(row, square->hub, run, PART_LINES);
}

static omni_status take_refund(struct square *square, struct omni_run *run, struct order *order,
                               struct omni_json refund)
{
    struct omni_row *row = &square->part_row;
    omni_row_begin(row, order->stream->parts[PART_REFUNDS - 1], refund);
    omni_row_text(row, "order_id", order->id);
    return omni_row_send(row, square->hub, run, PART_REFUNDS);
}

static void add_returns(struct order *order, struct omni_json returns)
{
    struct omni_json one = {0};
    while (omni_json_next(returns, &one)) {
        struct omni_json line = {0}, lines = omni_json_at(one, "return_line_items");
        while (omni_json_next(lines, &line)) {
            struct amounts a;
            read_amounts(&a, line, "gross_return_money.amount");
            omni_sum_add(&order->refund, a.gross.value);
            omni_sum_subtract(&order->refund, a.discount.value);
            order->refund.is_bad |= a.gross.is_bad | a.discount.is_bad;
        }
    }
}

/* ---- the order ---- */

static const char *sales_channel(const struct square *square, const char *source)
{
    uint32_t n = square->hub->opt_count(square->config, "sales_channels");
    size_t len = strlen(source);
    for (uint32_t i = 0; i < n; i++) {
        const char *pair = square->hub->opt_item(square->config, "sales_channels", i);
        if (pair && strncmp(pair, source, len) == 0 && pair[len] == '=')
            return pair + len + 1;
    }
    return square->hub->opt_text(square->config, "sales_channel");
}

static const char *fulfilment(struct omni_json node)
{
    static const char *const known[][2] = {
        {"PICKUP", "pickup"}, {"SHIPMENT", "ship"}, {"DELIVERY", "ship"}};
    char type[32];
    omni_json_text(node, "fulfillments[0].type", type, sizeof(type));
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(known[i][0], type) == 0)
            return known[i][1];
    return NULL;
}

static omni_status send_order(struct square *square, struct omni_run *run, struct order *order,
                              struct omni_json node)
{
    char source[128];
    struct omni_row *row = &square->row;
    struct omni_sum net = order->gross, total = {0, 0};
    omni_sum_subtract(&net, order->discount.value);
    omni_sum_subtract(&net, order->refund.value);
    net.is_bad |= order->discount.is_bad | order->refund.is_bad;
    /* What is left of it after returns. */
    int has_net = omni_json_at(node, "net_amounts.total_money.amount").kind > OMNI_JSON_NULL;
    omni_sum_add_int(&total, node,
                     has_net ? "net_amounts.total_money.amount" : "total_money.amount");
    omni_json_text(node, "source.name", source, sizeof(source));
    omni_row_begin(row, order->stream, node);
    omni_row_text(row, "currency", order->currency);
    omni_row_text(row, "sales_channel", sales_channel(square, source));
    omni_row_text(row, "fulfilment", fulfilment(node));
    omni_row_sum(row, "gross", OMNI_INT, &order->gross);
    omni_row_sum(row, "discount", OMNI_INT, &order->discount);
    omni_row_sum(row, "refund", OMNI_INT, &order->refund);
    omni_row_sum(row, "net", OMNI_INT, &net);
    omni_row_sum(row, "total", OMNI_INT, &total);
    omni_row_sum(row, "items", OMNI_MICROS, &order->items);
    return omni_row_send(row, square->hub, run, 0);
}

omni_status square_take_order(struct square *square, struct omni_run *run,
                              const struct omni_stream *stream, struct omni_json node)
{
    struct order order = {.stream = stream};
    struct omni_json line = {0}, refund = {0};
    if (!omni_json_text(node, "id", order.id, sizeof(order.id)) ||
        !omni_json_text(node, "created_at", order.at, sizeof(order.at)) ||
        !omni_json_text(node, "total_money.currency", order.currency, sizeof(order.currency)))
        return square->hub->fail(run, OMNI_E_DATA,
                                 "an order without id, created_at or total_money.currency");
    omni_status status = OMNI_OK;
    while (status == OMNI_OK && omni_json_next(omni_json_at(node, "line_items"), &line))
        status = take_line(square, run, &order, line);
    while (status == OMNI_OK && omni_json_next(omni_json_at(node, "refunds"), &refund))
        status = take_refund(square, run, &order, refund);
    if (status != OMNI_OK)
        return status;
    add_returns(&order, omni_json_at(node, "returns"));
    return send_order(square, run, &order, node);
}
