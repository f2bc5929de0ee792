/* SPDX-License-Identifier: Apache-2.0
 * From bytes to records and back. */
#include <config.h>

#include "kit/records.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/cassette_priv.h"
#include "http/unpack.h"
#include "read/csv.h"

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"
enum { DEPTH = 64, REAL_DIGITS = 15, GZIP_WINDOW = 15 + 16, GZIP_MEMORY = 8 };

void records_free(struct records *r)
{
    json_decref(r->tree);
    json_decref(r->columns);
    free(r->before);
}

/* ---- bytes ---- */

bool records_bytes(const json_t *reply, struct buf *out)
{
    const json_t *text = json_object_get(reply, "body");
    const char *base64 = json_text(reply, "body_base64");
    if (text)
        return buf_add(out, json_string_value(text), json_string_length(text));
    return !base64 || text_add_unbase64(out, base64, strlen(base64));
}

void records_put_bytes(json_t *reply, const struct buf *bytes)
{
    json_object_del(reply, "body");
    json_object_del(reply, "body_base64");
    if (text_is_utf8(buf_text(bytes), bytes->len)) {
        json_object_set_new(reply, "body", json_stringn(buf_text(bytes), bytes->len));
        return;
    }
    auto_buf base64 = BUF_INIT(2 * (size_t)CASSETTE_MAX);
    text_add_base64(&base64, bytes->data, bytes->len, false);
    json_put_text(reply, "body_base64", buf_text(&base64));
}

static bool is_gzip(const struct buf *b)
{
    return b->len > 2 && memcmp(b->data, "\x1f\x8b", 2) == 0;
}

static bool add_plain(void *out, const void *bytes, size_t n)
{
    return buf_add(out, bytes, n);
}

static bool unpack(const struct buf *in, struct buf *out)
{
    struct unpack u = {0};
    struct err ignored = {0};
    bool fine = unpack_open(&u, UNPACK_ACCEPT, &ignored) == OMNI_OK &&
                unpack_bytes(&u, in->data, in->len, &(struct unpack_out){out, add_plain},
                             &ignored) == OMNI_OK &&
                unpack_end(&u, &ignored) == OMNI_OK;
    unpack_close(&u);
    return fine;
}

static bool pack(const struct buf *in, struct buf *out)
{
    z_stream z = {0};
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    bool fine = buf_reserve(out, deflateBound(&z, in->len));
    z.next_in = (void *)buf_text(in);
    z.avail_in = (uInt)in->len;
    z.next_out = (void *)out->data;
    z.avail_out = fine ? (uInt)(out->cap - 1) : 0;
    fine = fine && deflate(&z, Z_FINISH) == Z_STREAM_END;
    if (fine) {
        out->len = z.total_out;
        out->data[out->len] = '\0';
    }
    deflateEnd(&z);
    return fine;
}

/* ---- lines of JSON ---- */

static bool read_json(struct records *r, const struct buf *in)
{
    r->tree = json_loadb(buf_text(in), in->len, JSON_DECODE_ANY, NULL);
    return r->tree != NULL;
}

static bool read_ndjson(struct records *r, const struct buf *in)
{
    r->tree = json_array();
    for (const char *p = buf_text(in); *p;) {
        size_t n = strcspn(p, "\n");
        json_t *value = strspn(p, " \t\r") < n ? json_loadb(p, n, JSON_DECODE_ANY, NULL) : NULL;
        if (!value && strspn(p, " \t\r") < n)
            return false;
        if (value)
            json_array_append_new(r->tree, value);
        p += n + (p[n] == '\n');
    }
    return true;
}

static bool add_json(struct buf *out, const json_t *value)
{
    auto_free char *text =
        json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(REAL_DIGITS));
    return text && buf_adds(out, text);
}

static bool write_ndjson(const struct records *r, struct buf *out)
{
    size_t i;
    json_t *value;
    json_array_foreach(r->tree, i,
                       value) if (!add_json(out, value) || !buf_addc(out, '\n')) return false;
    return true;
}

/* ---- CSV ---- */

/* Takes the next cell off *p, which then stands on what ended it. */
static json_t *next_cell(const struct records *r, const char **p)
{
    const char stops[] = {r->delimiter, '\r', '\n', '\0'};
    auto_buf cell = BUF_INIT(CASSETTE_MAX);
    if (!r->has_quotes || **p != '"') {
        size_t n = strcspn(*p, stops);
        *p += n;
        return json_stringn(*p - n, n);
    }
    for ((*p)++; **p && !(**p == '"' && (*p)[1] != '"'); (*p)++) {
        *p += **p == '"'; /* two are one */
        buf_addc(&cell, **p);
    }
    *p += **p == '"';
    *p += strcspn(*p, stops);
    return json_stringn(buf_text(&cell), cell.len);
}

static json_t *next_line(const struct records *r, const char **p)
{
    json_t *cells = json_array();
    json_array_append_new(cells, next_cell(r, p));
    while (**p == r->delimiter) {
        ++*p;
        json_array_append_new(cells, next_cell(r, p));
    }
    *p += strspn(*p, "\r\n");
    return cells;
}

static const char *skip_lines(const char *p, uint32_t n)
{
    for (; n > 0 && *p; n--) {
        p += strcspn(p, "\n");
        p += *p == '\n';
    }
    return p;
}

static json_t *record_of(const json_t *columns, const json_t *cells)
{
    json_t *record = json_object(), *cell;
    size_t i;
    json_array_foreach(cells, i, cell) if (i < json_array_size(columns))
        json_object_set(record, json_string_value(json_array_get(columns, i)), cell);
    return record;
}

static bool read_csv(struct records *r, const struct buf *in, const char *options)
{
    struct csv csv = {0};
    struct err ignored = {0};
    if (!csv_options(&csv, options, &ignored) || csv.is_blanks || !csv.has_header ||
        !text_is_utf8(buf_text(in), in->len))
        return false;
    r->delimiter = csv.delimiter;
    r->has_quotes = csv.has_quotes;
    const char *text = buf_text(in), *p = skip_lines(text, csv.skip);
    p += text_starts(p, BYTE_ORDER_MARK) ? strlen(BYTE_ORDER_MARK) : 0;
    r->before = xstrndup(text, (size_t)(p - text));
    r->columns = next_line(r, &p);
    r->tree = json_array();
    while (*p) {
        auto_json *cells = next_line(r, &p);
        json_array_append_new(r->tree, record_of(r->columns, cells));
    }
    return true;
}

/* False: it needs quotes, and there are none in this CSV. */
static bool add_cell(const struct records *r, struct buf *out, const json_t *value)
{
    const char special[] = {r->delimiter, '\r', '\n', r->has_quotes ? '"' : '\0', '\0'};
    auto_buf printed = BUF_INIT(CASSETTE_MAX);
    if (!json_is_string(value) && !json_is_null(value) && !add_json(&printed, value))
        return false;
    const char *text = json_is_string(value) ? json_string_value(value) : buf_text(&printed);
    if (!text[strcspn(text, special)])
        return buf_adds(out, text);
    if (!r->has_quotes)
        return false;
    buf_addc(out, '"');
    for (; *text; text++)
        buf_printf(out, *text == '"' ? "\"\"" : "%c", *text);
    return buf_addc(out, '"');
}

static bool add_line(const struct records *r, struct buf *out, const json_t *cells)
{
    size_t i;
    json_t *cell;
    json_array_foreach(cells, i, cell)
    {
        if (i)
            buf_addc(out, r->delimiter);
        if (!add_cell(r, out, cell))
            return false;
    }
    return buf_addc(out, '\n');
}

/* The columns that the records have now; without any, those of before. */
static json_t *names_of(const struct records *r)
{
    json_t *names = json_array(), *value;
    const char *name;
    if (json_array_size(r->tree) == 0)
        json_array_extend(names, r->columns);
    json_object_foreach(json_array_get(r->tree, 0), name, value)
        json_array_append_new(names, json_string(name));
    return names;
}

static json_t *values_of(json_t *record)
{
    json_t *values = json_array(), *value;
    const char *name;
    json_object_foreach(record, name, value) json_array_append(values, value);
    return values;
}

static bool write_csv(const struct records *r, struct buf *out)
{
    size_t i;
    json_t *record;
    auto_json *names = names_of(r);
    bool fine = buf_adds(out, r->before) && add_line(r, out, names);
    json_array_foreach(r->tree, i, record)
    {
        auto_json *values = values_of(record);
        fine = fine && add_line(r, out, values);
    }
    return fine;
}

/* ---- whichever it is ---- */

static bool has_list(const json_t *value, int depth)
{
    const char *key;
    json_t *member;
    if (depth > DEPTH)
        return false;
    if (json_is_array(value))
        return json_is_object(json_array_get(value, 0)) || json_is_array(json_array_get(value, 0));
    json_object_foreach((json_t *)value, key, member) if (has_list(member, depth + 1)) return true;
    return false;
}

bool records_has_list(const json_t *tree)
{
    return has_list(tree, 0);
}

static const struct {
    const char *name;
    bool (*write)(const struct records *, struct buf *);
} formats[] = {
    [OMNI_FORMAT_JSON] = {"json", NULL},
    [OMNI_FORMAT_NDJSON] = {"ndjson", write_ndjson},
    [OMNI_FORMAT_CSV] = {"csv", write_csv},
};

static unsigned format_of(const json_t *asked)
{
    const char *name = json_text(asked, "format");
    for (unsigned i = 0; name && i < ARRAY_LEN(formats); i++)
        if (strcmp(formats[i].name, name) == 0)
            return i;
    return OMNI_FORMAT_JSON;
}

/* Read by the plugin itself: nobody says how. */
static bool guess(struct records *r, const json_t *exchange, const struct buf *text)
{
    size_t i;
    json_t *line;
    r->format = OMNI_FORMAT_NDJSON;
    if (text->len && read_ndjson(r, text))
        return true;
    json_decref(r->tree);
    r->tree = NULL;
    r->format = OMNI_FORMAT_CSV;
    json_array_foreach(json_object_get(json_object_get(exchange, "reply"), "headers"), i,
                       line) if (text_starts(json_string_value(line),
                                             "content-type: text/csv")) return read_csv(r, text,
                                                                                        NULL);
    return false;
}

bool records_read(struct records *r, const json_t *exchange)
{
    const json_t *asked = json_object_get(exchange, "asked");
    auto_buf bytes = BUF_INIT(CASSETTE_MAX), plain = BUF_INIT(CASSETTE_MAX);
    *r = (struct records){.format = format_of(asked)};
    if (!records_bytes(json_object_get(exchange, "reply"), &bytes))
        return false;
    r->is_packed = is_gzip(&bytes);
    if (r->is_packed && !unpack(&bytes, &plain))
        return false;
    const struct buf *text = r->is_packed ? &plain : &bytes;
    switch (r->format) {
    case OMNI_FORMAT_CSV:
        return read_csv(r, text, json_text(asked, "format_options"));
    case OMNI_FORMAT_NDJSON:
        return read_ndjson(r, text);
    default:
        return read_json(r, text) || guess(r, exchange, text);
    }
}

bool records_write(const struct records *r, json_t *reply)
{
    auto_buf text = BUF_INIT(CASSETTE_MAX), packed = BUF_INIT(CASSETTE_MAX);
    bool (*write)(const struct records *, struct buf *) = formats[r->format].write;
    if (!(write ? write(r, &text) : add_json(&text, r->tree)) ||
        (r->is_packed && !pack(&text, &packed)))
        return false;
    records_put_bytes(reply, r->is_packed ? &packed : &text);
    return true;
}
