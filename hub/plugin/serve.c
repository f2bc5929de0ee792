/* SPDX-License-Identifier: Apache-2.0
 * Decodes the plugin process's frames; each is hostile until it has been read to its last byte. */
#include <config.h>

#include "plugin/serve.h"

#include "base/json.h"

static bool finish(const struct serving *s, omni_status status)
{
    wire_begin(s->answer, ANSWER);
    wire_put_u32(s->answer, (uint32_t)status);
    return true;
}

static bool serve_log(const struct serving *s)
{
    int32_t level = (int32_t)wire_get_u32(s->in);
    const char *text = wire_get_text(s->in);
    if (!text || !wire_done(s->in))
        return false;
    s->gate->in.log(s->gate, level, text);
    return true;
}

static bool serve_fail(const struct serving *s)
{
    omni_status status = (omni_status)wire_get_u32(s->in);
    const char *text = wire_get_text(s->in);
    if (!text || !wire_done(s->in) || status >= OMNI_OK || status < OMNI_E_BUG)
        return false;
    s->gate->in.fail(s->gate, status, text);
    return true;
}

static bool serve_detail(const struct serving *s)
{
    const char *key = wire_get_text(s->in), *value = wire_get_text(s->in);
    if (!key || !value || !wire_done(s->in))
        return false;
    s->gate->in.fail_detail(s->gate, key, value);
    return true;
}

static bool serve_cancelled(const struct serving *s)
{
    if (!wire_done(s->in))
        return false;
    return finish(s, child_is_cancelled(s->child) ? OMNI_E_CANCELLED : OMNI_OK);
}

static bool finish_fetch(const struct serving *s, omni_status status, const struct omni_http *http)
{
    /* Its own request needs not cross again. */
    struct omni_http reply = {.size = sizeof reply,
                              .status = http->status,
                              .reply = http->reply,
                              .reply_len = http->reply_len,
                              .reply_headers = http->reply_headers,
                              .records = http->records};
    finish(s, status);
    frames_put_http(s->answer, &reply);
    if (!s->answer->is_bad)
        return true;
    s->gate->in.fail(s->gate, OMNI_E_DATA, "the reply is larger than a plugin may be handed");
    return finish(s, OMNI_E_DATA);
}

static bool serve_http(const struct serving *s)
{
    auto_frames_http http;
    if (!frames_get_http(s->in, &http) || !wire_done(s->in))
        return false;
    omni_status status = s->gate->in.http(s->gate, &http.http);
    return finish_fetch(s, status, &http.http);
}

static bool serve_fetch_rows(const struct serving *s)
{
    auto_frames_http http;
    if (!frames_get_http(s->in, &http))
        return false;
    const char *records = wire_get_text(s->in);
    if (!wire_done(s->in))
        return false;
    omni_status status = s->gate->in.rows(s->gate, &http.http, records);
    return finish_fetch(s, status, &http.http);
}

static bool serve_rows(const struct serving *s)
{
    struct omni_cell cells[FRAMES_MAX_CELLS];
    omni_status status = OMNI_OK;
    for (uint32_t left = wire_get_u32(s->in), n; left > 0; left--) {
        uint32_t part = wire_get_u32(s->in);
        if (!frames_get_cells(s->in, cells, &n))
            return false;
        if (status == OMNI_OK)
            status = s->gate->in.row(s->gate, part, cells, n);
    }
    return wire_done(s->in) && finish(s, status);
}

static bool serve_text(const struct serving *s, omni_status (*call)(void *, const char *))
{
    const char *text = wire_get_text(s->in);
    return text && wire_done(s->in) && finish(s, call(s->gate, text));
}

static bool serve_quality(const struct serving *s)
{
    return serve_text(s, s->gate->in.quality);
}

static bool serve_cursor(const struct serving *s)
{
    return serve_text(s, s->gate->in.cursor);
}

static bool serve_part(const struct serving *s)
{
    return serve_text(s, s->gate->in.part);
}

static bool serve_remember(const struct serving *s)
{
    const char *key = wire_get_text(s->in), *value = wire_get_text(s->in);
    if (!key || !wire_done(s->in))
        return false;
    value = s->gate->in.remember(s->gate, key, value);
    finish(s, OMNI_OK);
    wire_put_text(s->answer, value);
    return true;
}

static bool serve_found_stream(const struct serving *s)
{
    size_t n;
    struct err err;
    const char *text = wire_get_bytes(s->in, &n);
    if (!text || !wire_done(s->in))
        return false;
    auto_json *json = json_parse(text, n, &err);
    return json && finish(s, gate_found_stream(s->gate, json));
}

static bool serve_found_account(const struct serving *s)
{
    const char *id = wire_get_text(s->in), *name = wire_get_text(s->in);
    const char *currency = wire_get_text(s->in), *zone = wire_get_text(s->in);
    if (!id || !wire_done(s->in))
        return false;
    return finish(s, s->gate->in.found_account(s->gate, id, name, currency, zone));
}

static bool serve_found_total(const struct serving *s)
{
    const char *column = wire_get_text(s->in);
    int64_t micros = wire_get_i64(s->in);
    if (!column || !wire_done(s->in))
        return false;
    return finish(s, s->gate->in.found_total(s->gate, column, micros));
}

static const struct {
    bool (*serve)(const struct serving *);
    bool has_answer, in_judge; /* in_judge: also while a reply is being judged */
} table[] = {
    [LOG] = {serve_log, false, true},
    [FAIL] = {serve_fail, false, true},
    [DETAIL] = {serve_detail, false, true},
    [IS_CANCELLED] = {serve_cancelled, true, true},
    [HTTP] = {serve_http, true, false},
    [FETCH_ROWS] = {serve_fetch_rows, true, false},
    [ROWS] = {serve_rows, true, false},
    [QUALITY] = {serve_quality, true, true},
    [CURSOR] = {serve_cursor, true, true},
    [REMEMBER] = {serve_remember, true, true},
    [PART] = {serve_part, true, false},
    [FOUND_STREAM] = {serve_found_stream, true, true},
    [FOUND_ACCOUNT] = {serve_found_account, true, true},
    [FOUND_TOTAL] = {serve_found_total, true, true},
};

const char *serve_frame(const struct serving *s, uint16_t type)
{
    buf_clear(&s->answer->buf);
    if (type >= ARRAY_LEN(table) || !table[type].serve)
        return "sent a frame that has no meaning here";
    if (s->in_judge && !table[type].in_judge)
        return "asked for something that may not be asked for while a reply is judged";
    if (!table[type].serve(s))
        return "sent a malformed frame";
    if (!table[type].has_answer)
        buf_clear(&s->answer->buf);
    return NULL;
}
