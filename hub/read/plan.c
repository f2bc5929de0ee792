/* SPDX-License-Identifier: Apache-2.0
 * Compiles a stream's paths into levels and tries. */
#include <config.h>

#include "read/plan.h"

#include <stdlib.h>
#include <string.h>

#include "read/plan_node.h"

struct plan_build {
    struct plan *plan;
    struct err *err;
};

static bool is_list_step(const struct path_step *s)
{
    return s->kind == PATH_ALL || s->kind == PATH_FILTER;
}

static uint32_t steps_to_list(const struct path_step *steps, uint32_t n)
{
    uint32_t i = 0;
    while (i < n && !is_list_step(&steps[i]))
        i++;
    return i;
}

static struct plan_level *level_new(struct plan *plan, struct plan_level *parent, const char *place)
{
    struct plan_level *level = arena_alloc(plan->arena, sizeof *level);
    level->parent = parent;
    level->place = place;
    level->stream = PLAN_NONE;
    level->root = plan_node_new(plan, "");
    if (parent) {
        struct plan_level **last = &parent->children;
        while (*last)
            last = &(*last)->sibling;
        *last = level;
    }
    return level;
}

/* Marks the nodes on the way and hangs the level at its end. */
static void attach(struct plan *plan, struct plan_level *level, const struct path_step *steps,
                   uint32_t n)
{
    struct plan_node *node = level->parent->root;
    for (uint32_t i = 0; i < n; i++) {
        node->is_way = true;
        node = plan_walk(plan, node, &steps[i], 1);
    }
    struct plan_level **last = &node->levels;
    while (*last)
        last = &(*last)->here;
    *last = level;
}

/* One level for each [*] or filter, and one for steps after the last of them. Returns the
 * innermost. parent NULL: the first level's steps become the plan's way. */
static struct plan_level *add_levels(struct plan *plan, struct plan_level *parent,
                                     const struct path *path, const char *place)
{
    struct plan_level *level = parent;
    uint32_t at = 0;
    do {
        const struct path_step *steps = path->steps + at;
        uint32_t n = steps_to_list(steps, path->n_steps - at);
        struct plan_level *outer = level;
        level = level_new(plan, outer, place);
        level->is_list = at + n < path->n_steps;
        if (outer) {
            attach(plan, level, steps, n);
        } else {
            plan->top = level;
            plan->way = steps;
            plan->n_way = n;
        }
        if (level->is_list && steps[n].kind == PATH_FILTER) {
            level->tests = plan_tests(plan, level, level->root, &steps[n]);
            level->n_tests = steps[n].n_tests;
        }
        at += n + (level->is_list ? 1 : 0);
    } while (at < path->n_steps);
    return level;
}

/* The filter of this node that does the same, or a new one. */
static struct plan_filter *find_filter(struct plan_node *node, const char *path)
{
    for (struct plan_filter *f = node->filters; f; f = f->next) {
        if (strcmp(f->path, path) == 0)
            return f;
    }
    return NULL;
}

static uint32_t add_filter(struct plan *plan, struct plan_level *level, const struct path *path,
                           const char *text, int32_t wanted)
{
    uint32_t n = steps_to_list(path->steps, path->n_steps);
    struct plan_node *node = plan_walk(plan, level->root, path->steps, n);
    struct plan_filter *filter = find_filter(node, text);
    if (filter)
        return filter->sum;
    if (!node->element)
        node->element = plan_node_new(plan, "");
    filter = arena_alloc(plan->arena, sizeof *filter);
    filter->path = text;
    filter->sum = wanted == PLAN_NONE ? level->n_slots++ : (uint32_t)wanted;
    filter->tests = plan_tests(plan, level, node->element, &path->steps[n]);
    filter->n_tests = path->steps[n].n_tests;
    struct plan_node *value =
        plan_walk(plan, node->element, path->steps + n + 1, path->n_steps - n - 1);
    filter->value = plan_slot(level, value, PLAN_NONE);
    filter->next = node->filters;
    node->filters = filter;
    return filter->sum;
}

static omni_status check_field_path(const struct path *path, const char *text, struct err *err)
{
    uint32_t filters = 0;
    for (uint32_t i = 0; i < path->n_steps; i++) {
        if (path->steps[i].kind == PATH_ALL)
            return err_set(err, OMNI_E_CONFIG,
                           "path %s: [*] is for records; a field takes one value, e.g. [0] or a "
                           "filter [?@.kind=='…']",
                           text);
        filters += path->steps[i].kind == PATH_FILTER;
    }
    if (filters > 1)
        return err_set(err, OMNI_E_CONFIG, "path %s: more than one filter", text);
    return OMNI_OK;
}

static bool add_field(struct plan_build *b, struct plan_level *level, uint32_t i, const char *text)
{
    struct path path;
    if (!path_parse(b->plan->arena, text, &path, b->err) ||
        check_field_path(&path, text, b->err) != OMNI_OK)
        return false;
    struct plan_level *from = level;
    for (uint32_t up = path.up; from && up > 0; up--)
        from = from->parent;
    if (!from) {
        err_set(b->err, OMNI_E_CONFIG,
                "path %s: there is no enclosing record that far out; ^ works where records lie "
                "inside others",
                text);
        return false;
    }
    int32_t wanted = from == level ? (int32_t)(level->first + i) : PLAN_NONE;
    uint32_t slot = 0;
    if (steps_to_list(path.steps, path.n_steps) < path.n_steps)
        slot = add_filter(b->plan, from, &path, text, wanted);
    else
        slot = plan_slot(from, plan_walk(b->plan, from->root, path.steps, path.n_steps), wanted);
    level->sources[i] = (struct plan_source){from, slot};
    level->is_same_order = level->is_same_order && from == level && slot == level->first + i;
    return true;
}

static bool add_stream(struct plan_build *b, struct plan_level *level,
                       const struct omni_stream *stream, int32_t number)
{
    struct arena *arena = b->plan->arena;
    uint32_t n = 0;
    while (stream->fields && stream->fields[n])
        n++;
    level->stream = number;
    level->n_fields = n;
    level->is_same_order = true;
    level->sources = arena_alloc(arena, (n + 1) * sizeof *level->sources);
    level->row = arena_alloc(arena, (n + 1) * sizeof *level->row);
    level->root->is_reported = true;
    level->first = level->n_slots;
    level->n_slots += n;
    for (uint32_t i = 0; i < n; i++) {
        const char *path = stream->fields[i]->path;
        if (!add_field(b, level, i, path ? path : "")) {
            const char *column = stream->fields[i]->column;
            err_prefix(b->err, "stream %s, field %u (%s): ", stream->name ? stream->name : "?",
                       i + 1, column ? column : "extra");
            return false;
        }
    }
    return true;
}

/* Slots for every level, leaves marked. */
static void finish_node(struct plan_node *node)
{
    for (uint32_t i = 1; i < node->n_keys; i++)
        finish_node(node->keys[i].child);
    for (struct plan_index *i = node->indexes; i; i = i->next)
        finish_node(i->child);
    if (node->element)
        finish_node(node->element);
    node->is_leaf = node->slot != PLAN_NONE && node->n_keys == 0 && !node->indexes &&
                    !node->element && !node->levels;
}

static void finish_level(struct plan *plan, struct plan_level *level)
{
    level->slots = arena_alloc(plan->arena, (level->n_slots + 1) * sizeof *level->slots);
    finish_node(level->root);
    for (struct plan_level *child = level->children; child; child = child->sibling)
        finish_level(plan, child);
}

static bool parse_place(struct plan_build *b, const char *what, const char *text, struct path *path)
{
    if (!path_parse(b->plan->arena, text, path, b->err)) {
        err_prefix(b->err, "%s: ", what);
        return false;
    }
    if (path->up > 0) {
        err_set(b->err, OMNI_E_CONFIG, "%s: path %s must begin with $", what, text);
        return false;
    }
    return true;
}

static bool add_part(struct plan_build *b, struct plan_level *parent,
                     const struct omni_stream *part, int32_t number)
{
    struct path path;
    if (part->parts && part->parts[0]) {
        err_set(b->err, OMNI_E_CONFIG, "part %s: a part cannot have parts", part->name);
        return false;
    }
    if (!parse_place(b, "inside", part->inside ? part->inside : "$", &path))
        return false;
    struct plan_level *level = add_levels(b->plan, parent, &path, part->inside);
    return add_stream(b, level, part, number);
}

static bool build(struct plan_build *b, const struct reader_spec *spec)
{
    const char *records = spec->format == OMNI_FORMAT_JSON && spec->records ? spec->records : "$";
    struct path path;
    if (!parse_place(b, "records", records, &path))
        return false;
    struct plan_level *level = add_levels(b->plan, NULL, &path, records);
    if (!add_stream(b, level, spec->stream, 0))
        return false;
    const struct omni_stream *const *parts = spec->stream->parts;
    for (int32_t i = 0; parts && parts[i]; i++) {
        if (!add_part(b, level, parts[i], i + 1))
            return false;
    }
    finish_level(b->plan, b->plan->top);
    return true;
}

struct plan *plan_new(const struct reader_spec *spec, struct err *err)
{
    struct plan *plan = xcalloc(1, sizeof *plan);
    plan->arena = arena_new();
    struct plan_build b = {.plan = plan, .err = err};
    if (build(&b, spec))
        return plan;
    plan_free(plan);
    return NULL;
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    arena_free(plan->arena);
    free(plan);
}
