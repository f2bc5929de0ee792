/* SPDX-License-Identifier: Apache-2.0
 * The calendar: what comes to its end, as events. */
#ifndef HUB_CLI_CALENDAR_H
#define HUB_CLI_CALENDAR_H

#include "cli/work.h"

/* API versions that platforms switch off, secrets that expire or are refused; and ends events about
 * connectors, streams, accounts and sinks that are not in the configuration any more. */
void calendar_look(struct work *);

#endif
