/* SPDX-License-Identifier: Apache-2.0
 * What the parts of the Square source share. */
#ifndef SQUARE_H
#define SQUARE_H

#include <omnihub/sdk.h>

enum { SQUARE_ID = 64, SQUARE_SKU = 192 };

/* An article of the catalog, to find its SKU by its id. */
struct square_article {
    char id[SQUARE_ID], sku[SQUARE_SKU];
};

struct square {
    const struct omni_host *hub;
    const struct omni_config *config;
    char known[SQUARE_ID]; /* location whose currency and zone the hub has been told */
    int64_t newest;        /* latest updated_at seen in this pull, seconds */
    int is_lacking;        /* the last reply said that a permission is missing */
    struct square_article *articles;
    size_t n_articles, articles_max;
    struct omni_row row, part_row;
};

extern const struct omni_stream *const square_streams[];

/* Sends a request; body NULL: GET. */
omni_status square_send(struct square *, struct omni_run *, const char *url, const char *body,
                        struct omni_http *);
omni_status square_take_order(struct square *, struct omni_run *, const struct omni_stream *,
                              struct omni_json order);
omni_status square_pull_products(struct square *, struct omni_run *, const struct omni_request *);
omni_status square_pull_stock(struct square *, struct omni_run *, const struct omni_request *);
omni_status square_pull_customers(struct square *, struct omni_run *, const struct omni_request *);
/* A search for what changed since the last pull. */
struct square_changed {
    const char *url, *member; /* of the reply: where the records are */
    void (*add_body)(const struct square *, struct omni_text *, const struct omni_request *,
                     const char *since, const char *cursor);
    omni_status (*take)(struct square *, struct omni_run *, const struct omni_stream *,
                        struct omni_json record);
};
omni_status square_pull_changed(struct square *, struct omni_run *, const struct omni_request *,
                                const struct square_changed *);
/* judge() of the source. */
omni_status square_judge(void *self, struct omni_run *, const struct omni_http *,
                         uint32_t *wait_ms);

#endif
