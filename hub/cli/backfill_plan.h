/* SPDX-License-Identifier: Apache-2.0
 * What a backfill would ask for: per stream and account, before anything is started. */
#ifndef HUB_CLI_BACKFILL_PLAN_H
#define HUB_CLI_BACKFILL_PLAN_H

#include "cli/cli.h"
#include "cli/plugins.h"

struct backfill_plan {
    const struct config_connector *connector;
    const struct plugin_info *plugin;
    int32_t from, to, today;
    int64_t chunks; /* filled in: of one account */
};

/* Prints it, and what is left out and why. CLI_OK; CLI_USAGE after a message where nothing is left.
 */
int backfill_plan_show(const struct cli *, struct backfill_plan *);

#endif
