/* SPDX-License-Identifier: Apache-2.0
 * The way of a row in the job: reply → reader → normalizer → spool, for a stream and its parts;
 * what was rejected on the way. */
#include <config.h>

#include "run/pipeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

enum { SPOOL_MEMORY = 1024 * 1024, REJECT_RAW = 2000, REJECTS_PER_MILLION = 1000000 };
/* Where records lie in batches, a batch is read as a whole: Google Ads puts 10,000 rows into one.
 */
enum { RECORD_MAX = 64 * 1024 * 1024 };
enum { QUALITY_MAX = 600 }; /* every row carries them */

/* ---- rejects ---- */

static void rejects_cut(struct pipeline *in, size_t to)
{
    while (in->n_rejects > to) {
        struct pipeline_reject *r = &in->rejects[--in->n_rejects];
        free(r->where);
        free(r->reason);
        free(r->raw);
        *r = (struct pipeline_reject){0};
    }
}

static void reject_add(struct pipeline *in, const struct read_where *where, const char *reason,
                       const char *raw, size_t len)
{
    in->rejected++;
    if (in->n_rejects == PIPELINE_REJECTS)
        return;
    const char *name = in->name ? in->name : "reply";
    struct pipeline_reject *r = &in->rejects[in->n_rejects++];
    r->where = where->line ? xasprintf("%s:%" PRIu64, name, where->line)
                           : xasprintf("%s: record %" PRIu64, name, where->record);
    r->reason = xstrdup(reason);
    r->raw_len = len < REJECT_RAW ? len : REJECT_RAW;
    r->raw = xstrndup(raw ? raw : "", raw ? r->raw_len : 0);
}

/* ---- pages that come again ---- */

static uint64_t key_hash(const struct schema_dataset *dataset, const struct omni_cell *cells)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < dataset->n_keys; i++) {
        const struct omni_cell *c = &cells[i];
        const unsigned char *bytes = (const void *)(c->type == OMNI_TEXT ? c->v.s : (char *)&c->v);
        size_t len = c->type == OMNI_TEXT ? c->len : sizeof c->v;
        hash = (hash ^ c->type) * UINT64_C(1099511628211);
        for (size_t k = 0; k < len; k++)
            hash = (hash ^ bytes[k]) * UINT64_C(1099511628211);
    }
    return hash | 1;
}

/* An API that takes no notice of page or offset sends its first page for ever. */
static omni_status check_first_row(struct pipeline *in, const struct omni_cell *cells,
                                   struct err *err)
{
    if (in->first_key || in->name || in->streams[0]->sync == OMNI_CURSOR)
        return OMNI_OK;
    in->first_key = key_hash(in->datasets[0], cells);
    return in->first_key != in->last_first_key
               ? OMNI_OK
               : err_set(err, OMNI_E_DATA,
                         "a page begins with the same row as the page before: the platform sends "
                         "one page again and again");
}

/* ---- what the reader calls ---- */

/* "till.csv:3" for fields that ask for the record's place. */
static void put_places(struct pipeline *in, uint32_t stream, struct read_value *values,
                       const struct read_where *where)
{
    const char *slash = in->name ? strrchr(in->name, '/') : NULL;
    const char *base = slash ? slash + 1 : in->name ? in->name : "reply";
    const struct omni_field *const *fields = in->streams[stream]->fields;
    for (size_t i = 0; fields && fields[i]; i++) {
        if (strcmp(fields[i]->path, READER_LINE) != 0)
            continue;
        int n = snprintf(in->place, sizeof in->place, "%.200s:%" PRIu64, base,
                         where->line ? where->line : where->record);
        values[i] = (struct read_value){.kind = READ_TEXT, .len = (uint32_t)n, .s = in->place};
    }
}

/* A row of another day (OMNI_STREAM_CLIP) has no cells: it was never asked for. */
static omni_status keep_row(struct pipeline *in, uint32_t stream, const struct omni_cell *cells,
                            struct err *err)
{
    if (cells)
        return spool_add(in->spools[stream], cells, err);
    in->records -= stream == 0;
    return OMNI_OK;
}

/* A record that was read but cannot be used is kept by what its fields held: name=value, … */
static void reject_values(struct pipeline *in, uint32_t stream, const struct read_value *values,
                          const struct read_where *where, const char *reason)
{
    const struct omni_field *const *fields = in->streams[stream]->fields;
    auto_buf raw = BUF_INIT(REJECT_RAW);
    for (size_t i = 0; fields && fields[i]; i++) {
        bool has_text = values[i].kind != READ_ABSENT && values[i].s;
        if (!buf_printf(&raw, "%s%s=", i ? ", " : "", fields[i]->path) ||
            (has_text && !buf_add(&raw, values[i].s, values[i].len)))
            break; /* as much as there is room for */
    }
    reject_add(in, where, reason, raw.len ? buf_text(&raw) : NULL, raw.len);
}

static omni_status on_row(void *ctx, uint32_t stream, const struct read_value *values,
                          const struct read_where *where, struct err *err)
{
    struct pipeline *in = ctx;
    const struct omni_cell *cells = NULL;
    if (stream == 0)
        in->records++;
    if (in->wants_place[stream]) {
        memcpy(in->values, values, in->n_fields[stream] * sizeof *values);
        put_places(in, stream, in->values, where);
        values = in->values;
    }
    omni_status status = normalize_values(in->normalizers[stream], values, &cells, err);
    if (status == OMNI_OK && cells && stream == 0)
        status = check_first_row(in, cells, err);
    else if (status == OMNI_E_DATA && in->skips_bad) {
        reject_values(in, stream, values, where, err->text);
        return OMNI_OK;
    }
    if (status == OMNI_OK)
        return keep_row(in, stream, cells, err);
    err_prefix(err, "stream %s, record %" PRIu64 ": ", in->streams[stream]->name, where->record);
    return status;
}

static omni_status on_bad(void *ctx, const struct read_where *where, const char *reason,
                          const char *raw, size_t len, struct err *err)
{
    (void)err;
    struct pipeline *in = ctx;
    in->records++;
    reject_add(in, where, reason, raw, len);
    return OMNI_OK;
}

/* ---- making ---- */

static omni_status unknown_dataset(const struct schema *schema, const struct omni_stream *stream,
                                   struct err *err)
{
    size_t n = schema_count(schema);
    auto_free const char **names = xcalloc(n + 1, sizeof *names);
    for (size_t i = 0; i < n; i++)
        names[i] = schema_at(schema, i)->name;
    const char *near = text_suggest(stream->dataset, names, n);
    return err_set(err, OMNI_E_CONFIG, "stream %s: there is no dataset \"%s\"%s%s%s", stream->name,
                   stream->dataset, near ? " (did you mean \"" : "; `omnihub datasets` lists them",
                   near ? near : "", near ? "\"?)" : "");
}

static omni_status pipeline_bind(struct pipeline *in, const struct pipeline_spec *spec,
                                 const struct omni_stream *stream, struct err *err)
{
    if (in->n == PIPELINE_STREAMS)
        return err_set(err, OMNI_E_CONFIG, "stream %s: more than %d parts", spec->stream->name,
                       PIPELINE_STREAMS - 1);
    const struct schema_dataset *dataset = schema_find(spec->schema, stream->dataset);
    if (!dataset)
        return unknown_dataset(spec->schema, stream, err);
    uint32_t i = in->n;
    in->streams[i] = stream;
    in->datasets[i] = dataset;
    in->normalizers[i] = normalizer_new(dataset, stream, &spec->context, err);
    if (!in->normalizers[i])
        return err->status;
    in->spools[i] = pipeline_new_spool(in, i);
    for (; stream->fields && stream->fields[in->n_fields[i]]; in->n_fields[i]++) {
        const char *path = stream->fields[in->n_fields[i]]->path;
        in->wants_place[i] = in->wants_place[i] || (path && strcmp(path, READER_LINE) == 0);
    }
    in->values_max = in->n_fields[i] > in->values_max ? in->n_fields[i] : in->values_max;
    in->values = xrealloc(in->values, ((size_t)in->values_max + 1) * sizeof *in->values);
    in->n++;
    return OMNI_OK;
}

struct pipeline *pipeline_new(const struct pipeline_spec *spec, struct err *err)
{
    struct pipeline *in = xcalloc(1, sizeof *in);
    in->reject_max = spec->reject_max;
    in->spool_dir = xstrdup(spec->spool_dir);
    in->lacks_currency = !spec->context.currency;
    omni_status status = pipeline_bind(in, spec, spec->stream, err);
    const struct omni_stream *const *part = spec->stream->parts;
    for (; status == OMNI_OK && part && *part; part++)
        status = pipeline_bind(in, spec, *part, err);
    if (status != OMNI_OK) {
        pipeline_free(in);
        return NULL;
    }
    return in;
}

void pipeline_free(struct pipeline *in)
{
    if (!in)
        return;
    rejects_cut(in, 0);
    for (uint32_t i = 0; i < PIPELINE_STREAMS; i++) {
        normalizer_free(in->normalizers[i]);
        spool_free(in->spools[i]);
    }
    reader_free(in->reader);
    free(in->reader_key);
    free(in->values);
    free(in->quality);
    free(in->spool_dir);
    free(in);
}

void pipeline_clear(struct pipeline *in)
{
    for (uint32_t i = 0; i < in->n; i++)
        spool_clear(in->spools[i]);
    rejects_cut(in, 0);
    in->records = in->rejected = 0;
    in->first_key = in->last_first_key = 0;
    free(mem_take(in->quality));
}

/* ---- one reply ---- */

omni_status pipeline_open(struct pipeline *in, const struct omni_http *http, const char *records,
                          struct err *err)
{
    auto_free char *key =
        xasprintf("%" PRIu32 "|%s|%s", http->format,
                  http->format_options ? http->format_options : "", records ? records : "");
    in->last_first_key = in->first_key ? in->first_key : in->last_first_key;
    in->first_key = 0;
    in->skips_bad = http->format != OMNI_FORMAT_JSON;
    for (uint32_t i = 0; i < in->n; i++)
        in->marks[i] = spool_mark(in->spools[i]);
    in->records_mark = in->records;
    in->rejected_mark = in->rejected;
    if (in->reader && strcmp(key, in->reader_key) == 0) {
        reader_reset(in->reader);
        return OMNI_OK;
    }
    reader_free(mem_take(in->reader));
    free(mem_take(in->reader_key));
    struct reader_spec spec = {.format = http->format,
                               .format_options = http->format_options,
                               .records = records,
                               .stream = in->streams[0],
                               .max_record = RECORD_MAX,
                               .calls = {.ctx = in, .row = on_row, .bad = on_bad}};
    in->reader = reader_new(&spec, err);
    if (!in->reader)
        return err->status;
    in->reader_key = mem_take(key);
    return OMNI_OK;
}

omni_status pipeline_rewind(struct pipeline *in, struct err *err)
{
    omni_status status = OMNI_OK;
    for (uint32_t i = 0; i < in->n && status == OMNI_OK; i++)
        status = spool_rewind_to(in->spools[i], in->marks[i], err);
    in->first_key = 0;
    in->records = in->records_mark;
    in->rejected = in->rejected_mark;
    rejects_cut(in, in->rejected < PIPELINE_REJECTS ? (size_t)in->rejected : PIPELINE_REJECTS);
    reader_reset(in->reader);
    return status;
}

omni_status pipeline_bytes(struct pipeline *in, const void *bytes, size_t n, struct err *err)
{
    return reader_feed(in->reader, bytes, n, err);
}

omni_status pipeline_end(struct pipeline *in, struct err *err)
{
    return reader_finish(in->reader, err);
}

omni_status pipeline_row(struct pipeline *in, uint32_t part, const struct omni_cell *given,
                         uint32_t n, struct err *err)
{
    const struct omni_cell *cells = NULL;
    if (part >= in->n)
        return err_set(err, OMNI_E_BUG,
                       "row() for part %" PRIu32 " of stream %s, which has %" PRIu32, part,
                       in->streams[0]->name, in->n - 1);
    if (part == 0)
        in->records++;
    omni_status status = normalize_cells(in->normalizers[part], given, n, &cells, err);
    if (status != OMNI_OK) {
        err_prefix(err, "stream %s, row %" PRIu64 ": ", in->streams[part]->name, in->records);
        return status;
    }
    return keep_row(in, part, cells, err);
}

static omni_status add_flag(struct pipeline *in, const char *flag, size_t n, struct err *err)
{
    const char *flags = in->quality ? in->quality : "";
    if (n == 0 || text_in_list(flag, n, flags, ","))
        return OMNI_OK;
    if (strlen(flags) + n > QUALITY_MAX)
        return err_set(err, OMNI_E_BUG, "quality(): flags of more than %d bytes", QUALITY_MAX);
    char *joined = xasprintf("%s%s%.*s", flags, *flags ? "," : "", (int)n, flag);
    free(in->quality);
    in->quality = joined;
    return OMNI_OK;
}

omni_status pipeline_add_quality(struct pipeline *in, const char *flags, struct err *err)
{
    omni_status status = OMNI_OK;
    for (const char *p = flags; *p && status == OMNI_OK;) {
        size_t n = strcspn(p, ",");
        status = add_flag(in, p, n, err);
        p += n + (p[n] == ',');
    }
    return status;
}

omni_status pipeline_finish(struct pipeline *in, struct err *err)
{
    if (in->rejected &&
        (__int128)in->rejected * REJECTS_PER_MILLION > (__int128)in->reject_max * in->records)
        return err_set(err, OMNI_E_DATA,
                       "%" PRIu64 " of %" PRIu64 " records cannot be read, more than reject_max "
                       "allows; the first: %s: %s",
                       in->rejected, in->records, in->rejects[0].where, in->rejects[0].reason);
    for (uint32_t i = 0; i < in->n; i++) {
        omni_status status =
            spool_rows(in->spools[i]) ? normalize_finish(in->normalizers[i], err) : OMNI_OK;
        if (status != OMNI_OK)
            return status;
    }
    return OMNI_OK;
}

static int currency_column(const struct schema_dataset *dataset)
{
    for (size_t i = 0; i < dataset->n_columns; i++)
        if (strcmp(dataset->columns[i].fill, "currency") == 0)
            return (int)i;
    return -1;
}

static omni_status fill_spool(struct spool *from, struct spool *to, const struct omni_cell *value,
                              int column, uint32_t n_cells, struct err *err)
{
    auto_free struct omni_cell *row = xcalloc(n_cells, sizeof *row);
    const struct omni_cell *cells = NULL;
    omni_status status = spool_first(from, err);
    for (;;) {
        if (status == OMNI_OK)
            status = spool_next(from, &cells, err);
        if (status != OMNI_OK || !cells)
            return status;
        memcpy(row, cells, n_cells * sizeof *row);
        if (row[column].type == OMNI_NULL)
            row[column] = *value;
        status = spool_add(to, row, err);
    }
}

omni_status pipeline_fill_currency(struct pipeline *in, const char *currency, struct err *err)
{
    if (!in->lacks_currency)
        return OMNI_OK;
    struct omni_cell value = {
        .type = OMNI_TEXT, .len = (uint32_t)strlen(currency), .v.s = currency};
    for (uint32_t i = 0; i < in->n; i++) {
        int column = currency_column(in->datasets[i]);
        if (column < 0 || spool_rows(in->spools[i]) == 0)
            continue;
        uint32_t n_cells = (uint32_t)in->datasets[i]->n_columns + 1;
        struct spool *filled = pipeline_new_spool(in, i);
        omni_status status = fill_spool(in->spools[i], filled, &value, column, n_cells, err);
        spool_free(status == OMNI_OK ? in->spools[i] : filled);
        if (status != OMNI_OK)
            return status;
        in->spools[i] = filled;
    }
    in->lacks_currency = false;
    return OMNI_OK;
}

struct spool *pipeline_new_spool(const struct pipeline *in, uint32_t i)
{
    return spool_new(in->spool_dir, (uint32_t)in->datasets[i]->n_columns + 1, SPOOL_MEMORY);
}

void pipeline_swap_spools(struct pipeline *in, struct spool **spools)
{
    for (uint32_t i = 0; i < in->n; i++) {
        struct spool *full = in->spools[i];
        in->spools[i] = spools[i];
        spools[i] = full;
    }
}

uint64_t pipeline_rows(const struct pipeline *in)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < in->n; i++)
        n += spool_rows(in->spools[i]);
    return n;
}
