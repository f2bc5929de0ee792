/* SPDX-License-Identifier: Apache-2.0
 * Rows out of replies: reads records from JSON, NDJSON and CSV by a stream's declared fields, while
 * bytes arrive, without a tree. */
#ifndef HUB_READER_H
#define HUB_READER_H

#include <stddef.h>
#include <stdint.h>

#include <omnihub/omnihub.h>

#include "base/err.h"

/* A value as it lay in the reply, escapes resolved, UTF-8 checked. */
enum read_kind {
    READ_ABSENT,
    READ_NULL,
    READ_FALSE,
    READ_TRUE,
    READ_NUMBER,
    READ_TEXT,
    READ_TREE /* object or array, as JSON text */
};
struct read_value {
    uint32_t kind, len;
    const char *s; /* valid during the row callback */
};

/* A field with this path is always READ_ABSENT: whoever takes the row knows the place from
 * struct read_where and the reply's name. */
#define READER_LINE "#line"

struct read_where {
    uint64_t record; /* 1 …; of a part: the record it lies in */
    uint64_t line;   /* NDJSON, CSV: the line where the record starts, 1 …; 0: JSON */
    uint64_t offset; /* of the record's first byte in the decoded reply */
};

struct reader_calls {
    void *ctx;
    /* A record of streams[stream]: 0 is the stream itself, then its parts in order. values: one per
     * field, in field order. A record's own row comes first, then the rows of its first part, of
     * its second … Any status but OMNI_OK ends the reading with it. */
    omni_status (*row)(void *ctx, uint32_t stream, const struct read_value *values,
                       const struct read_where *, struct err *);
    /* NDJSON, CSV: a record that cannot be read. OMNI_OK: skip it and go on. NULL: it ends the
     * reading. */
    omni_status (*bad)(void *ctx, const struct read_where *, const char *reason, const char *raw,
                       size_t len, struct err *);
    /* Optional: a member of a record (b.c: inside one that a field leads into) or a column of a CSV
     * that no field names; once per name, and not for more than 128 names in one object. */
    void (*unknown)(void *ctx, uint32_t stream, const char *name, size_t len);
};

/* How records are found.
 * JSON: the first [*] or filter of `records` is where records are read while they arrive; what they
 * hold is read once each of them is whole. Paths lead through names, indexes and filters; [*] is
 * for `records` and `inside` only. A [*] that meets an object takes it as the one record; null and
 * a way that ends early mean no records; texts and numbers there are an error. Scalars are records
 * only where a field's path is $. Of a filter's several matches the exact sum (a READ_NUMBER with
 * at most six decimals) is the value, one match stays as it was written. Names that a path leads
 * through must not appear twice in an object; others may.
 * NDJSON: blank lines are passed over; a bad line gives none of its rows.
 * CSV: a column is found by its exact name, blanks around it left out, else by the only one that
 * differs in case alone. Empty is READ_NULL, empty in quotes is READ_TEXT of length 0. Blank lines
 * are passed over. header=none: fields name columns by position, "1", "2" …; the first record says
 * how many there are. */
struct reader_spec {
    uint32_t format;            /* OMNI_FORMAT_* */
    const char *format_options; /* see omni_http.format_options; NULL: none */
    const char *records; /* JSON: path of the records, e.g. $.data[*], $.a[*].b[*]; NULL or "$": the
                            whole reply is one record */
    const struct omni_stream *stream;
    size_t max_record;   /* bytes of one record; 0: 16 MiB */
    size_t max_envelope; /* 0: 1 MiB */
    uint32_t max_depth;  /* 0: 64 */
    struct reader_calls calls;
};

struct reader;

/* Compiles paths and checks the options. NULL and an OMNI_E_CONFIG error naming field and column of
 * the path otherwise. spec's tables must outlive the reader. */
struct reader *reader_new(const struct reader_spec *, struct err *);
void reader_free(struct reader *);
/* Forgets everything read, for the next reply or the next attempt. */
void reader_reset(struct reader *);
/* The next bytes, decompressed. OMNI_E_DATA with the byte offset for malformed input; afterwards
 * only reset or free. */
omni_status reader_feed(struct reader *, const void *bytes, size_t n, struct err *);
/* The end of the reply: an unfinished document is an error. An empty reply has no records and is
 * for the caller to judge. */
omni_status reader_finish(struct reader *, struct err *);
/* JSON: the reply with empty arrays where the records lay, ends with NUL. Where they lay in two
 * lists, one inside the other, what the outer one has without any record stays. Others: "". Valid
 * until reset. */
const char *reader_envelope(const struct reader *, size_t *len);
uint64_t reader_records(const struct reader *);
/* Checks a path's syntax without a reader; for `check` and for plugin loading. */
omni_status reader_check_path(const char *path, struct err *);

#endif
