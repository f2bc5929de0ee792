/* SPDX-License-Identifier: Apache-2.0
 * What hub/base/zone.c says, for test_zone_oracle.py to compare: reads lines "ZONE FROM STEP
 * COUNT", writes for each instant its offset, and the instant of its local clock. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>

#include "base/day.h"
#include "base/zone.h"

static void print_offsets(const struct zone *z, int64_t from, int64_t step, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        int64_t t = (from + i * step) * TIME_SECOND;
        int32_t offset = zone_offset(z, t), day = zone_day(z, t);
        int64_t of_day = t + offset * TIME_SECOND - day * TIME_DAY;
        printf("%d %" PRId64 "\n", (int)offset, zone_instant(z, day, of_day) / TIME_SECOND);
    }
}

int main(void)
{
    char name[101];
    int64_t from, step, count;
    while (scanf("%100s %" SCNd64 " %" SCNd64 " %" SCNd64, name, &from, &step, &count) == 4) {
        struct err err;
        struct zone *z = zone_open(name, &err);
        if (!z) {
            fprintf(stderr, "%s\n", err.text);
            return 1;
        }
        print_offsets(z, from, step, count);
        zone_free(z);
    }
    return 0;
}
