/* SPDX-License-Identifier: Apache-2.0
 * The platform's replies announced the end of what this connector uses. */
#ifndef HUB_JOB_ENDING_H
#define HUB_JOB_ENDING_H

#include "run/job.h"

/* After the last request: said once, and kept for status as an event, for as long as replies say
 * so. */
void job_tell_ending(struct job *);

#endif
