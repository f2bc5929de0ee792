/* SPDX-License-Identifier: Apache-2.0
 * The common schema: datasets, columns, types, units, additivity, keys. Data, read from
 * the files of conf/schema; everything else asks here. */
#ifndef HUB_SCHEMA_H
#define HUB_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* How a column rolls up. */
enum schema_agg {
    AGG_SUM,
    AGG_LAST,   /* the newest day's value; sums over other keys */
    AGG_NONADD, /* unique counts: valid only at the grain pulled, NULL in roll-ups */
    AGG_KEY,
    AGG_ATTR /* descriptive: any, the newest */
};

struct schema_column {
    const char *name;
    uint32_t type; /* OMNI_BOOL … OMNI_MICROS */
    enum schema_agg agg;
    bool required; /* not null. A text key that is not required and not delivered is "", never null
                    */
    const char *unit; /* "count", "money", "seconds", "ratio"; "e10": an int with ten decimals, for
                         rates; "" */
    const char *fill; /* what the hub puts in where the plugin gives nothing: "account", "currency",
                         "channel", "today" (the account's day of the pull), "day:COLUMN" (local day
                         of that time column), "" */
    const char *help;
};

struct schema_dataset {
    const char *name, *help;
    const struct schema_column *columns; /* keys first, in file order */
    size_t n_columns,
        n_keys;     /* columns[0 … n_keys-1] are the grain within (source, connector, account) */
    int day;        /* index of the date column by which it is cut into days; -1: none */
    bool day_keyed; /* that column is part of the key */
};

struct schema;

/* Reads every *.conf of the folder in name order, but channels.conf (normalize/channel.h). NULL
 * with file:line otherwise. schema_free(). */
struct schema *schema_load(const char *dir, struct err *);
void schema_free(struct schema *);
size_t schema_count(const struct schema *);
const struct schema_dataset *schema_at(const struct schema *, size_t i);
const struct schema_dataset *schema_find(const struct schema *, const char *name);
/* Index of a column, -1 if there is none. */
int schema_column(const struct schema_dataset *, const char *name);
const char *schema_type_name(uint32_t type); /* "micros" */
bool schema_type_parse(const char *name, uint32_t *out);
const char *schema_agg_name(enum schema_agg); /* "sum" */

#endif
