/* SPDX-License-Identifier: Apache-2.0
 * Backfills under way: for each account chunks of days, the newest first, each an ordinary pull
 * that can wait. What is done is in the store, so whoever comes next goes on from there. */
#ifndef HUB_CLI_BACKFILL_H
#define HUB_CLI_BACKFILL_H

#include "cli/work.h"

struct backfills;

/* The store is borrowed. */
struct backfills *backfills_new(struct store *);
void backfills_free(struct backfills *);
/* What jobs are made with from now on; after a reload another. Borrowed. */
void backfills_use(struct backfills *, struct work *, struct supervise *);
/* Takes up what the store has open and is not under way yet. */
omni_status backfills_load(struct backfills *, struct err *);
/* Starts a chunk of each account whose turn it is. `may_run` (NULL: always) is asked first. */
void backfills_start(struct backfills *, int64_t now,
                     bool (*may_run)(void *ctx, const char *connector), void *ctx);
/* When the next account's turn is, micros; INT64_MAX: none waits. */
int64_t backfills_due(const struct backfills *);
/* The clock was set by that much: waits go on from what was left of them. */
void backfills_clock_moved(struct backfills *, int64_t moved);
/* Forgets those of the connector; one that runs ends its chunk first. */
void backfills_drop(struct backfills *, const char *connector);

/* Begins or takes up a backfill of every account that is known of the connector. OMNI_E_CONFIG
 * where none is known yet, though the platform has to be asked for them. */
omni_status backfill_order(struct store *, const struct config_connector *, int32_t from,
                           int32_t to, struct err *);

#endif
