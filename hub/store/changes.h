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
/* Days of the dataset that changed after `since`, oldest change first; *n: how many. free() it. Not
 * more than the calendar has days, 16 bytes each. */
struct changes_day *changes_since(struct store *, const char *dataset, uint64_t since, uint32_t *n,
                                  struct err *);

/* How far a reader (a sink, a combined dataset) got. 0: nothing yet. */
omni_status changes_cursor_get(struct store *, const char *reader, const char *dataset,
                               uint64_t *since, struct err *);
omni_status changes_cursor_put(struct store *, const char *reader, const char *dataset,
                               uint64_t since, struct err *);

#endif
