/* SPDX-License-Identifier: Apache-2.0
 * A source plugin as the job sees it: in its own sandboxed process, or (isolation none) in this
 * one; the same calls either way. */
#ifndef HUB_PLUGIN_H
#define HUB_PLUGIN_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include <omnihub/omnihub.h>

#include "base/err.h"

/* What the hub does for the plugin; the job implements it. Meanings as in struct omni_host. */
struct plugin_services {
    void *ctx;
    void (*log)(void *ctx, int32_t level, const char *text);
    void (*fail)(void *ctx, omni_status, const char *text);
    void (*fail_detail)(void *ctx, const char *key, const char *value);
    bool (*cancelled)(void *ctx);
    omni_status (*http)(void *ctx, struct omni_http *);
    omni_status (*rows)(void *ctx, struct omni_http *, const char *records);
    omni_status (*row)(void *ctx, uint32_t part, const struct omni_cell *, uint32_t n);
    omni_status (*quality)(void *ctx, const char *flag);
    omni_status (*cursor)(void *ctx, const char *text);
    const char *(*remember)(void *ctx, const char *key, const char *value);
    omni_status (*part)(void *ctx, const char *name);
    omni_status (*found_stream)(void *ctx, const struct omni_stream *);
    omni_status (*found_account)(void *ctx, const char *id, const char *name, const char *currency,
                                 const char *zone);
    omni_status (*found_total)(void *ctx, const char *column, int64_t micros);
};

enum plugin_isolation { ISOLATION_PROCESS, ISOLATION_NONE };
enum plugin_sandbox {
    SANDBOX_BEST,
    SANDBOX_REQUIRE, /* refuse where the kernel lacks a fence */
    SANDBOX_OFF      /* for tools of the plugin's author */
};

enum { PLUGIN_ENV_MAX = 16 };
struct plugin_options {
    const char *path;    /* of the .so */
    const char *program; /* of omnihub-plugin */
    enum plugin_isolation isolation;
    enum plugin_sandbox sandbox;
    uint32_t idle_ms;   /* no sign of life for that long: hung; 0: 60 s */
    uint32_t grace_ms;  /* between cancel, TERM and KILL; 0: 2 s */
    uint64_t memory;    /* bytes of address space; 0: 512 MiB */
    uint32_t cpu_s;     /* 0: 600 */
    const char *sha256; /* of the file that may be loaded, from sealed memory; NULL: any */
    /* For SANDBOX_OFF: further "NAME=value" of its environment, NULL at the end; NULL: none.
     * Borrowed until plugin_start() returns. */
    const char *const *env;
    bool no_waits; /* from a cassette: the plugin's waits take no time */
    const struct plugin_services *services;
    uint32_t
        landlock_abi; /* for tests: pretend that the kernel knows no more than this; 0: ask it */
};

/* How the plugin ended; what the ledger calls it. */
enum plugin_end {
    PLUGIN_FINE,
    PLUGIN_CRASHED,
    PLUGIN_HUNG,
    PLUGIN_OOM,
    PLUGIN_DENIED /* sandbox */,
    PLUGIN_PROTOCOL
};

struct plugin;

/* Starts it and takes its description. NULL with err otherwise (load refusals as OMNI_E_CONFIG).
 * *end says how it died, if it did. */
struct plugin *plugin_start(const struct plugin_options *, enum plugin_end *end, struct err *);
void plugin_stop(struct plugin *);
const struct omni_module *plugin_module(const struct plugin *);
/* What this machine's sandbox cannot fence, in words; NULL: nothing. */
const char *plugin_lacks(const struct plugin *);
/* The description as JSON, borrowed. */
const json_t *plugin_json(const struct plugin *);
enum plugin_end plugin_end(const struct plugin *);
/* The signal that ended its process; 0: none. */
int plugin_signal(const struct plugin *);
/* It made a call that the contract does not allow, whatever else became of it. */
bool plugin_is_broken(const struct plugin *);
const char *plugin_end_name(enum plugin_end); /* "crashed" */

/* The source's callbacks. config: the options as a JSON object, secrets replaced by "***". Each
 * returns the plugin's status; OMNI_E_BUG and plugin_end() != PLUGIN_FINE where the process is
 * gone. */
omni_status plugin_open(struct plugin *, const char *source, const json_t *config, struct err *);
omni_status plugin_check(struct plugin *, struct err *);
omni_status plugin_accounts(struct plugin *, struct err *);
omni_status plugin_discover(struct plugin *, struct err *);
omni_status plugin_pull(struct plugin *, const struct omni_request *, struct err *);
omni_status plugin_total(struct plugin *, const struct omni_request *, struct err *);
/* Only from inside services->http and ->rows. OMNI_E_UNSUPPORTED where the source has no judge().
 */
omni_status plugin_judge(struct plugin *, const struct omni_http *, uint32_t *wait_ms,
                         struct err *);

#endif
