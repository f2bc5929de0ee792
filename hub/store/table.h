/* SPDX-License-Identifier: Apache-2.0
 * One dataset's table while rows are applied: prepared statements, keys, comparing rows. */
#ifndef HUB_STORE_TABLE_H
#define HUB_STORE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/day.h"
#include "store/sql.h"
#include "store/store.h"

/* Parameters of `insert` and `update`. update takes the rowid in place of the feed. */
enum {
    TABLE_FEED = 1,
    TABLE_KEY,
    TABLE_PART,
    TABLE_RUN,
    TABLE_AT,
    TABLE_QUALITY,
    TABLE_FIRST /* the columns, then extra */
};
/* Result columns of `find` and `fetch`. */
enum { ROW_ID, ROW_PART, ROW_QUALITY, ROW_FIRST };
enum { TABLE_SQL = 1 << 20 /* the longest statement */ };
/* What table_prepare_insert_all() reads: k (key hash), c0 … (the columns, then extra). No dataset
 * can be called that. */
#define TABLE_ARRIVALS "rows of the window"

struct table {
    const struct schema_dataset *d;
    sqlite3 *db;
    sqlite3_stmt *insert, *find /* by key */, *fetch /* by rowid */, *update, *remove, *move;
    /* Platforms repeat the order of their rows, so the row after the one found last is looked at
     * before its key is searched for. */
    sqlite3_stmt *scan; /* by rowid, onwards */
    bool is_scanning;
    int64_t last_found;
    sqlite3_stmt *row; /* the statement that stands on the found row */
    int64_t feed, key;
    /* The row at hand as it is stored (dates and times as text), extra last. */
    struct omni_cell *cells;
    char (*texts)[TIME_TEXT];
    int32_t last_day; /* what texts[d->day] says; INT32_MIN: nothing yet */
};

/* Prepares the statements; table_close() also after a failure. */
omni_status table_open(struct table *, struct store *, const struct store_window *, int64_t part,
                       struct err *);
void table_close(struct table *);
/* Inserts what TABLE_ARRIVALS gives, and stops at a row that cannot be: the rows before it stay. */
sqlite3_stmt *table_prepare_insert_all(struct table *, const struct store_window *, int64_t part,
                                       struct err *);
/* Takes a row in: type checks, key hash, stored form. Texts are borrowed. */
omni_status table_take(struct table *, const struct omni_cell *, struct err *);
/* Looks the row at hand up by its key; on SQL_ROW `row` stands on it until table_leave(). A
 * different row with the same hash is SQL_FAILED. */
enum sql_step table_find(struct table *, struct err *);
void table_leave(struct table *);
/* No row will be looked up any more: ends the scan. */
void table_end_scan(struct table *);
/* Whether the row under `row` has the same columns, extra and quality as the row at hand. */
bool table_is_same(const struct table *, const char *quality);
/* The values of the row at hand; rowid 0: insert. */
omni_status table_write(struct table *, int64_t rowid, struct err *);
/* "date=2026-01-31, campaign_id=17" into an empty buffer, for messages. */
void table_describe_key(const struct table *, struct buf *);
/* The day of the row that a statement with `find`'s result columns stands on. */
int32_t table_row_day(const struct table *, sqlite3_stmt *);

#endif
