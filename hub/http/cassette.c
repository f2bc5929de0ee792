/* SPDX-License-Identifier: Apache-2.0
 * Recording: exchanges become JSON, secrets leave on the way in, and are looked for once more at
 * the end. */
#include <config.h>

#include "http/cassette.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/cassette_priv.h"
#include "http/redirect.h"

enum { CASSETTE_MODE = 0600 };

struct cassette *cassette_new(const char *path)
{
    struct cassette *c = xcalloc(1, sizeof *c);
    c->path = xstrdup(path);
    return c;
}

void cassette_free(struct cassette *c)
{
    if (!c)
        return;
    json_decref(c->root);
    free(c->played);
    free(c->path);
    free(c);
}

/* Found out before the platform is asked for anything. */
static bool can_be_written(const char *path)
{
    struct stat st;
    const char *slash = strrchr(path, '/');
    auto_free char *folder = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return false;
    return stat(folder, &st) == 0 && S_ISDIR(st.st_mode);
}

struct cassette *cassette_record(const char *path, struct err *err)
{
    if (!can_be_written(path)) {
        err_set(err, OMNI_E_CONFIG, "cassette %s: its folder is not there, or it is not a file",
                path);
        return NULL;
    }
    struct cassette *c = cassette_new(path);
    c->root = json_object();
    c->exchanges = json_array();
    json_put_int(c->root, CASSETTE_MARK, CASSETTE_VERSION);
    json_object_set_new(c->root, "exchanges", c->exchanges);
    return c;
}

static bool put_body(json_t *object, const struct scrub *scrub, const char *bytes, size_t n)
{
    auto_buf clean = BUF_INIT(CASSETTE_MAX);
    if (n == 0)
        return true;
    if (!scrub_text(scrub, &clean, bytes, n))
        return false;
    if (text_is_utf8(clean.data, clean.len)) {
        json_object_set_new(object, "body", json_stringn(clean.data, clean.len));
        return true;
    }
    auto_buf base64 = BUF_INIT(CASSETTE_MAX);
    if (!text_add_base64(&base64, clean.data, clean.len, false))
        return false;
    json_put_text(object, "body_base64", base64.data);
    return true;
}

/* What described the bytes on the wire says nothing about the decoded ones that are kept. */
static bool is_of_the_wire(const char *line)
{
    static const char *const names[] = {
        "content-length:", "content-encoding:", "transfer-encoding:", "connection:"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (text_starts(line, names[i]))
            return true;
    return false;
}

static bool put_headers(json_t *object, const struct scrub *scrub, const char *const *headers)
{
    json_t *list = json_array();
    bool fine = true;
    for (; headers && *headers && fine; headers++) {
        auto_buf line = BUF_INIT(CASSETTE_MAX);
        if (is_of_the_wire(*headers))
            continue;
        fine = scrub_header(scrub, &line, *headers);
        auto_buf text = BUF_INIT(CASSETTE_MAX);
        fine = fine && text_add_utf8(&text, buf_text(&line), line.len);
        json_array_append_new(list, json_string(buf_text(&text)));
    }
    json_object_set_new(object, "headers", list);
    return fine;
}

static bool put_request(json_t *request, const struct scrub *scrub, const struct exchange *ex)
{
    auto_buf url = BUF_INIT(CASSETTE_MAX);
    json_put_text(request, "method", ex->method);
    bool fine = scrub_text(scrub, &url, ex->url.text, strlen(ex->url.text));
    json_put_text(request, "url", buf_text(&url));
    return fine && put_headers(request, scrub, ex->headers) &&
           put_body(request, scrub, ex->body, ex->body ? ex->body_len : 0);
}

omni_status cassette_add(struct cassette *c, const struct scrub *scrub, const struct exchange *ex,
                         const struct intake *in, struct err *err)
{
    json_t *exchange = json_object(), *request = json_object(), *reply = json_object();
    json_object_set_new(exchange, "request", request);
    json_object_set_new(exchange, "reply", reply);
    json_array_append_new(c->exchanges, exchange);
    c->bytes += in->body.len + ex->body_len;
    json_put_int(reply, "status", in->status);
    bool fine = c->bytes < CASSETTE_MAX && put_request(request, scrub, ex) &&
                put_headers(reply, scrub, in->headers) &&
                put_body(reply, scrub, buf_text(&in->body), in->body.len);
    if (fine)
        return OMNI_OK;
    return err_set(err, OMNI_E_CONFIG,
                   "cassette %s: more than %d MiB; record a smaller window of days", c->path,
                   CASSETTE_MAX >> 20);
}

omni_status cassette_write(struct cassette *c, struct err *err)
{
    auto_free char *text = json_dumps(c->root, JSON_INDENT(2));
    if (!text)
        return err_set(err, OMNI_E_BUG, "cassette %s cannot be printed", c->path);
    if (scrub_finds(text, strlen(text)))
        return err_set(
            err, OMNI_E_BUG,
            "cassette %s was not written: a secret is still in it, encoded in a way that "
            "is not scrubbed; leave out the request whose reply repeats it",
            c->path);
    auto_free char *lines = xasprintf("%s\n", text);
    omni_status status = file_replace(c->path, lines, strlen(lines), CASSETTE_MODE, err);
    if (status != OMNI_OK)
        err_prefix(err, "cassette: ");
    return status;
}
