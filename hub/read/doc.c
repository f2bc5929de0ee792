/* SPDX-License-Identifier: Apache-2.0
 * A JSON reply: what lies around the records goes, token by token, to the envelope; the records
 * are read where they lie. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "read/input.h"

enum { DOC_OFF = UINT32_MAX }; /* not on the way to the records */

enum doc_state {
    DOC_VALUE,
    DOC_FIRST_VALUE, /* or the end of the array */
    DOC_KEY,
    DOC_FIRST_KEY, /* or the end of the object */
    DOC_COLON,
    DOC_COMMA, /* or the end of what we are in */
    DOC_RECORD,
    DOC_FIRST_RECORD,
    DOC_RECORD_COMMA,
    DOC_END
};

/* An object or array around us. */
struct doc_frame {
    bool is_object, is_found; /* found: the member on the way was met */
    uint32_t matched;         /* how many steps of the way lead here; DOC_OFF */
    uint32_t index;
};

struct doc {
    enum doc_state state;
    uint32_t depth, matched; /* matched: of the value that comes next */
    bool is_barren;          /* the record just read has none of the records that lie deeper */
    struct doc_frame *frames;
    struct buf envelope;
};

static bool doc_begin(struct reader *r, struct err *err)
{
    r->doc = xcalloc(1, sizeof *r->doc);
    r->doc->frames = xcalloc(r->spec.max_depth, sizeof *r->doc->frames);
    r->doc->envelope = BUF_INIT(r->spec.max_envelope);
    r->record.plan = plan_new(&r->spec, err);
    return r->record.plan != NULL;
}

static void doc_end(struct reader *r)
{
    if (!r->doc)
        return;
    buf_free(&r->doc->envelope);
    free(r->doc->frames);
    free(r->doc);
}

static void doc_reset(struct reader *r)
{
    struct doc *d = r->doc;
    d->state = DOC_VALUE;
    d->depth = d->matched = 0;
    buf_clear(&d->envelope);
}

static struct doc_frame *top(struct doc *d)
{
    return &d->frames[d->depth - 1];
}

/* Adds a text that stands for the bytes up to `to`. */
static const char *keep_text(struct reader *r, const char *text, const char *from, const char *to)
{
    if (buf_adds(&r->doc->envelope, text))
        return to;
    return scan_fail(&r->record.scan, from, "more than %zu bytes around the records",
                     r->spec.max_envelope);
}

static const char *keep(struct reader *r, const char *from, const char *to)
{
    if (buf_add(&r->doc->envelope, from, (size_t)(to - from)))
        return to;
    return scan_fail(&r->record.scan, from, "more than %zu bytes around the records",
                     r->spec.max_envelope);
}

static void after_value(struct doc *d)
{
    d->state = d->depth > 0 ? DOC_COMMA : DOC_END;
}

static const char *push(struct reader *r, const char *p)
{
    struct doc *d = r->doc;
    struct scan *s = &r->record.scan;
    if (d->depth == s->max_depth)
        return scan_fail(s, p, "nested deeper than %u levels", s->max_depth);
    d->frames[d->depth++] = (struct doc_frame){.is_object = *p == '{', .matched = d->matched};
    d->state = *p == '{' ? DOC_FIRST_KEY : DOC_FIRST_VALUE;
    return keep(r, p, p + 1);
}

static const char *pop(struct reader *r, const char *p)
{
    r->doc->depth--;
    after_value(r->doc);
    return keep(r, p, p + 1);
}

static const char *one_record(struct reader *r, const char *p)
{
    struct scan *s = &r->record.scan;
    uint64_t rows = r->record.n_rows;
    s->depth = r->doc->depth + (r->doc->state == DOC_RECORD);
    const char *end = record_read(&r->record, p);
    /* The same answer however the bytes were cut. */
    if (end && (size_t)(end - p) > r->spec.max_record)
        return scan_fail(s, p, "record of more than %zu bytes", r->spec.max_record);
    const struct plan_level *level = r->record.plan->top;
    r->doc->is_barren = level->stream == PLAN_NONE && !level->tests && rows == r->record.n_rows;
    return end;
}

/* An error may stand among the batches of a stream, in the place of one: what has no records is
 * left for the plugin to see, as far as there is room. */
static void keep_barren(struct reader *r, const char *from, const char *to)
{
    struct buf *envelope = &r->doc->envelope;
    size_t before = envelope->len, room = r->spec.max_envelope / 2;
    if (!r->doc->is_barren || before + (size_t)(to - from) > room)
        return;
    if (envelope->data[before - 1] != '[')
        buf_addc(envelope, ',');
    buf_add(envelope, from, (size_t)(to - from));
}

/* What lies where the records should be. */
static const char *records(struct reader *r, const char *p)
{
    struct doc *d = r->doc;
    struct scan *s = &r->record.scan;
    const struct plan_level *level = r->record.plan->top;
    if (*p == '[' && level->is_list) {
        if (d->depth == s->max_depth)
            return scan_fail(s, p, "nested deeper than %u levels", s->max_depth);
        d->state = DOC_FIRST_RECORD;
        return keep_text(r, "[", p, p + 1);
    }
    if (*p == 'n') {
        const char *end = scan_skip(s, p);
        if (!end)
            return NULL;
        after_value(d);
        return keep(r, p, end);
    }
    if (level->is_list && *p != '{')
        return scan_fail(s, p, "expected a list of records (%s)", level->place);
    const char *end = one_record(r, p);
    if (!end)
        return NULL;
    after_value(d);
    if (!keep_text(r, "[", p, end))
        return NULL;
    keep_barren(r, p, end);
    return keep_text(r, "]", p, end);
}

static const char *value(struct reader *r, const char *p)
{
    struct doc *d = r->doc;
    struct scan *s = &r->record.scan;
    if (d->matched == r->record.plan->n_way)
        return records(r, p);
    if (*p == '{' || *p == '[')
        return push(r, p);
    const char *end = scan_skip(s, p);
    if (!end)
        return NULL;
    if (d->matched != DOC_OFF && *p != 'n')
        return scan_fail(s, p, "expected an object or array on the way to the records (%s)",
                         r->record.plan->top->place);
    after_value(d);
    return keep(r, p, end);
}

/* An array's next element: is it on the way? */
static const char *element(struct reader *r, const char *p)
{
    struct doc *d = r->doc;
    struct doc_frame *f = top(d);
    d->matched = DOC_OFF;
    if (f->matched != DOC_OFF) {
        const struct path_step *step = &r->record.plan->way[f->matched];
        if (step->kind != PATH_INDEX)
            return scan_fail(&r->record.scan, p,
                             "expected an object on the way to the records (%s), not an array",
                             r->record.plan->top->place);
        if (step->index == f->index)
            d->matched = f->matched + 1;
    }
    const char *end = value(r, p);
    if (end)
        f->index++;
    return end;
}

/* Whether a member's name is on the way. */
static const char *match_key(struct reader *r, const char *p, const struct read_value *name)
{
    struct doc *d = r->doc;
    struct scan *s = &r->record.scan;
    struct doc_frame *f = top(d);
    d->matched = DOC_OFF;
    if (f->matched == DOC_OFF)
        return p;
    const struct path_step *step = &r->record.plan->way[f->matched];
    if (step->kind != PATH_NAME)
        return scan_fail(s, p, "expected an array on the way to the records (%s), not an object",
                         r->record.plan->top->place);
    if (step->len != name->len || memcmp(step->name, name->s, name->len) != 0)
        return p;
    if (f->is_found)
        return scan_fail(s, p, "member %.*s appears twice", (int)name->len, step->name);
    f->is_found = true;
    d->matched = f->matched + 1;
    return p;
}

static const char *key(struct reader *r, const char *p)
{
    struct scan *s = &r->record.scan;
    struct read_value name;
    if (*p != '"')
        return scan_fail(s, p, "expected the name of a member in quotes");
    scratch_reset(&s->scratch);
    const char *end = scan_string(s, p, &name);
    if (!end || !match_key(r, p, &name))
        return NULL;
    r->doc->state = DOC_COLON;
    return keep(r, p, end);
}

static const char *colon(struct reader *r, const char *p)
{
    if (*p != ':')
        return scan_fail(&r->record.scan, p, "expected a colon after the name of a member");
    r->doc->state = DOC_VALUE;
    return keep(r, p, p + 1);
}

static const char *comma(struct reader *r, const char *p)
{
    struct doc *d = r->doc;
    bool is_object = top(d)->is_object;
    if (*p == (is_object ? '}' : ']'))
        return pop(r, p);
    if (*p != ',')
        return scan_fail(&r->record.scan, p, "expected a comma or %c", is_object ? '}' : ']');
    d->state = is_object ? DOC_KEY : DOC_VALUE;
    return keep(r, p, p + 1);
}

static const char *record_end(struct reader *r, const char *p)
{
    after_value(r->doc);
    return keep(r, p, p + 1);
}

static const char *record_comma(struct reader *r, const char *p)
{
    if (*p == ']')
        return record_end(r, p);
    if (*p != ',')
        return scan_fail(&r->record.scan, p, "expected a comma or ] after a record");
    r->doc->state = DOC_RECORD;
    return p + 1;
}

static const char *list_record(struct reader *r, const char *p)
{
    enum doc_state before = r->doc->state;
    r->doc->state = DOC_RECORD;
    const char *end = one_record(r, p);
    r->doc->state = end ? DOC_RECORD_COMMA : before;
    if (end)
        keep_barren(r, p, end);
    return end;
}

static const char *step(struct reader *r, const char *p)
{
    struct doc *d = r->doc;
    switch (d->state) {
    case DOC_VALUE:
        return d->depth > 0 && !top(d)->is_object ? element(r, p) : value(r, p);
    case DOC_FIRST_VALUE:
        return *p == ']' ? pop(r, p) : element(r, p);
    case DOC_FIRST_KEY:
        return *p == '}' ? pop(r, p) : key(r, p);
    case DOC_KEY:
        return key(r, p);
    case DOC_COLON:
        return colon(r, p);
    case DOC_COMMA:
        return comma(r, p);
    case DOC_FIRST_RECORD:
        return *p == ']' ? record_end(r, p) : list_record(r, p);
    case DOC_RECORD:
        return list_record(r, p);
    case DOC_RECORD_COMMA:
        return record_comma(r, p);
    case DOC_END:
        break;
    }
    return scan_fail(&r->record.scan, p, "expected nothing more after the document");
}

static const char *doc_read(struct reader *r, const char *p)
{
    struct scan *s = &r->record.scan;
    for (;;) {
        while (p < s->end && scan_is_blank(*p))
            p++;
        if (p == s->end)
            break;
        const char *next = step(r, p);
        if (!next && s->fault != SCAN_MORE)
            return NULL;
        if (!next)
            break;
        p = next;
    }
    bool is_record = r->doc->state >= DOC_RECORD || r->doc->matched == r->record.plan->n_way;
    r->max_item = is_record ? r->spec.max_record : r->spec.max_envelope;
    return p;
}

/* Blanks alone are an empty reply, which is the caller's to judge. */
static bool doc_finish(struct reader *r)
{
    struct doc *d = r->doc;
    if (d->state == DOC_END || (d->state == DOC_VALUE && d->depth == 0))
        return true;
    scan_fail(&r->record.scan, r->record.scan.end, "the reply ends in the middle of the document");
    return false;
}

const struct format format_json = {doc_begin, doc_end, doc_reset, doc_read, doc_finish};

const char *reader_envelope(const struct reader *r, size_t *len)
{
    *len = r->doc ? r->doc->envelope.len : 0;
    return r->doc ? buf_text(&r->doc->envelope) : "";
}
