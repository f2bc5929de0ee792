/* SPDX-License-Identifier: Apache-2.0
 * omnihub restated */
#include <config.h>

#include "cli/cli.h"

#include "base/mem.h"
#include "cli/reading.h"
#include "store/ledger.h"
#include "store/settling.h"

static int run(struct cli *);

static const struct cli_option options[] = {
    {"by-age", NULL, "how much days of each age changed in the last 60 days"},
    {"last", "N", "at most so many, newest first; 0: all; default 100"},
    {"json", NULL, "as JSON"},
    {0}};

const struct command cmd_restated = {
    .name = "restated",
    .arguments = "[NAME] [--last N | --by-age]",
    .usage = "what platforms changed afterwards: date, metric, old, new",
    .help = "NAME is a connector.",
    .options = options,
    .max_names = 1,
    .run = run};

static const char *const columns[] = {"at",   "connector", "account", "stream",
                                      "date", "metric",    "old",     "new"};

static const char *const by_age[] = {"connector", "account", "stream",          "age",
                                     "days",      "changes", "largest_permille"};

static int run(struct cli *cli)
{
    struct reading r = {0};
    struct err err = {0};
    long long last;
    if (!cli_number(cli, "last", 0, 1000000000, 100, &last))
        return CLI_USAGE;
    int code = reading_open(&r, cli);
    if (code == CLI_OK)
        code = cli_check_connectors(cli);
    if (code == CLI_OK && cli_flag(cli, "by-age"))
        code =
            reading_show(cli,
                         r.store ? settling_list(r.store, cli->n_names ? cli->names[0] : NULL, &err)
                                 : json_array(),
                         &err, by_age, ARRAY_LEN(by_age));
    else if (code == CLI_OK)
        code = reading_show(cli,
                            r.store ? ledger_restated(r.store, cli->n_names ? cli->names[0] : NULL,
                                                      (uint32_t)last, &err)
                                    : json_array(),
                            &err, columns, ARRAY_LEN(columns));
    reading_close(&r);
    return code;
}
