/* SPDX-License-Identifier: Apache-2.0
 * Finds the command, gives it what it needs, and says goodbye properly. */
#include <config.h>

#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "dirs.h"

/* In the order of a working day. */
static const struct command *const commands[] = {
    &cmd_check,    &cmd_pull,       &cmd_push,     &cmd_sync,        &cmd_status,
    &cmd_explain,  &cmd_runs,       &cmd_restated, &cmd_plugins,     &cmd_plugin,
    &cmd_describe, &cmd_backfill,   &cmd_datasets, &cmd_query,       &cmd_state,
    &cmd_run,      &cmd_reload,     &cmd_resume,   &cmd_alerts,      &cmd_audit,
    &cmd_secrets,  &cmd_new_plugin, &cmd_record,   &cmd_test_plugin, &cmd_version,
};

/* ---- messages ---- */

void cli_error(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (log_is_open()) { /* a service, whose log may be no text, and must not wait */
        char text[ERR_TEXT * 2];
        vsnprintf(text, sizeof text, fmt, ap);
        log_error("%s", text);
    } else {
        fputs("omnihub: ", stderr);
        vfprintf(stderr, fmt, ap);
        fputc('\n', stderr);
    }
    va_end(ap);
}

void cli_note(const struct cli *cli, const char *fmt, ...)
{
    if (cli->is_quiet)
        return;
    va_list ap;
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

void cli_print_json(const json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
    fputc('\n', stdout);
}

int cli_exit_for(const struct err *err)
{
    return err->status == OMNI_E_CANCELLED ? CLI_INTERRUPTED : CLI_CANNOT;
}

/* ---- configuration ---- */

static const char installed_config[] = HUB_SYSCONFDIR "/omnihub/omnihub.conf";

void cli_print_findings(const struct cli *cli)
{
    if (!cli->keeps_findings)
        config_findings_print(cli->findings);
}

int cli_load(struct cli *cli)
{
    cli->findings = config_findings_new();
    cli->config = config_load(cli->config_path, cli->findings);
    if (cli->config && cli->home)
        config_set_home(cli->config, cli->home);
    if (cli->config && cli->is_quiet)
        return CLI_OK;
    cli_print_findings(cli);
    return cli->config ? CLI_OK : CLI_USAGE;
}

int cli_load_or_defaults(struct cli *cli)
{
    /* Who names it gets it, or an error: then this is another pointer. */
    if (cli->config_path != installed_config || access(installed_config, R_OK) == 0)
        return cli_load(cli);
    if (errno != ENOENT)
        cli_note(cli, "omnihub: %s cannot be read (%s): without it", installed_config,
                 strerror(errno));
    cli->findings = config_findings_new();
    cli->config = config_defaults();
    return CLI_OK;
}

static int unknown_name(const char *what, const char *name, const char *const *names, size_t n)
{
    const char *near = text_suggest(name, names, n);
    if (near)
        cli_error("no %s is called \"%s\" (did you mean \"%s\"?)", what, name, near);
    else if (n == 0)
        cli_error("no %s is called \"%s\": the configuration has none", what, name);
    else
        cli_error("no %s is called \"%s\"", what, name);
    return CLI_USAGE;
}

int cli_check_connectors(const struct cli *cli)
{
    const struct config *c = cli->config;
    auto_free const char **names = xcalloc(c->n_connectors + 1, sizeof *names);
    int code = CLI_OK;
    for (size_t i = 0; i < c->n_connectors; i++)
        names[i] = c->connectors[i].name;
    for (int i = 0; i < cli->n_names; i++)
        if (!config_connector(c, cli->names[i]))
            code = unknown_name("connector", cli->names[i], names, c->n_connectors);
    return code;
}

int cli_check_sinks(const struct cli *cli)
{
    const struct config *c = cli->config;
    auto_free const char **names = xcalloc(c->n_sinks + 1, sizeof *names);
    int code = CLI_OK;
    for (size_t i = 0; i < c->n_sinks; i++)
        names[i] = c->sinks[i].name;
    for (int i = 0; i < cli->n_names; i++)
        if (!config_sink(c, cli->names[i]))
            code = unknown_name("sink", cli->names[i], names, c->n_sinks);
    return code;
}

static const char *default_config(void)
{
    const char *env = getenv("OMNIHUB_CONF");
    return env && *env ? env : installed_config;
}

/* ---- the program ---- */

static void print_overview(FILE *out)
{
    fputs("usage: omnihub COMMAND [ARGUMENTS]\n\n"
          "Pulls the numbers of marketing platforms into one set of tables.\n\ncommands:\n",
          out);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        fprintf(out, "  %-11s %s\n", commands[i]->name, commands[i]->usage);
    fputs("\nEvery command knows -h. \"omnihub help COMMAND\" does the same.\n", out);
}

static const struct command *find_command(const char *name)
{
    const char *names[ARRAY_LEN(commands)];
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        names[i] = commands[i]->name;
        if (strcmp(name, names[i]) == 0)
            return commands[i];
    }
    const char *near = text_suggest(name, names, ARRAY_LEN(names));
    if (near)
        cli_error("unknown command \"%s\" (did you mean \"%s\"?)", name, near);
    else
        cli_error("unknown command \"%s\"; \"omnihub help\" lists them", name);
    return NULL;
}

static int help(int argc, char **argv)
{
    if (argc < 3) {
        print_overview(stdout);
        return CLI_OK;
    }
    const struct command *command = find_command(argv[2]);
    if (!command)
        return CLI_USAGE;
    cli_print_usage(command, false);
    return CLI_OK;
}

static int run_command(const struct command *command, int argc, char **argv)
{
    struct cli cli = {.command = command, .config_path = default_config()};
    int code = cli_parse_args(&cli, argc, argv);
    if (code != CLI_OK) {
        free(cli.given);
        return code < 0 ? CLI_OK : code;
    }
    log_set_level(cli.is_verbose ? LOG_DEBUG : cli.is_quiet ? LOG_ERROR : LOG_WARN);
    code = command->run(&cli);
    config_free(cli.config);
    config_findings_free(cli.findings);
    free(cli.given);
    return code;
}

/* "omnihub -c FILE pull" is as good as "omnihub pull -c FILE": the command's name moves to the
 * front. */
static void command_first(int argc, char **argv)
{
    int at = 1;
    while (at < argc && argv[at][0] == '-' && argv[at][1])
        at += strcmp(argv[at], "-c") == 0 || strcmp(argv[at], "--config") == 0 ? 2 : 1;
    if (at >= argc)
        return;
    char *command = argv[at];
    memmove(argv + 2, argv + 1, (size_t)(at - 1) * sizeof *argv);
    argv[1] = command;
}

static int dispatch(int argc, char **argv)
{
    command_first(argc, argv);
    if (argc < 2) {
        print_overview(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "--help") == 0)
        return help(argc, argv);
    if (strcmp(argv[1], "--version") == 0)
        argv[1] = (char *)"version";
    const struct command *command = find_command(argv[1]);
    return command ? run_command(command, argc - 1, argv + 1) : CLI_USAGE;
}

/* A reader that has gone away (omnihub runs | head) is no error; a full disk is. */
static int close_stdout(int code)
{
    errno = 0;
    bool is_bad = ferror(stdout) != 0;
    if ((fflush(stdout) == 0 && !is_bad) || errno == EPIPE || (is_bad && errno == 0))
        return code;
    cli_error("cannot write the result: %s", strerror(errno));
    return CLI_CANNOT;
}

int cli_main(int argc, char **argv)
{
    /* A pull must not die in the middle because nobody reads its summary. */
    signal(SIGPIPE, SIG_IGN);
    return close_stdout(dispatch(argc, argv));
}
