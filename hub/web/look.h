/* SPDX-License-Identifier: Apache-2.0
 * One look at the hub: everything that a page or the metrics tell, of one moment. */
#ifndef HUB_WEB_LOOK_H
#define HUB_WEB_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "facts/facts.h"
#include "facts/tally.h"

enum { LOOK_RUNS = 30, LOOK_RESTATED = 20 }; /* newest ones that are shown */

/* What is looked at, for as long as the program runs. */
struct looker {
    const struct config *config;
    const struct schema *schema;
    struct tally *tally;
    const char *config_fault; /* why a newer configuration is not used; NULL: there is none */
    int64_t config_at;        /* micros: when the one that is used was read */
};

struct look {
    const struct looker *from;
    int64_t at; /* micros */
    struct facts facts;
    json_t *runs, *restated, *backfills, *sums; /* of the ledger; NULL where it cannot be read */
    json_t *work;                         /* of the runs those that did something: ledger_work() */
    int64_t store_bytes, disk_free_bytes; /* -1: not known */
    bool has_store;                       /* something was pulled once */
    bool is_whole;                        /* everything there is could be read */
    char why[ERR_TEXT];                   /* what could not, and what to do; "" */
};

struct look *look_take(const struct looker *);
void look_free(struct look *);

/* Of one connector, newest first: ledger_runs(), ledger_restated(). NULL where it cannot be read.
 */
struct look_at_one {
    json_t *runs, *restated;
};
struct look_at_one look_at_connector(const struct looker *, const char *name);

#endif
