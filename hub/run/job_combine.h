/* SPDX-License-Identifier: Apache-2.0
 * Opening the combined datasets as a job's spec describes them: for combine and push. */
#ifndef HUB_JOB_COMBINE_H
#define HUB_JOB_COMBINE_H

#include "combine/combine.h"
#include "run/job.h"

/* Needs the store. *combine: combine_free(). */
omni_status job_combine_open(struct job *, struct combine **combine, struct err *);

#endif
