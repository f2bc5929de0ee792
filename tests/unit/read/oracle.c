/* SPDX-License-Identifier: Apache-2.0
 * The same rows by a plain walk over jansson's tree: slow, and easy to believe. */
#include <config.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/exact.h"
#include "base/mem.h"
#include "read/path.h"
#include "rows.h"

enum { ORACLE_DEPTH = 64, ORACLE_UP = 8 };

struct walk {
    struct arena *arena;
    struct buf *out;
    const struct omni_stream *stream; /* whose rows lie at the path's end */
    uint32_t number;
    json_t *around[ORACLE_UP]; /* enclosing records, innermost last */
    uint32_t n_around;
    enum oracle result;
};

static void wrong(struct walk *w, enum oracle result)
{
    if (w->result == ORACLE_ROWS)
        w->result = result;
}

static json_t *child(json_t *v, const struct path_step *step)
{
    if (step->kind == PATH_NAME)
        return json_object_getn(v, step->name, step->len);
    return json_is_array(v) ? json_array_get(v, step->index) : NULL;
}

static bool passes(json_t *v, const struct path_step *step)
{
    if (step->kind != PATH_FILTER)
        return true;
    for (uint32_t i = 0; i < step->n_tests; i++) {
        json_t *at = v;
        for (uint32_t k = 0; at && k < step->tests[i].n_steps; k++)
            at = child(at, &step->tests[i].steps[k]);
        if (!json_is_string(at) || json_string_length(at) != step->tests[i].len ||
            memcmp(json_string_value(at), step->tests[i].text, step->tests[i].len) != 0)
            return false;
    }
    return true;
}

static bool micros(struct walk *w, json_t *v, int64_t *out)
{
    if (json_is_real(v))
        wrong(w, ORACLE_UNSURE);
    auto_free char *text = json_is_integer(v) ? json_dumps(v, JSON_ENCODE_ANY) : NULL;
    const char *s = text ? text : json_string_value(v);
    size_t n = text ? strlen(text) : json_string_length(v);
    return s && exact_parse(s, n, 6, 0, out) == EXACT_OK;
}

static json_t *find(struct walk *w, json_t *v, const struct path_step *steps, uint32_t n);

/* What passes the filter, added up. */
static json_t *find_sum(struct walk *w, json_t *list, const struct path_step *steps, uint32_t n)
{
    json_t *first = NULL, *element;
    int64_t total = 0;
    size_t i, count = 0;
    if (!json_is_array(list))
        return NULL;
    json_array_foreach(list, i, element)
    {
        json_t *one = passes(element, steps) ? find(w, element, steps + 1, n - 1) : NULL;
        int64_t a = 0, b = 0;
        if (!one)
            continue;
        if (count++ == 0) {
            first = one;
            continue;
        }
        if ((count == 2 && !micros(w, first, &total)) || !micros(w, one, &b) ||
            !exact_add(total, b, &a))
            wrong(w, ORACLE_SHAPE);
        total = a;
        json_decref(one);
    }
    if (count < 2)
        return first;
    char text[EXACT_TEXT];
    json_decref(first);
    exact_print(total, text);
    return json_loads(text, JSON_DECODE_ANY, NULL);
}

/* The value at the path; a new reference. */
static json_t *find(struct walk *w, json_t *v, const struct path_step *steps, uint32_t n)
{
    for (; v && n > 0 && steps->kind != PATH_FILTER; steps++, n--)
        v = child(v, steps);
    return v && n > 0 ? find_sum(w, v, steps, n) : json_incref(v);
}

static void print_value(struct buf *out, json_t *v)
{
    buf_addc(out, '|');
    if (!v) {
        buf_addc(out, '-');
    } else if (json_is_string(v)) {
        buf_addc(out, '\'');
        buf_add(out, json_string_value(v), json_string_length(v));
        buf_addc(out, '\'');
    } else {
        char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
        buf_adds(out, text);
        free(text);
    }
}

static void walk_path(struct walk *w, json_t *v, const char *path);

static void print_row(struct walk *w, const struct omni_stream *stream, uint32_t number)
{
    buf_printf(w->out, "%u", number);
    for (uint32_t i = 0; stream->fields[i]; i++) {
        struct path path;
        path_parse(w->arena, stream->fields[i]->path, &path, NULL);
        json_t *v = find(w, w->around[w->n_around - 1 - path.up], path.steps, path.n_steps);
        print_value(w->out, v);
        json_decref(v);
    }
    buf_addc(w->out, '\n');
}

static void print_record(struct walk *w)
{
    const struct omni_stream *stream = w->stream;
    print_row(w, stream, w->number);
    if (w->number > 0)
        return;
    json_t *record = w->around[w->n_around - 1];
    for (uint32_t i = 0; stream->parts && stream->parts[i]; i++) {
        w->stream = stream->parts[i];
        w->number = i + 1;
        walk_path(w, record, w->stream->inside);
    }
    w->stream = stream;
    w->number = 0;
}

static void walk_steps(struct walk *w, json_t *v, const struct path_step *steps, uint32_t n);

static void walk_record(struct walk *w, json_t *v, const struct path_step *steps, uint32_t n)
{
    w->around[w->n_around++] = v;
    if (n > 0)
        walk_steps(w, v, steps, n);
    else
        print_record(w);
    w->n_around--;
}

static void walk_list(struct walk *w, json_t *v, const struct path_step *steps, uint32_t n)
{
    json_t *element;
    size_t i;
    if (json_is_array(v)) {
        json_array_foreach(v, i, element)
        {
            if (!json_is_object(element) && !json_is_array(element))
                wrong(w, ORACLE_SHAPE);
            else if (passes(element, steps))
                walk_record(w, element, steps + 1, n - 1);
        }
    } else if (!json_is_object(v)) {
        wrong(w, ORACLE_SHAPE);
    } else if (passes(v, steps)) {
        walk_record(w, v, steps + 1, n - 1);
    }
}

static void walk_steps(struct walk *w, json_t *v, const struct path_step *steps, uint32_t n)
{
    for (; n > 0 && steps->kind <= PATH_INDEX; steps++, n--) {
        bool is_empty = json_is_null(v) || (json_is_array(v) && json_array_size(v) == 0) ||
                        (json_is_object(v) && json_object_size(v) == 0);
        if (v && !is_empty && !(steps->kind == PATH_NAME ? json_is_object(v) : json_is_array(v)))
            wrong(w, ORACLE_SHAPE);
        v = child(v, steps);
    }
    if (!v || json_is_null(v))
        return;
    if (n > 0)
        walk_list(w, v, steps, n);
    else if (json_is_object(v) || json_is_array(v))
        walk_record(w, v, NULL, 0);
    else
        wrong(w, ORACLE_SHAPE);
}

static void walk_path(struct walk *w, json_t *v, const char *text)
{
    struct path path;
    path_parse(w->arena, text, &path, NULL);
    walk_steps(w, v, path.steps, path.n_steps);
}

static uint32_t depth_of(json_t *v)
{
    uint32_t deepest = 0, d;
    const char *key;
    json_t *inner;
    size_t i;
    json_object_foreach(v, key, inner) deepest = (d = depth_of(inner)) > deepest ? d : deepest;
    json_array_foreach(v, i, inner) deepest = (d = depth_of(inner)) > deepest ? d : deepest;
    return deepest + (json_is_object(v) || json_is_array(v));
}

static json_t *load(const char *reply, size_t n, enum oracle *result)
{
    json_error_t error;
    if (n >= 3 && memcmp(reply, "\xEF\xBB\xBF", 3) == 0) {
        reply += 3;
        n -= 3;
    }
    /* jansson overlooks a NUL behind a number; no JSON holds one. */
    *result = memchr(reply, '\0', n) ? ORACLE_REFUSED : ORACLE_ROWS;
    if (*result == ORACLE_REFUSED)
        return NULL;
    json_t *v = json_loadb(reply, n, JSON_DECODE_ANY, &error);
    if (!v) {
        bool is_number = json_error_code(&error) == json_error_numeric_overflow ||
                         json_error_code(&error) == json_error_stack_overflow;
        *result = is_number ? ORACLE_UNSURE : ORACLE_REFUSED;
        return NULL;
    }
    if (depth_of(v) > ORACLE_DEPTH)
        *result = ORACLE_UNSURE;
    json_t *strict = json_loadb(reply, n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
    if (!strict && *result == ORACLE_ROWS)
        *result = ORACLE_TWINS;
    json_decref(strict);
    return v;
}

enum oracle oracle_rows(const struct reader_spec *spec, const char *reply, size_t n,
                        struct buf *rows)
{
    struct walk w = {.arena = arena_new(), .out = rows, .stream = spec->stream};
    enum oracle loaded;
    json_t *v = load(reply, n, &loaded);
    if (v)
        walk_path(&w, v, spec->records ? spec->records : "$");
    json_decref(v);
    arena_free(w.arena);
    return loaded == ORACLE_ROWS ? w.result : loaded;
}
