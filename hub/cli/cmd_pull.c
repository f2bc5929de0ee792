/* SPDX-License-Identifier: Apache-2.0
 * omnihub pull */
#include <config.h>

#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/zone.h"
#include "cli/audited.h"
#include "cli/explain.h"
#include "cli/pull.h"
#include "cli/work.h"

static int run(struct cli *);

static const struct cli_option options[] = {
    {"stream", "NAMES", "only these streams, separated by commas"},
    {"from", "DAY", "pull exactly from this day (YYYY-MM-DD, today, yesterday, -7d)"},
    {"to", "DAY", "to this day, included; default: today"},
    {"accept-empty", NULL, "days that come back without rows lose the rows that are stored"},
    {"cursor", "TEXT", "with --dry-run: begin here, as the plugin keeps it (`omnihub state show`)"},
    {"dry-run", NULL, "store nothing, print the rows as JSON lines"},
    {"plugin", "FILE", "with --dry-run: try this plugin, without configuring or installing it"},
    {"option", "NAME=VALUE", "an option of that plugin; may be given again", .letter = 'o'},
    TRIAL_DEBUG,
    {"explain", NULL,
     "with --dry-run: each request, the rows that came of it, and where each column was found"},
    {"record", "FILE",
     "write requests and replies to a cassette, secrets scrubbed (one connector)"},
    {"replay", "FILE", "answer requests from a cassette, without network (one connector)"},
    {"json", NULL, "the summary as JSON"},
    {0}};

const struct command cmd_pull = {
    .name = "pull",
    .arguments =
        "[NAME…] [--stream S] [--from D --to D] [--dry-run [--plugin F -o N=V …] [--explain]]\n"
        "                    [--record F | --replay F]",
    .usage = "pull connectors into the store, then combine",
    .help = "Without names every enabled connector is pulled: what is new since the last run, and\n"
            "the days that the platform may still restate.",
    .options = options,
    .max_names = -1,
    .run = run};

/* ---- days ---- */

static int32_t today(const struct config *c)
{
    struct err err = {0};
    struct zone *zone = zone_open(c->hub.timezone, &err);
    int32_t day = zone ? zone_day(zone, day_now()) : (int32_t)(day_now() / TIME_DAY);
    zone_free(zone);
    return day;
}

static bool read_day(const struct cli *cli, const char *option, int32_t base, int32_t *out)
{
    const char *text = cli_value(cli, option);
    if (!text || day_parse_arg(text, base, out))
        return true;
    cli_error("pull: --%s \"%s\" is not a day (YYYY-MM-DD, today, yesterday, -7d)", option, text);
    return false;
}

static int read_days(struct work *w, char from[DAY_TEXT], char to[DAY_TEXT])
{
    int32_t base = today(w->cli->config), first = base, last = base;
    if (!cli_flag(w->cli, "from") && !cli_flag(w->cli, "to"))
        return CLI_OK;
    if (w->cursor) {
        cli_error("%s: --cursor takes the place of --from and --to", w->cli->command->name);
        return CLI_USAGE;
    }
    if (!cli_flag(w->cli, "from")) {
        cli_error("pull: --to needs --from");
        return CLI_USAGE;
    }
    if (!read_day(w->cli, "from", base, &first) || !read_day(w->cli, "to", base, &last))
        return CLI_USAGE;
    if (first > last) {
        cli_error("pull: --from %s lies after --to %s", day_print(first, from),
                  day_print(last, to));
        return CLI_USAGE;
    }
    w->from = day_print(first, from);
    w->to = day_print(last, to);
    return CLI_OK;
}

/* ---- cassettes ---- */

static size_t count_wanted(const struct cli *cli, const struct config_connector **one)
{
    size_t n = 0;
    for (size_t i = 0; i < cli->config->n_connectors; i++)
        if (work_wants(cli, cli->config->connectors[i].name,
                       cli->config->connectors[i].is_disabled)) {
            *one = &cli->config->connectors[i];
            n++;
        }
    return n;
}

/* One cassette holds what one job asked. */
static int check_cassette(const struct work *w)
{
    const struct cli *cli = w->cli;
    const struct config_connector *one = NULL;
    if (!w->record && !w->replay)
        return CLI_OK;
    if (w->record && w->replay)
        cli_error("pull: --record and --replay exclude each other");
    else if (count_wanted(cli, &one) != 1)
        cli_error("pull: a cassette belongs to one connector: name it");
    else if (one->accounts && one->accounts[0] &&
             (one->accounts[1] || strcmp(one->accounts[0], "all") == 0))
        cli_error("pull: a cassette belongs to one account: narrow accounts of connector \"%s\"",
                  one->name);
    else
        return CLI_OK;
    return CLI_USAGE;
}

static const char **split_names(const char *text)
{
    size_t n = 0;
    if (!text)
        return NULL;
    const char **names = xcalloc(strlen(text) + 2, sizeof *names);
    for (const char *p = text; *p;) {
        size_t len = strcspn(p, ",");
        if (len)
            names[n++] = xstrndup(p, len);
        p += len + (p[len] == ',');
    }
    return names;
}

static void free_names(const char **names)
{
    for (const char **n = names; n && *n; n++)
        free((char *)*n);
    free(names);
}

/* ---- streams ---- */

enum { STREAMS_MAX = 256, NAMES_MAX = 4096 };

/* Of all plugins here, those that could be meant. */
static size_t stream_names(const struct plugins *plugins, const char *names[STREAMS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < plugins_count(plugins); i++) {
        const struct omni_source *source = plugins_source(plugins_at(plugins, i));
        for (size_t k = 0; source && source->streams && source->streams[k] && n < STREAMS_MAX; k++)
            names[n++] = source->streams[k]->name;
    }
    return n;
}

static void report_unknown(const struct work *w, const char *name)
{
    const char *names[STREAMS_MAX];
    size_t n = stream_names(w->plugins, names);
    const char *near = text_suggest(name, names, n);
    auto_buf list = BUF_INIT(NAMES_MAX);
    for (size_t i = 0; i < n && !near; i++)
        buf_printf(&list, "%s\"%s\"", i ? ", " : "", names[i]);
    cli_error("%s: no connector here has a stream \"%s\"%s%s%s", w->cli->command->name, name,
              near ? " (did you mean \"" : "; there are ", near ? near : buf_text(&list),
              near ? "\"?)" : "");
}

/* What discover() finds is not known yet. */
static bool is_stream(const struct work *w, const char *name)
{
    for (size_t i = 0; i < plugins_count(w->plugins); i++) {
        const struct plugin_info *info = plugins_at(w->plugins, i);
        const struct omni_source *source = plugins_source(info);
        if (!source || plugins_offers(info, "discover") || plugins_has_stream(source, name))
            return true;
    }
    return false;
}

/* A name that no stream has would pull nothing and look like success. */
static int check_streams(struct work *w)
{
    for (const char *const *name = w->streams; name && *name; name++)
        if (!is_stream(w, *name)) {
            report_unknown(w, *name);
            return CLI_USAGE;
        }
    return CLI_OK;
}

static int pull(struct work *w)
{
    char from[DAY_TEXT], to[DAY_TEXT];
    int code = check_cassette(w);
    if (code == CLI_OK)
        code = check_streams(w);
    if (code == CLI_OK)
        code = read_days(w, from, to);
    if (code == CLI_OK && !w->is_dry)
        code = work_lock(w);
    if (code != CLI_OK)
        return code;
    if (!w->is_dry)
        audited_run(w->cli);
    work_pull(w);
    if (!w->is_dry)
        work_combine(w);
    return work_report(w);
}

/* ---- a plugin on trial ---- */

static int check_trial(const struct cli *cli)
{
    bool is_trial = cli_flag(cli, "plugin"), is_dry = cli_flag(cli, "dry-run");
    if (cli_flag(cli, "option") && !is_trial)
        cli_error("pull: -o belongs to --plugin; options of a connector are in the configuration");
    else if (is_trial && cli->n_names > 0)
        cli_error("pull: --plugin takes the place of connectors: \"%s\" is one too many",
                  cli->names[0]);
    else if (is_trial && !is_dry)
        cli_error("pull: --plugin only tries a plugin: add --dry-run; to keep what it pulls, put a "
                  "connector with plugin = \"%s\" into the configuration",
                  cli_value(cli, "plugin"));
    else if (cli_flag(cli, "debug") && !is_trial)
        cli_error("pull: --debug belongs to --plugin; what is configured runs in its sandbox");
    else if (cli_flag(cli, "explain") && !is_dry)
        cli_error("pull: --explain tells of a --dry-run");
    else if (cli_flag(cli, "cursor") && !is_dry)
        cli_error("pull: --cursor is for a --dry-run; what is stored begins where it ended");
    else
        return CLI_OK;
    return CLI_USAGE;
}

int pull_begin_trial(struct trial *trial, struct cli *cli)
{
    const char *plugin = cli_value(cli, "plugin");
    int code = plugin ? trial_open(trial, cli, plugin) : CLI_OK;
    if (code != CLI_OK || !plugin)
        return code;
    auto_json *given = trial_options(trial, cli, "option");
    const struct trial_plan plan = {.options = given, .home = trial->here};
    cli->keeps_findings = true;
    return given ? trial_write(trial, cli, &plan) : CLI_USAGE;
}

/* ---- the command ---- */

/* Nobody knows the file that stands for a configuration. */
static void complain(const struct cli *cli)
{
    auto_json *texts = json_array();
    size_t i;
    json_t *text;
    trial_complaints(cli, texts);
    json_array_foreach(texts, i, text)
        cli_error("%s: %s", cli->command->name, json_string_value(text));
}

int pull_run(struct cli *cli, const struct pull_wish *wish)
{
    struct work w;
    int code = work_prepare(&w, cli, true, false);
    if (code != CLI_OK && cli->keeps_findings)
        complain(cli);
    auto_free char *record = trial_absolute(wish->record);
    auto_free char *replay = trial_absolute(wish->replay);
    const char **streams = split_names(cli_value(cli, "stream"));
    w.record = record;
    w.replay = replay;
    w.streams = streams;
    w.is_dry = wish->is_dry;
    w.cursor = cli_value(cli, "cursor");
    w.accept_empty = cli_flag(cli, "accept-empty");
    w.explain = wish->explain;
    w.on_dry = wish->on_dry;
    w.dry_ctx = wish->dry_ctx;
    if (code == CLI_OK)
        code = pull(&w);
    if (wish->done && w.plugins && plugins_count(w.plugins) == 1)
        wish->done(wish->dry_ctx, plugins_source(plugins_at(w.plugins, 0)));
    work_free(&w);
    free_names(streams);
    return code;
}

static void print_explained(void *ctx, const struct omni_source *source)
{
    explain_print(ctx, source);
}

static int run(struct cli *cli)
{
    struct trial trial = {0};
    struct explain *explain = cli_flag(cli, "explain") ? explain_new() : NULL;
    const struct pull_wish wish = {.record = cli_value(cli, "record"),
                                   .replay = cli_value(cli, "replay"),
                                   .is_dry = cli_flag(cli, "dry-run"),
                                   .explain = explain != NULL,
                                   .on_dry = explain ? explain_event : NULL,
                                   .dry_ctx = explain,
                                   .done = explain ? print_explained : NULL};
    int code = check_trial(cli);
    if (code == CLI_OK)
        code = pull_begin_trial(&trial, cli);
    if (code == CLI_OK)
        code = pull_run(cli, &wish);
    explain_free(explain);
    trial_close(&trial);
    return code;
}
