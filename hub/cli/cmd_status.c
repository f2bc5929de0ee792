/* SPDX-License-Identifier: Apache-2.0
 * omnihub status */
#include <config.h>

#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/orders.h"
#include "cli/output.h"
#include "cli/plan.h"
#include "cli/plugins.h"
#include "cli/reading.h"
#include "cli/standing.h"
#include "cli/sunset.h"
#include "store/events.h"
#include "store/ledger.h"

static int run(struct cli *);

static const struct cli_option options[] = {{"json", NULL, "as JSON"}, {0}};

const struct command cmd_status = {.name = "status",
                                   .arguments = "",
                                   .usage =
                                       "connectors: how fresh, how the last run ended, what to do",
                                   .options = options,
                                   .run = run};

static const char *const columns[] = {"connector", "account",    "stream", "outcome",
                                      "last_day",  "last_ok_at", "rows",   "next_run"};

/* What is known beside the configuration. */
struct known {
    const struct plugins *plugins;
    struct plan plan; /* when the next runs are, as far as the ledger tells */
    json_t *feeds;    /* ledger_by_connector() */
    json_t *events;   /* those that last */
    json_t *service;  /* what a running service says; NULL: none runs */
    json_t *states;   /* the same by connector */
    struct standing standing;
};

/* ---- facts ---- */

/* Events of a connector, or of what is under it: "connector", "connector.stream". There are few. */
static json_t *own_events(const json_t *all, const char *connector)
{
    json_t *own = json_array(), *one;
    size_t i, n = strlen(connector);
    json_array_foreach(all, i, one)
    {
        const char *scope = json_text(one, "scope");
        if (strncmp(scope, connector, n) == 0 && (!scope[n] || scope[n] == '.'))
            json_array_append(own, one);
    }
    return own;
}

/* The service knows of retries and of what runs now; without it the ledger has to do. */
static void put_next(json_t *out, const struct known *k, const char *connector)
{
    const json_t *told = json_array_get(json_object_get(k->states, connector), 0);
    size_t number = plan_find(&k->plan, connector);
    char time[TIME_TEXT];
    if (told) {
        json_put_text(out, "state", json_text(told, "state"));
        json_put_text(out, "next_at", json_text(told, "next_at"));
    } else if (number != SIZE_MAX && agenda_is_suspended(k->plan.agenda, number)) {
        json_put_text(out, "state", "suspended");
    } else if (number != SIZE_MAX) {
        int64_t due = agenda_due_of(k->plan.agenda, number);
        json_put_text(out, "next_at", due == INT64_MAX ? NULL : day_print_time(due, time));
    }
}

static json_t *connector_facts(const struct config_connector *c, const struct known *k)
{
    char text[SUNSET_TEXT];
    const struct omni_source *source = plugins_source(plugins_find(k->plugins, c->plugin));
    json_t *out = json_object();
    json_put_text(out, "connector", c->name);
    json_put_text(out, "plugin", c->plugin);
    json_put_flag(out, "enabled", !c->is_disabled);
    json_put_text(out, "schedule", c->schedule);
    put_next(out, k, c->name);
    if (source) {
        json_put_text(out, "api_version", source->api_version);
        json_put_text(out, "api_sunset", source->api_sunset);
        if (sunset_text(source, c->options, text))
            json_put_text(out, "sunset_warning", text);
    }
    json_t *feeds = json_object_get(k->feeds, c->name);
    json_object_set_new(out, "events", own_events(k->events, c->name));
    json_object_set_new(out, "feeds", feeds ? json_incref(feeds) : json_array());
    return out;
}

static json_t *facts(const struct cli *cli, const struct known *k)
{
    json_t *out = json_array();
    for (size_t i = 0; i < cli->config->n_connectors; i++)
        json_array_append_new(out, connector_facts(&cli->config->connectors[i], k));
    return out;
}

/* ---- for people ---- */

static const char *next_run(json_t *connector)
{
    reading_whole_seconds(connector, "next_at");
    const char *state = json_text(connector, "state"), *next = json_text(connector, "next_at");
    return state && (!next || strcmp(state, "running") == 0) ? state : next;
}

static void table_row(struct output *o, json_t *connector, json_t *feed)
{
    reading_whole_seconds(feed, "last_ok_at");
    const json_t *last_run = json_object_get(feed, "last_run");
    const char *account = json_text(feed, "account"), *outcome = json_text(last_run, "outcome");
    /* A part (an order's lines) has rows, but no run of its own: it comes with its stream. */
    if (!outcome && json_int(feed, "rows", 0) > 0)
        outcome = "part";
    /* A part (an order's lines) has rows, but no run of its own: it comes with its stream. */
    if (!outcome && json_int(feed, "rows", 0) > 0)
        outcome = "part";
    if (json_is_false(json_object_get(connector, "enabled")))
        outcome = "disabled";
    output_row(
        o, (struct omni_cell[]){output_text(json_text(connector, "connector")),
                                output_text(account && *account ? account : NULL),
                                output_text(json_text(feed, "stream")),
                                output_text(outcome ? outcome : "never pulled"),
                                output_text(json_text(feed, "last_day")),
                                output_text(json_text(feed, "last_ok_at")),
                                feed ? output_int(json_int(feed, "rows", 0)) : output_text(NULL),
                                output_text(next_run(connector))});
}

static void print_trouble(const json_t *connector, const json_t *feed)
{
    const json_t *last = json_object_get(feed, "last_run");
    const char *outcome = json_text(last, "outcome"), *message = json_text(last, "message"),
               *remedy = json_text(last, "remedy"), *account = json_text(feed, "account");
    if (!outcome || strcmp(outcome, "ok") == 0)
        return;
    printf("\n%s.%s%s%s: %s%s%s", json_text(connector, "connector"), json_text(feed, "stream"),
           account && *account ? " account " : "", account ? account : "",
           output_colour(stdout, outcome), outcome, output_plain(stdout));
    printf("%s%s\n", message ? ": " : "", message ? message : "");
    if (remedy && *remedy)
        printf("  → %s\n", remedy);
}

static void print_events(const json_t *connector)
{
    size_t i;
    const json_t *event;
    json_array_foreach(json_object_get(connector, "events"), i, event)
        printf("\n%s: %s%s%s since %.10s: %s\n", json_text(event, "scope"),
               output_colour(stdout, "failed"), json_text(event, "kind"), output_plain(stdout),
               json_text(event, "since_at"), json_text(event, "text"));
}

static void print_sunset(const json_t *connector)
{
    const char *sunset = json_text(connector, "api_sunset"),
               *version = json_text(connector, "api_version"),
               *warning = json_text(connector, "sunset_warning");
    if (warning)
        printf("\n%s: %s\n", json_text(connector, "connector"), warning);
    else if (sunset)
        printf("\n%s: the platform switches API version %s off on %s\n",
               json_text(connector, "connector"), version ? version : "?", sunset);
}

static void print_status(const json_t *connectors)
{
    struct output *o = output_new(OUTPUT_TABLE, stdout);
    json_t *connector, *feed;
    size_t i, k;
    output_columns(o, columns, ARRAY_LEN(columns));
    json_array_foreach(connectors, i, connector)
    {
        json_array_foreach(json_object_get(connector, "feeds"), k, feed)
            table_row(o, connector, feed);
        if (json_array_size(json_object_get(connector, "feeds")) == 0)
            table_row(o, connector, NULL);
    }
    output_finish(o);
    json_array_foreach(connectors, i, connector)
    {
        json_array_foreach(json_object_get(connector, "feeds"), k, feed)
            print_trouble(connector, feed);
        print_events(connector);
        print_sunset(connector);
    }
}

static void print_service(const struct known *k)
{
    if (agenda_count(k->plan.agenda) > 0 && !k->service)
        printf("\nno service runs on this state: `omnihub run` or `omnihub sync` is what pulls\n");
    else if (json_flag(k->service, "clock_held"))
        printf("\nthe clock jumped too far ahead: nothing is started until it is set back, or "
               "`omnihub resume` says that it is right\n");
}

/* ---- the command ---- */

static int look(struct cli *cli, const struct reading *r, struct known *k, struct plugins *plugins)
{
    struct err err = {0};
    for (size_t i = 0; i < cli->config->n_connectors; i++)
        plugins_want(plugins, cli->config->connectors[i].plugin);
    auto_json *feeds = r->store ? ledger_feeds(r->store, NULL, &err) : json_array();
    k->feeds = ledger_by_connector(feeds);
    k->events = r->store ? events_list(r->store, true, 0, &err) : json_array();
    k->service = orders_state(cli->config);
    k->states = ledger_by_connector(json_object_get(k->service, "connectors"));
    if (!feeds || !k->events) {
        cli_error("%s", err.text);
        return CLI_CANNOT;
    }
    standing_find(&k->standing, cli->config);
    int code = plan_make(&k->plan, cli->config, r->store);
    return code == CLI_OK && !plugins_ask(plugins) ? CLI_INTERRUPTED : code;
}

static int show(struct cli *cli, const struct reading *r)
{
    struct plugins *plugins = plugins_new(cli);
    struct known k = {.plugins = plugins};
    int code = look(cli, r, &k, plugins);
    if (code == CLI_OK) {
        auto_json *all = facts(cli, &k);
        standing_add(&k.standing, all);
        if (cli_flag(cli, "json")) {
            cli_print_json(all);
        } else {
            print_status(all);
            standing_print(&k.standing);
            print_service(&k);
        }
    }
    plan_free(&k.plan);
    json_decref(k.feeds);
    json_decref(k.events);
    json_decref(k.service);
    json_decref(k.states);
    standing_free(&k.standing);
    plugins_free(plugins);
    return code;
}

static int run(struct cli *cli)
{
    struct reading r = {0};
    int code = reading_open(&r, cli);
    if (code == CLI_OK)
        code = show(cli, &r);
    reading_close(&r);
    return code;
}
