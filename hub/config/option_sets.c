/* SPDX-License-Identifier: Apache-2.0
 * Options as JSON, and where each of them was written. */
#include <config.h>

#include "config/read_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* libconfig itself stops at the parser's stack; this keeps the recursion here well below it. */
enum { MAX_DEPTH = 32 };

struct conversion {
    struct keys_context *keys;
    struct config_all *all;
    struct option_set *set;
};

static json_t *convert(struct conversion *, const config_setting_t *, const char *path, int depth);

static void note_place(struct conversion *c, const config_setting_t *s, const char *path)
{
    struct option_set *set = c->set;
    if (set->n == set->cap) {
        set->cap = set->cap ? set->cap * 2 : 16;
        set->places = xrealloc(set->places, set->cap * sizeof *set->places);
    }
    set->places[set->n++] = (struct option_place){path, source_place(c->keys->source, s)};
}

static json_t *convert_members(struct conversion *c, const config_setting_t *s, const char *path,
                               int depth)
{
    bool is_group = config_setting_is_group(s);
    json_t *out = is_group ? json_object() : json_array();
    for (int i = 0; i < config_setting_length(s); i++) {
        const config_setting_t *m = config_setting_get_elem((config_setting_t *)s, (unsigned)i);
        const char *name = config_setting_name(m);
        const char *below =
            !is_group ? arena_printf(c->all->arena, "%s[%d]", path, i)
                      : arena_printf(c->all->arena, "%s%s%s", path, *path ? "." : "", name);
        json_t *value = convert(c, m, below, depth + 1);
        if (is_group)
            json_object_set_new(out, name, value);
        else
            json_array_append_new(out, value);
    }
    return out;
}

static json_t *convert(struct conversion *c, const config_setting_t *s, const char *path, int depth)
{
    note_place(c, s, path);
    switch (config_setting_type(s)) {
    case CONFIG_TYPE_INT:
        return json_integer(config_setting_get_int(s));
    case CONFIG_TYPE_INT64:
        return json_integer(config_setting_get_int64(s));
    case CONFIG_TYPE_FLOAT:
        return json_real(config_setting_get_float(s));
    case CONFIG_TYPE_BOOL:
        return json_boolean(config_setting_get_bool(s));
    case CONFIG_TYPE_STRING: {
        /* An escape such as \xff can still smuggle in what is no UTF-8. */
        json_t *text = json_string(config_setting_get_string(s));
        if (!text)
            keys_finding(c->keys, s, "option \"%s\" is not UTF-8 text", path);
        return text ? text : json_null();
    }
    default:
        if (depth <= MAX_DEPTH)
            return convert_members(c, s, path, depth);
        keys_finding(c->keys, s, "options are nested more than %d deep", MAX_DEPTH);
        return json_null();
    }
}

const json_t *config_options_read(void *ctx, struct keys_context *keys,
                                  const config_setting_t *setting)
{
    struct config_all *all = ctx;
    all->sets = xrealloc(all->sets, (all->n_sets + 1) * sizeof *all->sets);
    struct option_set *set = all->sets[all->n_sets++] = xcalloc(1, sizeof *set);
    struct conversion c = {keys, all, set};
    set->json = convert(&c, setting, "", 0);
    return set->json;
}

void config_options_free(struct config_all *all)
{
    for (size_t i = 0; i < all->n_sets; i++) {
        json_decref(all->sets[i]->json);
        free(all->sets[i]->places);
        free(all->sets[i]);
    }
    free(all->sets);
}

static const struct option_place *find_place(const struct option_set *set, const char *path,
                                             size_t n)
{
    for (size_t i = 0; i < set->n; i++)
        if (strlen(set->places[i].path) == n && strncmp(set->places[i].path, path, n) == 0)
            return &set->places[i];
    return NULL;
}

struct config_place config_option_place(const struct config *c, const json_t *options,
                                        const char *path, struct config_place fallback)
{
    const struct config_all *all = (const struct config_all *)c;
    const struct option_set *set = NULL;
    for (size_t i = 0; i < all->n_sets && !set; i++)
        if (all->sets[i]->json == options)
            set = all->sets[i];
    /* A missing "map.net" is best looked for where "map" is. */
    for (size_t n = strlen(path); set && n > 0; n--) {
        const struct option_place *p = find_place(set, path, n);
        if (p && (path[n] == '\0' || path[n] == '.' || path[n] == '['))
            return p->place;
    }
    return fallback;
}
