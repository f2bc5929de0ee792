/* SPDX-License-Identifier: Apache-2.0
 * Checking the SQL of combined datasets: it must only read, and what it reads are its inputs. */
#include <config.h>

#include <string.h>

#include "base/text.h"
#include "combine/internal.h"
#include "store/internal.h"

struct watch {
    struct combine *c;
    struct combine_def *def;
    bool is_denied, is_full;
};

/* "d_orders" and "orders" → the dataset; NULL for the store's other tables. */
static const char *dataset_of(const struct combine *c, const char *table)
{
    const char *name = text_starts(table, "d_") || text_starts(table, "c_") ? table + 2 : table;
    const struct schema_dataset *d = schema_find(store_schema(c->store), name);
    if (d)
        return d->name;
    for (size_t i = 0; i < c->n_defs; i++)
        if (strcmp(c->defs[i].shape->name, name) == 0)
            return c->defs[i].shape->name;
    return NULL;
}

static void add_input(struct watch *w, const char *table)
{
    struct combine_def *def = w->def;
    const char *dataset = dataset_of(w->c, table);
    if (!dataset || strcmp(dataset, def->shape->name) == 0)
        return;
    for (size_t i = 0; i < def->n_inputs; i++)
        if (strcmp(def->inputs[i].dataset, dataset) == 0)
            return;
    if (def->n_inputs == COMBINE_MAX_INPUTS)
        w->is_full = true;
    else
        def->inputs[def->n_inputs++] = (struct combine_input){.dataset = dataset};
}

static int authorize(void *ctx, int action, const char *a, const char *b, const char *database,
                     const char *view)
{
    (void)database, (void)view;
    struct watch *w = ctx;
    if (!sql_is_reading(action, b)) {
        w->is_denied = true;
        return SQLITE_DENY;
    }
    if (action == SQLITE_READ && a)
        add_input(w, a);
    /* fx() reads the rates behind the statement's back. */
    if (action == SQLITE_FUNCTION && strcmp(b, "fx") == 0)
        add_input(w, "fx_rates");
    return SQLITE_OK;
}

sqlite3_stmt *combine_prepare(struct combine *c, struct combine_def *def, const char *sql,
                              struct err *err)
{
    struct watch w = {.c = c, .def = def};
    sqlite3_stmt *stmt = NULL;
    const char *tail = "";
    sqlite3_set_authorizer(c->db, authorize, &w);
    int rc = sqlite3_prepare_v2(c->db, sql, -1, &stmt, &tail);
    sqlite3_set_authorizer(c->db, NULL, NULL);
    while (*tail == ';' || *tail == ' ' || *tail == '\n' || *tail == '\t' || *tail == '\r')
        tail++;
    if (w.is_denied)
        err_set(err, OMNI_E_CONFIG, "%s: dataset \"%s\": the SQL must only read", def->place,
                def->shape->name);
    else if (w.is_full)
        err_set(err, OMNI_E_CONFIG, "%s: dataset \"%s\": the SQL reads more than %d datasets",
                def->place, def->shape->name, COMBINE_MAX_INPUTS);
    else if (rc != SQLITE_OK)
        err_set(err, OMNI_E_CONFIG, "%s: dataset \"%s\": %s", def->place, def->shape->name,
                sqlite3_errmsg(c->db));
    else if (!stmt || sqlite3_column_count(stmt) == 0 || *tail)
        err_set(err, OMNI_E_CONFIG, "%s: dataset \"%s\": the SQL must be one SELECT", def->place,
                def->shape->name);
    else
        return stmt;
    sqlite3_finalize(stmt);
    return NULL;
}

omni_status combine_standin(struct combine *c, const struct combine_def *def, struct err *err)
{
    auto_stmt *there = sql_prepare(
        c->db, "SELECT count(*) FROM main.sqlite_schema WHERE name = ? AND type = 'view'", err);
    if (!there)
        return err->status;
    sql_bind(there, "s", def->shape->name);
    int64_t n;
    omni_status status = sql_int(there, 0, &n, err);
    if (status != OMNI_OK || n)
        return status;
    auto_buf b = BUF_INIT(COMBINE_SQL);
    for (size_t i = 0; i < def->shape->n_columns; i++)
        buf_printf(&b, "%s\"%s\" %s", i ? ", " : "", def->shape->columns[i].name,
                   layout_type(def->shape->columns[i].type));
    return sql_exec(c->db, err, "CREATE TEMP TABLE \"%w\"(%s)", def->shape->name, buf_text(&b));
}

omni_status combine_drop_standins(struct combine *c, struct err *err)
{
    for (size_t i = 0; i < c->n_defs; i++)
        if (sql_exec(c->db, err, "DROP TABLE IF EXISTS temp.\"%w\"", c->defs[i].shape->name) !=
            OMNI_OK)
            return err->status;
    return OMNI_OK;
}
