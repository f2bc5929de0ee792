/* SPDX-License-Identifier: Apache-2.0
 * A cell of a batch as text: exact decimals, ISO dates and times. */
#ifndef SINKS_CELL_TEXT_H
#define SINKS_CELL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <omnihub/omnihub.h>

enum { CELL_TEXT = 64 };

bool cell_is_null(const struct omni_column *, uint64_t row);
/* OMNI_BOOL, OMNI_INT, OMNI_DATE, OMNI_TIME, OMNI_MICROS. */
int64_t cell_int(const struct omni_column *, uint64_t row);
double cell_real(const struct omni_column *, uint64_t row);
/* The cell as text: "12.34" (micros), "2026-01-31", "2026-01-31T10:00:00Z", "true"; of text columns
 * the bytes in the batch, else `out`. Not for null cells. */
const char *cell_text(const struct omni_column *, uint64_t row, char out[CELL_TEXT], size_t *len);

#endif
