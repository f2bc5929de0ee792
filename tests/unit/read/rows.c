/* SPDX-License-Identifier: Apache-2.0
 * Runs the reader and writes down what it says. */
#include <config.h>

#include "rows.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct notes {
    struct rows *rows;
    const struct rows_wish *wish;
    const struct omni_stream *stream;
};

void rows_free(struct rows *rows)
{
    buf_free(&rows->text);
    buf_free(&rows->envelope);
}

static void note_canonical(struct buf *out, const struct read_value *v)
{
    json_t *json = json_loadb(v->s, v->len, JSON_DECODE_ANY, NULL);
    char *text = json ? json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    buf_printf(out, "%s", text ? text : "?");
    free(text);
    json_decref(json);
}

static void note_value(struct buf *out, const struct read_value *v, bool is_canonical)
{
    static const char *const words[] = {"-", "null", "false", "true"};
    buf_addc(out, '|');
    if (v->kind <= READ_TRUE) {
        buf_adds(out, words[v->kind]);
    } else if (v->kind == READ_TEXT) {
        buf_addc(out, '\'');
        buf_add(out, v->s, v->len);
        buf_addc(out, '\'');
    } else if (is_canonical) {
        note_canonical(out, v);
    } else {
        buf_add(out, v->s, v->len);
    }
}

static omni_status on_row(void *ctx, uint32_t stream, const struct read_value *values,
                          const struct read_where *where, struct err *err)
{
    (void)err;
    struct notes *notes = ctx;
    struct buf *out = &notes->rows->text;
    const struct omni_stream *of = stream ? notes->stream->parts[stream - 1] : notes->stream;
    if (notes->wish->is_canonical)
        buf_printf(out, "%u", stream);
    else
        buf_printf(out, "%u #%llu line %llu byte %llu", stream, (unsigned long long)where->record,
                   (unsigned long long)where->line, (unsigned long long)where->offset);
    for (uint32_t i = 0; of->fields[i]; i++)
        note_value(out, &values[i], notes->wish->is_canonical);
    buf_addc(out, '\n');
    return OMNI_OK;
}

static omni_status on_bad(void *ctx, const struct read_where *where, const char *reason,
                          const char *raw, size_t len, struct err *err)
{
    (void)err;
    struct notes *notes = ctx;
    buf_printf(&notes->rows->text, "bad #%llu line %llu: %s: ", (unsigned long long)where->record,
               (unsigned long long)where->line, reason);
    buf_add(&notes->rows->text, raw, len);
    buf_addc(&notes->rows->text, '\n');
    return OMNI_OK;
}

static void on_unknown(void *ctx, uint32_t stream, const char *name, size_t len)
{
    struct notes *notes = ctx;
    buf_printf(&notes->rows->text, "unknown %u %.*s\n", stream, (int)len, name);
}

static omni_status feed(struct reader *r, const char *p, size_t n, int piece, struct err *err)
{
    uint32_t seed = (uint32_t)n * 2654435761U + 1;
    omni_status status = OMNI_OK;
    while (n > 0 && status == OMNI_OK) {
        seed = seed * 1664525U + 1013904223U;
        size_t k = piece == 0 ? n : piece > 0 ? (size_t)piece : 1 + (seed >> 8) % (size_t)-piece;
        k = k < n ? k : n;
        /* A copy of exactly this size, so that a sanitizer sees reads beyond it. */
        char *copy = xmalloc(k);
        memcpy(copy, p, k);
        status = reader_feed(r, copy, k, err);
        free(copy);
        p += k;
        n -= k;
    }
    return status == OMNI_OK ? reader_finish(r, err) : status;
}

struct rows rows_read(const struct reader_spec *spec, const struct rows_wish *wish,
                      const char *reply, size_t n, int piece)
{
    struct rows rows = {.text = BUF_INIT(ROWS_MAX), .envelope = BUF_INIT(ROWS_MAX)};
    struct notes notes = {&rows, wish, spec->stream};
    struct reader_spec mine = *spec;
    mine.calls = (struct reader_calls){&notes, on_row, wish->is_strict ? NULL : on_bad,
                                       wish->has_unknown ? on_unknown : NULL};
    struct reader *r = reader_new(&mine, &rows.err);
    if (!r) {
        rows.status = rows.err.status;
        return rows;
    }
    rows.status = feed(r, reply, n, piece, &rows.err);
    size_t len = 0;
    const char *envelope = reader_envelope(r, &len);
    buf_add(&rows.envelope, envelope, len);
    rows.records = reader_records(r);
    reader_free(r);
    return rows;
}
