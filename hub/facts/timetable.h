/* SPDX-License-Identifier: Apache-2.0
 * When which connector of a configuration is due, by its schedule and by what the ledger says ran
 * when: for the service, and for who only wants to know. */
#ifndef HUB_FACTS_TIMETABLE_H
#define HUB_FACTS_TIMETABLE_H

#include "config/config.h"
#include "schedule/agenda.h"
#include "store/store.h"

/* What failed in passing is tried again after waits of at most this. */
enum { TIMETABLE_RETRY_MOST_S = 1800 };

struct named_zone {
    const char *name; /* the configuration's */
    struct zone *zone;
};
struct timetable {
    struct agenda *agenda; /* entries: connectors with a schedule that are enabled; ctx: theirs */
    json_t *numbers;       /* name → number in the agenda */
    json_t *ahead; /* name → start of its run that lies ahead of a clock which was set back */
    struct named_zone *zones; /* each that is named anywhere, once */
    size_t n_zones;
};

/* feeds: ledger_by_connector() of all of them; store NULL: nothing ever ran. timetable_free() in
 * any case. */
omni_status timetable_make(struct timetable *, const struct config *, struct store *,
                           const json_t *feeds, struct err *);
void timetable_free(struct timetable *);
/* A zone whose file is not the one any more that was read; NULL: none is. */
const char *timetable_stale_zone(const struct timetable *);
/* Number of a connector in the agenda; SIZE_MAX: it has no schedule. */
size_t timetable_find(const struct timetable *, const char *connector);
/* When a connector is scheduled, for schedule_next(); zone_free(). False: it is not. */
struct rhythm {
    struct schedule schedule;
    struct zone *zone; /* NULL: UTC */
};
bool timetable_rhythm(const struct config *, const struct config_connector *, struct rhythm *);
/* The next `n` instants at which the connector is scheduled, after now; fewer where there are no
 * more. Returns how many. */
size_t timetable_next(const struct config *, const struct config_connector *, int64_t *at,
                      size_t n);

#endif
