/* SPDX-License-Identifier: Apache-2.0
 * What stands in connectors' way beside their last run: secrets that end, quotas that are used up.
 */
#ifndef HUB_FACTS_STANDING_H
#define HUB_FACTS_STANDING_H

#include <jansson.h>

#include "config/config.h"

struct standing {
    json_t *secrets; /* as secret_facts(); NULL: the vault cannot be read */
    json_t *parked;  /* [{connector, account, until}] */
    json_t *pauses;  /* [{bucket, until, why}] */
    json_t *left;    /* quota_lefts() */
};

/* An error says what of it cannot be read; the rest is there all the same. */
omni_status standing_find(struct standing *, const struct config *, struct err *);
/* Adds to each {connector: …} its "secrets", its "parked" runs and what is left of its "quota"; to
 * each {sink: …} its "secrets". */
void standing_add(const struct standing *, json_t *connectors, json_t *sinks);
void standing_free(struct standing *);

#endif
