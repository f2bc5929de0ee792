/* SPDX-License-Identifier: Apache-2.0
 * Growing the trie of a level. */
#ifndef HUB_READ_PLAN_NODE_H
#define HUB_READ_PLAN_NODE_H

#include "read/plan.h"

struct plan_node *plan_node_new(struct plan *, const char *label);
/* The node that the steps (names and indexes only) lead to, made where there is none. */
struct plan_node *plan_walk(struct plan *, struct plan_node *, const struct path_step *,
                            uint32_t n);
/* The slot of that node's value: `wanted` where it had none, or a new one if that is PLAN_NONE. */
uint32_t plan_slot(struct plan_level *, struct plan_node *, int32_t wanted);
/* The tests with a slot each, relative to a node. */
const struct plan_test *plan_tests(struct plan *, struct plan_level *, struct plan_node *,
                                   const struct path_step *filter);

#endif
