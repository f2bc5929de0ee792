/* SPDX-License-Identifier: Apache-2.0
 * Takes in one reply under limits; every byte of it is hostile until counted. */
#include <config.h>

#include "http/intake.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum {
    HEAD_MAX = 256 * 1024, /* all header lines of one reply, 1xx replies included */
    HEAD_LINES = 500,
    ERROR_BODY = 1024 * 1024, /* of replies that are not 2xx; more is dropped unread */
    RATIO_FROM = 1024 * 1024  /* decoded bytes below which any ratio is fine */
};

void intake_start(struct intake *in)
{
    in->status = 0;
    in->head.max = HEAD_MAX;
    buf_clear(&in->head);
    in->n_headers = in->head_bytes = 0;
    free(in->headers);
    in->headers = NULL;
    in->body.max = in->max_body;
    buf_clear(&in->body);
    in->decoded = 0;
    in->head_whole = in->body_begun = in->streams = in->is_html = false;
    in->failed = OMNI_OK;
    in->failed_by_caller = false;
    in->why = (struct err){0};
}

void intake_free(struct intake *in)
{
    buf_free(&in->head);
    buf_free(&in->body);
    free(in->headers);
    in->headers = NULL;
}

static bool fail_with(struct intake *in, omni_status status)
{
    in->failed = status;
    in->why.status = status;
    return false;
}

static bool called(struct intake *in, omni_status status)
{
    in->failed_by_caller = status != OMNI_OK;
    return status == OMNI_OK ? true : fail_with(in, status);
}

/* "Name:  value \r\n" → "name: value"; control characters cannot survive into logs or plugins. */
static void add_header(struct intake *in, const char *line, size_t n)
{
    size_t colon = (size_t)((const char *)memchr(line, ':', n) - line), from = colon + 1;
    while (n > from && isspace((unsigned char)line[n - 1]))
        n--;
    while (from < n && isspace((unsigned char)line[from]))
        from++;
    for (size_t i = 0; i < colon; i++)
        buf_addc(&in->head, (char)tolower((unsigned char)line[i]));
    buf_adds(&in->head, ": ");
    for (size_t i = from; i < n; i++)
        buf_addc(&in->head, iscntrl((unsigned char)line[i]) ? ' ' : line[i]);
    buf_add(&in->head, "", 1);
    in->n_headers++;
}

/* Two different lengths: what one reader of the wire calls the body, another calls the next
 * reply. */
static bool lengths_agree(struct intake *in, const char *line, size_t n)
{
    static const char name[] = "content-length:";
    const char *before = intake_header(in, "content-length");
    if (!before || n < sizeof name || strncasecmp(line, name, sizeof name - 1) != 0)
        return true;
    const char *value = line + sizeof name - 1;
    value += strspn(value, " \t");
    size_t len = strcspn(value, " \t\r\n");
    return strlen(before) == len && strncmp(before, value, len) == 0;
}

bool intake_line(struct intake *in, const char *line, size_t n)
{
    in->head_bytes += n;
    if (in->head_bytes > HEAD_MAX / 2 || in->n_headers >= HEAD_LINES) {
        err_set(&in->why, OMNI_E_DATA, "the reply's head is larger than %d bytes or %d lines",
                HEAD_MAX / 2, HEAD_LINES);
        return fail_with(in, OMNI_E_DATA);
    }
    if (n >= 5 && strncmp(line, "HTTP/", 5) == 0) { /* a 1xx reply came before */
        buf_clear(&in->head);
        in->n_headers = 0;
        in->head_whole = false;
        return true;
    }
    in->head_whole |= n > 0 && (line[0] == '\r' || line[0] == '\n'); /* the empty line */
    if (in->body_begun || !memchr(line, ':', n) || line[0] == ' ' || line[0] == '\t')
        return true; /* trailers and folded lines carry nothing that is needed */
    auto_free char *text = xstrndup(line, n);
    if (!lengths_agree(in, text, n)) {
        err_set(&in->why, OMNI_E_RETRY, "the reply has two different Content-Length headers");
        return fail_with(in, OMNI_E_RETRY);
    }
    add_header(in, line, n);
    return true;
}

const char *intake_header(const struct intake *in, const char *name)
{
    size_t n = strlen(name);
    const char *p = buf_text(&in->head);
    for (size_t i = 0; i < in->n_headers; i++, p += strlen(p) + 1)
        if (strncmp(p, name, n) == 0 && p[n] == ':')
            return p + n + 2;
    return NULL;
}

bool intake_is_success(const struct intake *in)
{
    return in->status >= 200 && in->status < 300;
}

/* A login page, a maintenance page or a captive portal answers 200 with HTML. Some APIs label
 * their JSON as text/html, so the first byte has its say too. */
static bool looks_like_html(const struct intake *in, const char *bytes, size_t n)
{
    const char *type = intake_header(in, "content-type");
    size_t i = 0;
    if (!in->wants_json || !intake_is_success(in))
        return false;
    while (i < n && isspace((unsigned char)bytes[i]))
        i++;
    char first = i < n ? bytes[i] : '\0';
    if (type &&
        (strncasecmp(type, "text/html", 9) == 0 || strncasecmp(type, "application/xhtml", 17) == 0))
        return first != '{' && first != '[';
    return first == '<' && (!type || strcasestr(type, "json"));
}

static bool body_start(struct intake *in, const char *bytes, size_t n)
{
    in->body_begun = true;
    in->is_html = looks_like_html(in, bytes, n);
    if (!in->calls || !intake_is_success(in) || in->is_html)
        return true;
    in->streams = in->calls->body;
    if (!in->calls->begin)
        return true;
    return called(in, in->calls->begin(in->calls->ctx, &in->why));
}

static bool within_limits(struct intake *in, uint64_t received)
{
    if (in->decoded > in->max_body) {
        err_set(&in->why, OMNI_E_DATA, "the reply is larger than %llu bytes",
                (unsigned long long)in->max_body);
        return fail_with(in, OMNI_E_DATA);
    }
    if (in->decoded > RATIO_FROM && received && in->decoded / received > in->max_ratio) {
        err_set(&in->why, OMNI_E_DATA,
                "the reply unpacks to more than %u times its size (%llu bytes from %llu): refused",
                in->max_ratio, (unsigned long long)in->decoded, (unsigned long long)received);
        return fail_with(in, OMNI_E_DATA);
    }
    return true;
}

bool intake_body(struct intake *in, const void *bytes, size_t n, uint64_t received)
{
    if (!in->body_begun && !body_start(in, bytes, n))
        return false;
    in->decoded += n;
    if (!within_limits(in, received))
        return false;
    if ((!intake_is_success(in) || in->is_html) && in->body.len + n > ERROR_BODY)
        return true;
    if ((!in->streams || in->keep_copy) && !buf_add(&in->body, bytes, n)) {
        err_set(&in->why, OMNI_E_DATA, "the reply is larger than %zu bytes", in->body.max);
        return fail_with(in, OMNI_E_DATA);
    }
    if (!in->streams)
        return true;
    return called(in, in->calls->body(in->calls->ctx, bytes, n, &in->why));
}

omni_status intake_end(struct intake *in, struct err *err)
{
    if (!in->body_begun && !body_start(in, "", 0)) {
        if (err)
            *err = in->why;
        return in->failed;
    }
    /* A head without body may say text/html: nothing to mistake for data. */
    if (in->decoded == 0)
        in->is_html = false;
    free(in->headers);
    in->headers = xcalloc(in->n_headers + 1, sizeof *in->headers);
    const char *p = buf_text(&in->head);
    for (size_t i = 0; i < in->n_headers; i++, p += strlen(p) + 1)
        in->headers[i] = p;
    return OMNI_OK;
}

omni_status intake_reply(struct intake *in, struct http_reply *reply, struct err *err)
{
    *reply = (struct http_reply){.status = in->status, .headers = in->headers, .body = ""};
    if (!in->streams) {
        reply->body = buf_text(&in->body);
        reply->body_len = in->body.len;
        return OMNI_OK;
    }
    if (!in->calls->envelope)
        return OMNI_OK;
    return in->calls->envelope(in->calls->ctx, &reply->body, &reply->body_len, err);
}
