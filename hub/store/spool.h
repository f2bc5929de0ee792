/* SPDX-License-Identifier: Apache-2.0
 * Rows of a window on their way into the store: in memory up to a limit, then in an unlinked
 * temporary file. */
#ifndef HUB_SPOOL_H
#define HUB_SPOOL_H

#include <stdint.h>

#include <omnihub/omnihub.h>

#include "base/err.h"

struct spool;

/* dir: where the temporary file goes once more than `memory` bytes are held. n_cells: cells per
 * row. */
struct spool *spool_new(const char *dir, uint32_t n_cells, size_t memory);
void spool_free(struct spool *);
omni_status spool_add(struct spool *, const struct omni_cell *, struct err *);
uint64_t spool_rows(const struct spool *);
uint32_t spool_cells(const struct spool *); /* per row */
/* A place to come back to: what a reply that failed half-way had delivered is dropped by going
 * back. */
struct spool_mark {
    uint64_t rows, bytes;
};
struct spool_mark spool_mark(const struct spool *);
omni_status spool_rewind_to(struct spool *, struct spool_mark, struct err *);
void spool_clear(struct spool *);
/* Reads from the start: OMNI_OK and *cells (valid until the next call), or *cells NULL at the end.
 */
omni_status spool_first(struct spool *, struct err *);
omni_status spool_next(struct spool *, const struct omni_cell **cells, struct err *);

#endif
