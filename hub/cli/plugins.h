/* SPDX-License-Identifier: Apache-2.0
 * What plugins say of themselves, asked by a job each, and the configuration checked against it. */
#ifndef HUB_CLI_PLUGINS_H
#define HUB_CLI_PLUGINS_H

#include <jansson.h>

#include "cli/cli.h"

struct plugin_info {
    const char *name;                 /* as in the configuration */
    const char *path;                 /* NULL: not found */
    const char *sha256;               /* what plugins.lock has for it; NULL: nothing */
    const struct omni_module *module; /* NULL: refused; why says how */
    const json_t *json;
    /* Of one that was refused: what is wrong with it, and what a run of it says and has written
     * into the ledger. */
    const char *why, *outcome, *reason, *remedy;
    bool
        has_died; /* the file is fine as far as it was seen; it crashed, hung … when it was asked */
};

struct plugins;

struct plugins *plugins_new(const struct cli *);
void plugins_free(struct plugins *);
/* Asks for a plugin by its name in the configuration; twice is once. */
void plugins_want(struct plugins *, const char *name);
/* The same for a file that has to have this hash, whatever plugins.lock says. */
void plugins_want_pinned(struct plugins *, const char *path, const char *sha256);
/* Asks for every *.so of the plugin folders. */
void plugins_want_all(struct plugins *);
/* From now on one that has died is no finding: the others can be worked with. */
void plugins_let_die(struct plugins *);
bool plugins_may_die(const struct plugins *);
/* Asks all of them, side by side. False: interrupted. */
bool plugins_ask(struct plugins *);
size_t plugins_count(const struct plugins *);
const struct plugin_info *plugins_at(const struct plugins *, size_t i);
const struct plugin_info *plugins_find(const struct plugins *, const char *name);
const struct config *plugins_config(const struct plugins *);
/* One that has died when it was asked; NULL: none has. */
const char *plugins_dead(const struct plugins *);
/* The folders in which plugins are looked for, NULL at the end. */
const char *const *plugins_folders(const struct plugins *);

/* The module's only source or sink, or the one called like the plugin; NULL: none. */
const struct omni_source *plugins_source(const struct plugin_info *);
const struct omni_sink *plugins_sink(const struct plugin_info *);
/* Does that source answer this call, "discover"? */
bool plugins_offers(const struct plugin_info *, const char *call);
/* {name: facts_api()} of those that are sources. New reference. */
json_t *plugins_apis(const struct plugins *);
/* Is it one of the source's streams, or a part of one? */
bool plugins_has_stream(const struct omni_source *, const char *name);
/* Everything that can be said of a connector or sink before a job runs: plugin, options, login,
 * streams, references. Returns what its env: references name (new reference). */
json_t *plugins_check_connector(const struct plugins *, const struct config_connector *,
                                struct config_findings *);
json_t *plugins_check_sink(const struct plugins *, const struct config_sink *,
                           struct config_findings *);

#endif
