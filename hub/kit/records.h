/* SPDX-License-Identifier: Apache-2.0
 * The body of a reply as JSON, however its records are written down (JSON, one value a line, CSV;
 * gzipped or not), so that it can be changed and written back in the same way. */
#ifndef HUB_KIT_RECORDS_H
#define HUB_KIT_RECORDS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"

struct records {
    json_t *tree; /* the value; NDJSON: a list; CSV: a list of {column: text} */
    unsigned format;
    bool is_packed;
    /* CSV */
    char delimiter;
    bool has_quotes;
    char *before;    /* the lines above the header */
    json_t *columns; /* the header's names */
};

/* exchange: of a tape; its "asked" says how the plugin read it, JSON where it does not. False: it
 * cannot be understood. records_free() in any case. */
bool records_read(struct records *, const json_t *exchange);
/* False, and nothing changed, where it cannot be written that way. */
bool records_write(const struct records *, json_t *reply);
void records_free(struct records *);
#define auto_records __attribute__((cleanup(records_free))) struct records

/* Somewhere in it is a list of records. */
bool records_has_list(const json_t *tree);
/* The bytes of a reply's body; false where they are no base64. */
bool records_bytes(const json_t *reply, struct buf *);
/* As text where it is UTF-8, else in base64. */
void records_put_bytes(json_t *reply, const struct buf *);

#endif
