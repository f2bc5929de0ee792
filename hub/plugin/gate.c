/* SPDX-License-Identifier: Apache-2.0
 * Checks what a plugin says before the job hears it. */
#include <config.h>

#include "plugin/gate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "plugin/describe.h"
#include "plugin/frames.h"

enum {
    MAX_LOGS = 2000, /* lines of one plugin, details among them; the log is shared */
    MAX_STREAMS = 4096,
    MAX_ACCOUNTS = 10000, /* in one call: omnihub itself keeps the list */
    MAX_TOTALS = 1000,    /* in one call */
    MAX_LINE = 4000,
    MAX_NAME = 512,
    MAX_VALUE = 256 * 1024 /* a cursor, a remembered value */
};

/* Copies at most n - 1 bytes that can be shown and stored as text. */
static void copy_clean(char *out, size_t n, const char *s)
{
    size_t len = strnlen(s, n - 1);
    while (s[len] != '\0' && len > 0 && ((unsigned char)s[len] & 0xC0) == 0x80)
        len--;
    memcpy(out, s, len);
    out[len] = '\0';
    if (text_is_utf8(out, len))
        return;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)out[i] >= 0x80)
            out[i] = '?';
}

static omni_status broken(struct gate *g, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The plugin broke the contract; said in its name, so that it lands where its own reasons land. */
static omni_status broken(struct gate *g, const char *fmt, ...)
{
    char text[ERR_TEXT];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    g->in.fail(g, OMNI_E_BUG, text);
    err_set(&g->broken, OMNI_E_BUG, "%s", text);
    /* A plugin that goes on as if nothing had been has not pulled what it says it has. */
    if (g->row_status == OMNI_OK)
        g->row_status = OMNI_E_BUG;
    return OMNI_E_BUG;
}

static bool is_text(const char *s, size_t max)
{
    size_t n = strnlen(s, max + 1);
    return n <= max && text_is_utf8(s, n);
}

static bool has_a_line_left(struct gate *g)
{
    if (g->n_logs > MAX_LOGS)
        return false;
    if (g->n_logs++ < MAX_LOGS)
        return true;
    g->out->log(g->out->ctx, OMNI_LOG_WARN,
                "the plugin writes too many log lines; the rest are dropped");
    return false;
}

static void gate_log(void *ctx, int32_t level, const char *text)
{
    struct gate *g = ctx;
    char clean[MAX_LINE];
    if (level < OMNI_LOG_ERROR || level > OMNI_LOG_DEBUG)
        level = OMNI_LOG_INFO;
    if (!has_a_line_left(g))
        return;
    copy_clean(clean, sizeof clean, text);
    g->out->log(g->out->ctx, level, clean);
}

static void gate_fail(void *ctx, omni_status status, const char *text)
{
    struct gate *g = ctx;
    g->fail.status = status;
    copy_clean(g->fail.text, sizeof g->fail.text, text);
    g->out->fail(g->out->ctx, status, g->fail.text);
}

static void gate_fail_detail(void *ctx, const char *key, const char *value)
{
    struct gate *g = ctx;
    char clean_key[MAX_NAME], clean_value[ERR_TEXT];
    if (!has_a_line_left(g))
        return;
    copy_clean(clean_key, sizeof clean_key, key);
    copy_clean(clean_value, sizeof clean_value, value);
    g->out->fail_detail(g->out->ctx, clean_key, clean_value);
}

static bool gate_cancelled(void *ctx)
{
    struct gate *g = ctx;
    return g->out->cancelled(g->out->ctx);
}

/* A header that brings a second one along is refused by the client too; here the plugin is named.
 */
static const char *wrong_request(const struct omni_http *http)
{
    if (!http->url || !is_text(http->url, FRAMES_FROM_PLUGIN))
        return "its url is missing or not UTF-8";
    if (http->format > OMNI_FORMAT_CSV)
        return "its format is none of OMNI_FORMAT_*";
    for (const char *c = http->url; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return "its url has a control character in it";
    if (http->method && http->method[strspn(http->method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")])
        return "its method is not a word in capital letters";
    uint32_t n = 0;
    for (const char *const *h = http->headers; h && *h; h++)
        if (strpbrk(*h, "\r\n") || !strchr(*h, ':') || ++n > FRAMES_MAX_HEADERS)
            return "a header is not \"Name: value\" on one line, or there are too many";
    return NULL;
}

static omni_status gate_http(void *ctx, struct omni_http *http)
{
    struct gate *g = ctx;
    const char *wrong = wrong_request(http);
    if (wrong)
        return broken(g, "http(): %s", wrong);
    return g->out->http(g->out->ctx, http);
}

static omni_status gate_rows(void *ctx, struct omni_http *http, const char *records)
{
    struct gate *g = ctx;
    const char *wrong = wrong_request(http);
    if (wrong)
        return broken(g, "rows(): %s", wrong);
    return g->out->rows(g->out->ctx, http, records);
}

static const char *wrong_cell(const struct omni_cell *cell)
{
    switch (cell->type) {
    case OMNI_BOOL:
        return cell->v.i == 0 || cell->v.i == 1 ? NULL : "is a boolean other than 0 and 1";
    case OMNI_REAL:
        return isfinite(cell->v.r) ? NULL : "is not a finite number";
    case OMNI_TEXT:
        if (!cell->v.s)
            return cell->len == 0 ? NULL : "is a text that points nowhere";
        return text_is_utf8(cell->v.s, cell->len) ? NULL : "is not UTF-8";
    default:
        return cell->type <= OMNI_MICROS ? NULL : "has none of the types OMNI_NULL … OMNI_MICROS";
    }
}

static omni_status check_row(struct gate *g, const struct omni_cell *cells, uint32_t n)
{
    if (n > FRAMES_MAX_CELLS || (n > 0 && !cells))
        return broken(g, "row(): %u cells", n);
    for (uint32_t i = 0; i < n; i++) {
        const char *wrong = wrong_cell(&cells[i]);
        if (wrong)
            return broken(g, "row(): cell %u %s", i, wrong);
    }
    return OMNI_OK;
}

static omni_status gate_row(void *ctx, uint32_t part, const struct omni_cell *cells, uint32_t n)
{
    struct gate *g = ctx;
    if (g->row_status != OMNI_OK)
        return g->row_status;
    g->row_status = check_row(g, cells, n);
    if (g->row_status == OMNI_OK)
        g->row_status = g->out->row(g->out->ctx, part, cells, n);
    return g->row_status;
}

static omni_status gate_quality(void *ctx, const char *flag)
{
    struct gate *g = ctx;
    if (!is_text(flag, MAX_NAME))
        return broken(g, "quality(): not a short text in UTF-8");
    return g->out->quality(g->out->ctx, flag);
}

static omni_status gate_cursor(void *ctx, const char *text)
{
    struct gate *g = ctx;
    if (!is_text(text, MAX_VALUE))
        return broken(g, "cursor(): not UTF-8, or more than 256 KiB");
    return g->out->cursor(g->out->ctx, text);
}

static const char *gate_remember(void *ctx, const char *key, const char *value)
{
    struct gate *g = ctx;
    if (!is_text(key, MAX_NAME) || (value && !is_text(value, MAX_VALUE))) {
        broken(g, "remember(): not UTF-8, or more than 256 KiB");
        return NULL;
    }
    return g->out->remember(g->out->ctx, key, value);
}

static omni_status gate_part(void *ctx, const char *name)
{
    struct gate *g = ctx;
    if (!is_text(name, MAX_LINE))
        return broken(g, "part(): not UTF-8, or too long");
    return g->out->part(g->out->ctx, name);
}

omni_status gate_found_stream(struct gate *g, const json_t *description)
{
    struct err err;
    if (!g->is_discovering)
        return broken(g, "found_stream() belongs into discover()");
    if (++g->n_streams > MAX_STREAMS)
        return broken(g, "found_stream(): more than %d streams", MAX_STREAMS);
    const struct omni_stream *stream = describe_parse_stream(description, g->arena, &err);
    if (!stream)
        return broken(g, "found_stream(): %s", err.text);
    return g->out->found_stream(g->out->ctx, stream);
}

/* By way of its description, so that the job gets the same thing in both isolations. */
static omni_status gate_found_table(void *ctx, const struct omni_stream *stream)
{
    auto_json *json = describe_stream(stream);
    return gate_found_stream(ctx, json);
}

static bool is_optional_text(const char *s)
{
    return !s || is_text(s, MAX_NAME);
}

static omni_status gate_found_account(void *ctx, const char *id, const char *name,
                                      const char *currency, const char *zone)
{
    struct gate *g = ctx;
    if (!is_text(id, MAX_NAME) || !is_optional_text(name) || !is_optional_text(currency) ||
        !is_optional_text(zone))
        return broken(g, "found_account(): not UTF-8, or too long");
    if (++g->n_accounts > MAX_ACCOUNTS)
        return broken(g, "found_account(): more than %d accounts", MAX_ACCOUNTS);
    return g->out->found_account(g->out->ctx, id, name, currency, zone);
}

static omni_status gate_found_total(void *ctx, const char *column, int64_t micros)
{
    struct gate *g = ctx;
    if (!is_text(column, MAX_NAME))
        return broken(g, "found_total(): not the name of a column");
    if (++g->n_totals > MAX_TOTALS)
        return broken(g, "found_total(): more than %d totals", MAX_TOTALS);
    return g->out->found_total(g->out->ctx, column, micros);
}

void gate_init(struct gate *g, const struct plugin_services *services, struct arena *arena)
{
    *g = (struct gate){.out = services, .arena = arena};
    g->in = (struct plugin_services){.ctx = g,
                                     .log = gate_log,
                                     .fail = gate_fail,
                                     .fail_detail = gate_fail_detail,
                                     .cancelled = gate_cancelled,
                                     .http = gate_http,
                                     .rows = gate_rows,
                                     .row = gate_row,
                                     .quality = gate_quality,
                                     .cursor = gate_cursor,
                                     .remember = gate_remember,
                                     .part = gate_part,
                                     .found_stream = gate_found_table,
                                     .found_account = gate_found_account,
                                     .found_total = gate_found_total};
}

void gate_begin(struct gate *g)
{
    g->fail = (struct err){.text = ""};
    g->row_status = OMNI_OK;
    g->n_accounts = g->n_totals = 0;
}
