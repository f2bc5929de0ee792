/* SPDX-License-Identifier: Apache-2.0
 * What the job tells omnihub: progress, accounts, rows of a dry run, results. */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/day.h"
#include "base/exact.h"
#include "base/json.h"
#include "base/log.h"
#include "plugin/describe.h"
#include "run/job_quota.h"
#include "run/job_window.h"
#include "run/spec.h"

enum { PROGRESS_EVERY = 250000 }; /* micros */

static void json_put_count(json_t *object, const char *key, uint64_t n)
{
    json_put_int(object, key, (int64_t)n);
}

omni_status job_found_account(struct job *job, const struct job_account *a)
{
    json_t *event = json_pack("{s:s}", "event", "account");
    json_put_text(event, "id", a->id);
    json_put_text(event, "name", a->name);
    json_put_text(event, "currency", a->currency);
    json_put_text(event, "zone", a->zone);
    spec_event(job->events, event);
    if (!a->id || !job->account || strcmp(a->id, job->account) != 0) /* "" where there is none */
        return OMNI_OK;
    return job_learn_account(job, a->currency, a->zone);
}

/* A field that leaves its type to its column has the column's. */
static void put_types(json_t *stream, const struct schema *schema)
{
    size_t i;
    json_t *field, *part;
    const char *name = json_text(stream, "dataset"), *none = schema_type_name(OMNI_NULL);
    const struct schema_dataset *dataset = name ? schema_find(schema, name) : NULL;
    json_array_foreach(json_object_get(stream, "fields"), i, field)
    {
        const char *column = json_text(field, "column"), *type = json_text(field, "type");
        int at = dataset && column ? schema_column(dataset, column) : -1;
        if (at >= 0 && (!type || strcmp(type, none) == 0))
            json_put_text(field, "type", schema_type_name(dataset->columns[at].type));
    }
    json_array_foreach(json_object_get(stream, "parts"), i, part) put_types(part, schema);
}

void job_explain_stream(struct job *job, const struct omni_stream *stream)
{
    if (!json_flag(job->spec, "explain"))
        return;
    json_t *description = describe_stream(stream);
    put_types(description, job->schema);
    spec_event(job->events, json_pack("{s:s, s:o}", "event", "stream", "description", description));
}

void job_progress(struct job *job, bool now)
{
    const struct window *w = job->window;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    int64_t at = t.tv_sec * TIME_SECOND + t.tv_nsec / 1000;
    if (!w || (!now && at - job->last_progress < PROGRESS_EVERY))
        return;
    job->last_progress = at;
    json_t *event = json_pack("{s:s}", "event", "progress");
    json_put_text(event, "stream", w->stream->name);
    json_put_count(event, "rows", w->records + job->pipeline->records);
    json_put_count(event, "windows", w->windows);
    json_put_count(event, "windows_total", w->windows_total);
    spec_event(job->events, event);
}

/* ---- rows of a dry run ---- */

static json_t *cell_json(const struct omni_cell *cell)
{
    char text[TIME_TEXT];
    switch (cell->type) {
    case OMNI_BOOL:
        return json_boolean(cell->v.i);
    case OMNI_INT:
        return json_integer(cell->v.i);
    case OMNI_REAL:
        return json_real(cell->v.r);
    case OMNI_TEXT:
        return json_stringn(cell->v.s, cell->len);
    case OMNI_DATE:
        return json_string(day_print((int32_t)cell->v.i, text));
    case OMNI_TIME:
        return json_string(day_print_time(cell->v.i, text));
    case OMNI_MICROS:
        return json_string(exact_print(cell->v.i, text));
    default:
        return json_null();
    }
}

static omni_status emit_spool(struct job *job, uint32_t stream, struct err *err)
{
    const struct schema_dataset *dataset = job->pipeline->datasets[stream];
    const struct omni_cell *cells = NULL;
    omni_status status = spool_first(job->pipeline->spools[stream], err);
    while (status == OMNI_OK) {
        status = spool_next(job->pipeline->spools[stream], &cells, err);
        if (status != OMNI_OK || !cells)
            break;
        json_t *values = json_object();
        for (size_t i = 0; i < dataset->n_columns; i++)
            json_object_set_new(values, dataset->columns[i].name, cell_json(&cells[i]));
        json_object_set_new(values, "extra", cell_json(&cells[dataset->n_columns]));
        json_t *event = json_pack("{s:s, s:s, s:s, s:o}", "event", "row", "stream",
                                  job->pipeline->streams[stream]->name, "dataset", dataset->name,
                                  "values", values);
        if (job->account && *job->account)
            json_put_text(event, "account", job->account);
        spec_event(job->events, event);
    }
    return status;
}

omni_status job_emit_rows(struct job *job, struct err *err)
{
    omni_status status = OMNI_OK;
    for (uint32_t i = 0; i < job->pipeline->n && status == OMNI_OK; i++)
        status = emit_spool(job, i, err);
    for (size_t i = 0; i < job->pipeline->n_rejects; i++)
        log_warn("%s: %s", job->pipeline->rejects[i].where, job->pipeline->rejects[i].reason);
    return status;
}

/* ---- results ---- */

/* omnihub can write where a job cannot any more: no memory, no disk, a connection that is lost. */
void job_finish_run(struct job *job, int64_t run, const struct store_run_end *told)
{
    struct err err = {0};
    char text[ERR_TEXT];
    struct store_run_end end = *told;
    if (end.message) {
        snprintf(text, sizeof text, "%s", end.message);
        text[log_redact(text, strlen(text))] = '\0';
        end.message = text;
    }
    if (run && store_run_finish(job->store, run, &end, &err) == OMNI_OK)
        return;
    if (run)
        log_error("the run cannot be written to the ledger: %s", err.text);
    json_t *event = json_pack("{s:s}", "event", "unwritten");
    json_put_int(event, "id", run);
    json_put_text(event, "stream", job->window ? job->window->stream->name : NULL);
    json_put_text(event, "outcome", end.outcome);
    json_put_text(event, "reason", end.reason);
    json_put_text(event, "message", end.message);
    json_put_text(event, "remedy", end.remedy);
    json_put_int(event, "signal", end.signal);
    spec_event(job->events, event);
}

static void put_outcome(const struct job *job, json_t *event, const struct outcome *o,
                        omni_status status, const char *message)
{
    char text[ERR_TEXT];
    json_put_text(event, "outcome", o->outcome);
    json_put_text(event, "code", o->code);
    if (!o->remedy)
        return;
    snprintf(text, sizeof text, "%s", job_words(job, status, message));
    text[log_redact(text, strlen(text))] = '\0';
    json_put_text(event, "reason", window_reason(o, status));
    json_put_text(event, "message", text);
    json_put_text(event, "remedy", job_remedy(job, o));
    char until[TIME_TEXT];
    if (status == OMNI_E_THROTTLED)
        json_put_text(event, "until", job_quota_until(job, until));
}

static void put_counts(const struct job *job, json_t *event, const struct window *w)
{
    struct http_counts http = {0};
    if (job->http)
        http = http_counts(job->http);
    const struct {
        const char *name;
        uint64_t n;
    } counts[] = {{"windows", w->windows},
                  {"read", w->records},
                  {"rows", w->result.inserted + w->result.changed + w->result.unchanged},
                  {"rejected", w->rejected},
                  {"inserted", w->result.inserted},
                  {"changed", w->result.changed},
                  {"unchanged", w->result.unchanged},
                  {"removed", w->result.removed},
                  {"restated", w->result.restated},
                  {"requests", http.requests - w->http_before.requests},
                  {"retries", http.retries - w->http_before.retries},
                  {"bytes", http.bytes - w->http_before.bytes}};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        json_put_count(event, counts[i].name, counts[i].n);
}

void job_emit_result(struct job *job, const struct window *w, omni_status status,
                     const struct err *err)
{
    char day[DAY_TEXT];
    json_t *event = json_pack("{s:s}", "event", "result");
    json_put_text(event, "stream", w->stream->name);
    json_put_text(event, "account", job->account);
    put_outcome(job, event, window_outcome(job, w, status), status,
                status == OMNI_OK ? w->note : err->text);
    if (w->stream->sync == OMNI_WINDOW) {
        json_put_text(event, "from", day_print(w->asked.from, day));
        json_put_text(event, "to", day_print(w->asked.to, day));
    }
    put_counts(job, event, w);
    if (job->failure.option[0])
        json_object_set_new(event, "detail", json_pack("{s:s}", "option", job->failure.option));
    spec_event(job->events, event);
}

void job_emit_plain(struct job *job, omni_status status, const struct err *err, json_t *more_take)
{
    json_t *event = json_pack("{s:s}", "event", "result");
    put_outcome(job, event, job_outcome(job, status), status, err->text);
    if (job->account && *job->account)
        json_put_text(event, "account", job->account);
    if (job->failure.option[0])
        json_object_set_new(event, "detail", json_pack("{s:s}", "option", job->failure.option));
    if (more_take)
        json_object_update(event, more_take);
    json_decref(more_take);
    spec_event(job->events, event);
}

void job_emit_audit(struct job *job, const char *what, const char *text)
{
    char copy[ERR_TEXT];
    snprintf(copy, sizeof copy, "%s", text);
    copy[log_redact(copy, strlen(copy))] = '\0';
    spec_event(job->events,
               json_pack("{s:s, s:s, s:s}", "event", "audit", "what", what, "text", copy));
}
