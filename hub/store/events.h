/* SPDX-License-Identifier: Apache-2.0
 * Conditions that a person should know of, with their beginning and end: what status shows, and
 * what alerts are made of. One of a kind and scope is open at a time. */
#ifndef HUB_EVENTS_H
#define HUB_EVENTS_H

#include <jansson.h>
#include <stdbool.h>

#include "store/store.h"

/* Kinds. The scope is a connector's name, "connector.stream" or "connector.stream/account". */
#define EVENT_FAILING    "failing"    /* its last run did not end well */
#define EVENT_STALE      "stale"      /* no run of it ended well for longer than is usual */
#define EVENT_SUSPENDED  "suspended"  /* it broke too often and is not run any more */
#define EVENT_DRIFT      "drift"      /* a day that was thought settled was restated */
#define EVENT_SECRET     "secret"     /* it expires soon, has expired, or is refused */
#define EVENT_SUNSET     "sunset"     /* the plugin knows when what it uses is switched off */
#define EVENT_DEPRECATED "deprecated" /* the platform's replies announce its end */
#define EVENT_CLOCK      "clock"      /* the service's cannot be believed: nothing is started */
#define EVENT_RATES      "rates" /* money could not be converted: it is null in what is combined */
/* Further scopes: "service", "sink NAME", "sink NAME.dataset", "secret NAME", "combine". */
#define EVENT_KINDS                                                                                \
    EVENT_FAILING "|" EVENT_STALE "|" EVENT_SUSPENDED "|" EVENT_DRIFT "|" EVENT_SECRET             \
                  "|" EVENT_SUNSET "|" EVENT_DEPRECATED "|" EVENT_CLOCK "|" EVENT_RATES

struct event {
    const char *kind, *scope, *text;
    int stage; /* of one that becomes more urgent: a higher one is told again, a lower one is not */
};
/* Opens it, or renews the text of the one that is open. */
omni_status event_raise(struct store *, const struct event *, struct err *);
/* Ends it; nothing is written where none is open. *was_open may be NULL. */
omni_status event_clear(struct store *, const char *kind, const char *scope, bool *was_open,
                        struct err *);
/* Would raising it say anything that is not said yet? */
omni_status event_is_new(struct store *, const struct event *, bool *is_new, struct err *);
omni_status event_is_open(struct store *, const char *kind, const char *scope, bool *is_open,
                          struct err *);
/* How a run ended, or a call that has none in the ledger; what an end means for EVENT_FAILING. A
 * passing fault opens nothing before it came three times in a row. */
struct event_run {
    const char *kind;                         /* "pull", "push", "combine"; others mean nothing */
    const char *connector, *stream, *account; /* or sink and dataset; NULL, "": none */
    const char *outcome, *reason, *message;
};
omni_status event_of_run(struct store *, const struct event_run *, struct err *);
/* Does it stand failed with that code, as a whole or with one of its streams or accounts? who: a
 * connector, or "sink NAME". */
omni_status event_fails_with(struct store *, const char *who, const char *code, bool *fails,
                             struct err *);
/* One object per event, newest first, at most `last` (0: all): id, kind, scope, since_at, until_at
 * (absent: it lasts), text. New reference; NULL with err. */
json_t *events_list(struct store *, bool only_open, uint32_t last, struct err *);

#endif
