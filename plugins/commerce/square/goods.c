/* SPDX-License-Identifier: Apache-2.0
 * The catalog's articles, and how many of them a location has. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "square.h"

enum { URL_MAX = 6144, BODY_MAX = 6144 };

/* ---- the catalog ---- */

typedef omni_status take_variation(struct square *, struct omni_run *, const struct omni_stream *,
                                   struct omni_json item, struct omni_json variation);

/* Articles without a number of the seller's own, or all of them on request, go by their id. */
static void sku_of(const struct square *square, struct omni_json variation, char *out, size_t size)
{
    int by_id = strcmp(square->hub->opt_text(square->config, "article"), "id") == 0;
    if (by_id || !omni_json_text(variation, "item_variation_data.sku", out, size) || !out[0])
        omni_json_text(variation, "id", out, size);
}

static omni_status take_items(struct square *square, struct omni_run *run,
                              const struct omni_stream *stream, struct omni_json reply,
                              take_variation *take)
{
    struct omni_json item = {0}, items = omni_json_at(reply, "objects");
    omni_status status = OMNI_OK;
    while (status == OMNI_OK && omni_json_next(items, &item)) {
        struct omni_json one = {0}, all = omni_json_at(item, "item_data.variations");
        if (omni_json_is_true(item, "is_deleted"))
            continue;
        while (status == OMNI_OK && omni_json_next(all, &one))
            if (!omni_json_is_true(one, "is_deleted"))
                status = take(square, run, stream, item, one);
    }
    return status;
}

static omni_status walk_catalog(struct square *square, struct omni_run *run,
                                const struct omni_stream *stream, take_variation *take)
{
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http;
    do {
        char memory[URL_MAX];
        struct omni_text url = OMNI_TEXT(memory);
        omni_text_add(&url, "/v2/catalog/list");
        omni_query(&url, "types", "ITEM");
        omni_query(&url, "cursor", pages.cursor);
        omni_status status = square_send(square, run, omni_text_done(&url), NULL, &http);
        if (status == OMNI_OK)
            status = take_items(square, run, stream, omni_json_of_reply(&http), take);
        if (status != OMNI_OK)
            return status;
    } while (omni_pages_after(&pages, &http, "cursor"));
    return omni_pages_end(&pages, square->hub, run);
}

static omni_status send_product(struct square *square, struct omni_run *run,
                                const struct omni_stream *stream, struct omni_json item,
                                struct omni_json variation)
{
    char sku[SQUARE_SKU], id[SQUARE_ID], name[256], kind[256], title[520];
    struct omni_row *row = &square->row;
    sku_of(square, variation, sku, sizeof(sku));
    omni_json_text(item, "id", id, sizeof(id));
    omni_json_text(item, "item_data.name", name, sizeof(name));
    omni_json_text(variation, "item_variation_data.name", kind, sizeof(kind));
    snprintf(title, sizeof(title), "%s%s%s", name, kind[0] ? " / " : "", kind);
    omni_row_begin(row, stream, variation);
    omni_row_text(row, "sku", sku);
    omni_row_text(row, "product_id", id);
    omni_row_text(row, "title", title);
    return omni_row_send(row, square->hub, run, 0);
}

omni_status square_pull_products(struct square *square, struct omni_run *run,
                                 const struct omni_request *request)
{
    return walk_catalog(square, run, request->stream, send_product);
}

/* ---- stock ---- */

static omni_status keep_article(struct square *square, struct omni_run *run,
                                const struct omni_stream *stream, struct omni_json item,
                                struct omni_json variation)
{
    (void)stream;
    (void)item;
    if (square->n_articles == square->articles_max) {
        size_t max = square->articles_max * 2 + 256;
        struct square_article *grown = realloc(square->articles, max * sizeof(*grown));
        if (!grown)
            return square->hub->fail(run, OMNI_E_RETRY, "out of memory");
        square->articles = grown;
        square->articles_max = max;
    }
    struct square_article *article = &square->articles[square->n_articles++];
    omni_json_text(variation, "id", article->id, sizeof(article->id));
    sku_of(square, variation, article->sku, sizeof(article->sku));
    return OMNI_OK;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct square_article *)a)->id, ((const struct square_article *)b)->id);
}

/* The seller's number of an article; of one that is not in the catalog any more: its id. */
static omni_status send_count(struct square *square, struct omni_run *run,
                              const struct omni_stream *stream, struct omni_json count)
{
    struct square_article wanted = {.id = ""};
    char state[32];
    struct omni_row *row = &square->row;
    omni_json_text(count, "state", state, sizeof(state));
    if (strcmp(state, "IN_STOCK") != 0)
        return OMNI_OK;
    omni_json_text(count, "catalog_object_id", wanted.id, sizeof(wanted.id));
    const struct square_article *found =
        square->n_articles > 0
            ? bsearch(&wanted, square->articles, square->n_articles, sizeof(wanted), by_id)
            : NULL;
    omni_row_begin(row, stream, count);
    omni_row_text(row, "sku", found ? found->sku : wanted.id[0] ? wanted.id : NULL);
    return omni_row_send(row, square->hub, run, 0);
}

static omni_status pull_counts(struct square *square, struct omni_run *run,
                               const struct omni_request *request)
{
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http;
    do {
        char memory[BODY_MAX];
        struct omni_text body = OMNI_TEXT(memory);
        omni_text_add(&body, "{\"location_ids\":[");
        omni_text_add_json(&body, request->account);
        omni_text_add(&body, "]");
        omni_json_add_text(&body, "cursor", pages.cursor[0] ? pages.cursor : NULL);
        omni_text_add(&body, "}");
        omni_status status = square_send(square, run, "/v2/inventory/counts/batch-retrieve",
                                         omni_text_done(&body), &http);
        struct omni_json count = {0}, counts = omni_json_at(omni_json_of_reply(&http), "counts");
        while (status == OMNI_OK && omni_json_next(counts, &count))
            status = send_count(square, run, request->stream, count);
        if (status != OMNI_OK)
            return status;
    } while (omni_pages_after(&pages, &http, "cursor"));
    return omni_pages_end(&pages, square->hub, run);
}

omni_status square_pull_stock(struct square *square, struct omni_run *run,
                              const struct omni_request *request)
{
    square->n_articles = 0;
    omni_status status = walk_catalog(square, run, request->stream, keep_article);
    if (status == OMNI_OK && square->n_articles > 0)
        qsort(square->articles, square->n_articles, sizeof(square->articles[0]), by_id);
    return status == OMNI_OK ? pull_counts(square, run, request) : status;
}
