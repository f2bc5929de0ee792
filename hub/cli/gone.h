/* SPDX-License-Identifier: Apache-2.0
 * Connectors that have rows in the store and are not in the configuration any more: given up, or
 * renamed, and then everything that the new name pulls counts twice. */
#ifndef HUB_CLI_GONE_H
#define HUB_CLI_GONE_H

#include "cli/plugins.h"
#include "store/store.h"

/* [{connector, source, rows}], by name. New reference; NULL with err. */
json_t *gone_connectors(const struct config *, struct store *, struct err *);
/* Calls `say` for each connector that was never pulled while one of the same plugin is gone. */
typedef void gone_say(void *ctx, const struct config_connector *, const char *text);
omni_status gone_find_renamed(const struct plugins *, struct store *, gone_say *, void *ctx,
                              struct err *);

#endif
