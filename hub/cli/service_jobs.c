/* SPDX-License-Identifier: Apache-2.0
 * The service's jobs: what is due is started, what ended is counted, what keeps breaking is
 * suspended, what was pulled is combined and pushed. */
#include <config.h>

#include "cli/service_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/day.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/unwritten.h"
#include "store/events.h"
#include "store/reserve.h"

/* ---- how runs end ---- */

/* The first of these members that is there. */
static const char *one_of(const json_t *r, const char *const *members)
{
    const char *text = NULL;
    for (; !text && *members; members++)
        text = json_text(r, *members);
    return text;
}

static void add_counts(struct buf *tail, const json_t *r)
{
    static const char *const pulled[] = {"read",    "inserted", "changed",
                                         "removed", "restated", NULL};
    static const char *const pushed[] = {"deliveries", "rows", NULL};
    for (const char *const *n = json_text(r, "sink") ? pushed : pulled; *n; n++)
        if (json_object_get(r, *n))
            buf_printf(tail, " %s=%" PRId64, *n, json_int(r, *n, 0));
}

/* Most pulls bring nothing that every sink lacks: told to who wants to hear all. */
static bool is_idle(const json_t *r)
{
    return json_text(r, "sink") && json_object_get(r, "deliveries") &&
           json_int(r, "deliveries", 0) == 0;
}

static void log_result(const json_t *r)
{
    static const char *const subjects[] = {"connector", "sink", "alert", NULL};
    static const char *const objects[] = {"stream", "dataset", NULL};
    const char *who = one_of(r, subjects), *what = one_of(r, objects);
    const char *outcome = json_text(r, "outcome"), *message = json_text(r, "message");
    auto_buf tail = BUF_INIT(512);
    add_counts(&tail, r);
    bool is_fine = outcome && strcmp(outcome, "ok") == 0;
    const char *code = outcome_find(outcome, json_text(r, "reason"))->code;
    if (!is_fine)
        buf_printf(&tail, " code=%s", code);
    if (json_text(r, "run"))
        buf_printf(&tail, " run=%s", json_text(r, "run"));
    const struct log_fields fields = {.kind = is_fine ? LOG_RUN_ENDED : LOG_RUN_FAILED,
                                      .run = json_text(r, "run"),
                                      .connector = json_text(r, "connector"),
                                      .sink = json_text(r, "sink"),
                                      .stream = what,
                                      .account = json_text(r, "account"),
                                      .outcome = outcome,
                                      .code = code};
    log_event(!is_fine     ? LOG_WARN
              : is_idle(r) ? LOG_DEBUG
                           : LOG_INFO,
              &fields, "%s%s%s%s%s%s outcome=%s%s", who ? who : "combine", what ? "." : "",
              what ? what : "", message ? ": " : "", message ? message : "",
              !is_fine && json_text(r, "remedy") ? " (omnihub status says what to do)" : "",
              outcome ? outcome : "?", buf_text(&tail));
}

/* ---- hooks: what jobs say ---- */

/* What the hooks of a generation are called with. */
struct hooked {
    struct service *service;
    struct generation *generation;
};

/* NULL for what is no regular run of a connector. */
static struct connector_run *run_of(struct generation *g, const json_t *labels)
{
    if (json_flag(labels, "backfill"))
        return NULL;
    size_t number = timetable_find(&g->plan, json_text(labels, "connector"));
    return number == SIZE_MAX ? NULL : &g->runs[number];
}

static void on_added(void *ctx, const json_t *labels)
{
    struct hooked *h = ctx;
    struct connector_run *run = run_of(h->generation, labels);
    h->generation->n_jobs++;
    h->service->n_pushes += json_text(labels, "sink") != NULL;
    if (run)
        run->n_jobs++;
}

/* When a parked run may go on, micros; 0: it is not parked, or the platform did not say. */
static int64_t parked_until(const json_t *result)
{
    const char *until = json_text(result, "until");
    struct day_clock c;
    if (!until || !day_parse_time(until, strlen(until), &c))
        return 0;
    return c.day * TIME_DAY + c.micros - c.offset * TIME_SECOND;
}

/* Combine or push; others that are no run of a scheduled connector are alerts and backfills. */
static bool is_of_chain(const json_t *labels)
{
    return json_text(labels, "sink") || json_text(labels, "kind");
}

static void on_result(void *ctx, const json_t *result)
{
    struct hooked *h = ctx;
    struct connector_run *run = run_of(h->generation, result);
    const char *message = json_text(result, "message");
    const struct outcome *o =
        outcome_find(json_text(result, "outcome"), json_text(result, "reason"));
    log_result(result);
    if (!run) {
        h->service->has_chain_failed |= o->then != THEN_NEXT && is_of_chain(result);
        return;
    }
    int64_t until = parked_until(result);
    run->parked_until = until > run->parked_until ? until : run->parked_until;
    run->has_other |= until == 0;
    if (until)
        return;
    run->is_good |= strcmp(o->code, "ok") == 0;
    run->is_refused |= o == outcome_of_status(OMNI_E_AUTH);
    if (o->then <= run->worst)
        return;
    run->worst = o->then;
    snprintf(run->why, sizeof run->why, "%s%s%s", o->code, message ? ": " : "",
             message ? message : "");
}

static void suspend(struct service *s, const char *name, const char *why)
{
    auto_free char *text = xasprintf(
        "it broke several times in a row and is not run any more (%s); when it is mended: "
        "omnihub resume %s",
        why, name);
    log_event(LOG_ERROR, &(struct log_fields){.kind = LOG_SUSPENDED, .connector = name},
              "connector %s is suspended: %s", name, text);
    unwritten_raise(s->unwritten, EVENT_SUSPENDED, name, text);
}

/* The jobs may be those of an older reading; what becomes of the connector is the newest's affair.
 */
static void connector_ended(struct service *s, const char *name, struct connector_run *run)
{
    size_t number = timetable_find(&s->now->plan, name);
    struct agenda *agenda = s->now->plan.agenda;
    s->wants_chain = true;
    if (number != SIZE_MAX && !agenda_is_suspended(agenda, number)) {
        int64_t now = day_now(), until = run->parked_until;
        agenda_done(agenda, number, run->worst, now);
        /* Accounts that are not parked keep their ticks; the others ask nobody before their time.
         */
        if (until && (!run->has_other || agenda_due_of(agenda, number) > until))
            agenda_park(agenda, number, until, now);
        if (agenda_is_suspended(agenda, number))
            suspend(s, name, run->why);
        else if (run->is_refused && run->has_new_secret)
            agenda_resume(agenda, number, now);
    }
    *run = (struct connector_run){0};
}

/* A sink that was busy or full is not left behind until something is pulled again. */
static void chain_is_over(struct service *s)
{
    int64_t first = s->now->cli.config->hub.retry_after_s * TIME_SECOND;
    s->chain = CHAIN_IDLE;
    s->chain_retries = s->has_chain_failed ? s->chain_retries + 1 : 0;
    s->chain_due = INT64_MAX;
    if (s->has_chain_failed)
        s->chain_due =
            day_now() + agenda_wait(first, TIMETABLE_RETRY_MOST_S * TIME_SECOND, s->chain_retries);
    s->has_chain_failed = false;
}

static void chain_ended(struct service *s, const json_t *labels)
{
    if (json_text(labels, "sink") && s->n_pushes > 0 && --s->n_pushes == 0)
        chain_is_over(s);
    if (!json_text(labels, "kind"))
        return;
    s->chain = CHAIN_PUSH;
    const struct config *c = s->now->cli.config;
    for (size_t i = 0; i < c->n_sinks; i++)
        if (!c->sinks[i].is_disabled)
            work_add_push(&s->now->work, s->jobs, &c->sinks[i]);
    if (s->n_pushes == 0)
        chain_is_over(s);
}

static void on_ended(void *ctx, const json_t *labels)
{
    struct hooked *h = ctx;
    struct connector_run *run = run_of(h->generation, labels);
    h->generation->n_jobs--;
    if (json_text(labels, "connector"))
        freshness_touch(h->service->freshness, json_text(labels, "connector"));
    alerts_wake(h->service->alerts); /* the job, or its end, may have begun or ended an event */
    service_keep_reserve(h->service);
    if (run && --run->n_jobs == 0)
        connector_ended(h->service, json_text(labels, "connector"), run);
    else if (json_flag(labels, "backfill"))
        h->service->wants_chain = true;
    else if (!run)
        chain_ended(h->service, labels);
}

void service_keep_reserve(struct service *s)
{
    const struct config_hub *hub = &s->now->cli.config->hub;
    reserve_keep(hub->state_dir, hub->reserve_mb * 1024 * 1024);
}

void service_hook(struct service *s, struct generation *g)
{
    struct hooked *h = xmalloc(sizeof *h);
    *h = (struct hooked){s, g};
    g->hooks = (struct work_hooks){h, on_added, on_result, on_ended};
    g->work.hooks = &g->hooks;
}

/* ---- generations ---- */

void service_drop(struct generation *g)
{
    free(g->hooks.ctx);
    g->work.store = NULL; /* the service's */
    g->work.unwritten = NULL;
    generation_free(g);
}

void service_drop_older(struct service *s)
{
    for (struct generation **at = &s->now->older; *at;) {
        struct generation *g = *at;
        if (g->n_jobs > 0) {
            at = &g->older;
            continue;
        }
        *at = g->older;
        service_drop(g);
    }
}

static bool runs_already(const struct service *s, const char *connector)
{
    for (const struct generation *g = s->now->older; g; g = g->older) {
        size_t number = timetable_find(&g->plan, connector);
        if (number != SIZE_MAX && g->runs[number].n_jobs > 0)
            return true;
    }
    return false;
}

void service_plan_asking(struct service *s)
{
    int64_t first = s->now->cli.config->hub.retry_after_s * TIME_SECOND;
    s->askings = plugins_dead(s->now->work.plugins) ? s->askings + 1 : 0;
    s->next_asking =
        s->askings
            ? day_now() + agenda_wait(first, TIMETABLE_RETRY_MOST_S * TIME_SECOND, s->askings)
            : INT64_MAX;
}

/* ---- what is due ---- */

/* Its plugin was refused. One that only died when it was asked is asked again, and the connector
 * tried again before its tick. */
static void cannot_run(struct generation *g, size_t number)
{
    const struct config_connector *k = agenda_at(g->plan.agenda, number)->ctx;
    const struct plugin_info *info = plugins_find(g->work.plugins, k->plugin);
    g->runs[number] = (struct connector_run){0};
    agenda_done(g->plan.agenda, number, info && info->has_died ? THEN_AGAIN : THEN_NEXT, day_now());
}

void service_start_due(struct service *s)
{
    struct generation *g = s->now;
    for (size_t n; (n = agenda_start(g->plan.agenda, day_now())) != SIZE_MAX;) {
        const struct agenda_entry *e = agenda_at(g->plan.agenda, n);
        if (runs_already(s, e->name)) /* started before a reload: later */
            agenda_done(g->plan.agenda, n, THEN_AGAIN, day_now());
        else
            work_add_pulls(&g->work, s->jobs, e->ctx);
        if (g->runs[n].n_jobs == 0 && agenda_due_of(g->plan.agenda, n) == INT64_MAX)
            cannot_run(g, n);
    }
}

static bool may_backfill(void *ctx, const char *connector)
{
    const struct service *s = ctx;
    size_t number = timetable_find(&s->now->plan, connector);
    return number == SIZE_MAX || !agenda_is_suspended(s->now->plan.agenda, number);
}

void service_start_backfills(struct service *s)
{
    backfills_start(s->backfills, day_now(), may_backfill, s);
}

void service_start_chain(struct service *s)
{
    bool is_due = s->wants_chain || s->chain_due <= day_now();
    if (!is_due || s->chain != CHAIN_IDLE)
        return;
    s->wants_chain = false;
    s->chain_due = INT64_MAX;
    s->chain = CHAIN_COMBINE;
    work_add_combine(&s->now->work, s->jobs);
}

omni_status service_resume(struct service *s, size_t number, struct err *err)
{
    struct agenda *agenda = s->now->plan.agenda;
    const char *name = agenda_at(agenda, number)->name;
    /* That it is suspended may itself wait to be written. */
    omni_status status = unwritten_retry(s->unwritten, err);
    if (status == OMNI_OK)
        status = event_clear(s->store, EVENT_SUSPENDED, name, NULL, err);
    if (status == OMNI_OK)
        agenda_resume(agenda, number, day_now());
    return status;
}
