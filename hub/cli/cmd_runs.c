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
    {"rejects", NULL,
     "instead: lines that were put aside, and how replies began that could not be read"},
    {"json", NULL, "all that is known of each run, as JSON"},
    {0}};

const struct command cmd_runs = {
    .name = "runs",
    .arguments = "[NAME] [--last N] [--rejects]",
    .usage = "the run ledger: what was done when, and how it ended",
    .help = "NAME is a connector, a sink or a combined dataset. Without one, deliveries that had\n"
            "nothing to deliver are left out; --json has them.",
    .options = options,
    .max_names = 1,
    .run = run};

static const char *const columns[] = {"id",      "started_at", "kind",     "connector", "account",
                                      "stream",  "outcome",    "rows",     "inserted",  "changed",
                                      "removed", "restated",   "rejected", "message"};

static const char *const reject_columns[] = {"run",   "connector", "stream", "at",
                                             "where", "reason",    "raw"};

static int show(struct cli *cli, const struct reading *r, uint32_t last)
{
    struct err err = {0};
    bool is_rejects = cli_flag(cli, "rejects");
    const char *name = cli->n_names ? cli->names[0] : NULL;
    bool is_all = name || cli_flag(cli, "json");
    json_t *rows = !r->store    ? json_array()
                   : is_rejects ? ledger_rejects(r->store, name, last, &err)
                   : is_all     ? ledger_runs(r->store, name, last, &err)
                                : ledger_work(r->store, last, &err);
    return is_rejects ? reading_show(cli, rows, &err, reject_columns, ARRAY_LEN(reject_columns))
                      : reading_show(cli, rows, &err, columns, ARRAY_LEN(columns));
}

static int run(struct cli *cli)
{
    struct reading r = {0};
    long long last;
    if (!cli_number(cli, "last", 0, 1000000000, 20, &last))
        return CLI_USAGE;
    int code = reading_open(&r, cli);
    if (code == CLI_OK)
        code = show(cli, &r, (uint32_t)last);
    reading_close(&r);
    return code;
}
