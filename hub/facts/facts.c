/* SPDX-License-Identifier: Apache-2.0
 * Gathers what the store, the service, the vault and the quotas know into one object per connector.
 */
#include <config.h>

#include "facts/facts.h"

#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "facts/sunset.h"
#include "facts/timetable.h"
#include "run/control.h"
#include "store/apis.h"
#include "store/events.h"
#include "store/ledger.h"

/* Looking is quick, or not worth the wait. */
enum { LOOK_MS = 2000 };

/* What is known beside the configuration, by connector. */
struct known {
    const struct facts_given *given;
    struct timetable times; /* when the next runs are, as far as the ledger tells */
    json_t *feeds, *notices, *states;
    json_t *apis; /* by plugin, as the hub last asked it */
};

/* ---- who else is asked ---- */

json_t *facts_service(const struct config *c)
{
    struct err err = {0};
    auto_json *order = json_pack("{s:s}", "do", "state");
    return control_ask(c->hub.state_dir, order, LOOK_MS, &err);
}

json_t *facts_api(const struct omni_source *source)
{
    if (!source)
        return NULL;
    json_t *out = json_object();
    json_put_text(out, "api_version", source->api_version);
    json_put_text(out, "api_sunset", source->api_sunset);
    return out;
}

/* ---- one connector ---- */

/* A notice is about a connector or what is under it, "connector.stream", "connector/account"; names
 * may hold dots. */
static json_t *notices_by_connector(const json_t *all)
{
    json_t *out = json_object(), *one;
    size_t i;
    json_array_foreach(all, i, one)
    {
        const char *scope = json_text(one, "scope");
        for (const char *dot = scope; (dot = strpbrk(dot, "./")); dot++) {
            auto_free char *name = xstrndup(scope, (size_t)(dot - scope));
            json_list_add(out, name, one);
        }
        json_list_add(out, scope, one);
    }
    return out;
}

/* The service knows of retries and of what runs now; without it the ledger has to do. */
static void put_next(json_t *out, const struct known *k, const char *connector)
{
    const json_t *told = json_array_get(json_object_get(k->states, connector), 0);
    const struct agenda *agenda = k->times.agenda;
    size_t number = timetable_find(&k->times, connector);
    char time[TIME_TEXT];
    if (told) {
        json_put_text(out, "state", json_text(told, "state"));
        json_put_text(out, "next_at", json_text(told, "next_at"));
    } else if (number != SIZE_MAX && agenda_is_suspended(agenda, number)) {
        json_put_text(out, "state", "suspended");
    } else if (number != SIZE_MAX) {
        int64_t due = agenda_due_of(agenda, number);
        json_put_text(out, "next_at", due == INT64_MAX ? NULL : day_print_time(due, time));
    }
}

static void put_api(json_t *out, const struct known *k, const struct config_connector *c)
{
    char text[SUNSET_TEXT];
    const json_t *told = json_object_get(k->given->apis, c->plugin);
    const json_t *api = told ? told : json_object_get(k->apis, c->plugin);
    const char *version = json_text(api, "api_version"), *sunset = json_text(api, "api_sunset");
    json_put_text(out, "api_version", version);
    json_put_text(out, "api_sunset", sunset);
    if (sunset_text(version, sunset, c->options, text))
        json_put_text(out, "sunset_warning", text);
}

static json_t *connector_facts(const struct config_connector *c, const struct known *k)
{
    json_t *out = json_object();
    json_put_text(out, "connector", c->name);
    json_put_text(out, "plugin", c->plugin);
    json_put_flag(out, "enabled", !c->is_disabled);
    json_put_text(out, "schedule", c->schedule);
    json_put_text(out, "isolation", c->isolation);
    put_next(out, k, c->name);
    put_api(out, k, c);
    json_object_set_new(out, "events", json_list_of(k->notices, c->name));
    json_object_set_new(out, "feeds", json_list_of(k->feeds, c->name));
    return out;
}

/* ---- one sink ---- */

static omni_status put_deliveries(json_t *out, const struct config_sink *c, struct store *store,
                                  struct err *err)
{
    json_t *list = json_array();
    json_object_set_new(out, "datasets", list);
    for (const char *const *d = c->datasets; d && *d; d++) {
        json_t *one =
            store ? ledger_delivery(store, c->name, *d, err) : json_pack("{s:s}", "dataset", *d);
        if (!one)
            return err->status;
        json_array_append_new(list, one);
    }
    return OMNI_OK;
}

static omni_status put_sinks(struct facts *f, const struct known *k, struct err *err)
{
    const struct config *c = k->given->config;
    f->sinks = json_array();
    for (size_t i = 0; i < c->n_sinks; i++) {
        auto_free char *scope = xasprintf("sink %s", c->sinks[i].name);
        json_t *out = json_object();
        json_array_append_new(f->sinks, out);
        json_put_text(out, "sink", c->sinks[i].name);
        json_put_text(out, "plugin", c->sinks[i].plugin);
        json_put_flag(out, "enabled", !c->sinks[i].is_disabled);
        json_object_set_new(out, "events", json_list_of(k->notices, scope));
        if (put_deliveries(out, &c->sinks[i], k->given->store, err) != OMNI_OK)
            return err->status;
    }
    return OMNI_OK;
}

/* ---- all of them ---- */

static void put_connectors(struct facts *f, const struct known *k)
{
    const struct config *c = k->given->config;
    f->connectors = json_array();
    for (size_t i = 0; i < c->n_connectors; i++)
        json_array_append_new(f->connectors, connector_facts(&c->connectors[i], k));
    standing_add(&f->standing, f->connectors, f->sinks);
    f->n_scheduled = agenda_count(k->times.agenda);
}

/* What the store tells; nothing where there is none yet. */
static omni_status ask_store(struct facts *f, struct known *k, struct err *err)
{
    const struct config *config = k->given->config;
    struct store *store = k->given->store;
    auto_json *feeds = store ? ledger_feeds(store, NULL, err) : json_array();
    if (!feeds)
        return err->status;
    k->feeds = ledger_by_connector(feeds);
    k->apis = store ? apis_list(store, err) : json_object();
    if (!k->apis)
        return err->status;
    f->notices = store ? events_list(store, true, 0, err) : json_array();
    if (!f->notices || alert_add_told(f->notices, config, store, err) != OMNI_OK)
        return err->status;
    k->notices = notices_by_connector(f->notices);
    f->alerts = alert_facts(config, store, err);
    return f->alerts ? OMNI_OK : err->status;
}

static omni_status look(struct facts *f, struct known *k, struct err *doubt, struct err *err)
{
    const struct facts_given *given = k->given;
    omni_status status = ask_store(f, k, err);
    if (status != OMNI_OK)
        return status;
    standing_find(&f->standing, given->config, doubt);
    status = timetable_make(&k->times, given->config, given->store, k->feeds, err);
    if (status == OMNI_OK)
        status = put_sinks(f, k, err);
    if (status == OMNI_OK)
        put_connectors(f, k);
    return status;
}

omni_status facts_look(struct facts *f, const struct facts_given *given, struct err *doubt,
                       struct err *err)
{
    struct known k = {.given = given,
                      .states = ledger_by_connector(json_object_get(given->service, "connectors"))};
    *f = (struct facts){.service = json_incref(given->service)};
    omni_status status = look(f, &k, doubt, err);
    timetable_free(&k.times);
    json_decref(k.feeds);
    json_decref(k.apis);
    json_decref(k.notices);
    json_decref(k.states);
    return status;
}

bool facts_is_idle_part(const json_t *feed)
{
    return !json_object_get(feed, "last_run") && json_int(feed, "rows", 0) == 0;
}

bool facts_is_of_no_connector(const json_t *notice)
{
    const char *scope = json_text(notice, "scope");
    return text_starts(scope, "sink ") || strcmp(scope, "combine") == 0;
}

bool facts_is_passing_fault(const json_t *sink, const json_t *delivery)
{
    const json_t *run = json_object_get(delivery, "last_run"), *event;
    const char *outcome = json_text(run, "outcome");
    size_t i;
    if (!json_flag(sink, "enabled") || !outcome ||
        text_in_list(outcome, strlen(outcome), "ok|running", "|"))
        return false;
    auto_free char *whole = xasprintf("sink %s", json_text(sink, "sink"));
    auto_free char *one = xasprintf("%s.%s", whole, json_text(delivery, "dataset"));
    json_array_foreach(json_object_get(sink, "events"), i, event)
    {
        const char *scope = json_text(event, "scope");
        if (strcmp(json_text(event, "kind"), EVENT_FAILING) == 0 &&
            (strcmp(scope, whole) == 0 || strcmp(scope, one) == 0))
            return false;
    }
    return true;
}

/* What the service says of itself; of its connectors each says it. */
static json_t *service_of(const struct facts *f)
{
    json_t *out = json_object();
    json_put_flag(out, "running", f->service != NULL);
    if (!f->service)
        return out;
    json_put_int(out, "pid", json_int(f->service, "pid", 0));
    json_put_text(out, "version", json_text(f->service, "version"));
    json_put_flag(out, "clock_held", json_flag(f->service, "clock_held"));
    json_put_int(out, "log_lost", json_int(f->service, "log_lost", 0));
    json_t *sandbox = json_object_get(f->service, "sandbox"); /* older services do not say */
    if (sandbox)
        json_object_set(out, "sandbox", sandbox);
    return out;
}

json_t *facts_all(const struct facts *f)
{
    const struct {
        const char *name;
        json_t *list;
    } lists[] = {{"connectors", f->connectors},  {"sinks", f->sinks},
                 {"events", f->notices},         {"secrets", f->standing.secrets},
                 {"parked", f->standing.parked}, {"pauses", f->standing.pauses},
                 {"quota", f->standing.left},    {"alerts", f->alerts}};
    json_t *out = json_object();
    json_object_set_new(out, "service", service_of(f));
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        json_object_set_new(out, lists[i].name,
                            lists[i].list ? json_incref(lists[i].list) : json_null());
    return out;
}

void facts_free(struct facts *f)
{
    json_decref(f->sinks);
    json_decref(f->connectors);
    json_decref(f->notices);
    json_decref(f->service);
    json_decref(f->alerts);
    standing_free(&f->standing);
    *f = (struct facts){0};
}
