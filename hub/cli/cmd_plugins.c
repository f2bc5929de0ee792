/* SPDX-License-Identifier: Apache-2.0
 * omnihub plugins */
#include <config.h>

#include "cli/cli.h"

#include "base/json.h"
#include "base/mem.h"
#include "cli/plugins.h"
#include "cli/reading.h"

static int run(struct cli *);

static const struct cli_option options[] = {{"json", NULL, "as JSON"}, {0}};

const struct command cmd_plugins = {
    .name = "plugins",
    .arguments = "",
    .usage = "the plugins that are there, and why one is refused",
    .help = "Each is asked in its own process: one that crashes is shown with its end.",
    .options = options,
    .run = run};

static const char *const columns[] = {"plugin", "kind",        "title",      "version",
                                      "vendor", "api_version", "api_sunset", "refused"};

static json_t *row(const struct plugin_info *info, const char *kind, const char *title)
{
    json_t *out = json_object();
    json_put_text(out, "plugin", info->name);
    json_put_text(out, "path", info->path);
    json_put_text(out, "kind", kind);
    json_put_text(out, "title", title);
    if (info->module) {
        json_put_text(out, "version", info->module->version);
        json_put_text(out, "vendor", info->module->vendor);
        json_put_text(out, "license", info->module->license);
    }
    json_put_text(out, "refused", info->why);
    return out;
}

static void add_rows(json_t *out, const struct plugin_info *info)
{
    const struct omni_module *m = info->module;
    if (!m) {
        json_array_append_new(out, row(info, NULL, NULL));
        return;
    }
    for (const struct omni_source *const *s = m->sources; s && *s; s++) {
        json_t *one = row(info, "source", (*s)->title ? (*s)->title : (*s)->name);
        json_put_text(one, "name", (*s)->name);
        json_put_text(one, "family", (*s)->family);
        json_put_text(one, "api_version", (*s)->api_version);
        json_put_text(one, "api_sunset", (*s)->api_sunset);
        json_array_append_new(out, one);
    }
    for (const struct omni_sink *const *s = m->sinks; s && *s; s++) {
        json_t *one = row(info, "sink", (*s)->title ? (*s)->title : (*s)->name);
        json_put_text(one, "name", (*s)->name);
        json_array_append_new(out, one);
    }
}

static int run(struct cli *cli)
{
    struct err err = {0};
    if (cli_load_or_defaults(cli) != CLI_OK)
        return CLI_USAGE;
    struct plugins *plugins = plugins_new(cli);
    plugins_want_all(plugins);
    int code = plugins_ask(plugins) ? CLI_OK : CLI_INTERRUPTED;
    json_t *rows = json_array();
    for (size_t i = 0; i < plugins_count(plugins); i++)
        add_rows(rows, plugins_at(plugins, i));
    if (code == CLI_OK && json_array_size(rows) == 0)
        for (const char *const *dir = plugins_folders(plugins); *dir; dir++)
            cli_note(cli, "omnihub: no plugins in %s", *dir);
    if (code == CLI_OK)
        code = reading_show(cli, json_incref(rows), &err, columns, ARRAY_LEN(columns));
    json_decref(rows);
    plugins_free(plugins);
    return code;
}
