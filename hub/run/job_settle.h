/* SPDX-License-Identifier: Apache-2.0
 * How many days behind the newest a pull reads again: those that still move, now and then all that
 * may; and what is said when a day moves that should not. */
#ifndef HUB_JOB_SETTLE_H
#define HUB_JOB_SETTLE_H

#include "run/job_window.h"

/* Fills in plan->reread. */
omni_status settle_plan(struct job *, struct plan_input *plan, struct err *);
/* Once the stream is stored: what the column `state` says, and whether something drifted. */
omni_status settle_after(struct job *, struct err *);

#endif
