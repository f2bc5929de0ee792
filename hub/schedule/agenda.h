/* SPDX-License-Identifier: Apache-2.0
 * What runs when: a heap of entries by due time; missed ticks, overlaps, retries and entries that
 * keep breaking. Knows no clock: whoever calls says what time it is. */
#ifndef HUB_AGENDA_H
#define HUB_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/outcome.h"
#include "base/zone.h"
#include "schedule/schedule.h"

#define AGENDA_NEVER INT64_MIN
/* A clock that was set back by less than this (micros) is still the same clock: ticks that were run
 * are not run again. By more, it was wrong before, and must not block everything until then. */
#define AGENDA_SET_BACK_MOST (26 * INT64_C(3600) * 1000000)

struct agenda_rules {
    int64_t retry_first; /* micros until the first retry, doubled for each further one */
    int64_t retry_most;
    int64_t jitter_most;   /* starts are spread by at most a twentieth of the interval, and this */
    uint32_t broken_limit; /* so many times in a row: suspended */
    bool leaves_missed;    /* ticks later than `grace` are not made up for: the next one is due */
    int64_t grace;         /* micros */
};

struct agenda_entry {
    const char *name;
    const char *rule; /* as it is written, zone included: did a reload change it? */
    struct schedule schedule;
    const struct zone *zone; /* NULL: UTC; borrowed */
    void *ctx;
};

struct agenda;

/* Before the nth attempt after a passing fault: twice as long each time. */
int64_t agenda_wait(int64_t first, int64_t most, uint32_t attempt);

struct agenda *agenda_new(const struct agenda_rules *);
void agenda_free(struct agenda *);
/* last_started: of its newest run, AGENDA_NEVER: none. Due at once where a tick since then was
 * missed (one run for all of them, unless rules.leaves_missed) or it never ran. Texts are copied.
 * Returns its number, 0, 1, …
 */
size_t agenda_add(struct agenda *, const struct agenda_entry *, int64_t last_started, int64_t now);
size_t agenda_count(const struct agenda *);
const struct agenda_entry *agenda_at(const struct agenda *, size_t number);

/* When the next entry is due; INT64_MAX: none is. */
int64_t agenda_due(const struct agenda *);
int64_t agenda_due_of(const struct agenda *, size_t number);
/* The clock was set by `moved`, to `now`. Set back, retries wait for what was left of their wait.
 * Set back far, it was wrong before: what was planned by it is planned anew. */
void agenda_clock_moved(struct agenda *, int64_t moved, int64_t now);
/* An entry that is due, marked as running; SIZE_MAX: none. It is not due again before
 * agenda_done(). */
size_t agenda_start(struct agenda *, int64_t now);
/* Its run has ended. A tick that came meanwhile makes it due at once, once, unless it is one of
 * those that rules.leaves_missed leaves out. */
void agenda_done(struct agenda *, size_t number, enum outcome_then, int64_t now);
/* Its run has ended because a quota is used up: again at `until`, and not before. Ticks until then
 * are part of that run. Also for one that does not run: what an earlier life had parked. */
void agenda_park(struct agenda *, size_t number, int64_t until, int64_t now);
/* When a parked entry goes on; AGENDA_NEVER: it is not parked. */
int64_t agenda_parked_until(const struct agenda *, size_t number);
/* It broke too often, now or in an earlier life, and waits for a person: agenda_resume(). */
bool agenda_is_suspended(const struct agenda *, size_t number);
void agenda_suspend(struct agenda *, size_t number);
/* Its last run failed in a passing way, and it is tried again before its tick. */
bool agenda_is_retrying(const struct agenda *, size_t number);
/* Does it run now? */
bool agenda_is_running(const struct agenda *, size_t number);
/* Due at once, and nothing is held against it any more. One that runs began before whatever was
 * mended: it is due when that run has ended. */
void agenda_resume(struct agenda *, size_t number, int64_t now);
/* After the configuration was read anew: the entry goes on from where its namesake of the old
 * agenda is, also in the middle of a run. A schedule that was changed begins at its next tick; old
 * ones are never replayed. */
void agenda_inherit(struct agenda *, size_t number, const struct agenda *old, size_t old_number,
                    int64_t now);

#endif
