/* SPDX-License-Identifier: Apache-2.0
 * The metrics: what the status page tells, as numbers over time. */
#ifndef HUB_WEB_METRICS_H
#define HUB_WEB_METRICS_H

#include "base/buf.h"
#include "web/look.h"

enum { METRICS_CODES = 600 }; /* HTTP status codes */

/* What the program counts of itself. */
struct web_counts {
    int64_t started_at; /* micros */
    uint64_t answers[METRICS_CODES];
};

void metrics_write(struct buf *, const struct look *, const struct web_counts *);

/* ---- between the files of this part ---- */

/* Families per stream of each connector, per sink, and those that count over the ledger. */
void metrics_feeds(struct buf *, const struct look *);
void metrics_sinks(struct buf *, const struct look *);
void metrics_sums(struct buf *, const struct look *);

#endif
