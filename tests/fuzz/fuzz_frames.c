/* SPDX-License-Identifier: Apache-2.0
 * Frames as a hostile plugin process would send them: input is a stream of them, each served like
 * in a call. Descriptions go on into the parser of tables. */
#include <config.h>

#include <string.h>

#include "base/json.h"
#include "plugin/describe.h"
#include "plugin/serve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_log(void *ctx, int32_t level, const char *text)
{
    (void)ctx;
    (void)level;
    (void)strlen(text);
}

static void on_fail(void *ctx, omni_status status, const char *text)
{
    on_log(ctx, status, text);
}

static void on_fail_detail(void *ctx, const char *key, const char *value)
{
    on_log(ctx, (int32_t)strlen(key), value);
}

static bool on_cancelled(void *ctx)
{
    (void)ctx;
    return false;
}

/* Reads every byte that it is shown, so that a sanitizer sees one that is not there. */
static omni_status on_http(void *ctx, struct omni_http *http)
{
    uint64_t sum = http->body_len ? (uint64_t)http->body[http->body_len - 1] : 0;
    (void)ctx;
    for (const char *const *h = http->headers; h && *h; h++)
        sum += strlen(*h);
    http->status = 200;
    http->reply = http->url;
    http->reply_len = strlen(http->url);
    return sum % 2 ? OMNI_OK : OMNI_E_DATA;
}

static omni_status on_rows(void *ctx, struct omni_http *http, const char *records)
{
    return records && strlen(records) % 2 ? OMNI_E_DATA : on_http(ctx, http);
}

static omni_status on_row(void *ctx, uint32_t part, const struct omni_cell *cells, uint32_t n)
{
    uint64_t sum = part;
    (void)ctx;
    for (uint32_t i = 0; i < n; i++)
        sum += cells[i].type == OMNI_TEXT && cells[i].len ? (uint64_t)cells[i].v.s[cells[i].len - 1]
                                                          : (uint64_t)cells[i].v.i;
    return sum == 42 ? OMNI_E_DATA : OMNI_OK;
}

static omni_status on_text(void *ctx, const char *text)
{
    on_log(ctx, 0, text);
    return OMNI_OK;
}

static const char *on_remember(void *ctx, const char *key, const char *value)
{
    (void)ctx;
    return value ? value : key;
}

static omni_status on_found_stream(void *ctx, const struct omni_stream *stream)
{
    return on_text(ctx, stream->name);
}

static omni_status on_found_account(void *ctx, const char *id, const char *name,
                                    const char *currency, const char *zone)
{
    (void)name;
    (void)currency;
    (void)zone;
    return on_text(ctx, id);
}

static omni_status on_found_total(void *ctx, const char *column, int64_t micros)
{
    (void)micros;
    return on_text(ctx, column);
}

static const struct plugin_services services = {.log = on_log,
                                                .fail = on_fail,
                                                .fail_detail = on_fail_detail,
                                                .cancelled = on_cancelled,
                                                .http = on_http,
                                                .rows = on_rows,
                                                .row = on_row,
                                                .quality = on_text,
                                                .cursor = on_text,
                                                .remember = on_remember,
                                                .part = on_text,
                                                .found_stream = on_found_stream,
                                                .found_account = on_found_account,
                                                .found_total = on_found_total};

static void describe(struct wire_in *in, struct arena *arena)
{
    size_t n;
    struct err err;
    const char *text = wire_get_bytes(in, &n);
    auto_json *json = text ? json_parse(text, n, &err) : NULL;
    if (json)
        describe_parse_module(json, arena, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct gate gate;
    gate_init(&gate, &services, arena);
    gate_begin(&gate);
    gate.is_discovering = true;
    const struct child child = {.services = &gate.in};
    auto_wire answer = WIRE_OUT(1 << 20);
    const char *wrong = NULL;
    while (!wrong && size >= WIRE_HEAD) {
        uint32_t len;
        uint16_t type;
        if (!wire_head((const char *)data, size - WIRE_HEAD, &len, &type))
            break;
        struct wire_in in = {.s = (const char *)data + WIRE_HEAD, .left = len};
        const struct serving s = {&gate, &child, &in, &answer, data[0] % 2};
        if (type == STARTED)
            describe(&in, arena);
        else
            wrong = serve_frame(&s, type);
        data += WIRE_HEAD + len;
        size -= WIRE_HEAD + len;
    }
    arena_free(arena);
    return 0;
}
