/* SPDX-License-Identifier: Apache-2.0
 * The configuration file: typed, checked all at once, every finding with file:line and what to do.
 * Immutable once loaded. */
#ifndef HUB_CONFIG_H
#define HUB_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <omnihub/omnihub.h>

#include "base/err.h"

struct vault_place;

struct config_place {
    const char *file;
    int line;
};

/* Limits of requests to platforms; 0: the built-in ones (hub/http/http.h). */
struct config_http {
    int64_t connect_timeout_s, stall_timeout_s, request_timeout_s, max_wait_s;
    int64_t max_body_mb, max_attempts, first_wait_ms;
};

struct config_hub {
    const char *state_dir, *timezone, *currency, *proxy, *ca_file;
    const char *private_hosts;      /* http/http.h; NULL: none */
    const char *const *plugin_dirs; /* asked first, then the installed folder; ends with NULL */
    const char *schema_dir;         /* conf/schema as installed, unless given */
    const char *channel_rules;      /* the admin's own rules file; NULL */
    const char *vault_key;    /* file; the service manager's credential, or vault.key beside the
                                 main file, unless given */
    bool vault_is_credential; /* that key file is one of $CREDENTIALS_DIRECTORY */
    const char *log;          /* "text", "json", "journald"; NULL: the journal where stderr is its,
                                 else text */
    bool sandbox_require;     /* sandbox = "require" */
    bool accepts_file_system; /* that of state_dir is meant to be what it is */
    int64_t reserve_mb;       /* kept by the service for a full disk; default 16 */
    int64_t parallel;         /* jobs at a time; default 4 */
    bool leaves_missed;       /* catch_up = "none" */
    bool accepts_clock_jump;  /* a clock that jumps ahead is believed, however far */
    int64_t backfill_share;   /* per million of places and of what is left; default 30 % */
    int64_t retry_after_s;    /* first wait after a passing failure; default 60 */
    int64_t run_timeout_s;    /* longest run of one job; default 6 h */
    struct config_http http;
};

struct config_connector {
    struct config_place place;
    const char *name, *plugin, *schedule, *timezone,
        *start;                 /* start: how far back the first pull goes, default "-30d" */
    const char *const *streams; /* NULL: all */
    const char *const
        *accounts; /* NULL: the account option; { "all", NULL }: asked of the platform */
    const char *accounts_match;
    const char *extra;     /* "*", names separated by commas, or NULL */
    const char *isolation; /* "process" (default) or "none" */
    bool is_disabled;
    int64_t reject_max; /* rejected records per million before a window is refused; default 10000 (1
                           %) */
    int64_t idle_timeout_s; /* default 60 */
    int64_t memory_mb;      /* default 512 */
    int64_t parallel;       /* jobs of it, which share a login, side by side; default 2 */
    const char *settle;     /* "auto" (default) or "fixed": see run/job_plan.h, plan_reread() */
    int64_t settle_min;     /* days that are read again in any case; default 3 */
    int64_t stale_after_s;  /* without a run that ended well; 0: by its schedule */
    int64_t drift;          /* per million of a value: a settled day that moved more is told */
    int64_t few_rows;       /* per million of a weekday's rows: fewer are told; 0: never */
    bool ignores_jumps;     /* money that moved by a thousand or a million is not told */
    const json_t *options;  /* object; secret references as written */
};

struct config_sink {
    struct config_place place;
    const char *name, *plugin;
    const char *const *datasets;
    bool is_disabled;
    const json_t *options;
};

struct config_dataset {
    struct config_place place;
    const char *name, *sql, *help;
    const char *const *key;
};

/* What omnihub-web is told. */
struct config_web {
    const char *listen;       /* numeric address and port; default 127.0.0.1:9464 */
    const char *const *hosts; /* names under which it may be asked for; ends with NULL */
    bool account_labels;      /* accounts as labels of metrics */
};

/* Where events are told. Which members a kind has is checked when it is read. */
struct config_alert {
    struct config_place place;
    const char *name, *kind; /* "mail", "webhook" */
    const char *url;
    const char *from, *user, *password, *tls; /* mail; tls: "require" (default), "off" */
    const char *const *to;                    /* mail */
    const char *token, *signing_key;          /* webhook */
    const char *const *events;                /* kinds of store/events.h; NULL: all */
    bool is_disabled;
    int64_t group_s;       /* default 60: what comes so close together is one message */
    int64_t remind_s;      /* 0: told once */
    int64_t give_up_s;     /* default 5 days */
    const json_t *options; /* the whole group, with its references as written */
};

struct config {
    const char *sha256; /* of all its files, one after the other as they were read */
    struct config_hub hub;
    struct config_web web;
    const struct config_connector *connectors;
    size_t n_connectors;
    const struct config_sink *sinks;
    size_t n_sinks;
    const struct config_dataset *datasets;
    size_t n_datasets;
    const struct config_alert *alerts;
    size_t n_alerts;
};

/* All findings of one reading. */
struct config_findings;
struct config_findings *config_findings_new(void);
void config_findings_free(struct config_findings *);
void config_findings_add(struct config_findings *, bool is_error, struct config_place,
                         const char *fmt, ...) __attribute__((format(printf, 4, 5)));
size_t config_findings_errors(const struct config_findings *);
struct config_finding {
    bool is_error;
    struct config_place place; /* file NULL: nowhere in particular */
    const char *text;
};
/* In file and line order; borrowed until the next addition. */
const struct config_finding *config_findings_list(struct config_findings *, size_t *n);
/* The same as an array of {severity, file, line, message}; new reference. */
json_t *config_findings_json(struct config_findings *);
/* Prints them on stderr in file and line order. */
void config_findings_print(struct config_findings *);

/* Reads the file, its includes and conf.d/ beside it. NULL if anything is an error; findings say
 * everything at once. config_free(). */
struct config *config_load(const char *path, struct config_findings *);
/* The same, but what could be read is handed back in spite of errors, so that more can be checked
 * in the same run. NULL only where the main file cannot be read at all. */
struct config *config_read_all(const char *path, struct config_findings *);
/* What holds without any configuration; relative paths start here. config_free(). */
struct config *config_defaults(void);
void config_free(struct config *);
const struct config_connector *config_connector(const struct config *, const char *name);
const struct config_sink *config_sink(const struct config *, const char *name);
const struct config_alert *config_alert(const struct config *, const char *name);

/* Checks options against what the plugin declares: unknown names (with suggestion), types, choices,
 * missing required ones, secrets in the clear. what: "connector \"shop-ads\"". */
void config_check_options(const struct config *, struct config_place, const char *what,
                          const json_t *options, const struct omni_option *const *declared,
                          struct config_findings *);
/* A member that is a secret, written in the clear. */
void config_check_secret(const struct config *, struct config_place, const char *what,
                         const json_t *options, const char *name, struct config_findings *);
/* Where an option, e.g. "map.net" or "streams[0].url", was written; the connector's place if it was
 * not. */
struct config_place config_option_place(const struct config *, const json_t *options,
                                        const char *path, struct config_place fallback);

/* References among the options: "secret:NAME" that is not in the vault or cannot be opened with its
 * key, "env:NAME" that is not set, "file:PATH" that is missing or readable by others. Adds
 * findings; returns {NAME: value} of what env: names (new reference). */
json_t *config_references(const struct config *, struct config_place, const char *what,
                          const json_t *options, struct config_findings *);
/* How a program that stays logs from now on: as hub.log says, else to the journal where stderr is
 * its own. `program`: as it is called; borrowed. */
void config_open_log(const struct config *, const char *program);
/* In the environment: where the journal listens, for tests. */
#define CONFIG_LOG_SOCKET "OMNIHUB_JOURNAL"
/* Where the vault and its key are. */
struct vault_place config_vault(const struct config *);
/* The folder of the main file, absolute: relative paths in the configuration start there. */
const char *config_folder(const struct config *);
/* Where those among the options start: the same, unless it was set. */
const char *config_home(const struct config *);
void config_set_home(struct config *, const char *folder);

#endif
