/* SPDX-License-Identifier: Apache-2.0
 * The command line: what every command's table says, and what it is given to work with. */
#ifndef HUB_CLI_H
#define HUB_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

enum cli_exit {
    CLI_OK = 0,
    CLI_FAILED = 1, /* at least one run failed or is suspicious; the rest is done */
    CLI_USAGE = 2,  /* wrong usage or configuration; nothing was started */
    CLI_CANNOT = 3, /* cannot work here: locked, disk full, no permission */
    CLI_INTERRUPTED = 130
};

enum { CLI_MAX_OPTIONS = 16 };

struct cli_option {
    const char *name;  /* "from": written --from */
    const char *value; /* what stands for its value in help, "DAY"; NULL: a flag */
    const char *help;
    char letter; /* 'o': written -o, too; 0: none */
};

/* One that was given, in the order of the command line. */
struct cli_given {
    int option; /* index into command->options */
    const char *value;
};

struct cli;

/* Each command's file opens with one of these. */
struct command {
    const char *name;
    const char *arguments; /* "[NAME…]" */
    const char *usage;     /* one line */
    const char *help;      /* what else a person should know; NULL */
    const struct cli_option
        *options;             /* beside -c, -h, -q, -v; ends with an empty one; NULL: none */
    int min_names, max_names; /* max -1: any number */
    int (*run)(struct cli *); /* returns an enum cli_exit */
};

struct cli {
    const struct command *command;
    const char *config_path;
    const char *home;    /* where relative paths of options start; NULL: beside the configuration */
    const json_t *debug; /* plugins run unfenced, with this environment (run/spec.h); NULL */
    bool keeps_findings; /* they are not printed: who called looks at them */
    bool is_quiet, is_verbose;
    const char *values[CLI_MAX_OPTIONS]; /* by index into command->options; "" for a flag */
    struct cli_given *given;             /* all of them, also those given again */
    size_t n_given;
    char *const *names;
    int n_names;
    struct config *config; /* once cli_load() was called */
    struct config_findings *findings;
};

extern const struct command cmd_check, cmd_pull, cmd_push, cmd_sync, cmd_status, cmd_runs,
    cmd_restated, cmd_plugin, cmd_plugins, cmd_describe, cmd_datasets, cmd_query, cmd_state,
    cmd_version, cmd_run, cmd_explain, cmd_reload, cmd_resume, cmd_backfill, cmd_secrets,
    cmd_new_plugin, cmd_alerts, cmd_audit, cmd_record, cmd_test_plugin;

/* The whole program: parses argv, runs the command, flushes stdout. Returns the exit code. */
int cli_main(int argc, char **argv);

/* Reads options and names of a command. CLI_OK; CLI_USAGE after a message; -1: help was printed. */
int cli_parse_args(struct cli *, int argc, char **argv);
void cli_print_usage(const struct command *, bool to_stderr);

/* The value of an option, NULL where it was not given. */
const char *cli_value(const struct cli *, const char *option);
bool cli_flag(const struct cli *, const char *option);
/* The values of one that may be given again, one after the other; *at begins with 0. NULL: no more.
 */
const char *cli_next(const struct cli *, const char *option, size_t *at);
/* A number option in [min, max]; false after a message. Not given: `fallback`. */
bool cli_number(const struct cli *, const char *option, long long min, long long max,
                long long fallback, long long *out);

/* Loads the configuration; findings are printed. CLI_OK or CLI_USAGE. */
int cli_load(struct cli *);
void cli_print_findings(const struct cli *);
/* The same, for what can be told without one: where none was named and the installed one is not
 * there, or not for this user to read, what is built in. */
int cli_load_or_defaults(struct cli *);
/* Whose name is not in the configuration? CLI_USAGE after a message with a suggestion. */
int cli_check_connectors(const struct cli *);
int cli_check_sinks(const struct cli *);

/* One line on stderr, "omnihub: …". */
void cli_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void cli_note(const struct cli *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Prints any JSON value on stdout, indented, with a newline at its end. */
void cli_print_json(const json_t *);
/* The exit code for an error of the store, schema or file system. */
int cli_exit_for(const struct err *);

#endif
