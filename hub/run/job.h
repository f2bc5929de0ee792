/* SPDX-License-Identifier: Apache-2.0
 * omnihub-job from the inside: one process, one verb, one connector and account (or one sink). */
#ifndef HUB_JOB_H
#define HUB_JOB_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/outcome.h"
#include "base/zone.h"
#include "http/http.h"
#include "normalize/channel.h"
#include "plugin/plugin.h"
#include "run/pipeline.h"
#include "schema/schema.h"
#include "store/store.h"
#include "vault/vault.h"

/* What a source said about itself while it ran; reset for each call. */
struct job_failure {
    bool is_set;
    omni_status status;
    char text[ERR_TEXT];
    char option[128]; /* fail_detail("option", …) */
};

struct job_keeper;
struct job_quota;
struct worker;

/* Everything of one job; lives in main() of omnihub-job. One thread, and a worker that stores. */
struct job {
    struct arena *arena;
    json_t *spec;
    struct vault_place vault; /* texts of the spec */
    int events;               /* descriptor of the event lines */

    const char *connector, *account;
    int32_t today; /* in the account's zone, as far as it is known */
    bool is_dry_run;
    bool is_offline; /* requests are refused, and has_asked says that there was one */
    bool has_asked;
    bool is_backfill; /* of history: leaves the state of the regular pulls alone */

    struct schema *schema;
    struct channel_rules *channels;
    struct store *store; /* NULL in a dry run without a store */

    struct plugin *plugin;
    enum plugin_end plugin_end; /* of one that did not start */
    struct err denied;          /* the host that it asked for and may not */
    struct err spoilt;          /* why this window is not whole, whatever the plugin says */
    const struct omni_source *source;
    json_t *options;               /* references resolved: holds secrets */
    json_t *config;                /* what the plugin sees: secrets are "***" */
    const struct omni_auth *login; /* the one that is complete; NULL: none */
    struct job_keeper *keeper;     /* of its tokens; NULL: none */
    struct job_quota *quota;       /* NULL: no requests, or a replay */
    struct http *http;
    struct job_files *files;
    struct plugin_services services;

    const struct omni_stream *found[64]; /* discover() */
    size_t n_found;

    /* Facts of the account, from the platform. */
    char *currency, *zone_name;
    struct zone *zone;
    struct zone *hub_zone; /* of the configuration; NULL: UTC */

    /* The stream and window being pulled. */
    struct pipeline *pipeline;
    struct window *window;
    struct worker *worker; /* stores beside the pull; NULL: nothing needed it yet */
    struct buf file_list;  /* the last reply to a file-list: request */
    struct job_failure failure;
    json_t *totals;        /* found_total(): {column: micros} */
    bool is_in_total;      /* total() is being called */
    int64_t last_progress; /* when the last progress event went out, micros */
};

/* Verbs; each writes its events and returns the process's exit code. */
int job_describe(struct job *);
int job_accounts(struct job *);
int job_check(struct job *);
int job_bind(struct job *);
int job_pull(struct job *);
int job_push(struct job *);
int job_check_sink(struct job *);
int job_combine(struct job *);
int job_alert(struct job *);

/* True after SIGTERM, SIGINT: end soon. */
bool job_is_cancelled(void);
/* Its time is over; nobody else has told it to stop. */
bool job_is_late(void);

/* ---- parts that verbs share ---- */

/* Loads the schema and channel rules and opens the store as the spec says. */
omni_status job_open_store(struct job *, struct err *);
/* Starts the plugin and takes its description: job->plugin. */
omni_status job_start_plugin(struct job *, struct err *);
/* Starts the plugin, resolves options, prepares login and HTTP client, opens the source. */
omni_status job_open_source(struct job *, struct err *);
/* Of requests, as the spec says. */
struct http_limits job_http_limits(const struct job *);
/* job_is_cancelled() for who calls with a context. */
bool job_http_cancelled(void *ctx);
/* References in options → values; a new reference, NULL with err. */
json_t *job_resolve(const struct job *, const json_t *options, struct err *);
/* The account's zone, the hub's where that is not known, NULL for UTC. */
const struct zone *job_zone(const struct job *);
/* The account's currency or zone became known; NULL: not. */
omni_status job_learn_account(struct job *, const char *currency, const char *zone);
/* Streams of the description and of discover(), all or those that are to be pulled; how many. */
size_t job_streams(const struct job *, bool only_wanted, const struct omni_stream **out,
                   size_t max);
/* A stream bound to its dataset, ready for rows: job->pipeline. */
omni_status job_open_pipeline(struct job *, const struct omni_stream *, struct err *);
/* Undoes all of it; safe on a job that only got half-way. */
void job_close(struct job *);
/* Fills job->services. */
void job_services_init(struct job *);
/* What the source said it failed with replaces a bare status in `err`; returns the status. */
omni_status job_failed(struct job *, omni_status, struct err *);
/* Forgets what an earlier call said. */
void job_failure_clear(struct job *);

/* Tells omnihub of something for the audit log. */
void job_emit_audit(struct job *, const char *what, const char *text);

/* ---- outcomes ---- */

/* What became of a call that ended with this status; never NULL. */
const struct outcome *job_outcome(const struct job *, omni_status);
/* What is said of it: the text, but for a run whose time was over. */
const char *job_words(const struct job *, omni_status, const char *text);
/* What to do about it here; NULL where nothing is to be done. */
const char *job_remedy(const struct job *, const struct outcome *);

#endif
