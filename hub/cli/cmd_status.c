/* SPDX-License-Identifier: Apache-2.0
 * omnihub status */
#include <config.h>

#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/output.h"
#include "cli/plugins.h"
#include "cli/reading.h"
#include "cli/secret_facts.h"
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
                                      "last_day",  "last_ok_at", "rows",   "schedule"};

/* ---- facts ---- */

static json_t *connector_facts(const struct config_connector *c, const struct plugins *plugins)
{
    const struct omni_source *source = plugins_source(plugins_find(plugins, c->plugin));
    json_t *out = json_object();
    json_put_text(out, "connector", c->name);
    json_put_text(out, "plugin", c->plugin);
    json_put_flag(out, "enabled", !c->is_disabled);
    json_put_text(out, "schedule", c->schedule);
    if (source) {
        json_put_text(out, "api_version", source->api_version);
        json_put_text(out, "api_sunset", source->api_sunset);
    }
    json_object_set_new(out, "feeds", json_array());
    return out;
}

static json_t *facts(const struct cli *cli, const struct plugins *plugins, const json_t *feeds)
{
    json_t *out = json_array();
    auto_json *by_connector = ledger_by_connector(feeds);
    for (size_t i = 0; i < cli->config->n_connectors; i++) {
        const struct config_connector *c = &cli->config->connectors[i];
        json_t *one = connector_facts(c, plugins), *own = json_object_get(by_connector, c->name);
        if (own)
            json_object_set(one, "feeds", own);
        json_array_append_new(out, one);
    }
    return out;
}

/* ---- for people ---- */

static void table_row(struct output *o, const json_t *connector, json_t *feed)
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
                                output_text(json_text(connector, "schedule"))});
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

static void print_sunset(const json_t *connector)
{
    const char *sunset = json_text(connector, "api_sunset"),
               *version = json_text(connector, "api_version");
    if (sunset)
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
        print_sunset(connector);
    }
}

/* ---- secrets ---- */

static bool is_used_by(const json_t *secret, const char *connector)
{
    auto_free char *user = xasprintf("connector %s", connector);
    json_t *one;
    size_t i;
    json_array_foreach(json_object_get(secret, "used_by"), i, one)
    {
        if (strcmp(json_string_value(one), user) == 0)
            return true;
    }
    return false;
}

/* Each connector gets those that it uses. */
static void add_secrets(json_t *connectors, const json_t *secrets)
{
    json_t *connector, *secret;
    size_t i, k;
    json_array_foreach(connectors, i, connector)
    {
        json_t *own = json_array();
        json_array_foreach(secrets, k, secret)
        {
            if (is_used_by(secret, json_text(connector, "connector")))
                json_array_append(own, secret);
        }
        json_object_set_new(connector, "secrets", own);
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

/* ---- the command ---- */

static int show(const struct cli *cli, const struct reading *r)
{
    struct err err = {0};
    auto_json *feeds = r->store ? ledger_feeds(r->store, NULL, &err) : json_array();
    struct plugins *plugins = plugins_new(cli);
    int code = CLI_OK;
    for (size_t i = 0; i < cli->config->n_connectors; i++)
        plugins_want(plugins, cli->config->connectors[i].plugin);
    if (!feeds) {
        cli_error("%s", err.text);
        code = CLI_CANNOT;
    } else if (!plugins_ask(plugins)) {
        code = CLI_INTERRUPTED;
    } else {
        auto_json *all = facts(cli, plugins, feeds);
        auto_json *secrets = secret_facts(cli->config, &err);
        if (!secrets)
            cli_error("%s", err.text);
        add_secrets(all, secrets);
        if (cli_flag(cli, "json")) {
            cli_print_json(all);
        } else {
            print_status(all);
            print_secrets(secrets);
        }
    }
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
