/* SPDX-License-Identifier: Apache-2.0
 * Reading a connector's options: by name or nested path, with the fallbacks that the plugin
 * declares. */
#ifndef HUB_OPTIONS_H
#define HUB_OPTIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include <omnihub/omnihub.h>

#include "base/err.h"

struct omni_config;

/* values: an object; declared: NULL-terminated, may be NULL. Both must outlive it; today: for
 * relative dates. options_free(). */
struct omni_config *options_new(const json_t *values, const struct omni_option *const *declared,
                                int32_t today);
void options_free(struct omni_config *);
/* As omni_host.opt_*: "map.net", "streams[0].fields[2].path". Texts live as long as the options. */
const char *options_text(const struct omni_config *, const char *path);
int64_t options_int(const struct omni_config *, const char *path);
uint32_t options_count(const struct omni_config *, const char *path);
const char *options_item(const struct omni_config *, const char *path, uint32_t i);
/* NULL if absent; borrowed. */
const json_t *options_find(const json_t *values, const char *path);

#endif
