/* SPDX-License-Identifier: Apache-2.0
 * The pages for people. They work without JavaScript and are whole in themselves. */
#ifndef HUB_WEB_PAGE_H
#define HUB_WEB_PAGE_H

#include <stdbool.h>

#include "base/buf.h"
#include "web/look.h"
#include "web/summary.h"

enum { PAGE_MAX = 64 << 20, PAGE_CONNECTORS = 100 /* on one page */ };

/* Everything at a glance; `number` from 1 on: which hundred of the connectors, the worst first. */
void page_overview(struct buf *, const struct look *, int64_t number);
/* Its part about what needs attention, of connectors that are sorted by summary_all(), and of all
 * else; nothing where there is none. */
void page_attention(struct buf *, const struct look *, const struct summary *, size_t n);
/* How much of that tone there is to tell that is no connector. */
size_t page_count_else(const struct look *, enum tone);
/* Its parts about sinks, nothing where there is none, and about who is told of what. */
void page_sinks(struct buf *, const struct look *);
void page_alerts(struct buf *, const struct look *);
/* How the newest message of an alert is, as a word of part_state(). */
const char *page_alert_word(const json_t *alert);
/* Its part about what ends or waits: tokens, API versions, quotas, backfills; nothing where there
 * is none. */
void page_ahead(struct buf *, const struct look *);
/* One connector with its feeds, runs and restatements. False: there is none of this name. */
bool page_connector(struct buf *, const struct look *, const char *name);

#endif
