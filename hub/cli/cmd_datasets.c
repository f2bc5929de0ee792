/* SPDX-License-Identifier: Apache-2.0
 * omnihub datasets */
#include <config.h>

#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/reading.h"
#include "cli/shapes.h"

static int run(struct cli *);

static const struct cli_option options[] = {{"json", NULL, "as JSON, columns included"}, {0}};

const struct command cmd_datasets = {
    .name = "datasets",
    .arguments = "[NAME]",
    .usage = "the datasets: columns, types, units, how they add up",
    .help = "Columns of type micros are integers in millionths: dec(x) writes them as decimals.",
    .options = options,
    .max_names = 1,
    .run = run};

static const char *const list_columns[] = {"dataset", "kind", "help"};
static const char *const detail_columns[] = {"column", "type",     "key", "adds up",
                                             "unit",   "required", "help"};

static json_t *column_facts(const struct schema_dataset *d, size_t i)
{
    const struct schema_column *c = &d->columns[i];
    json_t *out = json_object();
    json_put_text(out, "name", c->name);
    json_put_text(out, "type", schema_type_name(c->type));
    json_put_flag(out, "key", i < d->n_keys);
    json_put_text(out, "additivity", schema_agg_name(c->agg));
    json_put_text(out, "unit", c->unit && *c->unit ? c->unit : NULL);
    json_put_flag(out, "required", c->required);
    json_put_text(out, "help", c->help);
    return out;
}

static json_t *dataset_facts(const struct schema_dataset *d, const char *kind)
{
    json_t *out = json_object(), *columns = json_array();
    json_put_text(out, "name", d->name);
    json_put_text(out, "kind", kind);
    json_put_text(out, "help", d->help);
    json_put_text(out, "day", d->day >= 0 ? d->columns[d->day].name : NULL);
    for (size_t i = 0; i < d->n_columns; i++)
        json_array_append_new(columns, column_facts(d, i));
    json_object_set_new(out, "columns", columns);
    return out;
}

static void print_list(const json_t *all)
{
    auto_json *rows = json_array();
    json_t *facts;
    size_t i;
    json_array_foreach(all, i, facts)
    {
        json_t *row = json_object();
        json_put_text(row, "dataset", json_text(facts, "name"));
        json_put_text(row, "kind", json_text(facts, "kind"));
        json_put_text(row, "help", json_text(facts, "help"));
        json_array_append_new(rows, row);
    }
    reading_table(rows, list_columns, ARRAY_LEN(list_columns));
}

static void print_one(const json_t *facts)
{
    auto_json *rows = json_array();
    json_t *c;
    size_t i;
    printf("%s (%s)%s%s\n\n", json_text(facts, "name"), json_text(facts, "kind"),
           json_text(facts, "help") ? ": " : "",
           json_text(facts, "help") ? json_text(facts, "help") : "");
    json_array_foreach(json_object_get(facts, "columns"), i, c)
    {
        json_t *row = json_object();
        json_put_text(row, "column", json_text(c, "name"));
        json_put_text(row, "type", json_text(c, "type"));
        json_put_text(row, "key", json_flag(c, "key") ? "key" : NULL);
        json_put_text(row, "adds up", json_text(c, "additivity"));
        json_put_text(row, "unit", json_text(c, "unit"));
        json_put_text(row, "required", json_flag(c, "required") ? "yes" : NULL);
        json_put_text(row, "help", json_text(c, "help"));
        json_array_append_new(rows, row);
    }
    reading_table(rows, detail_columns, ARRAY_LEN(detail_columns));
}

static int show(const struct cli *cli, const struct shapes *s)
{
    const char *name = cli->n_names ? cli->names[0] : NULL;
    auto_json *all = json_array();
    for (size_t i = 0; i < shapes_count(s); i++)
        if (!name || strcmp(shapes_at(s, i)->name, name) == 0)
            json_array_append_new(all,
                                  dataset_facts(shapes_at(s, i), shapes_kind(s, cli->config, i)));
    if (name && json_array_size(all) == 0) {
        const char *near = shapes_suggest(s, name);
        cli_error("no dataset is called \"%s\"%s%s%s", name, near ? " (did you mean \"" : "",
                  near ? near : "", near ? "\"?)" : "; \"omnihub datasets\" lists them");
        return CLI_USAGE;
    }
    if (cli_flag(cli, "json"))
        cli_print_json(all);
    else if (name)
        print_one(json_array_get(all, 0));
    else
        print_list(all);
    return CLI_OK;
}

static int run(struct cli *cli)
{
    struct shapes s;
    struct err err = {0};
    if (cli_load_or_defaults(cli) != CLI_OK)
        return CLI_USAGE;
    int code = CLI_OK;
    if (shapes_open(&s, cli->config, NULL, &err) == OMNI_OK) {
        code = show(cli, &s);
    } else {
        cli_error("%s", err.text);
        code = err.status == OMNI_E_CONFIG ? CLI_USAGE : CLI_CANNOT;
    }
    shapes_close(&s);
    return code;
}
