/* SPDX-License-Identifier: Apache-2.0
 * A thin layer over SQLite: statements with scope cleanup, errors in the hub's words, transactions,
 * cells in and out. */
#ifndef HUB_SQL_H
#define HUB_SQL_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include <omnihub/omnihub.h>

#include "base/err.h"

void sql_auto_finalize(sqlite3_stmt **);
#define auto_stmt __attribute__((cleanup(sql_auto_finalize))) sqlite3_stmt

/* Sets err from the connection's last error: busy, full and I/O faults may pass (OMNI_E_RETRY),
 * a damaged file is OMNI_E_DATA, no permission OMNI_E_CONFIG. Returns the status. */
omni_status sql_fail(sqlite3 *, struct err *);
/* The last call failed because there is no room: the disk, or this user's share of it, is full. */
bool sql_is_full(sqlite3 *);
/* NULL with err where it does not prepare. sql_prepare_fmt() takes sqlite3_mprintf()'s formats: %w
 * inside double quotes, %Q for texts. */
sqlite3_stmt *sql_prepare(sqlite3 *, const char *sql, struct err *);
sqlite3_stmt *sql_prepare_fmt(sqlite3 *, struct err *, const char *fmt, ...);
omni_status sql_exec(sqlite3 *, struct err *, const char *fmt, ...);

enum sql_step { SQL_ROW, SQL_DONE, SQL_FAILED /* err is set, the statement reset */ };
enum sql_step sql_step(sqlite3_stmt *, struct err *);
/* Steps to the end and resets, for statements without results. */
omni_status sql_run(sqlite3_stmt *, struct err *);
/* The integer in the first column of the first row; `fallback` where there is no row or it is NULL.
 * Resets. */
omni_status sql_int(sqlite3_stmt *, int64_t fallback, int64_t *out, struct err *);

/* Is the table there? A store that was last written by an older program may lack it, and readers do
 * not make it. */
omni_status sql_has_table(sqlite3 *, const char *name, bool *has, struct err *);

/* Binds parameters by a format, one letter each: i (int64_t), s (const char *, NULL gives NULL).
 * Texts must outlive the next reset. Starts at parameter 1. */
void sql_bind(sqlite3_stmt *, const char *format, ...);
/* Texts are borrowed. Dates and times are to be texts already. */
void sql_bind_cell(sqlite3_stmt *, int parameter, const struct omni_cell *);
void sql_result_cell(sqlite3_context *, const struct omni_cell *);
/* NULL as NULL; borrowed until the next step. */
const char *sql_text(sqlite3_stmt *, int column);

/* For authorizers: whether an action only reads. `function` as SQLite hands it over. */
bool sql_is_reading(int action, const char *function);

/* Takes the write lock at once, so that it fails here and not half-way. */
omni_status sql_begin(sqlite3 *, struct err *);
omni_status sql_commit(sqlite3 *, struct err *);
/* Does nothing where SQLite already rolled back. */
void sql_rollback(sqlite3 *);

#endif
