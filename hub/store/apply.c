/* SPDX-License-Identifier: Apache-2.0
 * store_apply(): new rows against stored ones, by key; only what differs is written, all in one
 * transaction with state, ledger and change marks. */
#include <config.h>

#include <assert.h>

#include "base/mem.h"
#include "store/apply.h"
#include "store/arrivals.h"
#include "store/changes.h"
#include "store/internal.h"
#include "store/overlap.h"

static bool is_protected(const struct apply *a, int32_t day)
{
    return a->w->dataset->day >= 0 && day < a->w->history_from;
}

/* ---- rows ---- */

static omni_status fail_duplicate(struct apply *a, struct err *err)
{
    auto_buf key = BUF_INIT(ERR_TEXT);
    table_describe_key(&a->t, &key);
    const char *part = a->w->part;
    return err_set(err, OMNI_E_DATA,
                   "%s%s%s: two rows with one key (%s); the window is refused, nothing was stored",
                   part ? part : "", part ? ": " : "", a->w->dataset->name, buf_text(&key));
}

/* Whether a row was already met in this window. What stays is met for the first time each time it
 * is: only what the window itself wrote there gives way to a later row. */
static bool meet(struct apply *a, int64_t rowid, bool stays)
{
    if (rowid >= a->first_new)
        return true;
    if (stays && a->w->sync == OMNI_CURSOR)
        return rowset_has(a->seen, rowid);
    return !rowset_add(a->seen, rowid);
}

/* The stored row that was found meets the row at hand. */
static omni_status merge_row(struct apply *a, struct err *err)
{
    int64_t rowid = sqlite3_column_int64(a->t.row, ROW_ID);
    int32_t old_day = table_row_day(&a->t, a->t.row);
    bool stays = is_protected(a, old_day), is_again = meet(a, rowid, stays);
    /* Changed-since pages overlap where a record changes while they are read: the later is newer.
     */
    if (is_again && a->w->sync != OMNI_CURSOR)
        return fail_duplicate(a, err);
    if (stays && !is_again) {
        a->r->unchanged++;
        return OMNI_OK;
    }
    int64_t part = sqlite3_column_int64(a->t.row, ROW_PART);
    bool is_below = false;
    if (a->part && part && part != a->part && overlap_meet(a, part, &is_below, err) != OMNI_OK)
        return err->status;
    if (is_below || table_is_same(&a->t, a->w->quality)) {
        a->r->unchanged += !is_again;
        if (is_below || !a->part || part == a->part)
            return OMNI_OK;
        table_leave(&a->t);
        sqlite3_bind_int64(a->t.move, 2, rowid);
        return sql_run(a->t.move, err);
    }
    apply_note_old(a, a->t.row, old_day, old_day != a->day);
    apply_note_new(a, a->day, old_day != a->day, true);
    a->r->changed += !is_again;
    table_leave(&a->t);
    return table_write(&a->t, rowid, err);
}

void apply_arrived(struct apply *a)
{
    apply_note_new(a, a->day, true, !a->is_new_part);
    a->r->inserted++;
}

static omni_status insert_row(struct apply *a, struct err *err)
{
    omni_status status = table_write(&a->t, 0, err);
    if (status == OMNI_OK)
        apply_arrived(a);
    return status;
}

omni_status apply_take(struct apply *a, const struct omni_cell *cells, struct err *err)
{
    const struct store_window *w = a->w;
    if (table_take(&a->t, cells, err) != OMNI_OK)
        return err->status;
    a->day = w->dataset->day >= 0 ? (int32_t)cells[w->dataset->day].v.i : 0;
    if (w->sync == OMNI_WINDOW && cells[w->dataset->day].type == OMNI_NULL)
        return err_set(err, OMNI_E_DATA, "%s: a row without %s belongs to no window",
                       w->dataset->name, w->dataset->columns[w->dataset->day].name);
    if (w->sync == OMNI_WINDOW && (a->day < w->from_day || a->day > w->to_day))
        return err_set(err, OMNI_E_BUG, "%s: a row lies outside its window", w->dataset->name);
    if (w->dataset->day >= 0)
        days_get(a->days, a->day);
    return OMNI_OK;
}

/* The row at hand changes the stored row with its key, or is inserted. */
static omni_status apply_row(struct apply *a, struct err *err)
{
    enum sql_step step = table_find(&a->t, err);
    omni_status status = step == SQL_ROW      ? merge_row(a, err)
                         : step == SQL_FAILED ? err->status
                                              : insert_row(a, err);
    table_leave(&a->t);
    return status;
}

static omni_status apply_each(struct apply *a, struct spool *spool, struct err *err)
{
    const struct omni_cell *cells;
    omni_status status = spool_next(spool, &cells, err);
    while (status == OMNI_OK && cells) {
        status = apply_take(a, cells, err);
        if (status == OMNI_OK)
            status = apply_row(a, err);
        if (status == OMNI_OK)
            status = spool_next(spool, &cells, err);
    }
    return status;
}

/* Where the rows are most likely new. */
static omni_status apply_arrivals(struct apply *a, struct spool *spool, struct err *err)
{
    struct arrivals *rows = arrivals_new(a, spool, err);
    omni_status status = rows ? OMNI_OK : err->status;
    while (status == OMNI_OK) {
        enum arrivals_end end = arrivals_insert(rows, err);
        if (end == ARRIVALS_DONE)
            break;
        status = end == ARRIVALS_KNOWN ? apply_row(a, err) : err->status;
    }
    arrivals_free(rows);
    return status;
}

static omni_status apply_rows(struct apply *a, struct spool *spool, struct err *err)
{
    if (spool_cells(spool) != a->w->dataset->n_columns + 1)
        return err_set(err, OMNI_E_BUG, "%s: rows of %u cells", a->w->dataset->name,
                       spool_cells(spool));
    omni_status status = spool_first(spool, err);
    if (status == OMNI_OK)
        status = a->was_empty || a->is_new_part ? apply_arrivals(a, spool, err)
                                                : apply_each(a, spool, err);
    table_end_scan(&a->t);
    return status;
}

/* ---- rows that are gone ---- */

/* Collects first and deletes then: a statement must not walk over what it removes. */
static omni_status collect_unseen(struct apply *a, sqlite3_stmt *stmt, struct rowset *gone,
                                  struct err *err)
{
    enum sql_step step;
    while ((step = sql_step(stmt, err)) == SQL_ROW) {
        int64_t rowid = sqlite3_column_int64(stmt, 0);
        if (rowid < a->first_new && !rowset_has(a->seen, rowid))
            rowset_add(gone, rowid);
    }
    sqlite3_reset(stmt);
    return step == SQL_DONE ? OMNI_OK : err->status;
}

static omni_status collect_day(struct apply *a, sqlite3_stmt *stmt, int32_t day,
                               struct rowset *gone, struct err *err)
{
    char text[DAY_TEXT];
    sqlite3_bind_text(stmt, 2, day_print(day, text), -1, SQLITE_TRANSIENT);
    return collect_unseen(a, stmt, gone, err);
}

static omni_status collect_window(struct apply *a, sqlite3_stmt *stmt, struct rowset *gone,
                                  struct err *err)
{
    for (int32_t day = a->w->from_day; day <= a->w->to_day; day++)
        if (collect_day(a, stmt, day, gone, err) != OMNI_OK)
            return err->status;
    return OMNI_OK;
}

/* A snapshot of a dataset that is keyed by day (a list as of today) replaces the days it holds. */
static omni_status collect_snapshot_days(struct apply *a, sqlite3_stmt *stmt, struct rowset *gone,
                                         struct err *err)
{
    for (size_t i = 0; i < days_count(a->days); i++)
        if (collect_day(a, stmt, days_at(a->days, i)->day, gone, err) != OMNI_OK)
            return err->status;
    return OMNI_OK;
}

static omni_status remove_row(struct apply *a, int64_t rowid, struct err *err)
{
    sqlite3_bind_int64(a->t.fetch, 1, rowid);
    if (sql_step(a->t.fetch, err) != SQL_ROW)
        return err->status;
    int32_t day = table_row_day(&a->t, a->t.fetch);
    bool stays = is_protected(a, day);
    if (!stays)
        apply_note_old(a, a->t.fetch, day, true);
    sqlite3_reset(a->t.fetch);
    if (stays)
        return OMNI_OK;
    a->r->removed++;
    sqlite3_bind_int64(a->t.remove, 1, rowid);
    return sql_run(a->t.remove, err);
}

static omni_status collect_gone(struct apply *a, struct rowset *gone, struct err *err)
{
    const struct schema_dataset *d = a->w->dataset;
    bool is_by_day = d->day_keyed || a->w->sync == OMNI_WINDOW;
    const char *day = is_by_day ? d->columns[d->day].name : NULL;
    auto_stmt *stmt =
        a->w->sync == OMNI_PARTS
            ? sql_prepare_fmt(a->t.db, err, "SELECT rowid FROM \"d_%w\" WHERE _part = ?1", d->name)
        : day
            ? sql_prepare_fmt(a->t.db, err,
                              "SELECT rowid FROM \"d_%w\" WHERE _feed = ?1 AND \"%w\" = ?2",
                              d->name, day)
            : sql_prepare_fmt(a->t.db, err, "SELECT rowid FROM \"d_%w\" WHERE _feed = ?1", d->name);
    if (!stmt)
        return err->status;
    sqlite3_bind_int64(stmt, 1, a->w->sync == OMNI_PARTS ? a->part : a->w->feed);
    if (a->w->sync == OMNI_WINDOW)
        return collect_window(a, stmt, gone, err);
    if (a->w->sync == OMNI_SNAPSHOT && day)
        return collect_snapshot_days(a, stmt, gone, err);
    return collect_unseen(a, stmt, gone, err);
}

static omni_status apply_removals(struct apply *a, struct err *err)
{
    if (a->was_empty || a->is_new_part || a->w->sync == OMNI_CURSOR)
        return OMNI_OK;
    struct rowset *gone = rowset_new();
    omni_status status = collect_gone(a, gone, err);
    for (int64_t id = rowset_next(gone, 0); id && status == OMNI_OK; id = rowset_next(gone, id))
        status = remove_row(a, id, err);
    rowset_free(gone);
    return status;
}

/* ---- the transaction ---- */

static omni_status apply_window(struct store *s, const struct store_window *w, struct spool *spool,
                                struct store_result *r, struct err *err)
{
    struct apply a;
    omni_status status = apply_open(&a, s, w, r, err);
    if (status == OMNI_OK)
        status = apply_rows(&a, spool, err);
    if (status == OMNI_OK)
        status = apply_removals(&a, err);
    if (status == OMNI_OK)
        status = overlap_end(&a, err);
    if (status == OMNI_OK)
        status = apply_finish(&a, s, err);
    apply_close(&a);
    return status;
}

omni_status store_apply(struct store *s, const struct store_window *windows,
                        struct spool *const *spools, uint32_t n, struct store_result *results,
                        struct err *err)
{
    if (sql_begin(s->db, err) != OMNI_OK)
        return err->status;
    omni_status status = OMNI_OK;
    for (uint32_t i = 0; i < n && status == OMNI_OK; i++) {
        results[i] = (struct store_result){0};
        status = apply_window(s, &windows[i], spools[i], &results[i], err);
    }
    if (status == OMNI_OK)
        status = sql_commit(s->db, err);
    if (status != OMNI_OK)
        sql_rollback(s->db);
    return status;
}
