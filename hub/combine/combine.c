/* SPDX-License-Identifier: Apache-2.0
 * Combined datasets: loading and releasing the definitions. */
#include <config.h>

#include "combine/combine.h"

#include <stdio.h>
#include <stdlib.h>

#include "combine/internal.h"
#include "store/internal.h"

/* Days on their way through a run, and what the sections of a definition read. The last three are
 * made anew for each dataset; they are here so that none can have their names. */
static const char work_tables[] =
    "CREATE TEMP TABLE IF NOT EXISTS changed(date TEXT PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TEMP TABLE IF NOT EXISTS pending(date TEXT PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TEMP TABLE IF NOT EXISTS days(date TEXT PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TEMP TABLE IF NOT EXISTS fresh(date); CREATE TEMP TABLE IF NOT EXISTS gone(date);"
    "CREATE TEMP TABLE IF NOT EXISTS added(date);";
static const char no_work_tables[] =
    "DROP TABLE IF EXISTS temp.changed; DROP TABLE IF EXISTS temp.pending;"
    "DROP TABLE IF EXISTS temp.days; DROP TABLE IF EXISTS temp.fresh;"
    "DROP TABLE IF EXISTS temp.gone; DROP TABLE IF EXISTS temp.added;";

static omni_status load(struct combine *c, const struct combine_setup *setup, struct err *err)
{
    if (combine_register(c, err) != OMNI_OK || sql_exec(c->db, err, work_tables) != OMNI_OK ||
        combine_prepare_rates(c, err) != OMNI_OK)
        return err->status;
    if (setup->dir && !(c->shapes = schema_load(setup->dir, err)))
        return err->status;
    c->defs = xcalloc((c->shapes ? schema_count(c->shapes) : 0) + setup->n_own, sizeof *c->defs);
    if (combine_load_builtin(c, setup->dir, err) != OMNI_OK)
        return err->status;
    for (size_t i = 0; i < setup->n_own; i++)
        if (combine_load_own(c, &setup->own[i], err) != OMNI_OK)
            return err->status;
    for (size_t i = 0; i < c->n_defs; i++)
        snprintf(c->defs[i].reader, sizeof c->defs[i].reader, "combine:%s", c->defs[i].shape->name);
    return combine_drop_standins(c, err);
}

struct combine *combine_new(struct store *store, const struct combine_setup *setup, struct err *err)
{
    struct combine *c = xcalloc(1, sizeof *c);
    c->store = store;
    c->db = store_db(store);
    c->arena = arena_new();
    c->currency = arena_strdup(c->arena, setup->currency);
    c->missing = json_object();
    c->gaps = json_object();
    if (load(c, setup, err) == OMNI_OK)
        return c;
    combine_free(c);
    return NULL;
}

void combine_free(struct combine *c)
{
    if (!c)
        return;
    struct err ignored; /* what is dropped here lives in this connection only */
    sqlite3_finalize(c->rate);
    combine_drop_standins(c, &ignored);
    sql_exec(c->db, &ignored, no_work_tables);
    sqlite3_create_function(c->db, "fx", 4, SQLITE_UTF8, NULL, NULL, NULL, NULL);
    sqlite3_create_function(c->db, "hub_currency", 0, SQLITE_UTF8, NULL, NULL, NULL, NULL);
    json_decref(c->missing);
    json_decref(c->gaps);
    schema_free(c->shapes);
    arena_free(c->arena);
    free(c->defs);
    free(c);
}

size_t combine_count(const struct combine *c)
{
    return c->n_defs;
}

const struct schema_dataset *combine_at(const struct combine *c, size_t i)
{
    return c->defs[i].shape;
}
