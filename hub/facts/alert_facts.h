/* SPDX-License-Identifier: Apache-2.0
 * Who was told of what lasts, and what does not get through. */
#ifndef HUB_FACTS_ALERT_FACTS_H
#define HUB_FACTS_ALERT_FACTS_H

#include <jansson.h>
#include <stdbool.h>

#include "config/config.h"
#include "store/store.h"

/* Of each configured alert how its newest message is: [{alert, kind, enabled, state, message_at,
 * events (how many the message tells), attempts, message, remedy}];
 * state: none (there is no message), pending, sent, waiting (to be sent again), refused, lost,
 * partly (some recipients refused it); remedy: where a person has to look at it. store NULL: no
 * message was ever made. New reference; NULL with err. */
json_t *alert_facts(const struct config *, struct store *, struct err *);
/* Is something wrong with it now? */
bool alert_is_undelivered(const json_t *fact);
/* Adds to each of events_list() whose message was "told" it, [{alert, at, state, attempts,
 * ended_at, message}], and the "untold": names of alerts that want its kind and have no message of
 * it. state as above: only sent, and partly, have reached somebody; it is absent where the message
 * is kept no longer. */
omni_status alert_add_told(json_t *notices, const struct config *, struct store *, struct err *);

#endif
