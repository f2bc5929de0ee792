/* SPDX-License-Identifier: Apache-2.0
 * A piece of configuration for a plugin, made from its description. */
#ifndef HUB_CLI_SNIPPET_H
#define HUB_CLI_SNIPPET_H

#include <stdint.h>
#include <stdio.h>

#include "cli/plugins.h"

void snippet_print(const struct plugin_info *, FILE *);
const char *snippet_type_name(uint32_t type);  /* of an option: "text" */
const char *snippet_login_name(uint32_t kind); /* "bearer token" */

#endif
