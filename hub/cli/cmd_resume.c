/* SPDX-License-Identifier: Apache-2.0
 * omnihub resume */
#include <config.h>

#include "cli/cli.h"

#include "base/json.h"
#include "base/mem.h"
#include "cli/audited.h"
#include "cli/orders.h"
#include "schema/schema.h"
#include "store/events.h"

static int run(struct cli *);

static const struct cli_option options[] = {{"json", NULL, "the answer as JSON"}, {0}};

const struct command cmd_resume = {
    .name = "resume",
    .arguments = "[CONNECTOR]",
    .usage = "run a suspended connector again",
    .help =
        "A connector that broke several times in a row is suspended; status shows it. Without a "
        "name: go on\nafter the service stopped because the clock had jumped too far.",
    .options = options,
    .max_names = 1,
    .run = run};

/* Without a service the note is taken off by hand; the next one that starts finds it gone. */
static int resume_here(const struct cli *cli)
{
    struct err err = {0};
    bool was_open = false;
    struct schema *schema = schema_load(cli->config->hub.schema_dir, &err);
    struct store *store =
        schema ? store_open(cli->config->hub.state_dir, schema, STORE_WRITE, &err) : NULL;
    omni_status status =
        store ? event_clear(store, EVENT_SUSPENDED, cli->names[0], &was_open, &err) : err.status;
    store_close(store);
    schema_free(schema);
    if (status != OMNI_OK) {
        cli_error("%s", err.text);
        return CLI_CANNOT;
    }
    audited_one(cli->config, NULL, AUDIT_RESUME, "connector", cli->names[0]);
    cli_note(cli, "omnihub: connector \"%s\" %s; no service runs, so nothing is started",
             cli->names[0], was_open ? "is not suspended any more" : "was not suspended");
    return CLI_OK;
}

static int run(struct cli *cli)
{
    if (cli_load(cli) != CLI_OK)
        return CLI_USAGE;
    if (cli_check_connectors(cli) != CLI_OK)
        return CLI_USAGE;
    json_t *order = json_pack("{s:s}", "do", "resume");
    json_put_text(order, "connector", cli->n_names ? cli->names[0] : NULL);
    int code = orders_send(cli, order, CLI_FAILED);
    if (code >= 0)
        return code;
    if (cli->n_names)
        return resume_here(cli);
    cli_error("no service runs on %s: nothing to resume", cli->config->hub.state_dir);
    return CLI_CANNOT;
}
