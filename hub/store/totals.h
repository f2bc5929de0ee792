/* SPDX-License-Identifier: Apache-2.0
 * What a window holds now: row counts and exact sums, to judge and reconcile a pull. */
#ifndef HUB_STORE_TOTALS_H
#define HUB_STORE_TOTALS_H

#include <stdint.h>

#include "store/store.h"

/* Rows that this window would replace. */
omni_status store_window_rows(struct store *, const struct store_window *, uint64_t *rows,
                              struct err *);
/* Sum of a column over them, as micros whatever the column's type; OMNI_E_BUG for an unknown
 * column. */
omni_status store_window_sum(struct store *, const struct store_window *, const char *column,
                             int64_t *micros, struct err *);
/* The account's facts as a feed keeps them; *zone, *currency: free(), NULL where unknown. */
omni_status store_feed_account(struct store *, int64_t feed, char **zone, char **currency,
                               struct err *);

#endif
