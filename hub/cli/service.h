/* SPDX-License-Identifier: Apache-2.0
 * The service: what the agenda says is due is pulled; what was pulled is combined and pushed. */
#ifndef HUB_CLI_SERVICE_H
#define HUB_CLI_SERVICE_H

#include "cli/cli.h"

/* Until SIGTERM or SIGINT; returns an enum cli_exit. */
int service_run(struct cli *);

#endif
