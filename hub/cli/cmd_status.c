/* SPDX-License-Identifier: Apache-2.0
 * omnihub status */
#include <config.h>

#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/gone.h"
#include "cli/output.h"
#include "cli/plugins.h"
#include "cli/reading.h"
#include "facts/facts.h"
#include "store/events.h"

static int run(struct cli *);

static const struct cli_option options[] = {
    {"json", NULL, "connectors as JSON"},
    {"all", NULL, "with --json: one object of all there is to tell, not of connectors only"},
    {0}};

const struct command cmd_status = {.name = "status",
                                   .arguments = "",
                                   .usage =
                                       "connectors: how fresh, how the last run ended, what to do",
                                   .options = options,
                                   .run = run};

static const char *const columns[] = {"connector", "account",    "stream", "outcome",
                                      "last_day",  "last_ok_at", "rows",   "next_run"};

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

/* How a run ended; the line that it is for has begun. */
static void print_end(const json_t *run)
{
    const char *outcome = json_text(run, "outcome"), *message = json_text(run, "message"),
               *remedy = json_text(run, "remedy");
    printf(": %s%s%s%s%s\n", output_colour(stdout, outcome), outcome, output_plain(stdout),
           message ? ": " : "", message ? message : "");
    if (remedy && *remedy)
        printf("  → %s\n", remedy);
}

static void print_trouble(const json_t *connector, const json_t *feed)
{
    const json_t *last = json_object_get(feed, "last_run");
    const char *outcome = json_text(last, "outcome"), *account = json_text(feed, "account");
    if (!outcome || strcmp(outcome, "ok") == 0)
        return;
    printf("\n%s.%s%s%s", json_text(connector, "connector"), json_text(feed, "stream"),
           account && *account ? " account " : "", account ? account : "");
    print_end(last);
}

static void print_event(const json_t *event)
{
    printf("\n%s: %s%s%s since %.10s: %s\n", json_text(event, "scope"),
           output_colour(stdout, "failed"), json_text(event, "kind"), output_plain(stdout),
           json_text(event, "since_at"), json_text(event, "text"));
}

static void print_events(const json_t *connector)
{
    size_t i;
    const json_t *event;
    json_array_foreach(json_object_get(connector, "events"), i, event)
    {
        if (strcmp(json_text(event, "kind"), EVENT_FAILING) != 0) /* its run is shown above */
            print_event(event);
    }
}

static void print_else(const json_t *notices)
{
    size_t i;
    const json_t *event;
    json_array_foreach(notices, i, event)
    {
        if (facts_is_of_no_connector(event))
            print_event(event);
    }
}

static void print_sinks(const json_t *sinks)
{
    size_t i, k;
    const json_t *sink, *delivery;
    json_array_foreach(sinks, i, sink)
        json_array_foreach(json_object_get(sink, "datasets"), k, delivery)
    {
        if (!facts_is_passing_fault(sink, delivery))
            continue;
        printf("\nsink %s.%s", json_text(sink, "sink"), json_text(delivery, "dataset"));
        print_end(json_object_get(delivery, "last_run"));
    }
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
        size_t shown = 0;
        json_array_foreach(json_object_get(connector, "feeds"), k, feed)
        {
            if (facts_is_idle_part(feed))
                continue;
            table_row(o, connector, feed);
            shown++;
        }
        if (shown == 0)
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

static void print_secrets(const json_t *secrets)
{
    json_t *secret, *user;
    size_t i, k;
    json_array_foreach(secrets, i, secret)
    {
        const char *message = json_text(secret, "message"), *state = json_text(secret, "state");
        if (!message)
            continue;
        printf("\nsecret %s", json_text(secret, "name"));
        json_array_foreach(json_object_get(secret, "used_by"), k, user)
            printf("%s%s", k ? ", " : " (", json_string_value(user));
        printf("%s: %s%s%s: %s\n  → %s\n", k ? ")" : "", output_colour(stdout, state), state,
               output_plain(stdout), message, json_text(secret, "remedy"));
    }
}

static void print_parked(const json_t *run)
{
    const char *account = json_text(run, "account");
    bool has_account = account && *account;
    printf("\n%s%s%s: %sparked%s until %s: its quota is used up, it goes on by itself\n",
           json_text(run, "connector"), has_account ? " account " : "", has_account ? account : "",
           output_colour(stdout, "parked"), output_plain(stdout), json_text(run, "until"));
}

/* Only what gets scarce is worth a line. */
static void print_left(const json_t *one)
{
    int64_t left = json_int(one, "left", 0), limit = json_int(one, "limit", 0);
    const char *until = json_text(one, "resets_at");
    if (left >= limit / 2)
        return;
    printf("\nquota %s: %lld of %lld left (%s)%s%s\n", json_text(one, "bucket"), (long long)left,
           (long long)limit, json_text(one, "what"), until ? ", full again at " : "",
           until ? until : "");
}

/* What needs people, and what only waits. */
static void print_standing(const struct standing *s)
{
    const json_t *one;
    size_t i;
    json_array_foreach(s->parked, i, one) print_parked(one);
    json_array_foreach(s->pauses, i, one)
        printf("\nquota %s: used up until %s: %s\n", json_text(one, "bucket"),
               json_text(one, "until"), json_text(one, "why"));
    json_array_foreach(s->left, i, one) print_left(one);
    print_secrets(s->secrets);
}

static void print_alerts(const json_t *alerts)
{
    size_t i;
    const json_t *one;
    json_array_foreach(alerts, i, one)
    {
        const char *message = json_text(one, "message"), *state = json_text(one, "state");
        if (!alert_is_undelivered(one))
            continue;
        printf("\nalert %s: %s%s%s: its last message did not get through: %s\n  → %s\n",
               json_text(one, "alert"), output_colour(stdout, "failed"), state,
               output_plain(stdout), message ? message : "no answer yet", json_text(one, "remedy"));
    }
}

/* Given up on purpose, or renamed by mistake: their rows count as before. */
static void print_gone(const struct cli *cli, const struct reading *r)
{
    struct err err = {0};
    auto_json *gone = r->store ? gone_connectors(cli->config, r->store, &err) : NULL;
    size_t i;
    const json_t *one;
    json_array_foreach(gone, i, one)
        printf("\n%s: not in the configuration any more; what it pulled is kept and counts (rows: "
               "%lld)\n",
               json_text(one, "connector"), (long long)json_int(one, "rows", 0));
}

static void print_service(const struct facts *f)
{
    int64_t lost = json_int(f->service, "log_lost", 0);
    if (lost > 0)
        printf("\nthe service's log: %lld lines were lost, as nobody took them\n", (long long)lost);
    if (f->n_scheduled > 0 && !f->service)
        printf("\nno service runs on this state: `omnihub run` or `omnihub sync` is what pulls\n");
    else if (json_flag(f->service, "clock_held"))
        printf("\nthe clock jumped too far ahead: nothing is started until it is set back, or "
               "`omnihub resume` says that it is right\n");
}

/* ---- the command ---- */

/* A running service knows its plugins; the others are asked. False: interrupted. */
static bool ask_plugins(struct cli *cli, json_t *apis)
{
    const struct config *c = cli->config;
    struct plugins *plugins = plugins_new(cli);
    for (size_t i = 0; i < c->n_connectors; i++)
        if (c->connectors[i].plugin && !json_object_get(apis, c->connectors[i].plugin))
            plugins_want(plugins, c->connectors[i].plugin);
    bool is_whole = plugins_ask(plugins);
    auto_json *found = plugins_apis(plugins);
    json_object_update(apis, found);
    plugins_free(plugins);
    return is_whole;
}

static int look(struct cli *cli, const struct reading *r, struct facts *f)
{
    struct err err = {0}, doubt = {0};
    auto_json *service = facts_service(cli->config);
    json_t *told = json_object_get(service, "apis");
    auto_json *apis = told ? json_incref(told) : json_object();
    if (!ask_plugins(cli, apis))
        return CLI_INTERRUPTED;
    const struct facts_given given = {cli->config, r->store, service, apis};
    omni_status status = facts_look(f, &given, &doubt, &err);
    if (doubt.status != OMNI_OK)
        cli_error("%s", doubt.text);
    if (status == OMNI_OK)
        return CLI_OK;
    cli_error("%s", err.text);
    return status == OMNI_E_CONFIG ? CLI_USAGE : CLI_CANNOT;
}

static int show(struct cli *cli, const struct reading *r)
{
    struct facts f = {0};
    int code = look(cli, r, &f);
    if (code == CLI_OK && cli_flag(cli, "all")) {
        auto_json *all = facts_all(&f);
        cli_print_json(all);
    } else if (code == CLI_OK && cli_flag(cli, "json")) {
        cli_print_json(f.connectors);
    } else if (code == CLI_OK) {
        print_status(f.connectors);
        print_else(f.notices);
        print_sinks(f.sinks);
        print_standing(&f.standing);
        print_alerts(f.alerts);
        print_gone(cli, r);
        print_service(&f);
    }
    facts_free(&f);
    return code;
}

static int run(struct cli *cli)
{
    struct reading r = {0};
    if (cli_flag(cli, "all") && !cli_flag(cli, "json")) {
        cli_error("--all is for --json: without it everything is told anyway");
        return CLI_USAGE;
    }
    int code = reading_open(&r, cli);
    if (code == CLI_OK)
        code = show(cli, &r);
    reading_close(&r);
    return code;
}
