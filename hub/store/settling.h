/* SPDX-License-Identifier: Apache-2.0
 * How long a feed's days really go on changing, measured from the restatement ledger. */
#ifndef HUB_SETTLING_H
#define HUB_SETTLING_H

#include <jansson.h>
#include <stdbool.h>

#include "store/store.h"

/* Ages, in days, that changes are counted by; an older day belongs to none. */
enum { SETTLING_AGES = 6 };
extern const int32_t settling_ages[SETTLING_AGES]; /* 1, 2, 3, 7, 14, 28 */
enum { SETTLING_LOOK_DAYS = 60 };                  /* older restatements say nothing any more */

struct settling {
    int32_t watched_days; /* since the first good pull of the feed */
    int32_t moves_days;   /* days up to this age still changed, by a thousandth or more; 0: none */
};
omni_status settling_measure(struct store *, int64_t feed, struct settling *, struct err *);
/* What the view's column `state` says of the feed's days from now on. */
omni_status settling_keep(struct store *, int64_t feed, int32_t moves_days, struct err *);

/* The largest change that a run made to a day older than `age` days, in words; "" where none was of
 * at least `permille` of the value. */
enum { SETTLING_TEXT = 300 };
struct settling_question {
    int64_t feed, run, permille;
    int32_t age;
};
omni_status settling_drift(struct store *, const struct settling_question *,
                           char text[SETTLING_TEXT], struct err *);

/* One object per feed and age: connector, stream, account, age ("2" … "28", "older"), days (that
 * changed at that age), changes, largest_permille. New reference; NULL with err. */
json_t *settling_list(struct store *, const char *connector, struct err *);

#endif
