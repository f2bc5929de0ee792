/* SPDX-License-Identifier: Apache-2.0
 * CSV: records by a header's names. */
#include <config.h>

#include "read/csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static omni_status check_fields(struct reader *r, struct err *err)
{
    const struct omni_stream *stream = r->spec.stream;
    if (stream->parts && stream->parts[0])
        return err_set(err, OMNI_E_CONFIG, "stream %s: records of a CSV have no parts",
                       stream->name);
    for (uint32_t i = 0; i < r->csv->n_fields; i++) {
        const char *path = stream->fields[i]->path;
        long long position = 0;
        if (!path || !*path)
            return err_set(err, OMNI_E_CONFIG, "stream %s, field %u: no column name", stream->name,
                           i + 1);
        if (strcmp(path, READER_LINE) != 0 && !r->csv->has_header &&
            !text_parse_int(path, 1, CSV_COLUMNS_MAX, &position))
            return err_set(err, OMNI_E_CONFIG,
                           "stream %s, field %u: %s is not a position (1, 2, …), which "
                           "header=none asks for",
                           stream->name, i + 1, path);
    }
    return OMNI_OK;
}

static bool csv_begin(struct reader *r, struct err *err)
{
    struct csv *c = r->csv = xcalloc(1, sizeof *c);
    while (r->spec.stream->fields && r->spec.stream->fields[c->n_fields])
        c->n_fields++;
    c->columns = xcalloc(c->n_fields + 1, sizeof *c->columns);
    c->row = xcalloc(c->n_fields + 1, sizeof *c->row);
    c->told = xcalloc(CSV_TOLD_MAX, sizeof *c->told);
    return csv_options(c, r->spec.format_options, err) && check_fields(r, err) == OMNI_OK;
}

static void csv_end(struct reader *r)
{
    struct csv *c = r->csv;
    if (!c)
        return;
    for (uint32_t i = 0; i < c->n_told; i++)
        free(c->told[i]);
    free(c->told);
    free(c->columns);
    free(c->row);
    free(c->cells);
    free(c);
}

static void csv_reset(struct reader *r)
{
    r->csv->to_skip = r->csv->skip;
    r->csv->is_headed = r->csv->is_after_cr = false;
}

/* To the end of the line, quotes or not. */
static const char *line_end(struct scan *s, const char *p)
{
    while (p < s->end && !csv_is_line_end(*p))
        p++;
    return p < s->end || s->is_last ? p : scan_more(s);
}

/* Over the line's end. Of CR LF, the LF may be among the bytes to come. */
static const char *next_line(struct reader *r, const char *p)
{
    struct csv *c = r->csv;
    r->line++;
    if (p == r->record.scan.end)
        return p;
    c->is_after_cr = *p == '\r';
    return p + 1;
}

static bool emit(struct reader *r)
{
    struct csv *c = r->csv;
    struct record *record = &r->record;
    for (uint32_t i = 0; i < c->n_fields; i++) {
        c->row[i] = c->columns[i] == CSV_ABSENT ? (struct read_value){.kind = READ_ABSENT}
                                                : c->cells[c->columns[i]];
    }
    record->n_rows++;
    omni_status status =
        record->calls->row(record->calls->ctx, 0, c->row, &record->where, record->err);
    if (status == OMNI_OK)
        return true;
    record->scan.fault = SCAN_STOP;
    record->scan.status = status;
    return false;
}

static bool is_text(struct scan *s, const char *p, const char *end)
{
    if (text_is_utf8(p, (size_t)(end - p)))
        return true;
    scan_fail(s, p, "not valid UTF-8; is it in another encoding?");
    return false;
}

/* A record that was split: is it one? */
static bool is_sound(struct reader *r, const char *p, const char *end)
{
    struct csv *c = r->csv;
    struct scan *s = &r->record.scan;
    if (!is_text(s, p, end))
        return false;
    if (c->n_cells == c->n_columns)
        return true;
    scan_fail(s, p, "%u columns where the %s has %u", c->n_cells,
              c->has_header ? "header" : "first record", c->n_columns);
    return false;
}

/* Passes over a record that cannot be read, up to its line's end. NULL: the reading is over, or
 * more is needed to find that end. */
static const char *pass_over(struct reader *r, const char *p)
{
    struct scan *s = &r->record.scan;
    const char *end = line_end(s, s->at);
    if (!end)
        return NULL;
    return input_bad(r, p, (size_t)(end - p)) ? end : NULL;
}

/* The header, or the first record where there is none. Wrong here is wrong everywhere. */
static bool read_head(struct reader *r, const char *p, const char *end)
{
    struct csv *c = r->csv;
    if (!is_text(&r->record.scan, p, end) || !csv_bind(r, p))
        return false;
    c->is_headed = true;
    return true;
}

/* Tells the record between p and end (NULL: it could not be split). */
static const char *tell_record(struct reader *r, const char *p, const char *end)
{
    r->record.where = (struct read_where){r->n_records + 1, r->line, input_offset(r, p)};
    if (!end)
        end = pass_over(r, p);
    else if (is_sound(r, p, end))
        end = emit(r) ? end : NULL;
    else
        end = input_bad(r, p, (size_t)(end - p)) ? end : NULL;
    r->n_records += end != NULL;
    return end;
}

static const char *read_record(struct reader *r, const char *p)
{
    struct csv *c = r->csv;
    struct scan *s = &r->record.scan;
    scratch_reset(&s->scratch);
    const char *end = csv_split(c, s, p);
    if (!end && (s->fault == SCAN_MORE || !c->is_headed))
        return NULL;
    bool is_header = !c->is_headed && c->has_header;
    bool is_blank = end && c->n_cells == 0;
    if (!is_blank && !c->is_headed && !read_head(r, p, end))
        return NULL;
    if (!is_blank && !is_header)
        end = tell_record(r, p, end);
    if (end)
        r->line += c->lines;
    return end;
}

/* One line or record, its end included. */
static const char *read_item(struct reader *r, const char *p)
{
    struct csv *c = r->csv;
    struct scan *s = &r->record.scan;
    bool is_after_cr = c->is_after_cr;
    c->is_after_cr = false;
    if (is_after_cr && *p == '\n')
        return p + 1;
    const char *end = p;
    if (c->to_skip > 0)
        end = line_end(s, p);
    else if (!csv_is_line_end(*p))
        end = read_record(r, p);
    if (!end)
        return NULL;
    if ((size_t)(end - p) > r->spec.max_record)
        return scan_fail(s, p, "record of more than %zu bytes", r->spec.max_record);
    c->to_skip -= c->to_skip > 0;
    return next_line(r, end);
}

static const char *csv_read(struct reader *r, const char *p)
{
    struct scan *s = &r->record.scan;
    while (p < s->end) {
        const char *next = read_item(r, p);
        if (!next && s->fault != SCAN_MORE)
            return NULL;
        if (!next)
            break;
        p = next;
    }
    return p;
}

static bool csv_finish(struct reader *r)
{
    (void)r;
    return true;
}

const struct format format_csv = {csv_begin, csv_end, csv_reset, csv_read, csv_finish};
