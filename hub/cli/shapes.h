/* SPDX-License-Identifier: Apache-2.0
 * The shapes of all datasets, common and combined, also before anything was pulled. */
#ifndef HUB_CLI_SHAPES_H
#define HUB_CLI_SHAPES_H

#include "cli/cli.h"
#include "combine/combine.h"
#include "schema/schema.h"
#include "store/store.h"

struct shapes {
    struct schema *schema;
    struct store *store;
    struct combine *combine;
    struct combine_own *own;
    char *scratch; /* a store of its own for a moment, where there is none yet; NULL */
};

/* Reads schema and combined datasets, prepares the admin's SQL. With findings, each of the admin's
 * datasets that is wrong becomes one, and the others go on; NULL: the first is the error.
 * shapes_close() in any case. */
omni_status shapes_open(struct shapes *, const struct config *, struct config_findings *,
                        struct err *);
void shapes_close(struct shapes *);
size_t shapes_count(const struct shapes *);
const struct schema_dataset *shapes_at(const struct shapes *, size_t i);
/* "common", "combined", "own" */
const char *shapes_kind(const struct shapes *, const struct config *, size_t i);
const struct schema_dataset *shapes_find(const struct shapes *, const char *name);
/* The nearest name, NULL. */
const char *shapes_suggest(const struct shapes *, const char *name);

#endif
