/* SPDX-License-Identifier: Apache-2.0
 * Prints when schedules fire, for the comparison with Python: a line
 * "ZONE<tab>FROM<tab>TO<tab>EXPRESSION" on standard input gives a line of epoch minutes. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/text.h"
#include "schedule/schedule.h"

enum { LINE = 512 };
#define MINUTE (60 * TIME_SECOND)

static int print_fires(char *line)
{
    char *part[4] = {line};
    for (size_t i = 1; i < 4; i++) {
        part[i] = strchr(part[i - 1], '\t');
        if (!part[i])
            return 1;
        *part[i]++ = '\0';
    }
    struct err err = {0};
    struct schedule schedule;
    long long from, to;
    struct zone *zone = zone_open(part[0], &err);
    if (!zone || !text_parse_int(part[1], INT32_MIN, INT32_MAX, &from) ||
        !text_parse_int(part[2], INT32_MIN, INT32_MAX, &to) ||
        schedule_parse(part[3], &schedule, &err) != OMNI_OK) {
        fprintf(stderr, "%s: %s\n", part[0], err.text);
        zone_free(zone);
        return 1;
    }
    int64_t t = schedule_next(&schedule, zone, from * MINUTE - 1);
    for (; t < to * MINUTE; t = schedule_next(&schedule, zone, t))
        printf("%lld ", (long long)(t / MINUTE));
    putchar('\n');
    zone_free(zone);
    return 0;
}

int main(void)
{
    char line[LINE];
    int bad = 0;
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        bad |= print_fires(line);
    }
    return bad;
}
