/* SPDX-License-Identifier: Apache-2.0
 * How many runs there were, how they ended and what they brought, counted over the whole ledger. */
#ifndef HUB_FACTS_TALLY_H
#define HUB_FACTS_TALLY_H

#include <jansson.h>

#include "base/err.h"
#include "store/store.h"

/* Remembers what it has counted: each look reads only what came since. */
struct tally;
struct tally *tally_new(void);
void tally_free(struct tally *);
/* {"runs": as ledger_sums(), "asked": as ledger_asked(), "crashes": as ledger_crashes()} of
 * all runs that have ended. New reference; NULL with err. */
json_t *tally_look(struct tally *, struct store *, struct err *);

#endif
