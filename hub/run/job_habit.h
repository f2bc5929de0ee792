/* SPDX-License-Identifier: Apache-2.0
 * What a pull brought, against what this feed usually brings. */
#ifndef HUB_JOB_HABIT_H
#define HUB_JOB_HABIT_H

#include "run/job.h"

/* After everything of the stream is stored; a doubt makes the run suspicious. */
omni_status habit_after(struct job *, struct err *);

#endif
