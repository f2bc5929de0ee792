/* SPDX-License-Identifier: Apache-2.0
 * Around the rows of a window: what was there before, and the books afterwards (restatements,
 * change marks, counts, state). */
#include <config.h>

#include <stdlib.h>

#include "base/mem.h"
#include "store/apply.h"
#include "store/changes.h"
#include "store/habit.h"
#include "store/internal.h"
#include "store/overlap.h"

enum { APPLY_SQL = 1 << 20, APPLY_MAX_DAYS = 200000 };

/* ---- before ---- */

static omni_status find_part(struct apply *a, struct store *s, struct err *err)
{
    auto_stmt *find = sql_prepare(s->db, "SELECT id FROM parts WHERE feed = ? AND name = ?", err);
    auto_stmt *make = sql_prepare(s->db, "INSERT INTO parts(feed, name) VALUES(?, ?)", err);
    if (!find || !make)
        return err->status;
    sql_bind(find, "is", a->w->feed, a->w->part);
    sql_bind(make, "is", a->w->feed, a->w->part);
    omni_status status = sql_int(find, 0, &a->part, err);
    if (status != OMNI_OK || a->part)
        return status;
    a->is_new_part = true;
    if (sql_run(make, err) != OMNI_OK)
        return err->status;
    a->part = sqlite3_last_insert_rowid(s->db);
    return OMNI_OK;
}

static omni_status window_is_empty(struct apply *a, struct store *s, struct err *err)
{
    const struct schema_dataset *d = a->w->dataset;
    auto_stmt *stmt =
        sql_prepare_fmt(s->db, err, "SELECT 1 FROM \"d_%w\" WHERE _feed = ? AND \"%w\" = ? LIMIT 1",
                        d->name, d->columns[d->day].name);
    if (!stmt)
        return err->status;
    for (int32_t day = a->w->from_day; day <= a->w->to_day && a->was_empty; day++) {
        char text[DAY_TEXT];
        int64_t is_there;
        sql_bind(stmt, "is", a->w->feed, day_print(day, text));
        if (sql_int(stmt, 0, &is_there, err) != OMNI_OK)
            return err->status;
        a->was_empty = !is_there;
    }
    return OMNI_OK;
}

/* The feed's row count says whether any key can be met at all. */
static omni_status look_before(struct apply *a, struct store *s, struct err *err)
{
    auto_stmt *stmt = sql_prepare(s->db, "SELECT rows FROM feeds WHERE id = ?", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "i", a->w->feed);
    int64_t rows;
    if (sql_int(stmt, -1, &rows, err) != OMNI_OK)
        return err->status;
    if (rows < 0)
        return err_set(err, OMNI_E_BUG, "there is no feed %lld", (long long)a->w->feed);
    a->was_empty = true;
    if (rows == 0)
        return OMNI_OK;
    /* Where the day is not part of the key, the row may lie on a day of another window. */
    if (a->w->sync == OMNI_WINDOW && a->w->dataset->day_keyed)
        return window_is_empty(a, s, err);
    a->was_empty = false;
    return OMNI_OK;
}

static omni_status check_window(const struct store_window *w, struct err *err)
{
    if (w->sync != OMNI_WINDOW)
        return OMNI_OK;
    if (w->dataset->day < 0)
        return err_set(err, OMNI_E_CONFIG,
                       "%s: a stream with windows needs a dataset whose rows have a day",
                       w->dataset->name);
    if (w->to_day < w->from_day || (int64_t)w->to_day - w->from_day > APPLY_MAX_DAYS)
        return err_set(err, OMNI_E_BUG, "%s: not a window: days %d to %d", w->dataset->name,
                       w->from_day, w->to_day);
    return OMNI_OK;
}

/* SQLite numbers new rows from the highest on. */
static omni_status find_first_new(struct apply *a, struct store *s, struct err *err)
{
    auto_stmt *stmt =
        sql_prepare_fmt(s->db, err, "SELECT max(rowid) + 1 FROM \"d_%w\"", a->w->dataset->name);
    return stmt ? sql_int(stmt, 1, &a->first_new, err) : err->status;
}

static bool is_summed(const struct schema_column *c)
{
    return c->agg == AGG_SUM && (c->type == OMNI_INT || c->type == OMNI_MICROS);
}

static void pick_sums(struct apply *a)
{
    const struct schema_dataset *d = a->w->dataset;
    a->sums = xcalloc(2 * d->n_columns, sizeof *a->sums);
    for (size_t i = d->n_keys; i < d->n_columns; i++)
        if (is_summed(&d->columns[i]))
            a->sums[a->n_sums++] = i;
    for (size_t i = d->n_keys; i < d->n_columns; i++)
        if (habit_is_watched(&d->columns[i]))
            a->sums[a->n_sums + a->n_money++] = i;
}

omni_status apply_open(struct apply *a, struct store *s, const struct store_window *w,
                       struct store_result *r, struct err *err)
{
    *a = (struct apply){.w = w, .r = r};
    if (check_window(w, err) != OMNI_OK ||
        (w->sync == OMNI_PARTS && find_part(a, s, err) != OMNI_OK) ||
        look_before(a, s, err) != OMNI_OK || find_first_new(a, s, err) != OMNI_OK)
        return err->status;
    pick_sums(a);
    a->days = days_new(a->n_sums + a->n_money);
    a->seen = rowset_new();
    a->is_restating = (w->sync == OMNI_WINDOW || w->sync == OMNI_PARTS) && w->dataset->day >= 0 &&
                      !a->was_empty && a->n_sums > 0;
    if (table_open(&a->t, s, w, a->part, err) != OMNI_OK)
        return err->status;
    return a->part ? overlap_begin(a, err) : OMNI_OK;
}

void apply_close(struct apply *a)
{
    table_close(&a->t);
    rowset_free(a->seen);
    days_free(a->days);
    free(a->sums);
}

/* ---- notes ---- */

static void subtract(struct day_sum *sum, sqlite3_stmt *row, size_t cell)
{
    int column = ROW_FIRST + (int)cell;
    if (sqlite3_column_type(row, column) == SQLITE_NULL)
        return;
    sum->delta -= sqlite3_column_int64(row, column);
    sum->values--;
}

static void add(struct day_sum *sum, const struct omni_cell *cell)
{
    if (cell->type == OMNI_NULL)
        return;
    sum->delta += cell->v.i;
    sum->values++;
}

void apply_note_old(struct apply *a, sqlite3_stmt *row, int32_t day, bool leaves)
{
    if (a->w->dataset->day < 0)
        return;
    struct day_note *note = days_get(a->days, day);
    note->is_changed = true;
    note->removed += leaves;
    for (size_t i = 0; a->is_restating && i < a->n_sums; i++)
        subtract(&note->sums[i], row, a->sums[i]);
    for (size_t i = a->n_sums; i < a->n_sums + a->n_money; i++)
        subtract(&note->sums[i], row, a->sums[i]);
}

void apply_note_new(struct apply *a, int32_t day, bool arrives, bool counts_as_restated)
{
    if (a->w->dataset->day < 0)
        return;
    struct day_note *note = days_get(a->days, day);
    note->is_changed = true;
    note->inserted += arrives;
    for (size_t i = 0; a->is_restating && counts_as_restated && i < a->n_sums; i++)
        add(&note->sums[i], &a->t.cells[a->sums[i]]);
    for (size_t i = a->n_sums; i < a->n_sums + a->n_money; i++)
        add(&note->sums[i], &a->t.cells[a->sums[i]]);
}

/* ---- restatements ---- */

/* count(*), then sum and count of each summed column of one day of the feed. */
static sqlite3_stmt *prepare_totals(struct apply *a, struct store *s, struct err *err)
{
    const struct schema_dataset *d = a->w->dataset;
    auto_buf b = BUF_INIT(APPLY_SQL);
    buf_adds(&b, "SELECT count(*)");
    for (size_t i = 0; i < a->n_sums; i++) {
        const char *name = d->columns[a->sums[i]].name;
        buf_printf(&b, ", sum(\"%s\"), count(\"%s\")", name, name);
    }
    buf_printf(&b, " FROM \"d_%s\" WHERE _feed = ? AND \"%s\" = ?", d->name,
               d->columns[d->day].name);
    return sql_prepare(s->db, buf_text(&b), err);
}

static sqlite3_stmt *prepare_restatement(struct apply *a, struct store *s, struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(s->db,
                                     "INSERT INTO restatements(at, run, feed, dataset, day, metric,"
                                     " old, new) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                                     err);
    if (stmt)
        sql_bind(stmt, "iiis", day_now(), a->w->run, a->w->feed, a->w->dataset->name);
    return stmt;
}

/* What the restatements of one window are made with. */
struct restating {
    struct apply *a;
    sqlite3_stmt *totals, *insert;
};

/* Before = after − movement. NULL (nothing delivered) is not 0. i: of the summed columns. */
static omni_status restate_sum(const struct restating *r, const struct day_note *note, size_t i,
                               struct err *err)
{
    struct apply *a = r->a;
    const struct day_sum *sum = &note->sums[i];
    const char *metric = a->w->dataset->columns[a->sums[i]].name;
    int column = 1 + 2 * (int)i;
    int64_t after = sqlite3_column_int64(r->totals, column);
    int64_t values = sqlite3_column_int64(r->totals, column + 1);
    __int128 before = (__int128)after - sum->delta;
    bool had = values - sum->values > 0, has = values > 0;
    if (had == has && sum->delta == 0)
        return OMNI_OK;
    if (before > INT64_MAX || before < INT64_MIN)
        return err_set(err, OMNI_E_DATA, "%s: the sum of %s does not fit into 64 bits",
                       a->w->dataset->name, metric);
    sqlite3_bind_text(r->insert, 6, metric, -1, SQLITE_STATIC);
    sqlite3_bind_null(r->insert, 7);
    sqlite3_bind_null(r->insert, 8);
    if (had)
        sqlite3_bind_int64(r->insert, 7, (int64_t)before);
    if (has)
        sqlite3_bind_int64(r->insert, 8, after);
    a->r->restated++;
    return sql_run(r->insert, err);
}

static omni_status restate_day(const struct restating *r, const struct day_note *note,
                               struct err *err)
{
    char text[DAY_TEXT];
    day_print(note->day, text);
    sql_bind(r->totals, "is", r->a->w->feed, text);
    sqlite3_bind_text(r->insert, 5, text, -1, SQLITE_STATIC);
    if (sql_step(r->totals, err) != SQL_ROW)
        return err->status;
    int64_t rows_before = sqlite3_column_int64(r->totals, 0) - note->inserted + note->removed;
    omni_status status = OMNI_OK;
    for (size_t i = 0; i < r->a->n_sums && rows_before > 0 && status == OMNI_OK; i++)
        status = restate_sum(r, note, i, err);
    sqlite3_reset(r->totals);
    return status;
}

static omni_status restate(struct apply *a, struct store *s, struct err *err)
{
    if (!a->is_restating)
        return OMNI_OK;
    auto_stmt *totals = prepare_totals(a, s, err);
    auto_stmt *insert = totals ? prepare_restatement(a, s, err) : NULL;
    if (!insert)
        return err->status;
    const struct restating r = {a, totals, insert};
    for (size_t i = 0; i < days_count(a->days); i++)
        if (days_at(a->days, i)->is_changed && restate_day(&r, days_at(a->days, i), err) != OMNI_OK)
            return err->status;
    return OMNI_OK;
}

/* ---- books ---- */

static omni_status mark_changes(struct apply *a, struct store *s, struct err *err)
{
    const char *name = a->w->dataset->name;
    if (a->w->dataset->day < 0)
        return a->r->inserted + a->r->changed + a->r->removed > 0
                   ? changes_mark(s, name, CHANGES_WHOLE, err)
                   : OMNI_OK;
    for (size_t i = 0; i < days_count(a->days); i++)
        if (days_at(a->days, i)->is_changed &&
            changes_mark(s, name, days_at(a->days, i)->day, err) != OMNI_OK)
            return err->status;
    return OMNI_OK;
}

static omni_status count_rows(struct apply *a, struct store *s, struct err *err)
{
    int64_t more = (int64_t)a->r->inserted - (int64_t)a->r->removed;
    if (more == 0)
        return OMNI_OK;
    return sql_exec(s->db, err, "UPDATE feeds SET rows = rows + %lld WHERE id = %lld",
                    (long long)more, (long long)a->w->feed);
}

static omni_status count_run(struct apply *a, struct store *s, struct err *err)
{
    auto_stmt *stmt = sql_prepare(
        s->db,
        "UPDATE runs SET windows = windows + 1, inserted = inserted + ?2,"
        " changed = changed + ?3, unchanged = unchanged + ?4, removed = removed + ?5,"
        " restated = restated + ?6, from_day = min(coalesce(from_day, ?7), coalesce(?7, from_day)),"
        " to_day = max(coalesce(to_day, ?8), coalesce(?8, to_day))"
        " WHERE id = ?1 AND outcome = 'running'",
        err);
    if (!stmt)
        return err->status;
    char from[DAY_TEXT], to[DAY_TEXT];
    sql_bind(stmt, "iiiiii", a->w->run, (int64_t)a->r->inserted, (int64_t)a->r->changed,
             (int64_t)a->r->unchanged, (int64_t)a->r->removed, (int64_t)a->r->restated);
    if (a->w->sync == OMNI_WINDOW) {
        sqlite3_bind_text(stmt, 7, day_print(a->w->from_day, from), -1, SQLITE_STATIC);
        sqlite3_bind_text(stmt, 8, day_print(a->w->to_day, to), -1, SQLITE_STATIC);
    }
    if (sql_run(stmt, err) != OMNI_OK)
        return err->status;
    /* A run that was given up must not store anything any more, should its job still be alive. */
    if (sqlite3_changes(s->db) != 1)
        return err_set(err, OMNI_E_BUG, "run %lld is not running", (long long)a->w->run);
    return OMNI_OK;
}

static omni_status write_state(struct apply *a, struct store *s, struct err *err)
{
    for (const char *const *p = a->w->state; p && *p; p += 2)
        if (store_state_put(s, a->w->feed, p[0], p[1], err) != OMNI_OK)
            return err->status;
    return OMNI_OK;
}

omni_status apply_finish(struct apply *a, struct store *s, struct err *err)
{
    if (restate(a, s, err) != OMNI_OK || mark_changes(a, s, err) != OMNI_OK ||
        apply_count_days(a, s, err) != OMNI_OK || count_rows(a, s, err) != OMNI_OK ||
        count_run(a, s, err) != OMNI_OK)
        return err->status;
    return write_state(a, s, err);
}
