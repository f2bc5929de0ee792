/* SPDX-License-Identifier: Apache-2.0
 * Whether connectors are as fresh as their schedules promise: the event "stale". */
#ifndef HUB_CLI_FRESHNESS_H
#define HUB_CLI_FRESHNESS_H

#include "config/config.h"
#include "store/store.h"

struct freshness;

/* The store is borrowed. has_grace: a connector gets a while to catch up after a start. */
struct freshness *freshness_new(struct store *, bool has_grace);
void freshness_free(struct freshness *);
/* This connector's last run has ended. */
void freshness_touch(struct freshness *, const char *connector);
/* The configuration may be another one. */
void freshness_reread(struct freshness *);
/* The clock was set by that much: what was planned by it is looked at anew. */
void freshness_clock_moved(struct freshness *, int64_t moved);
/* Looks at those whose time has come. True where an event may have begun or ended. */
bool freshness_look(struct freshness *, const struct config *);
/* When it has something to do again, micros. */
int64_t freshness_due(const struct freshness *);

#endif
