/* SPDX-License-Identifier: Apache-2.0
 * omnihub explain */
#include <config.h>

#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/outcome.h"
#include "base/text.h"
#include "cli/output.h"

static int run(struct cli *);

static const struct cli_option options[] = {{"json", NULL, "as JSON"}, {0}};

const struct command cmd_explain = {.name = "explain",
                                    .arguments = "[CODE]",
                                    .usage = "how runs can end: what each code means, what to do",
                                    .help = "CODE is one that status, runs or the log show; "
                                            "without it all of them.",
                                    .options = options,
                                    .max_names = 1,
                                    .run = run};

enum { MAX_CODES = 64 };

static json_t *one_json(const struct outcome *o)
{
    json_t *one = json_object();
    json_put_text(one, "code", o->code);
    json_put_text(one, "outcome", o->outcome);
    json_put_text(one, "reason", o->reason);
    json_put_text(one, "title", o->title);
    json_put_text(one, "remedy", o->remedy);
    return one;
}

static void print_one(const struct outcome *o)
{
    printf("%s%s%s: %s\n", output_colour(stdout, o->outcome), o->code, output_plain(stdout),
           o->title);
    if (o->remedy)
        printf("  → %s\n", o->remedy);
}

static int unknown(const char *code)
{
    const char *codes[MAX_CODES];
    size_t n = 0;
    for (const struct outcome *o; (o = outcome_at(n)) && n < MAX_CODES; n++)
        codes[n] = o->code;
    const char *near = text_suggest(code, codes, n);
    cli_error("explain: there is no code \"%s\"%s%s%s", code, near ? " (did you mean \"" : "",
              near ? near : "", near ? "\"?)" : "; without a name all are shown");
    return CLI_USAGE;
}

static int run(struct cli *cli)
{
    const char *wanted = cli->n_names ? cli->names[0] : NULL;
    auto_json *list = json_array();
    const struct outcome *o;
    for (size_t i = 0; (o = outcome_at(i)); i++) {
        if (wanted && strcmp(wanted, o->code) != 0)
            continue;
        json_array_append_new(list, one_json(o));
        if (!cli_flag(cli, "json"))
            print_one(o);
    }
    if (json_array_size(list) == 0)
        return unknown(wanted);
    if (cli_flag(cli, "json"))
        cli_print_json(list);
    return CLI_OK;
}
