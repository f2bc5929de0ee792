/* SPDX-License-Identifier: Apache-2.0
 * omnihub runs */
#include <config.h>

#include "cli/cli.h"

#include "base/mem.h"
#include "cli/reading.h"
#include "store/ledger.h"

static int run(struct cli *);

static const struct cli_option options[] = {
    {"last", "N", "at most so many, newest first; 0: all; default 20"},
    {"json", NULL, "all that is known of each run, as JSON"},
    {0}};

const struct command cmd_runs = {.name = "runs",
                                 .arguments = "[NAME] [--last N]",
                                 .usage = "the run ledger: what was done when, and how it ended",
                                 .help = "NAME is a connector, a sink or a combined dataset.",
                                 .options = options,
                                 .max_names = 1,
                                 .run = run};

static const char *const columns[] = {"id",      "started_at", "kind",     "connector", "account",
                                      "stream",  "outcome",    "rows",     "inserted",  "changed",
                                      "removed", "restated",   "rejected", "message"};

static int run(struct cli *cli)
{
    struct reading r = {0};
    struct err err = {0};
    long long last;
    if (!cli_number(cli, "last", 0, 1000000000, 20, &last))
        return CLI_USAGE;
    int code = reading_open(&r, cli);
    if (code == CLI_OK)
        code = reading_show(cli,
                            r.store ? ledger_runs(r.store, cli->n_names ? cli->names[0] : NULL,
                                                  (uint32_t)last, &err)
                                    : json_array(),
                            &err, columns, ARRAY_LEN(columns));
    reading_close(&r);
    return code;
}
