/* SPDX-License-Identifier: Apache-2.0
 * omnihub record */
#include <config.h>

#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/pull.h"

static int run(struct cli *);

static const struct cli_option options[] = {
    {"output", "FILE", "the cassette; default: NAME.cassette here"},
    {"stream", "NAMES", "only these streams, separated by commas"},
    {"from", "DAY", "from this day; a few days are enough"},
    {"to", "DAY", "to this day, included; default: today"},
    {"cursor", "TEXT", "begin here, as the plugin keeps it (`omnihub state show`)"},
    {"plugin", "FILE", "of this plugin, without configuring or installing it"},
    {"option", "NAME=VALUE", "an option of that plugin; may be given again", .letter = 'o'},
    {0}};

const struct command cmd_record = {
    .name = "record",
    .arguments = "NAME | --plugin FILE [-o N=V …] [--from D --to D | --cursor T] [--output FILE]",
    .usage = "keep what a platform answers, without secrets, for tests",
    .help =
        "Asks the platform as a pull would, stores nothing, and writes requests and replies to a\n"
        "cassette for omnihub test-plugin and pull --replay. Logins are left out and secrets\n"
        "scrubbed; where one is still in it, the cassette is not written.",
    .options = options,
    .max_names = 1,
    .run = run};

struct recorded {
    const char *path;
    json_t *streams; /* {name: true} */
    unsigned long long rows, requests;
};

static void on_event(void *ctx, const json_t *event)
{
    struct recorded *r = ctx;
    const char *stream = json_text(event, "stream");
    r->requests += strcmp(json_text(event, "event"), "request") == 0;
    if (strcmp(json_text(event, "event"), "row") != 0 || !stream)
        return;
    r->rows++;
    json_put_flag(r->streams, stream, true);
}

static int record(struct cli *cli, const char *path)
{
    struct trial trial = {0};
    struct recorded r = {.path = path, .streams = json_object()};
    const struct pull_wish wish = {
        .record = path, .is_dry = true, .explain = true, .on_dry = on_event, .dry_ctx = &r};
    int code = pull_begin_trial(&trial, cli);
    if (code == CLI_OK)
        code = pull_run(cli, &wish);
    size_t n = json_object_size(r.streams);
    if (code == CLI_OK && r.requests == 0) {
        cli_error("record: no request was sent, so there is no cassette%s",
                  r.rows ? ": a source that reads files is tested with the files themselves" : "");
        code = CLI_FAILED;
    }
    if (code == CLI_OK)
        printf("%llu rows of %zu stream%s, recorded in %s; read it before you give it away\n",
               r.rows, n, n == 1 ? "" : "s", path);
    json_decref(r.streams);
    trial_close(&trial);
    return code;
}

static int run(struct cli *cli)
{
    const char *output = cli_value(cli, "output");
    bool is_trial = cli_flag(cli, "plugin");
    if (is_trial == (cli->n_names == 1)) {
        cli_error("record: name one connector, or a plugin with --plugin");
        return CLI_USAGE;
    }
    if (cli_flag(cli, "option") && !is_trial) {
        cli_error(
            "record: -o belongs to --plugin; options of a connector are in the configuration");
        return CLI_USAGE;
    }
    auto_free char *path = output     ? xstrdup(output)
                           : is_trial ? xstrdup("plugin.cassette")
                                      : xasprintf("%s.cassette", cli->names[0]);
    return record(cli, path);
}
