/* SPDX-License-Identifier: Apache-2.0
 * Filters: which elements of an array pass, and the exact sum of their values. */
#include <config.h>

#include "read/sum.h"

#include <string.h>

#include "base/exact.h"

bool sum_passes(const struct plan_test *test, const struct read_value *slots)
{
    const struct read_value *v = &slots[test->slot];
    return v->kind == READ_TEXT && v->len == test->len && memcmp(v->s, test->text, v->len) == 0;
}

void sum_begin(const struct plan_node *node, struct read_value *slots)
{
    for (const struct plan_filter *f = node->filters; f; f = f->next) {
        slots[f->value].kind = READ_ABSENT;
        for (uint32_t i = 0; i < f->n_tests; i++)
            slots[f->tests[i].slot].kind = READ_ABSENT;
    }
}

static enum exact_result parse(const struct read_value *v, int64_t *micros)
{
    if (v->kind != READ_NUMBER && v->kind != READ_TEXT)
        return EXACT_SYNTAX;
    return exact_parse(v->s, v->len, 6, 0, micros);
}

/* The sum replaces the first value; a value that is alone stays as it was written. */
static bool add(struct scan *s, const struct plan_filter *f, struct read_value *slots,
                const char *p)
{
    struct read_value *sum = &slots[f->sum];
    const struct read_value *value = &slots[f->value];
    if (sum->kind == READ_ABSENT) {
        *sum = *value;
        return true;
    }
    int64_t a = 0, b = 0;
    enum exact_result result = parse(sum, &a);
    if (result == EXACT_OK)
        result = parse(value, &b);
    if (result == EXACT_OK && !exact_add(a, b, &a))
        result = EXACT_RANGE;
    if (result != EXACT_OK) {
        scan_fail(s, p, "several values at %s, which cannot be added: %s", f->path,
                  exact_message(result));
        return false;
    }
    char *text = scratch_get(&s->scratch, EXACT_TEXT);
    exact_print(a, text);
    *sum = (struct read_value){READ_NUMBER, (uint32_t)strlen(text), text};
    return true;
}

bool sum_add(struct scan *s, const struct plan_node *node, struct read_value *slots, const char *p)
{
    for (const struct plan_filter *f = node->filters; f; f = f->next) {
        bool is_in = slots[f->value].kind != READ_ABSENT;
        for (uint32_t i = 0; is_in && i < f->n_tests; i++)
            is_in = sum_passes(&f->tests[i], slots);
        if (is_in && !add(s, f, slots, p))
            return false;
    }
    return true;
}
