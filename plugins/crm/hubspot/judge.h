/* SPDX-License-Identifier: Apache-2.0
 * HubSpot's errors: what each means for the pull. */
#ifndef OMNI_HUBSPOT_JUDGE_H
#define OMNI_HUBSPOT_JUDGE_H

#include <omnihub/sdk.h>

enum { HUBSPOT_MESSAGE = 1280 };

struct judging {
    const struct omni_host *hub;
    struct omni_run *run;
    char *lacking; /* HUBSPOT_MESSAGE bytes: becomes what was said of a scope that is missing */
};

/* As omni_source.judge(). */
omni_status hubspot_judge(const struct judging *, const struct omni_http *, uint32_t *wait_ms);

#endif
