/* SPDX-License-Identifier: Apache-2.0
 * omnihub describe */
#include <config.h>

#include "cli/cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/place.h"
#include "cli/output.h"
#include "cli/plugins.h"
#include "cli/snippet.h"
#include "cli/trial.h"
#include "dirs.h"
#include "schema/schema.h"

static int run(struct cli *);

static const struct cli_option options[] = {
    {"conf", NULL, "a piece of configuration, ready to be filled in"},
    {"json", NULL, "the plugin's description as JSON"},
    {0}};

const struct command cmd_describe = {
    .name = "describe",
    .arguments = "PLUGIN [--conf | --json]",
    .usage = "a plugin's options, logins, streams and columns",
    .help = "PLUGIN is a name as in the configuration, or the path of a file.",
    .options = options,
    .min_names = 1,
    .max_names = 1,
    .run = run};

static void print_options(const struct omni_option *const *list)
{
    static const char *const columns[] = {"option", "type", "required", "default", "meaning"};
    struct output *o;
    if (!list || !*list)
        return;
    puts("\nOptions");
    o = output_new(OUTPUT_TABLE, stdout);
    output_columns(o, columns, ARRAY_LEN(columns));
    for (; *list; list++) {
        const struct omni_option *k = *list;
        auto_free char *type =
            xasprintf("%s%s", snippet_type_name(k->type), k->flags & OMNI_SECRET ? ", secret" : "");
        auto_free char *help =
            k->choices ? xasprintf("%s (%s)", k->help ? k->help : "", k->choices) : NULL;
        output_row(o, (struct omni_cell[]){output_text(k->name), output_text(type),
                                           output_text(k->flags & OMNI_REQUIRED ? "yes" : "no"),
                                           output_text(k->fallback),
                                           output_text(help ? help : k->help)});
    }
    output_finish(o);
}

static void print_logins(const struct omni_auth *const *logins)
{
    if (!logins || !*logins)
        return;
    puts("\nLogin (the first whose options are all given)");
    for (; *logins; logins++)
        printf("  %s%s%s\n", snippet_login_name((*logins)->kind), (*logins)->options ? ": " : "",
               (*logins)->options ? (*logins)->options : "");
}

/* What the plugin says of the field, else what the dataset says of its column. */
static const char *meaning_of(const struct schema *schema, const char *dataset,
                              const struct omni_field *field)
{
    const struct schema_dataset *d = schema && field->column ? schema_find(schema, dataset) : NULL;
    int i = d ? schema_column(d, field->column) : -1;
    if (field->help)
        return field->help;
    return i >= 0 && d->columns[i].help && d->columns[i].help[0] ? d->columns[i].help : NULL;
}

static void print_fields(const struct schema *schema, const struct omni_stream *stream)
{
    /* Paths may be long: they come last, where nothing has to be lined up behind them. */
    static const char *const columns[] = {"  column", "type", "key", "meaning", "field"};
    const struct omni_field *const *fields = stream->fields;
    struct output *o;
    if (!fields || !*fields)
        return;
    o = output_new(OUTPUT_TABLE, stdout);
    output_columns(o, columns, ARRAY_LEN(columns));
    for (; *fields; fields++) {
        auto_free char *column =
            xasprintf("  %s", (*fields)->column ? (*fields)->column : "(extra)");
        output_row(o, (struct omni_cell[]){
                          output_text(column), output_text(schema_type_name((*fields)->type)),
                          output_text((*fields)->flags & OMNI_KEY ? "key" : NULL),
                          output_text(meaning_of(schema, stream->dataset, *fields)),
                          output_text((*fields)->path)});
    }
    output_finish(o);
}

/* How it is pulled: "(by date range, days of account, settles for 28 days)". */
static void print_manner(const struct omni_stream *s)
{
    static const char *const sync[] = {"by date range", "changes since", "whole list", "parts"};
    printf(" (%s", s->sync < ARRAY_LEN(sync) ? sync[s->sync] : "?");
    if (s->sync == OMNI_WINDOW && s->day_zone)
        printf(", days of %s%s", strcmp(s->day_zone, "account") == 0 ? "the " : "", s->day_zone);
    if (s->settle_days)
        printf(", settles for %u days", (unsigned)s->settle_days);
    if (s->history_days)
        printf(", kept for %u days", (unsigned)s->history_days);
    printf(")\n");
}

static void print_stream(const struct schema *schema, const struct omni_stream *s, bool is_part)
{
    printf("\n%s %s%s%s → %s", is_part ? "Part" : "Stream", output_bold(stdout), s->name,
           output_plain(stdout), s->dataset);
    if (is_part)
        printf(", from %s in the stream's records\n", s->inside ? s->inside : "$");
    else
        print_manner(s);
    if (s->help)
        printf("  %s\n", s->help);
    if (s->constants)
        printf("  always: %s\n", s->constants);
    print_fields(schema, s);
}

static void print_streams(const struct schema *schema, const struct omni_stream *const *streams)
{
    if (!streams || !*streams) {
        puts("\nStreams depend on the account or the options.");
        return;
    }
    for (; *streams; streams++) {
        print_stream(schema, *streams, false);
        for (const struct omni_stream *const *p = (*streams)->parts; p && *p; p++)
            print_stream(schema, *p, true);
    }
}

static void print_people(const struct schema *schema, const struct omni_module *m)
{
    for (const struct omni_source *const *s = m->sources; s && *s; s++) {
        printf("%s%s%s: %s, version %s\n", output_bold(stdout), (*s)->name, output_plain(stdout),
               (*s)->title ? (*s)->title : "source", m->version ? m->version : "?");
        if ((*s)->help)
            puts((*s)->help);
        if ((*s)->api_version)
            printf("API version %s%s%s\n", (*s)->api_version,
                   (*s)->api_sunset ? ", switched off on " : "",
                   (*s)->api_sunset ? (*s)->api_sunset : "");
        print_options((*s)->options);
        print_logins((*s)->logins);
        print_streams(schema, (*s)->streams);
    }
    for (const struct omni_sink *const *s = m->sinks; s && *s; s++) {
        printf("%s%s%s: %s, version %s\n", output_bold(stdout), (*s)->name, output_plain(stdout),
               (*s)->title ? (*s)->title : "sink", m->version ? m->version : "?");
        if ((*s)->help)
            puts((*s)->help);
        print_options((*s)->options);
    }
}

/* What there is to know beside tables: access on the platform, quotas, quirks, examples. */
static void print_page(const struct omni_module *m)
{
    auto_free char *folder = place_of(HUB_PAGEDIR);
    auto_free char *path = xasprintf("%s/%s.md", folder, m->name);
    if (access(path, R_OK) == 0)
        printf("\nMore: %s\n", path);
}

static int show(const struct cli *cli, const struct plugin_info *info)
{
    if (!info || !info->module) {
        cli_error("plugin \"%s\": %s", cli->names[0], info ? info->why : "not found");
        return info && info->path ? CLI_FAILED : CLI_USAGE;
    }
    if (cli_flag(cli, "json")) {
        cli_print_json(info->json);
    } else if (cli_flag(cli, "conf")) {
        snippet_print(info, stdout);
    } else {
        /* Without a schema the plugin's own words have to do. */
        struct err err = {0};
        struct schema *schema = schema_load(cli->config->hub.schema_dir, &err);
        print_people(schema, info->module);
        print_page(info->module);
        schema_free(schema);
    }
    return CLI_OK;
}

static int run(struct cli *cli)
{
    if (cli_flag(cli, "conf") && cli_flag(cli, "json")) {
        cli_error("describe: --conf and --json exclude each other");
        return CLI_USAGE;
    }
    if (cli_load_or_defaults(cli) != CLI_OK)
        return CLI_USAGE;
    struct plugins *plugins = plugins_new(cli);
    auto_free char *path = strchr(cli->names[0], '/') ? trial_absolute(cli->names[0]) : NULL;
    plugins_want(plugins, path ? path : cli->names[0]);
    int code = plugins_ask(plugins) ? show(cli, plugins_at(plugins, 0)) : CLI_INTERRUPTED;
    plugins_free(plugins);
    return code;
}
