/* SPDX-License-Identifier: Apache-2.0
 * One record: recursive descent along the plan's trie, then the rows. */
#include <config.h>

#include "read/record.h"

#include <string.h>

#include "read/sum.h"

static const char *take_value(struct record *r, struct plan_node *node, const char *p);

static const char *take_object(struct record *r, struct plan_node *node, const char *p)
{
    struct scan *s = &r->scan;
    uint64_t object = ++r->n_objects;
    uint32_t at = 0;
    p = scan_enter(s, p);
    while (p && *p != '}') {
        const char *key = p;
        if (!(p = record_key(r, node, p, &at)))
            return NULL;
        struct plan_node *child = node->keys[at].child;
        if (!child) {
            p = scan_skip(s, p);
        } else if (child->seen == object) {
            return scan_fail(s, key, "member %.*s appears twice", (int)node->keys[at].len,
                             node->keys[at].name);
        } else {
            child->seen = object;
            p = take_value(r, child, p);
        }
        if (p)
            p = scan_comma(s, p, '}');
    }
    return p ? scan_leave(s, p) : NULL;
}

/* An element, for those paths that name it by its index and those that filter. */
static const char *take_element(struct record *r, struct plan_node *node, const char *p, uint32_t i)
{
    const char *end = NULL;
    uint32_t depth = r->scan.depth;
    for (struct plan_index *x = node->indexes; x; x = x->next) {
        if (x->index == i && !(end = take_value(r, x->child, p)))
            return NULL;
    }
    if (!node->filters)
        return end ? end : scan_skip(&r->scan, p);
    r->scan.depth = depth;
    sum_begin(node, r->slots);
    if (!(end = take_value(r, node->element, p)))
        return NULL;
    return sum_add(&r->scan, node, r->slots, p) ? end : NULL;
}

static const char *take_array(struct record *r, struct plan_node *node, const char *p)
{
    struct scan *s = &r->scan;
    p = scan_enter(s, p);
    for (uint32_t i = 0; p && *p != ']'; i++) {
        if ((p = take_element(r, node, p, i)))
            p = scan_comma(s, p, ']');
    }
    return p ? scan_leave(s, p) : NULL;
}

/* "[]" is how some languages write an empty object. */
static bool is_empty_tree(const char *p)
{
    for (p++; scan_is_blank(*p); p++)
        ;
    return *p == ']' || *p == '}';
}

/* A value that no path leads into. */
static const char *take_whole(struct record *r, const struct plan_node *node, const char *p,
                              struct read_value *value)
{
    const char *end = scan_value(&r->scan, p, value);
    if (!end || !node->is_way || value->kind == READ_NULL)
        return end;
    if (value->kind == READ_TREE && is_empty_tree(p))
        return end;
    return scan_fail(&r->scan, p, "expected an %s with records in it",
                     node->n_keys > 0 ? "object" : "array");
}

static const char *take_value(struct record *r, struct plan_node *node, const char *p)
{
    if (node->is_leaf)
        return scan_value(&r->scan, p, &r->slots[node->slot]);
    const char *start = p;
    for (struct plan_level *level = node->levels; level; level = level->here)
        level->span = start;
    struct read_value value = {.kind = READ_TREE, .s = start};
    if (*p == '{' && node->n_keys > 0)
        p = take_object(r, node, p);
    else if (*p == '[' && (node->indexes || node->filters))
        p = take_array(r, node, p);
    else
        p = take_whole(r, node, p, &value);
    if (!p)
        return NULL;
    if (value.kind == READ_TREE)
        value.len = (uint32_t)(p - start);
    if (node->slot != PLAN_NONE)
        r->slots[node->slot] = value;
    return p;
}

static bool passes(const struct plan_level *level)
{
    for (uint32_t i = 0; i < level->n_tests; i++) {
        if (!sum_passes(&level->tests[i], level->slots))
            return false;
    }
    return true;
}

/* A callback's own status ends the reading. */
static bool emit(struct record *r, struct plan_level *level, const char *p)
{
    if (r->is_trial)
        return true;
    const struct read_value *values = level->slots + level->first;
    if (!level->is_same_order) {
        for (uint32_t i = 0; i < level->n_fields; i++)
            level->row[i] = level->sources[i].level->slots[level->sources[i].slot];
        values = level->row;
    }
    r->where.offset = r->base_offset + (uint64_t)(p - r->base);
    if (level->stream == 0) {
        r->n_rows++;
        if (!r->is_line)
            r->where.record = r->n_rows;
    }
    omni_status status =
        r->calls->row(r->calls->ctx, (uint32_t)level->stream, values, &r->where, r->err);
    if (status == OMNI_OK)
        return true;
    r->scan.fault = SCAN_STOP;
    r->scan.status = status;
    return false;
}

static const char *read_records(struct record *r, struct plan_level *level, const char *p);

/* A record that has its line for itself. */
static bool ends_line(struct scan *s, const char *p)
{
    while (p < s->end && scan_is_blank(*p))
        p++;
    if (p < s->end)
        scan_fail(s, p, "expected nothing more in this line");
    return p == s->end;
}

static const char *read_one(struct record *r, struct plan_level *level, const char *p)
{
    r->level = level;
    r->slots = level->slots;
    memset(level->slots, 0, level->n_slots * sizeof *level->slots);
    for (struct plan_level *child = level->children; child; child = child->sibling)
        child->span = NULL;
    if (*p != '{' && *p != '[' && level->root->slot == PLAN_NONE)
        return scan_fail(&r->scan, p, "expected a record, which is an object or array");
    const char *end = take_value(r, level->root, p);
    if (end && r->is_line && !level->parent && !ends_line(&r->scan, end))
        return NULL;
    if (!end || !passes(level))
        return end;
    if (level->stream != PLAN_NONE && !emit(r, level, p))
        return NULL;
    for (struct plan_level *child = level->children; child; child = child->sibling) {
        if (child->span && !read_records(r, child, child->span))
            return NULL;
    }
    return end;
}

static const char *read_list(struct record *r, struct plan_level *level, const char *p)
{
    struct scan *s = &r->scan;
    p = scan_enter(s, p);
    while (p && *p != ']') {
        if ((p = read_one(r, level, p)))
            p = scan_comma(s, p, ']');
    }
    return p ? scan_leave(s, p) : NULL;
}

static const char *read_records(struct record *r, struct plan_level *level, const char *p)
{
    uint32_t depth = r->scan.depth;
    const char *end = NULL;
    if (*p == '[' && level->is_list)
        end = read_list(r, level, p);
    else if (*p == 'n')
        end = scan_skip(&r->scan, p);
    else if (*p == '{' || !level->is_list)
        end = read_one(r, level, p);
    else
        scan_fail(&r->scan, p, "expected a list of records (%s)", level->place);
    r->scan.depth = depth;
    return end;
}

const char *record_read(struct record *r, const char *p)
{
    scratch_reset(&r->scan.scratch);
    /* A bad line is passed over whole: the rows inside it are tried before the first is told. */
    if (r->is_line && r->plan->top->children) {
        r->is_trial = true;
        const char *end = read_one(r, r->plan->top, p);
        r->is_trial = false;
        if (!end)
            return NULL;
        r->scan.depth = 0;
    }
    return read_one(r, r->plan->top, p);
}
