/* SPDX-License-Identifier: Apache-2.0
 * Rows of a query as JSON objects. */
#ifndef HUB_LEDGER_ROWS_H
#define HUB_LEDGER_ROWS_H

#include <jansson.h>

#include "store/sql.h"

/* The row that the statement stands on. New reference. */
json_t *ledger_row(sqlite3_stmt *);
/* Of a run: code and title, by its outcome and reason. */
void ledger_put_code(json_t *run);
/* All rows, as an array; each may be finished by `finish`. NULL with err. */
json_t *ledger_rows(sqlite3_stmt *, void (*finish)(void *ctx, json_t *), void *ctx, struct err *);

#endif
