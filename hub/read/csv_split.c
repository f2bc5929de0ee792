/* SPDX-License-Identifier: Apache-2.0
 * RFC 4180: a record's cells. */
#include <config.h>

#include <string.h>

#include "base/mem.h"
#include "read/csv.h"

static struct read_value *add_cell(struct csv *c)
{
    if (c->n_cells == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 64;
        c->cells = xrealloc(c->cells, c->cap * sizeof *c->cells);
    }
    return &c->cells[c->n_cells++];
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool ends_cell(const struct csv *c, char byte)
{
    return csv_is_line_end(byte) || (c->is_blanks ? is_blank(byte) : byte == c->delimiter);
}

/* The quote that closes; *doubled is set where quotes lie inside. */
static const char *closing_quote(struct scan *s, const char *p, bool *doubled)
{
    const char *start = p;
    for (;;) {
        p = memchr(p, '"', (size_t)(s->end - p));
        if (!p)
            return s->is_last ? scan_fail(s, start - 1, "this quote is never closed")
                              : scan_more(s);
        if (p + 1 == s->end)
            return s->is_last ? p : scan_more(s);
        if (p[1] != '"')
            return p;
        *doubled = true;
        p += 2;
    }
}

static size_t undouble(const char *p, size_t n, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        out[len++] = p[i];
        i += p[i] == '"';
    }
    return len;
}

/* Line ends inside: LF, CR LF and CR count once each. */
static uint64_t count_lines(const char *p, size_t n)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < n; i++)
        lines += p[i] == '\n' || (p[i] == '\r' && (i + 1 == n || p[i + 1] != '\n'));
    return lines;
}

static const char *quoted(struct csv *c, struct scan *s, const char *p, struct read_value *out)
{
    bool is_doubled = false;
    const char *start = p + 1, *close = closing_quote(s, start, &is_doubled);
    if (!close)
        return NULL;
    size_t n = (size_t)(close - start);
    c->lines += count_lines(start, n);
    *out = (struct read_value){READ_TEXT, (uint32_t)n, start};
    if (is_doubled) {
        char *text = scratch_get(&s->scratch, n);
        out->len = (uint32_t)undouble(start, n, text);
        out->s = text;
    }
    if (close + 1 < s->end && !ends_cell(c, close[1]))
        return scan_fail(s, close, "text behind a closing quote (quotes in a text are doubled)");
    return close + 1;
}

static const char *unquoted(struct csv *c, struct scan *s, const char *p, struct read_value *out)
{
    const char *start = p;
    while (p < s->end && !c->stops[(unsigned char)*p])
        p++;
    if (p == s->end && !s->is_last)
        return scan_more(s);
    if (p < s->end && *p == '"' && !ends_cell(c, '"'))
        return scan_fail(s, p,
                         "quote inside a value without quotes (see format option quote=none)");
    *out = (struct read_value){p == start ? READ_NULL : READ_TEXT, (uint32_t)(p - start), start};
    return p;
}

static const char *skip_blanks(const struct csv *c, const struct scan *s, const char *p)
{
    while (c->is_blanks && p < s->end && is_blank(*p))
        p++;
    return p;
}

const char *csv_split(struct csv *c, struct scan *s, const char *p)
{
    c->n_cells = 0;
    c->lines = 0;
    p = skip_blanks(c, s, p);
    if (p == s->end || csv_is_line_end(*p))
        return p < s->end || s->is_last ? p : scan_more(s);
    for (;;) {
        if (c->n_cells == CSV_COLUMNS_MAX)
            return scan_fail(s, p, "more than %d columns", CSV_COLUMNS_MAX);
        bool is_quoted = c->has_quotes && p < s->end && *p == '"';
        struct read_value *cell = add_cell(c);
        if (!(p = is_quoted ? quoted(c, s, p, cell) : unquoted(c, s, p, cell)))
            return NULL;
        p = skip_blanks(c, s, p);
        if (p == s->end)
            return s->is_last ? p : scan_more(s);
        if (csv_is_line_end(*p))
            return p;
        p += !c->is_blanks;
    }
}
