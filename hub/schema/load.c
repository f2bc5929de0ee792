/* SPDX-License-Identifier: Apache-2.0
 * Reads the files of conf/schema. A file holds datasets, a dataset one line per column:
 *
 *   orders: {
 *     help = "One row per order";
 *     day = "date";                         // the date column by which it is cut; left out: none
 *     columns: {                            // keys first
 *       order_id = ("text",   "key",  "",      "The shop's own number", "required");
 *       net      = ("micros", "sum",  "money", "Gross without discounts and returns");
 *     };
 *   };
 *
 * A column is (type, how it rolls up, unit, help), then any of "required" (never null) and
 * "fill=…" (what the hub puts in where the plugin gives nothing). A key column of text that is
 * not required and not delivered is "", so that keys stay comparable; keys of other types are
 * always required. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libconfig.h>

#include "base/file.h"
#include "base/text.h"
#include "schema/internal.h"

/* Lies beside the datasets but is read by normalize/channel.c. */
#define CHANNELS_FILE "channels.conf"

enum { NAME_LIMIT = 60, COLUMNS_MAX = 1000 };

struct load {
    struct schema *schema;
    const char *path;
    struct err *err;
};

__attribute__((format(printf, 3, 4))) static bool
refuse(const struct load *load, const config_setting_t *at, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    err_set(load->err, OMNI_E_CONFIG, "%s:%u: %s", load->path, config_setting_source_line(at),
            text);
    return false;
}

/* ---- columns ---- */

/* Lower case, so that every sink can use it unquoted; not what the store itself puts beside the
 * columns. */
static bool is_name(const char *name)
{
    static const char taken[] = "source connector extra rowid oid";
    size_t n = strlen(name);
    return n <= NAME_LIMIT && name[0] >= 'a' && name[0] <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n &&
           !text_in_list(name, n, taken, " ");
}

/* A unit says how a number is to be read, so it goes with some types only. */
static bool unit_fits(const char *unit, uint32_t type)
{
    static const struct {
        const char *unit;
        uint32_t types[2];
    } units[] = {
        {"count", {OMNI_INT, OMNI_MICROS}},    {"money", {OMNI_MICROS, OMNI_MICROS}},
        {"ratio", {OMNI_MICROS, OMNI_MICROS}}, {"seconds", {OMNI_INT, OMNI_MICROS}},
        {"e10", {OMNI_INT, OMNI_INT}}, /* ten decimals, for rates: 1 is 10000000000 */
    };
    if (!*unit)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (strcmp(units[i].unit, unit) == 0)
            return units[i].types[0] == type || units[i].types[1] == type;
    return false;
}

static bool fill_is_known(const char *fill)
{
    return text_in_list(fill, strlen(fill), "account currency channel today", " ") ||
           (text_starts(fill, "day:") && fill[4]);
}

static bool read_option(const struct load *load, const config_setting_t *at, const char *option,
                        struct schema_column *c)
{
    if (option && strcmp(option, "required") == 0) {
        c->required = true;
        return true;
    }
    if (option && text_starts(option, "fill=") && fill_is_known(option + 5)) {
        c->fill = arena_strdup(load->schema->arena, option + 5);
        return true;
    }
    return refuse(load, at,
                  "column \"%s\": after the help come \"required\", \"fill=account\", "
                  "\"fill=currency\", \"fill=channel\", \"fill=today\" or \"fill=day:COLUMN\"",
                  c->name);
}

static bool read_column(const struct load *load, const config_setting_t *at,
                        struct schema_column *c)
{
    const char *name = config_setting_name(at);
    const char *words[4];
    if (!is_name(name))
        return refuse(load, at, "\"%s\" cannot be a column's name", name);
    for (int i = 0; i < 4; i++)
        words[i] = config_setting_is_list(at) ? config_setting_get_string_elem(at, i) : NULL;
    if (!words[0] || !words[1] || !words[2] || !words[3])
        return refuse(load, at, "column \"%s\" is written (type, roll-up, unit, help)", name);
    *c = (struct schema_column){.name = arena_strdup(load->schema->arena, name),
                                .unit = arena_strdup(load->schema->arena, words[2]),
                                .help = arena_strdup(load->schema->arena, words[3]),
                                .fill = ""};
    if (!schema_type_parse(words[0], &c->type))
        return refuse(load, at, "column \"%s\": unknown type \"%s\"", name, words[0]);
    if (!schema_agg_parse(words[1], &c->agg))
        return refuse(load, at, "column \"%s\": unknown roll-up \"%s\"", name, words[1]);
    if (!unit_fits(c->unit, c->type))
        return refuse(load, at, "column \"%s\": no unit \"%s\" for type %s", name, c->unit,
                      words[0]);
    for (int i = 4; i < config_setting_length(at); i++)
        if (!read_option(load, at, config_setting_get_string_elem(at, i), c))
            return false;
    c->required |= c->agg == AGG_KEY && c->type != OMNI_TEXT;
    return true;
}

static bool read_columns(const struct load *load, config_setting_t *list, struct schema_dataset *d)
{
    int n = config_setting_length(list);
    if (n < 1 || n > COLUMNS_MAX)
        return refuse(load, list, "dataset \"%s\" has no columns, or too many", d->name);
    struct schema_column *columns =
        arena_alloc(load->schema->arena, (size_t)n * sizeof(struct schema_column));
    d->columns = columns;
    for (int i = 0; i < n; i++) {
        const config_setting_t *at = config_setting_get_elem(list, (unsigned)i);
        if (!read_column(load, at, &columns[i]))
            return false;
        if (columns[i].agg == AGG_KEY && d->n_keys++ < d->n_columns)
            return refuse(load, at, "column \"%s\": key columns come first", columns[i].name);
        d->n_columns++;
    }
    return d->n_keys > 0 || refuse(load, list, "dataset \"%s\" has no key column", d->name);
}

/* ---- datasets ---- */

/* What the columns say about each other. */
static bool check_columns(const struct load *load, const config_setting_t *at,
                          const struct schema_dataset *d)
{
    bool money = false, currency = false;
    for (size_t i = 0; i < d->n_columns; i++) {
        const struct schema_column *c = &d->columns[i];
        money |= strcmp(c->unit, "money") == 0;
        currency |= strcmp(c->fill, "currency") == 0;
        int from = text_starts(c->fill, "day:") ? schema_column(d, c->fill + 4) : -1;
        bool right = text_starts(c->fill, "day:")
                         ? c->type == OMNI_DATE && from >= 0 && d->columns[from].type == OMNI_TIME
                     : strcmp(c->fill, "today") == 0 ? c->type == OMNI_DATE
                                                     : !*c->fill || c->type == OMNI_TEXT;
        if (!right)
            return refuse(load, at, "column \"%s\": fill=%s does not go with its type", c->name,
                          c->fill);
    }
    return !money || currency ||
           refuse(load, at, "dataset \"%s\" has money but no column with fill=currency", d->name);
}

static bool read_day(const struct load *load, const config_setting_t *at, struct schema_dataset *d)
{
    const char *day;
    d->day = -1;
    if (!config_setting_lookup_string(at, "day", &day))
        return true;
    d->day = schema_column(d, day);
    if (d->day < 0 || d->columns[d->day].type != OMNI_DATE)
        return refuse(load, at, "dataset \"%s\": day = \"%s\" is not a date column of it", d->name,
                      day);
    d->day_keyed = (size_t)d->day < d->n_keys;
    return true;
}

static bool known_members(const struct load *load, const config_setting_t *group)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *at = config_setting_get_elem(group, (unsigned)i);
        const char *name = config_setting_name(at);
        if (!text_in_list(name, strlen(name), "help day columns", " "))
            return refuse(load, at, "unknown \"%s\"; a dataset has help, day and columns", name);
    }
    return true;
}

static bool read_dataset(const struct load *load, config_setting_t *group)
{
    struct schema *s = load->schema;
    const char *name = config_setting_name(group), *help = "";
    if (!config_setting_is_group(group) || !is_name(name))
        return refuse(load, group, "\"%s\" is not a dataset: write name: { help, day, columns };",
                      name);
    if (schema_find(s, name))
        return refuse(load, group, "dataset \"%s\" is described twice", name);
    config_setting_t *columns = config_setting_get_member(group, "columns");
    if (!columns || !config_setting_is_group(columns))
        return refuse(load, group, "dataset \"%s\" has no group of columns", name);
    config_setting_lookup_string(group, "help", &help);
    struct schema_dataset d = {.name = arena_strdup(s->arena, name),
                               .help = arena_strdup(s->arena, help)};
    if (!known_members(load, group) || !read_columns(load, columns, &d) ||
        !check_columns(load, group, &d) || !read_day(load, group, &d))
        return false;
    s->datasets = xrealloc(s->datasets, (s->n + 1) * sizeof *s->datasets);
    s->datasets[s->n++] = d;
    return true;
}

static bool read_file(struct load *load)
{
    config_t conf;
    config_init(&conf);
    bool done = config_read_file(&conf, load->path) == CONFIG_TRUE;
    if (!done && config_error_type(&conf) == CONFIG_ERR_FILE_IO)
        err_set(load->err, file_status(errno), "cannot read %s: %s", load->path, strerror(errno));
    else if (!done)
        err_set(load->err, OMNI_E_CONFIG, "%s:%d: %s", load->path, config_error_line(&conf),
                config_error_text(&conf));
    config_setting_t *root = config_root_setting(&conf);
    for (int i = 0; done && i < config_setting_length(root); i++)
        done = read_dataset(load, config_setting_get_elem(root, (unsigned)i));
    config_destroy(&conf);
    return done;
}

/* ---- the folder ---- */

static int is_schema_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && text_ends(entry->d_name, ".conf") &&
           strcmp(entry->d_name, CHANNELS_FILE) != 0;
}

/* Bytes, whatever the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

struct schema *schema_load(const char *dir, struct err *err)
{
    struct dirent **entries;
    int n = scandir(dir, &entries, is_schema_file, by_name);
    if (n < 0) {
        err_set(err, file_status(errno), "cannot read the schema's folder %s: %s", dir,
                strerror(errno));
        return NULL;
    }
    struct schema *s = xcalloc(1, sizeof *s);
    s->arena = arena_new();
    bool done = true;
    for (int i = 0; i < n; i++) {
        auto_free char *path = xasprintf("%s/%s", dir, entries[i]->d_name);
        struct load load = {s, path, err};
        done = done && read_file(&load);
        free(entries[i]);
    }
    free(entries);
    if (done && s->n == 0) {
        err_set(err, OMNI_E_CONFIG, "%s holds no datasets (*.conf)", dir);
        done = false;
    }
    if (done)
        return s;
    schema_free(s);
    return NULL;
}
