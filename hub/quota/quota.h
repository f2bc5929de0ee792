/* SPDX-License-Identifier: Apache-2.0
 * What platforms allow, what is left of it, and what is used up: shared by all jobs of a hub, in
 * one small file of state_dir. Times in milliseconds since 1970, by this machine's clock. */
#ifndef HUB_QUOTA_H
#define HUB_QUOTA_H

#include <jansson.h>
#include <stdint.h>

#include "base/err.h"

/* Nothing is believed to be used up for longer: a clock that was wrong would pause for years. */
enum { QUOTA_PAUSE_MAX_MS = 2 * 86400 * 1000, QUOTA_WHY_MAX = 300 };
/* How long a number is believed where the platform does not say when the quota is full again. */
enum { QUOTA_LEFT_MS = 15 * 60 * 1000 };

int64_t quota_now(void);

/* One look at the file after the other, by one process. */
struct quota;
struct quota *quota_new(const char *state_dir);
void quota_free(struct quota *);

/* Until when this bucket (a login, an account, an app) is used up; 0: it is not. *why, where not
 * NULL: what the platform said; borrowed until the next call. Cheap: one stat() where nothing
 * changed. */
int64_t quota_until(struct quota *, const char *bucket, const char **why);
/* No job asks before `until`; an earlier end than the one that is known changes nothing. */
omni_status quota_pause(struct quota *, const char *bucket, int64_t until, const char *why,
                        struct err *);

/* A run that waits for a bucket, without a process. until 0: it does not any more. */
omni_status quota_park(struct quota *, const char *connector, const char *account, int64_t until,
                       struct err *);
/* What a platform said is left of one of the quotas of a bucket. */
struct quota_left {
    const char *bucket, *what; /* what: its name with the platform */
    const char *user;          /* the connector that was told */
    int64_t left, limit;       /* limit 0: not said; the most that was seen counts */
    int64_t resets_at;         /* 0: not said */
};
omni_status quota_note_left(struct quota *, const struct quota_left *, struct err *);
/* When somebody who leaves others `keep` per million of each of the bucket's quotas may ask; 0:
 * now. *why as above. */
int64_t quota_spare(struct quota *, const char *bucket, int64_t keep_permillion, const char **why);

/* [{bucket, what, left, limit (absent: not known), at, until (then it is old), resets_at (absent:
 * not known), users: {CONNECTOR: true}, why}], [{bucket, until, why}] and [{connector, account,
 * until}]; those that are over left out; new references. */
json_t *quota_lefts(struct quota *);
json_t *quota_pauses(struct quota *);
json_t *quota_parked(struct quota *);

#endif
