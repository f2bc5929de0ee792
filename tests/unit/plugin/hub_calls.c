/* SPDX-License-Identifier: Apache-2.0
 * Services that write down what a plugin asks for. */
#include <config.h>

#include "hub_calls.h"

#include <stdio.h>
#include <string.h>

void hub_calls_init(struct hub_calls *h)
{
    *h = (struct hub_calls){
        .said = BUF_INIT(1 << 20), .reply_status = 200, .reply = "{\"hello\":1}"};
}

void hub_calls_free(struct hub_calls *h)
{
    buf_free(&h->said);
}

static void on_log(void *ctx, int32_t level, const char *text)
{
    struct hub_calls *h = ctx;
    h->logs++;
    buf_printf(&h->said, "log %d %s\n", (int)level, text);
}

static void on_fail(void *ctx, omni_status status, const char *text)
{
    struct hub_calls *h = ctx;
    buf_printf(&h->said, "fail %d %s\n", (int)status, text);
}

static void on_fail_detail(void *ctx, const char *key, const char *value)
{
    struct hub_calls *h = ctx;
    buf_printf(&h->said, "detail %s=%s\n", key, value);
}

static bool on_cancelled(void *ctx)
{
    struct hub_calls *h = ctx;
    return h->is_cancelled;
}

static omni_status on_http(void *ctx, struct omni_http *http)
{
    struct hub_calls *h = ctx;
    static const char *const headers[] = {"content-type: application/json", NULL};
    buf_printf(&h->said, "http %s %s %s\n", http->method ? http->method : "GET", http->url,
               http->headers ? http->headers[0] : "-");
    http->status = h->reply_status;
    http->reply = h->reply;
    http->reply_len = strlen(h->reply);
    http->reply_headers = headers;
    h->judged = plugin_judge(h->plugin, http, &h->judged_wait, NULL);
    return h->judged == OMNI_E_UNSUPPORTED ? OMNI_OK : h->judged;
}

static omni_status on_rows(void *ctx, struct omni_http *http, const char *records)
{
    struct hub_calls *h = ctx;
    buf_printf(&h->said, "rows %s %s %s body=%llu\n", http->method, http->url, records,
               (unsigned long long)http->body_len);
    http->status = 200;
    http->records = 7;
    http->reply = "{}";
    http->reply_len = 2;
    return OMNI_OK;
}

static omni_status on_row(void *ctx, uint32_t part, const struct omni_cell *cells, uint32_t n)
{
    struct hub_calls *h = ctx;
    h->rows++;
    h->part_rows += part;
    if (h->rows == h->fail_at)
        return OMNI_E_DATA;
    for (uint32_t i = 0; i < n; i++)
        if (cells[i].type == OMNI_TEXT && cells[i].len > h->longest)
            h->longest = cells[i].len;
        else if (cells[i].type == OMNI_MICROS)
            h->row_sum += (uint64_t)cells[i].v.i;
    return OMNI_OK;
}

static omni_status say(void *ctx, const char *what, const char *text)
{
    struct hub_calls *h = ctx;
    buf_printf(&h->said, "%s %s\n", what, text);
    return OMNI_OK;
}

static omni_status on_quality(void *ctx, const char *flag)
{
    return say(ctx, "quality", flag);
}

static omni_status on_cursor(void *ctx, const char *text)
{
    return say(ctx, "cursor", text);
}

static omni_status on_part(void *ctx, const char *name)
{
    return say(ctx, "part", name);
}

static const char *on_remember(void *ctx, const char *key, const char *value)
{
    struct hub_calls *h = ctx;
    say(h, "remember", key);
    if (value)
        snprintf(h->remembered, sizeof h->remembered, "%s", value);
    return h->remembered[0] ? h->remembered : NULL;
}

static omni_status on_found_stream(void *ctx, const struct omni_stream *stream)
{
    struct hub_calls *h = ctx;
    h->found = stream;
    return say(ctx, "stream", stream->name);
}

static omni_status on_found_account(void *ctx, const char *id, const char *name,
                                    const char *currency, const char *zone)
{
    struct hub_calls *h = ctx;
    buf_printf(&h->said, "account %s %s %s %s\n", id, name ? name : "-", currency ? currency : "-",
               zone ? zone : "-");
    return OMNI_OK;
}

static omni_status on_found_total(void *ctx, const char *column, int64_t micros)
{
    struct hub_calls *h = ctx;
    buf_printf(&h->said, "total %s %lld\n", column, (long long)micros);
    return OMNI_OK;
}

struct plugin_services hub_calls_services_of(struct hub_calls *h)
{
    return (struct plugin_services){.ctx = h,
                                    .log = on_log,
                                    .fail = on_fail,
                                    .fail_detail = on_fail_detail,
                                    .cancelled = on_cancelled,
                                    .http = on_http,
                                    .rows = on_rows,
                                    .row = on_row,
                                    .quality = on_quality,
                                    .cursor = on_cursor,
                                    .remember = on_remember,
                                    .part = on_part,
                                    .found_stream = on_found_stream,
                                    .found_account = on_found_account,
                                    .found_total = on_found_total};
}
