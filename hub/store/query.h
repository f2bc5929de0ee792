/* SPDX-License-Identifier: Apache-2.0
 * Read-only SQL over the store for `omnihub query`: own connection, one statement, nothing but
 * reading; it can be interrupted. */
#ifndef HUB_QUERY_H
#define HUB_QUERY_H

#include <stdint.h>

#include <omnihub/omnihub.h>

#include "base/err.h"

struct query;

struct query_column {
    const char *name;
    uint32_t type; /* of the dataset's column where the result column is one as it stands
                      (OMNI_DATE, OMNI_MICROS …); OMNI_NULL: computed, see the cells */
};

struct query_calls {
    void *ctx;
    /* Once, before the first row, also where no row follows. Valid until query_run() returns. */
    omni_status (*columns)(void *ctx, const struct query_column *, uint32_t n, struct err *);
    /* Cells are OMNI_NULL, OMNI_INT, OMNI_REAL or OMNI_TEXT, as SQLite holds them: micros are
     * integers in millionths, dates "YYYY-MM-DD", times RFC 3339. Valid during the call. Any status
     * but OMNI_OK ends the query with it. */
    omni_status (*row)(void *ctx, const struct omni_cell *, uint32_t n, struct err *);
};

/* state_dir/store.db must be there. query_close(NULL) is fine. */
struct query *query_open(const char *state_dir, struct err *);
void query_close(struct query *);
/* One SELECT (or VALUES, WITH … SELECT). OMNI_E_CONFIG: it does not parse, or wants to do more than
 * read; OMNI_E_CANCELLED: interrupted; OMNI_E_DATA: it failed while running (integer overflow …).
 */
omni_status query_run(struct query *, const char *sql, const struct query_calls *, struct err *);
/* Ends a running query soon; may be called from a signal handler or another thread. */
void query_interrupt(struct query *);

#endif
