/* SPDX-License-Identifier: Apache-2.0
 * One reading of the configuration, with all that hangs on it. A reload makes a new one; the old
 * one lives until its last job has ended. */
#ifndef HUB_CLI_GENERATION_H
#define HUB_CLI_GENERATION_H

#include "facts/timetable.h"
#include "cli/work.h"

struct generation {
    struct cli cli; /* with the configuration of this reading */
    struct work work;
    struct work_hooks hooks;
    struct timetable plan;
    struct connector_run *runs; /* per entry of the plan's agenda */
    unsigned n_jobs;            /* jobs of this generation that run or wait */
    struct generation *older;   /* whose jobs still run */
};

/* What became of a connector's jobs so far. */
struct connector_run {
    unsigned n_jobs;
    enum outcome_then worst;
    bool is_good;         /* one of its streams ended well */
    char why[240];        /* of the worst, for people */
    int64_t parked_until; /* micros; 0: none of its jobs waits for a quota */
    bool has_other;       /* one of its streams ended in another way than parked */
    bool is_refused;      /* one of its logins was */
    bool has_new_secret;  /* one of its secrets was stored anew since it began */
};

/* Reads and checks everything; NULL after messages, *code says how, *why (new reference, not
 * touched where there is nothing to say; may be NULL) what config_findings_json() makes of it. */
struct generation *generation_new(const struct cli *, int *code, json_t **why);
void generation_free(struct generation *);
/* Once the store is open: who is due when. */
int generation_plan(struct generation *, struct store *);
/* {"added": [names], "removed": […], "changed": […]} of connectors, sinks and alerts; new
 * reference. */
json_t *generation_difference(const struct generation *old, const struct generation *now);
/* The same as "added=a,b removed=c"; free(). */
char *generation_difference_text(const json_t *difference);
/* Is anything about this connector another than it was? */
bool generation_has_changed(const struct generation *old, const struct generation *now,
                            const char *connector);

#endif
