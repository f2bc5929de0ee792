/* SPDX-License-Identifier: Apache-2.0
 * omnihub query */
#include <config.h>

#include "cli/cli.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cli/output.h"
#include "cli/reading.h"
#include "store/query.h"

static int run(struct cli *);

static const struct cli_option options[] = {
    {"format", "FORMAT", "table (the default), csv or json"},
    {"json", NULL, "the same as --format json"},
    {0}};

const struct command cmd_query = {
    .name = "query",
    .arguments = "\"SQL\" [--format table|csv|json]",
    .usage = "read-only SQL over the store and the combined datasets",
    .help = "Columns of type micros are integers in millionths; dec(sum(cost)) writes exact\n"
            "decimals, ratio(a, b) is NULL where b is zero. \"omnihub datasets\" lists the tables.",
    .options = options,
    .min_names = 1,
    .max_names = 1,
    .run = run};

/* A signal handler gets no argument: this is all it knows. Set and cleared by run_query(). */
static struct query *volatile interrupted_query;

static void on_signal(int signal)
{
    (void)signal;
    struct query *q = interrupted_query;
    if (q)
        query_interrupt(q);
}

static omni_status take_columns(void *ctx, const struct query_column *columns, uint32_t n,
                                struct err *err)
{
    (void)err;
    auto_free const char **names = xcalloc(n + 1, sizeof *names);
    for (uint32_t i = 0; i < n; i++)
        names[i] = columns[i].name;
    output_columns(ctx, names, n);
    return OMNI_OK;
}

static omni_status take_row(void *ctx, const struct omni_cell *cells, uint32_t n, struct err *err)
{
    (void)n;
    output_row(ctx, cells);
    /* Nobody reads any more (| head), or the disk is full: no use in going on. */
    return ferror(stdout) ? err_set(err, OMNI_E_UNSUPPORTED, "cannot write the result") : OMNI_OK;
}

static int exit_code(const struct err *err)
{
    if (ferror(stdout)) /* said, or kept quiet about, at the end of the program */
        return CLI_OK;
    if (err->status == OMNI_E_CANCELLED)
        return CLI_INTERRUPTED;
    cli_error("query: %s", err->text);
    return err->status == OMNI_E_CONFIG ? CLI_USAGE : CLI_FAILED;
}

static int run_query(struct query *q, const char *sql, enum output_format format)
{
    struct err err = {0};
    struct output *o = output_new(format, stdout);
    const struct query_calls calls = {.ctx = o, .columns = take_columns, .row = take_row};
    struct sigaction action = {.sa_handler = on_signal}, old_int, old_term;
    interrupted_query = q;
    sigaction(SIGINT, &action, &old_int);
    sigaction(SIGTERM, &action, &old_term);
    omni_status st = query_run(q, sql, &calls, &err);
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGTERM, &old_term, NULL);
    interrupted_query = NULL;
    output_finish(o);
    return st == OMNI_OK ? CLI_OK : exit_code(&err);
}

static int run(struct cli *cli)
{
    struct err err = {0};
    const char *name = cli_value(cli, "format");
    enum output_format format = cli_flag(cli, "json") ? OUTPUT_JSON : OUTPUT_TABLE;
    if (name && !output_format_parse(name, &format)) {
        cli_error("query: unknown format \"%s\": table, csv or json", name);
        return CLI_USAGE;
    }
    if (cli_load(cli) != CLI_OK)
        return CLI_USAGE;
    if (!reading_has_store(cli->config)) {
        cli_error("query: nothing was pulled yet: there is no store in %s",
                  cli->config->hub.state_dir);
        return CLI_CANNOT;
    }
    struct query *q = query_open(cli->config->hub.state_dir, &err);
    if (!q) {
        cli_error("%s", err.text);
        return CLI_CANNOT;
    }
    int code = run_query(q, cli->names[0], format);
    query_close(q);
    return code;
}
