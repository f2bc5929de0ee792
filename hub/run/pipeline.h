/* SPDX-License-Identifier: Apache-2.0
 * The way of a row in the job: reply → reader → normalizer → spool, for a stream and its parts;
 * what was rejected on the way. */
#ifndef HUB_PIPELINE_H
#define HUB_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include <omnihub/omnihub.h>

#include "base/err.h"
#include "normalize/normalize.h"
#include "read/reader.h"
#include "schema/schema.h"
#include "store/spool.h"

enum { PIPELINE_STREAMS = 16, PIPELINE_REJECTS = 1000 };

struct pipeline_reject {
    char *where, *reason, *raw;
    size_t raw_len;
};

struct pipeline_spec {
    const struct schema *schema;
    const struct omni_stream *stream;
    struct normalize_context context;
    const char *spool_dir;
    int64_t reject_max; /* rejected records per million before the whole is refused */
};

/* One stream being pulled: streams[0] is the stream itself, then its parts. */
struct pipeline {
    const struct omni_stream *streams[PIPELINE_STREAMS];
    const struct schema_dataset *datasets[PIPELINE_STREAMS];
    struct normalizer *normalizers[PIPELINE_STREAMS];
    struct spool *spools[PIPELINE_STREAMS];
    uint32_t n;
    int64_t reject_max;
    char *spool_dir;

    struct reader *reader;
    char *reader_key;    /* format, options and records path that the reader was compiled for */
    bool lacks_currency; /* rows were read while the account's currency was not known */
    bool skips_bad;      /* lines (CSV, NDJSON): a bad one is rejected, the rest stands */
    bool wants_place[PIPELINE_STREAMS]; /* a field's path is READER_LINE */
    uint32_t n_fields[PIPELINE_STREAMS];
    struct read_value *values; /* a row with its place filled in */
    uint32_t values_max;
    char place[256];
    const char *name; /* what is being read, for messages: "till.csv"; NULL: a reply */
    struct spool_mark marks[PIPELINE_STREAMS];
    uint64_t records_mark, rejected_mark;

    /* Hashes of the key of a reply's first row, 0: none yet: a page that comes again is noticed
       before the store would refuse its rows. */
    uint64_t first_key, last_first_key;

    uint64_t records, rejected;
    struct pipeline_reject rejects[PIPELINE_REJECTS]; /* the first ones */
    size_t n_rejects;
    char *quality; /* flags, separated by commas; NULL: none */
};

/* NULL and OMNI_E_CONFIG where a stream does not fit its dataset. pipeline_free(). */
struct pipeline *pipeline_new(const struct pipeline_spec *, struct err *);
void pipeline_free(struct pipeline *);
/* Forgets rows, rejects and quality: a new window begins. */
void pipeline_clear(struct pipeline *);

/* Prepares for one reply in the form that the request declares. */
omni_status pipeline_open(struct pipeline *, const struct omni_http *, const char *records,
                          struct err *);
/* Drops what this reply delivered so far: another attempt begins, or it was judged a failure. */
omni_status pipeline_rewind(struct pipeline *, struct err *);
omni_status pipeline_bytes(struct pipeline *, const void *, size_t, struct err *);
/* The end of the reply; its envelope stays valid until the next pipeline_open(). */
omni_status pipeline_end(struct pipeline *, struct err *);
omni_status pipeline_row(struct pipeline *, uint32_t part, const struct omni_cell *, uint32_t n,
                         struct err *);
/* One flag, or several separated by commas; each is kept once. */
omni_status pipeline_add_quality(struct pipeline *, const char *flags, struct err *);
/* Called before a window is stored: too many rejects, or a field that no record had. */
omni_status pipeline_finish(struct pipeline *, struct err *);
/* The account's currency became known only after rows were read: it goes into the columns that were
 * waiting for it. */
omni_status pipeline_fill_currency(struct pipeline *, const char *currency, struct err *);
/* An empty spool for stream i, as the pipeline's own. spool_free(). */
struct spool *pipeline_new_spool(const struct pipeline *, uint32_t i);
/* The rows so far go out, the given empty spools take their place: n of them, both ways. */
void pipeline_swap_spools(struct pipeline *, struct spool **);
uint64_t pipeline_rows(const struct pipeline *);

#endif
