/* SPDX-License-Identifier: Apache-2.0
 * A sink plugin as the push job sees it: loaded, opened with its options, and answered by the hub.
 */
#ifndef HUB_SINK_HOST_H
#define HUB_SINK_HOST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include <omnihub/omnihub.h>

#include "base/err.h"

struct sink;

struct sink_setup {
    const char *name;             /* the admin's name for it: messages and cursors; copied */
    const char *plugin_sink;      /* which sink of the module; NULL: the only one */
    const json_t *options;        /* object, references resolved; borrowed until sink_close() */
    int32_t today;                /* for relative dates among the options */
    bool (*cancelled)(void *ctx); /* NULL: never */
    void *ctx;
    const char *sha256; /* of the file that may be loaded; NULL: any */
    const char *fault;  /* of the test kit: push/sink_fault.h; NULL: none; borrowed */
};

/* Loads the plugin file and opens its sink. NULL: err says why; the sink's own words where it has
 * some. */
struct sink *sink_open(const char *path, const struct sink_setup *, struct err *);
/* The same for a sink that is already in this process. */
struct sink *sink_open_table(const struct omni_sink *, const struct sink_setup *, struct err *);
void sink_close(struct sink *);

/* `omnihub check --connect`. OMNI_OK where the sink has no check(). */
omni_status sink_check(struct sink *, struct err *);
uint32_t sink_layout(struct sink *, const char *dataset); /* OMNI_BY_DAY, OMNI_WHOLE */
omni_status sink_begin(struct sink *, const struct omni_delivery *, struct err *);
omni_status sink_write(struct sink *, const struct omni_batch *, struct err *);
omni_status sink_commit(struct sink *, struct err *);
void sink_abort(struct sink *);

const char *sink_name(const struct sink *);
bool sink_cancelled(const struct sink *);
/* Under which name the cursors of this sink are kept: "sink:NAME@HASH". The hash covers the options
 * that are not secret, so a sink that was pointed elsewhere, or writes otherwise, starts anew. */
const char *sink_reader(const struct sink *);
/* What fail_detail() added to the last failure: an object of texts, borrowed; NULL: nothing. */
const json_t *sink_details(const struct sink *);

#endif
