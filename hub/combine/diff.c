/* SPDX-License-Identifier: Apache-2.0
 * Computed rows against stored ones: only differences are written, and only their days are marked.
 */
#include <config.h>

#include <string.h>

#include "base/day.h"
#include "combine/internal.h"
#include "store/changes.h"
#include "store/internal.h"

/* Columns without types: values stay as the SQL made them, and sets are compared by value. */
static omni_status create_fresh(struct combine *c, const struct schema_dataset *d, struct err *err)
{
    auto_buf names = BUF_INIT(COMBINE_SQL), key = BUF_INIT(COMBINE_SQL);
    combine_add_names(&names, d, 0, d->n_columns);
    combine_add_names(&key, d, 0, d->n_keys);
    return sql_exec(c->db, err,
                    "DROP TABLE IF EXISTS temp.fresh;"
                    " CREATE TEMP TABLE fresh(%s, PRIMARY KEY(%s)) WITHOUT ROWID",
                    buf_text(&names), buf_text(&key));
}

static omni_status fail_compute(struct combine *c, const struct combine_def *def, struct err *err)
{
    int code = sqlite3_extended_errcode(c->db);
    if (code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_NOTNULL)
        return err_set(
            err, OMNI_E_DATA, "%s: dataset \"%s\": %s (%s)", def->place, def->shape->name,
            code == SQLITE_CONSTRAINT_NOTNULL ? "a key column is null" : "two rows with one key",
            sqlite3_errmsg(c->db));
    sql_fail(c->db, err);
    err_prefix(err, "%s: dataset \"%s\": ", def->place, def->shape->name);
    return err->status;
}

/* Counts and money that went through a float are refused; the admin's own columns take their types
 * from the values instead. */
static omni_status check_exact(struct combine *c, const struct combine_def *def, struct err *err)
{
    for (size_t i = 0; i < def->shape->n_columns && !def->own_columns; i++) {
        const struct schema_column *column = &def->shape->columns[i];
        if (column->type != OMNI_INT && column->type != OMNI_MICROS)
            continue;
        auto_stmt *stmt = sql_prepare_fmt(
            c->db, err,
            "SELECT count(*) FROM temp.fresh WHERE typeof(\"%w\") NOT IN ('integer', 'null')",
            column->name);
        int64_t wrong;
        if (!stmt || sql_int(stmt, 0, &wrong, err) != OMNI_OK)
            return err->status;
        if (wrong)
            return err_set(err, OMNI_E_DATA, "%s: column \"%s\" is not an exact number", def->place,
                           column->name);
    }
    return OMNI_OK;
}

omni_status combine_make_fresh(struct combine *c, const struct combine_def *def, struct err *err)
{
    const struct schema_dataset *d = def->shape;
    auto_buf names = BUF_INIT(COMBINE_SQL);
    json_object_clear(c->gaps);
    if (create_fresh(c, d, err) != OMNI_OK)
        return err->status;
    combine_add_names(&names, d, 0, d->n_columns);
    /* The newline ends a comment that the SQL may end with. */
    auto_stmt *stmt = sql_prepare_fmt(c->db, err, "INSERT INTO temp.fresh SELECT %s FROM (%s\n)",
                                      buf_text(&names), def->sql);
    if (!stmt || sql_run(stmt, err) != OMNI_OK)
        return fail_compute(c, def, err);
    return check_exact(c, def, err);
}

/* temp.gone: stored and not computed any more; temp.added: computed and not stored like that. */
static omni_status compare(struct combine *c, const struct schema_dataset *d, bool is_by_days,
                           struct err *err)
{
    auto_buf names = BUF_INIT(COMBINE_SQL), where = BUF_INIT(COMBINE_SQL);
    combine_add_names(&names, d, 0, d->n_columns);
    if (is_by_days)
        buf_printf(&where, " WHERE \"%s\" IN (SELECT date FROM temp.days)",
                   d->columns[d->day].name);
    const char *all = buf_text(&names), *days = buf_text(&where);
    return sql_exec(c->db, err,
                    "DROP TABLE IF EXISTS temp.gone; DROP TABLE IF EXISTS temp.added;"
                    " CREATE TEMP TABLE gone AS SELECT %s FROM \"c_%w\"%s"
                    " EXCEPT SELECT %s FROM temp.fresh;"
                    " CREATE TEMP TABLE added AS SELECT %s FROM temp.fresh"
                    " EXCEPT SELECT %s FROM \"c_%w\"%s",
                    all, d->name, days, all, all, all, d->name, days);
}

static omni_status mark_days(struct combine *c, const struct schema_dataset *d, struct err *err)
{
    const char *day = d->columns[d->day].name;
    auto_stmt *stmt = sql_prepare_fmt(
        c->db, err, "SELECT \"%w\" FROM temp.gone UNION SELECT \"%w\" FROM temp.added ORDER BY 1",
        day, day);
    if (!stmt)
        return err->status;
    enum sql_step step;
    while ((step = sql_step(stmt, err)) == SQL_ROW) {
        int32_t number;
        const char *text = sql_text(stmt, 0);
        if (!text || !day_parse_iso(text, strlen(text), &number))
            return err_set(err, OMNI_E_DATA, "dataset \"%s\": \"%s\" is not a day", d->name,
                           text ? text : "NULL");
        if (changes_mark(c->store, d->name, number, err) != OMNI_OK)
            return err->status;
    }
    return step == SQL_DONE ? OMNI_OK : err->status;
}

static omni_status count(struct combine *c, const char *table, int64_t *n, struct err *err)
{
    auto_stmt *stmt = sql_prepare_fmt(c->db, err, "SELECT count(*) FROM temp.\"%w\"", table);
    return stmt ? sql_int(stmt, 0, n, err) : err->status;
}

static omni_status write_differences(struct combine *c, const struct schema_dataset *d,
                                     struct combine_result *r, struct err *err)
{
    int64_t gone, added;
    if (count(c, "gone", &gone, err) != OMNI_OK || count(c, "added", &added, err) != OMNI_OK)
        return err->status;
    if (gone == 0 && added == 0)
        return OMNI_OK;
    auto_buf key = BUF_INIT(COMBINE_SQL), names = BUF_INIT(COMBINE_SQL);
    combine_add_names(&key, d, 0, d->n_keys);
    combine_add_names(&names, d, 0, d->n_columns);
    r->rows += (uint64_t)(gone > added ? gone : added);
    if (sql_exec(c->db, err,
                 "DELETE FROM \"c_%w\" WHERE (%s) IN (SELECT %s FROM temp.gone);"
                 " INSERT INTO \"c_%w\"(%s) SELECT %s FROM temp.added",
                 d->name, buf_text(&key), buf_text(&key), d->name, buf_text(&names),
                 buf_text(&names)) != OMNI_OK)
        return err->status;
    return d->day >= 0 ? mark_days(c, d, err) : changes_mark(c->store, d->name, CHANGES_WHOLE, err);
}

omni_status combine_store_fresh(struct combine *c, const struct combine_def *def, bool is_by_days,
                                struct combine_result *r, struct err *err)
{
    if (sql_begin(c->db, err) != OMNI_OK)
        return err->status;
    if (compare(c, def->shape, is_by_days, err) == OMNI_OK &&
        write_differences(c, def->shape, r, err) == OMNI_OK &&
        combine_keep_gaps(c, def, is_by_days, err) == OMNI_OK && sql_commit(c->db, err) == OMNI_OK)
        return OMNI_OK;
    sql_rollback(c->db);
    err_prefix(err, "dataset \"%s\": ", def->shape->name);
    return err->status;
}
