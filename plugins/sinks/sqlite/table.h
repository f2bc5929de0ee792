/* SPDX-License-Identifier: Apache-2.0
 * One table of the sink's database: made or widened to fit a delivery, emptied by day, filled. */
#ifndef SINKS_SQLITE_TABLE_H
#define SINKS_SQLITE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include <omnihub/omnihub.h>

/* How exact decimals are kept; README.md says what speaks for which. */
enum table_decimals { TABLE_TEXT, TABLE_REAL, TABLE_MICROS };

struct table_error {
    omni_status status;
    char text[1024];
};
/* By SQLite's last error: what a person must mend is OMNI_E_CONFIG, what may pass OMNI_E_RETRY. */
void table_error_from(struct table_error *, sqlite3 *, const char *path, const char *what);

struct table_place {
    sqlite3 *db;
    const char *path, *prefix; /* borrowed until table_free() */
    enum table_decimals decimals;
};

struct table;

/* All of these work inside the caller's transaction; false, NULL: *error says why. */
struct table *table_open(const struct table_place *, const struct omni_delivery *,
                         struct table_error *);
void table_free(struct table *);
/* Removes what the delivery replaces. partition as in struct omni_delivery. */
bool table_empty(struct table *, const char *partition, struct table_error *);
bool table_insert(struct table *, const struct omni_batch *, uint64_t row, struct table_error *);
/* Counts what is there now against what was written, and notes the delivery. */
bool table_finish(struct table *, const char *partition, uint64_t version, uint64_t rows,
                  struct table_error *);

#endif
