/* SPDX-License-Identifier: Apache-2.0
 * The plugin process's end: struct plugin_services as frames, and the loop that serves calls. */
#include <config.h>

#include "plugin/remote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "plugin/describe.h"
#include "plugin/guest.h"

enum {
    ASK_EVERY_NS = 50 * 1000 * 1000
}; /* cancelled(): a question to the job costs two switches */

struct remote {
    int fd;
    struct plugin_services services;
    const struct omni_module *module;
    struct guest *guest;
    struct wire_out out;
    struct wire_out rows; /* those that were not sent yet */
    uint32_t n_rows;
    omni_status row_status; /* what became of rows sent in this call */
    struct buf start, reply, value, answer;
    struct frames_http fetched; /* the reply of the last http() or rows(); its texts lie in reply */
    struct timespec asked;
    bool was_cancelled;
};

/* ---- frames ---- */

/* The job is gone, or does not speak our language: there is nobody left to tell. */
static noreturn void hang_up(void)
{
    _exit(0);
}

static void send_frame(struct remote *r, struct wire_out *out)
{
    if (!wire_end(out))
        hang_up();
    const char *p = out->buf.data;
    for (size_t left = out->buf.len; left > 0;) {
        ssize_t n = send(r->fd, p, left, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            hang_up();
        p += n;
        left -= (size_t)n;
    }
}

static void receive_bytes(struct remote *r, char *p, size_t n)
{
    while (n > 0) {
        ssize_t got = recv(r->fd, p, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            hang_up();
        p += got;
        n -= (size_t)got;
    }
}

static uint16_t receive_frame(struct remote *r, struct buf *to, struct wire_in *in)
{
    char head[WIRE_HEAD];
    uint32_t len;
    uint16_t type;
    receive_bytes(r, head, sizeof head);
    buf_clear(to);
    if (!wire_head(head, FRAMES_TO_PLUGIN, &len, &type) || !buf_reserve(to, len))
        hang_up();
    receive_bytes(r, to->data, len);
    to->len = len;
    *in = (struct wire_in){.s = to->data, .left = len};
    return type;
}

static void serve_judge(struct remote *, struct wire_in *);

/* Until the answer comes; the job may want a reply judged first. */
static omni_status receive_answer(struct remote *r, struct buf *to, struct wire_in *in)
{
    for (;;) {
        auto_buf own = BUF_INIT(FRAMES_TO_PLUGIN);
        uint16_t type = receive_frame(r, &own, in);
        if (type == CALL_JUDGE) {
            serve_judge(r, in);
            continue;
        }
        if (type != ANSWER)
            hang_up();
        struct buf old = *to;
        *to = own;
        own = old;
        return (omni_status)wire_get_u32(in);
    }
}

static omni_status flush_rows(struct remote *r)
{
    if (r->n_rows == 0)
        return r->row_status;
    struct wire_in in;
    memcpy(r->rows.buf.data + WIRE_HEAD, &r->n_rows, sizeof r->n_rows);
    send_frame(r, &r->rows);
    r->n_rows = 0;
    omni_status status = receive_answer(r, &r->answer, &in);
    if (r->row_status == OMNI_OK)
        r->row_status = status;
    return r->row_status;
}

/* Rows come first, whatever is said next. */
static struct wire_out *begin(struct remote *r, uint16_t type)
{
    flush_rows(r);
    wire_begin(&r->out, type);
    return &r->out;
}

static omni_status ask(struct remote *r, struct buf *to, struct wire_in *in)
{
    if (!wire_end(&r->out)) {
        wire_begin(&r->out, FAIL);
        wire_put_u32(&r->out, (uint32_t)OMNI_E_BUG);
        wire_put_text(&r->out, "more than 8 MiB in one call to the hub");
        send_frame(r, &r->out);
        return OMNI_E_BUG;
    }
    send_frame(r, &r->out);
    return receive_answer(r, to, in);
}

static omni_status ask_status(struct remote *r)
{
    struct wire_in in;
    return ask(r, &r->answer, &in);
}

/* ---- struct plugin_services ---- */

static void remote_log(void *ctx, int32_t level, const char *text)
{
    struct remote *r = ctx;
    struct wire_out *out = begin(r, LOG);
    wire_put_u32(out, (uint32_t)level);
    wire_put_text(out, text);
    if (!out->is_bad)
        send_frame(r, out);
}

static void remote_fail(void *ctx, omni_status status, const char *text)
{
    struct remote *r = ctx;
    struct wire_out *out = begin(r, FAIL);
    wire_put_u32(out, (uint32_t)status);
    wire_put_bytes(out, text, strnlen(text, ERR_TEXT));
    send_frame(r, out);
}

static void remote_fail_detail(void *ctx, const char *key, const char *value)
{
    struct remote *r = ctx;
    struct wire_out *out = begin(r, DETAIL);
    wire_put_bytes(out, key, strnlen(key, ERR_TEXT));
    wire_put_bytes(out, value, strnlen(value, ERR_TEXT));
    send_frame(r, out);
}

static bool remote_cancelled(void *ctx)
{
    struct remote *r = ctx;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t since =
        (now.tv_sec - r->asked.tv_sec) * INT64_C(1000000000) + (now.tv_nsec - r->asked.tv_nsec);
    if (!r->was_cancelled && since >= ASK_EVERY_NS) {
        begin(r, IS_CANCELLED);
        r->was_cancelled = ask_status(r) == OMNI_E_CANCELLED;
        r->asked = now;
    }
    return r->was_cancelled;
}

static omni_status fetch(struct remote *r, struct omni_http *http)
{
    struct wire_in in = {.left = 0};
    frames_http_free(&r->fetched);
    omni_status status = ask(r, &r->reply, &in);
    if (in.left > 0 && frames_get_http(&in, &r->fetched)) {
        http->status = r->fetched.http.status;
        http->records = r->fetched.http.records;
        http->reply = r->fetched.http.reply;
        http->reply_len = r->fetched.http.reply_len;
        http->reply_headers = r->fetched.http.reply_headers;
    }
    return status;
}

static omni_status remote_http(void *ctx, struct omni_http *http)
{
    frames_put_http(begin(ctx, HTTP), http);
    return fetch(ctx, http);
}

static omni_status remote_rows(void *ctx, struct omni_http *http, const char *records)
{
    struct wire_out *out = begin(ctx, FETCH_ROWS);
    frames_put_http(out, http);
    wire_put_text(out, records);
    return fetch(ctx, http);
}

static void begin_rows(struct remote *r)
{
    wire_begin(&r->rows, ROWS);
    wire_put_u32(&r->rows, 0);
}

static bool add_row(struct remote *r, uint32_t part, const struct omni_cell *cells, uint32_t n)
{
    if (r->n_rows == 0)
        begin_rows(r);
    size_t before = r->rows.buf.len;
    wire_put_u32(&r->rows, part);
    frames_put_cells(&r->rows, cells, n);
    if (!r->rows.is_bad) {
        r->n_rows++;
        return true;
    }
    r->rows.buf.len = before;
    r->rows.is_bad = false;
    return false;
}

static omni_status remote_row(void *ctx, uint32_t part, const struct omni_cell *cells, uint32_t n)
{
    struct remote *r = ctx;
    if (r->row_status != OMNI_OK)
        return r->row_status;
    if (!add_row(r, part, cells, n)) {
        /* Perhaps it fits alone. */
        if (flush_rows(r) != OMNI_OK)
            return r->row_status;
        if (!add_row(r, part, cells, n)) {
            remote_fail(r, OMNI_E_DATA, "a row of more than 8 MiB");
            return r->row_status = OMNI_E_DATA;
        }
    }
    return r->rows.buf.len >= FRAMES_ROWS ? flush_rows(r) : OMNI_OK;
}

static omni_status ask_text(struct remote *r, uint16_t type, const char *text)
{
    wire_put_text(begin(r, type), text);
    return ask_status(r);
}

static omni_status remote_quality(void *ctx, const char *flag)
{
    return ask_text(ctx, QUALITY, flag);
}

static omni_status remote_cursor(void *ctx, const char *text)
{
    return ask_text(ctx, CURSOR, text);
}

static const char *remote_remember(void *ctx, const char *key, const char *value)
{
    struct remote *r = ctx;
    struct wire_in in;
    struct wire_out *out = begin(r, REMEMBER);
    wire_put_text(out, key);
    wire_put_text(out, value);
    return ask(r, &r->value, &in) == OMNI_OK ? wire_get_text(&in) : NULL;
}

static omni_status remote_part(void *ctx, const char *name)
{
    return ask_text(ctx, PART, name);
}

static omni_status remote_found_stream(void *ctx, const struct omni_stream *stream)
{
    auto_json *json = describe_stream(stream);
    auto_free char *text = json_print(json);
    return ask_text(ctx, FOUND_STREAM, text);
}

static omni_status remote_found_account(void *ctx, const char *id, const char *name,
                                        const char *currency, const char *zone)
{
    struct wire_out *out = begin(ctx, FOUND_ACCOUNT);
    wire_put_text(out, id);
    wire_put_text(out, name);
    wire_put_text(out, currency);
    wire_put_text(out, zone);
    return ask_status(ctx);
}

static omni_status remote_found_total(void *ctx, const char *column, int64_t micros)
{
    struct wire_out *out = begin(ctx, FOUND_TOTAL);
    wire_put_text(out, column);
    wire_put_i64(out, micros);
    return ask_status(ctx);
}

/* ---- serving calls ---- */

static void send_return(struct remote *r, omni_status status, uint32_t wait_ms)
{
    struct wire_out *out = begin(r, RETURN);
    wire_put_u32(out, (uint32_t)status);
    wire_put_u32(out, wait_ms);
    send_frame(r, out);
}

static void serve_judge(struct remote *r, struct wire_in *in)
{
    auto_frames_http http;
    uint32_t wait_ms;
    if (!frames_get_http(in, &http) || !wire_done(in))
        hang_up();
    omni_status status = guest_judge(r->guest, &http.http, &wait_ms);
    send_return(r, status, wait_ms);
}

static omni_status serve_open(struct remote *r, struct wire_in *in, struct err *err)
{
    size_t n;
    const char *source = wire_get_text(in), *text = wire_get_bytes(in, &n);
    struct guest_opening opening = {.source = source, .today = (int32_t)wire_get_u32(in)};
    opening.no_waits = wire_get_u32(in) != 0;
    if (!wire_done(in) || !source || !text)
        hang_up();
    auto_json *config = json_parse(text, n, err);
    opening.config = config;
    return config ? guest_open(r->guest, &opening, err) : OMNI_E_BUG;
}

static omni_status serve_request(struct remote *r, enum guest_call call, struct wire_in *in,
                                 struct err *err)
{
    struct omni_stream stream = {.size = sizeof stream, .name = wire_get_text(in)};
    struct omni_request request = {.size = sizeof request, .stream = &stream};
    request.from_day = (int32_t)wire_get_u32(in);
    request.to_day = (int32_t)wire_get_u32(in);
    request.cursor = wire_get_text(in);
    request.account = wire_get_text(in);
    if (!wire_done(in) || !stream.name)
        hang_up();
    return guest_call(r->guest, call, &request, err);
}

static omni_status serve_call(struct remote *r, uint16_t type, struct wire_in *in, struct err *err)
{
    switch (type) {
    case CALL_OPEN:
        return serve_open(r, in, err);
    case CALL_CHECK:
        return guest_call(r->guest, GUEST_CHECK, NULL, err);
    case CALL_ACCOUNTS:
        return guest_call(r->guest, GUEST_ACCOUNTS, NULL, err);
    case CALL_DISCOVER:
        return guest_call(r->guest, GUEST_DISCOVER, NULL, err);
    case CALL_PULL:
        return serve_request(r, GUEST_PULL, in, err);
    case CALL_TOTAL:
        return serve_request(r, GUEST_TOTAL, in, err);
    case CALL_CLOSE:
        guest_free(r->guest);
        r->guest = guest_new(r->module, &r->services);
        return OMNI_OK;
    default:
        hang_up();
    }
}

struct remote *remote_new(int fd)
{
    struct remote *r = xcalloc(1, sizeof *r);
    r->fd = fd;
    r->out = r->rows = WIRE_OUT(FRAMES_FROM_PLUGIN);
    r->start = r->reply = r->value = r->answer = BUF_INIT(FRAMES_TO_PLUGIN);
    r->services = (struct plugin_services){.ctx = r,
                                           .log = remote_log,
                                           .fail = remote_fail,
                                           .fail_detail = remote_fail_detail,
                                           .cancelled = remote_cancelled,
                                           .http = remote_http,
                                           .rows = remote_rows,
                                           .row = remote_row,
                                           .quality = remote_quality,
                                           .cursor = remote_cursor,
                                           .remember = remote_remember,
                                           .part = remote_part,
                                           .found_stream = remote_found_stream,
                                           .found_account = remote_found_account,
                                           .found_total = remote_found_total};
    return r;
}

bool remote_receive_start(struct remote *r, struct wire_in *in)
{
    return receive_frame(r, &r->start, in) == CALL_START;
}

void remote_send_refused(struct remote *r, omni_status status, const char *text)
{
    wire_begin(&r->out, REFUSED);
    wire_put_u32(&r->out, (uint32_t)status);
    wire_put_text(&r->out, text);
    send_frame(r, &r->out);
}

noreturn void remote_serve(struct remote *r, const struct omni_module *module,
                           const struct sandbox *sandbox)
{
    auto_json *json = describe_module(module);
    auto_free char *text = json_print(json);
    wire_begin(&r->out, STARTED);
    wire_put_text(&r->out, text);
    wire_put_text(&r->out, buf_text(&sandbox->lacks));
    wire_put_text(&r->out, buf_text(&sandbox->weaker));
    send_frame(r, &r->out);
    r->module = module;
    r->guest = guest_new(module, &r->services);
    auto_buf frame = BUF_INIT(FRAMES_TO_PLUGIN);
    for (;;) {
        struct wire_in in;
        struct err err = {.text = ""};
        uint16_t type = receive_frame(r, &frame, &in);
        r->row_status = OMNI_OK;
        r->was_cancelled = false;
        omni_status status = serve_call(r, type, &in, &err);
        if (err.text[0])
            remote_fail(r, status, err.text);
        omni_status rows = flush_rows(r);
        send_return(r, status == OMNI_OK ? rows : status, 0);
    }
}
