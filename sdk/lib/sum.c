/* SPDX-License-Identifier: Apache-2.0
 * Sums that notice when they overflow, or when something was no number. */
#include <omnihub/sdk.h>

void omni_sum_add(struct omni_sum *sum, int64_t value)
{
    if (value > 0 ? sum->value > INT64_MAX - value : sum->value < INT64_MIN - value)
        sum->is_bad = 1;
    else
        sum->value += value;
}

void omni_sum_subtract(struct omni_sum *sum, int64_t value)
{
    if (value == INT64_MIN)
        sum->is_bad = 1;
    else
        omni_sum_add(sum, -value);
}

static int is_nothing(struct omni_json value, const char *path)
{
    int kind = omni_json_at(value, path).kind;
    return kind == OMNI_JSON_NONE || kind == OMNI_JSON_NULL;
}

void omni_sum_add_micros(struct omni_sum *sum, struct omni_json value, const char *path)
{
    int64_t micros;
    if (omni_json_micros(value, path, &micros))
        omni_sum_add(sum, micros);
    else if (!is_nothing(value, path))
        sum->is_bad = 1;
}

void omni_sum_add_int(struct omni_sum *sum, struct omni_json value, const char *path)
{
    int64_t number;
    if (omni_json_int(value, path, &number))
        omni_sum_add(sum, number);
    else if (!is_nothing(value, path))
        sum->is_bad = 1;
}
