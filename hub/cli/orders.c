/* SPDX-License-Identifier: Apache-2.0
 * Orders of commands to the running service. */
#include <config.h>

#include "cli/orders.h"

#include <stdio.h>

#include "base/json.h"
#include "run/control.h"

/* A reload asks every plugin. */
enum { ORDER_MS = 120000 };

static void print_findings(const json_t *answer)
{
    size_t i;
    const json_t *f;
    json_array_foreach(json_object_get(answer, "findings"), i, f)
    {
        const char *file = json_text(f, "file");
        if (file)
            fprintf(stderr, "%s:%d: ", file, (int)json_int(f, "line", 0));
        fprintf(stderr, "%s\n", json_text(f, "message"));
    }
}

int orders_send(const struct cli *cli, json_t *order_take, int refused)
{
    struct err err = {0};
    auto_json *order = order_take;
    auto_json *answer = control_ask(cli->config->hub.state_dir, order, ORDER_MS, &err);
    if (!answer && err.status == OMNI_E_UNSUPPORTED)
        return -1;
    if (!answer) {
        cli_error("%s", err.text);
        return CLI_CANNOT;
    }
    bool is_ok = json_flag(answer, "ok");
    const char *text = json_text(answer, "text");
    if (cli_flag(cli, "json"))
        cli_print_json(answer);
    else if (is_ok && text)
        printf("%s\n", text);
    if (is_ok)
        return CLI_OK;
    print_findings(answer);
    cli_error("%s", text ? text : "the service refused");
    return refused;
}
