/* SPDX-License-Identifier: Apache-2.0
 * What one window does to each day: rows that came and went, and by how much the sums moved. */
#include <config.h>

#include "store/days.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct days {
    struct day_note *notes; /* ordered by day */
    size_t n, cap, n_sums, last;
};

struct days *days_new(size_t n_sums)
{
    struct days *d = xcalloc(1, sizeof *d);
    d->n_sums = n_sums;
    return d;
}

void days_free(struct days *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->n; i++)
        free(d->notes[i].sums);
    free(d->notes);
    free(d);
}

/* The first place whose day is not below this one. */
static size_t place_of(const struct days *d, int32_t day)
{
    size_t low = 0, high = d->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (d->notes[mid].day < day)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void insert_at(struct days *d, size_t i, int32_t day)
{
    if (d->n == d->cap) {
        d->cap = d->cap ? d->cap * 2 : 32;
        d->notes = xrealloc(d->notes, d->cap * sizeof *d->notes);
    }
    memmove(d->notes + i + 1, d->notes + i, (d->n - i) * sizeof *d->notes);
    d->notes[i] = (struct day_note){.day = day, .sums = xcalloc(d->n_sums, sizeof(struct day_sum))};
    d->n++;
}

struct day_note *days_get(struct days *d, int32_t day)
{
    if (d->last < d->n && d->notes[d->last].day == day)
        return &d->notes[d->last];
    size_t i = place_of(d, day);
    if (i == d->n || d->notes[i].day != day)
        insert_at(d, i, day);
    d->last = i;
    return &d->notes[i];
}

size_t days_count(const struct days *d)
{
    return d->n;
}

struct day_note *days_at(struct days *d, size_t i)
{
    return &d->notes[i];
}
