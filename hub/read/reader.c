/* SPDX-License-Identifier: Apache-2.0
 * The reader as its users see it: formats, limits, and the bytes between two calls. */
#include <config.h>

#include "read/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "read/input.h"

enum {
    READER_RECORD_MAX = 16 * 1024 * 1024,
    READER_ENVELOPE_MAX = 1024 * 1024,
    READER_DEPTH_MAX = 64,
    READER_DEPTH_LIMIT = 1000, /* the descent recurses */
    READER_EXCERPT = 40,
    READER_STEP = 512 /* least to add to an item that is not whole */
};

static omni_status check_spec(struct reader_spec *spec, struct err *err)
{
    if (spec->max_record == 0)
        spec->max_record = READER_RECORD_MAX;
    if (spec->max_envelope == 0)
        spec->max_envelope = READER_ENVELOPE_MAX;
    if (spec->max_depth == 0)
        spec->max_depth = READER_DEPTH_MAX;
    if (spec->max_record > INT32_MAX || spec->max_envelope > INT32_MAX ||
        spec->max_depth > READER_DEPTH_LIMIT)
        return err_set(err, OMNI_E_CONFIG, "reader: limit too large");
    if (spec->format > OMNI_FORMAT_CSV)
        return err_set(err, OMNI_E_CONFIG, "reader: unknown format %u", spec->format);
    return OMNI_OK;
}

struct reader *reader_new(const struct reader_spec *spec, struct err *err)
{
    static const struct format *const formats[] = {&format_json, &format_ndjson, &format_csv};
    struct reader *r = xcalloc(1, sizeof *r);
    r->spec = *spec;
    r->tail = BUF_INIT(SIZE_MAX / 4);
    if (check_spec(&r->spec, err) != OMNI_OK) {
        free(r);
        return NULL;
    }
    if (recode_new(spec->format_options, &r->recode, err) != OMNI_OK) {
        free(r);
        return NULL;
    }
    r->format = formats[spec->format];
    r->record.calls = &r->spec.calls;
    r->record.scan.max_depth = r->spec.max_depth;
    if (!r->format->begin(r, err)) {
        reader_free(r);
        return NULL;
    }
    reader_reset(r);
    return r;
}

void reader_free(struct reader *r)
{
    if (!r)
        return;
    r->format->end(r);
    recode_free(r->recode);
    plan_free(r->record.plan);
    scratch_free(&r->record.scan.scratch);
    buf_free(&r->tail);
    free(r);
}

void reader_reset(struct reader *r)
{
    buf_clear(&r->tail);
    recode_reset(r->recode);
    r->need = 0;
    r->is_begun = r->is_over = false;
    r->line = 1;
    r->n_records = 0;
    r->max_item = r->spec.max_record;
    r->record.base_offset = 0;
    r->record.n_rows = 0;
    r->record.where = (struct read_where){0};
    r->format->reset(r);
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* The bytes at a fault, for a person: no control characters, whole characters only; where they are
 * no UTF-8, those of ASCII. */
static size_t excerpt(const char *at, const char *end, char out[READER_EXCERPT + 1])
{
    size_t n = (size_t)(end - at);
    if (n > READER_EXCERPT)
        n = READER_EXCERPT;
    if (n < (size_t)(end - at)) {
        while (n > 0 && is_continuation(at[n]))
            n--;
    }
    bool is_utf8 = text_is_utf8(at, n);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)at[i];
        out[i] = c < 0x20 || c == 0x7F || (c >= 0x80 && !is_utf8) ? '.' : at[i];
    }
    out[n] = '\0';
    return n;
}

/* What scan found, as the caller's error. */
static omni_status give_up(struct reader *r, struct err *err)
{
    const struct scan *s = &r->record.scan;
    r->is_over = true;
    if (s->fault == SCAN_STOP)
        return s->status;
    char near[READER_EXCERPT + 1];
    unsigned long long at = input_offset(r, s->at);
    if (excerpt(s->at, s->end, near) > 0)
        return err_set(err, OMNI_E_DATA, "byte %llu of the reply: %s, near %s", at, s->message,
                       near);
    return err_set(err, OMNI_E_DATA, "byte %llu of the reply: %s", at, s->message);
}

/* Strips one byte order mark. NULL: it cannot be told yet. */
static const char *skip_mark(struct reader *r, const char *p)
{
    static const char mark[] = "\xEF\xBB\xBF";
    size_t n = (size_t)(r->record.scan.end - p);
    if (r->is_begun)
        return p;
    if (n < 3 && memcmp(p, mark, n) == 0 && !r->record.scan.is_last)
        return NULL;
    r->is_begun = true;
    return n >= 3 && memcmp(p, mark, 3) == 0 ? p + 3 : p;
}

/* Lets the format read from these bytes; *used: how many are done with. */
static omni_status run(struct reader *r, const char *p, size_t n, size_t *used, struct err *err)
{
    struct record *record = &r->record;
    record->base = p;
    record->err = err;
    record->scan.end = p + n;
    *used = 0;
    const char *from = skip_mark(r, p);
    if (!from)
        return OMNI_OK;
    const char *end = r->format->read(r, from);
    if (!end)
        return give_up(r, err);
    *used = (size_t)(end - p);
    size_t left = n - *used;
    if (left > r->max_item) {
        scan_fail(&record->scan, end, "more than %zu bytes in one piece", r->max_item);
        return give_up(r, err);
    }
    /* Trying again with every byte would cost the square of a record's size. */
    r->need = 2 * left < r->max_item ? 2 * left : r->max_item + 1;
    record->base_offset += *used;
    return OMNI_OK;
}

/* Completes the item in the tail with bytes from the caller until the tail is done with; returns
 * through *n and *bytes what the tail did not need. */
static omni_status run_tail(struct reader *r, const char **bytes, size_t *n, struct err *err)
{
    while (r->tail.len > 0 && *n > 0) {
        size_t old = r->tail.len, used = 0;
        size_t more = r->need > old + READER_STEP ? r->need - old : READER_STEP;
        if (more > *n)
            more = *n;
        buf_add(&r->tail, *bytes, more);
        *bytes += more;
        *n -= more;
        if (r->tail.len < r->need)
            return OMNI_OK;
        omni_status status = run(r, r->tail.data, r->tail.len, &used, err);
        if (status != OMNI_OK)
            return status;
        if (used >= old) {
            /* The rest lies in the caller's bytes as well: no need to copy more. */
            *bytes -= r->tail.len - used;
            *n += r->tail.len - used;
            buf_clear(&r->tail);
        } else {
            buf_drop(&r->tail, used);
        }
    }
    return OMNI_OK;
}

static omni_status feed_utf8(void *ctx, const void *bytes, size_t n, struct err *err)
{
    struct reader *r = ctx;
    const char *p = bytes;
    size_t used = 0;
    omni_status status = run_tail(r, &p, &n, err);
    if (status != OMNI_OK || n == 0)
        return status;
    status = run(r, p, n, &used, err);
    if (status == OMNI_OK && used < n)
        buf_add(&r->tail, p + used, n - used);
    return status;
}

omni_status reader_feed(struct reader *r, const void *bytes, size_t n, struct err *err)
{
    if (r->is_over)
        return err_set(err, OMNI_E_BUG, "reader fed after its end");
    const struct recode_out out = {r, feed_utf8};
    return r->recode ? recode_feed(r->recode, bytes, n, &out, err) : feed_utf8(r, bytes, n, err);
}

omni_status reader_finish(struct reader *r, struct err *err)
{
    if (r->is_over)
        return err_set(err, OMNI_E_BUG, "reader finished after its end");
    const struct recode_out out = {r, feed_utf8};
    if (r->recode && recode_finish(r->recode, &out, err) != OMNI_OK)
        return err->status;
    struct scan *s = &r->record.scan;
    size_t used = 0;
    s->is_last = true;
    omni_status status = run(r, r->tail.data ? r->tail.data : "", r->tail.len, &used, err);
    if (status == OMNI_OK) {
        r->record.base = s->end;
        if (!r->format->finish(r))
            status = give_up(r, err);
    }
    s->is_last = false;
    r->is_over = true;
    return status;
}

uint64_t reader_records(const struct reader *r)
{
    return r->record.n_rows;
}

omni_status reader_check_path(const char *path, struct err *err)
{
    struct arena *arena = arena_new();
    struct path parsed;
    bool is_good = path_parse(arena, path, &parsed, err);
    arena_free(arena);
    return is_good ? OMNI_OK : OMNI_E_CONFIG;
}

bool input_bad(struct reader *r, const char *raw, size_t len)
{
    struct scan *s = &r->record.scan;
    const struct reader_calls *calls = r->record.calls;
    if (s->fault == SCAN_STOP || !calls->bad)
        return false;
    char reason[SCAN_MESSAGE + 32];
    size_t column = (size_t)(s->at - raw) + 1;
    snprintf(reason, sizeof reason, "column %zu: %s", column, s->message);
    omni_status status = calls->bad(calls->ctx, &r->record.where, reason, raw, len, r->record.err);
    if (status == OMNI_OK)
        return true;
    s->fault = SCAN_STOP;
    s->status = status;
    return false;
}
