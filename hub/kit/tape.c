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

enum { TAPE_MODE = 0600 };

json_t *tape_exchanges(const json_t *tape)
{
    return json_object_get(tape, "exchanges");
}

char *tape_request(const char *method, const char *url, const char *body)
{
    return xasprintf("%s %s%s%s", method ? method : "GET", url, body && *body ? " " : "",
                     body ? body : "");
}

/* ---- of a file ---- */

static json_t *load(const char *path, struct err *err)
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

struct taping {
    const struct test_file *test;
    const char *base;
    size_t number; /* of the exchange, for messages */
    struct err *err;
};

#define REFUSE(t, ...) err_set((t)->err, OMNI_E_CONFIG, __VA_ARGS__)

/* "GET /v1/report?day=2026-01-31" */
static bool put_request(struct taping *t, const json_t *given, json_t *request)
{
    const char *line = json_text(given, "request"), *base = t->base;
    size_t n = line ? strcspn(line, " ") : 0;
    if (!line || line[n] != ' ') {
        REFUSE(t, "exchange %zu: request = \"METHOD URL\" is missing", t->number);
        return false;
    }
    const char *url = line + n + 1;
    if (!strstr(url, "://") && !base) {
        REFUSE(t,
               "exchange %zu: \"%s\" is relative: write the whole url, or give the option "
               "api_url",
               t->number, url);
        return false;
    }
    auto_free char *method = xstrndup(line, n);
    bool is_whole = strstr(url, "://") && *url != '/';
    size_t end = base ? strlen(base) : 0;
    while (end && base[end - 1] == '/')
        end--;
    auto_free char *whole =
        is_whole ? xstrdup(url)
                 : xasprintf("%.*s%s%s", (int)end, base ? base : "", *url == '/' ? "" : "/", url);
    json_put_text(request, "method", method);
    json_put_text(request, "url", whole);
    json_put_text(request, "body", json_text(given, "body"));
    return true;
}

static bool put_file(struct taping *t, const char *name, json_t *reply)
{
    auto_buf bytes = BUF_INIT(CASSETTE_MAX);
    auto_free char *path =
        name[0] == '/' ? xstrdup(name) : xasprintf("%s/%s", test_file_folder(t->test), name);
    if (file_read(path, &bytes, t->err) != OMNI_OK)
        return false;
    if (text_is_utf8(buf_text(&bytes), bytes.len)) {
        json_object_set_new(reply, "body", json_stringn(buf_text(&bytes), bytes.len));
        return true;
    }
    auto_buf base64 = BUF_INIT(CASSETTE_MAX);
    text_add_base64(&base64, bytes.data, bytes.len, false);
    json_put_text(reply, "body_base64", buf_text(&base64));
    return true;
}

/* A text as it stands; a group or list as JSON. */
static bool put_reply(struct taping *t, const json_t *given, json_t *reply)
{
    const json_t *body = json_object_get(given, "reply");
    const json_t *headers = json_object_get(given, "headers");
    const char *file = json_text(given, "reply_file");
    auto_json *typed = json_pack("[s]", "content-type: application/json");
    json_put_int(reply, "status", json_int(given, "status", 200));
    json_put_text(reply, "fault", json_text(given, "fault"));
    json_object_set(reply, "headers", headers ? (json_t *)headers : typed);
    if (file)
        return put_file(t, file, reply);
    if (json_is_string(body))
        json_object_set(reply, "body", (json_t *)body);
    else if (body) {
        auto_free char *text = json_print(body);
        json_put_text(reply, "body", text);
    }
    return true;
}

static bool add(struct taping *t, const json_t *given, json_t *list)
{
    json_t *request = json_object(), *reply = json_object();
    json_array_append_new(list, json_pack("{s:o, s:o}", "request", request, "reply", reply));
    return put_request(t, given, request) && put_reply(t, given, reply);
}

json_t *tape_of(const struct test_file *test, const char *base, struct err *err)
{
    struct taping t = {.test = test, .base = base, .err = err};
    const json_t *given;
    size_t i;
    if (test->cassette)
        return load(test->cassette, err);
    json_t *list = json_array();
    json_t *tape = json_pack("{s:i, s:o}", CASSETTE_MARK, CASSETTE_VERSION, "exchanges", list);
    json_array_foreach(test->exchanges, i, given)
    {
        t.number = i + 1;
        if (!add(&t, given, list)) {
            json_decref(tape);
            return NULL;
        }
    }
    return tape;
}
