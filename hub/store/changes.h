/* SPDX-License-Identifier: Apache-2.0
 * Which days of which datasets changed, in order: what combine and push still have to do is asked
 * here. */
#ifndef HUB_CHANGES_H
#define HUB_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

enum { CHANGES_WHOLE = INT32_MIN }; /* the "day" of datasets that are not cut into days */

/* Marks a day of a dataset as changed now; inside the caller's transaction. */
omni_status changes_mark(struct store *, const char *dataset, int32_t day, struct err *);

struct changes_day {
    int32_t day;
    uint64_t version; /* grows with every change in the store */
};
/* Days of the dataset that changed after `since`, oldest change first, at most `max`. *n: how many.
 */
omni_status changes_since(struct store *, const char *dataset, uint64_t since, struct changes_day *,
                          uint32_t max, uint32_t *n, struct err *);

/* How far a reader (a sink, a combined dataset) got. 0: nothing yet. */
omni_status changes_cursor_get(struct store *, const char *reader, const char *dataset,
                               uint64_t *since, struct err *);
omni_status changes_cursor_put(struct store *, const char *reader, const char *dataset,
                               uint64_t since, struct err *);

#endif
