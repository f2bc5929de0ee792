/* SPDX-License-Identifier: Apache-2.0
 * The calendar: API versions and secrets that come to their end, and events about what the
 * configuration does not have any more. */
#include <config.h>

#include "cli/calendar.h"

#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "facts/secret_facts.h"
#include "facts/sunset.h"
#include "store/events.h"

static void say_fault(omni_status status, const struct err *err)
{
    if (status != OMNI_OK)
        log_error("what comes to its end cannot be noted: %s", err->text);
}

/* An end that comes closer, as one event whose text and stage change. */
static void tell_end(struct work *w, const struct event *e)
{
    struct err err = {0};
    bool is_new = false;
    omni_status status = event_is_new(w->store, e, &is_new, &err);
    if (status == OMNI_OK && is_new) {
        bool is_connector = strcmp(e->kind, EVENT_SUNSET) == 0;
        log_warn("%s%s: %s", is_connector ? "connector " : "", e->scope, e->text);
        status = event_raise(w->store, e, &err);
    }
    say_fault(status, &err);
}

static void end_is_off(struct work *w, const char *kind, const char *scope)
{
    struct err err = {0};
    say_fault(event_clear(w->store, kind, scope, NULL, &err), &err);
}

/* ---- API versions ---- */

static void look_at_sunset(struct work *w, const struct config_connector *k)
{
    char text[SUNSET_TEXT];
    const struct omni_source *source = plugins_source(plugins_find(w->plugins, k->plugin));
    int stage = source && !k->is_disabled
                    ? sunset_stage(source->api_version, source->api_sunset, k->options, text)
                    : 0;
    if (stage)
        tell_end(w, &(struct event){EVENT_SUNSET, k->name, text, stage});
    else
        end_is_off(w, EVENT_SUNSET, k->name);
}

/* ---- secrets ---- */

static void look_at_secret(struct work *w, const json_t *secret)
{
    char text[SECRET_TEXT];
    auto_free char *scope = xasprintf("secret %s", json_text(secret, "name"));
    int stage = secret_stage(secret, text);
    if (stage)
        tell_end(w, &(struct event){EVENT_SECRET, scope, text, stage});
    else
        end_is_off(w, EVENT_SECRET, scope);
}

/* Those that were taken out of the vault end nothing any more. */
static void forget_secrets(struct work *w, const json_t *facts)
{
    struct err err = {0};
    auto_json *open = events_list(w->store, true, 0, &err), *names = json_object();
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
            end_is_off(w, EVENT_SECRET, json_text(one, "scope"));
    }
}

static void look_at_secrets(struct work *w)
{
    struct err err = {0};
    auto_json *facts = secret_facts(w->cli->config, &err);
    size_t i;
    const json_t *secret;
    if (!facts) {
        log_error("%s", err.text);
        return;
    }
    json_array_foreach(facts, i, secret) look_at_secret(w, secret);
    forget_secrets(w, facts);
}

/* ---- what is gone ---- */

static bool has_text(const char *const *list, const char *text, size_t n)
{
    for (; list && *list; list++)
        if (strlen(*list) == n && memcmp(*list, text, n) == 0)
            return true;
    return false;
}

/* Of "stream/account" behind the connector's name; account only, or nothing, is fine, too. */
static bool is_configured(const struct config_connector *k, const char *rest)
{
    size_t stream = *rest == '.' ? strcspn(rest + 1, "/") : 0;
    const char *account = strchr(rest, '/');
    if (k->is_disabled)
        return false;
    if (stream && k->streams && !has_text(k->streams, rest + 1, stream))
        return false;
    return !account || !k->accounts || has_text(k->accounts, "all", 3) ||
           has_text(k->accounts, account + 1, strlen(account + 1));
}

/* Names may hold dots, so the scope may be cut at each of them. */
static bool is_of_connector(const struct config *c, const char *scope)
{
    for (size_t i = 0; i < c->n_connectors; i++) {
        const char *name = c->connectors[i].name;
        size_t n = strlen(name);
        if (strncmp(scope, name, n) == 0 && (!scope[n] || strchr("./", scope[n])) &&
            is_configured(&c->connectors[i], scope + n))
            return true;
    }
    return false;
}

static bool is_of_sink(const struct config *c, const char *scope)
{
    for (size_t i = 0; i < c->n_sinks; i++) {
        const struct config_sink *k = &c->sinks[i];
        size_t n = strlen(k->name);
        if (!k->is_disabled && strncmp(scope, k->name, n) == 0 &&
            (!scope[n] ||
             (scope[n] == '.' && has_text(k->datasets, scope + n + 1, strlen(scope + n + 1)))))
            return true;
    }
    return false;
}

/* Nothing would ever end these. A suspension is kept, also of what is off for a while. */
static void forget_gone(struct work *w)
{
    struct err err = {0};
    const struct config *c = w->cli->config;
    auto_json *open = events_list(w->store, true, 0, &err);
    size_t i;
    const json_t *one;
    json_array_foreach(open, i, one)
    {
        const char *kind = json_text(one, "kind"), *scope = json_text(one, "scope");
        bool is_kept = strcmp(kind, EVENT_SECRET) == 0 || strcmp(kind, EVENT_SUSPENDED) == 0 ||
                       strcmp(scope, "combine") == 0 || strcmp(kind, EVENT_CLOCK) == 0;
        bool is_sink = text_starts(scope, "sink ");
        if (!is_kept && !(is_sink ? is_of_sink(c, scope + 5) : is_of_connector(c, scope)))
            end_is_off(w, kind, scope);
    }
}

void calendar_look(struct work *w)
{
    for (size_t i = 0; i < w->cli->config->n_connectors; i++)
        look_at_sunset(w, &w->cli->config->connectors[i]);
    look_at_secrets(w);
    forget_gone(w);
}
