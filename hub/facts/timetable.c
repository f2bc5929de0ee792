/* SPDX-License-Identifier: Apache-2.0
 * When which connector of a configuration is due. */
#include <config.h>

#include "facts/timetable.h"

#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outcome.h"
#include "quota/quota.h"
#include "store/events.h"
#include "store/ledger.h"

enum { JITTER_MOST_S = 300, MISFIRE_GRACE_S = 300, BROKEN_LIMIT = 5 };

/* When the newest run of any of these feeds began. */
static int64_t last_started(const json_t *feeds)
{
    int64_t last = AGENDA_NEVER;
    size_t i;
    const json_t *feed;
    json_array_foreach(feeds, i, feed)
    {
        const char *text = json_text(json_object_get(feed, "last_run"), "started_at");
        struct day_clock c;
        if (!text || !day_parse_time(text, strlen(text), &c))
            continue;
        int64_t at = c.day * TIME_DAY + c.micros - c.offset * TIME_SECOND;
        last = at > last ? at : last;
    }
    return last;
}

/* The worst end among the newest runs of these feeds. */
static enum outcome_then last_end(const json_t *feeds)
{
    enum outcome_then worst = THEN_NEXT;
    size_t i;
    const json_t *feed;
    json_array_foreach(feeds, i, feed)
    {
        const json_t *run = json_object_get(feed, "last_run");
        const struct outcome *o = outcome_find(json_text(run, "outcome"), json_text(run, "reason"));
        worst = run && o->then > worst ? o->then : worst;
    }
    return worst;
}

/* Did one of them end in a way that only a person can mend? */
static bool is_failed(const json_t *feeds)
{
    size_t i;
    const json_t *feed;
    json_array_foreach(feeds, i, feed)
    {
        const char *outcome = json_text(json_object_get(feed, "last_run"), "outcome");
        if (outcome && strcmp(outcome, "failed") == 0)
            return true;
    }
    return false;
}

static const char *zone_of(const struct config *c, const struct config_connector *k)
{
    return k->timezone ? k->timezone : c->hub.timezone;
}

/* Zones are few, however many connectors there are. */
static const struct zone *share_zone(struct timetable *p, const char *name, struct err *err)
{
    for (size_t i = 0; i < p->n_zones; i++)
        if (strcmp(p->zones[i].name, name) == 0)
            return p->zones[i].zone;
    struct zone *opened = zone_open(name, err);
    if (opened)
        p->zones[p->n_zones++] = (struct named_zone){name, opened};
    return opened;
}

/* Zone and schedule were checked when they were read; zone files may have gone since. */
static omni_status add(struct timetable *p, const struct config *c,
                       const struct config_connector *k, const json_t *feeds, struct err *err)
{
    const char *zone = zone_of(c, k);
    struct agenda_entry entry = {.name = k->name, .ctx = (void *)k};
    entry.zone = zone ? share_zone(p, zone, err) : NULL;
    if ((zone && !entry.zone) || schedule_parse(k->schedule, &entry.schedule, err) != OMNI_OK)
        return err->status;
    /* New zone files are other rules under the same name. */
    auto_free char *rule = xasprintf("%s %s %llx", k->schedule, zone ? zone : "UTC",
                                     entry.zone ? (unsigned long long)zone_version(entry.zone) : 0);
    entry.rule = rule;
    int64_t last = last_started(feeds), ahead = json_int(p->ahead, k->name, last);
    size_t number = agenda_add(p->agenda, &entry, ahead > last ? ahead : last, day_now());
    /* What an earlier life did not bring to its end is tried again before the next tick. */
    if (last_end(feeds) != THEN_NEXT)
        agenda_done(p->agenda, number, last_end(feeds), day_now());
    else if (is_failed(feeds)) /* who starts a service has most likely mended it */
        agenda_resume(p->agenda, number, day_now());
    json_put_int(p->numbers, k->name, (int64_t)number);
    return OMNI_OK;
}

/* Those that an earlier life suspended. */
static omni_status suspend(struct timetable *p, struct store *store, struct err *err)
{
    auto_json *open = store ? events_list(store, true, 0, err) : json_array();
    const json_t *event;
    size_t i;
    json_array_foreach(open, i, event)
    {
        size_t number = timetable_find(p, json_text(event, "scope"));
        if (number != SIZE_MAX && strcmp(json_text(event, "kind"), EVENT_SUSPENDED) == 0)
            agenda_suspend(p->agenda, number);
    }
    return open ? OMNI_OK : err->status;
}

/* Accounts that the ledger knows of, each once. */
static size_t count_accounts(const json_t *feeds)
{
    auto_json *seen = json_object();
    const json_t *feed;
    size_t i;
    json_array_foreach(feeds, i, feed)
    {
        const char *account = json_text(feed, "account");
        json_object_set_new(seen, account ? account : "", json_true());
    }
    return json_object_size(seen);
}

/* As when the runs had just ended: a connector of which every account waits asks for nothing before
 * the last of them may go on. One that has other accounts keeps its ticks, and only does not leave
 * those that wait for later than they need to: they look for themselves whether they may ask. */
static void park_one(struct timetable *p, size_t number, const json_t *waits, const json_t *feeds)
{
    int64_t now = day_now(), last = 0;
    const json_t *one;
    size_t i;
    json_array_foreach(waits, i, one)
    {
        int64_t until = json_int(one, "until", 0) * 1000;
        last = until > last ? until : last;
    }
    int64_t due = agenda_due_of(p->agenda, number);
    bool is_whole = json_array_size(waits) >= count_accounts(feeds);
    if (last > now && (is_whole ? due < last : due > last))
        agenda_park(p->agenda, number, last, now);
}

/* What an earlier life had parked is not asked for again before its time. */
static void park_again(struct timetable *p, const char *state_dir, const json_t *feeds)
{
    struct quota *quota = quota_new(state_dir);
    auto_json *parked = quota_parked(quota);
    auto_json *by_connector = ledger_by_connector(parked);
    const char *name;
    json_t *waits;
    json_object_foreach(by_connector, name, waits)
    {
        size_t number = timetable_find(p, name);
        if (number != SIZE_MAX)
            park_one(p, number, waits, json_object_get(feeds, name));
    }
    quota_free(quota);
}

static omni_status add_all(struct timetable *t, const struct config *c, const json_t *feeds,
                           struct err *err)
{
    for (size_t i = 0; i < c->n_connectors; i++) {
        const struct config_connector *k = &c->connectors[i];
        const json_t *own = json_object_get(feeds, k->name);
        if (k->is_disabled || !k->schedule || add(t, c, k, own, err) == OMNI_OK)
            continue;
        err_prefix(err, "connector \"%s\": ", k->name);
        return err->status;
    }
    return OMNI_OK;
}

omni_status timetable_make(struct timetable *t, const struct config *c, struct store *store,
                           const json_t *feeds, struct err *err)
{
    const struct agenda_rules rules = {.retry_first = c->hub.retry_after_s * TIME_SECOND,
                                       .retry_most = TIMETABLE_RETRY_MOST_S * TIME_SECOND,
                                       .jitter_most = JITTER_MOST_S * TIME_SECOND,
                                       .broken_limit = BROKEN_LIMIT,
                                       .leaves_missed = c->hub.leaves_missed,
                                       .grace = MISFIRE_GRACE_S * TIME_SECOND};
    *t = (struct timetable){.agenda = agenda_new(&rules),
                            .numbers = json_object(),
                            .zones = xcalloc(c->n_connectors + 1, sizeof(struct named_zone))};
    t->ahead = store ? ledger_starts(store, day_now(), day_now() + AGENDA_SET_BACK_MOST, err)
                     : json_object();
    if (!t->ahead || add_all(t, c, feeds, err) != OMNI_OK)
        return err->status;
    park_again(t, c->hub.state_dir, feeds);
    return suspend(t, store, err);
}

void timetable_free(struct timetable *p)
{
    for (size_t i = 0; i < p->n_zones; i++)
        zone_free(p->zones[i].zone);
    free(p->zones);
    json_decref(p->numbers);
    json_decref(p->ahead);
    agenda_free(p->agenda);
    *p = (struct timetable){0};
}

const char *timetable_stale_zone(const struct timetable *p)
{
    for (size_t i = 0; i < p->n_zones; i++)
        if (zone_is_stale(p->zones[i].zone))
            return p->zones[i].name;
    return NULL;
}

size_t timetable_find(const struct timetable *p, const char *connector)
{
    int64_t number = connector ? json_int(p->numbers, connector, -1) : -1;
    return number < 0 ? SIZE_MAX : (size_t)number;
}

bool timetable_rhythm(const struct config *c, const struct config_connector *k, struct rhythm *r)
{
    struct err err = {0};
    const char *name = zone_of(c, k);
    *r = (struct rhythm){.zone = k->schedule && name ? zone_open(name, &err) : NULL};
    if (k->schedule && (r->zone || !name) &&
        schedule_parse(k->schedule, &r->schedule, &err) == OMNI_OK)
        return true;
    zone_free(mem_take(r->zone));
    return false;
}

size_t timetable_next(const struct config *c, const struct config_connector *k, int64_t *at,
                      size_t n)
{
    struct rhythm r;
    size_t found = 0;
    int64_t t = day_now();
    if (timetable_rhythm(c, k, &r))
        while (found < n && (t = schedule_next(&r.schedule, r.zone, t)) != INT64_MAX)
            at[found++] = t;
    zone_free(r.zone);
    return found;
}
