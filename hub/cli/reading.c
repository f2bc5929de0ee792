/* SPDX-License-Identifier: Apache-2.0
 * Looking at the store. */
#include <config.h>

#include "cli/reading.h"

#include <string.h>
#include <errno.h>
#include <unistd.h>

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/output.h"

bool reading_has_store(const struct config *c)
{
    auto_free char *path = xasprintf("%s/store.db", c->hub.state_dir);
    return access(path, F_OK) == 0 || errno == EACCES; /* opening it will say so */
}

int reading_open(struct reading *r, struct cli *cli)
{
    struct err err = {0};
    *r = (struct reading){0};
    if (!cli->config && cli_load(cli) != CLI_OK)
        return CLI_USAGE;
    r->schema = schema_load(cli->config->hub.schema_dir, &err);
    if (!r->schema) {
        cli_error("%s", err.text);
        return CLI_CANNOT;
    }
    if (!reading_has_store(cli->config)) {
        cli_note(cli, "omnihub: nothing was pulled yet: there is no store in %s",
                 cli->config->hub.state_dir);
        return CLI_OK;
    }
    r->store = store_open(cli->config->hub.state_dir, r->schema, STORE_READ, &err);
    if (r->store)
        return CLI_OK;
    cli_error("%s", err.text);
    return CLI_CANNOT;
}

void reading_close(struct reading *r)
{
    store_close(r->store);
    schema_free(r->schema);
}

void reading_whole_seconds(json_t *object, const char *key)
{
    const char *text = json_text(object, key), *dot = text ? strchr(text, '.') : NULL;
    if (!dot || strlen(text) >= TIME_TEXT)
        return;
    auto_free char *cut = xasprintf("%.*sZ", (int)(dot - text), text);
    json_put_text(object, key, cut);
}

static bool is_time(const char *key)
{
    size_t n = strlen(key);
    return strcmp(key, "at") == 0 || (n > 3 && strcmp(key + n - 3, "_at") == 0);
}

static struct omni_cell member_cell(const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);
    if (json_is_string(v))
        return output_text(json_string_length(v) ? json_string_value(v) : NULL);
    if (json_is_integer(v))
        return output_int(json_integer_value(v));
    if (json_is_boolean(v))
        return output_text(json_is_true(v) ? "yes" : "no");
    return output_text(NULL);
}

void reading_table(json_t *array, const char *const *members, size_t n)
{
    struct output *o = output_new(OUTPUT_TABLE, stdout);
    auto_free struct omni_cell *cells = xcalloc(n + 1, sizeof *cells);
    json_t *object;
    size_t i;
    output_columns(o, members, (uint32_t)n);
    json_array_foreach(array, i, object)
    {
        for (size_t k = 0; k < n; k++) {
            if (is_time(members[k]))
                reading_whole_seconds(object, members[k]);
            cells[k] = member_cell(object, members[k]);
        }
        output_row(o, cells);
    }
    output_finish(o);
}

int reading_show(const struct cli *cli, json_t *array_take, const struct err *err,
                 const char *const *members, size_t n)
{
    if (!array_take) {
        cli_error("%s", err->text);
        return cli_exit_for(err);
    }
    if (cli_flag(cli, "json"))
        cli_print_json(array_take);
    else if (json_array_size(array_take) == 0 && reading_has_store(cli->config))
        cli_note(cli, "omnihub: %s: nothing there", cli->command->name);
    else
        reading_table(array_take, members, n);
    json_decref(array_take);
    return CLI_OK;
}

struct combine_own *reading_own_datasets(const struct config *c)
{
    struct combine_own *own = xcalloc(c->n_datasets + 1, sizeof *own);
    for (size_t i = 0; i < c->n_datasets; i++) {
        const struct config_dataset *d = &c->datasets[i];
        own[i] = (struct combine_own){.name = d->name,
                                      .sql = d->sql,
                                      .help = d->help,
                                      .key = d->key,
                                      .file = d->place.file,
                                      .line = d->place.line};
    }
    return own;
}

char *reading_combined_dir(const struct config *c)
{
    return xasprintf("%s/combined", c->hub.schema_dir);
}
