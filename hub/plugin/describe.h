/* SPDX-License-Identifier: Apache-2.0
 * A module's tables as JSON and back: how descriptions cross from the plugin process, and what
 * `omnihub describe --json` prints. */
#ifndef HUB_DESCRIBE_H
#define HUB_DESCRIBE_H

#include <jansson.h>

#include <omnihub/omnihub.h>

#include "base/err.h"
#include "base/mem.h"

/* Everything but the callbacks; new reference. */
json_t *describe_module(const struct omni_module *);
json_t *describe_stream(const struct omni_stream *);
/* Checks every text, number, path and name (hostile input) and builds the tables in the arena,
 * callbacks NULL. NULL and OMNI_E_BUG naming what breaks the contract. */
const struct omni_module *describe_parse_module(const json_t *, struct arena *, struct err *);
const struct omni_stream *describe_parse_stream(const json_t *, struct arena *, struct err *);
const struct omni_source *describe_find_source(const struct omni_module *, const char *name);
const struct omni_sink *describe_find_sink(const struct omni_module *, const char *name);

#endif
