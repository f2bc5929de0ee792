/* SPDX-License-Identifier: Apache-2.0
 * What commands and the service write into the audit log. */
#ifndef HUB_CLI_AUDITED_H
#define HUB_CLI_AUDITED_H

#include <jansson.h>

#include "audit/audit.h"
#include "config/config.h"

struct control_peer;
struct plugins;

/* By order of a client of the control socket; peer NULL: of who runs this process. What cannot be
 * written is said, and stops nothing. detail may be NULL. */
void audited(const struct config *, const struct control_peer *, const char *event,
             json_t *detail_take);
/* One member: {key: value}. */
void audited_one(const struct config *, const struct control_peer *, const char *event,
                 const char *key, const char *value);
/* Which configuration is in use from now on, and which plugins' files. */
void audited_configuration(const struct config *, const struct control_peer *, const char *path,
                           const struct plugins *);
/* A run by hand: the command and its names. */
struct cli;
void audited_run(const struct cli *);

#endif
