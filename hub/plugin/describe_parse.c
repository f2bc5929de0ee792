/* SPDX-License-Identifier: Apache-2.0
 * A description read back into tables. It comes from a plugin, so nothing in it is taken on trust.
 */
#include <config.h>

#include "plugin/describe.h"

#include <string.h>

#include "base/day.h"
#include "base/text.h"
#include "plugin/shape.h"

enum { MAX_NAME = 64, MAX_LINE = 4096, MAX_TEXT = 64 * 1024 };

struct parse {
    struct arena *arena;
    struct err *err;
    int depth;
};

static const void *parse(struct parse *, const struct shape *, const json_t *);

static bool refuse(struct parse *p, const char *what, const char *why)
{
    err_set(p->err, OMNI_E_BUG, "%s: %s", what, why);
    return false;
}

static bool is_name(const char *s, size_t n)
{
    if (n == 0 || n > MAX_NAME || s[0] < 'a' || s[0] > 'z')
        return false;
    for (size_t i = 1; i < n; i++)
        if (!(s[i] >= 'a' && s[i] <= 'z') && !(s[i] >= '0' && s[i] <= '9') && s[i] != '_')
            return false;
    return true;
}

static bool has_control(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7F)
            return true;
    return false;
}

/* NULL: fine. */
static const char *wrong_text(enum shape_kind kind, const char *s, size_t n)
{
    int32_t day;
    if (strlen(s) != n)
        return "holds a NUL";
    if (n > (kind == SHAPE_TEXT ? MAX_TEXT : MAX_LINE))
        return "is too long";
    switch (kind) {
    case SHAPE_NAME:
        return is_name(s, n) ? NULL : "is not a name of lower-case letters, digits and _";
    case SHAPE_DAY:
        return day_parse_iso(s, n, &day) ? NULL : "is not a date like 2026-01-31";
    case SHAPE_URL:
        if (!text_starts(s, "https://") && !text_starts(s, "http://"))
            return "is not an http: or https: url";
        return has_control(s, n) || strchr(s, ' ') ? "holds blanks" : NULL;
    case SHAPE_LINE:
        return has_control(s, n) ? "holds control characters" : NULL;
    default:
        return NULL;
    }
}

static bool parse_text(struct parse *p, const struct shape_member *m, const json_t *json, void *at)
{
    if (!json_is_string(json))
        return refuse(p, m->name, "is not a text");
    const char *s = json_string_value(json);
    size_t n = json_string_length(json);
    /* "" is as good as not given. */
    if (n == 0 && !m->is_required && m->kind != SHAPE_TEXT)
        return true;
    const char *wrong = wrong_text(m->kind, s, n);
    if (wrong)
        return refuse(p, m->name, wrong);
    const char *copy = arena_strndup(p->arena, s, n);
    memcpy(at, &copy, sizeof copy);
    return true;
}

/* The place of a word; -1: none of them. */
static int find_word(const char *const *words, const json_t *json)
{
    const char *s = json_string_value(json);
    for (int i = 0; s && words[i]; i++)
        if (strcmp(words[i], s) == 0)
            return i;
    return -1;
}

static bool parse_word(struct parse *p, const struct shape_member *m, const json_t *json, void *at)
{
    int place = find_word(m->words, json);
    uint32_t value = (uint32_t)place;
    /* Required means: not the first word, which stands for nothing. */
    if (place < 0 || (m->is_required && place == 0))
        return refuse(p, m->name, "is none of its values");
    memcpy(at, &value, sizeof value);
    return true;
}

static bool parse_flags(struct parse *p, const struct shape_member *m, const json_t *json, void *at)
{
    uint32_t flags = 0;
    size_t i;
    const json_t *item;
    if (!json_is_array(json))
        return refuse(p, m->name, "is not a list of flags");
    json_array_foreach(json, i, item)
    {
        int place = find_word(m->words, item);
        if (place < 0)
            return refuse(p, m->name, "has a flag that this hub does not know");
        flags |= UINT32_C(1) << place;
    }
    memcpy(at, &flags, sizeof flags);
    return true;
}

static bool parse_count(struct parse *p, const struct shape_member *m, const json_t *json, void *at)
{
    json_int_t n = json_integer_value(json);
    uint32_t value = (uint32_t)n;
    if (!json_is_integer(json) || n < 0 || n > 1000000)
        return refuse(p, m->name, "is not a number from 0 to 1000000");
    memcpy(at, &value, sizeof value);
    return true;
}

static bool parse_list(struct parse *p, const struct shape_member *m, const json_t *json, void *at)
{
    size_t n = json_array_size(json);
    if (!json_is_array(json))
        return refuse(p, m->name, "is not a list");
    if (n > m->max)
        return refuse(p, m->name, "has too many members");
    const void **list = arena_alloc(p->arena, (n + 1) * sizeof *list);
    for (size_t i = 0; i < n; i++) {
        list[i] = parse(p, m->of, json_array_get(json, i));
        if (!list[i])
            return false;
    }
    memcpy(at, &list, sizeof list);
    return true;
}

static bool parse_member(struct parse *p, const struct shape_member *m, const json_t *json,
                         void *at)
{
    switch (m->kind) {
    case SHAPE_COUNT:
        return parse_count(p, m, json, at);
    case SHAPE_WORD:
        return parse_word(p, m, json, at);
    case SHAPE_FLAGS:
        return parse_flags(p, m, json, at);
    case SHAPE_LIST:
        return parse_list(p, m, json, at);
    default:
        return parse_text(p, m, json, at);
    }
}

/* "stream ad_insights: fields: …" */
static void name_place(struct parse *p, const struct shape *shape, const json_t *json)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    if (!name)
        name = json_string_value(json_object_get(json, "column"));
    if (!name)
        name = json_string_value(json_object_get(json, "path"));
    err_prefix(p->err, "%s%s%.80s%s: ", shape->name, name ? " \"" : "", name ? name : "",
               name ? "\"" : "");
}

static bool parse_members(struct parse *p, const struct shape *shape, const json_t *json, char *to)
{
    if (!json_is_object(json))
        return refuse(p, shape->name, "is not an object");
    if (json_object_get(json, SHAPE_SIZE))
        return refuse(p, SHAPE_SIZE,
                      "is 0: use the macros of <omnihub/sdk.h> for tables, or fill it in");
    for (const struct shape_member *m = shape->members; m->name; m++) {
        const json_t *value = json_object_get(json, m->name);
        if (!value && m->is_required)
            return refuse(p, m->name, "is missing");
        if (value && !parse_member(p, m, value, to + m->offset))
            return false;
    }
    return true;
}

static const void *parse(struct parse *p, const struct shape *shape, const json_t *json)
{
    uint32_t size = (uint32_t)shape->size;
    char *to = arena_alloc(p->arena, shape->size);
    if (++p->depth > SHAPE_MAX_DEPTH) {
        refuse(p, shape->name, "is nested too deep");
        return NULL;
    }
    bool is_fine = parse_members(p, shape, json, to);
    p->depth--;
    if (!is_fine) {
        name_place(p, shape, json);
        return NULL;
    }
    memcpy(to, &size, sizeof size);
    return to;
}

/* ---- what the tables cannot say ---- */

static bool has_twins(struct parse *p, const char *what, const char *name,
                      const char *const *others, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(others[i], name) == 0) {
            err_set(p->err, OMNI_E_BUG, "two %s are called \"%s\"", what, name);
            return true;
        }
    return false;
}

/* Walks a list whose items have their name at `offset`; false where two share one. */
static bool names_differ(struct parse *p, const char *what, const void *list, size_t offset)
{
    const char *seen[1024];
    const char *const *items = list;
    size_t n = 0;
    for (; items && items[n]; n++) {
        memcpy(&seen[n], items[n] + offset, sizeof seen[n]);
        if (has_twins(p, what, seen[n], seen, n))
            return false;
    }
    return true;
}

static bool stream_is_whole(struct parse *p, const struct omni_stream *s, int depth)
{
    if (!s->fields || !s->fields[0]) {
        err_set(p->err, OMNI_E_BUG, "stream \"%s\" has no fields", s->name);
        return false;
    }
    if (depth > 0 && !s->inside) {
        err_set(p->err, OMNI_E_BUG, "part \"%s\" does not say what it lies inside of", s->name);
        return false;
    }
    for (const struct omni_stream *const *part = s->parts; part && *part; part++)
        if (!stream_is_whole(p, *part, depth + 1))
            return false;
    return names_differ(p, "parts", s->parts, offsetof(struct omni_stream, name));
}

static bool source_is_whole(struct parse *p, const struct omni_source *s)
{
    for (const struct omni_stream *const *t = s->streams; t && *t; t++)
        if (!stream_is_whole(p, *t, 0))
            return false;
    return names_differ(p, "streams", s->streams, offsetof(struct omni_stream, name)) &&
           names_differ(p, "options", s->options, offsetof(struct omni_option, name));
}

static bool module_is_whole(struct parse *p, const struct omni_module *m)
{
    for (const struct omni_source *const *s = m->sources; s && *s; s++)
        if (!source_is_whole(p, *s)) {
            err_prefix(p->err, "source \"%s\": ", (*s)->name);
            return false;
        }
    return names_differ(p, "sources", m->sources, offsetof(struct omni_source, name)) &&
           names_differ(p, "sinks", m->sinks, offsetof(struct omni_sink, name));
}

/* "1.0": from the JSON, because the reader of the tables may want to show it. */
static void set_abi(struct omni_module *m, const json_t *json)
{
    const char *abi = json_string_value(json_object_get(json, "abi"));
    const char *point = abi ? strchr(abi, '.') : NULL;
    long long minor = 0;
    m->abi_major = OMNI_ABI_MAJOR;
    if (point && text_parse_int(point + 1, 0, OMNI_ABI_MINOR, &minor))
        m->abi_minor = (uint16_t)minor;
}

const struct omni_module *describe_parse_module(const json_t *json, struct arena *arena,
                                                struct err *err)
{
    struct err own = {.text = ""};
    struct parse p = {.arena = arena, .err = err ? err : &own};
    /* The arena's own memory: only the view that is handed out is const. */
    struct omni_module *m = (struct omni_module *)parse(&p, &shape_module, json);
    if (!m || !module_is_whole(&p, m))
        return NULL;
    set_abi(m, json);
    return m;
}

const struct omni_stream *describe_parse_stream(const json_t *json, struct arena *arena,
                                                struct err *err)
{
    struct err own = {.text = ""};
    struct parse p = {.arena = arena, .err = err ? err : &own};
    const struct omni_stream *s = parse(&p, &shape_stream, json);
    return s && stream_is_whole(&p, s, 0) ? s : NULL;
}
