/* SPDX-License-Identifier: Apache-2.0
 * The table c_NAME and the view NAME of a combined dataset: made, remade when the definition
 * changed, removed with it. */
#include <config.h>

#include <string.h>

#include "base/day.h"
#include "combine/internal.h"
#include "store/changes.h"
#include "store/internal.h"

static const char own_tables[] =
    "CREATE TABLE IF NOT EXISTS combined(name TEXT PRIMARY KEY, columns TEXT NOT NULL,"
    " definition TEXT NOT NULL) WITHOUT ROWID";

void combine_add_names(struct buf *b, const struct schema_dataset *d, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        buf_printf(b, "%s\"%s\"", i > from ? ", " : "", d->columns[i].name);
}

omni_status combine_stored_type(struct combine *c, const char *dataset, const char *column,
                                uint32_t *type, struct err *err)
{
    auto_stmt *stmt =
        sql_prepare(c->db, "SELECT type FROM pragma_table_info('c_' || ?1) WHERE name = ?2", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "ss", dataset, column);
    enum sql_step step = sql_step(stmt, err);
    *type = step == SQL_ROW ? layout_type_parse(sql_text(stmt, 0)) : OMNI_NULL;
    return step == SQL_FAILED ? err->status : OMNI_OK;
}

/* A day as it stands in a row; a dataset without days is one whole. */
static omni_status mark_row(struct combine *c, const char *name, sqlite3_stmt *stmt,
                            struct err *err)
{
    const char *text = sql_text(stmt, 0);
    int32_t day = CHANGES_WHOLE;
    if (text && !day_parse_iso(text, strlen(text), &day))
        return err_set(err, OMNI_E_DATA, "dataset %s: \"%s\" is not a day", name, text);
    return changes_mark(c->store, name, day, err);
}

/* What was in the table is gone for its readers. */
static omni_status mark_all(struct combine *c, const char *name, struct err *err)
{
    uint32_t type;
    if (combine_stored_type(c, name, "date", &type, err) != OMNI_OK)
        return err->status;
    bool is_daily = type == OMNI_DATE;
    auto_stmt *stmt = sql_prepare_fmt(c->db, err,
                                      is_daily ? "SELECT DISTINCT date FROM \"c_%w\""
                                               : "SELECT NULL FROM \"c_%w\" LIMIT 1",
                                      name);
    if (!stmt)
        return err->status;
    enum sql_step step;
    while ((step = sql_step(stmt, err)) == SQL_ROW)
        if (mark_row(c, name, stmt, err) != OMNI_OK)
            return err->status;
    return step == SQL_DONE ? OMNI_OK : err->status;
}

static omni_status drop(struct combine *c, const char *name, struct err *err)
{
    if (mark_all(c, name, err) != OMNI_OK)
        return err->status;
    return sql_exec(c->db, err,
                    "DROP VIEW IF EXISTS main.\"%w\"; DROP TABLE IF EXISTS \"c_%w\";"
                    " DELETE FROM combined WHERE name = %Q;"
                    " DELETE FROM rate_gaps WHERE dataset = %Q;"
                    " DELETE FROM cursors WHERE reader = 'combine:' || %Q",
                    name, name, name, name, name);
}

static void describe_columns(const struct schema_dataset *d, struct buf *b)
{
    for (size_t i = 0; i < d->n_columns; i++)
        buf_printf(b, "%s\"%s\" %s", i ? ", " : "", d->columns[i].name,
                   layout_type(d->columns[i].type));
    buf_adds(b, ", PRIMARY KEY(");
    combine_add_names(b, d, 0, d->n_keys);
    buf_addc(b, ')');
}

static void describe_definition(const struct combine *c, const struct combine_def *def,
                                struct buf *b)
{
    buf_printf(b, "%s\n%s", c->currency ? c->currency : "-", def->sql);
    for (size_t i = 0; i < def->n_inputs; i++)
        buf_printf(b, "\n%s %s", def->inputs[i].dataset,
                   def->inputs[i].day_rule ? def->inputs[i].day_rule : "");
}

static omni_status create(struct combine *c, const struct combine_def *def, const char *columns,
                          struct err *err)
{
    const char *name = def->shape->name;
    auto_buf names = BUF_INIT(COMBINE_SQL);
    combine_add_names(&names, def->shape, 0, def->shape->n_columns);
    return sql_exec(c->db, err,
                    "CREATE TABLE \"c_%w\"(%s) WITHOUT ROWID;"
                    " CREATE VIEW main.\"%w\" AS SELECT %s FROM \"c_%w\"",
                    name, columns, name, buf_text(&names), name);
}

/* The columns and definition that the table was made for; empty where there is none. */
static omni_status stored(struct combine *c, const char *name, struct buf *columns,
                          struct buf *definition, struct err *err)
{
    auto_stmt *stmt =
        sql_prepare(c->db, "SELECT columns, definition FROM combined WHERE name = ?", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "s", name);
    enum sql_step step = sql_step(stmt, err);
    if (step == SQL_ROW) {
        buf_adds(columns, sql_text(stmt, 0));
        buf_adds(definition, sql_text(stmt, 1));
    }
    return step == SQL_FAILED ? err->status : OMNI_OK;
}

static omni_status make(struct combine *c, struct combine_def *def, bool *is_new, struct err *err)
{
    const char *name = def->shape->name;
    auto_buf columns = BUF_INIT(COMBINE_SQL);
    auto_buf definition = BUF_INIT(COMBINE_SQL);
    auto_buf old_columns = BUF_INIT(COMBINE_SQL);
    auto_buf old_definition = BUF_INIT(COMBINE_SQL);
    describe_columns(def->shape, &columns);
    describe_definition(c, def, &definition);
    if (sql_exec(c->db, err, own_tables) != OMNI_OK ||
        stored(c, name, &old_columns, &old_definition, err) != OMNI_OK)
        return err->status;
    bool is_same = strcmp(buf_text(&columns), buf_text(&old_columns)) == 0;
    *is_new = !is_same || strcmp(buf_text(&definition), buf_text(&old_definition)) != 0;
    if (!*is_new)
        return OMNI_OK;
    if (old_columns.len && !is_same && drop(c, name, err) != OMNI_OK)
        return err->status;
    if (!is_same && create(c, def, buf_text(&columns), err) != OMNI_OK)
        return err->status;
    /* The cursor goes back to the beginning, so that a run that is cut off is done again. */
    return sql_exec(c->db, err,
                    "INSERT OR REPLACE INTO combined VALUES(%Q, %Q, %Q);"
                    " DELETE FROM cursors WHERE reader = %Q",
                    name, buf_text(&columns), buf_text(&definition), def->reader);
}

omni_status combine_table(struct combine *c, struct combine_def *def, bool *is_new, struct err *err)
{
    *is_new = false;
    if (sql_begin(c->db, err) != OMNI_OK)
        return err->status;
    if (make(c, def, is_new, err) == OMNI_OK && sql_commit(c->db, err) == OMNI_OK)
        return OMNI_OK;
    sql_rollback(c->db);
    return err->status;
}

static bool is_defined(const struct combine *c, const char *name)
{
    for (size_t i = 0; i < c->n_defs; i++)
        if (strcmp(c->defs[i].shape->name, name) == 0)
            return true;
    return false;
}

/* One name that nobody defines; free(), NULL where there is none. */
static char *find_other(struct combine *c, struct err *err)
{
    auto_stmt *stmt = sql_prepare(c->db, "SELECT name FROM combined", err);
    while (stmt && sql_step(stmt, err) == SQL_ROW)
        if (!is_defined(c, sql_text(stmt, 0)))
            return xstrdup(sql_text(stmt, 0));
    return NULL;
}

omni_status combine_drop_others(struct combine *c, struct err *err)
{
    struct err fault = {.status = OMNI_OK};
    if (sql_begin(c->db, err) != OMNI_OK)
        return err->status;
    omni_status status = sql_exec(c->db, err, own_tables);
    for (bool more = true; more && status == OMNI_OK;) {
        auto_free char *name = find_other(c, &fault);
        more = name != NULL;
        if (fault.status != OMNI_OK)
            *err = fault, status = fault.status;
        else if (name)
            status = drop(c, name, err);
    }
    if (status == OMNI_OK)
        status = sql_commit(c->db, err);
    if (status != OMNI_OK)
        sql_rollback(c->db);
    return status;
}
