/* SPDX-License-Identifier: Apache-2.0
 * The window (or part) being pulled: its rows wait in the pipeline, its state beside them; both are
 * stored together. */
#include <config.h>

#include "run/job_window.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/exact.h"
#include "base/json.h"
#include "base/log.h"
#include "store/totals.h"

enum { PENDING_MAX = 1000 }; /* values of up to 64 KiB that wait in memory */

/* ---- state ---- */

static omni_status no_window(struct err *err)
{
    return err_set(err, OMNI_E_BUG, "state can only be kept inside pull()");
}

/* A backfill remembers under names of its own: cursors and reports of the regular pulls are theirs.
 */
static const char *own_key(struct job *job, const char *key)
{
    return job->is_backfill ? arena_printf(job->arena, "backfill.%s", key) : key;
}

omni_status window_state_put(struct job *job, const char *key, const char *value, struct err *err)
{
    if (!job->window)
        return no_window(err);
    json_t *pending = job->window->pending;
    key = own_key(job, key);
    if (json_object_size(pending) >= PENDING_MAX && !json_object_get(pending, key))
        return err_set(err, OMNI_E_BUG, "more than %d values are remembered with one window",
                       PENDING_MAX);
    json_object_set_new(pending, key, json_string(value));
    return OMNI_OK;
}

omni_status window_state_remember(struct job *job, const char *key, const char *value,
                                  struct err *err)
{
    struct window *w = job->window;
    if (!w)
        return no_window(err);
    if (w->is_part_open || !job->store)
        return window_state_put(job, key, value, err);
    key = own_key(job, key);
    if (window_settle(job, err) != OMNI_OK) /* two writers would wait for each other */
        return err->status;
    return store_state_put(job->store, w->feeds[0], key, value, err);
}

const char *window_state_regular(struct job *job, const char *key)
{
    struct window *w = job->window;
    if (!w)
        return NULL;
    free(mem_take(w->got));
    const char *pending = json_text(w->pending, key);
    if (!pending)
        pending = storer_state(w->storer, key);
    struct err err = {0};
    if (pending)
        w->got = xstrdup(pending);
    else if (job->store)
        w->got = store_state_get(job->store, w->feeds[0], key, &err);
    if (err.text[0])
        log_error("state %s: %s", key, err.text);
    return w->got && *w->got ? w->got : NULL;
}

const char *window_state_get(struct job *job, const char *key)
{
    return window_state_regular(job, own_key(job, key));
}

/* ---- what could not be read ---- */

void window_free_bad(struct window *w)
{
    free(w->bad.url);
    free(w->bad.reason);
    free(w->bad.head);
    w->bad = (struct bad_reply){0};
}

void window_keep_bad(struct window *w, const char *url, const char *reason, const char *head,
                     size_t n)
{
    window_free_bad(w);
    w->bad = (struct bad_reply){xstrdup(url), xstrdup(reason), xstrndup(head, n)};
}

/* ---- storing ---- */

void window_clear(struct job *job)
{
    pipeline_clear(job->pipeline);
    json_object_clear(job->window->pending);
    if (job->totals)
        json_object_clear(job->totals);
}

static void store_windows(const struct job *job, struct store_window *windows)
{
    const struct window *w = job->window;
    const struct pipeline *in = job->pipeline;
    for (uint32_t i = 0; i < in->n; i++)
        windows[i] =
            (struct store_window){.feed = w->feeds[i],
                                  .run = w->run,
                                  .dataset = in->datasets[i],
                                  .sync = in->streams[0]->sync,
                                  .from_day = w->days.from,
                                  .to_day = w->days.to,
                                  .part = w->part,
                                  .part_changed = w->part_changed,
                                  .quality = in->quality,
                                  .history_from = plan_history_from(in->streams[0], job->today)};
}

omni_status window_keep_rejects(struct job *job, size_t max, struct err *err)
{
    const struct pipeline *in = job->pipeline;
    omni_status status = OMNI_OK;
    for (size_t i = 0; i < in->n_rejects && i < max && status == OMNI_OK; i++) {
        const struct pipeline_reject *r = &in->rejects[i];
        struct store_reject reject = {r->where, r->reason, r->raw, r->raw_len};
        status = store_reject_add(job->store, job->window->run, &reject, err);
    }
    return status;
}

static omni_status put_aside(struct job *job, struct err *err)
{
    const struct pipeline *in = job->pipeline;
    for (size_t i = 0; i < in->n_rejects; i++)
        log_warn("%s: %s; the line was put aside", in->rejects[i].where, in->rejects[i].reason);
    return window_keep_rejects(job, in->n_rejects, err);
}

void window_doubt(struct window *w, const char *reason, const char *note)
{
    if (w->doubt)
        return;
    snprintf(w->note, sizeof w->note, "%s", note);
    w->doubt = reason;
}

/* No rows where there were rows is more often a broken pull than the truth: the old rows stay until
 * a person says otherwise. */
static bool is_doubtful_empty(struct job *job, const struct store_window *window, struct err *err)
{
    uint64_t there = 0;
    if (job->window->accept_empty || pipeline_rows(job->pipeline) > 0 ||
        window->sync == OMNI_CURSOR)
        return false;
    if (store_window_rows(job->store, window, &there, err) != OMNI_OK || there == 0)
        return false;
    char from[DAY_TEXT], to[DAY_TEXT];
    auto_free char *note =
        window->sync == OMNI_WINDOW
            ? xasprintf("the platform sent no rows for %s … %s, where %" PRIu64 " rows are "
                        "stored; they were kept",
                        day_print(window->from_day, from), day_print(window->to_day, to), there)
            : xasprintf("no rows came%s%s, where %" PRIu64 " rows are stored; they were kept",
                        window->part ? " from " : "", window->part ? window->part : "", there);
    log_warn("%s", note);
    window_doubt(job->window, "empty", note);
    return true;
}

/* The platform's own totals against what is stored now. */
static omni_status reconcile(struct job *job, const struct store_window *window, struct err *err)
{
    const char *column;
    json_t *value;
    json_object_foreach(job->totals, column, value)
    {
        int64_t stored = 0, sent = json_integer_value(value);
        omni_status status = store_window_sum(job->store, window, column, &stored, err);
        if (status != OMNI_OK)
            return status;
        if (stored == sent)
            continue;
        char a[EXACT_TEXT], b[EXACT_TEXT];
        auto_free char *note =
            xasprintf("the platform's total of %s is %s, the stored rows add up to %s", column,
                      exact_print(sent, a), exact_print(stored, b));
        log_warn("%s", note);
        window_doubt(job->window, "totals", note);
    }
    return OMNI_OK;
}

static omni_status window_ask_totals(struct job *job, struct err *err)
{
    struct omni_request request = {.size = sizeof request,
                                   .stream = job->window->stream,
                                   .from_day = job->window->days.from,
                                   .to_day = job->window->days.to,
                                   .account = job->account};
    job_failure_clear(job);
    job->is_in_total = true;
    omni_status status = plugin_total(job->plugin, &request, err);
    job->is_in_total = false;
    return status == OMNI_E_UNSUPPORTED ? OMNI_OK : job_failed(job, status, err);
}

/* ---- storing beside the pulling ---- */

static void line_begin(struct job *job)
{
    struct window *w = job->window;
    char from[DAY_TEXT], to[DAY_TEXT];
    w->line.records = job->pipeline->records;
    w->line.what =
        w->stream->sync == OMNI_WINDOW
            ? xasprintf("%s … %s", day_print(w->days.from, from), day_print(w->days.to, to))
            : xstrdup(w->part ? w->part : "the whole list");
}

/* What -v shows of each window; r: what storing it did, NULL: it failed. */
static void line_end(struct window *w, const struct store_result *r)
{
    auto_free char *what = mem_take(w->line.what);
    if (what && r)
        log_info("%s: %s rows=%" PRIu64 " inserted=%" PRIu64 " changed=%" PRIu64
                 " unchanged=%" PRIu64 " removed=%" PRIu64 " restated=%" PRIu64,
                 w->stream->name, what, w->line.records, r->inserted, r->changed, r->unchanged,
                 r->removed, r->restated);
}

omni_status window_settle(struct job *job, struct err *err)
{
    struct window *w = job->window;
    struct store_result result;
    if (!w->storer)
        return OMNI_OK;
    omni_status status = storer_wait(w->storer, &result, err);
    storer_add_result(&w->result, &result);
    line_end(w, status == OMNI_OK ? &result : NULL);
    return status;
}

/* Of a window that changes nothing; the one before it is told first. */
static omni_status tell_unstored(struct job *job, struct err *err)
{
    omni_status status = window_settle(job, err);
    line_begin(job);
    line_end(job->window, status == OMNI_OK ? &(struct store_result){0} : NULL);
    return status;
}

static omni_status emit_window(struct job *job, struct err *err)
{
    omni_status status = job_emit_rows(job, err);
    return status == OMNI_OK ? tell_unstored(job, err) : status;
}

static omni_status apply_now(struct job *job, struct store_window *windows, struct err *err)
{
    struct window *w = job->window;
    struct store_result results[PIPELINE_STREAMS] = {0}, sum = {0};
    struct arena *arena = arena_new();
    windows[0].state = storer_state_list(arena, w->pending);
    omni_status status =
        store_apply(job->store, windows, job->pipeline->spools, job->pipeline->n, results, err);
    arena_free(arena);
    for (uint32_t i = 0; status == OMNI_OK && i < job->pipeline->n; i++)
        storer_add_result(&sum, &results[i]);
    storer_add_result(&w->result, &sum);
    line_begin(job);
    line_end(w, status == OMNI_OK ? &sum : NULL);
    return status;
}

/* One window is stored while the next is pulled, never two at once. */
static omni_status apply_beside(struct job *job, const struct store_window *windows,
                                struct err *err)
{
    struct window *w = job->window;
    if (window_settle(job, err) != OMNI_OK)
        return err->status;
    omni_status status = storer_start(w->storer, windows, job->pipeline, w->pending, err);
    line_begin(job);
    bool is_needed = job->pipeline->n_rejects > 0 || json_object_size(job->totals) > 0;
    return status == OMNI_OK && is_needed ? window_settle(job, err) : status;
}

static omni_status window_apply(struct job *job, struct err *err)
{
    struct window *w = job->window;
    struct store_window windows[PIPELINE_STREAMS];
    store_windows(job, windows);
    if (is_doubtful_empty(job, &windows[0], err))
        return tell_unstored(job, err);
    omni_status status = w->storer ? apply_beside(job, windows, err) : apply_now(job, windows, err);
    if (status == OMNI_OK)
        status = put_aside(job, err);
    if (status == OMNI_OK && job->totals)
        status = reconcile(job, &windows[0], err);
    return status;
}

omni_status window_store(struct job *job, struct err *err)
{
    struct window *w = job->window;
    omni_status status = pipeline_finish(job->pipeline, err);
    if (status == OMNI_OK && job->currency)
        status = pipeline_fill_currency(job->pipeline, job->currency, err);
    /* In a dry run, too, where there is nothing to compare: a recording has to hold all of it. */
    if (status == OMNI_OK && w->stream->sync == OMNI_WINDOW)
        status = window_ask_totals(job, err);
    if (status == OMNI_OK)
        status = job->store ? window_apply(job, err) : emit_window(job, err);
    if (status != OMNI_OK)
        return status;
    w->windows++;
    w->records += job->pipeline->records;
    w->rejected += job->pipeline->rejected;
    /* Without a store the state of a dry run has nowhere to go but the next window. */
    if (job->store)
        json_object_clear(w->pending);
    pipeline_clear(job->pipeline);
    if (job->totals)
        json_object_clear(job->totals);
    job_progress(job, true);
    return OMNI_OK;
}

omni_status window_is_whole(const struct job *job, struct err *err)
{
    if (job->spoilt.status == OMNI_OK)
        return OMNI_OK;
    return err_set(err, job->spoilt.status, "%s; the plugin went on all the same",
                   job->spoilt.text);
}

void window_end_parts(struct job *job)
{
    struct window *w = job->window;
    free(mem_take(w->part));
    w->part_changed = 0;
    w->is_part_open = false;
}

omni_status window_begin_part(struct job *job, const char *name, struct err *err)
{
    struct window *w = job->window;
    if (!w)
        return no_window(err);
    if (w->stream->sync != OMNI_PARTS)
        return err_set(err, OMNI_E_BUG, "part() in stream %s, which is not OMNI_PARTS",
                       w->stream->name);
    omni_status status = window_is_whole(job, err);
    if (status == OMNI_OK && w->is_part_open)
        status = window_store(job, err);
    if (status != OMNI_OK)
        return status;
    window_end_parts(job);
    w->part = xstrdup(name);
    w->is_part_open = true;
    return status;
}

const struct outcome *window_outcome(const struct job *job, const struct window *w,
                                     omni_status status)
{
    if (status == OMNI_OK && w->doubt)
        return outcome_find("suspicious", w->doubt);
    return job_outcome(job, status);
}

const char *window_reason(const struct outcome *o, omni_status status)
{
    return o->reason || status == OMNI_OK ? o->reason : err_status_name(status);
}
