/* SPDX-License-Identifier: Apache-2.0
 * The job's share of what its platform allows: asks the hub's other jobs before it asks the
 * platform, and tells them what the platform says. */
#ifndef HUB_JOB_QUOTA_H
#define HUB_JOB_QUOTA_H

#include "base/day.h"
#include "run/job.h"

/* For the login and account that were chosen. Lives until job_quota_close(). */
const struct http_budget *job_quota_open(struct job *);
void job_quota_close(struct job *);
/* The request before was refused as too many: remembers until when the run has to wait. */
void job_quota_wait(struct job *);
/* When a parked run can go on, for its result; NULL: it is not parked, or nobody said. */
const char *job_quota_until(const struct job *, char out[TIME_TEXT]);
/* The pull is over: whether it waits, and until when, is kept for service and status. */
void job_quota_settle(struct job *);

#endif
