/* SPDX-License-Identifier: Apache-2.0
 * What runs when: a heap of entries by due time; missed ticks, overlaps, retries and entries that
 * keep breaking. */
#include <config.h>

#include "schedule/agenda.h"

#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/mem.h"

enum { JITTER_SHARE = 20 };

struct entry {
    struct agenda_entry told;
    char *name, *rule;
    int64_t due;     /* INT64_MAX: running or suspended */
    int64_t started; /* AGENDA_NEVER: never */
    int64_t parked;  /* until then; AGENDA_NEVER: it is not */
    uint32_t retries, broken;
    bool is_suspended;
    bool is_ordered; /* by a person, while it ran: again when that run has ended */
    size_t place;    /* in the heap */
};

struct agenda {
    struct agenda_rules rules;
    struct entry **entries; /* by number */
    size_t *heap;           /* numbers, the earliest due first */
    size_t n, cap;
};

struct agenda *agenda_new(const struct agenda_rules *rules)
{
    struct agenda *a = xcalloc(1, sizeof *a);
    a->rules = *rules;
    return a;
}

void agenda_free(struct agenda *a)
{
    if (!a)
        return;
    for (size_t i = 0; i < a->n; i++) {
        free(a->entries[i]->name);
        free(a->entries[i]->rule);
        free(a->entries[i]);
    }
    free(a->entries);
    free(a->heap);
    free(a);
}

/* ---- heap ---- */

static int64_t due_at(const struct agenda *a, size_t place)
{
    return a->entries[a->heap[place]]->due;
}

static void put(struct agenda *a, size_t place, size_t number)
{
    a->heap[place] = number;
    a->entries[number]->place = place;
}

static void sift(struct agenda *a, size_t place)
{
    size_t number = a->heap[place];
    int64_t due = a->entries[number]->due;
    for (; place > 0 && due < due_at(a, (place - 1) / 2); place = (place - 1) / 2)
        put(a, place, a->heap[(place - 1) / 2]);
    for (;;) {
        size_t child = 2 * place + 1;
        if (child + 1 < a->n && due_at(a, child + 1) < due_at(a, child))
            child++;
        if (child >= a->n || due_at(a, child) >= due)
            break;
        put(a, place, a->heap[child]);
        place = child;
    }
    put(a, place, number);
}

static void set_due(struct agenda *a, size_t number, int64_t due)
{
    a->entries[number]->due = due;
    sift(a, a->entries[number]->place);
}

/* ---- times ---- */

/* Names keep their place in the interval for ever, so that a hundred "@hourly" do not start
 * together. */
static uint64_t hash_name(const char *name)
{
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * UINT64_C(1099511628211);
    return h ^ h >> 29;
}

/* Until the local day of the tick ends: a run of today must not slip into tomorrow. */
static int64_t day_left(const struct zone *zone, int64_t tick)
{
    int64_t local = zone ? tick + zone_offset(zone, tick) * TIME_SECOND : tick;
    int64_t of_day = local % TIME_DAY;
    return TIME_DAY - (of_day < 0 ? of_day + TIME_DAY : of_day);
}

static int64_t min_time(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t next_tick(const struct agenda *a, const struct entry *e, int64_t after)
{
    int64_t tick = schedule_next(&e->told.schedule, e->told.zone, after);
    if (tick == INT64_MAX)
        return tick;
    int64_t following = schedule_next(&e->told.schedule, e->told.zone, tick);
    int64_t most = following == INT64_MAX ? 0 : (following - tick) / JITTER_SHARE;
    most = min_time(min_time(most, a->rules.jitter_most), day_left(e->told.zone, tick));
    return most > 0 ? tick + (int64_t)(hash_name(e->name) % (uint64_t)most) : tick;
}

/* The tick after the run that began last. */
static int64_t tick_after_start(const struct agenda *a, const struct entry *e, int64_t now)
{
    bool is_sound = e->started - now <= AGENDA_SET_BACK_MOST;
    return next_tick(a, e, is_sound ? e->started : now);
}

/* Of a tick that is over: now, or where missed ones are left out, the next. */
static int64_t make_up(const struct agenda *a, const struct entry *e, int64_t due, int64_t now)
{
    if (due >= now)
        return due;
    return a->rules.leaves_missed && now - due > a->rules.grace ? next_tick(a, e, now) : now;
}

int64_t agenda_wait(int64_t first, int64_t most, uint32_t attempt)
{
    int64_t wait = first;
    for (uint32_t i = 1; i < attempt && wait < most; i++)
        wait *= 2;
    return min_time(wait, most);
}

/* Which half of it depends on name and attempt, so that fellows spread. */
static int64_t retry_wait(const struct agenda *a, const struct entry *e)
{
    int64_t wait = agenda_wait(a->rules.retry_first, a->rules.retry_most, e->retries);
    uint64_t spread = hash_name(e->name) * (e->retries + 1);
    return wait / 2 + (int64_t)(spread % (uint64_t)(wait / 2 + 1));
}

/* ---- entries ---- */

size_t agenda_add(struct agenda *a, const struct agenda_entry *told, int64_t last_started,
                  int64_t now)
{
    if (a->n == a->cap) {
        a->cap = a->cap ? 2 * a->cap : 16;
        a->entries = xrealloc(a->entries, a->cap * sizeof(struct entry *));
        a->heap = xrealloc(a->heap, a->cap * sizeof *a->heap);
    }
    struct entry *e = xcalloc(1, sizeof *e);
    e->told = *told;
    e->told.name = e->name = xstrdup(told->name);
    e->told.rule = e->rule = xstrdup(told->rule ? told->rule : "");
    e->started = last_started;
    e->parked = AGENDA_NEVER;
    e->due = last_started == AGENDA_NEVER ? now : make_up(a, e, tick_after_start(a, e, now), now);
    size_t number = a->n++;
    a->entries[number] = e;
    put(a, number, number);
    sift(a, number);
    return number;
}

size_t agenda_count(const struct agenda *a)
{
    return a->n;
}

const struct agenda_entry *agenda_at(const struct agenda *a, size_t number)
{
    return &a->entries[number]->told;
}

int64_t agenda_due(const struct agenda *a)
{
    return a->n ? due_at(a, 0) : INT64_MAX;
}

int64_t agenda_due_of(const struct agenda *a, size_t number)
{
    return a->entries[number]->due;
}

/* A tick that nobody was there for: the machine slept, or the service was held. */
static bool is_missed(const struct agenda *a, const struct entry *e, int64_t now)
{
    bool is_tick = e->retries == 0 && e->parked == AGENDA_NEVER && e->started != AGENDA_NEVER;
    return is_tick && a->rules.leaves_missed && now - e->due > a->rules.grace;
}

size_t agenda_start(struct agenda *a, int64_t now)
{
    while (agenda_due(a) <= now && is_missed(a, a->entries[a->heap[0]], now))
        set_due(a, a->heap[0], next_tick(a, a->entries[a->heap[0]], now));
    if (agenda_due(a) > now)
        return SIZE_MAX;
    size_t number = a->heap[0];
    struct entry *e = a->entries[number];
    /* A retry after the clock was set back does not bring back the ticks since. */
    if (e->started < now || e->started - now > AGENDA_SET_BACK_MOST)
        e->started = now;
    e->parked = AGENDA_NEVER;
    set_due(a, number, INT64_MAX);
    return number;
}

void agenda_done(struct agenda *a, size_t number, enum outcome_then end, int64_t now)
{
    struct entry *e = a->entries[number];
    e->retries = end == THEN_NEXT ? 0 : e->retries + 1;
    e->broken = end == THEN_COUNT ? e->broken + 1 : 0;
    e->is_suspended = e->broken >= a->rules.broken_limit;
    int64_t due = make_up(a, e, tick_after_start(a, e, now), now);
    if (end != THEN_NEXT) {
        int64_t again = now + retry_wait(a, e);
        due = due <= now || again < due ? again : due;
    }
    if (e->is_ordered)
        due = now;
    e->is_ordered = false;
    set_due(a, number, e->is_suspended ? INT64_MAX : due);
}

static int64_t due_after_move(const struct agenda *a, struct entry *e, int64_t moved, int64_t now)
{
    if (e->parked != AGENDA_NEVER)
        e->parked += moved;
    if (e->parked != AGENDA_NEVER || e->retries > 0)
        return e->due + moved;
    return e->started == AGENDA_NEVER ? now : tick_after_start(a, e, now);
}

void agenda_clock_moved(struct agenda *a, int64_t moved, int64_t now)
{
    for (size_t i = 0; moved < 0 && i < a->n; i++) {
        struct entry *e = a->entries[i];
        bool waits = e->retries > 0 && e->parked == AGENDA_NEVER;
        if (e->due == INT64_MAX) /* runs, or is suspended */
            continue;
        if (moved >= -AGENDA_SET_BACK_MOST && !waits)
            continue;
        int64_t due = due_after_move(a, e, moved, now);
        set_due(a, i, due < now ? now : due);
    }
}

/* Neither a retry nor a break: the platform said when, so nothing is counted. */
void agenda_park(struct agenda *a, size_t number, int64_t until, int64_t now)
{
    struct entry *e = a->entries[number];
    if (e->is_suspended)
        return;
    e->retries = e->broken = 0;
    e->parked = until;
    set_due(a, number, until < now ? now : until);
}

int64_t agenda_parked_until(const struct agenda *a, size_t number)
{
    return a->entries[number]->parked;
}

bool agenda_is_suspended(const struct agenda *a, size_t number)
{
    return a->entries[number]->is_suspended;
}

bool agenda_is_retrying(const struct agenda *a, size_t number)
{
    return a->entries[number]->retries > 0;
}

void agenda_suspend(struct agenda *a, size_t number)
{
    a->entries[number]->is_suspended = true;
    set_due(a, number, INT64_MAX);
}

bool agenda_is_running(const struct agenda *a, size_t number)
{
    return a->entries[number]->due == INT64_MAX && !a->entries[number]->is_suspended;
}

void agenda_resume(struct agenda *a, size_t number, int64_t now)
{
    struct entry *e = a->entries[number];
    bool is_running = agenda_is_running(a, number);
    e->is_suspended = false;
    e->retries = e->broken = 0;
    e->is_ordered = is_running;
    if (!is_running)
        set_due(a, number, now);
}

void agenda_inherit(struct agenda *a, size_t number, const struct agenda *old, size_t old_number,
                    int64_t now)
{
    struct entry *e = a->entries[number];
    const struct entry *before = old->entries[old_number];
    e->started = before->started;
    e->retries = before->retries;
    e->broken = before->broken;
    e->parked = before->parked;
    e->is_suspended = before->is_suspended;
    e->is_ordered = before->is_ordered;
    /* INT64_MAX: it runs, or is suspended. */
    bool goes_on = before->due == INT64_MAX || strcmp(e->rule, before->rule) == 0;
    set_due(a, number, goes_on ? before->due : next_tick(a, e, now));
}
