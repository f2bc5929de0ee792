/* SPDX-License-Identifier: Apache-2.0
 * One dataset's table while rows are applied: prepared statements, keys, comparing rows. */
#include <config.h>

#include "store/table.h"

#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/exact.h"
#include "base/mem.h"
#include "store/internal.h"

enum { DESCRIBE_TEXT = 80 };

/* ---- key hashes ---- */

/* Multiply and fold (as in wyhash): every bit of both words reaches every bit of the result. The
 * function is part of the file format: it must never change. */
static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#define HASH_SEED  UINT64_C(0xa0761d6478bd642f)
#define HASH_WORD  UINT64_C(0xe7037ed1a0b428db)
#define HASH_FINAL UINT64_C(0x8ebc6af09c88c6e3)

static uint64_t hash_text(uint64_t h, const char *s, size_t n)
{
    h = mix(h ^ n, HASH_FINAL);
    for (; n > 0; s += 8) {
        uint64_t word = 0;
        size_t take = n < 8 ? n : 8;
        memcpy(&word, s, take);
        h = mix(h ^ le64toh(word), HASH_WORD);
        n -= take;
    }
    return h;
}

static int64_t hash_key(const struct schema_dataset *d, const struct omni_cell *cells)
{
    uint64_t h = HASH_SEED;
    for (size_t i = 0; i < d->n_keys; i++)
        if (cells[i].type == OMNI_TEXT)
            h = hash_text(h, cells[i].v.s, cells[i].len);
        else
            h = mix(h ^ (uint64_t)cells[i].v.i, HASH_WORD);
    return (int64_t)mix(h, HASH_FINAL);
}

/* ---- statements ---- */

static void add_columns(struct buf *b, const struct schema_dataset *d)
{
    for (size_t i = 0; i < d->n_columns; i++)
        buf_printf(b, ", \"%s\"", d->columns[i].name);
    buf_adds(b, ", extra");
}

static void add_insert(struct buf *b, const char *verb, const struct schema_dataset *d)
{
    buf_printf(b, "%s INTO \"d_%s\"(_feed, _key, _part, _run, _at, _quality", verb, d->name);
    add_columns(b, d);
    buf_adds(b, ")");
}

static sqlite3_stmt *prepare_insert(struct table *t, struct err *err)
{
    auto_buf b = BUF_INIT(TABLE_SQL);
    add_insert(&b, "INSERT", t->d);
    buf_adds(&b, " VALUES(?1");
    for (size_t i = TABLE_KEY; i <= TABLE_FIRST + t->d->n_columns; i++)
        buf_printf(&b, ", ?%zu", i);
    buf_addc(&b, ')');
    return sql_prepare(t->db, buf_text(&b), err);
}

/* Key columns cannot differ where the key was found. */
static sqlite3_stmt *prepare_update(struct table *t, struct err *err)
{
    auto_buf b = BUF_INIT(TABLE_SQL);
    buf_printf(&b, "UPDATE \"d_%s\" SET _part = ?%d, _run = ?%d, _at = ?%d, _quality = ?%d",
               t->d->name, TABLE_PART, TABLE_RUN, TABLE_AT, TABLE_QUALITY);
    for (size_t i = t->d->n_keys; i < t->d->n_columns; i++)
        buf_printf(&b, ", \"%s\" = ?%zu", t->d->columns[i].name, TABLE_FIRST + i);
    buf_printf(&b, ", extra = ?%zu WHERE rowid = ?1", TABLE_FIRST + t->d->n_columns);
    return sql_prepare(t->db, buf_text(&b), err);
}

static sqlite3_stmt *prepare_select(struct table *t, const char *where, struct err *err)
{
    auto_buf b = BUF_INIT(TABLE_SQL);
    buf_adds(&b, "SELECT rowid, _part, _quality");
    add_columns(&b, t->d);
    buf_printf(&b, " FROM \"d_%s\" WHERE %s", t->d->name, where);
    return sql_prepare(t->db, buf_text(&b), err);
}

static sqlite3_stmt *prepare_find(struct table *t, struct err *err)
{
    const struct schema_dataset *d = t->d;
    auto_buf where = BUF_INIT(TABLE_SQL);
    buf_printf(&where, "_feed = ?%d AND _key = ?%d", TABLE_FEED, TABLE_KEY);
    if (d->day_keyed)
        buf_printf(&where, " AND \"%s\" = ?%d", d->columns[d->day].name, TABLE_PART);
    return prepare_select(t, buf_text(&where), err);
}

static void bind_writer(sqlite3_stmt *writer, const struct store_window *w, int64_t part)
{
    if (part)
        sqlite3_bind_int64(writer, TABLE_PART, part);
    sqlite3_bind_int64(writer, TABLE_RUN, w->run);
    sqlite3_bind_int64(writer, TABLE_AT, day_now() / TIME_SECOND);
    sqlite3_bind_text(writer, TABLE_QUALITY, w->quality, -1, SQLITE_STATIC);
}

sqlite3_stmt *table_prepare_insert_all(struct table *t, const struct store_window *w, int64_t part,
                                       struct err *err)
{
    auto_buf b = BUF_INIT(TABLE_SQL);
    add_insert(&b, "INSERT OR FAIL", t->d);
    buf_printf(&b, " SELECT ?%d, k, ?%d, ?%d, ?%d, ?%d", TABLE_FEED, TABLE_PART, TABLE_RUN,
               TABLE_AT, TABLE_QUALITY);
    for (size_t i = 0; i <= t->d->n_columns; i++)
        buf_printf(&b, ", c%zu", i);
    buf_adds(&b, " FROM \"" TABLE_ARRIVALS "\"");
    sqlite3_stmt *stmt = sql_prepare(t->db, buf_text(&b), err);
    if (!stmt)
        return NULL;
    sqlite3_bind_int64(stmt, TABLE_FEED, w->feed);
    bind_writer(stmt, w, part);
    return stmt;
}

static void bind_constants(struct table *t, const struct store_window *w, int64_t part)
{
    bind_writer(t->insert, w, part);
    bind_writer(t->update, w, part);
    sqlite3_bind_int64(t->insert, TABLE_FEED, w->feed);
    sqlite3_bind_int64(t->find, TABLE_FEED, w->feed);
    if (part)
        sqlite3_bind_int64(t->move, 1, part);
}

/* From a rowid onwards; feed and key behind the other columns. */
static sqlite3_stmt *prepare_scan(struct table *t, struct err *err)
{
    auto_buf b = BUF_INIT(TABLE_SQL);
    buf_adds(&b, "SELECT rowid, _part, _quality");
    add_columns(&b, t->d);
    buf_printf(&b, ", _feed, _key FROM \"d_%s\" WHERE rowid >= ?1 ORDER BY rowid", t->d->name);
    return sql_prepare(t->db, buf_text(&b), err);
}

omni_status table_open(struct table *t, struct store *s, const struct store_window *w, int64_t part,
                       struct err *err)
{
    const struct schema_dataset *d = w->dataset;
    *t = (struct table){.d = d, .db = s->db, .feed = w->feed, .last_day = INT32_MIN};
    t->cells = xcalloc(d->n_columns + 1, sizeof *t->cells);
    t->texts = xcalloc(d->n_columns, sizeof *t->texts);
    if (!(t->insert = prepare_insert(t, err)) || !(t->update = prepare_update(t, err)) ||
        !(t->find = prepare_find(t, err)) || !(t->scan = prepare_scan(t, err)) ||
        !(t->fetch = prepare_select(t, "rowid = ?1", err)) ||
        !(t->remove =
              sql_prepare_fmt(s->db, err, "DELETE FROM \"d_%w\" WHERE rowid = ?1", d->name)) ||
        !(t->move = sql_prepare_fmt(s->db, err, "UPDATE \"d_%w\" SET _part = ?1 WHERE rowid = ?2",
                                    d->name)))
        return err->status;
    bind_constants(t, w, part);
    return OMNI_OK;
}

void table_close(struct table *t)
{
    sqlite3_stmt *const all[] = {t->insert, t->update, t->find, t->scan,
                                 t->fetch,  t->remove, t->move};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        sqlite3_finalize(all[i]);
    free(t->cells);
    free(t->texts);
}

/* ---- rows ---- */

/* Dates repeat from row to row, so the text of the day column is kept. */
static void store_date(struct table *t, size_t i, int64_t day)
{
    bool is_day = (int)i == t->d->day;
    if (!is_day || t->last_day != day)
        day_print((int32_t)day, t->texts[i]);
    if (is_day)
        t->last_day = (int32_t)day;
}

static omni_status take_cell(struct table *t, size_t i, const struct omni_cell *cell,
                             struct err *err)
{
    const struct schema_column *c = &t->d->columns[i];
    struct omni_cell *out = &t->cells[i];
    *out = *cell;
    if (cell->type == OMNI_NULL) {
        if (i < t->d->n_keys || (int)i == t->d->day)
            return err_set(err, OMNI_E_DATA, "%s: column %s is empty in a row", t->d->name,
                           c->name);
        return OMNI_OK;
    }
    if (cell->type != c->type)
        return err_set(err, OMNI_E_BUG, "%s: column %s got a %s, it holds %s", t->d->name, c->name,
                       schema_type_name(cell->type), schema_type_name(c->type));
    if (cell->type == OMNI_REAL && isnan(cell->v.r))
        out->type = OMNI_NULL; /* SQLite keeps NaN as NULL */
    if (cell->type != OMNI_DATE && cell->type != OMNI_TIME)
        return OMNI_OK;
    if (cell->type == OMNI_DATE)
        store_date(t, i, cell->v.i);
    else
        day_print_time(cell->v.i, t->texts[i]);
    out->type = OMNI_TEXT;
    out->len = (uint32_t)strlen(t->texts[i]);
    out->v.s = t->texts[i];
    return OMNI_OK;
}

omni_status table_take(struct table *t, const struct omni_cell *cells, struct err *err)
{
    size_t n = t->d->n_columns;
    for (size_t i = 0; i < n; i++)
        if (take_cell(t, i, &cells[i], err) != OMNI_OK)
            return err->status;
    t->cells[n] = cells[n];
    t->key = hash_key(t->d, cells);
    return OMNI_OK;
}

/* Asks SQLite as little as possible: this is what an unchanged row costs. */
static bool is_equal(const struct omni_cell *cell, sqlite3_stmt *row, int column)
{
    if (cell->type == OMNI_NULL)
        return sqlite3_column_type(row, column) == SQLITE_NULL;
    if (cell->type == OMNI_TEXT) {
        const void *text = sqlite3_column_text(row, column); /* NULL for NULL */
        return text && (uint32_t)sqlite3_column_bytes(row, column) == cell->len &&
               (cell->len == 0 || memcmp(text, cell->v.s, cell->len) == 0);
    }
    if (cell->type == OMNI_REAL)
        return sqlite3_column_type(row, column) != SQLITE_NULL &&
               sqlite3_column_double(row, column) == cell->v.r;
    /* NULL reads as 0, and is another value. */
    return sqlite3_column_int64(row, column) == cell->v.i &&
           (cell->v.i != 0 || sqlite3_column_type(row, column) != SQLITE_NULL);
}

static bool has_key(const struct table *t, sqlite3_stmt *row)
{
    for (size_t i = 0; i < t->d->n_keys; i++)
        if (!is_equal(&t->cells[i], row, ROW_FIRST + (int)i))
            return false;
    return true;
}

void table_end_scan(struct table *t)
{
    sqlite3_reset(t->scan);
    t->is_scanning = false;
}

/* The next row in the order of their numbers, if it is the one. */
static enum sql_step find_next(struct table *t, struct err *err)
{
    int at = ROW_FIRST + (int)t->d->n_columns + 1;
    enum sql_step step = sql_step(t->scan, err);
    if (step == SQL_ROW && sqlite3_column_int64(t->scan, at) == t->feed &&
        sqlite3_column_int64(t->scan, at + 1) == t->key && has_key(t, t->scan)) {
        t->row = t->scan;
        t->last_found = sqlite3_column_int64(t->scan, ROW_ID);
        return SQL_ROW;
    }
    table_end_scan(t);
    return step == SQL_FAILED ? SQL_FAILED : SQL_DONE;
}

/* Two neighbours in a row make it worth looking at the next. */
static void note_found(struct table *t)
{
    int64_t rowid = sqlite3_column_int64(t->find, ROW_ID);
    t->row = t->find;
    t->is_scanning = rowid == t->last_found + 1;
    t->last_found = rowid;
    if (t->is_scanning)
        sqlite3_bind_int64(t->scan, 1, rowid + 1);
}

void table_leave(struct table *t)
{
    if (t->row == t->find)
        sqlite3_reset(t->find);
    t->row = NULL;
}

enum sql_step table_find(struct table *t, struct err *err)
{
    if (t->is_scanning) {
        enum sql_step next = find_next(t, err);
        if (next != SQL_DONE)
            return next;
    }
    sqlite3_reset(t->find);
    sqlite3_bind_int64(t->find, TABLE_KEY, t->key);
    if (t->d->day_keyed)
        sql_bind_cell(t->find, TABLE_PART, &t->cells[t->d->day]);
    enum sql_step step = sql_step(t->find, err);
    if (step != SQL_ROW)
        return step;
    note_found(t);
    if (has_key(t, t->find))
        return SQL_ROW;
    auto_buf key = BUF_INIT(ERR_TEXT);
    table_describe_key(t, &key);
    err_set(err, OMNI_E_DATA, "%s: the key (%s) has the same hash as another row's", t->d->name,
            buf_text(&key));
    return SQL_FAILED;
}

bool table_is_same(const struct table *t, const char *quality)
{
    const char *stored = sql_text(t->row, ROW_QUALITY);
    if ((stored == NULL) != (quality == NULL) || (stored && strcmp(stored, quality) != 0))
        return false;
    for (size_t i = t->d->n_keys; i <= t->d->n_columns; i++)
        if (!is_equal(&t->cells[i], t->row, ROW_FIRST + (int)i))
            return false;
    return true;
}

omni_status table_write(struct table *t, int64_t rowid, struct err *err)
{
    sqlite3_stmt *stmt = rowid ? t->update : t->insert;
    if (rowid)
        sqlite3_bind_int64(stmt, TABLE_FEED, rowid);
    else
        sqlite3_bind_int64(stmt, TABLE_KEY, t->key);
    for (size_t i = rowid ? t->d->n_keys : 0; i <= t->d->n_columns; i++)
        sql_bind_cell(stmt, TABLE_FIRST + (int)i, &t->cells[i]);
    return sql_run(stmt, err);
}

void table_describe_key(const struct table *t, struct buf *b)
{
    for (size_t i = 0; i < t->d->n_keys; i++) {
        const struct omni_cell *cell = &t->cells[i];
        char number[EXACT_TEXT];
        if (cell->type == OMNI_NULL || (cell->type == OMNI_TEXT && cell->len == 0))
            continue; /* tells no rows apart */
        buf_printf(b, "%s%s=", b->len ? ", " : "", t->d->columns[i].name);
        if (cell->type == OMNI_TEXT)
            buf_printf(b, "%.*s", (int)(cell->len < DESCRIBE_TEXT ? cell->len : DESCRIBE_TEXT),
                       cell->len ? cell->v.s : "");
        else if (cell->type == OMNI_MICROS)
            buf_adds(b, exact_print(cell->v.i, number));
        else
            buf_printf(b, "%lld", (long long)cell->v.i);
    }
}

int32_t table_row_day(const struct table *t, sqlite3_stmt *row)
{
    int32_t day = INT32_MIN;
    if (t->d->day >= 0) {
        const char *text = sql_text(row, ROW_FIRST + t->d->day);
        if (!text || !day_parse_iso(text, strlen(text), &day))
            return INT32_MIN;
    }
    return day;
}
