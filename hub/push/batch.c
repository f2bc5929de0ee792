/* SPDX-License-Identifier: Apache-2.0
 * Rows of a query as batches in Arrow's layout: what sinks are given. */
#include <config.h>

#include "push/batch.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/day.h"
#include "base/mem.h"
#include "schema/schema.h"

/* Enough that a batch of ordinary rows is never cut by it. */
enum { BATCH_TEXT = 4 << 20 };

struct batch_column {
    struct omni_column shape; /* name and type only */
    struct omni_column view;
    uint8_t *valid;
    void *values; /* not of text */
    int32_t *offsets;
    struct buf text;
    uint32_t nulls;
};

struct batch {
    struct batch_column *columns;
    const struct omni_column **shapes, **views; /* end with NULL */
    uint32_t n, rows, max_rows;
    bool has_long_text;
    struct omni_batch out;
};

static size_t type_width(uint32_t type)
{
    switch (type) {
    case OMNI_BOOL:
        return sizeof(uint8_t);
    case OMNI_DATE:
        return sizeof(int32_t);
    case OMNI_REAL:
        return sizeof(double);
    case OMNI_TEXT:
        return 0;
    default:
        return sizeof(int64_t);
    }
}

struct batch *batch_new(const struct batch_field *fields, uint32_t n, uint32_t max_rows)
{
    struct batch *b = xcalloc(1, sizeof *b);
    b->n = n;
    b->max_rows = max_rows ? max_rows : 1;
    b->columns = xcalloc(n, sizeof *b->columns);
    b->shapes = xcalloc(n + 1, sizeof *b->shapes);
    b->views = xcalloc(n + 1, sizeof *b->views);
    for (uint32_t i = 0; i < n; i++) {
        struct batch_column *c = &b->columns[i];
        c->shape = (struct omni_column){
            .size = sizeof c->shape, .type = fields[i].type, .name = fields[i].name};
        c->valid = xcalloc(b->max_rows / 8 + 1, 1);
        if (fields[i].type == OMNI_TEXT)
            c->offsets = xcalloc((size_t)b->max_rows + 1, sizeof *c->offsets);
        else
            c->values = xcalloc(b->max_rows, type_width(fields[i].type));
        c->text = BUF_INIT(INT32_MAX);
        b->shapes[i] = &c->shape;
        b->views[i] = &c->view;
    }
    return b;
}

void batch_free(struct batch *b)
{
    if (!b)
        return;
    for (uint32_t i = 0; i < b->n; i++) {
        free(b->columns[i].valid);
        free(b->columns[i].values);
        free(b->columns[i].offsets);
        buf_free(&b->columns[i].text);
    }
    free(b->columns);
    free(b->shapes);
    free(b->views);
    free(b);
}

const struct omni_column *const *batch_columns(const struct batch *b)
{
    return b->shapes;
}

bool batch_is_full(const struct batch *b)
{
    return b->rows == b->max_rows || (b->rows && b->has_long_text);
}

void batch_clear(struct batch *b)
{
    b->rows = 0;
    b->has_long_text = false;
    for (uint32_t i = 0; i < b->n; i++) {
        struct batch_column *c = &b->columns[i];
        memset(c->valid, 0, b->max_rows / 8 + 1);
        c->nulls = 0;
        /* One row with a huge text must not keep its memory for the rest of the run. */
        if (c->text.cap > 2 * BATCH_TEXT)
            buf_free(&c->text);
        buf_clear(&c->text);
    }
}

/* ---- one value ---- */

static omni_status wrong_value(const struct batch_column *c, sqlite3_stmt *stmt, int i,
                               struct err *err)
{
    const char *shown = (const char *)sqlite3_column_text(stmt, i);
    return err_set(err, OMNI_E_DATA, "column \"%s\" holds \"%.60s\", which is not of type %s",
                   c->shape.name, shown ? shown : "", schema_type_name(c->shape.type));
}

static void put_int(struct batch_column *c, uint32_t row, int64_t value)
{
    if (c->shape.type == OMNI_BOOL)
        ((uint8_t *)c->values)[row] = (uint8_t)value;
    else if (c->shape.type == OMNI_DATE)
        ((int32_t *)c->values)[row] = (int32_t)value;
    else
        ((int64_t *)c->values)[row] = value;
}

static bool add_number(struct batch_column *c, uint32_t row, sqlite3_stmt *stmt, int i)
{
    int kind = sqlite3_column_type(stmt, i);
    if (c->shape.type == OMNI_REAL) {
        if (kind != SQLITE_FLOAT && kind != SQLITE_INTEGER)
            return false;
        ((double *)c->values)[row] = sqlite3_column_double(stmt, i);
        return true;
    }
    int64_t value = sqlite3_column_int64(stmt, i);
    if (kind != SQLITE_INTEGER || (c->shape.type == OMNI_BOOL && value != 0 && value != 1))
        return false;
    put_int(c, row, value);
    return true;
}

static bool add_day_or_time(struct batch_column *c, uint32_t row, sqlite3_stmt *stmt, int i)
{
    if (sqlite3_column_type(stmt, i) != SQLITE_TEXT)
        return false;
    const char *s = (const char *)sqlite3_column_text(stmt, i);
    size_t n = (size_t)sqlite3_column_bytes(stmt, i);
    int32_t day = 0;
    if (c->shape.type == OMNI_DATE) {
        if (!day_parse_iso(s, n, &day))
            return false;
        put_int(c, row, day);
        return true;
    }
    struct day_clock clock;
    if (!day_parse_time(s, n, &clock))
        return false;
    int64_t east = clock.offset_known ? clock.offset * TIME_SECOND : 0;
    put_int(c, row, clock.day * TIME_DAY + clock.micros - east);
    return true;
}

static bool add_text(struct batch *b, struct batch_column *c, sqlite3_stmt *stmt, int i)
{
    if (sqlite3_column_type(stmt, i) == SQLITE_BLOB)
        return false;
    const unsigned char *s = sqlite3_column_text(stmt, i);
    if (!s || !buf_add(&c->text, s, (size_t)sqlite3_column_bytes(stmt, i)))
        return false;
    b->has_long_text = b->has_long_text || c->text.len >= BATCH_TEXT;
    return true;
}

static bool add_value(struct batch *b, struct batch_column *c, sqlite3_stmt *stmt, int i)
{
    switch (c->shape.type) {
    case OMNI_TEXT:
        return add_text(b, c, stmt, i);
    case OMNI_DATE:
    case OMNI_TIME:
        return add_day_or_time(c, b->rows, stmt, i);
    default:
        return add_number(c, b->rows, stmt, i);
    }
}

omni_status batch_add(struct batch *b, sqlite3_stmt *stmt, struct err *err)
{
    for (uint32_t i = 0; i < b->n; i++) {
        struct batch_column *c = &b->columns[i];
        if (sqlite3_column_type(stmt, (int)i) == SQLITE_NULL) {
            c->nulls++;
            if (c->values)
                memset((char *)c->values + b->rows * type_width(c->shape.type), 0,
                       type_width(c->shape.type));
        } else {
            if (!add_value(b, c, stmt, (int)i))
                return wrong_value(c, stmt, (int)i, err);
            c->valid[b->rows / 8] |= (uint8_t)(1U << (b->rows % 8));
        }
        if (c->offsets)
            c->offsets[b->rows + 1] = (int32_t)c->text.len;
    }
    b->rows++;
    return OMNI_OK;
}

const struct omni_batch *batch_view(struct batch *b)
{
    for (uint32_t i = 0; i < b->n; i++) {
        struct batch_column *c = &b->columns[i];
        c->view = c->shape;
        c->view.valid = c->nulls ? c->valid : NULL;
        c->view.values = c->offsets ? (const void *)buf_text(&c->text) : c->values;
        c->view.offsets = c->offsets;
    }
    b->out = (struct omni_batch){
        .size = sizeof b->out, .n_columns = b->n, .n_rows = b->rows, .columns = b->views};
    return &b->out;
}
