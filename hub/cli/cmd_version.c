/* SPDX-License-Identifier: Apache-2.0
 * omnihub version */
#include <config.h>

#include "cli/cli.h"

#include <stdio.h>

#include <sqlite3.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/place.h"
#include "dirs.h"

static int run(struct cli *);

static const struct cli_option options[] = {{"json", NULL, "as JSON"}, {0}};

const struct command cmd_version = {.name = "version",
                                    .arguments = "",
                                    .usage = "version of the program and of the plugin contract",
                                    .options = options,
                                    .run = run};

static int run(struct cli *cli)
{
    if (!cli_flag(cli, "json")) {
        printf("omnihub %s (plugin contract %d.%d, SQLite %s)\n", PACKAGE_VERSION, OMNI_ABI_MAJOR,
               OMNI_ABI_MINOR, sqlite3_libversion());
        return CLI_OK;
    }
    auto_json *out = json_object();
    auto_free char *plugin_dir = place_of(HUB_PLUGINDIR), *schema_dir = place_of(HUB_SCHEMADIR);
    json_put_text(out, "version", PACKAGE_VERSION);
    json_put_int(out, "abi_major", OMNI_ABI_MAJOR);
    json_put_int(out, "abi_minor", OMNI_ABI_MINOR);
    json_put_text(out, "sqlite", sqlite3_libversion());
    json_put_text(out, "plugin_dir", plugin_dir);
    json_put_text(out, "schema_dir", schema_dir);
    cli_print_json(out);
    return CLI_OK;
}
