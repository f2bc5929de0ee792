/* SPDX-License-Identifier: Apache-2.0
 * omnihub sync */
#include <config.h>

#include "cli/cli.h"

#include "cli/work.h"

static int run(struct cli *);

static const struct cli_option options[] = {{"json", NULL, "the summary as JSON"}, {0}};

const struct command cmd_sync = {
    .name = "sync",
    .arguments = "[NAME…]",
    .usage = "pull, combine, push, then exit: what a cron user wants",
    .help = "Names are connectors; sinks get what they lack, whatever was pulled.",
    .options = options,
    .max_names = -1,
    .run = run};

static int run(struct cli *cli)
{
    struct work w;
    int code = work_prepare(&w, cli, true, true);
    if (code == CLI_OK)
        code = work_lock(&w);
    if (code == CLI_OK) {
        work_pull(&w);
        work_combine(&w);
        work_push(&w);
        code = work_report(&w);
    }
    work_free(&w);
    return code;
}
