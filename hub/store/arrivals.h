/* SPDX-License-Identifier: Apache-2.0
 * The rows of a window as a table that one INSERT … SELECT reads: where few of them can be stored
 * already, a statement for all of them costs a fifth less than one for each. */
#ifndef HUB_STORE_ARRIVALS_H
#define HUB_STORE_ARRIVALS_H

#include "store/apply.h"

struct arrivals;

enum arrivals_end {
    ARRIVALS_DONE,
    ARRIVALS_KNOWN, /* the key of the row at hand (in apply's table) is stored already */
    ARRIVALS_FAILED /* err is set */
};

/* Both are borrowed. NULL with err. */
struct arrivals *arrivals_new(struct apply *, struct spool *, struct err *);
void arrivals_free(struct arrivals *);
/* Inserts rows until there are no more or one is known; called again, it goes on behind that one.
 */
enum arrivals_end arrivals_insert(struct arrivals *, struct err *);

#endif
