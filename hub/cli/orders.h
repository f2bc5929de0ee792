/* SPDX-License-Identifier: Apache-2.0
 * Orders of commands to the running service. */
#ifndef HUB_CLI_ORDERS_H
#define HUB_CLI_ORDERS_H

#include <jansson.h>

#include "cli/cli.h"

/* Sends {"do": what, …} and prints the answer's text, where it has one, or the answer as --json.
 * CLI_OK; CLI_USAGE or CLI_FAILED (`refused`) after a message; CLI_CANNOT where the service cannot
 * be asked; -1 without a message where none runs. */
int orders_send(const struct cli *, json_t *order_take, int refused);

#endif
