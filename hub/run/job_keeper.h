/* SPDX-License-Identifier: Apache-2.0
 * The login's tokens between runs: in the vault where its secret is kept there. */
#ifndef HUB_JOB_KEEPER_H
#define HUB_JOB_KEEPER_H

#include "run/job.h"

/* For the login that was chosen; NULL: it has no tokens. Lives until job_keeper_close(). */
const struct http_keeper *job_keeper_open(struct job *);
void job_keeper_close(struct job *);
/* The login's secret as the configuration has it, "secret:NAME"; NULL: there is none. */
const char *job_keeper_reference(const struct job *);
/* What a person has to do where the platform refuses the login: names the secret and the command.
 */
const char *job_keeper_remedy(const struct job *);

#endif
