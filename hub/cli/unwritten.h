/* SPDX-License-Identifier: Apache-2.0
 * What nobody but the hub can write down: ends of runs whose job could not, and what it begins or
 * ends itself, events. Where the disk does not take it, it is tried again until it does. Runs whose
 * end is still refused when the hub ends are found by the next one. */
#ifndef HUB_CLI_UNWRITTEN_H
#define HUB_CLI_UNWRITTEN_H

#include <stdint.h>

#include "store/store.h"

enum { UNWRITTEN_MOST = 1000 }; /* in memory; what comes then is lost */

struct unwritten;

/* The store is borrowed. state_dir: whose reserve is given back where the disk is full. */
struct unwritten *unwritten_new(struct store *, const char *state_dir);
/* Tries once more. */
void unwritten_free(struct unwritten *);
/* Everything is copied, and written in the order in which it was added. */
void unwritten_add(struct unwritten *, const struct store_abandoned *);
/* event_raise(), event_clear(). */
void unwritten_raise(struct unwritten *, const char *kind, const char *scope, const char *text);
void unwritten_clear(struct unwritten *, const char *kind, const char *scope);
/* When unwritten_retry() is to be called, micros; INT64_MAX: nothing waits. */
int64_t unwritten_due(const struct unwritten *);
/* OMNI_OK: nothing waits any more. */
omni_status unwritten_retry(struct unwritten *, struct err *);
void unwritten_clock_moved(struct unwritten *, int64_t moved);

#endif
