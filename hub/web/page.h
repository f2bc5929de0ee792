/* SPDX-License-Identifier: Apache-2.0
 * The pages for people. They work without JavaScript and are whole in themselves. */
#ifndef HUB_WEB_PAGE_H
#define HUB_WEB_PAGE_H

#include <stdbool.h>

#include "base/buf.h"
#include "web/look.h"

enum { PAGE_MAX = 64 << 20, PAGE_CONNECTORS = 100 /* on one page */ };

/* Everything at a glance; `number` from 1 on: which hundred of the connectors, the worst first. */
void page_overview(struct buf *, const struct look *, int64_t number);
/* Its part about what ends or waits: tokens, API versions, quotas, backfills; nothing where there
 * is none. */
void page_ahead(struct buf *, const struct look *);
/* One connector with its feeds, runs and restatements. False: there is none of this name. */
bool page_connector(struct buf *, const struct look *, const char *name);

#endif
