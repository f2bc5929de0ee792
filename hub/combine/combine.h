/* SPDX-License-Identifier: Apache-2.0
 * Combined datasets: named SQL over the common datasets (built in: the files of
 * conf/schema/combined; the admin's own), kept as tables and recomputed only for days that changed. */
#ifndef HUB_COMBINE_H
#define HUB_COMBINE_H

#include "base/err.h"
#include "store/store.h"

/* A dataset written by the admin. Texts are borrowed until combine_free(). */
struct combine_own {
    const char *name, *sql, *help;
    const char *const *key; /* column names, NULL at the end */
    const char *file;       /* for messages */
    int line;
};
struct combine;

/* dir: conf/schema/combined. currency: the reporting currency, NULL: none (converted columns are
 * NULL). OMNI_E_CONFIG with file:line for SQL that does not prepare or lacks a key column. */
struct combine *combine_new(struct store *, const char *dir, const struct combine_own *own,
                            size_t n_own, const char *currency, struct err *);
void combine_free(struct combine *);

struct combine_result {
    uint64_t datasets, days, rows;
    uint64_t
        missing_rates; /* rows whose money has no rate into the reporting currency: NULL there */
};
/* Brings every combined dataset up to date, each in one transaction. */
omni_status combine_run(struct combine *, struct combine_result *, struct err *);
/* The combined datasets' shapes (for `datasets`, push and sinks), as schema datasets. */
size_t combine_count(const struct combine *);
const struct schema_dataset *combine_at(const struct combine *, size_t i);

#endif
