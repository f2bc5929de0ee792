/* SPDX-License-Identifier: Apache-2.0
 * Combined datasets: named SQL over the common datasets (built in: the files of
 * conf/schema/combined; the admin's own), kept as tables and recomputed only for days that changed.
 */
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

struct combine_setup {
    const char *dir; /* conf/schema/combined; NULL: no built-in ones */
    const struct combine_own *own;
    size_t n_own;
    const char *currency; /* of reports; NULL: a day's money stays in its own where all of it is in
                             one, else it is NULL */
};
/* Nothing is written yet, so a STORE_READ store will do for shapes. OMNI_E_CONFIG with file:line
 * for SQL that does not prepare or lacks a key column. */
struct combine *combine_new(struct store *, const struct combine_setup *, struct err *);
void combine_free(struct combine *);

struct combine_result {
    uint64_t datasets, days; /* computed */
    uint64_t rows;           /* that differ from before */
    uint64_t missing_rates;  /* (day, currency) pairs without a rate: money is NULL there; the first
                                of them are logged */
};
/* Brings every combined dataset up to date: the built-in ones some days a transaction, the admin's
 * own ones whole. One that fails does not keep the others back; its error is returned at the end.
 * Shapes of own datasets may have changed afterwards (types follow from values). */
omni_status combine_run(struct combine *, struct combine_result *, struct err *);
/* The combined datasets' shapes (for `datasets`, push and sinks), as schema datasets. */
size_t combine_count(const struct combine *);
const struct schema_dataset *combine_at(const struct combine *, size_t i);

#endif
