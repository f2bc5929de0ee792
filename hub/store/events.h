/* SPDX-License-Identifier: Apache-2.0
 * Conditions that a person should know of, with their beginning and end: what status shows, and
 * what alerts are made of. One of a kind and scope is open at a time. */
#ifndef HUB_EVENTS_H
#define HUB_EVENTS_H

#include <jansson.h>
#include <stdbool.h>

#include "store/store.h"

/* Kinds. The scope is a connector's name, "connector.stream" or "connector.stream/account". */
#define EVENT_SUSPENDED  "suspended"  /* it broke too often and is not run any more */
#define EVENT_DRIFT      "drift"      /* a day that was thought settled was restated */
#define EVENT_SUNSET     "sunset"     /* the plugin knows when what it uses is switched off */
#define EVENT_DEPRECATED "deprecated" /* the platform's replies announce its end */

/* Opens it, or renews the text of the one that is open. */
omni_status event_raise(struct store *, const char *kind, const char *scope, const char *text,
                        struct err *);
/* Ends it; nothing is written where none is open. *was_open may be NULL. */
omni_status event_clear(struct store *, const char *kind, const char *scope, bool *was_open,
                        struct err *);
/* Would raising it say anything that is not said yet? */
omni_status event_is_new(struct store *, const char *kind, const char *scope, const char *text,
                         bool *is_new, struct err *);
omni_status event_is_open(struct store *, const char *kind, const char *scope, bool *is_open,
                          struct err *);
/* One object per event, newest first, at most `last` (0: all): id, kind, scope, since_at, until_at
 * (absent: it lasts), text. New reference; NULL with err. */
json_t *events_list(struct store *, bool only_open, uint32_t last, struct err *);

#endif
