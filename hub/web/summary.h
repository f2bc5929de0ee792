/* SPDX-License-Identifier: Apache-2.0
 * What a connector's feeds come down to, and all connectors together. */
#ifndef HUB_WEB_SUMMARY_H
#define HUB_WEB_SUMMARY_H

#include "web/parts.h"

struct summary {
    const json_t *connector;
    enum tone tone;
    const char *word, *title;          /* its state; borrowed */
    const char *last_day, *last_ok_at; /* the oldest of its feeds': no feed is staler; NULL */
    int64_t rows;
    size_t n_feeds;
};

struct summary summary_of(const json_t *connector);
/* Of all connectors, the worst first, else in the order of the configuration; *n; free(). */
struct summary *summary_all(const struct look *, size_t *n);

#endif
