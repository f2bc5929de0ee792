/* SPDX-License-Identifier: Apache-2.0
 * Which column feeds which field. */
#include <config.h>

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "read/csv.h"

/* Without the blanks around it. */
static struct read_value trimmed(struct read_value v)
{
    while (v.len > 0 && (v.s[0] == ' ' || v.s[0] == '\t')) {
        v.s++;
        v.len--;
    }
    while (v.len > 0 && (v.s[v.len - 1] == ' ' || v.s[v.len - 1] == '\t'))
        v.len--;
    return v;
}

static bool is_same(const struct read_value *v, const char *name, size_t len)
{
    return v->len == len && memcmp(v->s, name, len) == 0;
}

static bool is_alike(const struct read_value *v, const char *name, size_t len)
{
    return v->len == len && strncasecmp(v->s, name, len) == 0;
}

/* The exact name, else the only one that differs in nothing but case. */
static int32_t find_column(const struct csv *c, const char *name)
{
    size_t len = strlen(name);
    int32_t found = CSV_ABSENT;
    uint32_t alike = 0;
    for (uint32_t i = 0; i < c->n_cells; i++) {
        if (is_same(&c->cells[i], name, len))
            return (int32_t)i;
        if (is_alike(&c->cells[i], name, len)) {
            found = (int32_t)i;
            alike++;
        }
    }
    return alike == 1 ? found : CSV_ABSENT;
}

static bool refuse_missing(const struct csv *c, struct scan *s, const char *p, const char *name)
{
    auto_buf header = BUF_INIT(160);
    const char **names = xcalloc(c->n_cells, sizeof *names);
    for (uint32_t i = 0; i < c->n_cells; i++) {
        names[i] = xstrndup(c->cells[i].s, c->cells[i].len);
        buf_printf(&header, "%s%s", i ? ", " : "", names[i]);
    }
    const char *meant = text_suggest(name, names, c->n_cells);
    scan_fail(s, p, "the header has no column %s%s%s%s; it has: %s", name,
              meant ? " (did you mean " : "", meant ? meant : "", meant ? "?)" : "",
              buf_text(&header));
    for (uint32_t i = 0; i < c->n_cells; i++)
        mem_auto_free(&names[i]);
    mem_auto_free(&names);
    return false;
}

static bool has_no_twins(const struct csv *c, struct scan *s, const char *p)
{
    for (uint32_t i = 0; i < c->n_cells; i++) {
        const struct read_value *v = &c->cells[i];
        for (uint32_t k = 0; v->len > 0 && k < i; k++) {
            if (is_same(&c->cells[k], v->s, v->len)) {
                scan_fail(s, p, "the header has column %.*s twice", (int)v->len, v->s);
                return false;
            }
        }
    }
    return true;
}

/* A column that no field names, once per name. */
static void tell(struct reader *r, const struct read_value *name)
{
    struct csv *c = r->csv;
    const struct reader_calls *calls = &r->spec.calls;
    for (uint32_t i = 0; i < c->n_told; i++) {
        if (is_same(name, c->told[i], strlen(c->told[i])))
            return;
    }
    if (c->n_told == CSV_TOLD_MAX || name->len == 0 || !calls->unknown)
        return;
    c->told[c->n_told++] = xstrndup(name->s, name->len);
    calls->unknown(calls->ctx, 0, name->s, name->len);
}

static void tell_unknown(struct reader *r)
{
    struct csv *c = r->csv;
    for (uint32_t i = 0; i < c->n_cells; i++) {
        bool is_used = false;
        for (uint32_t f = 0; f < c->n_fields; f++)
            is_used = is_used || c->columns[f] == (int32_t)i;
        if (!is_used)
            tell(r, &c->cells[i]);
    }
}

static bool bind_field(struct reader *r, uint32_t i, const char *p)
{
    struct csv *c = r->csv;
    struct scan *s = &r->record.scan;
    const struct omni_field *field = r->spec.stream->fields[i];
    bool is_optional = field->flags & OMNI_OPTIONAL;
    if (c->has_header) {
        c->columns[i] = find_column(c, field->path);
        return c->columns[i] != CSV_ABSENT || is_optional || refuse_missing(c, s, p, field->path);
    }
    long long position = 0;
    text_parse_int(field->path, 1, CSV_COLUMNS_MAX, &position);
    c->columns[i] = position <= c->n_cells ? (int32_t)position - 1 : CSV_ABSENT;
    if (c->columns[i] != CSV_ABSENT || is_optional)
        return true;
    scan_fail(s, p, "there is no column %s: the first record has %u", field->path, c->n_cells);
    return false;
}

bool csv_bind(struct reader *r, const char *p)
{
    struct csv *c = r->csv;
    c->n_columns = c->n_cells;
    if (c->has_header) {
        for (uint32_t i = 0; i < c->n_cells; i++)
            c->cells[i] = trimmed(c->cells[i]);
        if (!has_no_twins(c, &r->record.scan, p))
            return false;
    }
    for (uint32_t i = 0; i < c->n_fields; i++) {
        if (!bind_field(r, i, p))
            return false;
    }
    if (c->has_header)
        tell_unknown(r);
    return true;
}
