/* SPDX-License-Identifier: Apache-2.0
 * Calls a loaded source and offers it struct omni_host. */
#include <config.h>

#include "plugin/guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "config/options.h"
#include "plugin/describe.h"

enum { MAX_FOUND = 4096, MAX_WAIT_MS = 24 * 3600 * 1000 };

struct omni_run {
    struct guest *guest;
};

struct guest {
    const struct omni_module *module;
    const struct plugin_services *services;
    struct omni_source source; /* copied: the plugin's may be shorter or longer */
    void *self;
    bool is_open, in_judge, no_waits;
    json_t *config;
    struct omni_config *options;
    const struct omni_stream **found; /* pointers that found_stream() was given */
    size_t n_found;
    struct omni_run run;
};

uint32_t guest_size(const void *from)
{
    uint32_t size;
    memcpy(&size, from, sizeof size);
    return size;
}

void guest_copy(void *to, size_t to_size, const void *from)
{
    uint32_t size = guest_size(from);
    memset(to, 0, to_size);
    memcpy(to, from, size < to_size ? size : to_size);
}

bool guest_is_status(omni_status status)
{
    return status <= OMNI_OK && status >= OMNI_E_BUG;
}

/* ---- struct omni_host ---- */

static void host_log(struct omni_run *run, int32_t level, const char *text)
{
    const struct plugin_services *s = run->guest->services;
    s->log(s->ctx, level, text ? text : "");
}

static omni_status host_fail(struct omni_run *run, omni_status status, const char *text)
{
    const struct plugin_services *s = run->guest->services;
    if (!guest_is_status(status) || status == OMNI_OK)
        status = OMNI_E_BUG;
    s->fail(s->ctx, status, text ? text : "");
    return status;
}

static void host_fail_detail(struct omni_run *run, const char *key, const char *value)
{
    const struct plugin_services *s = run->guest->services;
    if (key && value)
        s->fail_detail(s->ctx, key, value);
}

static int32_t host_cancelled(struct omni_run *run)
{
    const struct plugin_services *s = run->guest->services;
    return s->cancelled(s->ctx);
}

/* In slices, each of which is a sign of life. */
static omni_status host_sleep(struct omni_run *run, uint32_t ms)
{
    enum { SLICE = 200 };
    if (run->guest->no_waits)
        return host_cancelled(run) ? OMNI_E_CANCELLED : OMNI_OK;
    while (!host_cancelled(run)) {
        uint32_t now = ms < SLICE ? ms : SLICE;
        struct timespec t = {.tv_nsec = (long)now * 1000000};
        nanosleep(&t, NULL);
        ms -= now;
        if (ms == 0)
            return OMNI_OK;
    }
    return OMNI_E_CANCELLED;
}

/* What only pull() and its like may do: judge() is called in the middle of a request. */
static omni_status not_in_judge(struct omni_run *run, const char *what)
{
    if (!run->guest->in_judge)
        return OMNI_OK;
    char text[128];
    snprintf(text, sizeof text, "%s was called from inside judge()", what);
    return host_fail(run, OMNI_E_BUG, text);
}

typedef omni_status fetch_fn(const struct plugin_services *, struct omni_http *, const char *);

static omni_status fetch_http(const struct plugin_services *s, struct omni_http *http,
                              const char *records)
{
    (void)records;
    return s->http(s->ctx, http);
}

static omni_status fetch_rows(const struct plugin_services *s, struct omni_http *http,
                              const char *records)
{
    return s->rows(s->ctx, http, records);
}

/* The plugin's struct may be of another minor version than ours. */
static omni_status fetch(struct omni_run *run, fetch_fn *send, struct omni_http *http,
                         const char *records)
{
    omni_status status = not_in_judge(run, "http() or rows()");
    if (status != OMNI_OK)
        return status;
    if (!http || http->size < offsetof(struct omni_http, headers))
        return host_fail(run, OMNI_E_BUG, "struct omni_http has no size");
    struct omni_http full;
    guest_copy(&full, sizeof full, http);
    full.size = sizeof full;
    if (!full.url)
        return host_fail(run, OMNI_E_BUG, "a request without url");
    full.status = 0;
    full.reply = NULL;
    full.reply_len = full.records = 0;
    full.reply_headers = NULL;
    status = send(run->guest->services, &full, records);
    uint32_t size = http->size;
    memcpy(http, &full, size < sizeof full ? size : sizeof full);
    http->size = size;
    return status;
}

static omni_status host_http(struct omni_run *run, struct omni_http *http)
{
    return fetch(run, fetch_http, http, NULL);
}

static omni_status host_rows(struct omni_run *run, struct omni_http *http, const char *records)
{
    return fetch(run, fetch_rows, http, records);
}

static omni_status host_row(struct omni_run *run, const struct omni_cell *cells, uint32_t n)
{
    const struct plugin_services *s = run->guest->services;
    omni_status status = not_in_judge(run, "row()");
    return status != OMNI_OK ? status : s->row(s->ctx, 0, cells, n);
}

static omni_status host_part_row(struct omni_run *run, uint32_t part, const struct omni_cell *cells,
                                 uint32_t n)
{
    const struct plugin_services *s = run->guest->services;
    omni_status status = not_in_judge(run, "row()");
    return status != OMNI_OK ? status : s->row(s->ctx, part, cells, n);
}

static omni_status host_quality(struct omni_run *run, const char *flag)
{
    const struct plugin_services *s = run->guest->services;
    return flag ? s->quality(s->ctx, flag) : OMNI_E_BUG;
}

static omni_status host_cursor(struct omni_run *run, const char *text)
{
    const struct plugin_services *s = run->guest->services;
    return text ? s->cursor(s->ctx, text) : OMNI_E_BUG;
}

static const char *host_remember(struct omni_run *run, const char *key, const char *value)
{
    const struct plugin_services *s = run->guest->services;
    return key ? s->remember(s->ctx, key, value) : NULL;
}

static omni_status host_part(struct omni_run *run, const char *name)
{
    const struct plugin_services *s = run->guest->services;
    omni_status status = not_in_judge(run, "part()");
    if (status != OMNI_OK)
        return status;
    return name ? s->part(s->ctx, name) : OMNI_E_BUG;
}

static omni_status host_found_stream(struct omni_run *run, const struct omni_stream *stream)
{
    struct guest *g = run->guest;
    if (!stream || g->n_found == MAX_FOUND)
        return host_fail(run, OMNI_E_BUG, stream ? "too many streams" : "a stream that is NULL");
    g->found = xrealloc(g->found, (g->n_found + 1) * sizeof *g->found);
    g->found[g->n_found++] = stream;
    return g->services->found_stream(g->services->ctx, stream);
}

static omni_status host_found_account(struct omni_run *run, const char *id, const char *name,
                                      const char *currency, const char *zone)
{
    const struct plugin_services *s = run->guest->services;
    return id ? s->found_account(s->ctx, id, name, currency, zone) : OMNI_E_BUG;
}

static omni_status host_found_total(struct omni_run *run, const char *column, int64_t micros)
{
    const struct plugin_services *s = run->guest->services;
    return column ? s->found_total(s->ctx, column, micros) : OMNI_E_BUG;
}

static const struct omni_part_rows PART_ROWS = {.size = sizeof PART_ROWS, .row = host_part_row};

static const void *host_extension(const char *id)
{
    return id && strcmp(id, OMNI_PART_ROWS) == 0 ? &PART_ROWS : NULL;
}

static const struct omni_host HOST = {
    .size = sizeof HOST,
    .abi_major = OMNI_ABI_MAJOR,
    .abi_minor = OMNI_ABI_MINOR,
    .log = host_log,
    .fail = host_fail,
    .fail_detail = host_fail_detail,
    .cancelled = host_cancelled,
    .sleep_ms = host_sleep,
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

/* ---- the source's callbacks ---- */

struct guest *guest_new(const struct omni_module *module, const struct plugin_services *services)
{
    struct guest *g = xcalloc(1, sizeof *g);
    g->module = module;
    g->services = services;
    g->run.guest = g;
    return g;
}

void guest_free(struct guest *g)
{
    if (!g)
        return;
    if (g->is_open && g->source.close)
        g->source.close(g->self);
    options_free(g->options);
    json_decref(g->config);
    free(g->found);
    free(g);
}

static omni_status checked(struct err *err, const char *callback, omni_status status)
{
    if (guest_is_status(status))
        return status;
    return err_set(err, OMNI_E_BUG, "%s() returned %d, which is no status", callback, (int)status);
}

omni_status guest_open(struct guest *g, const struct guest_opening *o, struct err *err)
{
    const struct omni_source *source = describe_find_source(g->module, o->source);
    if (!source)
        return err_set(err, OMNI_E_CONFIG, "the plugin has no source \"%s\"", o->source);
    if (g->is_open)
        return err_set(err, OMNI_E_BUG, "the source is open already");
    guest_copy(&g->source, sizeof g->source, source);
    g->no_waits = o->no_waits;
    g->config = json_deep_copy(o->config);
    g->options = options_new(g->config, g->source.options, o->today);
    if (!g->source.pull)
        return err_set(err, OMNI_E_BUG, "source \"%s\" has no pull()", o->source);
    omni_status status = OMNI_OK;
    if (g->source.open)
        status = g->source.open(&HOST, g->options, &g->run, &g->self);
    /* An open() that failed has cleaned up after itself: close() is not for it. */
    g->is_open = status == OMNI_OK;
    return checked(err, "open", status);
}

static bool is_called(const struct omni_stream *stream, const char *name)
{
    struct omni_stream full;
    guest_copy(&full, sizeof full, stream);
    return full.name && strcmp(full.name, name) == 0;
}

static const struct omni_stream *find_stream(const struct guest *g, const char *name)
{
    /* The newest: discover() may run again for another account. */
    for (size_t i = g->n_found; i > 0; i--)
        if (is_called(g->found[i - 1], name))
            return g->found[i - 1];
    for (const struct omni_stream *const *s = g->source.streams; s && *s; s++)
        if (is_called(*s, name))
            return *s;
    return NULL;
}

static omni_status with_request(struct guest *g, enum guest_call call,
                                const struct omni_request *request, struct err *err)
{
    struct omni_request own = *request;
    own.stream = find_stream(g, request->stream->name);
    if (!own.stream)
        return err_set(err, OMNI_E_CONFIG, "the plugin has no stream \"%s\"",
                       request->stream->name);
    if (call == GUEST_PULL)
        return checked(err, "pull", g->source.pull(g->self, &g->run, &own));
    return checked(err, "total", g->source.total(g->self, &g->run, &own));
}

omni_status guest_call(struct guest *g, enum guest_call call, const struct omni_request *request,
                       struct err *err)
{
    const struct omni_source *s = &g->source;
    const bool offered[] = {[GUEST_CHECK] = s->check != NULL,
                            [GUEST_ACCOUNTS] = s->accounts != NULL,
                            [GUEST_DISCOVER] = s->discover != NULL,
                            [GUEST_PULL] = s->pull != NULL,
                            [GUEST_TOTAL] = s->total != NULL};
    if (!g->is_open)
        return err_set(err, OMNI_E_BUG, "the source is not open");
    if (!offered[call])
        return err_set(err, OMNI_E_UNSUPPORTED, "the plugin does not offer that");
    switch (call) {
    case GUEST_CHECK:
        return checked(err, "check", s->check(g->self, &g->run));
    case GUEST_ACCOUNTS:
        return checked(err, "accounts", s->accounts(g->self, &g->run));
    case GUEST_DISCOVER:
        return checked(err, "discover", s->discover(g->self, &g->run));
    default:
        return with_request(g, call, request, err);
    }
}

omni_status guest_judge(struct guest *g, const struct omni_http *http, uint32_t *wait_ms)
{
    *wait_ms = 0;
    /* Requests that open() itself makes are judged by HTTP status: there is no self yet. */
    if (!g->is_open || !g->source.judge || g->in_judge)
        return OMNI_E_UNSUPPORTED;
    g->in_judge = true;
    omni_status status = g->source.judge(g->self, &g->run, http, wait_ms);
    g->in_judge = false;
    if (*wait_ms > MAX_WAIT_MS)
        *wait_ms = MAX_WAIT_MS;
    return checked(NULL, "judge", status);
}
