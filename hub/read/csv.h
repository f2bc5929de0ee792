/* SPDX-License-Identifier: Apache-2.0
 * CSV: options, header, and the cells of a record. */
#ifndef HUB_READ_CSV_H
#define HUB_READ_CSV_H

#include "read/input.h"

enum { CSV_COLUMNS_MAX = 4096, CSV_TOLD_MAX = 256, CSV_ABSENT = -1 };

struct csv {
    /* by the options */
    char delimiter;
    bool is_blanks; /* cells are separated by runs of blanks */
    bool has_quotes, has_header;
    uint32_t skip;
    bool stops[256]; /* bytes that may end a cell without quotes */
    /* of this reply */
    uint32_t to_skip;
    bool is_headed, is_after_cr;
    uint32_t n_columns; /* of the header */
    int32_t *columns;   /* of each field; CSV_ABSENT */
    /* of this record */
    struct read_value *cells;
    uint32_t n_cells, cap;
    uint64_t lines; /* ended inside quotes */
    struct read_value *row;
    uint32_t n_fields;
    char **told; /* columns that no field names */
    uint32_t n_told;
};

bool csv_options(struct csv *, const char *options, struct err *);
/* Splits the record at p; no cells: a line of blanks. On its line end (or the end of the reply), or
 * NULL. */
const char *csv_split(struct csv *, struct scan *, const char *p);
/* Binds the fields to the columns: by the header's names, or by position. False: scan says why. */
bool csv_bind(struct reader *, const char *p);

static inline bool csv_is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

#endif
