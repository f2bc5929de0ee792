/* SPDX-License-Identifier: Apache-2.0
 * What the job does for the plugin: requests, rows, state. Every argument comes out of a sandbox
 * and is checked here. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "run/gunzip.h"
#include "run/job.h"
#include "run/job_files.h"
#include "run/job_window.h"
#include "run/spec.h"

enum {
    JOB_HEAD_MAX = 4096,   /* secrets that begin in what is kept end within this */
    BAD_REPLY_BYTES = 200, /* what is kept */
    JOB_REPLY_MAX = 64 * 1024 * 1024,
    JOB_STATE_VALUE_MAX = 64 * 1024,
    GUNZIP_RATIO = 200
};

/* ---- saying ---- */

static void service_log(void *ctx, int32_t level, const char *text)
{
    (void)ctx;
    log_line(level < OMNI_LOG_ERROR || level > OMNI_LOG_DEBUG ? LOG_INFO : (enum log_level)level,
             "%s", text);
}

static void service_fail(void *ctx, omni_status status, const char *text)
{
    struct job *job = ctx;
    job->failure.is_set = true;
    job->failure.status = status;
    snprintf(job->failure.text, sizeof job->failure.text, "%s", text);
}

static void service_fail_detail(void *ctx, const char *key, const char *value)
{
    struct job *job = ctx;
    if (strcmp(key, "option") == 0)
        snprintf(job->failure.option, sizeof job->failure.option, "%s", value);
    else
        log_info("%s=%s", key, value);
}

static bool service_cancelled(void *ctx)
{
    (void)ctx;
    return job_is_cancelled();
}

/* What went wrong in the hub on the plugin's behalf is kept as if the plugin had said it. */
static omni_status service_end(struct job *job, omni_status status, const struct err *err)
{
    if (status != OMNI_OK && !job->failure.is_set && err->text[0])
        service_fail(job, status, err->text);
    return status;
}

/* ---- requests ---- */

struct exchange {
    struct job *job;
    struct omni_http *http;
    bool wants_rows;
    bool is_good;         /* a reply began that is no refusal */
    bool is_judged;       /* what came last is the platform's or the plugin's word, and whole */
    struct gunzip gunzip; /* of a file that is served as it is: nothing says so but its bytes */
    struct buf head;      /* of the reply, as far as it is kept where it cannot be read */
};

/* Nothing at all is not "no rows", unless the platform says so with 204 No Content. */
static bool lacks_document(const struct exchange *x, const struct http_reply *reply)
{
    return x->wants_rows && x->http->format == OMNI_FORMAT_JSON && reply->status >= 200 &&
           reply->status < 300 && reply->status != 204 && reply->body_len == 0;
}

static omni_status exchange_judge(void *ctx, const struct http_reply *reply, uint32_t *wait_ms,
                                  struct err *err)
{
    struct exchange *x = ctx;
    struct omni_http seen = *x->http;
    seen.status = reply->status;
    seen.reply = reply->body;
    seen.reply_len = reply->body_len;
    seen.reply_headers = reply->headers;
    job_failure_clear(x->job);
    omni_status status = plugin_judge(x->job->plugin, &seen, wait_ms, err);
    if (status != OMNI_OK && status != OMNI_E_UNSUPPORTED && x->job->failure.is_set)
        err_set(err, status, "%s", x->job->failure.text);
    bool is_fine = status == OMNI_OK || status == OMNI_E_UNSUPPORTED;
    bool is_refusal = reply->status < 200 || reply->status >= 300;
    x->is_good |= !is_refusal;
    x->is_judged = !is_fine || is_refusal;
    return is_fine && lacks_document(x, reply)
               ? err_set(err, OMNI_E_DATA, "HTTP %d with an empty reply, where JSON was expected",
                         (int)reply->status)
               : status;
}

static omni_status exchange_begin(void *ctx, struct err *err)
{
    struct exchange *x = ctx;
    x->is_good = true;
    x->is_judged = false;
    gunzip_close(&x->gunzip);
    buf_clear(&x->head);
    return pipeline_rewind(x->job->pipeline, err);
}

static omni_status exchange_plain(void *ctx, const void *bytes, size_t n, struct err *err)
{
    struct exchange *x = ctx;
    size_t room = x->head.max - x->head.len;
    buf_add(&x->head, bytes, n < room ? n : room);
    omni_status status = pipeline_bytes(x->job->pipeline, bytes, n, err);
    if (status == OMNI_OK)
        job_progress(x->job, false);
    return status;
}

static omni_status exchange_bytes(void *ctx, const void *bytes, size_t n, struct err *err)
{
    struct exchange *x = ctx;
    return gunzip_feed(&x->gunzip, bytes, n, &(struct gunzip_out){x, exchange_plain}, err);
}

static omni_status exchange_envelope(void *ctx, const char **text, size_t *len, struct err *err)
{
    struct exchange *x = ctx;
    omni_status status = gunzip_finish(&x->gunzip, &(struct gunzip_out){x, exchange_plain}, err);
    if (status == OMNI_OK)
        status = pipeline_end(x->job->pipeline, err);
    *text = reader_envelope(x->job->pipeline->reader, len);
    return status;
}

static const char *format_name(uint32_t format)
{
    static const char *const names[] = {
        [OMNI_FORMAT_JSON] = "json", [OMNI_FORMAT_NDJSON] = "ndjson", [OMNI_FORMAT_CSV] = "csv"};
    return format < ARRAY_LEN(names) ? names[format] : NULL;
}

/* `pull --explain`: each request beside the rows that came of it. */
static void explain(const struct exchange *x, const char *method, uint64_t rows_before)
{
    struct job *job = x->job;
    const struct omni_http *http = x->http;
    if (!json_flag(job->spec, "explain"))
        return;
    auto_free char *full = http_full_url(job->http, http->url ? http->url : "");
    auto_free char *url = http_scrubbed(job->http, full, strlen(full));
    auto_free char *body =
        http_scrubbed(job->http, http->body ? http->body : "", http->body ? http->body_len : 0);
    json_t *event = json_pack("{s:s, s:s}", "event", "request", "method", method ? method : "GET");
    json_put_text(event, "stream", job->window ? job->window->stream->name : NULL);
    json_put_text(event, "url", url);
    json_put_text(event, "body", *body ? body : NULL);
    json_put_int(event, "status", http->status);
    json_put_int(event, "rows", (int64_t)rows_before);
    if (x->wants_rows) {
        json_put_int(event, "records", (int64_t)reader_records(job->pipeline->reader));
        json_put_text(event, "format", format_name(http->format));
        json_put_text(event, "format_options", http->format_options);
    }
    if (job->is_in_total)
        json_put_flag(event, "total", true);
    if (http->flags & OMNI_HTTP_NO_LOGIN)
        json_put_flag(event, "no_login", true);
    spec_event(job->events, event);
}

/* Of the stream, in this window and those before. */
static uint64_t rows_so_far(const struct job *job)
{
    return job->window && job->pipeline ? job->window->records + job->pipeline->records : 0;
}

static omni_status exchange_send(struct exchange *x, struct http_calls *calls, struct err *err)
{
    struct omni_http *http = x->http;
    if (!x->job->http)
        return err_set(err, OMNI_E_CONFIG, "this source sends no requests, yet asked for %s",
                       http->url);
    struct http_request request = {.method = http->method,
                                   .url = http->url,
                                   .headers = http->headers,
                                   .body = http->body,
                                   .body_len = http->body_len,
                                   .flags = http->flags};
    struct http_reply reply = {0};
    uint64_t rows_before = rows_so_far(x->job);
    calls->ctx = x;
    calls->judge = exchange_judge;
    omni_status status = http_send(x->job->http, &request, calls, &reply, err);
    struct err why = {0};
    if (status == OMNI_E_CONFIG && http_check_url(x->job->http, http->url, &why) != OMNI_OK) {
        err_set(&x->job->denied, status, "%s", why.text);
        job_emit_audit(x->job, AUDIT_HOST_REFUSED, why.text);
    }
    http->status = reply.status;
    http->reply = reply.body ? reply.body : "";
    http->reply_len = reply.body_len;
    http->reply_headers = reply.headers;
    explain(x, http->method, rows_before);
    return status;
}

/* Nothing is asked for: what the plugin makes of its options has to do. */
static omni_status refuse_offline(struct job *job)
{
    struct err err = {0};
    job->has_asked = true;
    return service_end(job, err_set(&err, OMNI_E_UNSUPPORTED, "no request is sent here"), &err);
}

static omni_status service_http(void *ctx, struct omni_http *http)
{
    struct job *job = ctx;
    struct err err = {0};
    if (job->is_offline)
        return refuse_offline(job);
    struct exchange x = {.job = job, .http = http};
    struct http_calls calls = {0};
    job_failure_clear(job);
    if (job->files && job_files_is_url(http->url)) {
        buf_clear(&job->file_list);
        job->file_list.max = JOB_REPLY_MAX;
        omni_status status = job_files_list(job->files, http->url, &job->file_list, &err);
        http->status = status == OMNI_OK ? 200 : 404;
        http->reply = buf_text(&job->file_list);
        http->reply_len = job->file_list.len;
        return service_end(job, status, &err);
    }
    return service_end(job, exchange_send(&x, &calls, &err), &err);
}

static omni_status rows_of_file(struct exchange *x, struct err *err)
{
    struct job *job = x->job;
    job->pipeline->name = x->http->url + strlen("file:");
    x->is_good = true;
    int64_t changed = job_files_changed(job->files, x->http->url);
    if (changed > job->window->part_changed)
        job->window->part_changed = changed;
    omni_status status = job_files_read(job->files, x->http->url, x, exchange_plain, err);
    if (status == OMNI_OK) {
        status = pipeline_end(job->pipeline, err);
        if (status != OMNI_OK)
            err_prefix(err, "%s: ", job->pipeline->name);
    }
    size_t len = 0;
    x->http->status = status == OMNI_OK ? 200 : 500;
    x->http->reply = reader_envelope(job->pipeline->reader, &len);
    x->http->reply_len = len;
    return status;
}

/* Of a reply that could not be read: its beginning, for who has to find out why. */
static void keep_head(struct exchange *x, const struct err *why)
{
    struct window *w = x->job->window;
    if (!w || x->head.len == 0)
        return;
    const char *asked = x->http->url ? x->http->url : "";
    bool is_file = x->job->files && job_files_is_url(asked); /* then there may be no HTTP at all */
    auto_free char *url = is_file ? xstrdup(asked) : http_full_url(x->job->http, asked);
    log_redact(url, strlen(url));
    /* Taken out before it is cut: half a secret would not be found. */
    x->head.len = log_redact(x->head.data, x->head.len);
    window_keep_bad(w, url, why->text, x->head.data,
                    x->head.len < BAD_REPLY_BYTES ? x->head.len : BAD_REPLY_BYTES);
}

/* Rows are missing then. Whatever the plugin makes of it, what it pulls is not whole any more. */
static void spoil(struct job *job, omni_status status, const struct err *err)
{
    if (status != OMNI_OK && job->spoilt.status == OMNI_OK)
        err_set(&job->spoilt, status, "%s", err->text);
}

/* A reply was not read whole. To what the platform refuses, or the plugin itself calls an error, it
 * may have an answer. */
static bool is_unread(const struct exchange *x)
{
    return x->is_good && !x->is_judged;
}

static omni_status service_rows(void *ctx, struct omni_http *http, const char *records)
{
    struct job *job = ctx;
    struct err err = {0};
    struct exchange x = {
        .job = job, .http = http, .wants_rows = true, .gunzip.max_ratio = GUNZIP_RATIO};
    x.head = BUF_INIT(JOB_HEAD_MAX);
    struct http_calls calls = {
        .begin = exchange_begin, .body = exchange_bytes, .envelope = exchange_envelope};
    job_failure_clear(job);
    if (!job->pipeline)
        return service_end(job, err_set(&err, OMNI_E_BUG, "rows() was called outside of pull()"),
                           &err);
    omni_status status = pipeline_open(job->pipeline, http, records, &err);
    if (status != OMNI_OK)
        return service_end(job, status, &err);
    status = job->files && job_files_is_url(http->url) ? rows_of_file(&x, &err)
                                                       : exchange_send(&x, &calls, &err);
    gunzip_close(&x.gunzip);
    if (status == OMNI_E_DATA)
        keep_head(&x, &err);
    buf_free(&x.head);
    if (is_unread(&x))
        spoil(job, status, &err);
    http->records = reader_records(job->pipeline->reader);
    job->pipeline->name = NULL;
    if (status != OMNI_OK) {
        struct err ignored = {0};
        pipeline_rewind(job->pipeline, &ignored);
        http->records = 0;
    }
    job_progress(job, false);
    return service_end(job, status, &err);
}

/* ---- rows and what is said about them ---- */

static omni_status service_row(void *ctx, uint32_t part, const struct omni_cell *cells, uint32_t n)
{
    struct job *job = ctx;
    struct err err = {0};
    if (!job->pipeline)
        return service_end(job, err_set(&err, OMNI_E_BUG, "row() was called outside of pull()"),
                           &err);
    omni_status status = pipeline_row(job->pipeline, part, cells, n, &err);
    spoil(job, status, &err);
    return service_end(job, status, &err);
}

static omni_status service_quality(void *ctx, const char *flag)
{
    struct job *job = ctx;
    struct err err = {0};
    omni_status status = job->pipeline ? pipeline_add_quality(job->pipeline, flag, &err) : OMNI_OK;
    spoil(job, status, &err);
    return service_end(job, status, &err);
}

/* ---- state ---- */

static omni_status service_cursor(void *ctx, const char *text)
{
    struct job *job = ctx;
    struct err err = {0};
    return service_end(job, window_state_put(job, "cursor", text, &err), &err);
}

static const char *service_remember(void *ctx, const char *key, const char *value)
{
    struct job *job = ctx;
    struct err err = {0};
    auto_free char *name = xasprintf(STORE_PLUGIN_KEY "%s", key);
    if (value && strlen(value) > JOB_STATE_VALUE_MAX) {
        err_set(&err, OMNI_E_BUG, "remember(\"%s\") with more than %d bytes", key,
                JOB_STATE_VALUE_MAX);
        service_end(job, err.status, &err);
        return NULL;
    }
    if (value && window_state_remember(job, name, value, &err) != OMNI_OK) {
        service_end(job, err.status, &err);
        return NULL;
    }
    return window_state_get(job, name);
}

static omni_status service_part(void *ctx, const char *name)
{
    struct job *job = ctx;
    struct err err = {0};
    omni_status status = window_begin_part(job, name, &err);
    spoil(job, status, &err);
    return service_end(job, status, &err);
}

/* ---- what was found ---- */

static omni_status service_found_stream(void *ctx, const struct omni_stream *stream)
{
    struct job *job = ctx;
    struct err err = {0};
    if (job->n_found == ARRAY_LEN(job->found))
        return service_end(
            job, err_set(&err, OMNI_E_CONFIG, "more than %zu streams", ARRAY_LEN(job->found)),
            &err);
    job->found[job->n_found++] = stream;
    job_explain_stream(job, stream);
    return OMNI_OK;
}

static omni_status service_found_account(void *ctx, const char *id, const char *name,
                                         const char *currency, const char *zone)
{
    return job_found_account(ctx, &(struct job_account){id, name, currency, zone});
}

static omni_status service_found_total(void *ctx, const char *column, int64_t micros)
{
    struct job *job = ctx;
    if (!job->totals)
        job->totals = json_object();
    json_put_int(job->totals, column, micros);
    return OMNI_OK;
}

void job_services_init(struct job *job)
{
    job->services = (struct plugin_services){.ctx = job,
                                             .log = service_log,
                                             .fail = service_fail,
                                             .fail_detail = service_fail_detail,
                                             .cancelled = service_cancelled,
                                             .http = service_http,
                                             .rows = service_rows,
                                             .row = service_row,
                                             .quality = service_quality,
                                             .cursor = service_cursor,
                                             .remember = service_remember,
                                             .part = service_part,
                                             .found_stream = service_found_stream,
                                             .found_account = service_found_account,
                                             .found_total = service_found_total};
}
