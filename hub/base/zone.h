/* SPDX-License-Identifier: Apache-2.0
 * Time zones by IANA name, read from the system's zone files (TZif version 2 and later, with the
 * rule at their end); no process-wide TZ. */
#ifndef HUB_ZONE_H
#define HUB_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct zone;

/* "UTC" needs no file. NULL where the name is not known here; err names it and where it was looked
 * for. zone_free(). */
struct zone *zone_open(const char *name, struct err *);
void zone_free(struct zone *);
/* The same for the same rules: of what is in its file. UTC: 0. */
uint64_t zone_version(const struct zone *);
/* Is its file another one now, or gone? (Packages replace zone files while programs run.) */
bool zone_is_stale(const struct zone *);
/* Seconds east of UTC at this instant. */
int32_t zone_offset(const struct zone *, int64_t micros);
/* The local day at this instant. */
int32_t zone_day(const struct zone *, int64_t micros);
/* The first instant at which the local clock shows this day and time of day; in a gap, the first
 * instant after it. */
int64_t zone_instant(const struct zone *, int32_t day, int64_t micros_of_day);

#endif
