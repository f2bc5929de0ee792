/* SPDX-License-Identifier: Apache-2.0
 * Records of a customer relationship system as rows: the admin may say which of the platform's
 * properties feeds a column, and a plugin may compute some. */
#ifndef OMNI_CRM_RECORDS_H
#define OMNI_CRM_RECORDS_H

#include <omnihub/sdk.h>

enum { RECORDS_NAME = 128 };

struct records {
    const struct omni_host *hub;
    const struct omni_config *config;
    char *memory; /* texts of one row */
    size_t size;
    /* Adds the text of a field whose path is $.computed.NAME; nothing: no value. */
    void (*compute)(void *ctx, const char *name, struct omni_json record, struct omni_text *out);
    void *ctx;
};

/* Needs hub and config; 0: out of memory. */
int records_init(struct records *);
void records_free(struct records *);

/* The platform's name of what feeds this column: option fields.STREAM.COLUMN, else the end of the
 * field's path. NULL: the admin left the column out, the plugin computes it, or it is part of the
 * record's envelope ($.NAME beside `below`). */
const char *records_property(const struct records *, const struct omni_stream *,
                             const struct omni_field *, const char *below);

/* Refuses what option `fields` says about streams and columns that are not there, and names that
 * are none. `below`: see records_property(). */
omni_status records_check(const struct records *, struct omni_run *,
                          const struct omni_stream *const *streams, const char *below);

/* One record as a row. `below` is where its properties lie: "properties." or "". */
omni_status records_row(const struct records *, struct omni_run *, const struct omni_stream *,
                        struct omni_json record, const char *below);

/* Bytes that outlive the next request. */
struct copy {
    char *bytes;
    size_t len;
};
/* 0: out of memory. */
int copy_take(struct copy *, const char *bytes, size_t len);
void copy_free(struct copy *);

/* Seconds since 1970 of "2026-05-01T10:00:00.123Z" or "…+0000", in milliseconds; 0: not a time in
 * UTC. */
int time_parse_ms(const char *text, int64_t *ms);
/* "2026-05-01T10:00:00.123Z" */
enum { TIME_MS_TEXT = 25 };
const char *time_print_ms(int64_t ms, char out[TIME_MS_TEXT]);

#endif
