/* SPDX-License-Identifier: Apache-2.0
 * One value as a platform writes it → one exact cell. */
#ifndef HUB_CONVERT_H
#define HUB_CONVERT_H

#include <stdbool.h>

#include <omnihub/omnihub.h>

#include "base/zone.h"
#include "read/reader.h"

/* What becomes of a field's values. */
struct convert {
    uint32_t type;  /* OMNI_*, the column's */
    uint32_t unit;  /* the field's */
    uint32_t flags; /* the field's */
    bool e10;       /* into ten decimals */
    bool currency;  /* an ISO 4217 code */
    const char *format;
    const struct zone *zone; /* of times without an offset, and whose days; NULL: UTC */
};

/* False where such a value cannot be brought into such a column at all. field_type: what the
 * plugin says that the value becomes. */
bool convert_is_possible(const struct convert *, uint32_t field_type);
/* NULL, or why it cannot be: "is not a number". decimals: of the row's currency, for
 * OMNI_UNIT_MINOR. room: 4 bytes that must live as long as the
 * cell, zero before the first call. An empty text is null unless
 * text is wanted. */
const char *convert_value(const struct convert *, const struct read_value *, int decimals,
                          char room[4], struct omni_cell *out);
/* Checks a cell that a plugin made, of the wanted type. NULL or why it is refused. */
const char *convert_check(const struct omni_cell *);

#endif
