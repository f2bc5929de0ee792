/* SPDX-License-Identifier: Apache-2.0
 * omnihub push */
#include <config.h>

#include "cli/cli.h"

#include "cli/audited.h"
#include "cli/work.h"

static int run(struct cli *);

static const struct cli_option options[] = {{"json", NULL, "the summary as JSON"}, {0}};

const struct command cmd_push = {
    .name = "push",
    .arguments = "[SINK…]",
    .usage = "combine, then deliver to sinks what they lack",
    .help = "Nothing is pulled. A sink that is down keeps its backlog and gets it next time.",
    .options = options,
    .max_names = -1,
    .run = run};

static int run(struct cli *cli)
{
    struct work w;
    int code = work_prepare(&w, cli, false, true);
    if (code == CLI_OK)
        code = work_lock(&w);
    if (code == CLI_OK)
        audited_run(cli);
    if (code == CLI_OK) {
        work_combine(&w);
        work_push(&w);
        code = work_report(&w);
    }
    work_free(&w);
    return code;
}
