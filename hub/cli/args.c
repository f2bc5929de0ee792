/* SPDX-License-Identifier: Apache-2.0
 * Options and names of a command, by its table, with getopt_long(). */
#include <config.h>

#include "cli/cli.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static const struct cli_option common[] = {
    {"config", "FILE", "the configuration (-c); default: $OMNIHUB_CONF, then the installed one"},
    {"help", NULL, "this text (-h)"},
    {"quiet", NULL, "no progress, no warnings, only what did not end well (-q)"},
    {"verbose", NULL, "say more on standard error (-v)"},
};
enum { COMMON_BASE = 1000 };

static int count_options(const struct command *command)
{
    int n = 0;
    while (command->options && command->options[n].name)
        n++;
    return n;
}

/* ---- help ---- */

static void print_option(const struct cli_option *o, FILE *out)
{
    auto_free char *head =
        o->letter ? xasprintf("-%c, --%s%s%s", o->letter, o->name, o->value ? " " : "",
                              o->value ? o->value : "")
                  : xasprintf("--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
    fprintf(out, "  %-18s %s\n", head, o->help);
}

void cli_print_usage(const struct command *command, bool to_stderr)
{
    FILE *out = to_stderr ? stderr : stdout;
    fprintf(out, "usage: omnihub %s%s%s\n\n%s\n", command->name, *command->arguments ? " " : "",
            command->arguments, command->usage);
    if (command->help)
        fprintf(out, "\n%s\n", command->help);
    fputs("\noptions:\n", out);
    for (int i = 0; i < count_options(command); i++)
        print_option(&command->options[i], out);
    for (size_t i = 0; i < ARRAY_LEN(common); i++)
        print_option(&common[i], out);
}

/* ---- parsing ---- */

static int short_usage(const struct command *command)
{
    fprintf(stderr, "usage: omnihub %s%s%s; more with: omnihub %s -h\n", command->name,
            *command->arguments ? " " : "", command->arguments, command->name);
    return CLI_USAGE;
}

static int unknown_option(const struct command *command, const char *word)
{
    const char *names[CLI_MAX_OPTIONS + ARRAY_LEN(common)];
    size_t n = 0;
    for (int i = 0; i < count_options(command); i++)
        names[n++] = command->options[i].name;
    for (size_t i = 0; i < ARRAY_LEN(common); i++)
        names[n++] = common[i].name;
    auto_free char *plain = xstrndup(word, strcspn(word, "="));
    const char *near = text_starts(plain, "--") ? text_suggest(plain + 2, names, n) : NULL;
    if (near)
        cli_error("%s: unknown option \"%s\" (did you mean \"--%s\"?)", command->name, plain, near);
    else
        cli_error("%s: unknown option \"%s\"", command->name, plain);
    return short_usage(command);
}

static void fill_table(const struct command *command, struct option *table)
{
    int n = count_options(command);
    for (int i = 0; i < n; i++)
        table[i] = (struct option){command->options[i].name,
                                   command->options[i].value ? required_argument : no_argument,
                                   NULL, COMMON_BASE + i};
    for (size_t i = 0; i < ARRAY_LEN(common); i++)
        table[n++] =
            (struct option){common[i].name, common[i].value ? required_argument : no_argument, NULL,
                            common[i].name[0]};
}

static void take_own(struct cli *cli, int i)
{
    const char *value = optarg ? optarg : "";
    cli->values[i] = value;
    cli->given = xrealloc(cli->given, (cli->n_given + 1) * sizeof *cli->given);
    cli->given[cli->n_given++] = (struct cli_given){i, value};
}

static bool take_letter(struct cli *cli, int c)
{
    for (int i = 0; i < count_options(cli->command); i++)
        if (cli->command->options[i].letter == c) {
            take_own(cli, i);
            return true;
        }
    return false;
}

/* ":c:hqv" and the command's own letters. */
static void fill_letters(const struct command *command, char letters[2 * CLI_MAX_OPTIONS + 8])
{
    static const char basic[] = ":c:hqv";
    size_t n = sizeof basic - 1;
    memcpy(letters, basic, n);
    for (int i = 0; i < count_options(command); i++) {
        const struct cli_option *o = &command->options[i];
        if (!o->letter)
            continue;
        letters[n++] = o->letter;
        if (o->value)
            letters[n++] = ':';
    }
    letters[n] = '\0';
}

/* False where getopt_long() did not know what to do with it. */
static bool take_option(struct cli *cli, int c)
{
    switch (c) {
    case 'c':
        cli->config_path = optarg;
        return true;
    case 'q':
        cli->is_quiet = true;
        return true;
    case 'v':
        cli->is_verbose = true;
        return true;
    default:
        if (c < COMMON_BASE)
            return take_letter(cli, c);
        take_own(cli, c - COMMON_BASE);
        return true;
    }
}

static int check_names(struct cli *cli, int argc, char **argv)
{
    const struct command *command = cli->command;
    cli->names = argv + optind;
    cli->n_names = argc - optind;
    if (cli->n_names < command->min_names) {
        cli_error("%s: an argument is missing", command->name);
        return short_usage(command);
    }
    if (command->max_names >= 0 && cli->n_names > command->max_names) {
        cli_error("%s: too many arguments: \"%s\"", command->name, cli->names[command->max_names]);
        return short_usage(command);
    }
    return CLI_OK;
}

int cli_parse_args(struct cli *cli, int argc, char **argv)
{
    struct option table[CLI_MAX_OPTIONS + ARRAY_LEN(common) + 1] = {0};
    char letters[2 * CLI_MAX_OPTIONS + 8];
    int c;
    fill_table(cli->command, table);
    fill_letters(cli->command, letters);
    opterr = 0;
    optind = 0; /* GNU: start afresh */
    for (int word = 1; (c = getopt_long(argc, argv, letters, table, NULL)) != -1;
         word = optind ? optind : 1) {
        if (c == 'h') {
            cli_print_usage(cli->command, false);
            return -1;
        }
        if (c == ':') {
            cli_error("%s: option \"%s\" needs a value", cli->command->name, argv[optind - 1]);
            return short_usage(cli->command);
        }
        if (!take_option(cli, c)) {
            char letter[3] = {'-', (char)optopt, '\0'};
            bool is_letter = optopt > 0 && optopt < 128;
            return unknown_option(cli->command,
                                  is_letter ? letter : argv[optind > 1 ? optind - 1 : word]);
        }
    }
    return check_names(cli, argc, argv);
}

const char *cli_value(const struct cli *cli, const char *option)
{
    for (int i = 0; i < count_options(cli->command); i++)
        if (strcmp(cli->command->options[i].name, option) == 0)
            return cli->values[i];
    return NULL;
}

const char *cli_next(const struct cli *cli, const char *option, size_t *at)
{
    while (*at < cli->n_given) {
        const struct cli_given *g = &cli->given[(*at)++];
        if (strcmp(cli->command->options[g->option].name, option) == 0)
            return g->value;
    }
    return NULL;
}

bool cli_flag(const struct cli *cli, const char *option)
{
    return cli_value(cli, option) != NULL;
}

bool cli_number(const struct cli *cli, const char *option, long long min, long long max,
                long long fallback, long long *out)
{
    const char *text = cli_value(cli, option);
    *out = fallback;
    if (!text || text_parse_int(text, min, max, out))
        return true;
    cli_error("%s: --%s \"%s\" is not a number from %lld to %lld", cli->command->name, option, text,
              min, max);
    return false;
}
