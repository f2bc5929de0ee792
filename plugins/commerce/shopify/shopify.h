/* SPDX-License-Identifier: Apache-2.0
 * What the parts of the Shopify source share: the shop being pulled, and its lists. */
#ifndef SHOPIFY_H
#define SHOPIFY_H

#include <omnihub/sdk.h>

enum { SHOPIFY_ID = 32 };

/* Part of a refund that belongs to a line of the order. */
struct shopify_return {
    char line[SHOPIFY_ID];
    int64_t qty, amount; /* pieces; micros, without included tax where that is taken off */
    int is_gift_card;
};

struct shopify {
    const struct omni_host *hub;
    const struct omni_config *config;
    char known[128]; /* shop whose currency and zone the hub has been told */
    char currency[8];
    int is_warned;       /* that the platform serves another API version */
    int64_t inner_first; /* members of an inner list's further pages */
    int64_t newest;      /* latest updatedAt seen in this pull, seconds */
    char *page;          /* a copy of the page at hand: inner pages are fetched meanwhile */
    size_t page_size;
    struct shopify_return *returns; /* of the order at hand */
    size_t n_returns, returns_max;
    struct omni_row row, part_row;
};

/* One kind of object: how it is asked for and what becomes of it. */
struct shopify_list {
    const char *stream, *connection; /* orders, products … as the query calls them */
    const char *arguments;           /* further ones of the connection */
    const char *members;             /* $inner: most members of an inner list */
    omni_status (*take)(struct shopify *, struct omni_run *, const struct omni_stream *,
                        struct omni_json node);
};

/* How one pull asks. */
struct shopify_asking {
    const struct shopify_list *list;
    const struct omni_stream *stream;
    char filter[96];      /* "": everything */
    int64_t first, inner; /* halved when Shopify finds them too dear */
    struct omni_pages pages;
};

/* An inner list: its own pages are asked for by the id of the object around it. */
struct shopify_inner {
    const char *connection, *type, *members;
};
typedef omni_status shopify_take(struct shopify *, struct omni_run *, void *ctx, struct omni_json);

extern const struct omni_stream *const shopify_streams[];
extern const struct shopify_list shopify_lists[];

/* Sends a query; variables is JSON without braces. The reply has data and no errors. */
omni_status shopify_ask(struct shopify *, struct omni_run *, const char *query,
                        const char *variables, struct omni_http *);
/* Every member of an inner list, also those that were not in the page. */
omni_status shopify_each(struct shopify *, struct omni_run *, struct omni_json parent,
                         const struct shopify_inner *, shopify_take *, void *ctx);
/* The members that the list's objects are asked for, those that the admin leaves out apart. */
void shopify_add_members(const struct shopify *, const struct shopify_list *, struct omni_text *);
/* A copy that outlives further requests; 0: out of memory. */
int shopify_keep_page(struct shopify *, const struct omni_http *, struct omni_json *page);
/* ctx: the struct shopify_asking. */
omni_status shopify_take_node(struct shopify *, struct omni_run *, void *ctx, struct omni_json);
/* The whole list as one bulk operation; *begun: when it was ordered, seconds. */
omni_status shopify_pull_bulk(struct shopify *, struct omni_run *, struct shopify_asking *,
                              int64_t *begun);
/* gid://shopify/Order/123 → 123; "" where there is none. */
void shopify_id(struct omni_json, const char *path, char out[SHOPIFY_ID]);
void shopify_row_id(struct omni_row *, const char *column, struct omni_json, const char *path);
/* judge() of the source. */
omni_status shopify_judge(void *self, struct omni_run *, const struct omni_http *,
                          uint32_t *wait_ms);

omni_status shopify_take_order(struct shopify *, struct omni_run *, const struct omni_stream *,
                               struct omni_json node);

#endif
