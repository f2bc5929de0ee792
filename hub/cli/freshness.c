/* SPDX-License-Identifier: Apache-2.0
 * How fresh connectors are. There may be ten thousand of them, so each is looked at when its time
 * has come, and not before. */
#include <config.h>

#include "cli/freshness.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/day.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "facts/timetable.h"
#include "store/events.h"
#include "store/ledger.h"

enum {
    SLACK_S = 3600,  /* for the run itself, and for passing faults */
    GRACE_S = 900,   /* after a start, when much is due at once */
    AGAIN_S = 3600,  /* how often one that is stale, or has no schedule, is looked at */
    NAMES_MAX = 1000 /* bytes of streams' names */
};

struct freshness {
    struct store *store;
    json_t *looks; /* name → when to look at it, micros */
    int64_t started, due;
};

struct freshness *freshness_new(struct store *store, bool has_grace)
{
    struct freshness *f = xcalloc(1, sizeof *f);
    *f = (struct freshness){store, json_object(), has_grace ? day_now() : 0, 0};
    return f;
}

void freshness_free(struct freshness *f)
{
    if (!f)
        return;
    json_decref(f->looks);
    free(f);
}

void freshness_touch(struct freshness *f, const char *connector)
{
    json_put_int(f->looks, connector, 0);
    f->due = 0;
}

void freshness_reread(struct freshness *f)
{
    json_object_clear(f->looks);
    f->due = 0;
}

void freshness_clock_moved(struct freshness *f, int64_t moved)
{
    if (f->started) /* the grace is a wait, not a moment */
        f->started += moved;
    freshness_reread(f);
}

int64_t freshness_due(const struct freshness *f)
{
    return f->due;
}

/* ---- how old it may be ---- */

/* What a connector has promised. */
struct promise {
    int64_t after; /* micros; 0: its schedule says */
    struct rhythm rhythm;
};

/* False: nothing. */
static bool promise_of(const struct config *c, const struct config_connector *k, struct promise *p)
{
    *p = (struct promise){.after = k->stale_after_s * TIME_SECOND};
    return !k->is_disabled && (p->after || timetable_rhythm(c, k, &p->rhythm));
}

/* From when on what was fresh then is stale: two ticks and an hour later. Nights and weekends
 * without ticks count for nothing. */
static int64_t stale_from(const struct promise *p, int64_t fresh)
{
    const struct rhythm *r = &p->rhythm;
    if (p->after)
        return fresh + p->after;
    int64_t tick = schedule_next(&r->schedule, r->zone, fresh);
    if (tick != INT64_MAX)
        tick = schedule_next(&r->schedule, r->zone, tick);
    return tick == INT64_MAX ? tick : tick + SLACK_S * TIME_SECOND;
}

/* ---- how old it is ---- */

struct age {
    int64_t oldest; /* when the stream that waits longest was fresh; INT64_MAX: none waits */
    struct buf names;
};

/* A stream that is not tried any more was taken out of the configuration, or its account is gone:
 * that is no fault, as long as others are fresh. */
static void judge(struct age *a, const json_t *streams, const struct promise *p, int64_t now)
{
    bool is_any_fresh = false;
    size_t i;
    const json_t *one;
    json_array_foreach(streams, i, one) is_any_fresh |=
        stale_from(p, json_int(one, "fresh", 0)) > now;
    json_array_foreach(streams, i, one)
    {
        int64_t fresh = json_int(one, "fresh", 0), tried = json_int(one, "tried", 0);
        if (is_any_fresh && stale_from(p, tried) <= now)
            continue;
        a->oldest = fresh < a->oldest ? fresh : a->oldest;
        if (stale_from(p, fresh) <= now)
            buf_printf(&a->names, "%s%s", a->names.len ? ", " : "", json_text(one, "stream"));
    }
}

static omni_status tell(struct freshness *f, const char *name, const struct age *a, struct err *err)
{
    char time[TIME_TEXT];
    auto_free char *text =
        xasprintf("no run of %s ended well since %s; omnihub status says what is in the way",
                  buf_text(&a->names), day_print_time(a->oldest / TIME_SECOND * TIME_SECOND, time));
    bool is_new = false;
    omni_status status = event_is_open(f->store, EVENT_STALE, name, &is_new, err);
    if (status == OMNI_OK && !is_new)
        log_warn("connector %s is stale: %s", name, text);
    return status == OMNI_OK
               ? event_raise(f->store, &(struct event){EVENT_STALE, name, text, 0}, err)
               : status;
}

/* *look: when to come again. */
static omni_status compare(struct freshness *f, const char *name, const struct promise *p,
                           int64_t *look, struct err *err)
{
    int64_t now = day_now(), grace = GRACE_S * TIME_SECOND;
    grace = p->after && p->after < grace ? p->after : grace;
    if (now < f->started + grace) {
        *look = f->started + grace;
        return OMNI_OK;
    }
    auto_json *streams = ledger_freshness(f->store, name, err);
    struct age a = {INT64_MAX, BUF_INIT(NAMES_MAX)};
    if (!streams)
        return err->status;
    judge(&a, streams, p, now);
    omni_status status =
        a.names.len ? tell(f, name, &a, err) : event_clear(f->store, EVENT_STALE, name, NULL, err);
    int64_t from = a.names.len || a.oldest == INT64_MAX ? INT64_MAX : stale_from(p, a.oldest);
    if (from != INT64_MAX)
        *look = from + TIME_SECOND;
    buf_free(&a.names);
    return status;
}

static omni_status look_at(struct freshness *f, const struct config *c,
                           const struct config_connector *k, int64_t *look, struct err *err)
{
    struct promise p;
    *look = day_now() + AGAIN_S * TIME_SECOND;
    if (!promise_of(c, k, &p))
        return event_clear(f->store, EVENT_STALE, k->name, NULL, err);
    omni_status status = compare(f, k->name, &p, look, err);
    zone_free(p.rhythm.zone);
    return status;
}

bool freshness_look(struct freshness *f, const struct config *c)
{
    int64_t now = day_now();
    bool looked = false;
    if (now < f->due)
        return false;
    f->due = INT64_MAX;
    for (size_t i = 0; i < c->n_connectors; i++) {
        const struct config_connector *k = &c->connectors[i];
        struct err err = {0};
        int64_t look = json_int(f->looks, k->name, 0);
        if (look <= now) {
            if (look_at(f, c, k, &look, &err) != OMNI_OK)
                log_error("connector %s: how fresh it is: %s", k->name, err.text);
            json_put_int(f->looks, k->name, look);
            looked = true;
        }
        f->due = look < f->due ? look : f->due;
    }
    return looked;
}
