/* SPDX-License-Identifier: Apache-2.0
 * The common schema: what is asked of it once it is read. */
#include <config.h>

#include "schema/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "schema/internal.h"

static const char *const types[] = {
    [OMNI_BOOL] = "bool", [OMNI_INT] = "int",   [OMNI_REAL] = "real",    [OMNI_TEXT] = "text",
    [OMNI_DATE] = "date", [OMNI_TIME] = "time", [OMNI_MICROS] = "micros"};

static const char *const aggs[] = {[AGG_SUM] = "sum",
                                   [AGG_LAST] = "last",
                                   [AGG_NONADD] = "nonadd",
                                   [AGG_KEY] = "key",
                                   [AGG_ATTR] = "attr"};

const char *schema_type_name(uint32_t type)
{
    return type < ARRAY_LEN(types) && types[type] ? types[type] : "null";
}

bool schema_type_parse(const char *name, uint32_t *out)
{
    for (uint32_t i = OMNI_BOOL; i < ARRAY_LEN(types); i++)
        if (strcmp(types[i], name) == 0) {
            *out = i;
            return true;
        }
    return false;
}

const char *schema_agg_name(enum schema_agg agg)
{
    return aggs[agg];
}

bool schema_agg_parse(const char *name, enum schema_agg *out)
{
    for (size_t i = 0; i < ARRAY_LEN(aggs); i++)
        if (strcmp(aggs[i], name) == 0) {
            *out = (enum schema_agg)i;
            return true;
        }
    return false;
}

void schema_free(struct schema *s)
{
    if (!s)
        return;
    arena_free(s->arena);
    free(s->datasets);
    free(s);
}

size_t schema_count(const struct schema *s)
{
    return s->n;
}

const struct schema_dataset *schema_at(const struct schema *s, size_t i)
{
    return i < s->n ? &s->datasets[i] : NULL;
}

const struct schema_dataset *schema_find(const struct schema *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->datasets[i].name, name) == 0)
            return &s->datasets[i];
    return NULL;
}

int schema_column(const struct schema_dataset *d, const char *name)
{
    for (size_t i = 0; i < d->n_columns; i++)
        if (strcmp(d->columns[i].name, name) == 0)
            return (int)i;
    return -1;
}
