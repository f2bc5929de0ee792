/* SPDX-License-Identifier: Apache-2.0
 * What hub/base/exact.c makes of numbers, for test_exact_oracle.py to compare: reads lines
 * "TEXT SHIFT FLAGS", writes the result and the value. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/exact.h"

int main(void)
{
    char text[400];
    int shift;
    unsigned flags;
    while (scanf("%399s %d %u", text, &shift, &flags) == 3) {
        int64_t value = 0;
        enum exact_result result = exact_parse(text, strlen(text), shift, flags, &value);
        printf("%d %" PRId64 "\n", (int)result, value);
    }
    return 0;
}
