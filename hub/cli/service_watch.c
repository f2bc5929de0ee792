/* SPDX-License-Identifier: Apache-2.0
 * What the service watches beside its jobs: the calendar of API versions and secrets, how fresh
 * connectors are, and who is to be told. */
#include <config.h>

#include "cli/service_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "facts/secret_facts.h"
#include "facts/sunset.h"
#include "store/events.h"

#define TIME_HOUR (3600 * TIME_SECOND)

static void say_fault(omni_status status, const struct err *err)
{
    if (status != OMNI_OK)
        log_error("the service's own notes cannot be written: %s", err->text);
}

/* An end that comes closer, as one event whose text and stage change. */
static void tell_end(struct service *s, const char *kind, const char *scope, const char *text,
                     int stage)
{
    struct err err = {0};
    bool is_new = false;
    omni_status status = event_is_new(s->store, kind, scope, text, &is_new, &err);
    if (status == OMNI_OK && is_new) {
        bool is_connector = strcmp(kind, EVENT_SUNSET) == 0;
        log_warn("%s%s: %s", is_connector ? "connector " : "", scope, text);
        status = event_raise_stage(s->store, kind, scope, text, stage, &err);
    }
    say_fault(status, &err);
}

static void end_is_off(struct service *s, const char *kind, const char *scope)
{
    struct err err = {0};
    say_fault(event_clear(s->store, kind, scope, NULL, &err), &err);
}

/* ---- API versions ---- */

static void look_at_sunset(struct service *s, const struct config_connector *k)
{
    char text[SUNSET_TEXT];
    const struct omni_source *source =
        plugins_source(plugins_find(s->now->work.plugins, k->plugin));
    int stage = source && !k->is_disabled
                    ? sunset_stage(source->api_version, source->api_sunset, k->options, text)
                    : 0;
    if (stage)
        tell_end(s, EVENT_SUNSET, k->name, text, stage);
    else
        end_is_off(s, EVENT_SUNSET, k->name);
}

/* ---- secrets ---- */

static void look_at_secret(struct service *s, const json_t *secret)
{
    char text[SECRET_TEXT];
    auto_free char *scope = xasprintf("secret %s", json_text(secret, "name"));
    int stage = secret_stage(secret, text);
    if (stage)
        tell_end(s, EVENT_SECRET, scope, text, stage);
    else
        end_is_off(s, EVENT_SECRET, scope);
}

/* Those that were taken out of the vault end nothing any more. */
static void forget_secrets(struct service *s, const json_t *facts)
{
    struct err err = {0};
    auto_json *open = events_list(s->store, true, 0, &err), *names = json_object();
    size_t i;
    const json_t *one;
    json_array_foreach(facts, i, one)
    {
        auto_free char *scope = xasprintf("secret %s", json_text(one, "name"));
        json_put_flag(names, scope, true);
    }
    json_array_foreach(open, i, one)
    {
        if (strcmp(json_text(one, "kind"), EVENT_SECRET) == 0 &&
            !json_object_get(names, json_text(one, "scope")))
            end_is_off(s, EVENT_SECRET, json_text(one, "scope"));
    }
}

static void look_at_secrets(struct service *s)
{
    struct err err = {0};
    auto_json *facts = secret_facts(s->now->cli.config, &err);
    size_t i;
    const json_t *secret;
    if (!facts) {
        log_error("%s", err.text);
        return;
    }
    json_array_foreach(facts, i, secret) look_at_secret(s, secret);
    forget_secrets(s, facts);
}

/* ---- all of it ---- */

void service_look_at_calendar(struct service *s)
{
    int64_t hour = day_now() / TIME_HOUR;
    if (hour == s->calendar_hour)
        return;
    s->calendar_hour = hour;
    for (size_t i = 0; i < s->now->cli.config->n_connectors; i++)
        look_at_sunset(s, &s->now->cli.config->connectors[i]);
    look_at_secrets(s);
    alerts_wake(s->alerts);
}

void service_tell(struct service *s)
{
    if (freshness_look(s->freshness, s->now->cli.config))
        alerts_wake(s->alerts);
    alerts_run(s->alerts, &s->now->work, s->jobs, false);
}
