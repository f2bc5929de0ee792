/* SPDX-License-Identifier: Apache-2.0
 * The store: one SQLite file (WAL) with the common datasets, state, run ledger, restatements and
 * change marks. A window is stored whole, together with its state, or not at all. */
#ifndef HUB_STORE_H
#define HUB_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include <omnihub/omnihub.h>

#include "base/err.h"
#include "schema/schema.h"
#include "store/spool.h"

struct sqlite3;
struct store;

enum store_mode {
    STORE_READ,
    STORE_WRITE, /* makes and migrates it */
    STORE_WATCH  /* reads, and makes no file at all, not even those that readers share */
};

/* state_dir/store.db. OMNI_E_CONFIG: the store is newer than this program. err says what to do. */
struct store *store_open(const char *state_dir, const struct schema *, enum store_mode,
                         struct err *);
/* A second connection to the same file, for another thread: each of them has one to itself. */
struct store *store_again(const struct store *, struct err *);
void store_close(struct store *);
const struct schema *store_schema(const struct store *);
/* Did opening it bring its tables from an older form to this program's? */
bool store_was_migrated(const struct store *);
/* For combine, push and query, which bring their own SQL. Functions dec(), ratio() … are
 * registered. */
struct sqlite3 *store_db(struct store *);
/* The last end of a run could not be written because the disk is full. */
bool store_is_full(const struct store *);

/* ---- feeds: (connector, stream, account) ---- */

struct store_feed {
    const char *connector, *source, *stream, *account,
        *dataset;                /* account "" where there is none */
    const char *zone, *currency; /* of the account, NULL: unknown */
    const char *day_zone;        /* whose days its rows have where the stream names it, else NULL */
    const char *hub_zone;        /* whose days they have where neither is known */
    uint32_t settle_days;
};
/* Finds or makes the feed, updates zone, currency, settle_days. Returns its id, 0 on error. */
int64_t store_feed(struct store *, const struct store_feed *, struct err *);

/* ---- state of a feed: cursor and remembered values ---- */

/* Before the names under which a plugin remembers; how far it knows a part, under the part's. */
#define STORE_PLUGIN_KEY "plugin."

/* free(); NULL where there is none (err->status tells an error). */
char *store_state_get(struct store *, int64_t feed, const char *key, struct err *);
/* Durable when it returns. value NULL or "": forget. */
omni_status store_state_put(struct store *, int64_t feed, const char *key, const char *value,
                            struct err *);

/* ---- runs ---- */

/* The ledger row of one pull of one feed (or one push to one sink). */
struct store_run {
    const char *kind;                         /* "pull", "push", "combine", "check" */
    const char *connector, *stream, *account; /* or sink, dataset */
    const char *batch;                        /* common to all runs of one command */
    const char *plugin_version;
};
/* Writes it as "running"; durable. Returns its id, 0 on error. */
int64_t store_run_begin(struct store *, const struct store_run *, struct err *);

/* Requests of a run to one host that ended with one status; 0: no reply. */
struct store_asked {
    const char *host;
    int32_t status;
    uint64_t requests;
};
struct store_run_end {
    const char *outcome; /* ok, suspicious, retrying, parked, failed, crashed, hung, oom, denied,
                            protocol, interrupted */
    const char *reason;  /* status name: auth, config, data …; NULL for ok */
    const char *message; /* what is wrong; NULL for ok */
    const char *remedy;  /* what to do; NULL */
    uint64_t requests, retries, bytes, rejected; /* rows rejected */
    uint64_t deliveries, rows;                   /* push: what went out */
    const struct store_asked *asked; /* of `requests`, by host and status; NULL: not told apart */
    size_t n_asked;
    int signal; /* that ended the plugin's process, or the job; 0: none */
};
omni_status store_run_finish(struct store *, int64_t run, const struct store_run_end *,
                             struct err *);

/* Runs whose end no job wrote. */
struct store_abandoned {
    int64_t run;       /* its id; 0: not known */
    const char *batch; /* all of it; NULL: none */
    bool is_all;       /* of every batch: no job lives any more */
    const struct store_run *
        noted; /* where none of these is "running": one that ended before it began; NULL: nothing */
    const struct store_run_end *end;
    int64_t at; /* when it ended, micros */
    /* Written long after: where others of the same stream ended since, it means nothing for events,
     * and a run that never began is not noted any more. */
    bool is_late;
};
/* Ends those that are still "running", in one transaction; a run that has an end keeps it. n: how
 * many; NULL. */
omni_status store_runs_abandon(struct store *, const struct store_abandoned *, uint64_t *n,
                               struct err *);

/* ---- windows ---- */

/* What the new rows replace. */
struct store_window {
    int64_t feed, run;
    const struct schema_dataset *dataset;
    uint32_t sync;            /* OMNI_WINDOW … OMNI_PARTS */
    int32_t from_day, to_day; /* OMNI_WINDOW */
    const char *part;         /* OMNI_PARTS: its name */
    int64_t part_changed;     /* … when it was changed last, in nanoseconds; 0: not known */
    const char *quality;      /* "sampled", …; NULL: none */
    const char *const
        *state; /* key, value, key, value, …, NULL: stored in the same transaction ("" forgets) */
    int32_t history_from; /* rows before this day are never removed or overwritten; INT32_MIN: no
                             limit */
};
struct store_result {
    uint64_t inserted, changed, unchanged, removed;
    uint64_t restated;  /* entries added to the restatement ledger */
    uint64_t forgotten; /* parts to be read again: rows of theirs may not lie under others now */
};
/* One transaction: compares with what is there by key, writes only what differs, notes
 * restatements, marks changed days, adds the counts to the run's ledger row, writes the state. Two
 * rows with one key: OMNI_E_DATA naming the key, nothing stored. Several spools (a stream and its
 * parts) are stored together: windows[i] takes spools[i]. */
omni_status store_apply(struct store *, const struct store_window *windows,
                        struct spool *const *spools, uint32_t n, struct store_result *results,
                        struct err *);

/* ---- quarantine: records that could not be read ---- */

struct store_reject {
    const char *where; /* "file.csv:3" or the request */
    const char *reason;
    const char *raw;
    size_t raw_len; /* cut to 2,000 bytes */
};
omni_status store_reject_add(struct store *, int64_t run, const struct store_reject *,
                             struct err *);

#endif
