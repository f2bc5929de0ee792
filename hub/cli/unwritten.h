/* SPDX-License-Identifier: Apache-2.0
 * Ends of runs that no job could write: written here and, where the disk does not take them, again
 * until it does. What is still refused when the hub ends, the next one finds as runs without one.
 */
#ifndef HUB_CLI_UNWRITTEN_H
#define HUB_CLI_UNWRITTEN_H

#include <stdint.h>

#include "store/store.h"

enum { UNWRITTEN_MOST = 1000 }; /* ends in memory; what comes then is lost */

struct unwritten;

/* The store is borrowed. state_dir: whose reserve is given back where the disk is full. */
struct unwritten *unwritten_new(struct store *, const char *state_dir);
/* Tries once more. */
void unwritten_free(struct unwritten *);
/* Everything is copied. Ends are written in the order in which they were added. */
void unwritten_add(struct unwritten *, const struct store_abandoned *);
/* When unwritten_retry() is to be called, micros; INT64_MAX: nothing waits. */
int64_t unwritten_due(const struct unwritten *);
void unwritten_retry(struct unwritten *);
void unwritten_clock_moved(struct unwritten *, int64_t moved);

#endif
