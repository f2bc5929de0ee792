/* SPDX-License-Identifier: Apache-2.0
 * What pull, push and sync have in common: the lock on the state, jobs, their results, the summary.
 */
#ifndef HUB_CLI_WORK_H
#define HUB_CLI_WORK_H

#include <jansson.h>

#include "cli/cli.h"
#include "cli/plugins.h"
#include "cli/progress.h"
#include "run/supervise.h"

struct schema;
struct store;
struct store_run_end;
struct unwritten;

/* What a service wants to know of each job; labels say whose it is (connector, sink, kind). */
struct work_hooks {
    void *ctx;
    void (*added)(void *ctx, const json_t *labels);
    void (*result)(void *ctx, const json_t *result);
    void (*ended)(void *ctx, const json_t *labels);
};

struct work {
    const struct cli *cli;
    const struct work_hooks *hooks; /* NULL: results are gathered for the summary */
    struct plugins *plugins;
    json_t *envs;    /* {"connector NAME" or "sink NAME": {…}}: what their env: references name */
    json_t *audited; /* what jobs noticed and was noted already */
    json_t *results; /* objects as in run/spec.h, "result", with connector or sink */
    struct progress *progress;
    char batch[48]; /* common to all jobs of this command; each job adds its number */
    unsigned n_jobs, n_jobs_before; /* before: of the verbs that are done */
    int lock;
    struct schema *schema;
    struct store *store;         /* open for what became of jobs that died; NULL in a dry run */
    struct unwritten *unwritten; /* what is on its way into it; NULL as the store */
    bool is_dry, is_interrupted, accept_empty;
    bool is_check;                           /* its results count nothing */
    const char *record, *replay, *from, *to; /* absolute paths; NULL: not given */
    const char *cursor;         /* where streams of changed records begin; NULL: by their state */
    const char *const *streams; /* asked for on the command line; NULL: as configured */
    /* Rows of a dry run, and with `explain` the requests that led to them, as in run/spec.h. NULL:
     * rows are printed, one line of JSON each. */
    void (*on_dry)(void *ctx, const json_t *event);
    void *dry_ctx;
    bool explain;
    bool no_waits;          /* of the test kit: a plugin's own waits take no time */
    const char *played;     /* of the test kit: http_options.played; NULL: no test with a server */
    const char *sink_fault; /* of the test kit: push/sink_fault.h; NULL: none */
};

void work_init(struct work *, const struct cli *);
/* Loads the configuration, finds and asks the plugins of the selected connectors and sinks, checks
 * everything. CLI_OK, or an exit code after messages. work_free() in any case. */
int work_prepare(struct work *, struct cli *, bool with_connectors, bool with_sinks);
/* Takes the lock on state_dir and opens the store. */
int work_lock(struct work *);
/* Keeps in the store what the plugins say of their APIs, for those who cannot ask them. */
void work_note_plugins(struct work *);
/* Each runs its jobs to their end; nothing is started once it was interrupted. */
void work_pull(struct work *);
void work_combine(struct work *);
void work_push(struct work *);
void work_check(struct work *); /* JOB_CHECK for connectors and sinks */
/* JOB_BIND for connectors. Those that say the same to the same plugin have one result, whose member
 * WORK_ALIKE names them. */
#define WORK_ALIKE "alike"
void work_bind(struct work *);
/* Prints the summary; the exit code that the results deserve. */
int work_report(struct work *);
void work_free(struct work *);

/* Is this connector or sink meant by the command? By name, or all that are enabled. */
bool work_wants(const struct cli *, const char *name, bool is_disabled);

/* The same for a service, which waits for them itself. */
void work_add_pulls(struct work *, struct supervise *, const struct config_connector *);
void work_add_combine(struct work *, struct supervise *);
void work_add_push(struct work *, struct supervise *, const struct config_sink *);

/* Some days of a backfill of one account ("": there is none); work that can wait. */
struct work_chunk {
    const struct config_connector *connector;
    const char *account;
    int32_t from, to;
    void (*event)(void *ctx, const json_t *); /* results too, also of a job that died */
    void (*end)(void *ctx);
    void *ctx;
};
void work_add_chunk(struct work *, struct supervise *, const struct work_chunk *);

/* ---- between the files of this part ---- */

/* Takes the result over: for the summary, or to who hooked in. */
void work_take_result(struct work *, json_t *result_take);

struct work_job; /* one job on its way */

/* The members that all jobs have; new reference. */
json_t *work_spec(struct work *, const char *verb);
/* The plugin's file is there, but was refused or died while it was asked what it is: its connectors
 * and sinks fail, all others run. */
bool work_is_refused(const struct work *, const char *plugin);
/* A run without a job: its result, and its row in the ledger; takes over the labels. */
void work_note(struct work *, json_t *labels_take, const struct store_run_end *);
/* The result and the ledger's run of such a one; takes over the labels. */
void work_refuse(struct work *, json_t *labels_take, const char *plugin);
/* Queues a job. labels: {"connector": …, "account": …}, put into each result; taken over, as is
 * spec. event: called beside the usual handling; may be NULL. */
void work_add(struct work *, struct supervise *, json_t *spec_take, json_t *labels_take,
              void (*event)(void *ctx, const json_t *), void (*end)(void *ctx), void *ctx);
/* Into the configuration's folder: relative paths among the options start there. */
void work_go_home(const struct work *);
struct supervise *work_begin_jobs(struct work *);
void work_run_jobs(struct work *, struct supervise *);

#endif
