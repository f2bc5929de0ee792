/* SPDX-License-Identifier: Apache-2.0
 * How a run can end: one table of code, title and remedy, the same in log, ledger, status, JSON and
 * man page. */
#ifndef HUB_OUTCOME_H
#define HUB_OUTCOME_H

#include <stddef.h>

#include <omnihub/omnihub.h>

/* What a schedule does after a run that ended so; ordered from good to bad. */
enum outcome_then {
    THEN_NEXT,  /* fine, or only a person can mend it: the next tick */
    THEN_AGAIN, /* a passing fault: again soon, with growing waits */
    THEN_COUNT  /* the plugin broke: again soon, counted, and suspended when it goes on */
};

struct outcome {
    const char *code;    /* "failed-auth": never changes, never means anything else */
    const char *outcome; /* "failed": its kind */
    const char *reason;  /* "auth"; NULL: whatever the reason is */
    enum outcome_then then;
    const char *title;
    const char *remedy; /* what a person should do; NULL: nothing */
};

/* Of a call that ended with this status. */
const struct outcome *outcome_of_status(omni_status);
/* Of what the ledger holds; reason NULL: none. Never NULL: what is not known is a bug's. */
const struct outcome *outcome_find(const char *outcome, const char *reason);
/* All of them; NULL behind the last. */
const struct outcome *outcome_at(size_t);
/* What holds for every delivery that failed. */
extern const char outcome_push_remedy[];

#endif
