/* SPDX-License-Identifier: Apache-2.0
 * A module's tables as JSON. */
#include <config.h>

#include "plugin/describe.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "plugin/guest.h"
#include "plugin/shape.h"

/* A struct of any shape, copied by its own size. */
union any {
    char bytes[SHAPE_MAX_SIZE];
    uint64_t align;
};

static json_t *describe(const struct shape *, const void *, int depth);

static uint32_t word_count(const char *const *words)
{
    uint32_t n = 0;
    while (words[n])
        n++;
    return n;
}

/* A number that has no word is shown as it is; reading it back will refuse it. */
static json_t *describe_word(const char *const *words, uint32_t value)
{
    return value < word_count(words) ? json_string(words[value]) : json_integer(value);
}

static json_t *describe_flags(const char *const *words, uint32_t flags)
{
    json_t *list = json_array();
    for (uint32_t i = 0, n = word_count(words); i < 32; i++)
        if (flags & (UINT32_C(1) << i))
            json_array_append_new(list, describe_word(words, i < n ? i : UINT32_C(1) << i));
    return list;
}

static json_t *describe_list(const struct shape_member *m, const void *const *items, int depth)
{
    json_t *list = json_array();
    /* One more than allowed, so that the reader sees that there are too many. */
    for (uint32_t i = 0; items && items[i] && i <= m->max; i++)
        json_array_append_new(list, describe(m->of, items[i], depth + 1));
    return list;
}

static json_t *describe_member(const struct shape_member *m, const void *at, int depth)
{
    const void *pointer;
    uint32_t number;
    memcpy(&pointer, at, sizeof pointer);
    memcpy(&number, at, sizeof number);
    switch (m->kind) {
    case SHAPE_COUNT:
        return json_integer(number);
    case SHAPE_WORD:
        return describe_word(m->words, number);
    case SHAPE_FLAGS:
        return number ? describe_flags(m->words, number) : NULL;
    case SHAPE_LIST:
        return pointer ? describe_list(m, pointer, depth) : NULL;
    default:
        return pointer ? json_string(pointer) : NULL;
    }
}

static json_t *describe(const struct shape *shape, const void *from, int depth)
{
    union any copy;
    json_t *json = json_object();
    if (depth > SHAPE_MAX_DEPTH)
        return json;
    guest_copy(&copy, shape->size, from);
    if (guest_size(from) == 0)
        json_put_int(json, SHAPE_SIZE, 0);
    for (const struct shape_member *m = shape->members; m->name; m++) {
        json_t *value = describe_member(m, copy.bytes + m->offset, depth);
        if (value)
            json_object_set_new(json, m->name, value);
    }
    return json;
}

/* Which optional calls a source answers; for people, not read back. */
static void add_offers(json_t *json, const struct omni_source *from)
{
    struct omni_source s;
    guest_copy(&s, sizeof s, from);
    const struct {
        const char *name;
        bool is_there;
    } offers[] = {{"check", s.check != NULL},
                  {"accounts", s.accounts != NULL},
                  {"discover", s.discover != NULL},
                  {"judge", s.judge != NULL},
                  {"total", s.total != NULL}};
    json_t *list = json_array();
    for (size_t i = 0; i < ARRAY_LEN(offers); i++)
        if (offers[i].is_there)
            json_array_append_new(list, json_string(offers[i].name));
    json_object_set_new(json, "offers", list);
}

json_t *describe_module(const struct omni_module *module)
{
    json_t *json = describe(&shape_module, module, 0);
    char abi[32];
    snprintf(abi, sizeof abi, "%u.%u", module->abi_major, module->abi_minor);
    json_put_text(json, "abi", abi);
    const json_t *sources = json_object_get(json, "sources");
    for (size_t i = 0; i < json_array_size(sources); i++)
        add_offers(json_array_get(sources, i), module->sources[i]);
    return json;
}

json_t *describe_stream(const struct omni_stream *stream)
{
    return describe(&shape_stream, stream, 0);
}

const struct omni_source *describe_find_source(const struct omni_module *m, const char *name)
{
    for (const struct omni_source *const *s = m->sources; s && *s; s++)
        if ((*s)->name && strcmp((*s)->name, name) == 0)
            return *s;
    return NULL;
}

const struct omni_sink *describe_find_sink(const struct omni_module *m, const char *name)
{
    for (const struct omni_sink *const *s = m->sinks; s && *s; s++)
        if ((*s)->name && strcmp((*s)->name, name) == 0)
            return *s;
    return NULL;
}
