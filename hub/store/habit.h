/* SPDX-License-Identifier: Apache-2.0
 * What a feed's days usually look like, and days that do not: far fewer rows than this weekday has,
 * money that moved by a thousand or a million. */
#ifndef HUB_STORE_HABIT_H
#define HUB_STORE_HABIT_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

struct sqlite3;

/* The metric of feed_days that counts rows; all others are columns. */
#define HABIT_ROWS ""

/* Money that is summed: what may come in millionths where units are meant. */
bool habit_is_watched(const struct schema_column *);

struct habit_rule {
    int64_t feed;
    int32_t from, to;       /* days to look at */
    int32_t few_to;         /* later ones may still lack rows */
    int64_t few_permillion; /* of the weekday's median; 0: rows are not looked at */
    bool watches_money;
    bool accepts; /* what is found is right, says the admin: it is not told again */
};

enum habit_doubt { HABIT_FINE, HABIT_FEW, HABIT_JUMP };
enum { HABIT_TEXT = 300 };

/* On the first day that is doubtful; HABIT_FINE where none is. */
struct habit_verdict {
    enum habit_doubt doubt;
    char text[HABIT_TEXT]; /* for a person */
};
omni_status habit_judge(struct store *, const struct habit_rule *, struct habit_verdict *,
                        struct err *);

/* Counts what a dataset holds already; for a store of an older program. */
omni_status feed_days_fill(struct sqlite3 *, const struct schema_dataset *, struct err *);

#endif
