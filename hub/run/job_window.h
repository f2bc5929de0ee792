/* SPDX-License-Identifier: Apache-2.0
 * The window (or part) being pulled: its rows wait in the pipeline, its state beside them; both are
 * stored together. */
#ifndef HUB_JOB_WINDOW_H
#define HUB_JOB_WINDOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "run/job.h"
#include "run/job_plan.h"
#include "run/job_storer.h"

/* A reply that could not be read, until the run's end is written. */
struct bad_reply {
    char *url, *reason, *head; /* NULL: none */
};

/* What is to be said of a window once it is stored. */
struct window_line {
    char *what; /* its days, its part; NULL: nothing */
    uint64_t records;
};

struct window {
    const struct omni_stream *stream;
    int64_t feeds[PIPELINE_STREAMS]; /* of the stream and its parts; 0 in a dry run */
    int64_t run;                     /* ledger row */
    struct plan_range asked;         /* all days of this pull */
    struct plan_range days;          /* of the window that is open */
    bool has_last;                   /* last_to: the last day stored without a gap */
    int32_t last_to;
    int32_t moves_days; /* days up to this age are known to move */
    bool is_full;       /* all that may move is read */
    struct http_counts http_before;
    bool is_part_open;
    char *part;
    int64_t part_changed;  /* the latest change of the files that it is made of; 0: of none */
    json_t *pending;       /* state to store with the rows: {key: value}, "" forgets */
    char *got;             /* what window_state_get() last handed out */
    struct storer *storer; /* stores beside the pulling; NULL: a window is alone */

    struct window_line line; /* of the one that is stored beside the pulling */

    /* Sums over the stream's windows. */
    struct store_result result;
    uint64_t windows, windows_total, records, rejected;
    const char *doubt;   /* why it is suspicious: a reason of base/outcome.c; NULL: it is not */
    char note[ERR_TEXT]; /* the same in words */
    bool accept_empty;   /* what looks wrong is right: zero rows may replace rows */
    struct bad_reply bad;
    char *currency_before; /* the account's, as earlier runs knew it; NULL: none did */
};

struct job_account {
    const char *id, *name, *currency, *zone;
};

/* ---- state ---- */

/* Stored with the window. */
omni_status window_state_put(struct job *, const char *key, const char *value, struct err *);
/* Durable at once, or with the part that is open. */
omni_status window_state_remember(struct job *, const char *key, const char *value, struct err *);
/* NULL: nothing; valid until the next call. */
const char *window_state_get(struct job *, const char *key);
/* The same of the regular pulls, where a backfill has names of its own. */
const char *window_state_regular(struct job *, const char *key);

/* ---- windows ---- */

/* Drops rows and state of the window that is open: it is asked for anew. */
void window_clear(struct job *);
/* OMNI_OK, or why rows of the window that is open are missing. */
omni_status window_is_whole(const struct job *, struct err *);
/* Checks and stores what the pipeline holds, with its state; empties both. */
omni_status window_store(struct job *, struct err *);
/* What was stored does not look right; the first doubt is the one that is told. reason: of
 * base/outcome.c. */
void window_doubt(struct window *, const char *reason, const char *note);
/* Keeps the beginning of a reply that could not be read, for the ledger's rejects. */
void window_keep_bad(struct window *, const char *url, const char *reason, const char *head,
                     size_t n);
void window_free_bad(struct window *);
/* Writes the first records of the window that could not be read into the ledger's rejects. */
omni_status window_keep_rejects(struct job *, size_t max, struct err *);
/* Until everything handed over is stored, and told; the first fault of it. */
omni_status window_settle(struct job *, struct err *);
/* How the stream's pull ended, doubts included. */
const struct outcome *window_outcome(const struct job *, const struct window *, omni_status);
/* "auth", "empty" …; NULL for ok. */
const char *window_reason(const struct outcome *, omni_status);
/* OMNI_PARTS: stores the part before, begins this one. */
omni_status window_begin_part(struct job *, const char *name, struct err *);
/* No part is open any more; what the last one held was stored. */
void window_end_parts(struct job *);

/* ---- telling (job_events.c) ---- */

omni_status job_found_account(struct job *, const struct job_account *);
/* With `explain`: a stream that discover() has found. */
void job_explain_stream(struct job *, const struct omni_stream *);
/* At most four a second unless `now`. */
void job_progress(struct job *, bool now);
/* Dry run: the rows of the pipeline as events. */
omni_status job_emit_rows(struct job *, struct err *);
/* The result event of a stream. */
void job_emit_result(struct job *, const struct window *, omni_status, const struct err *);
/* A result event without rows: verbs check, push … `more` is taken over and may be NULL. */
void job_emit_plain(struct job *, omni_status, const struct err *, json_t *more_take);
/* Writes how a run ended into the ledger; where that fails, or it could not even begin (run 0),
 * omnihub is asked to. */
void job_finish_run(struct job *, int64_t run, const struct store_run_end *);

#endif
