/* SPDX-License-Identifier: Apache-2.0
 * Rows: vendor fields → the dataset's columns, checked. */
#include <config.h>

#include "normalize/normalize.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/exact.h"
#include "base/text.h"
#include "normalize/internal.h"

enum { SHOWN_MAX = 60 };

/* ---- messages ---- */

omni_status normalize_refuse(const struct binding *b, const struct schema_dataset *d,
                             const char *value, size_t len, const char *why, struct err *err)
{
    auto_buf shown = BUF_INIT(SHOWN_MAX * 8);
    text_add_json(&shown, value, len < SHOWN_MAX ? len : SHOWN_MAX);
    return err_set(err, OMNI_E_DATA, "field \"%s\" (%s%s): %s%s %s", b->field->path,
                   b->column < 0 ? "extra" : "column ",
                   b->column < 0 ? "" : d->columns[b->column].name, buf_text(&shown),
                   len > SHOWN_MAX ? "…" : "", why);
}

static omni_status refuse_null(const struct normalizer *n, const struct binding *b, struct err *err)
{
    return err_set(err, OMNI_E_DATA, "field \"%s\" (column %s): a key has no value", b->field->path,
                   b->column < 0 ? "-" : n->dataset->columns[b->column].name);
}

/* ---- one field ---- */

/* "|-" and "" name the empty text too. */
static bool names_empty(const char *nulls)
{
    return *nulls == '\0' || *nulls == '|' || strstr(nulls, "||") || text_ends(nulls, "|");
}

static bool is_null_text(const struct omni_field *f, const struct read_value *v)
{
    if (!f->nulls || (v->kind != READ_TEXT && v->kind != READ_NUMBER))
        return false;
    return v->len ? text_in_list(v->s, v->len, f->nulls, "|") : names_empty(f->nulls);
}

static bool is_nothing(const struct read_value *v)
{
    return v->kind == READ_ABSENT || v->kind == READ_NULL || (v->kind == READ_TEXT && v->len == 0);
}

static bool may_be_zero(uint32_t type)
{
    return type == OMNI_INT || type == OMNI_MICROS || type == OMNI_REAL || type == OMNI_BOOL;
}

static struct omni_cell *cell_of(struct normalizer *n, struct binding *b)
{
    return b->column < 0 ? &b->cell : &n->cells[b->column];
}

/* Decimals of the row's currency; -1: not known. */
static int row_decimals(const struct normalizer *n)
{
    const struct omni_cell *c = n->currency < 0 ? NULL : &n->cells[n->currency];
    if (c && c->type == OMNI_TEXT)
        return exact_currency_decimals(c->v.s, c->len);
    return exact_currency_decimals(n->account_currency, strlen(n->account_currency));
}

static bool is_key(const struct normalizer *n, const struct binding *b)
{
    return b->column >= 0 && (size_t)b->column < n->dataset->n_keys;
}

/* Why the value cannot be what its column holds; NULL: it is in *cell. */
static const char *to_cell(struct normalizer *n, struct binding *b, const struct read_value *v,
                           struct omni_cell *cell)
{
    const struct omni_field *f = b->field;
    bool is_zero = is_nothing(v) && f->flags & OMNI_ZERO_IF_ABSENT && may_be_zero(b->convert.type);
    *cell = (struct omni_cell){.type = is_zero ? b->convert.type : OMNI_NULL};
    if (is_zero || is_null_text(f, v))
        return NULL;
    /* Descriptive columns keep a tree as its JSON text; in a key it is another thing than it was.
     */
    if (v->kind == READ_TREE && is_key(n, b))
        return "is not a single value";
    int decimals = f->unit == OMNI_UNIT_MINOR ? row_decimals(n) : 0;
    const char *why = convert_value(&b->convert, v, decimals < 0 ? 0 : decimals, b->room, cell);
    if (!why && decimals < 0 && cell->type != OMNI_NULL)
        return "is in minor units, but the row's currency is not known";
    return why;
}

static omni_status take_value(struct normalizer *n, struct binding *b, const struct read_value *v,
                              struct err *err)
{
    struct omni_cell *cell = cell_of(n, b), before = *cell;
    const char *why = to_cell(n, b, v, cell);
    if (why)
        return normalize_refuse(b, n->dataset, v->s, v->s ? v->len : 0, why, err);
    if (cell->type == OMNI_NULL && b->field->flags & OMNI_KEY)
        return refuse_null(n, b, err);
    /* A field without a value leaves what the hub knows itself (the account) in place. */
    if (cell->type == OMNI_NULL && b->column >= 0)
        *cell = before;
    return OMNI_OK;
}

/* ---- what the hub fills in ---- */

static const char *memo_channel(struct normalizer *n)
{
    const char *texts[CHANNEL_INPUTS];
    size_t starts[CHANNEL_INPUTS];
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    buf_clear(&n->key);
    for (size_t i = 0; i < CHANNEL_INPUTS; i++) {
        const struct omni_cell *c = n->channel_from[i] < 0 ? NULL : &n->cells[n->channel_from[i]];
        starts[i] = n->key.len;
        /* Texts that do not fit match no rule, instead of a wrong one. */
        if (c && c->type == OMNI_TEXT)
            buf_add(&n->key, c->v.s, c->len);
        buf_addc(&n->key, '\0');
    }
    for (size_t i = 0; i < n->key.len; i++)
        hash = (hash ^ (unsigned char)n->key.data[i]) * UINT64_C(1099511628211);
    struct memo *m = &n->memo[hash % MEMO_SLOTS];
    if (m->key && m->hash == hash && m->len == n->key.len &&
        memcmp(m->key, n->key.data, m->len) == 0)
        return m->channel;
    for (size_t i = 0; i < CHANNEL_INPUTS; i++)
        texts[i] = starts[i] < n->key.len ? n->key.data + starts[i] : "";
    const struct channel_input input = {texts[0], texts[1], texts[2], n->context.connector,
                                        n->context.plugin};
    free(m->key);
    m->key = xmalloc(n->key.len + 1);
    memcpy(m->key, n->key.data, n->key.len);
    m->len = n->key.len;
    m->hash = hash;
    m->channel = channel_of(n->context.channels, &input);
    return m->channel;
}

static int32_t local_day(const struct normalizer *n, int64_t micros)
{
    const struct zone *zone = normalizer_zone(n);
    if (zone)
        return zone_day(zone, micros);
    return (int32_t)(micros / TIME_DAY - (micros % TIME_DAY < 0));
}

static void fill_in(struct normalizer *n, const struct fill *f)
{
    struct omni_cell *c = &n->cells[f->column];
    if (c->type != OMNI_NULL && !(c->type == OMNI_TEXT && c->len == 0))
        return;
    if (f->kind == FILL_CHANNEL) {
        const char *channel = memo_channel(n);
        *c =
            (struct omni_cell){.type = OMNI_TEXT, .len = (uint32_t)strlen(channel), .v.s = channel};
    } else if (f->kind == FILL_TODAY) {
        *c = (struct omni_cell){.type = OMNI_DATE, .v.i = local_day(n, n->now)};
    } else if (n->cells[f->from].type == OMNI_TIME) {
        *c = (struct omni_cell){.type = OMNI_DATE, .v.i = local_day(n, n->cells[f->from].v.i)};
    }
}

static void fill_currency(struct normalizer *n)
{
    if (n->currency < 0 || n->cells[n->currency].type != OMNI_NULL || !*n->account_currency)
        return;
    n->cells[n->currency] =
        (struct omni_cell){.type = OMNI_TEXT, .len = 3, .v.s = n->account_currency};
}

/* ---- extra ---- */

static bool add_json_value(struct buf *b, const struct omni_cell *c)
{
    char text[TIME_TEXT];
    switch (c->type) {
    case OMNI_BOOL:
        return buf_adds(b, c->v.i ? "true" : "false");
    case OMNI_INT:
        return buf_printf(b, "%" PRId64, c->v.i);
    case OMNI_REAL:
        return buf_printf(b, "%.17g", c->v.r);
    case OMNI_MICROS:
        return buf_adds(b, exact_print(c->v.i, text));
    case OMNI_DATE:
        return buf_printf(b, "\"%s\"", day_print((int32_t)c->v.i, text));
    case OMNI_TIME:
        return buf_printf(b, "\"%s\"", day_print_time(c->v.i, text));
    default:
        return text_add_json(b, c->v.s, c->len);
    }
}

static omni_status write_extra(struct normalizer *n, struct err *err)
{
    struct buf *b = &n->extra_text;
    buf_clear(b);
    bool fits = true;
    for (size_t i = 0; i < n->n_extra; i++) {
        const struct binding *x = n->extra[i];
        if (x->cell.type == OMNI_NULL)
            continue;
        fits = fits && buf_addc(b, b->len ? ',' : '{') && buf_adds(b, x->name) &&
               add_json_value(b, &x->cell);
    }
    if (b->len == 0)
        return OMNI_OK;
    if (!fits || !buf_addc(b, '}'))
        return err_set(err, OMNI_E_DATA, "the fields kept in extra are larger than %zu bytes",
                       b->max);
    n->cells[n->dataset->n_columns] =
        (struct omni_cell){.type = OMNI_TEXT, .len = (uint32_t)b->len, .v.s = b->data};
    return OMNI_OK;
}

/* ---- the row ---- */

/* The time that a row's day is taken from, NULL where the row has the day itself. */
static const char *day_comes_from(const struct normalizer *n)
{
    for (size_t i = 0; i < n->n_bindings; i++)
        if (n->bindings[i].column == n->dataset->day)
            return NULL;
    for (size_t i = 0; i < n->n_fills; i++)
        if (n->fills[i].kind == FILL_DAY && n->fills[i].column == n->dataset->day)
            return n->dataset->columns[n->fills[i].from].name;
    return NULL;
}

/* CANCELLED: not of this window, and the stream said that such rows come along. */
static omni_status check_day(const struct normalizer *n, struct err *err)
{
    const struct normalize_context *c = &n->context;
    const struct omni_cell *day = n->dataset->day < 0 ? NULL : &n->cells[n->dataset->day];
    if (!day || day->type == OMNI_NULL || c->from_day > c->to_day ||
        (day->v.i >= c->from_day && day->v.i <= c->to_day))
        return OMNI_OK;
    if (n->stream->flags & OMNI_STREAM_CLIP)
        return OMNI_E_CANCELLED;
    char date[DAY_TEXT], from[DAY_TEXT], to[DAY_TEXT];
    const char *time = day_comes_from(n);
    return err_set(err, OMNI_E_DATA, "column %s: %s%s%s%s is outside of the window %s to %s",
                   n->dataset->columns[n->dataset->day].name, day_print((int32_t)day->v.i, date),
                   time ? " (the day of " : "", time ? time : "",
                   time ? (n->own_zone ? " in the stream's zone)" : " in the account's zone)") : "",
                   day_print(c->from_day, from), day_print(c->to_day, to));
}

/* Whether every measure of the row is null. */
static bool is_without_measures(const struct normalizer *n)
{
    for (size_t i = n->dataset->n_keys; i < n->dataset->n_columns; i++)
        if (n->dataset->columns[i].agg != AGG_ATTR && n->cells[i].type != OMNI_NULL)
            return false;
    return true;
}

static omni_status finish_row(struct normalizer *n, const struct omni_cell **cells, struct err *err)
{
    const struct schema_dataset *d = n->dataset;
    *cells = NULL;
    if (n->stream->flags & OMNI_STREAM_SPARSE && is_without_measures(n))
        return OMNI_OK;
    fill_currency(n);
    for (size_t i = 0; i < n->n_fills; i++)
        fill_in(n, &n->fills[i]);
    for (size_t i = 0; i < d->n_columns; i++) {
        if (n->cells[i].type != OMNI_NULL)
            continue;
        /* Without its day a row could not be stored; here it is known which row it is. */
        if (d->columns[i].required || (int)i == d->day)
            return err_set(err, OMNI_E_DATA, "column %s: a row has no value for it",
                           d->columns[i].name);
        if (i < d->n_keys)
            n->cells[i] = (struct omni_cell){.type = OMNI_TEXT, .v.s = ""};
    }
    omni_status status = check_day(n, err);
    *cells = status == OMNI_OK ? n->cells : NULL;
    if (status != OMNI_OK)
        return status == OMNI_E_CANCELLED ? OMNI_OK : status;
    return n->n_extra ? write_extra(n, err) : OMNI_OK;
}

static void begin_row(struct normalizer *n)
{
    memcpy(n->cells, n->defaults, (n->dataset->n_columns + 1) * sizeof *n->cells);
    n->rows++;
}

omni_status normalize_values(struct normalizer *n, const struct read_value *values,
                             const struct omni_cell **cells, struct err *err)
{
    begin_row(n);
    for (size_t i = 0; i < n->n_bindings; i++) {
        struct binding *b = &n->bindings[i];
        const struct read_value *v = &values[b->index];
        b->seen |= v->kind != READ_ABSENT;
        if (b->wanted && take_value(n, b, v, err) != OMNI_OK)
            return OMNI_E_DATA;
    }
    return finish_row(n, cells, err);
}

static const char *check_cell(struct omni_cell *c)
{
    if (c->type == OMNI_TEXT && !c->v.s && c->len == 0)
        c->v.s = "";
    if (c->type > OMNI_MICROS || (c->type == OMNI_TEXT && !c->v.s))
        return "is not a cell";
    return convert_check(c);
}

/* Texts, and whole numbers for columns that may hold fractions, are read by the field's unit, as if
 * they had lain in the reply. False: it is what it is. */
static bool is_to_be_read(const struct binding *b, const struct omni_cell *c, char digits[24],
                          struct read_value *v)
{
    *v = (struct read_value){.kind = READ_ABSENT, .s = ""};
    if (c->type == OMNI_NULL)
        return true;
    if (c->type == OMNI_TEXT) {
        *v = (struct read_value){READ_TEXT, c->len, c->v.s};
        return true;
    }
    if (c->type != OMNI_INT || b->convert.type != OMNI_MICROS)
        return false;
    int len = snprintf(digits, 24, "%" PRId64, c->v.i);
    *v = (struct read_value){READ_NUMBER, (uint32_t)len, digits};
    return true;
}

/* A cell that a plugin made. */
static omni_status take_cell(struct normalizer *n, struct binding *b, const struct omni_cell *c,
                             struct err *err)
{
    struct omni_cell own = *c;
    struct read_value v;
    char digits[24];
    const char *why = check_cell(&own);
    bool is_text = own.type == OMNI_TEXT && own.v.s;
    if (why)
        return normalize_refuse(b, n->dataset, is_text ? own.v.s : "", is_text ? own.len : 0, why,
                                err);
    if (is_to_be_read(b, &own, digits, &v))
        return take_value(n, b, &v, err);
    if (own.type == OMNI_TIME && b->convert.type == OMNI_DATE)
        own = (struct omni_cell){.type = OMNI_DATE, .v.i = local_day(n, own.v.i)};
    if (own.type != b->convert.type)
        return err_set(err, OMNI_E_DATA, "field \"%s\": the plugin gave %s where %s is wanted",
                       b->field->path, schema_type_name(own.type),
                       schema_type_name(b->convert.type));
    *cell_of(n, b) = own;
    return OMNI_OK;
}

omni_status normalize_cells(struct normalizer *n, const struct omni_cell *given, uint32_t count,
                            const struct omni_cell **cells, struct err *err)
{
    if (count != n->n_bindings)
        return err_set(err, OMNI_E_DATA, "the plugin gave %u cells for the %zu fields of stream %s",
                       (unsigned)count, n->n_bindings, n->stream->name);
    begin_row(n);
    for (size_t i = 0; i < n->n_bindings; i++) {
        struct binding *b = &n->bindings[i];
        b->seen = true; /* a plugin that makes the rows answers for their fields */
        if (b->wanted && take_cell(n, b, &given[b->index], err) != OMNI_OK)
            return OMNI_E_DATA;
    }
    return finish_row(n, cells, err);
}

omni_status normalize_finish(const struct normalizer *n, struct err *err)
{
    for (size_t i = 0; n->rows && i < n->n_bindings; i++) {
        const struct binding *b = &n->bindings[i];
        if (!b->seen && !(b->field->flags & (OMNI_OPTIONAL | OMNI_ZERO_IF_ABSENT)))
            return err_set(err, OMNI_E_DATA,
                           "no record of stream %s has the field \"%s\": the platform may have "
                           "renamed it",
                           n->stream->name, b->field->path);
    }
    return OMNI_OK;
}
