/* SPDX-License-Identifier: Apache-2.0
 * One reading of the configuration, with all that hangs on it. A reload makes a new one; the old
 * one lives until its last job has ended. */
#ifndef HUB_CLI_GENERATION_H
#define HUB_CLI_GENERATION_H

#include "cli/work.h"
#include "schedule/agenda.h"

struct generation {
    struct cli cli; /* with the configuration of this reading */
    struct work work;
    struct work_hooks hooks;
    struct agenda *agenda;
    json_t *numbers;          /* name → number in the agenda */
    struct named_zone *zones; /* each that is named anywhere, once */
    size_t n_zones;
    struct connector_run *runs; /* per entry of the agenda */
    unsigned n_jobs;            /* jobs of this generation that run or wait */
    struct generation *older;   /* whose jobs still run */
};

struct named_zone {
    const char *name; /* the configuration's */
    struct zone *zone;
};

/* What became of a connector's jobs so far. */
struct connector_run {
    unsigned n_jobs;
    enum agenda_end worst;
};

/* Reads and checks everything; NULL after messages, *code says how. `store`: what ran when. */
struct generation *generation_new(const struct cli *, int *code);
void generation_free(struct generation *);
/* Once the store is open: who is due when. */
int generation_plan(struct generation *, struct store *);
/* Number of a connector in the agenda; SIZE_MAX: it has no schedule. */
size_t generation_find(const struct generation *, const char *connector);
/* "2 added (a, b), 1 removed (c), 1 changed (d)" between two readings; free(). */
char *generation_difference(const struct generation *old, const struct generation *now);

#endif
