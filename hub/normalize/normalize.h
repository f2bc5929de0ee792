/* SPDX-License-Identifier: Apache-2.0
 * Vendor fields → the dataset's columns: units to exact values, constants, currency, dates,
 * channel, `extra`; row checks. */
#ifndef HUB_NORMALIZE_H
#define HUB_NORMALIZE_H

#include <stdbool.h>

#include <omnihub/omnihub.h>

#include "base/err.h"
#include "base/zone.h"
#include "normalize/channel.h"
#include "read/reader.h"
#include "schema/schema.h"

/* What a row may need beyond its own fields. Texts are borrowed. */
struct normalize_context {
    const char *account;                  /* fills columns with fill = "account" */
    const char *currency;                 /* the account's, ISO 4217; NULL: unknown */
    const struct zone *zone;              /* the account's; NULL: UTC */
    const char *connector, *plugin;       /* for channel rules */
    const struct channel_rules *channels; /* NULL: fill = "channel" gives NULL */
    int32_t from_day, to_day; /* the window; rows outside are refused. from > to: no window */
    const char *extra; /* NULL: drop fields without a column; "*": keep all; else names separated by
                          commas */
};

struct normalizer;

/* Binds a stream (fields, constants) to its dataset once. NULL and OMNI_E_CONFIG where a field
 * names an unknown column, a key column of the dataset is fed by nothing, or types do not go
 * together. */
struct normalizer *normalizer_new(const struct schema_dataset *, const struct omni_stream *,
                                  const struct normalize_context *, struct err *);
void normalizer_free(struct normalizer *);
/* False where no row can have the day that its dataset is cut by, so that none can be stored. */
bool normalizer_has_day(const struct normalizer *);
/* The account's facts became known (found_account()). Texts are copied. */
void normalizer_set_account(struct normalizer *, const char *currency, const struct zone *zone);
/* Another window: rows outside of it are refused; from > to: no window. */
void normalizer_set_window(struct normalizer *, int32_t from_day, int32_t to_day);

/* One row as read. *cells: n_columns + 1 cells in the dataset's order, the last one is `extra`
 * (text or null); valid until the next call; NULL for a row that the stream leaves out
 * (OMNI_STREAM_CLIP, OMNI_STREAM_SPARSE). OMNI_E_DATA naming field, column and value otherwise.
 */
omni_status normalize_values(struct normalizer *, const struct read_value *,
                             const struct omni_cell **cells, struct err *);
/* One row as handed over by a plugin's row(): n cells in the order of the stream's fields, types
 * checked. */
omni_status normalize_cells(struct normalizer *, const struct omni_cell *, uint32_t n,
                            const struct omni_cell **cells, struct err *);
/* Once a window has been read: a field without OMNI_OPTIONAL that no record had is a data error. */
omni_status normalize_finish(const struct normalizer *, struct err *);

#endif
