/* SPDX-License-Identifier: Apache-2.0
 * omnihub audit */
#include <config.h>

#include "cli/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/reading.h"

static int run(struct cli *);

static const struct cli_option options[] = {
    {"last", "N", "at most so many entries, newest first; 0: all; default 20"},
    {"json", NULL, "as JSON"},
    {0}};

const struct command cmd_audit = {
    .name = "audit",
    .arguments = "[verify]",
    .usage = "who changed what: configuration, secrets, plugins, state, runs by hand",
    .help = "verify: is the log as it was written? Each entry holds the SHA-256 of the one before.",
    .options = options,
    .max_names = 1,
    .run = run};

static const char *const columns[] = {"seq", "at", "uid", "event", "detail"};

/* ---- looking ---- */

static void flatten(json_t *entry)
{
    const json_t *detail = json_object_get(entry, "detail");
    auto_free char *text = detail ? json_print(detail) : NULL;
    json_object_set_new(entry, "detail", text ? json_string(text) : json_null());
}

static int list(struct cli *cli)
{
    struct err err = {0};
    long long last;
    size_t i;
    json_t *entry;
    if (!cli_number(cli, "last", 0, 1000000000, 20, &last))
        return CLI_USAGE;
    json_t *all = audit_list(cli->config->hub.state_dir, (uint32_t)last, &err);
    if (!cli_flag(cli, "json"))
        json_array_foreach(all, i, entry) flatten(entry);
    return reading_show(cli, all, &err, columns, ARRAY_LEN(columns));
}

/* ---- checking ---- */

static void print_report(const struct audit_report *r)
{
    if (r->bad_line)
        printf("line %" PRIu64 " %s; %" PRIu64 " entries before it are as they were written\n",
               r->bad_line, r->why, r->entries);
    else
        printf("%" PRIu64 " entries are as they were written\n", r->entries);
    if (r->is_torn)
        puts("the last line was cut by a crash; the next entry takes it off");
}

static int verify(struct cli *cli)
{
    struct audit_report r;
    struct err err = {0};
    if (audit_verify(cli->config->hub.state_dir, &r, &err) != OMNI_OK) {
        cli_error("audit: %s", err.text);
        return CLI_CANNOT;
    }
    if (cli_flag(cli, "json")) {
        auto_json *out = json_object();
        json_put_flag(out, "ok", r.bad_line == 0);
        json_put_int(out, "entries", (int64_t)r.entries);
        json_put_flag(out, "torn", r.is_torn);
        if (r.bad_line) {
            json_put_int(out, "line", (int64_t)r.bad_line);
            json_put_text(out, "why", r.why);
        }
        cli_print_json(out);
    } else {
        print_report(&r);
    }
    return r.bad_line ? CLI_FAILED : CLI_OK;
}

static int run(struct cli *cli)
{
    if (cli->n_names && strcmp(cli->names[0], "verify") != 0) {
        cli_error("audit: unknown verb \"%s\": verify", cli->names[0]);
        return CLI_USAGE;
    }
    if (cli_load(cli) != CLI_OK)
        return CLI_USAGE;
    return cli->n_names ? verify(cli) : list(cli);
}
