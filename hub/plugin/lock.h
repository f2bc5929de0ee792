/* SPDX-License-Identifier: Apache-2.0
 * plugins.lock: which plugin files from outside the package an admin has said yes to, by their
 * SHA-256, and what each asked for then.
 *
 *   { "omnihub_plugins_lock": 1,
 *     "plugins": { "/path/acme.so": { "name", "version", "sha256", "added", "asks": ["host …"] } }
 * } */
#ifndef HUB_PLUGIN_LOCK_H
#define HUB_PLUGIN_LOCK_H

#include <jansson.h>
#include <stdbool.h>

#include <omnihub/omnihub.h>

#include "base/err.h"

#define LOCK_NAME "plugins.lock"

/* New reference; *is_there: false where there is no such file (then NULL without err). */
json_t *lock_read(const char *path, bool *is_there, struct err *);
omni_status lock_write(const char *path, const json_t *lock, struct err *);
json_t *lock_new(void);
/* The entry of this file, NULL: none. Borrowed. */
json_t *lock_find(const json_t *lock, const char *plugin);
void lock_put(json_t *lock, const char *plugin, json_t *entry_take);
bool lock_remove(json_t *lock, const char *plugin);

/* What the plugin asks for: ["host api.x.com", "any host …", "files …", "secret token", "runs …"];
 * new reference. */
json_t *lock_asks(const struct omni_module *);
/* Those of `now` that are not in `before` (NULL: none were allowed); new reference. */
json_t *lock_more(const json_t *now, const json_t *before);

#endif
