/* SPDX-License-Identifier: Apache-2.0
 * How near an end is, in the steps in which people are warned. */
#include <config.h>

#include "base/ahead.h"

#include <stddef.h>

#include "base/mem.h"

static const struct {
    int64_t days; /* that are left, at most */
    const char *words;
} steps[] = {
    {-1, "which is over"}, {7, "within 7 days"}, {30, "within 30 days"}, {90, "within 90 days"}};

int ahead_stage(int64_t days_left)
{
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        if (days_left <= steps[i].days)
            return (int)(ARRAY_LEN(steps) - i);
    return 0;
}

const char *ahead_words(int64_t days_left)
{
    int stage = ahead_stage(days_left);
    return stage ? steps[ARRAY_LEN(steps) - (size_t)stage].words : NULL;
}
