/* SPDX-License-Identifier: Apache-2.0
 * From a test's lists, or from a recorded file, to one form. */
#include <config.h>

#include "kit/tape.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/cassette_priv.h"

enum { TAPE_MODE = 0600, OK_STATUS = 200 };

json_t *tape_exchanges(const json_t *tape)
{
    return json_object_get(tape, "exchanges");
}

json_t *tape_exchange(const json_t *tape, size_t i)
{
    return json_array_get(tape_exchanges(tape), i);
}

char *tape_request(const char *method, const char *url, const char *body)
{
    return xasprintf("%s %s%s%s", method ? method : "GET", url, body && *body ? " " : "",
                     body ? body : "");
}

static char *request_of(const json_t *request)
{
    return tape_request(json_text(request, "method"), json_text(request, "url"),
                        json_text(request, "body"));
}

void tape_note_asked(json_t *tape, const json_t *events)
{
    auto_json *by_request = json_object();
    size_t i;
    json_t *one;
    json_array_foreach(events, i, one)
    {
        auto_free char *request = request_of(one);
        json_object_set(by_request, request, one);
    }
    json_array_foreach(tape_exchanges(tape), i, one)
    {
        auto_free char *request = request_of(json_object_get(one, "request"));
        json_t *asked = json_object_get(by_request, request);
        if (asked)
            json_object_set(one, "asked", asked);
    }
}

static bool is_good(const json_t *exchange)
{
    const json_t *reply = json_object_get(exchange, "reply");
    int64_t status = json_int(reply, "status", 0);
    return status >= 200 && status < 300 && !json_object_get(reply, "fault");
}

void tape_drop_mended(json_t *tape)
{
    json_t *list = tape_exchanges(tape);
    for (size_t i = 0; i + 1 < json_array_size(list);) {
        const json_t *one = json_array_get(list, i), *next = json_array_get(list, i + 1);
        bool is_again =
            json_equal(json_object_get(one, "request"), json_object_get(next, "request"));
        if (is_again && !is_good(one))
            json_array_remove(list, i);
        else
            i++;
    }
}

/* ---- of a file ---- */

json_t *tape_read(const char *path, struct err *err)
{
    auto_buf text = BUF_INIT(CASSETTE_MAX);
    if (file_read(path, &text, err) != OMNI_OK)
        return NULL;
    json_t *tape = json_parse(buf_text(&text), text.len, err);
    if (!tape)
        err_prefix(err, "%s: ", path);
    return tape;
}

omni_status tape_write(const json_t *tape, const char *path, struct err *err)
{
    auto_free char *text = json_dumps(tape, JSON_INDENT(2));
    return file_replace(path, text, strlen(text), TAPE_MODE, err);
}

/* ---- of a test's list ---- */

/* Adds to an error where the exchange is written; false. */
static bool told(const struct test_exchange *e, struct err *err)
{
    auto_free char *place = test_place(&e->place);
    err_prefix(err, "%s: ", place);
    return false;
}

/* "GET /v1/report?day=2026-01-31" */
static bool put_request(const struct test_exchange *e, const char *base, json_t *request,
                        struct err *err)
{
    size_t n = strcspn(e->request, " ");
    const char *url = e->request + n + 1;
    if (!strstr(url, "://") && !base) {
        err_set(err, OMNI_E_CONFIG,
                "\"%s\" is relative: write the whole url, or give the option api_url", url);
        return told(e, err);
    }
    auto_free char *method = xstrndup(e->request, n);
    bool is_whole = strstr(url, "://") && *url != '/';
    size_t end = base ? strlen(base) : 0;
    while (end && base[end - 1] == '/')
        end--;
    auto_free char *whole =
        is_whole ? xstrdup(url)
                 : xasprintf("%.*s%s%s", (int)end, base ? base : "", *url == '/' ? "" : "/", url);
    json_put_text(request, "method", method);
    json_put_text(request, "url", whole);
    json_put_text(request, "body", e->body);
    return true;
}

static bool put_file(const struct test_exchange *e, json_t *reply, struct err *err)
{
    auto_buf bytes = BUF_INIT(CASSETTE_MAX);
    if (file_read(e->reply_file, &bytes, err) != OMNI_OK)
        return told(e, err);
    if (text_is_utf8(buf_text(&bytes), bytes.len)) {
        json_object_set_new(reply, "body", json_stringn(buf_text(&bytes), bytes.len));
        return true;
    }
    auto_buf base64 = BUF_INIT(CASSETTE_MAX);
    text_add_base64(&base64, bytes.data, bytes.len, false);
    json_put_text(reply, "body_base64", buf_text(&base64));
    return true;
}

static json_t *headers_of(const struct test_exchange *e)
{
    static const char *const usual[] = {"content-type: application/json", NULL};
    json_t *list = json_array();
    for (const char *const *h = e->headers ? e->headers : usual; *h; h++)
        json_array_append_new(list, json_string(*h));
    return list;
}

json_t *tape_reply(const struct test_exchange *e, struct err *err)
{
    json_t *reply = json_object();
    json_put_int(reply, "status", e->status ? e->status : OK_STATUS);
    json_put_text(reply, "fault", e->fault);
    json_object_set_new(reply, "headers", headers_of(e));
    if (e->reply_file && !put_file(e, reply, err)) {
        json_decref(reply);
        return NULL;
    }
    if (json_is_string(e->reply))
        json_object_set(reply, "body", (json_t *)e->reply);
    else if (e->reply) {
        auto_free char *text = json_print(e->reply);
        json_put_text(reply, "body", text);
    }
    return reply;
}

static bool add(const struct test_exchange *e, const char *base, json_t *list, struct err *err)
{
    json_t *request = json_object();
    json_t *reply = put_request(e, base, request, err) ? tape_reply(e, err) : NULL;
    if (!reply) {
        json_decref(request);
        return false;
    }
    json_array_append_new(list, json_pack("{s:o, s:o}", "request", request, "reply", reply));
    return true;
}

json_t *tape_of(const struct test_file *test, const char *base, struct err *err)
{
    if (test->cassette)
        return tape_read(test->cassette, err);
    json_t *list = json_array();
    json_t *tape = json_pack("{s:i, s:o}", CASSETTE_MARK, CASSETTE_VERSION, "exchanges", list);
    for (size_t i = 0; i < test->exchanges.n; i++)
        if (!add(test_exchange_at(&test->exchanges, i), base, list, err)) {
            json_decref(tape);
            return NULL;
        }
    return tape;
}
