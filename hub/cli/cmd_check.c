/* SPDX-License-Identifier: Apache-2.0
 * omnihub check */
#include <config.h>

#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/file_system.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/zone.h"
#include "cli/alerts.h"
#include "cli/gone.h"
#include "cli/reading.h"
#include "cli/shapes.h"
#include "cli/work.h"
#include "facts/timetable.h"

static int run(struct cli *);

static const struct cli_option options[] = {
    {"connect", NULL, "log in to each platform with one cheap call"},
    {"json", NULL, "findings as JSON"},
    {0}};

const struct command cmd_check = {
    .name = "check",
    .arguments = "[--connect] [NAME…]",
    .usage = "validate the configuration, report every error at once",
    .help =
        "Checks syntax, keys, plugins and their options, references to secrets, datasets and\n"
        "their SQL; then what each plugin makes of its options, without a request. Names narrow\n"
        "it to these connectors and sinks.",
    .options = options,
    .max_names = -1,
    .run = run};

/* ---- names ---- */

static int check_names(const struct cli *cli)
{
    const struct config *c = cli->config;
    size_t n = 0;
    auto_free const char **names = xcalloc(c->n_connectors + c->n_sinks + 1, sizeof *names);
    int code = CLI_OK;
    for (size_t i = 0; i < c->n_connectors; i++)
        if (c->connectors[i].name)
            names[n++] = c->connectors[i].name;
    for (size_t i = 0; i < c->n_sinks; i++)
        if (c->sinks[i].name)
            names[n++] = c->sinks[i].name;
    for (int i = 0; i < cli->n_names; i++) {
        const char *name = cli->names[i];
        if (config_connector(c, name) || config_sink(c, name))
            continue;
        const char *near = text_suggest(name, names, n);
        cli_error("no connector or sink is called \"%s\"%s%s%s", name,
                  near ? " (did you mean \"" : "", near ? near : "", near ? "\"?)" : "");
        code = CLI_USAGE;
    }
    return code;
}

static bool wants(const struct cli *cli, const char *name, bool is_disabled)
{
    /* Nameless ones have their finding already. */
    return name && work_wants(cli, name, is_disabled);
}

/* ---- plugins ---- */

static bool check_plugins(struct work *w)
{
    const struct cli *cli = w->cli;
    const struct config *c = cli->config;
    for (size_t i = 0; i < c->n_connectors; i++)
        if (wants(cli, c->connectors[i].name, c->connectors[i].is_disabled))
            plugins_want(w->plugins, c->connectors[i].plugin);
    for (size_t i = 0; i < c->n_sinks; i++)
        if (wants(cli, c->sinks[i].name, c->sinks[i].is_disabled))
            plugins_want(w->plugins, c->sinks[i].plugin);
    if (!plugins_ask(w->plugins))
        return false;
    for (size_t i = 0; i < c->n_connectors; i++)
        if (wants(cli, c->connectors[i].name, c->connectors[i].is_disabled)) {
            auto_free char *key = xasprintf("connector %s", c->connectors[i].name);
            json_object_set_new(
                w->envs, key,
                plugins_check_connector(w->plugins, &c->connectors[i], cli->findings));
        }
    for (size_t i = 0; i < c->n_sinks; i++)
        if (wants(cli, c->sinks[i].name, c->sinks[i].is_disabled)) {
            auto_free char *key = xasprintf("sink %s", c->sinks[i].name);
            json_object_set_new(w->envs, key,
                                plugins_check_sink(w->plugins, &c->sinks[i], cli->findings));
        }
    return true;
}

static void bind_finding(const struct work *w, const struct config_connector *k,
                         const json_t *result)
{
    const char *option = json_text(json_object_get(result, "detail"), "option");
    config_findings_add(w->cli->findings, true,
                        option ? config_option_place(w->cli->config, k->options, option, k->place)
                               : k->place,
                        "connector \"%s\": %s", k->name, json_text(result, "message"));
}

/* What a plugin made of its options is a finding where they were written, of each connector that
 * wrote the same; whatever else went wrong is left to those who connect. */
static void bind_findings(const struct work *w, const json_t *result)
{
    const char *reason = json_text(result, "reason");
    size_t i;
    json_t *name;
    if (!reason || strcmp(reason, err_status_name(OMNI_E_CONFIG)) != 0)
        return;
    json_array_foreach(json_object_get(result, WORK_ALIKE), i, name)
    {
        const char *text = json_string_value(name);
        bind_finding(w, config_connector(w->cli->config, text), result);
    }
}

/* Options that only the plugin can judge, and streams that are made of them. */
static void check_bindings(struct work *w)
{
    const json_t *result;
    size_t i;
    work_bind(w);
    json_array_foreach(w->results, i, result) bind_findings(w, result);
    json_array_clear(w->results);
}

/* ---- datasets ---- */

static void check_sink_datasets(const struct cli *cli, const struct shapes *s,
                                const struct config_sink *k)
{
    for (const char *const *d = k->datasets; d && *d; d++) {
        if (shapes_find(s, *d))
            continue;
        const char *near = shapes_suggest(s, *d);
        config_findings_add(cli->findings, true, k->place,
                            "sink \"%s\": there is no dataset \"%s\"%s%s%s", k->name, *d,
                            near ? " (did you mean \"" : "", near ? near : "", near ? "\"?)" : "");
    }
}

static void check_datasets(const struct cli *cli)
{
    struct shapes s;
    struct err err = {0};
    const struct config *c = cli->config;
    if (shapes_open(&s, c, cli->findings, &err) == OMNI_OK) {
        for (size_t i = 0; i < c->n_sinks; i++)
            if (wants(cli, c->sinks[i].name, c->sinks[i].is_disabled))
                check_sink_datasets(cli, &s, &c->sinks[i]);
    } else {
        /* The text names file and line itself. */
        config_findings_add(cli->findings, true, (struct config_place){0}, "%s", err.text);
    }
    shapes_close(&s);
}

/* Datasets without name, key or SQL have their finding, and nothing to prepare. */
static bool has_whole_datasets(const struct config *c)
{
    for (size_t i = 0; i < c->n_datasets; i++)
        if (!c->datasets[i].name || !c->datasets[i].sql || !c->datasets[i].key)
            return false;
    return true;
}

/* ---- the verdict ---- */

static void print_ok(const struct cli *cli)
{
    enum { ALWAYS = 3 }; /* parts that are named even where there are none */
    const struct config *c = cli->config;
    const struct {
        size_t n;
        const char *what;
    } parts[] = {{c->n_connectors, "connector"},
                 {c->n_sinks, "sink"},
                 {c->n_datasets, "dataset"},
                 {c->n_alerts, "alert"}};
    printf("%s: ok (", cli->config_path);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (parts[i].n > 0 || i < ALWAYS)
            printf("%s%zu %s%s", i ? ", " : "", parts[i].n, parts[i].what,
                   parts[i].n == 1 ? "" : "s");
    puts(")");
}

enum { NEXT_RUNS = 5 };

static bool is_scheduled(const struct cli *cli, const struct config_connector *k)
{
    return k->schedule && k->name && wants(cli, k->name, k->is_disabled);
}

/* [{connector, schedule, timezone, next: [times]}]: what a person can compare with what was meant.
 */
static json_t *schedules(const struct cli *cli)
{
    const struct config *c = cli->config;
    json_t *out = json_array();
    for (size_t i = 0; i < c->n_connectors; i++) {
        const struct config_connector *k = &c->connectors[i];
        int64_t at[NEXT_RUNS];
        char text[TIME_TEXT];
        if (!is_scheduled(cli, k))
            continue;
        json_t *one = json_object(), *next = json_array();
        json_put_text(one, "connector", k->name);
        json_put_text(one, "schedule", k->schedule);
        json_put_text(one, "timezone", k->timezone ? k->timezone : c->hub.timezone);
        size_t n = timetable_next(c, k, at, NEXT_RUNS);
        for (size_t t = 0; t < n; t++)
            json_array_append_new(next, json_string(day_print_time(at[t], text)));
        json_object_set_new(one, "next", next);
        json_array_append_new(out, one);
    }
    return out;
}

/* As the clock on that wall shows it: 2026-01-31T05:30:00+01:00. */
static void print_local(const struct zone *zone, int64_t at)
{
    char text[TIME_TEXT];
    int32_t offset = zone ? zone_offset(zone, at) : 0, minutes = abs(offset) / 60;
    day_print_time(at + offset * TIME_SECOND, text);
    printf("%.*s", (int)strlen(text) - 1, text); /* without its Z */
    if (offset)
        printf("%c%02d:%02d", offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
    else
        putchar('Z');
}

static void print_schedules(const struct cli *cli)
{
    const struct config *c = cli->config;
    for (size_t i = 0; i < c->n_connectors; i++) {
        const struct config_connector *k = &c->connectors[i];
        const char *name = k->timezone ? k->timezone : c->hub.timezone;
        struct err err = {0};
        int64_t at[NEXT_RUNS];
        if (!is_scheduled(cli, k))
            continue;
        struct zone *zone = name ? zone_open(name, &err) : NULL;
        size_t n = timetable_next(c, k, at, NEXT_RUNS);
        printf("%s: %s (%s):", k->name, k->schedule, name ? name : "UTC");
        for (size_t t = 0; t < n; t++) {
            fputs(t ? ", " : " ", stdout);
            print_local(zone, at[t]);
        }
        putchar('\n');
        zone_free(zone);
    }
}

static void say_findings(struct work *w)
{
    if (cli_flag(w->cli, "json")) {
        auto_json *out = json_object();
        json_object_set_new(out, "findings", config_findings_json(w->cli->findings));
        json_object_set_new(out, "schedules", w->cli->config ? schedules(w->cli) : json_array());
        json_object_set(out, "results", w->results);
        cli_print_json(out);
        return;
    }
    config_findings_print(w->cli->findings);
    if (config_findings_errors(w->cli->findings) == 0 && !w->cli->is_quiet)
        print_ok(w->cli);
    if (config_findings_errors(w->cli->findings) == 0 && !w->cli->is_quiet)
        print_schedules(w->cli);
}

static int worst(struct work *w)
{
    json_t *r;
    size_t i;
    json_array_foreach(w->results, i, r)
    {
        const char *outcome = json_text(r, "outcome");
        if (!outcome || strcmp(outcome, "ok") != 0)
            return CLI_FAILED;
    }
    return CLI_OK;
}

static void check_file_system(const struct cli *cli)
{
    const struct config_hub *hub = &cli->config->hub;
    const struct file_system *fs =
        hub->accepts_file_system ? NULL : file_system_doubted(hub->state_dir);
    if (fs)
        config_findings_add(cli->findings, false, (struct config_place){0},
                            "state_dir %s is on %s: %s (accept_file_system = true says that it is "
                            "meant so)",
                            hub->state_dir, fs->name, fs->doubt);
}

static void add_renamed(void *ctx, const struct config_connector *k, const char *text)
{
    const struct cli *cli = ctx;
    if (wants(cli, k->name, k->is_disabled))
        config_findings_add(cli->findings, false, k->place, "%s", text);
}

/* Names against those of the store, where there is one that can be read. */
static void check_renamed(const struct work *w)
{
    struct err err = {0};
    const struct config_hub *hub = &w->cli->config->hub;
    if (!reading_has_store(w->cli->config))
        return;
    struct schema *schema = schema_load(hub->schema_dir, &err);
    struct store *store = schema ? store_open(hub->state_dir, schema, STORE_READ, &err) : NULL;
    if (store)
        (void)gone_find_renamed(w->plugins, store, add_renamed, (void *)w->cli, &err);
    store_close(store);
    schema_free(schema);
}

static int check(struct work *w)
{
    if (check_names(w->cli) != CLI_OK)
        return CLI_USAGE;
    if (!check_plugins(w))
        return CLI_INTERRUPTED;
    alerts_check(w, w->cli->findings);
    check_file_system(w->cli);
    if (has_whole_datasets(w->cli->config))
        check_datasets(w->cli);
    if (config_findings_errors(w->cli->findings) == 0)
        check_renamed(w);
    if (config_findings_errors(w->cli->findings) == 0)
        check_bindings(w);
    if (w->is_interrupted)
        return CLI_INTERRUPTED;
    bool is_good = config_findings_errors(w->cli->findings) == 0;
    if (is_good && cli_flag(w->cli, "connect"))
        work_check(w);
    say_findings(w);
    if (!is_good)
        return CLI_USAGE;
    if (!cli_flag(w->cli, "connect"))
        return CLI_OK;
    return cli_flag(w->cli, "json") ? worst(w) : work_report(w);
}

static int run(struct cli *cli)
{
    struct work w;
    work_init(&w, cli);
    cli->findings = config_findings_new();
    cli->config = config_read_all(cli->config_path, cli->findings);
    int code = CLI_USAGE;
    if (cli->config) {
        w.plugins = plugins_new(cli);
        code = check(&w);
    } else {
        say_findings(&w);
    }
    work_free(&w);
    return code;
}
