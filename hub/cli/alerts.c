/* SPDX-License-Identifier: Apache-2.0
 * Alerts: which messages there are, when they are sent, and what became of them. */
#include <config.h>

#include "cli/alerts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/day.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "run/spec.h"
#include "schedule/agenda.h"
#include "store/outbox.h"

enum {
    WAIT_MOST_S = 3600,           /* between attempts, */
    WAIT_TOLD_MOST_S = 24 * 3600, /* and where the receiver says when it may be asked again */
    NEWS_MAX = 2000
};

struct alerts {
    struct store *store;
    json_t *sending; /* {name: true}: one message of an alert at a time keeps their order */
    bool is_awake, is_reread;
    int64_t due;
};

/* One message on its way. */
struct sending {
    struct alerts *alerts;
    char *name;
    int64_t id, made, give_up;
};

struct alerts *alerts_new(struct store *store)
{
    struct alerts *a = xcalloc(1, sizeof *a);
    *a = (struct alerts){store, json_object(), true, true, 0};
    return a;
}

void alerts_free(struct alerts *a)
{
    if (!a)
        return;
    json_decref(a->sending);
    free(a);
}

void alerts_wake(struct alerts *a)
{
    a->is_awake = true;
}

void alerts_reread(struct alerts *a)
{
    a->is_awake = a->is_reread = true;
}

void alerts_clock_moved(struct alerts *a, int64_t moved)
{
    struct err err = {0};
    if (outbox_clock_moved(a->store, moved, &err) != OMNI_OK)
        log_error("alerts: %s", err.text);
    alerts_wake(a);
}

int64_t alerts_due(const struct alerts *a)
{
    return a->is_awake ? 0 : a->due;
}

static bool is_fine(omni_status status, const struct err *err)
{
    if (status != OMNI_OK)
        log_error("alerts: %s", err->text);
    return status == OMNI_OK;
}

/* ---- the job ---- */

json_t *alerts_spec(struct work *w, const struct config_alert *k, json_t *message_take)
{
    char host[256] = "";
    json_t *spec = work_spec(w, JOB_ALERT);
    auto_free char *key = xasprintf("alert %s", k->name);
    gethostname(host, sizeof host - 1);
    json_put_text(message_take, "host", host);
    json_object_set(spec, "alert", (json_t *)k->options);
    json_object_set(spec, "env", json_object_get(w->envs, key));
    json_object_set_new(spec, "message", message_take);
    return spec;
}

static json_t *message_of(const json_t *row)
{
    char time[TIME_TEXT];
    json_t *message = json_object();
    int64_t made = json_int(row, "made", 0);
    json_put_text(message, "key", json_text(row, "key"));
    json_put_text(message, "made_at", day_print_time(made / TIME_SECOND * TIME_SECOND, time));
    json_object_set(message, "items", json_object_get(row, "items"));
    if (json_object_get(row, "more"))
        json_put_int(message, "more", json_int(row, "more", 0));
    return message;
}

/* "a@x: 550 no such user, b@x: …" of those who refused; "" where nobody did. */
static void add_refusals(struct buf *out, const json_t *done)
{
    const char *address;
    json_t *answer;
    json_object_foreach((json_t *)done, address, answer)
    {
        const char *text = json_string_value(answer);
        if (text && strcmp(text, "ok") != 0)
            buf_printf(out, "%s%s: %s", out->len ? "; " : "", address, text);
    }
}

static void note_sent(const struct sending *s, struct outbox_news *news, struct buf *refusals)
{
    news->code = OUTBOX_SENT;
    add_refusals(refusals, news->done);
    news->message = refusals->len ? buf_text(refusals) : NULL;
    if (news->message)
        log_warn("alert %s: not delivered to everybody: %s", s->name, news->message);
}

static void note_failure(const struct sending *s, const json_t *result, struct outbox_news *news)
{
    const char *reason = json_text(result, "reason");
    int64_t wait_ms = json_int(result, "wait_ms", 0);
    news->message = json_text(result, "message");
    bool is_refused = reason && strcmp(reason, "data") == 0 && json_object_size(news->done) > 0;
    wait_ms = wait_ms < WAIT_TOLD_MOST_S * 1000LL ? wait_ms : WAIT_TOLD_MOST_S * 1000LL;
    news->next = wait_ms ? day_now() + wait_ms * 1000 : 0;
    news->code = is_refused                         ? OUTBOX_REFUSED
                 : s->made + s->give_up < day_now() ? OUTBOX_LOST
                                                    : NULL;
    if (news->code)
        log_event(LOG_ERROR, &(struct log_fields){.kind = LOG_ALERT_LOST},
                  "alert %s: a message cannot be delivered (%s): %s; omnihub alerts shows it",
                  s->name, news->code, news->message ? news->message : "");
}

static void on_event(void *ctx, const json_t *event)
{
    struct sending *s = ctx;
    struct err err = {0};
    const char *name = json_text(event, "event"), *outcome = json_text(event, "outcome");
    auto_buf refusals = BUF_INIT(NEWS_MAX);
    struct outbox_news news = {.done = json_object_get(event, "done")};
    if (strcmp(name, "result") != 0 || !outcome)
        return;
    if (strcmp(outcome, "ok") == 0)
        note_sent(s, &news, &refusals);
    else
        note_failure(s, event, &news);
    is_fine(outbox_note(s->alerts->store, s->id, &news, &err), &err);
}

static void on_end(void *ctx)
{
    struct sending *s = ctx;
    json_object_del(s->alerts->sending, s->name);
    alerts_wake(s->alerts);
    free(s->name);
    free(s);
}

/* ---- sending ---- */

static void be_due(struct alerts *a, int64_t at)
{
    a->due = at < a->due ? at : a->due;
}

static void start(struct alerts *a, struct work *w, struct supervise *jobs,
                  const struct config_alert *k, const json_t *row)
{
    struct err err = {0};
    int64_t id = json_int(row, "id", 0), attempts = json_int(row, "attempts", 0);
    int64_t first = w->cli->config->hub.retry_after_s * TIME_SECOND;
    int64_t again =
        day_now() + agenda_wait(first, WAIT_MOST_S * TIME_SECOND, (uint32_t)attempts + 1);
    if (!is_fine(outbox_begin(a->store, id, again, &err), &err)) {
        be_due(a, again);
        return;
    }
    struct sending *s = xcalloc(1, sizeof *s);
    *s = (struct sending){a, xstrdup(k->name), id, json_int(row, "made", 0),
                          k->give_up_s * TIME_SECOND};
    json_t *spec = alerts_spec(w, k, message_of(row)), *labels = json_object();
    json_object_set(spec, "done", json_object_get(row, "done"));
    json_put_text(labels, "alert", k->name);
    json_object_set_new(a->sending, k->name, json_true());
    work_add(w, jobs, spec, labels, on_event, on_end, s);
}

static void run_one(struct alerts *a, struct work *w, struct supervise *jobs,
                    const struct config_alert *k, bool at_once)
{
    struct err err = {0};
    const struct outbox_alert alert = {k->name, k->events, at_once ? 0 : k->group_s * TIME_SECOND,
                                       k->remind_s * TIME_SECOND};
    int64_t now = day_now(), due;
    int64_t later = now + TIME_SECOND * w->cli->config->hub.retry_after_s;
    if (!is_fine(outbox_make(a->store, &alert, now, &due, &err), &err)) {
        err = (struct err){0};
        due = later;
    }
    be_due(a, due);
    if (json_object_get(a->sending, k->name))
        return; /* its end wakes us */
    auto_json *row = outbox_next(a->store, k->name, &err);
    if (!row) {
        if (!is_fine(err.status, &err))
            be_due(a, later);
        return;
    }
    int64_t next = json_int(row, "next", 0);
    /* Where the clock was set back meanwhile, nothing waits longer than it would anew. */
    if (next > now + WAIT_TOLD_MOST_S * TIME_SECOND)
        next = now;
    if (next <= now)
        start(a, w, jobs, k, row);
    else
        be_due(a, next);
}

static void forget_others(struct alerts *a, const struct config *c)
{
    struct err err = {0};
    auto_json *names = json_array();
    for (size_t i = 0; i < c->n_alerts; i++)
        json_array_append_new(names, json_string(c->alerts[i].name));
    a->is_reread = !is_fine(outbox_keep(a->store, names, &err), &err);
}

void alerts_run(struct alerts *a, struct work *w, struct supervise *jobs, bool at_once)
{
    const struct config *c = w->cli->config;
    if (day_now() < alerts_due(a))
        return;
    a->is_awake = false;
    a->due = INT64_MAX;
    if (a->is_reread)
        forget_others(a, c);
    for (size_t i = 0; i < c->n_alerts; i++)
        if (!c->alerts[i].is_disabled)
            run_one(a, w, jobs, &c->alerts[i], at_once);
}

/* ---- looking ---- */

void alerts_check(struct work *w, struct config_findings *findings)
{
    const struct config *c = w->cli->config;
    for (size_t i = 0; i < c->n_alerts; i++) {
        const struct config_alert *k = &c->alerts[i];
        if (!k->name || k->is_disabled)
            continue;
        auto_free char *what = xasprintf("alert \"%s\"", k->name);
        auto_free char *key = xasprintf("alert %s", k->name);
        json_object_set_new(w->envs, key,
                            config_references(c, k->place, what, k->options, findings));
    }
}
