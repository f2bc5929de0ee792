/* SPDX-License-Identifier: Apache-2.0
 * A sink plugin as the push job sees it: loaded, opened with its options, and answered by the hub.
 */
#include <config.h>

#include "push/sink_host.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/options.h"
#include "config/secrets.h"
#include "plugin/load.h"
#include "plugin/seal.h"
#include "push/sink_fault.h"

enum { SLEEP_SLICE_MS = 50 };

/* What the host functions work on; one call into the plugin at a time. */
struct omni_run {
    bool (*cancelled)(void *ctx);
    void *ctx;
    struct err said; /* by fail(); status OMNI_OK: nothing yet */
    json_t *details;
};

struct sink {
    struct load *load;
    struct omni_sink table; /* members that an older plugin lacks are zero */
    struct omni_config *options;
    void *self;
    bool is_open;
    char *name, *reader;
    struct omni_run run;
    const char *fault; /* of the test kit */
};

/* ---- what the hub answers ---- */

static void host_log(struct omni_run *run, int32_t level, const char *text)
{
    (void)run;
    enum log_level known = level < OMNI_LOG_ERROR   ? LOG_ERROR
                           : level > OMNI_LOG_DEBUG ? LOG_DEBUG
                                                    : (enum log_level)level;
    log_line(known, "%s", text ? text : "");
}

static omni_status host_fail(struct omni_run *run, omni_status status, const char *text)
{
    return err_set(&run->said, status, "%s", text ? text : "");
}

static void host_fail_detail(struct omni_run *run, const char *key, const char *value)
{
    if (!run->details)
        run->details = json_object();
    json_put_text(run->details, key, value);
}

static int32_t host_cancelled(struct omni_run *run)
{
    return run->cancelled && run->cancelled(run->ctx);
}

static omni_status host_sleep_ms(struct omni_run *run, uint32_t ms)
{
    while (ms && !host_cancelled(run)) {
        uint32_t slice = ms < SLEEP_SLICE_MS ? ms : SLEEP_SLICE_MS;
        nanosleep(&(struct timespec){.tv_nsec = (long)slice * 1000000}, NULL);
        ms -= slice;
    }
    return host_cancelled(run) ? OMNI_E_CANCELLED : OMNI_OK;
}

/* The calls of sources: a sink neither fetches nor delivers rows to the hub. */
static omni_status no_sink_call(struct omni_run *run, const char *call)
{
    return err_set(&run->said, OMNI_E_UNSUPPORTED, "%s() is for sources; a sink cannot call it",
                   call);
}

static omni_status host_http(struct omni_run *run, struct omni_http *http)
{
    (void)http;
    return no_sink_call(run, "http");
}

static omni_status host_rows(struct omni_run *run, struct omni_http *http, const char *records)
{
    (void)http, (void)records;
    return no_sink_call(run, "rows");
}

static omni_status host_row(struct omni_run *run, const struct omni_cell *cells, uint32_t n)
{
    (void)cells, (void)n;
    return no_sink_call(run, "row");
}

static omni_status host_quality(struct omni_run *run, const char *flag)
{
    (void)flag;
    return no_sink_call(run, "quality");
}

static omni_status host_cursor(struct omni_run *run, const char *text)
{
    (void)text;
    return no_sink_call(run, "cursor");
}

static const char *host_remember(struct omni_run *run, const char *key, const char *value)
{
    (void)key, (void)value;
    no_sink_call(run, "remember");
    return NULL;
}

static omni_status host_part(struct omni_run *run, const char *name)
{
    (void)name;
    return no_sink_call(run, "part");
}

static omni_status host_found_stream(struct omni_run *run, const struct omni_stream *stream)
{
    (void)stream;
    return no_sink_call(run, "found_stream");
}

static omni_status host_found_account(struct omni_run *run, const char *id, const char *name,
                                      const char *currency, const char *zone)
{
    (void)id, (void)name, (void)currency, (void)zone;
    return no_sink_call(run, "found_account");
}

static omni_status host_found_total(struct omni_run *run, const char *column, int64_t micros)
{
    (void)column, (void)micros;
    return no_sink_call(run, "found_total");
}

static const void *host_extension(const char *id)
{
    (void)id;
    return NULL;
}

static const struct omni_host sink_host = {
    .size = sizeof sink_host,
    .abi_major = OMNI_ABI_MAJOR,
    .abi_minor = OMNI_ABI_MINOR,
    .log = host_log,
    .fail = host_fail,
    .fail_detail = host_fail_detail,
    .cancelled = host_cancelled,
    .sleep_ms = host_sleep_ms,
    .opt_text = options_text,
    .opt_int = options_int,
    .opt_count = options_count,
    .opt_item = options_item,
    .http = host_http,
    .rows = host_rows,
    .row = host_row,
    .quality = host_quality,
    .cursor = host_cursor,
    .remember = host_remember,
    .part = host_part,
    .found_stream = host_found_stream,
    .found_account = host_found_account,
    .found_total = host_found_total,
    .extension = host_extension,
};

/* ---- calls into the plugin ---- */

static struct omni_run *run_begin(struct sink *sink)
{
    sink->run.said = (struct err){.status = OMNI_OK};
    json_decref(sink->run.details);
    sink->run.details = NULL;
    return &sink->run;
}

/* The sink's status and its own words, unchanged; words of the hub only where it said nothing. */
static omni_status run_end(const struct sink *sink, omni_status status, const char *call,
                           struct err *err)
{
    if (status == OMNI_OK)
        return OMNI_OK;
    if (status > 0 || status < OMNI_E_BUG)
        return err_set(err, OMNI_E_BUG, "sink \"%s\": %s() returned %d, which is no status",
                       sink->name, call, (int)status);
    if (sink->run.said.status != OMNI_OK && sink->run.said.text[0])
        return err_set(err, status, "%s", sink->run.said.text);
    return err_set(err, status, "sink \"%s\": %s() failed without saying why (%s)", sink->name,
                   call, err_status_name(status));
}

/* ---- opening ---- */

/* FNV-1a; for telling settings apart, not against anybody. */
static uint64_t hash_text(const char *s)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
    return h;
}

static char *reader_name(const char *name, const struct omni_option *const *declared,
                         const json_t *options)
{
    auto_json *open = options ? json_copy((json_t *)options) : json_object();
    for (; declared && *declared; declared++)
        if ((*declared)->flags & OMNI_SECRET)
            json_object_del(open, (*declared)->name);
    auto_free char *text = json_dumps(open, JSON_COMPACT | JSON_SORT_KEYS);
    return xasprintf("sink:%s@%016" PRIx64, name, hash_text(text ? text : ""));
}

static omni_status check_table(const struct omni_sink *table, const char *name, struct err *err)
{
    static const char contract[] = "breaks the plugin contract: it has no";
    const char *lacks = !table->begin    ? "begin()"
                        : !table->write  ? "write()"
                        : !table->commit ? "commit()"
                        : !table->abort  ? "abort()"
                                         : NULL;
    if (lacks)
        return err_set(err, OMNI_E_BUG, "sink \"%s\" %s %s", name, contract, lacks);
    return OMNI_OK;
}

struct sink *sink_open_table(const struct omni_sink *table, const struct sink_setup *setup,
                             struct err *err)
{
    struct sink *sink = xcalloc(1, sizeof *sink);
    memcpy(&sink->table, table, table->size < sizeof *table ? table->size : sizeof *table);
    sink->run = (struct omni_run){.cancelled = setup->cancelled, .ctx = setup->ctx};
    sink->fault = setup->fault;
    sink->name = xstrdup(setup->name);
    sink->reader = reader_name(setup->name, sink->table.options, setup->options);
    secret_hide(setup->options, sink->table.options);
    sink->options = options_new(setup->options, sink->table.options, setup->today);
    omni_status status = check_table(&sink->table, setup->name, err);
    if (status == OMNI_OK && sink->table.open) {
        struct omni_run *run = run_begin(sink);
        status = run_end(sink, sink->table.open(&sink_host, sink->options, run, &sink->self),
                         "open", err);
    }
    if (status != OMNI_OK) {
        sink_close(sink);
        return NULL;
    }
    sink->is_open = true;
    return sink;
}

static const struct omni_sink *find_sink(const struct omni_module *module, const char *wanted,
                                         struct err *err)
{
    const struct omni_sink *const *all = module->sinks;
    if (!all || !all[0]) {
        err_set(err, OMNI_E_CONFIG,
                "plugin \"%s\" has no sink; `omnihub plugins` lists those that "
                "have",
                module->name);
        return NULL;
    }
    if (!wanted) {
        if (!all[1])
            return all[0];
        err_set(err, OMNI_E_CONFIG, "plugin \"%s\" has several sinks: name one of them",
                module->name);
        return NULL;
    }
    for (; *all; all++)
        if (strcmp((*all)->name, wanted) == 0)
            return *all;
    err_set(err, OMNI_E_CONFIG, "plugin \"%s\" has no sink called \"%s\"", module->name, wanted);
    return NULL;
}

struct sink *sink_open(const char *path, const struct sink_setup *setup, struct err *err)
{
    int sealed = setup->sha256 ? seal_copy(path, setup->sha256, NULL, err) : -1;
    if (setup->sha256 && sealed < 0)
        return NULL;
    struct load *load = sealed < 0 ? load_open(path, err) : load_open_sealed(sealed, path, err);
    if (!load)
        return NULL;
    const struct omni_sink *table = find_sink(load_module(load), setup->plugin_sink, err);
    struct sink *sink = table ? sink_open_table(table, setup, err) : NULL;
    if (!sink) {
        load_close(load);
        return NULL;
    }
    sink->load = load;
    return sink;
}

void sink_close(struct sink *sink)
{
    if (!sink)
        return;
    if (sink->is_open && sink->table.close)
        sink->table.close(sink->self);
    options_free(sink->options);
    load_close(sink->load);
    json_decref(sink->run.details);
    free(sink->name);
    free(sink->reader);
    free(sink);
}

/* ---- one call each ---- */

omni_status sink_check(struct sink *sink, struct err *err)
{
    if (!sink->table.check)
        return OMNI_OK;
    struct omni_run *run = run_begin(sink);
    return run_end(sink, sink->table.check(sink->self, run), "check", err);
}

uint32_t sink_layout(struct sink *sink, const char *dataset)
{
    return sink->table.layout ? sink->table.layout(sink->self, dataset) : OMNI_BY_DAY;
}

omni_status sink_begin(struct sink *sink, const struct omni_delivery *delivery, struct err *err)
{
    struct omni_run *run = run_begin(sink);
    return run_end(sink, sink->table.begin(sink->self, run, delivery), "begin", err);
}

omni_status sink_write(struct sink *sink, const struct omni_batch *batch, struct err *err)
{
    struct omni_run *run = run_begin(sink);
    omni_status status = sink_fault(sink->fault, SINK_BEFORE_WRITE, err);
    if (status == OMNI_OK)
        status = run_end(sink, sink->table.write(sink->self, run, batch), "write", err);
    return status == OMNI_OK ? sink_fault(sink->fault, SINK_AFTER_WRITE, err) : status;
}

omni_status sink_commit(struct sink *sink, struct err *err)
{
    struct omni_run *run = run_begin(sink);
    omni_status status = sink_fault(sink->fault, SINK_BEFORE_COMMIT, err);
    if (status == OMNI_OK)
        status = run_end(sink, sink->table.commit(sink->self, run), "commit", err);
    return status == OMNI_OK ? sink_fault(sink->fault, SINK_AFTER_COMMIT, err) : status;
}

void sink_abort(struct sink *sink)
{
    /* The details of the failure that led here are still wanted: no run_begin(). */
    sink->table.abort(sink->self, &sink->run);
}

const char *sink_name(const struct sink *sink)
{
    return sink->name;
}

const char *sink_reader(const struct sink *sink)
{
    return sink->reader;
}

bool sink_cancelled(const struct sink *sink)
{
    return sink->run.cancelled && sink->run.cancelled(sink->run.ctx);
}

const json_t *sink_details(const struct sink *sink)
{
    return sink->run.details;
}
