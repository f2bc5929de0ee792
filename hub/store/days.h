/* SPDX-License-Identifier: Apache-2.0
 * What one window does to each day: rows that came and went, and by how much the sums moved. */
#ifndef HUB_STORE_DAYS_H
#define HUB_STORE_DAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Movement of one summed column. Wide, so that it cannot overflow on its way. */
struct day_sum {
    __int128 delta;
    int64_t values; /* non-null values more (or fewer) than before */
};

struct day_note {
    int32_t day;
    bool is_changed; /* a reader of the dataset sees a difference */
    int64_t inserted, removed;
    struct day_sum *sums; /* n_sums of them */
};

struct days;

struct days *days_new(size_t n_sums);
void days_free(struct days *);
/* Finds or makes; valid until the next call. Asking for the same day again costs nothing. */
struct day_note *days_get(struct days *, int32_t day);
size_t days_count(const struct days *);
/* In the order of days. */
struct day_note *days_at(struct days *, size_t i);

#endif
