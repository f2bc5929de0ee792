/* SPDX-License-Identifier: Apache-2.0
 * What schema.c and load.c share. */
#ifndef HUB_SCHEMA_INTERNAL_H
#define HUB_SCHEMA_INTERNAL_H

#include "base/mem.h"
#include "schema/schema.h"

struct schema {
    struct arena *arena; /* all texts and columns */
    struct schema_dataset *datasets;
    size_t n;
};

bool schema_agg_parse(const char *name, enum schema_agg *out);

#endif
