/* SPDX-License-Identifier: Apache-2.0
 * NDJSON: a record a line. */
#include <config.h>

#include <string.h>

#include "read/input.h"

static bool ndjson_begin(struct reader *r, struct err *err)
{
    r->record.plan = plan_new(&r->spec, err);
    r->record.is_line = true;
    return r->record.plan != NULL;
}

static void nothing(struct reader *r)
{
    (void)r;
}

/* False where the reading is over. */
static bool read_line(struct reader *r, const char *p, const char *end)
{
    struct scan *s = &r->record.scan;
    const char *all_end = s->end, *line = p;
    bool is_last = s->is_last;
    while (p < end && scan_is_blank(*p))
        p++;
    if (p == end)
        return true;
    r->record.where = (struct read_where){++r->n_records, r->line, input_offset(r, p)};
    s->end = end;
    s->is_last = true;
    s->depth = 0;
    bool is_good = record_read(&r->record, p) || input_bad(r, line, (size_t)(end - line));
    s->is_last = is_last;
    if (is_good)
        s->end = all_end;
    return is_good;
}

static const char *ndjson_read(struct reader *r, const char *p)
{
    struct scan *s = &r->record.scan;
    while (p < s->end) {
        const char *newline = memchr(p, '\n', (size_t)(s->end - p));
        if (!newline && !s->is_last)
            break;
        const char *end = newline ? newline : s->end;
        if ((size_t)(end - p) > r->spec.max_record)
            return scan_fail(s, p, "line of more than %zu bytes", r->spec.max_record);
        if (!read_line(r, p, end))
            return NULL;
        p = newline ? newline + 1 : s->end;
        r->line++;
    }
    return p;
}

static bool ndjson_finish(struct reader *r)
{
    (void)r;
    return true;
}

const struct format format_ndjson = {ndjson_begin, nothing, nothing, ndjson_read, ndjson_finish};
