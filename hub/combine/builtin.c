/* SPDX-License-Identifier: Apache-2.0
 * Built-in combined datasets: NAME.conf has the shape, NAME.sql the sections "-- days: INPUT"
 * (which days follow from a change of that input) and "-- rows" (the rows of the days in `days`).
 */
#include <config.h>

#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "combine/internal.h"
#include "store/sql.h"

static const char rows_head[] = "-- rows", days_head[] = "-- days: ";

/* Where the next section begins, the end of the text where there is none. */
static const char *next_section(const char *text)
{
    for (const char *p = text; *p;) {
        if (text_starts(p, rows_head) || text_starts(p, days_head))
            return p;
        const char *newline = strchr(p, '\n');
        if (!newline)
            break;
        p = newline + 1;
    }
    return text + strlen(text);
}

/* A section's statement, blanks and the last semicolon left out. */
static const char *section_sql(struct combine *c, const char *from, const char *to)
{
    while (to > from && strchr(" \t\r\n;", to[-1]))
        to--;
    return arena_strndup(c->arena, from, (size_t)(to - from));
}

static omni_status add_day_rule(struct combine *c, struct combine_def *def, const char *name,
                                size_t len, const char *sql, struct err *err)
{
    if (def->n_inputs == COMBINE_MAX_INPUTS)
        return err_set(err, OMNI_E_CONFIG, "%s: too many days sections", def->place);
    const char *dataset = arena_strndup(c->arena, name, len);
    if (!schema_find(store_schema(c->store), dataset))
        return err_set(err, OMNI_E_CONFIG, "%s: days of \"%s\": there is no such dataset",
                       def->place, dataset);
    def->inputs[def->n_inputs++] = (struct combine_input){.dataset = dataset, .day_rule = sql};
    return OMNI_OK;
}

static omni_status read_sections(struct combine *c, struct combine_def *def, const char *text,
                                 struct err *err)
{
    for (const char *p = next_section(text); *p;) {
        const char *line_end = p + strcspn(p, "\n");
        const char *body = *line_end ? line_end + 1 : line_end;
        const char *end = next_section(body);
        const char *sql = section_sql(c, body, end);
        size_t head = strlen(days_head);
        if (text_starts(p, rows_head))
            def->sql = sql;
        else if (add_day_rule(c, def, p + head, (size_t)(line_end - p) - head, sql, err) != OMNI_OK)
            return err->status;
        p = end;
    }
    if (def->sql)
        return OMNI_OK;
    return err_set(err, OMNI_E_CONFIG, "%s: there is no section \"%s\"", def->place, rows_head);
}

static omni_status check_names(const struct combine_def *def, sqlite3_stmt *stmt, struct err *err)
{
    const struct schema_dataset *d = def->shape;
    if ((size_t)sqlite3_column_count(stmt) != d->n_columns)
        return err_set(err, OMNI_E_CONFIG, "%s: %d columns selected, %zu described", def->place,
                       sqlite3_column_count(stmt), d->n_columns);
    for (size_t i = 0; i < d->n_columns; i++)
        if (strcmp(sqlite3_column_name(stmt, (int)i), d->columns[i].name) != 0)
            return err_set(err, OMNI_E_CONFIG, "%s: column %zu is \"%s\", described is \"%s\"",
                           def->place, i + 1, sqlite3_column_name(stmt, (int)i),
                           d->columns[i].name);
    return OMNI_OK;
}

/* Every input needs an answer to: which days follow? */
static omni_status check_inputs(struct combine *c, const struct combine_def *def, struct err *err)
{
    for (size_t i = 0; i < def->n_inputs; i++) {
        const struct schema_dataset *d =
            schema_find(store_schema(c->store), def->inputs[i].dataset);
        if (!def->inputs[i].day_rule && (!d || d->day < 0))
            return err_set(err, OMNI_E_CONFIG,
                           "%s: \"%s\" is not cut into days: a section \"%s%s\" is needed",
                           def->place, def->inputs[i].dataset, days_head, def->inputs[i].dataset);
    }
    return OMNI_OK;
}

/* What a day rule reads is no input of its own: a copy keeps the inputs as they are. */
static omni_status check_day_rules(struct combine *c, const struct combine_def *def,
                                   struct err *err)
{
    for (size_t i = 0; i < def->n_inputs; i++) {
        if (!def->inputs[i].day_rule)
            continue;
        struct combine_def copy = *def;
        auto_stmt *stmt = combine_prepare(c, &copy, def->inputs[i].day_rule, err);
        if (!stmt)
            return err->status;
    }
    return OMNI_OK;
}

static omni_status load_one(struct combine *c, const struct schema_dataset *shape, const char *dir,
                            struct err *err)
{
    struct combine_def *def = &c->defs[c->n_defs];
    *def = (struct combine_def){.shape = shape};
    def->place = arena_printf(c->arena, "%s/%s.sql", dir, shape->name);
    if (shape->day < 0 || !shape->day_keyed)
        return err_set(err, OMNI_E_CONFIG, "%s/%s.conf: the day must be part of the key", dir,
                       shape->name);
    auto_buf text = BUF_INIT(COMBINE_SQL);
    if (file_read(def->place, &text, err) != OMNI_OK ||
        read_sections(c, def, buf_text(&text), err) != OMNI_OK)
        return err->status;
    c->n_defs++;
    if (combine_standin(c, def, err) != OMNI_OK)
        return err->status;
    auto_stmt *stmt = combine_prepare(c, def, def->sql, err);
    if (!stmt || check_names(def, stmt, err) != OMNI_OK || check_inputs(c, def, err) != OMNI_OK)
        return err->status;
    return check_day_rules(c, def, err);
}

omni_status combine_load_builtin(struct combine *c, const char *dir, struct err *err)
{
    for (size_t i = 0; c->shapes && i < schema_count(c->shapes); i++) {
        const struct schema_dataset *shape = schema_at(c->shapes, i);
        if (schema_find(store_schema(c->store), shape->name))
            return err_set(err, OMNI_E_CONFIG, "%s/%s.conf: this is a common dataset already", dir,
                           shape->name);
        if (load_one(c, shape, dir, err) != OMNI_OK)
            return err->status;
    }
    c->n_builtin = c->n_defs;
    return OMNI_OK;
}
