/* SPDX-License-Identifier: Apache-2.0
 * The verb pull: every stream of one connector and account, window by window. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "run/job_ending.h"
#include "run/job_habit.h"
#include "run/job_quota.h"
#include "run/job_settle.h"
#include "run/job_window.h"
#include "run/spec.h"
#include "store/totals.h"

#define LAST_DAY "hub.window_to"

enum { PULL_REJECT_MAX = 10000 };

/* ---- which streams ---- */

static bool is_wanted(const struct job *job, const struct omni_stream *stream)
{
    const json_t *wanted = json_object_get(job->spec, "streams");
    size_t i;
    const json_t *name;
    if (job->is_backfill && stream->sync != OMNI_WINDOW)
        return false; /* lists and changes have no days to go back to */
    if (!json_is_array(wanted))
        return true;
    json_array_foreach(wanted, i, name)
    {
        if (json_is_string(name) && strcmp(json_string_value(name), stream->name) == 0)
            return true;
    }
    return false;
}

size_t job_streams(const struct job *job, bool only_wanted, const struct omni_stream **out,
                   size_t max)
{
    size_t n = 0;
    const struct omni_stream *const *all = job->source->streams;
    for (; all && *all && n < max; all++)
        if (!only_wanted || is_wanted(job, *all))
            out[n++] = *all;
    for (size_t i = 0; i < job->n_found && n < max; i++)
        if (!only_wanted || is_wanted(job, job->found[i]))
            out[n++] = job->found[i];
    return n;
}

static omni_status no_stream(const struct job *job, struct err *err)
{
    if (job->is_backfill)
        return err_set(err, OMNI_E_CONFIG,
                       "none of the streams asked for is pulled by days: there is no history of "
                       "them to ask for");
    auto_buf names = BUF_INIT(ERR_TEXT);
    const struct omni_stream *const *all = job->source->streams;
    for (; all && *all; all++)
        buf_printf(&names, "%s%s", names.len ? ", " : "", (*all)->name);
    for (size_t i = 0; i < job->n_found; i++)
        buf_printf(&names, "%s%s", names.len ? ", " : "", job->found[i]->name);
    return err_set(err, OMNI_E_CONFIG, "source %s has none of the streams asked for; it has %s",
                   job->source->name, names.len ? buf_text(&names) : "none");
}

/* ---- facts of the account ---- */

omni_status job_learn_account(struct job *job, const char *currency, const char *zone)
{
    struct err err = {0};
    if (currency && (!job->currency || strcmp(currency, job->currency) != 0)) {
        free(job->currency);
        job->currency = xstrdup(currency);
    }
    if (zone && (!job->zone_name || strcmp(zone, job->zone_name) != 0)) {
        struct zone *opened = zone_open(zone, &err);
        if (!opened) {
            log_warn("the account's time zone is not known here: %s", err.text);
        } else {
            zone_free(job->zone);
            job->zone = opened;
            free(job->zone_name);
            job->zone_name = xstrdup(zone);
        }
    }
    for (uint32_t i = 0; job->pipeline && i < job->pipeline->n; i++)
        normalizer_set_account(job->pipeline->normalizers[i], job->currency, job_zone(job));
    return OMNI_OK;
}

/* The zone that the stream itself names for its days; NULL: the account's. */
static const char *own_zone(const struct omni_stream *stream)
{
    const char *zone = stream->day_zone;
    return zone && *zone && strcmp(zone, "account") != 0 ? zone : NULL;
}

/* What earlier runs learned, so that the first window already knows it. */
static omni_status recall_account(struct job *job, int64_t feed, struct err *err)
{
    auto_free char *zone = NULL, *currency = NULL;
    omni_status status = store_feed_account(job->store, feed, &zone, &currency, err);
    if (status != OMNI_OK)
        return status;
    job->window->currency_before = currency ? xstrdup(currency) : NULL;
    return job_learn_account(job, job->currency ? NULL : currency, job->zone ? NULL : zone);
}

/* ---- one stream ---- */

static omni_status stream_feeds(struct job *job, struct window *w, struct err *err)
{
    const struct omni_stream *const *part = w->stream->parts;
    const struct omni_stream *stream = w->stream;
    const char *hub_zone = json_text(job->spec, "timezone");
    for (size_t i = 0; stream && i < PIPELINE_STREAMS; i++) {
        struct store_feed feed = {.connector = job->connector,
                                  .source = job->source->name,
                                  .stream = stream->name,
                                  .account = job->account,
                                  .dataset = stream->dataset,
                                  .zone = job->zone_name,
                                  .currency = job->currency,
                                  .day_zone = own_zone(stream),
                                  .hub_zone = hub_zone ? hub_zone : "UTC",
                                  .settle_days = w->stream->settle_days};
        w->feeds[i] = store_feed(job->store, &feed, err);
        if (!w->feeds[i])
            return err->status;
        stream = part ? *part++ : NULL;
    }
    return OMNI_OK;
}

omni_status job_open_pipeline(struct job *job, const struct omni_stream *stream, struct err *err)
{
    struct pipeline_spec spec = {.schema = job->schema,
                                 .stream = stream,
                                 /* Beside the store, where there is room for the rows anyway; a dry
                                    run leaves no trace there. */
                                 .spool_dir =
                                     job->store ? json_text(job->spec, "state_dir") : P_tmpdir,
                                 .reject_max = json_int(job->spec, "reject_max", PULL_REJECT_MAX),
                                 .context = {.account = job->account,
                                             .currency = job->currency,
                                             .zone = job_zone(job),
                                             .channels = job->channels,
                                             .connector = job->connector,
                                             .plugin = job->source->name,
                                             .from_day = 1,
                                             .to_day = 0,
                                             .extra = json_text(job->spec, "extra")}};
    job->pipeline = pipeline_new(&spec, err);
    return job->pipeline ? OMNI_OK : err->status;
}

static omni_status stream_begin_run(struct job *job, struct window *w, struct err *err)
{
    struct store_run run = {.kind = job->is_backfill ? "backfill" : "pull",
                            .connector = job->connector,
                            .stream = w->stream->name,
                            .account = job->account,
                            .batch = json_text(job->spec, "batch"),
                            .plugin_version = plugin_module(job->plugin)->version};
    w->run = store_run_begin(job->store, &run, err);
    return w->run ? OMNI_OK : err->status;
}

/* Where the last pull ended; a stream of changed records may be told to begin elsewhere, or anew.
 */
static char *cursor_of(struct job *job)
{
    bool is_cursor = job->window->stream->sync == OMNI_CURSOR;
    const char *found = is_cursor ? json_text(job->spec, "cursor") : NULL;
    bool starts_over = is_cursor && json_text(job->spec, "from");
    if (!found && job->store && !starts_over)
        found = window_state_get(job, "cursor");
    return found ? xstrdup(found) : NULL;
}

/* Called once per window; a window that the platform finds too much is halved until it fits or is
 * one day. */
static omni_status pull_days(struct job *job, struct plan_range days, struct err *err)
{
    struct window *w = job->window;
    window_clear(job);
    bool is_window = w->stream->sync == OMNI_WINDOW, is_cursor = w->stream->sync == OMNI_CURSOR;
    w->days = is_window ? days : (struct plan_range){1, 0};
    for (uint32_t i = 0; i < job->pipeline->n; i++)
        normalizer_set_window(job->pipeline->normalizers[i], w->days.from, w->days.to);
    auto_free char *cursor = cursor_of(job);
    struct omni_request request = {.size = sizeof request,
                                   .from_day = is_window || (is_cursor && !cursor) ? days.from : 0,
                                   .to_day = is_window ? days.to : 0,
                                   .stream = w->stream,
                                   .cursor = cursor,
                                   .account = job->account};
    job_failure_clear(job);
    job->denied = job->spoilt = *err = (struct err){0};
    omni_status status = job_failed(job, plugin_pull(job->plugin, &request, err), err);
    if (status == OMNI_OK && job->denied.status != OMNI_OK)
        status = err_set(err, job->denied.status, "%s", job->denied.text);
    if (status == OMNI_OK)
        status = window_is_whole(job, err);
    if (status == OMNI_OK && job_is_cancelled())
        status = err_set(err, OMNI_E_CANCELLED, "stopped before the window was whole");
    return status;
}

static omni_status pull_window(struct job *job, const struct plan_input *plan,
                               struct plan_range days, struct err *err)
{
    struct window *w = job->window;
    omni_status status = pull_days(job, days, err);
    if (status == OMNI_E_TOO_MUCH && w->stream->sync == OMNI_WINDOW && days.from < days.to) {
        int32_t middle = days.from + (days.to - days.from) / 2;
        log_info("too much for one request, the window is halved: %s", err->text);
        w->windows_total++;
        status = pull_window(job, plan, (struct plan_range){days.from, middle}, err);
        return status == OMNI_OK
                   ? pull_window(job, plan, (struct plan_range){middle + 1, days.to}, err)
                   : status;
    }
    if (status != OMNI_OK)
        return status;
    if (w->stream->sync == OMNI_WINDOW) {
        struct plan_input so_far = *plan;
        so_far.has_last = w->has_last;
        so_far.last_to = w->last_to;
        w->last_to = plan_new_last(&so_far, days);
        w->has_last = true;
        char day[DAY_TEXT];
        if (!job->is_backfill)
            status = window_state_put(job, LAST_DAY, day_print(w->last_to, day), err);
    }
    return status == OMNI_OK ? window_store(job, err) : status;
}

static omni_status pull_windows(struct job *job, const struct plan_input *plan, struct err *err)
{
    struct window *w = job->window;
    struct plan_range range = job->is_backfill ? plan_backfill(plan) : plan_days(plan);
    w->asked = range;
    w->has_last = plan->has_last;
    w->last_to = plan->last_to;
    for (int32_t from = range.from; from <= range.to; w->windows_total++)
        from = plan_window_end(w->stream, from, range.to) + 1;
    if (job->store && w->windows_total > 1) {
        if (!job->worker)
            job->worker = worker_new();
        if (!(w->storer = storer_new(job->store, job->pipeline, job->worker, err)))
            return err->status;
    }
    for (int32_t from = range.from; from <= range.to;) {
        struct plan_range days = {from, plan_window_end(w->stream, from, range.to)};
        omni_status status = pull_window(job, plan, days, err);
        if (status != OMNI_OK)
            return status;
        from = days.to + 1;
    }
    return OMNI_OK;
}

/* How far earlier pulls came. Beginning anew in silence would hide that the state was damaged, and
 * a day in the future (a clock that was wrong) would leave out the days until then. */
static omni_status plan_last(struct job *job, struct plan_input *plan, struct err *err)
{
    enum { ZONES_APART_DAYS = 2 };
    const char *last = window_state_regular(job, LAST_DAY);
    plan->has_last = last && day_parse_iso(last, strlen(last), &plan->last_to);
    if (!last || (plan->has_last && plan->last_to <= job->today + ZONES_APART_DAYS))
        return OMNI_OK;
    return err_set(err, OMNI_E_CONFIG,
                   "the stored state " LAST_DAY " is \"%.40s\", which is %s; look at it with "
                   "`omnihub state show %s`, forget it with `omnihub state reset %s`",
                   last,
                   plan->has_last ? "in the future: is this machine's clock right?" : "no day",
                   job->connector, job->connector);
}

static omni_status plan_of(struct job *job, struct plan_input *plan, struct err *err)
{
    if (plan_last(job, plan, err) != OMNI_OK)
        return err->status;
    const char *start = json_text(job->spec, "start");
    const struct {
        const char *text, *name;
        int32_t *day;
        bool *has;
    } given[] = {{start ? start : "-30d", "start", &plan->start, NULL},
                 {json_text(job->spec, "from"), "from", &plan->from, &plan->has_from},
                 {json_text(job->spec, "to"), "to", &plan->to, &plan->has_to}};
    for (size_t i = 0; i < ARRAY_LEN(given); i++) {
        if (!given[i].text)
            continue;
        if (!day_parse_arg(given[i].text, job->today, given[i].day))
            return err_set(err, OMNI_E_CONFIG, "%s: \"%s\" is not a day", given[i].name,
                           given[i].text);
        if (given[i].has)
            *given[i].has = true;
    }
    plan->reread = (int32_t)plan->stream->settle_days;
    return plan->stream->sync == OMNI_WINDOW ? settle_plan(job, plan, err) : OMNI_OK;
}

/* A part that lost rows may have lain on others: these are read again at once, each pass the ones
 * that the last one bared. What changes faster than that is left to the next pull. */
static omni_status pull_parts(struct job *job, struct plan_range days, struct err *err)
{
    enum { PASSES = 4 };
    struct window *w = job->window;
    for (int pass = 0; pass < PASSES; pass++) {
        uint64_t before = w->result.forgotten;
        window_end_parts(job);
        omni_status status = pull_days(job, days, err);
        if (status == OMNI_OK && w->is_part_open)
            status = window_store(job, err);
        if (status != OMNI_OK || w->result.forgotten == before)
            return status;
    }
    return OMNI_OK;
}

static omni_status pull_stream_days(struct job *job, struct err *err)
{
    struct window *w = job->window;
    if (w->stream->sync != OMNI_WINDOW) {
        w->windows_total = 1;
        struct plan_input plan = {.stream = w->stream, .today = job->today};
        omni_status status = plan_of(job, &plan, err);
        struct plan_range days = {plan.has_from ? plan.from : plan.start, plan.today};
        if (status != OMNI_OK || w->stream->sync == OMNI_PARTS)
            return status == OMNI_OK ? pull_parts(job, days, err) : status;
        status = pull_days(job, days, err);
        return status == OMNI_OK ? window_store(job, err) : status;
    }
    struct plan_input plan = {.stream = w->stream, .today = job->today};
    omni_status status = plan_of(job, &plan, err);
    return status == OMNI_OK ? pull_windows(job, &plan, err) : status;
}

/* What the window was refused for: the beginning of a reply, or the first lines of a file that may
 * come again with each run. Nothing is lost where it cannot be written: the message says what was
 * wrong. */
static void write_bad_input(struct job *job, const struct window *w)
{
    enum { LINES = 20 };
    struct err err = {0};
    const struct store_reject reject = {w->bad.url, w->bad.reason, w->bad.head,
                                        w->bad.head ? strlen(w->bad.head) : 0};
    if (!w->run)
        return;
    if ((w->bad.head && store_reject_add(job->store, w->run, &reject, &err) != OMNI_OK) ||
        (job->pipeline && window_keep_rejects(job, LINES, &err) != OMNI_OK))
        log_warn("what could not be read cannot be kept: %s", err.text);
}

/* By host and status; *n; free(). Texts are borrowed from the client. */
static struct store_asked *asked_of(const struct job *job, size_t *n)
{
    const struct http_asked *all = job->http ? http_asked(job->http, n) : NULL;
    struct store_asked *out = xcalloc(*n + 1, sizeof *out);
    for (size_t i = 0; i < *n; i++)
        out[i] = (struct store_asked){all[i].host, all[i].status, all[i].requests};
    return out;
}

static void finish_run(struct job *job, const struct window *w, omni_status status,
                       const struct err *err)
{
    struct http_counts now = {0};
    if (job->http)
        now = http_counts(job->http);
    const struct outcome *o = window_outcome(job, w, status);
    const char *text = status == OMNI_OK ? w->note : job_words(job, status, err->text);
    struct store_run_end end = {.outcome = o->outcome,
                                .reason = window_reason(o, status),
                                .message = *text ? text : NULL,
                                .remedy = job_remedy(job, o),
                                .requests = now.requests - w->http_before.requests,
                                .retries = now.retries - w->http_before.retries,
                                .bytes = now.bytes - w->http_before.bytes,
                                .rejected = w->rejected};
    if (status != OMNI_OK && job->plugin)
        end.signal = plugin_signal(job->plugin);
    auto_free struct store_asked *asked = asked_of(job, &end.n_asked);
    end.asked = asked;
    job_finish_run(job, w->run, &end);
}

static void begin_counting(struct job *job, struct window *w)
{
    if (!job->http)
        return;
    w->http_before = http_counts(job->http);
    http_asked_forget(job->http);
}

static omni_status pull_stream(struct job *job, const struct omni_stream *stream, struct err *err)
{
    struct window w = {.stream = stream,
                       .pending = json_object(),
                       .accept_empty = json_flag(job->spec, "accept_empty")};
    begin_counting(job, &w);
    job->window = &w;
    omni_status status = job->store ? stream_feeds(job, &w, err) : OMNI_OK;
    if (status == OMNI_OK && job->store)
        status = recall_account(job, w.feeds[0], err);
    if (status == OMNI_OK && job->store)
        status = stream_begin_run(job, &w, err);
    if (status == OMNI_OK)
        status = job_open_pipeline(job, stream, err);
    if (status == OMNI_OK)
        status = pull_stream_days(job, err);
    struct err late = {0}; /* of the window before the one that failed */
    if (window_settle(job, &late) != OMNI_OK) {
        *err = late;
        status = late.status;
    }
    if (job->store && status == OMNI_OK)
        status = stream_feeds(job, &w, err); /* what was learned on the way */
    if (status == OMNI_OK)
        status = settle_after(job, err);
    if (status == OMNI_OK)
        status = habit_after(job, err);
    if (job->store && status == OMNI_E_DATA)
        write_bad_input(job, &w);
    if (job->store)
        finish_run(job, &w, status, err);
    job_emit_result(job, &w, status, err);
    storer_free(w.storer);
    pipeline_free(mem_take(job->pipeline));
    job->window = NULL;
    json_decref(w.pending);
    free(w.part);
    free(w.currency_before);
    window_free_bad(&w);
    free(w.got);
    return status;
}

/* ---- the verb ---- */

/* A login that is refused, a plugin that is gone and an order to stop concern every stream;
 * anything else only its own. */
static bool ends_all(const struct job *job, omni_status status)
{
    return status == OMNI_E_AUTH || status == OMNI_E_CANCELLED ||
           plugin_end(job->plugin) != PLUGIN_FINE;
}

static omni_status pull_prepare(struct job *job, struct err *err)
{
    omni_status status = job_open_store(job, err);
    if (status == OMNI_OK)
        status = job_open_source(job, err);
    if (status != OMNI_OK)
        return status;
    job_failure_clear(job);
    status = plugin_discover(job->plugin, err);
    return status == OMNI_E_UNSUPPORTED ? OMNI_OK : job_failed(job, status, err);
}

/* Before any stream could begin: the ledger has to say so all the same. */
static void pull_failed_early(struct job *job, omni_status status, const struct err *err)
{
    struct window none = {.stream = &(const struct omni_stream){.name = ""}};
    struct err ignored = {0};
    if (!job->is_dry_run) {
        struct store_run run = {.kind = job->is_backfill ? "backfill" : "pull",
                                .connector = job->connector,
                                .stream = "",
                                .account = job->account ? job->account : "",
                                .batch = json_text(job->spec, "batch")};
        none.run = job->store ? store_run_begin(job->store, &run, &ignored) : 0;
        finish_run(job, &none, status, err);
    }
    job_emit_plain(job, status, err, NULL);
}

int job_pull(struct job *job)
{
    struct err err = {0};
    omni_status status = pull_prepare(job, &err);
    const struct omni_stream *streams[ARRAY_LEN(job->found)] = {0};
    size_t n = status == OMNI_OK ? job_streams(job, true, streams, ARRAY_LEN(streams)) : 0;
    if (status == OMNI_OK && n == 0)
        status = no_stream(job, &err);
    if (status != OMNI_OK) {
        pull_failed_early(job, status, &err);
        job_tell_ending(job);
        job_quota_settle(job);
        return 1;
    }
    bool all_fine = true;
    for (size_t i = 0; i < n; i++) {
        err = (struct err){0};
        status = pull_stream(job, streams[i], &err);
        all_fine = all_fine && status == OMNI_OK;
        if (status != OMNI_OK)
            log_error("stream %s: %s", streams[i]->name, err.text);
        if (status != OMNI_OK && ends_all(job, status))
            break;
    }
    job_tell_ending(job);
    job_quota_settle(job);
    status = job->http ? http_finish(job->http, &err) : OMNI_OK;
    if (status != OMNI_OK) { /* the rows are stored, but what was asked for is not there */
        log_error("%s", err.text);
        job_emit_plain(job, status, &err, NULL);
        all_fine = false;
    }
    return all_fine ? 0 : 1;
}
