/* SPDX-License-Identifier: Apache-2.0
 * Filters: which elements of an array pass, and the exact sum of their values. */
#ifndef HUB_READ_SUM_H
#define HUB_READ_SUM_H

#include "read/plan.h"
#include "read/scan.h"

bool sum_passes(const struct plan_test *, const struct read_value *slots);
/* Before an element: nothing of it is known. */
void sum_begin(const struct plan_node *, struct read_value *slots);
/* After an element at p: adds it where it passes. False where the values do not add up. */
bool sum_add(struct scan *, const struct plan_node *, struct read_value *slots, const char *p);

#endif
