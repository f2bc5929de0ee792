/* SPDX-License-Identifier: Apache-2.0
 * omnihub run */
#include <config.h>

#include "cli/cli.h"

#include "cli/service.h"

static int run(struct cli *);

const struct command cmd_run = {
    .name = "run",
    .arguments = "",
    .usage = "the service: pull on schedule, combine, push, until told to stop",
    .help = "Runs in the foreground; a service manager keeps it. SIGHUP reads the configuration "
            "anew (all of it or nothing),\n"
            "SIGTERM ends the jobs that run, each at its next safe point, then the service.",
    .run = run};

static int run(struct cli *cli)
{
    return service_run(cli);
}
