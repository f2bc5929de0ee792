/* SPDX-License-Identifier: Apache-2.0
 * Growing the trie of a level: keys, indexes, slots, tests. */
#include <config.h>

#include "read/plan_node.h"

#include <string.h>

struct plan_node *plan_node_new(struct plan *plan, const char *label)
{
    struct plan_node *node = arena_alloc(plan->arena, sizeof *node);
    node->slot = PLAN_NONE;
    node->label = label;
    return node;
}

static bool is_plain(const char *s, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        if (s[i] == '"' || s[i] == '\\' || (unsigned char)s[i] < 0x20)
            return false;
    }
    return true;
}

/* Room for one more key, and [0], which is none. */
static void reserve_key(struct plan *plan, struct plan_node *node)
{
    if (node->n_keys == 0) {
        node->keys = arena_alloc(plan->arena, 2 * sizeof *node->keys);
        node->n_keys = 1;
        return;
    }
    if (node->n_keys & (node->n_keys - 1) || node->n_keys == 1)
        return;
    struct plan_key *keys = arena_alloc(plan->arena, node->n_keys * 2 * sizeof *keys);
    memcpy(keys, node->keys, node->n_keys * sizeof *keys);
    node->keys = keys;
}

uint32_t plan_add_key(struct plan *plan, struct plan_node *node, const char *name, uint32_t len,
                      struct plan_node *child)
{
    reserve_key(plan, node);
    node->keys[node->n_keys] = (struct plan_key){.name = arena_strndup(plan->arena, name, len),
                                                 .len = len,
                                                 .is_plain = is_plain(name, len),
                                                 .child = child};
    return node->n_keys++;
}

static struct plan_node *walk_name(struct plan *plan, struct plan_node *node,
                                   const struct path_step *step)
{
    for (uint32_t i = 1; i < node->n_keys; i++) {
        if (node->keys[i].len == step->len && !memcmp(node->keys[i].name, step->name, step->len))
            return node->keys[i].child;
    }
    const char *label =
        arena_printf(plan->arena, "%s%.*s.", node->label, (int)step->len, step->name);
    struct plan_node *child = plan_node_new(plan, label);
    child->is_reported = node->is_reported;
    plan_add_key(plan, node, step->name, step->len, child);
    return child;
}

static struct plan_node *walk_index(struct plan *plan, struct plan_node *node, uint32_t index)
{
    for (struct plan_index *i = node->indexes; i; i = i->next) {
        if (i->index == index)
            return i->child;
    }
    struct plan_index *added = arena_alloc(plan->arena, sizeof *added);
    added->index = index;
    added->child = plan_node_new(plan, node->label);
    added->next = node->indexes;
    node->indexes = added;
    return added->child;
}

struct plan_node *plan_walk(struct plan *plan, struct plan_node *node,
                            const struct path_step *steps, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        node = steps[i].kind == PATH_NAME ? walk_name(plan, node, &steps[i])
                                          : walk_index(plan, node, steps[i].index);
    }
    return node;
}

uint32_t plan_slot(struct plan_level *level, struct plan_node *node, int32_t wanted)
{
    if (node->slot == PLAN_NONE)
        node->slot = wanted == PLAN_NONE ? (int32_t)level->n_slots++ : wanted;
    return (uint32_t)node->slot;
}

const struct plan_test *plan_tests(struct plan *plan, struct plan_level *level,
                                   struct plan_node *node, const struct path_step *filter)
{
    struct plan_test *tests = arena_alloc(plan->arena, filter->n_tests * sizeof *tests + 1);
    for (uint32_t i = 0; i < filter->n_tests; i++) {
        const struct path_test *t = &filter->tests[i];
        struct plan_node *at = plan_walk(plan, node, t->steps, t->n_steps);
        tests[i] = (struct plan_test){.len = t->len, .text = t->text};
        tests[i].slot = plan_slot(level, at, PLAN_NONE);
    }
    return tests;
}
