/* SPDX-License-Identifier: Apache-2.0
 * omnihub reload */
#include <config.h>

#include "cli/cli.h"

#include "cli/orders.h"

static int run(struct cli *);

static const struct cli_option options[] = {{"json", NULL, "the answer as JSON"}, {0}};

const struct command cmd_reload = {
    .name = "reload",
    .arguments = "",
    .usage = "have the running service read its configuration anew",
    .help = "All of it or nothing: one error, and the service goes on with what it has. Says what "
            "was added,\nremoved and changed. SIGHUP does the same, but only the log says how it "
            "went.",
    .options = options,
    .run = run};

static int run(struct cli *cli)
{
    /* Only where the service is found; whether the rest is right is the service's to say. */
    cli->findings = config_findings_new();
    cli->config = config_read_all(cli->config_path, cli->findings);
    if (!cli->config) {
        config_findings_print(cli->findings);
        return CLI_USAGE;
    }
    int code = orders_send(cli, json_pack("{s:s}", "do", "reload"), CLI_USAGE);
    if (code >= 0)
        return code;
    cli_error("no service runs on %s: nothing to reload", cli->config->hub.state_dir);
    return CLI_CANNOT;
}
