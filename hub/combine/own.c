/* SPDX-License-Identifier: Apache-2.0
 * Datasets written by the admin: the SQL is checked, keys come first, types follow from where a
 * column comes from, else from its name in the common schema, else from the values. */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "combine/internal.h"
#include "store/internal.h"

static bool is_plain(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return *name && !strchr("0123456789", *name) && strspn(name, letters) == strlen(name);
}

/* sum(cost) AS cost is still money: a name that has one type in the whole schema carries it.
 * OMNI_NULL where it has none, or several. */
static uint32_t type_of_name(const struct schema *schema, const char *name)
{
    uint32_t type = OMNI_NULL;
    for (size_t i = 0; i < schema_count(schema); i++) {
        const struct schema_dataset *d = schema_at(schema, i);
        int column = schema_column(d, name);
        if (column < 0)
            continue;
        if (type != OMNI_NULL && type != d->columns[column].type)
            return OMNI_NULL;
        type = d->columns[column].type;
    }
    return type;
}

/* Another column before this one that SQLite takes for the same. */
static bool has_twin(sqlite3_stmt *stmt, int column)
{
    for (int i = 0; i < column; i++)
        if (strcasecmp(sqlite3_column_name(stmt, i), sqlite3_column_name(stmt, column)) == 0)
            return true;
    return false;
}

static int result_column(sqlite3_stmt *stmt, const char *name)
{
    for (int i = 0; i < sqlite3_column_count(stmt); i++)
        if (strcmp(sqlite3_column_name(stmt, i), name) == 0)
            return i;
    return -1;
}

static omni_status check_names(const struct combine_own *own, const char *place, sqlite3_stmt *stmt,
                               struct err *err)
{
    for (int i = 0; i < sqlite3_column_count(stmt); i++) {
        const char *name = sqlite3_column_name(stmt, i);
        if (!is_plain(name))
            return err_set(err, OMNI_E_CONFIG,
                           "%s: dataset \"%s\": column %d (%s) has no plain name; write … AS name",
                           place, own->name, i + 1, name);
        if (has_twin(stmt, i))
            return err_set(err, OMNI_E_CONFIG, "%s: dataset \"%s\": two columns named \"%s\"",
                           place, own->name, name);
    }
    for (const char *const *key = own->key; *key; key++)
        if (result_column(stmt, *key) < 0)
            return err_set(err, OMNI_E_CONFIG,
                           "%s: dataset \"%s\": key column \"%s\" is not in the result", place,
                           own->name, *key);
    return OMNI_OK;
}

static bool is_key(const struct combine_own *own, const char *name)
{
    for (const char *const *key = own->key; *key; key++)
        if (strcmp(*key, name) == 0)
            return true;
    return false;
}

/* The type it has now; a stored one counts only until the values say otherwise. */
static omni_status first_type(struct combine *c, const char *dataset, const char *name,
                              const char *declared, uint32_t *type, struct err *err)
{
    if (combine_stored_type(c, dataset, name, type, err) != OMNI_OK)
        return err->status;
    if (*type == OMNI_NULL)
        *type = layout_type_parse(declared);
    if (*type == OMNI_NULL)
        *type = type_of_name(store_schema(c->store), name);
    if (*type == OMNI_NULL)
        *type = OMNI_TEXT;
    return OMNI_OK;
}

static omni_status add_column(struct combine *c, struct combine_def *def, sqlite3_stmt *stmt,
                              int column, size_t i, struct err *err)
{
    const char *name = sqlite3_column_name(stmt, column);
    struct schema_column *out = &def->own_columns[i];
    *out = (struct schema_column){
        .name = arena_strdup(c->arena, name), .unit = "", .fill = "", .help = ""};
    return first_type(c, def->shape->name, name, sqlite3_column_decltype(stmt, column), &out->type,
                      err);
}

/* Key columns first, in the order of `key`. */
static omni_status add_columns(struct combine *c, const struct combine_own *own,
                               struct combine_def *def, sqlite3_stmt *stmt, struct err *err)
{
    size_t n = (size_t)sqlite3_column_count(stmt), at = 0;
    def->own_columns = arena_alloc(c->arena, n * sizeof *def->own_columns);
    for (const char *const *key = own->key; *key; key++, at++) {
        if (at == n || add_column(c, def, stmt, result_column(stmt, *key), at, err) != OMNI_OK)
            return at == n ? err_set(err, OMNI_E_CONFIG, "%s: dataset \"%s\": a key column twice",
                                     def->place, own->name)
                           : err->status;
        def->own_columns[at].required = true;
        def->own_columns[at].agg = AGG_KEY;
    }
    for (int i = 0; i < sqlite3_column_count(stmt); i++)
        if (!is_key(own, sqlite3_column_name(stmt, i)) &&
            add_column(c, def, stmt, i, at++, err) != OMNI_OK)
            return err->status;
    return OMNI_OK;
}

/* What can be said of columns once their types are known: nobody told how they roll up. */
static void settle_shape(const struct combine_def *def, struct schema_dataset *d)
{
    d->day = -1;
    for (size_t i = 0; i < d->n_columns; i++) {
        struct schema_column *column = &def->own_columns[i];
        if (i < d->n_keys && column->type == OMNI_DATE && strcmp(column->name, "date") == 0)
            d->day = (int)i;
        if (i >= d->n_keys)
            column->agg =
                column->type == OMNI_INT || column->type == OMNI_MICROS || column->type == OMNI_REAL
                    ? AGG_NONADD
                    : AGG_ATTR;
    }
    d->day_keyed = d->day >= 0;
}

/* Names are alike to SQLite whatever their case. */
static bool is_dataset(const struct combine *c, const char *name)
{
    const struct schema *common = store_schema(c->store);
    for (size_t i = 0; i < c->n_defs; i++)
        if (strcasecmp(c->defs[i].shape->name, name) == 0)
            return true;
    for (size_t i = 0; i < schema_count(common); i++)
        if (strcasecmp(schema_at(common, i)->name, name) == 0)
            return true;
    return false;
}

/* The store's own tables, also those that a later program will have added, and the work tables of a
 * run, which would be read in its place. */
static omni_status is_table(struct combine *c, const char *name, bool *is, struct err *err)
{
    int64_t n = 0;
    auto_stmt *stmt =
        sql_prepare(c->db,
                    "SELECT count(*) FROM (SELECT name, type FROM main.sqlite_schema UNION ALL"
                    " SELECT name, type FROM temp.sqlite_schema UNION ALL"
                    " SELECT 'combined', 'table') WHERE type = 'table' AND name = ? COLLATE NOCASE",
                    err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "s", name);
    omni_status status = sql_int(stmt, 0, &n, err);
    *is = n > 0;
    return status;
}

static omni_status check_own(struct combine *c, const struct combine_own *own, const char *place,
                             struct err *err)
{
    bool is_reserved = false;
    if (!is_plain(own->name))
        return err_set(err, OMNI_E_CONFIG,
                       "%s: \"%s\" cannot be a dataset's name: letters, digits and _ only", place,
                       own->name);
    if (is_dataset(c, own->name))
        return err_set(err, OMNI_E_CONFIG,
                       "%s: there is a dataset \"%s\" already; choose another name", place,
                       own->name);
    if (is_table(c, own->name, &is_reserved, err) != OMNI_OK)
        return err->status;
    if (is_reserved || strncasecmp(own->name, "sqlite_", strlen("sqlite_")) == 0)
        return err_set(err, OMNI_E_CONFIG,
                       "%s: \"%s\" cannot be a dataset's name: the store has a table of that name; "
                       "choose another one",
                       place, own->name);
    if (!own->key || !own->key[0])
        return err_set(err, OMNI_E_CONFIG, "%s: dataset \"%s\" has no key columns", place,
                       own->name);
    return OMNI_OK;
}

static const char *clean_sql(struct combine *c, const char *sql)
{
    size_t n = strlen(sql);
    while (n > 0 && strchr(" \t\r\n;", sql[n - 1]))
        n--;
    return arena_strndup(c->arena, sql, n);
}

omni_status combine_load_own(struct combine *c, const struct combine_own *own, struct err *err)
{
    const char *place =
        arena_printf(c->arena, "%s:%d", own->file ? own->file : "configuration", own->line);
    if (check_own(c, own, place, err) != OMNI_OK)
        return err->status;
    struct schema_dataset *d = arena_alloc(c->arena, sizeof *d);
    *d = (struct schema_dataset){.name = arena_strdup(c->arena, own->name),
                                 .help = arena_strdup(c->arena, own->help ? own->help : "")};
    struct combine_def *def = &c->defs[c->n_defs];
    *def = (struct combine_def){.shape = d, .place = place, .sql = clean_sql(c, own->sql)};
    auto_stmt *stmt = combine_prepare(c, def, def->sql, err);
    if (!stmt || check_names(own, place, stmt, err) != OMNI_OK ||
        add_columns(c, own, def, stmt, err) != OMNI_OK)
        return err->status;
    d->columns = def->own_columns;
    d->n_columns = (size_t)sqlite3_column_count(stmt);
    for (const char *const *key = own->key; *key; key++)
        d->n_keys++;
    settle_shape(def, d);
    c->n_defs++;
    return combine_standin(c, def, err);
}

/* ---- types from values ---- */

struct seen {
    bool integer, real, text, blob, not_a_date;
};

static omni_status look_at(struct combine *c, const char *column, struct seen *seen,
                           struct err *err)
{
    auto_stmt *stmt =
        sql_prepare_fmt(c->db, err,
                        "SELECT max(typeof(\"%w\") = 'integer'), max(typeof(\"%w\") = 'real'),"
                        " max(typeof(\"%w\") = 'text'), max(typeof(\"%w\") = 'blob'),"
                        " max(\"%w\" IS NOT NULL AND date(\"%w\") IS NOT \"%w\") FROM temp.fresh",
                        column, column, column, column, column, column, column);
    *seen = (struct seen){0};
    if (!stmt || sql_step(stmt, err) != SQL_ROW)
        return err->status;
    *seen = (struct seen){.integer = sqlite3_column_int(stmt, 0),
                          .real = sqlite3_column_int(stmt, 1),
                          .text = sqlite3_column_int(stmt, 2),
                          .blob = sqlite3_column_int(stmt, 3),
                          .not_a_date = sqlite3_column_int(stmt, 4)};
    return OMNI_OK;
}

/* `hint`: where the column comes from or its name; holds as far as the values go with it. */
static uint32_t settle(const struct seen *seen, uint32_t hint)
{
    if (seen->real)
        return OMNI_REAL;
    if (seen->integer)
        return hint == OMNI_MICROS || hint == OMNI_BOOL ? hint : OMNI_INT;
    if (seen->text)
        return (hint == OMNI_DATE && !seen->not_a_date) || hint == OMNI_TIME ? hint : OMNI_TEXT;
    return hint; /* nothing but NULL */
}

static omni_status check_seen(const struct combine_def *def, const char *column,
                              const struct seen *seen, struct err *err)
{
    if (seen->blob)
        return err_set(err, OMNI_E_DATA, "%s: dataset \"%s\": column \"%s\" holds bytes",
                       def->place, def->shape->name, column);
    if (seen->text && (seen->integer || seen->real))
        return err_set(err, OMNI_E_DATA,
                       "%s: dataset \"%s\": column \"%s\" is sometimes text and sometimes a number",
                       def->place, def->shape->name, column);
    return OMNI_OK;
}

omni_status combine_settle_types(struct combine *c, struct combine_def *def, bool *changed,
                                 struct err *err)
{
    *changed = false;
    auto_stmt *stmt = sql_prepare(c->db, def->sql, err);
    if (!stmt)
        return err->status;
    for (size_t i = 0; i < def->shape->n_columns; i++) {
        struct schema_column *column = &def->own_columns[i];
        struct seen seen;
        if (look_at(c, column->name, &seen, err) != OMNI_OK ||
            check_seen(def, column->name, &seen, err) != OMNI_OK)
            return err->status;
        uint32_t hint =
            layout_type_parse(sqlite3_column_decltype(stmt, result_column(stmt, column->name)));
        if (hint == OMNI_NULL)
            hint = type_of_name(store_schema(c->store), column->name);
        uint32_t type = settle(&seen, hint == OMNI_NULL ? column->type : hint);
        *changed |= type != column->type;
        column->type = type;
    }
    /* The shape is this definition's own memory. */
    settle_shape(def, (struct schema_dataset *)(uintptr_t)def->shape);
    return OMNI_OK;
}
