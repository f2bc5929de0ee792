/* SPDX-License-Identifier: Apache-2.0
 * Rows as table, CSV or JSON. A table holds back its first rows to learn how wide columns are;
 * what comes after streams, so that memory does not grow with the result. */
#include <config.h>

#include "cli/output.h"

#include <inttypes.h>
#include <jansson.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

enum { HELD_ROWS = 1000, MAX_CELL = 64 * 1024 * 1024 };

struct output {
    enum output_format format;
    FILE *out;
    uint32_t n;
    char **names;
    size_t *widths;
    bool *is_number; /* columns of numbers stand on the right */
    char **held;     /* texts of held-back rows, NULL for null */
    size_t n_held;
    bool is_streaming, is_begun;
    locale_t utf8; /* for widths, whatever the terminal says it is */
};

bool output_format_parse(const char *name, enum output_format *out)
{
    static const char *const names[] = {"table", "csv", "json"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (enum output_format)i;
            return true;
        }
    return false;
}

struct omni_cell output_text(const char *s)
{
    if (!s)
        return (struct omni_cell){.type = OMNI_NULL};
    return (struct omni_cell){.type = OMNI_TEXT, .len = (uint32_t)strlen(s), .v.s = s};
}

struct omni_cell output_int(int64_t v)
{
    return (struct omni_cell){.type = OMNI_INT, .v.i = v};
}

/* ---- colour ---- */

static bool has_colour(FILE *out)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fileno(out)) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

const char *output_bold(FILE *out)
{
    return has_colour(out) ? "\033[1m" : "";
}

const char *output_plain(FILE *out)
{
    return has_colour(out) ? "\033[0m" : "";
}

const char *output_colour(FILE *out, const char *outcome)
{
    if (!has_colour(out) || !outcome)
        return "";
    if (strcmp(outcome, "ok") == 0)
        return "\033[32m";
    return text_in_list(outcome, strlen(outcome), "suspicious|parked|retrying|running", "|")
               ? "\033[33m"
               : "\033[31m";
}

/* ---- table ---- */

/* What a platform sent must not steer the terminal: control characters become blanks. */
static void make_printable(char *s)
{
    for (unsigned char *p = (unsigned char *)s; *p; p++)
        if (*p < 0x20 || *p == 0x7f)
            *p = ' ';
        else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
            p[0] = p[1] = ' ';
}

static char *cell_text(const struct omni_cell *c)
{
    char *s = NULL;
    switch (c->type) {
    case OMNI_NULL:
        return NULL;
    case OMNI_REAL:
        return xasprintf("%.15g", c->v.r);
    case OMNI_TEXT:
        s = xstrndup(c->v.s, c->len);
        make_printable(s);
        return s;
    default:
        return xasprintf("%" PRId64, c->v.i);
    }
}

static bool looks_like_number(const char *s)
{
    s += *s == '-' || *s == '+';
    size_t digits = strspn(s, "0123456789");
    if (digits == 0)
        return false;
    s += digits;
    if (*s == '.')
        s += 1 + strspn(s + 1, "0123456789");
    return *s == '\0' || strcmp(s, "%") == 0;
}

static size_t text_width(const struct output *o, const char *s)
{
    locale_t before = uselocale(o->utf8 ? o->utf8 : (locale_t)0);
    mbstate_t state = {0};
    size_t width = 0, left = strlen(s);
    while (left > 0) {
        wchar_t c;
        size_t n = mbrtowc(&c, s, left, &state);
        if (n == 0 || n > left) { /* not UTF-8: one column a byte */
            memset(&state, 0, sizeof state);
            n = 1;
            c = L'?';
        }
        int w = wcwidth(c);
        width += w > 0 ? (size_t)w : 0;
        s += n;
        left -= n;
    }
    uselocale(before);
    return width;
}

static void print_padded(struct output *o, uint32_t i, const char *s)
{
    size_t width = text_width(o, s), pad = o->widths[i] > width ? o->widths[i] - width : 0;
    bool is_last = i + 1 == o->n;
    if (o->is_number[i])
        fprintf(o->out, "%*s%s", (int)pad, "", s);
    else
        fprintf(o->out, "%s%*s", s, is_last ? 0 : (int)pad, "");
    fputs(is_last ? "\n" : "  ", o->out);
}

static void print_texts(struct output *o, char *const *texts)
{
    for (uint32_t i = 0; i < o->n; i++)
        print_padded(o, i, texts[i] ? texts[i] : "-");
}

static void learn_column(struct output *o, uint32_t i)
{
    bool any = false;
    o->widths[i] = text_width(o, o->names[i]);
    o->is_number[i] = true;
    for (size_t r = 0; r < o->n_held; r++) {
        const char *s = o->held[r * o->n + i];
        size_t width = s ? text_width(o, s) : 1;
        if (width > o->widths[i])
            o->widths[i] = width;
        if (s && !looks_like_number(s))
            o->is_number[i] = false;
        any |= s != NULL;
    }
    o->is_number[i] &= any;
}

static void begin_table(struct output *o)
{
    for (uint32_t i = 0; i < o->n; i++)
        learn_column(o, i);
    fputs(output_bold(o->out), o->out);
    print_texts(o, o->names);
    fputs(output_plain(o->out), o->out);
    for (size_t r = 0; r < o->n_held; r++)
        print_texts(o, o->held + r * o->n);
    o->is_streaming = true;
}

static void table_row(struct output *o, const struct omni_cell *cells)
{
    auto_free char **texts = xcalloc(o->n + 1, sizeof *texts);
    for (uint32_t i = 0; i < o->n; i++)
        texts[i] = cell_text(&cells[i]);
    if (!o->is_streaming) {
        o->held = xrealloc(o->held, (o->n_held + 1) * (o->n + 1) * sizeof *o->held);
        memcpy(o->held + o->n_held * o->n, texts, o->n * sizeof *texts);
        if (++o->n_held == HELD_ROWS)
            begin_table(o);
        return;
    }
    print_texts(o, texts);
    for (uint32_t i = 0; i < o->n; i++)
        free(texts[i]);
}

/* ---- CSV ---- */

static void csv_text(struct output *o, const char *s, size_t n)
{
    bool is_plain = n > 0 && s[0] != ' ' && s[n - 1] != ' ';
    for (size_t i = 0; i < n && is_plain; i++)
        is_plain = !strchr("\",\r\n", s[i]);
    if (is_plain) {
        fwrite(s, 1, n, o->out);
        return;
    }
    fputc('"', o->out);
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '"')
            fputc('"', o->out);
        fputc(s[i], o->out);
    }
    fputc('"', o->out);
}

/* Null is nothing at all, an empty text is "". */
static void csv_row(struct output *o, const struct omni_cell *cells)
{
    for (uint32_t i = 0; i < o->n; i++) {
        const struct omni_cell *c = &cells[i];
        if (i)
            fputc(',', o->out);
        if (c->type == OMNI_TEXT)
            csv_text(o, c->v.s, c->len);
        else if (c->type == OMNI_REAL)
            fprintf(o->out, "%.17g", c->v.r);
        else if (c->type != OMNI_NULL)
            fprintf(o->out, "%" PRId64, c->v.i);
    }
    fputc('\n', o->out);
}

/* ---- JSON ---- */

static void json_cell(struct output *o, const struct omni_cell *c)
{
    auto_buf text = BUF_INIT(MAX_CELL);
    switch (c->type) {
    case OMNI_NULL:
        fputs("null", o->out);
        break;
    case OMNI_REAL: {
        json_t *real = json_real(c->v.r); /* NULL for what is not finite */
        fputs(real ? "" : "null", o->out);
        if (real)
            json_dumpf(real, o->out, JSON_ENCODE_ANY);
        json_decref(real);
        break;
    }
    case OMNI_TEXT:
        text_add_json(&text, c->v.s, c->len);
        fputs(buf_text(&text), o->out);
        break;
    default:
        fprintf(o->out, "%" PRId64, c->v.i);
    }
}

static void json_row(struct output *o, const struct omni_cell *cells)
{
    fputs(o->is_begun ? ",\n  {" : "\n  {", o->out);
    o->is_begun = true;
    for (uint32_t i = 0; i < o->n; i++) {
        struct omni_cell name = output_text(o->names[i]);
        fputs(i ? ", " : "", o->out);
        json_cell(o, &name);
        fputs(": ", o->out);
        json_cell(o, &cells[i]);
    }
    fputc('}', o->out);
}

/* Two columns of one name would be one member of an object: the second becomes "x_2". */
static char *unique_name(struct output *o, uint32_t i, const char *name)
{
    char *out = xstrdup(name);
    for (uint32_t k = 0, round = 2; o->format == OUTPUT_JSON && k < i; k++)
        if (strcmp(o->names[k], out) == 0) {
            free(out);
            out = xasprintf("%s_%u", name, (unsigned)round++);
            k = UINT32_MAX; /* from the start again */
        }
    return out;
}

/* ---- all ---- */

struct output *output_new(enum output_format format, FILE *out)
{
    struct output *o = xcalloc(1, sizeof *o);
    o->format = format;
    o->out = out;
    o->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    return o;
}

void output_columns(struct output *o, const char *const *names, uint32_t n)
{
    o->n = n;
    o->names = xcalloc(n + 1, sizeof *o->names);
    o->widths = xcalloc(n + 1, sizeof *o->widths);
    o->is_number = xcalloc(n + 1, sizeof *o->is_number);
    for (uint32_t i = 0; i < n; i++)
        o->names[i] = unique_name(o, i, names[i]);
    for (uint32_t i = 0; i < n; i++)
        make_printable(o->names[i]);
    if (o->format == OUTPUT_JSON)
        fputc('[', o->out);
    for (uint32_t i = 0; o->format == OUTPUT_CSV && i < n; i++) {
        fputs(i ? "," : "", o->out);
        csv_text(o, o->names[i], strlen(o->names[i]));
    }
    if (o->format == OUTPUT_CSV)
        fputc('\n', o->out);
}

void output_row(struct output *o, const struct omni_cell *cells)
{
    static void (*const rows[])(struct output *, const struct omni_cell *) = {
        [OUTPUT_TABLE] = table_row, [OUTPUT_CSV] = csv_row, [OUTPUT_JSON] = json_row};
    rows[o->format](o, cells);
}

void output_finish(struct output *o)
{
    if (o->names && o->format == OUTPUT_TABLE && !o->is_streaming)
        begin_table(o);
    if (o->names && o->format == OUTPUT_JSON)
        fputs(o->is_begun ? "\n]\n" : "]\n", o->out);
    for (size_t i = 0; i < o->n_held * o->n; i++)
        free(o->held[i]);
    for (uint32_t i = 0; i < o->n; i++)
        free(o->names[i]);
    free(o->held);
    free(o->names);
    free(o->widths);
    free(o->is_number);
    if (o->utf8)
        freelocale(o->utf8);
    free(o);
}
