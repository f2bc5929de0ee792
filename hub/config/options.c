/* SPDX-License-Identifier: Apache-2.0
 * Reading a connector's options by name or nested path. */
#include <config.h>

#include "config/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/mem.h"
#include "base/text.h"

struct omni_config {
    json_t *values; /* what was given, completed by what was declared */
    const struct omni_option *const *declared;
    int32_t today;
};

/* ---- fallbacks ---- */

static bool is_yes(const char *s)
{
    return text_in_list(s, strlen(s), "true yes on 1", " ");
}

/* "a,b" */
static json_t *split(const char *s)
{
    json_t *list = json_array();
    while (*s) {
        size_t n = strcspn(s, ",");
        if (n > 0)
            json_array_append_new(list, json_stringn(s, n));
        s += n + (s[n] == ',');
    }
    return list;
}

static json_t *fallback_value(const struct omni_option *o)
{
    long long number = 0;
    switch (o->type) {
    case OMNI_OPT_BOOL:
        return json_boolean(is_yes(o->fallback));
    case OMNI_OPT_INT:
        text_parse_int(o->fallback, INT64_MIN, INT64_MAX, &number);
        return json_integer(number);
    case OMNI_OPT_LIST:
        return split(o->fallback);
    default:
        return json_string(o->fallback);
    }
}

struct omni_config *options_new(const json_t *values, const struct omni_option *const *declared,
                                int32_t today)
{
    struct omni_config *c = xcalloc(1, sizeof *c);
    c->values = json_is_object(values) ? json_copy((json_t *)values) : json_object();
    c->declared = declared;
    c->today = today;
    for (const struct omni_option *const *o = declared; o && *o; o++)
        if ((*o)->fallback && !json_object_get(c->values, (*o)->name))
            json_object_set_new(c->values, (*o)->name, fallback_value(*o));
    return c;
}

void options_free(struct omni_config *c)
{
    if (!c)
        return;
    json_decref(c->values);
    free(c);
}

/* ---- lookups ---- */

/* "[12]", moves on behind it; NULL: no such place. */
static const json_t *find_place(const json_t *value, const char **path)
{
    char *end;
    errno = 0;
    if ((*path)[1] < '0' || (*path)[1] > '9')
        return NULL;
    unsigned long i = strtoul(*path + 1, &end, 10);
    if (*end != ']' || errno != 0)
        return NULL;
    *path = end + 1;
    return json_array_get(value, i);
}

const json_t *options_find(const json_t *values, const char *path)
{
    const json_t *value = path && *path ? values : NULL;
    while (value && *path) {
        if (*path == '[') {
            value = find_place(value, &path);
        } else {
            size_t n = strcspn(path, ".[");
            auto_free char *name = xstrndup(path, n);
            value = json_object_get(value, name);
            path += n;
        }
        if (*path == '.' && path[1] != '\0')
            path++;
    }
    return value;
}

const char *options_text(const struct omni_config *c, const char *path)
{
    return json_string_value(options_find(c->values, path));
}

static uint32_t declared_type(const struct omni_config *c, const char *name)
{
    for (const struct omni_option *const *o = c->declared; o && name && *o; o++)
        if (strcmp((*o)->name, name) == 0)
            return (*o)->type;
    return 0;
}

static int64_t text_number(const struct omni_config *c, const char *path, const char *s)
{
    long long number;
    int32_t day;
    switch (declared_type(c, path)) {
    case OMNI_OPT_DURATION:
        return text_parse_duration(s, &number) ? number : 0;
    case OMNI_OPT_DATE:
        return day_parse_arg(s, c->today, &day) ? day : 0;
    case OMNI_OPT_BOOL:
        return is_yes(s);
    default:
        return text_parse_int(s, INT64_MIN, INT64_MAX, &number) ? number : 0;
    }
}

int64_t options_int(const struct omni_config *c, const char *path)
{
    const json_t *value = options_find(c->values, path);
    if (json_is_string(value))
        return text_number(c, path, json_string_value(value));
    return json_is_integer(value) ? json_integer_value(value) : json_is_true(value);
}

uint32_t options_count(const struct omni_config *c, const char *path)
{
    const json_t *value = options_find(c->values, path);
    return (uint32_t)(json_is_array(value) ? json_array_size(value) : json_object_size(value));
}

const char *options_item(const struct omni_config *c, const char *path, uint32_t i)
{
    const json_t *value = options_find(c->values, path);
    if (json_is_array(value))
        return json_string_value(json_array_get(value, i));
    /* jansson keeps the order in which members were set. */
    void *member = json_object_iter((json_t *)value);
    while (member && i-- > 0)
        member = json_object_iter_next((json_t *)value, member);
    return member ? json_object_iter_key(member) : NULL;
}
