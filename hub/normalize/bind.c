/* SPDX-License-Identifier: Apache-2.0
 * Binds a stream's fields and constants to a dataset's columns, once: every question that has the
 * same answer for all rows is asked here. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/exact.h"
#include "base/text.h"
#include "normalize/internal.h"

enum { EXTRA_MAX = 1 << 20, KEY_MAX = 1 << 16 };

/* Plugins may have been built with an older, shorter struct: what it lacks is 0. */
static struct omni_field *own_field(struct arena *arena, const struct omni_field *given)
{
    struct omni_field *f = arena_alloc(arena, sizeof *f);
    memcpy(f, given, given->size && given->size < sizeof *f ? given->size : sizeof *f);
    return f;
}

static const struct omni_stream *own_stream(struct arena *arena, const struct omni_stream *given)
{
    struct omni_stream *s = arena_alloc(arena, sizeof *s);
    memcpy(s, given, given->size && given->size < sizeof *s ? given->size : sizeof *s);
    return s;
}

static const char *field_name(const struct omni_field *f)
{
    return text_starts(f->path, "$.") ? f->path + 2 : f->path;
}

static bool extra_is_wanted(const struct normalizer *n, const struct omni_field *f)
{
    const char *list = n->context.extra, *name = field_name(f);
    return list && (strcmp(list, "*") == 0 || text_in_list(name, strlen(name), list, ", "));
}

/* ---- fields ---- */

const struct zone *normalizer_zone(const struct normalizer *n)
{
    return n->own_zone ? n->own_zone : n->context.zone;
}

static struct convert convert_for(const struct normalizer *n, const struct omni_field *f,
                                  const struct schema_column *c)
{
    return (struct convert){.type = c ? c->type : f->type,
                            .unit = f->unit,
                            .flags = f->flags,
                            .format = f->format,
                            .e10 = c && strcmp(c->unit, "e10") == 0,
                            .currency = c && strcmp(c->fill, "currency") == 0,
                            .zone = normalizer_zone(n)};
}

static const char *suggest_column(const struct schema_dataset *d, const char *column)
{
    const char *names[128];
    size_t count = d->n_columns < ARRAY_LEN(names) ? d->n_columns : ARRAY_LEN(names);
    for (size_t i = 0; i < count; i++)
        names[i] = d->columns[i].name;
    return text_suggest(column, names, count);
}

static omni_status bind_field(struct normalizer *n, struct binding *b, bool *fed, struct err *err)
{
    const struct schema_dataset *d = n->dataset;
    const struct omni_field *f = b->field;
    if (!f->path)
        return err_set(err, OMNI_E_CONFIG, "a field of stream %s has no path", n->stream->name);
    b->column = f->column ? schema_column(d, f->column) : -1;
    if (f->column && b->column < 0) {
        const char *meant = suggest_column(d, f->column);
        return err_set(err, OMNI_E_CONFIG, "field \"%s\": dataset %s has no column \"%s\"%s%s%s",
                       f->path, d->name, f->column, meant ? " (did you mean \"" : "",
                       meant ? meant : "", meant ? "\"?)" : "");
    }
    const struct schema_column *c = b->column >= 0 ? &d->columns[b->column] : NULL;
    b->convert = convert_for(n, f, c);
    b->wanted = c || extra_is_wanted(n, f);
    if (!convert_is_possible(&b->convert, f->type))
        return err_set(err, OMNI_E_CONFIG,
                       "field \"%s\" (type %s, unit %u) does not go into %s%s of type %s", f->path,
                       schema_type_name(f->type), (unsigned)f->unit, c ? "column " : "extra",
                       c ? c->name : "", schema_type_name(b->convert.type));
    const char *unknown = f->unit == OMNI_PATTERN ? day_pattern_unknown(f->format) : NULL;
    if (unknown)
        return err_set(
            err, OMNI_E_CONFIG,
            "field \"%s\": the format \"%s\" has \"%.2s\"; known are %%Y %%y %%m %%d %%H "
            "%%I %%p %%M %%S %%b %%j %%z",
            f->path, f->format, unknown);
    if (c && fed[b->column])
        return err_set(err, OMNI_E_CONFIG, "field \"%s\": column %s is fed twice", f->path,
                       c->name);
    if (c)
        fed[b->column] = true;
    return OMNI_OK;
}

static int minor_last(const void *a, const void *b)
{
    const struct binding *x = a, *y = b;
    int late = (x->field->unit == OMNI_UNIT_MINOR) - (y->field->unit == OMNI_UNIT_MINOR);
    return late ? late : x->index - y->index;
}

static omni_status bind_fields(struct normalizer *n, bool *fed, struct err *err)
{
    size_t count = 0;
    while (n->stream->fields && n->stream->fields[count])
        count++;
    n->bindings = xcalloc(count, sizeof *n->bindings);
    n->n_bindings = count;
    for (size_t i = 0; i < count; i++) {
        n->bindings[i].field = own_field(n->arena, n->stream->fields[i]);
        n->bindings[i].index = (int)i;
        if (bind_field(n, &n->bindings[i], fed, err) != OMNI_OK)
            return OMNI_E_CONFIG;
    }
    qsort(n->bindings, count, sizeof *n->bindings, minor_last);
    return OMNI_OK;
}

/* ---- extra ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct binding *const *)a)->name, (*(struct binding *const *)b)->name);
}

static void bind_extra(struct normalizer *n)
{
    n->extra = xcalloc(n->n_bindings, sizeof(struct binding *));
    for (size_t i = 0; i < n->n_bindings; i++) {
        struct binding *b = &n->bindings[i];
        if (b->column >= 0 || !b->wanted)
            continue;
        const char *name = field_name(b->field);
        auto_buf text = BUF_INIT(EXTRA_MAX);
        text_add_json(&text, name, strlen(name));
        buf_addc(&text, ':');
        b->name = arena_strdup(n->arena, buf_text(&text));
        n->extra[n->n_extra++] = b;
    }
    qsort(n->extra, n->n_extra, sizeof(struct binding *), by_name);
}

/* ---- constants ---- */

static void add_fill(struct normalizer *n, enum fill_kind kind, int column, int from)
{
    n->fills[n->n_fills++] = (struct fill){kind, column, from};
}

static omni_status bind_constant(struct normalizer *n, const char *text, size_t len, bool *fed,
                                 struct err *err)
{
    const char *sign = memchr(text, '=', len);
    auto_free char *name = xstrndup(text, sign ? (size_t)(sign - text) : len);
    int column = schema_column(n->dataset, name);
    if (!sign || column < 0) {
        const char *meant = suggest_column(n->dataset, name);
        return err_set(err, OMNI_E_CONFIG, "constant \"%.*s\": dataset %s has no such column%s%s%s",
                       (int)len, text, n->dataset->name, meant ? " (did you mean \"" : "",
                       meant ? meant : "", meant ? "\"?)" : "");
    }
    if (fed[column])
        return err_set(err, OMNI_E_CONFIG, "constant \"%.*s\": column %s is fed twice", (int)len,
                       text, name);
    const struct schema_column *c = &n->dataset->columns[column];
    fed[column] = true;
    if (c->type == OMNI_DATE && len - (size_t)(sign + 1 - text) == strlen("today") &&
        memcmp(sign + 1, "today", strlen("today")) == 0) {
        add_fill(n, FILL_TODAY, column, -1);
        return OMNI_OK;
    }
    const struct omni_field as_is = {.type = c->type};
    struct convert convert = convert_for(n, &as_is, c);
    size_t size = len - (size_t)(sign + 1 - text);
    struct read_value value = {READ_TEXT, (uint32_t)size, arena_strndup(n->arena, sign + 1, size)};
    const char *why =
        convert_value(&convert, &value, 0, arena_alloc(n->arena, 4), &n->defaults[column]);
    return why ? err_set(err, OMNI_E_CONFIG, "constant \"%.*s\": it %s", (int)len, text, why)
               : OMNI_OK;
}

static omni_status bind_constants(struct normalizer *n, bool *fed, struct err *err)
{
    for (const char *p = n->stream->constants; p && *p;) {
        size_t len = strcspn(p, ";");
        if (len && bind_constant(n, p, len, fed, err) != OMNI_OK)
            return OMNI_E_CONFIG;
        p += len + (p[len] == ';');
    }
    return OMNI_OK;
}

/* ---- what the hub fills in ---- */

/* Keys before attributes and days before channels do not matter: no fill depends on another. */
static void bind_fill(struct normalizer *n, int column, bool *fed)
{
    const struct schema_column *c = &n->dataset->columns[column];
    if (text_starts(c->fill, "day:")) {
        int from = schema_column(n->dataset, c->fill + 4);
        add_fill(n, FILL_DAY, column, from);
        fed[column] |= fed[from];
    } else if (strcmp(c->fill, "today") == 0) {
        add_fill(n, FILL_TODAY, column, -1);
        fed[column] = true;
    } else if (strcmp(c->fill, "channel") == 0 && n->context.channels) {
        add_fill(n, FILL_CHANNEL, column, -1);
        fed[column] = true;
    } else if (strcmp(c->fill, "currency") == 0) {
        n->currency = column;
    } else if (strcmp(c->fill, "account") == 0 && n->context.account) {
        if (n->defaults[column].type == OMNI_NULL)
            n->defaults[column] = (struct omni_cell){.type = OMNI_TEXT,
                                                     .len = (uint32_t)strlen(n->context.account),
                                                     .v.s = n->context.account};
        fed[column] = true;
    }
}

static omni_status bind_fills(struct normalizer *n, bool *fed, struct err *err)
{
    const struct schema_dataset *d = n->dataset;
    n->currency = -1;
    for (size_t i = 0; i < d->n_columns; i++)
        if (*d->columns[i].fill)
            bind_fill(n, (int)i, fed);
    for (size_t i = 0; i < d->n_columns; i++)
        if (d->columns[i].required && !fed[i])
            return err_set(err, OMNI_E_CONFIG,
                           "stream %s feeds dataset %s, but no field or constant gives its %s "
                           "\"%s\"",
                           n->stream->name, d->name,
                           d->columns[i].agg == AGG_KEY ? "key column" : "required column",
                           d->columns[i].name);
    return OMNI_OK;
}

/* Where a dataset keeps source, medium and campaign: the first of these that it has. In
 * advertising the network takes the place of the medium. */
static void bind_channel_inputs(struct normalizer *n)
{
    static const char *const names[CHANNEL_INPUTS][3] = {
        {"source_name", "utm_source", "lead_source"},
        {"medium", "utm_medium", "network"},
        {"campaign", "utm_campaign", "campaign_name"}};
    for (size_t i = 0; i < CHANNEL_INPUTS; i++) {
        n->channel_from[i] = -1;
        for (size_t j = 0; j < 3 && names[i][j] && n->channel_from[i] < 0; j++)
            n->channel_from[i] = schema_column(n->dataset, names[i][j]);
    }
}

/* ---- the whole ---- */

static void copy_context(struct normalizer *n, const struct normalize_context *c)
{
    n->context = *c;
    n->context.account = arena_strdup(n->arena, c->account);
    n->context.connector = arena_strdup(n->arena, c->connector);
    n->context.plugin = arena_strdup(n->arena, c->plugin);
    n->context.extra = arena_strdup(n->arena, c->extra);
    n->context.currency = NULL;
}

static omni_status open_own_zone(struct normalizer *n, struct err *err)
{
    const char *name = n->stream->day_zone;
    if (!name || !*name || strcmp(name, "account") == 0)
        return OMNI_OK;
    n->own_zone = zone_open(name, err);
    if (n->own_zone)
        return OMNI_OK;
    err_prefix(err, "stream %s: ", n->stream->name);
    return OMNI_E_CONFIG;
}

static omni_status bind(struct normalizer *n, struct err *err)
{
    size_t columns = n->dataset->n_columns + 1;
    n->defaults = xcalloc(columns, sizeof *n->defaults);
    n->cells = xcalloc(columns, sizeof *n->cells);
    n->fills = xcalloc(2 * columns, sizeof *n->fills); /* one of a constant, one of the schema */
    auto_free bool *fed = xcalloc(columns, sizeof *fed);
    if (open_own_zone(n, err) != OMNI_OK || bind_fields(n, fed, err) != OMNI_OK ||
        bind_constants(n, fed, err) != OMNI_OK || bind_fills(n, fed, err) != OMNI_OK)
        return OMNI_E_CONFIG;
    n->has_day = n->dataset->day < 0 || fed[n->dataset->day];
    bind_extra(n);
    bind_channel_inputs(n);
    return OMNI_OK;
}

struct normalizer *normalizer_new(const struct schema_dataset *dataset,
                                  const struct omni_stream *stream,
                                  const struct normalize_context *context, struct err *err)
{
    struct normalizer *n = xcalloc(1, sizeof *n);
    n->arena = arena_new();
    n->dataset = dataset;
    n->stream = own_stream(n->arena, stream);
    n->now = day_now();
    n->extra_text = BUF_INIT(EXTRA_MAX);
    n->key = BUF_INIT(KEY_MAX);
    copy_context(n, context);
    if (bind(n, err) != OMNI_OK) {
        normalizer_free(n);
        return NULL;
    }
    normalizer_set_account(n, context->currency, context->zone);
    return n;
}

bool normalizer_has_day(const struct normalizer *n)
{
    return n->has_day;
}

void normalizer_free(struct normalizer *n)
{
    if (!n)
        return;
    for (size_t i = 0; i < MEMO_SLOTS; i++)
        free(n->memo[i].key);
    buf_free(&n->extra_text);
    buf_free(&n->key);
    zone_free(n->own_zone);
    free(n->bindings);
    free(n->extra);
    free(n->fills);
    free(n->defaults);
    free(n->cells);
    arena_free(n->arena);
    free(n);
}

void normalizer_set_account(struct normalizer *n, const char *currency, const struct zone *zone)
{
    char code[4] = "";
    size_t len = currency ? strlen(currency) : 0;
    for (size_t i = 0; len == 3 && i < 3; i++)
        code[i] = (char)(currency[i] & ~0x20);
    /* An unknown code is as good as none: amounts keep a currency that is not known. */
    bool known = exact_currency_decimals(code, strlen(code)) >= 0;
    memcpy(n->account_currency, known ? code : "\0\0\0", 4);
    n->context.zone = zone;
    for (size_t i = 0; i < n->n_bindings; i++)
        n->bindings[i].convert.zone = normalizer_zone(n);
}

void normalizer_set_window(struct normalizer *n, int32_t from_day, int32_t to_day)
{
    n->context.from_day = from_day;
    n->context.to_day = to_day;
}
