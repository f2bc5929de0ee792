/* SPDX-License-Identifier: Apache-2.0
 * A set of rowids: a bit each, in blocks made on demand, so that ten million rows take little more
 * than a megabyte. */
#ifndef HUB_ROWSET_H
#define HUB_ROWSET_H

#include <stdbool.h>
#include <stdint.h>

struct rowset;

struct rowset *rowset_new(void);
void rowset_free(struct rowset *);
/* False where it was in already. Rowids are positive and below 2^48: SQLite hands them out one
 * after the other. */
bool rowset_add(struct rowset *, int64_t rowid);
bool rowset_has(const struct rowset *, int64_t rowid);
uint64_t rowset_count(const struct rowset *);
/* The smallest member above `after`, 0 where there is none; start with 0. */
int64_t rowset_next(const struct rowset *, int64_t after);

#endif
