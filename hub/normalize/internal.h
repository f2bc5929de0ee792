/* SPDX-License-Identifier: Apache-2.0
 * What bind.c prepares once and normalize.c uses for every row. */
#ifndef HUB_NORMALIZE_INTERNAL_H
#define HUB_NORMALIZE_INTERNAL_H

#include "base/buf.h"
#include "base/mem.h"
#include "normalize/convert.h"
#include "normalize/normalize.h"

/* A field of the stream and where its values go. */
struct binding {
    const struct omni_field *field;
    struct convert convert;
    int index;  /* in the stream's fields */
    int column; /* of the dataset; -1: extra */
    char room[4];
    bool wanted;           /* false: read, checked for presence, dropped */
    bool seen;             /* some record had it */
    const char *name;      /* in extra, as JSON: "\"spend\":" */
    struct omni_cell cell; /* extra: of this row */
};

enum fill_kind { FILL_CHANNEL, FILL_DAY, FILL_TODAY };

/* A column that the hub fills where the row has nothing. */
struct fill {
    enum fill_kind kind;
    int column, from; /* from: the time column of FILL_DAY */
};

enum { MEMO_SLOTS = 256, CHANNEL_INPUTS = 3 };

/* A channel once found is not asked for again: rows repeat few sources many times. */
struct memo {
    uint64_t hash;
    char *key;
    size_t len;
    const char *channel;
};

struct normalizer {
    const struct schema_dataset *dataset;
    const struct omni_stream *stream;
    struct normalize_context context; /* its texts are copied into the arena */
    struct arena *arena;
    struct zone *own_zone;    /* of a stream whose day_zone is named */
    struct binding *bindings; /* amounts in minor units last: they need the row's currency */
    size_t n_bindings, n_extra;
    struct binding **extra; /* in the order of their names */
    struct fill *fills;
    size_t n_fills;
    struct omni_cell *defaults, *cells; /* n_columns + 1 */
    int currency;                       /* column, -1: none */
    char account_currency[4];           /* "": unknown */
    int channel_from[CHANNEL_INPUTS];   /* columns of source, medium, campaign; -1: none */
    struct memo memo[MEMO_SLOTS];
    struct buf extra_text, key;
    uint64_t rows;
    bool has_day; /* something gives the day that the dataset is cut by; it may need none */
    int64_t now;  /* one "today" for all rows of a pull, even over midnight */
};

/* Whose days and whose clock: of the stream where it names one, else of the account. NULL: UTC. */
const struct zone *normalizer_zone(const struct normalizer *);

/* "\"abc\" is not a number", with the value shortened, for a person. */
omni_status normalize_refuse(const struct binding *, const struct schema_dataset *,
                             const char *value, size_t len, const char *why, struct err *);

#endif
