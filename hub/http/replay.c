/* SPDX-License-Identifier: Apache-2.0
 * Replaying: each request finds the next recorded exchange that is like it, or a clear miss. */
#include <config.h>

#include "http/cassette.h"

#include <signal.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/cassette_priv.h"
#include "http/redirect.h"

enum { AGAIN_MAX = 1000000 };
enum { PIECE = 16384 }; /* bodies come in pieces, as from the network */

/* ---- faults ---- */

static omni_status play_reset(struct err *err)
{
    return err_set(err, OMNI_E_RETRY, "the connection was reset (a fault of the cassette)");
}

static omni_status play_timeout(struct err *err)
{
    return err_set(err, OMNI_E_RETRY, "no reply in time (a fault of the cassette)");
}

static omni_status play_cut(struct err *err)
{
    return err_set(err, OMNI_E_RETRY,
                   "the connection ended in the middle of the reply (a fault of the cassette)");
}

/* By the signals that people and machines send, so that they go the whole way. */
static omni_status play_cancel(struct err *err)
{
    raise(SIGTERM);
    return err_set(err, OMNI_E_CANCELLED, "cancelled");
}

static omni_status play_kill(struct err *err)
{
    raise(SIGKILL);
    return play_reset(err);
}

static const struct {
    const char *name;
    bool has_reply; /* what there is of it is taken in first */
    omni_status (*play)(struct err *);
} faults[] = {{"reset", false, play_reset},
              {"timeout", false, play_timeout},
              {"cut", true, play_cut},
              {"cancel", false, play_cancel},
              {"kill", false, play_kill}};

/* Index into faults[], their number where it is none. */
static size_t fault_of(const json_t *reply)
{
    const char *name = json_text(reply, "fault");
    size_t i = 0;
    while (i < ARRAY_LEN(faults) && (!name || strcmp(faults[i].name, name) != 0))
        i++;
    return i;
}

/* ---- loading ---- */

static bool is_text_list(const json_t *list)
{
    size_t i;
    json_t *value;
    json_array_foreach(list, i, value) if (!json_is_string(value)) return false;
    return !list || json_is_array(list);
}

static bool has_good_body(const json_t *object)
{
    const json_t *body = json_object_get(object, "body"),
                 *base64 = json_object_get(object, "body_base64");
    return (!body || json_is_string(body)) && (!base64 || json_is_string(base64)) &&
           is_text_list(json_object_get(object, "headers"));
}

static bool is_exchange(const json_t *exchange)
{
    const json_t *request = json_object_get(exchange, "request"),
                 *reply = json_object_get(exchange, "reply");
    int64_t status = json_int(reply, "status", 0);
    bool has_status = (status >= 100 && status <= 999) || fault_of(reply) < ARRAY_LEN(faults);
    return json_text(request, "method") && json_text(request, "url") && has_status &&
           has_good_body(request) && has_good_body(reply);
}

static omni_status check_shape(struct cassette *c, struct err *err)
{
    size_t i;
    json_t *exchange;
    c->exchanges = json_object_get(c->root, "exchanges");
    int64_t version = json_int(c->root, CASSETTE_MARK, -1);
    if (version < 0 || !json_is_array(c->exchanges))
        return err_set(err, OMNI_E_CONFIG,
                       "not a cassette (no \"" CASSETTE_MARK "\" or no \"exchanges\")");
    if (version != CASSETTE_VERSION)
        return err_set(err, OMNI_E_CONFIG, "a cassette of version %lld; this hub reads version %d",
                       (long long)version, CASSETTE_VERSION);
    json_array_foreach(c->exchanges, i, exchange) if (!is_exchange(exchange)) return err_set(
        err, OMNI_E_CONFIG, "exchange %zu is not {request: {method, url, …}, reply: {status, …}}",
        i + 1);
    c->played = xcalloc(i + 1, sizeof *c->played);
    int64_t again = json_int(c->root, "again", 0);
    c->again = again > 0 && again < AGAIN_MAX ? (unsigned)again : 0;
    return OMNI_OK;
}

static omni_status load(struct cassette *c, struct err *err)
{
    auto_buf text = BUF_INIT(2 * (size_t)CASSETTE_MAX);
    omni_status status = file_read(c->path, &text, err);
    if (status != OMNI_OK)
        return status;
    c->root = json_parse(buf_text(&text), text.len, err);
    return c->root ? check_shape(c, err) : OMNI_E_CONFIG;
}

struct cassette *cassette_load(const char *path, struct err *err)
{
    struct cassette *c = cassette_new(path);
    if (load(c, err) == OMNI_OK)
        return c;
    err_prefix(err, "cassette %s: ", path);
    if (err)
        err->status = OMNI_E_CONFIG;
    cassette_free(c);
    return NULL;
}

/* ---- finding ---- */

/* The request as it would have been recorded. */
struct wanted {
    const char *method;
    struct buf url, body;
};

static void wanted_free(struct wanted *w)
{
    buf_free(&w->url);
    buf_free(&w->body);
}
#define auto_wanted __attribute__((cleanup(wanted_free))) struct wanted

static bool wanted_make(struct wanted *w, const struct scrub *scrub, const struct exchange *ex)
{
    *w = (struct wanted){
        .method = ex->method, .url = BUF_INIT(CASSETTE_MAX), .body = BUF_INIT(CASSETTE_MAX)};
    return scrub_text(scrub, &w->url, ex->url.text, strlen(ex->url.text)) &&
           (!ex->body || scrub_text(scrub, &w->body, ex->body, ex->body_len));
}

static bool get_body(const json_t *object, struct buf *out)
{
    const json_t *text = json_object_get(object, "body");
    const char *base64 = json_text(object, "body_base64");
    if (text)
        return buf_add(out, json_string_value(text), json_string_length(text));
    return !base64 || text_add_unbase64(out, base64, strlen(base64));
}

static bool same_place(const json_t *request, const struct wanted *w)
{
    return strcmp(json_text(request, "method"), w->method) == 0 &&
           strcmp(json_text(request, "url"), buf_text(&w->url)) == 0;
}

static bool same_request(const json_t *request, const struct wanted *w)
{
    auto_buf body = BUF_INIT(CASSETTE_MAX);
    return same_place(request, w) && get_body(request, &body) && body.len == w->body.len &&
           memcmp(buf_text(&body), buf_text(&w->body), body.len) == 0;
}

static const json_t *request_at(const struct cassette *c, size_t i)
{
    return json_object_get(json_array_get(c->exchanges, i), "request");
}

/* Index of the first match that was not played yet, else of the last that may be played again; the
 * number of exchanges where there is none. */
static size_t find(const struct cassette *c, const struct wanted *w)
{
    size_t n = json_array_size(c->exchanges), last = n;
    for (size_t i = 0; i < n; i++) {
        if (c->played[i] > c->again || !same_request(request_at(c, i), w))
            continue;
        if (c->played[i] == 0)
            return i;
        last = i;
    }
    return last;
}

bool cassette_has(const struct cassette *c, const struct scrub *scrub, const struct exchange *ex)
{
    auto_wanted w;
    return wanted_make(&w, scrub, ex) && find(c, &w) < json_array_size(c->exchanges);
}

/* ---- a miss ---- */

static size_t likeness(const json_t *request, const struct wanted *w)
{
    const char *a = json_text(request, "url"), *b = buf_text(&w->url);
    size_t n = 0;
    while (a[n] && a[n] == b[n])
        n++;
    /* The whole url counts for more than any beginning; the same method breaks a tie. */
    n += a[n] == b[n] ? 65536 : 0;
    return 2 * n + (strcmp(json_text(request, "method"), w->method) == 0);
}

static omni_status miss(const struct cassette *c, const struct wanted *w, struct err *err)
{
    const json_t *nearest = NULL;
    size_t n = json_array_size(c->exchanges), same = 0;
    for (size_t i = 0; i < n; i++) {
        const json_t *request = request_at(c, i);
        same += same_request(request, w);
        if (!nearest || likeness(request, w) > likeness(nearest, w))
            nearest = request;
    }
    if (same)
        return err_set(err, OMNI_E_CONFIG,
                       "%s %.400s was recorded %zu time%s in cassette %s, and is asked for once "
                       "more",
                       w->method, buf_text(&w->url), same, same == 1 ? "" : "s", c->path);
    if (!nearest)
        return err_set(err, OMNI_E_CONFIG, "%s %.400s is not in cassette %s, which is empty",
                       w->method, buf_text(&w->url), c->path);
    return err_set(err, OMNI_E_CONFIG,
                   "%s %.300s is not in cassette %s; nearest recorded: %s %.300s%s", w->method,
                   buf_text(&w->url), c->path, json_text(nearest, "method"),
                   json_text(nearest, "url"), same_place(nearest, w) ? ", with another body" : "");
}

/* ---- playing ---- */

static bool play_headers(const json_t *reply, struct intake *in)
{
    size_t i;
    json_t *line;
    json_array_foreach(
        json_object_get(reply, "headers"), i,
        line) if (!intake_line(in, json_string_value(line), json_string_length(line))) return false;
    return true;
}

static bool play_body(const struct buf *body, struct intake *in)
{
    for (size_t at = 0; at < body->len; at += PIECE) {
        size_t n = body->len - at < PIECE ? body->len - at : PIECE;
        if (!intake_body(in, body->data + at, n, 0))
            return false;
    }
    return true;
}

omni_status cassette_play(struct cassette *c, const struct scrub *scrub, const struct exchange *ex,
                          struct intake *in, struct err *err)
{
    auto_wanted w;
    auto_buf body = BUF_INIT(CASSETTE_MAX);
    intake_start(in);
    if (!wanted_make(&w, scrub, ex))
        return err_set(err, OMNI_E_CONFIG, "the request is too large for a cassette");
    size_t i = find(c, &w);
    if (i == json_array_size(c->exchanges))
        return miss(c, &w, err);
    c->played[i]++;
    const json_t *reply = json_object_get(json_array_get(c->exchanges, i), "reply");
    if (!get_body(reply, &body))
        return err_set(err, OMNI_E_CONFIG, "cassette %s: exchange %zu: bad body_base64", c->path,
                       i + 1);
    size_t fault = fault_of(reply);
    if (fault < ARRAY_LEN(faults) && !faults[fault].has_reply)
        return faults[fault].play(err);
    in->status = (int32_t)json_int(reply, "status", 0);
    if (play_headers(reply, in) && play_body(&body, in))
        return fault < ARRAY_LEN(faults) ? faults[fault].play(err) : intake_end(in, err);
    if (err)
        *err = in->why;
    return in->failed;
}
