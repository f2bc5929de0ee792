/* SPDX-License-Identifier: Apache-2.0
 * Alerts that do not get through. */
#ifndef HUB_FACTS_UNDELIVERED_H
#define HUB_FACTS_UNDELIVERED_H

#include <jansson.h>

#include "config/config.h"
#include "store/store.h"

/* The newest message of each alert, where something is wrong with it: [{alert, state, message,
 * remedy}];
 * state: waiting, refused, lost, partly (some recipients refused it). store NULL: none. New
 * reference; NULL with err. */
json_t *undelivered_find(const struct config *, struct store *, struct err *);

#endif
