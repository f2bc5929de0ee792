/* SPDX-License-Identifier: Apache-2.0
 * Reading a stream's description out of the configuration. */
#include "stream.h"

#include <omnihub/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/fields.h"

static const char *const stream_members[] = {"name",
                                             "dataset",
                                             "help",
                                             "url",
                                             "method",
                                             "body",
                                             "headers",
                                             "format",
                                             "delimiter",
                                             "skip",
                                             "records",
                                             "sync",
                                             "encoding",
                                             "paging",
                                             "fields",
                                             "constants",
                                             "settle_days",
                                             "history_days",
                                             "max_window_days",
                                             "nulls",
                                             "day_zone",
                                             "date_format",
                                             NULL};
static const char *const paging_members[] = {"kind",       "path",  "param", "size",
                                             "size_param", "first", "total", NULL};
static const char *const field_members[] = {"path", "column", "format", "nulls", "help", NULL};

/* base.name, e.g. streams[0].paging.kind; "" where it is too long, which is no option. */
static const char *option(char out[REST_NAME_MAX], const char *base, const char *name)
{
    struct omni_text text;
    omni_text_begin(&text, out, REST_NAME_MAX);
    omni_text_add(&text, base);
    omni_text_add(&text, ".");
    omni_text_add(&text, name);
    if (!omni_text_done(&text))
        out[0] = '\0';
    return out;
}

static const char *text_of(const struct rest_reader *r, const char *base, const char *name,
                           const char *fallback)
{
    char path[REST_NAME_MAX];
    const char *text = r->hub->opt_text(r->config, option(path, base, name));
    return text && text[0] != '\0' ? text : fallback;
}

static omni_status wrong(const struct rest_reader *r, const char *base, const char *name,
                         const char *text)
{
    char path[REST_NAME_MAX];
    r->hub->fail_detail(r->run, "option", name ? option(path, base, name) : base);
    return r->hub->fail(r->run, OMNI_E_CONFIG, text);
}

/* A number that is not there reads as 0, like one that is. */
static int has_member(const struct rest_reader *r, const char *base, const char *name)
{
    for (uint32_t i = 0; i < r->hub->opt_count(r->config, base); i++)
        if (strcmp(r->hub->opt_item(r->config, base, i), name) == 0)
            return 1;
    return 0;
}

static omni_status whole_of(const struct rest_reader *r, const char *base, const char *name,
                            int64_t fallback, int64_t *out)
{
    char path[REST_NAME_MAX];
    *out =
        has_member(r, base, name) ? r->hub->opt_int(r->config, option(path, base, name)) : fallback;
    return *out >= 0 && *out <= 1000000 ? OMNI_OK
                                        : wrong(r, base, name, "must be from 0 to 1000000");
}

/* A member that nobody reads is a mistake in writing. */
static omni_status check_members(const struct rest_reader *r, const char *base,
                                 const char *const *known)
{
    char text[512] = "";
    for (uint32_t i = 0; i < r->hub->opt_count(r->config, base); i++) {
        const char *name = r->hub->opt_item(r->config, base, i);
        const char *const *k = known;
        while (*k && strcmp(*k, name) != 0)
            k++;
        if (*k)
            continue;
        struct omni_text t = OMNI_TEXT(text);
        omni_text_add(&t, "unknown; known are:");
        for (k = known; *k; k++) {
            omni_text_add(&t, " ");
            omni_text_add(&t, *k);
        }
        return wrong(r, base, name, text);
    }
    return OMNI_OK;
}

static omni_status read_field(struct rest_stream *s, const struct rest_reader *r, const char *base,
                              uint32_t i)
{
    char name[REST_NAME_MAX], text[512];
    snprintf(name, sizeof(name), "%s.fields[%u]", base, (unsigned)i);
    omni_status status = check_members(r, name, field_members);
    if (status != OMNI_OK)
        return status;
    s->fields[i] =
        (struct omni_field){.size = sizeof(struct omni_field),
                            .path = text_of(r, name, "path", NULL),
                            .column = text_of(r, name, "column", NULL),
                            .nulls = text_of(r, name, "nulls", text_of(r, base, "nulls", NULL)),
                            .help = text_of(r, name, "help", NULL)};
    s->list[i] = &s->fields[i];
    if (!s->fields[i].path)
        return wrong(r, name, "path", "is missing: where in a record the value lies, e.g. $.id");
    if (!s->fields[i].column)
        return wrong(r, name, "column", "is missing: a column of the dataset");
    const char *format = text_of(r, name, "format", NULL);
    const char *unknown = format ? fields_format(&s->fields[i], format) : NULL;
    if (!unknown)
        return OMNI_OK;
    snprintf(text, sizeof(text), "unknown format \"%.80s\"; known: %s", unknown, fields_words);
    return wrong(r, name, "format", text);
}

static omni_status read_fields(struct rest_stream *s, const struct rest_reader *r, const char *base)
{
    char path[REST_NAME_MAX];
    uint32_t n = r->hub->opt_count(r->config, option(path, base, "fields"));
    if (n == 0)
        return wrong(r, base, "fields", "is missing: a list of { path; column; format }");
    s->fields = calloc(n, sizeof(*s->fields));
    s->list = calloc(n + 1, sizeof(*s->list));
    if (!s->fields || !s->list)
        return r->hub->fail(r->run, OMNI_E_RETRY, "out of memory");
    s->stream.fields = s->list;
    omni_status status = OMNI_OK;
    for (uint32_t i = 0; status == OMNI_OK && i < n; i++)
        status = read_field(s, r, base, i);
    return status;
}

static omni_status read_constants(struct rest_stream *s, const struct rest_reader *r,
                                  const char *base)
{
    char path[REST_NAME_MAX];
    struct omni_text text = OMNI_TEXT(s->constants);
    option(path, base, "constants");
    for (uint32_t i = 0; i < r->hub->opt_count(r->config, path); i++) {
        const char *column = r->hub->opt_item(r->config, path, i);
        const char *value = text_of(r, path, column, "");
        if (strchr(value, ';'))
            return wrong(r, path, column, "must be a text without a semicolon");
        omni_text_add(&text, text.len > 0 ? ";" : "");
        omni_text_add(&text, column);
        omni_text_add(&text, "=");
        omni_text_add(&text, value);
    }
    s->stream.constants = s->constants;
    return omni_text_done(&text) ? OMNI_OK : wrong(r, base, "constants", "are too long");
}

/* The lookups of the helpers know no leading $. */
static const char *without_root(const char *path)
{
    if (path && path[0] == '$')
        path += path[1] == '.' ? 2 : 1;
    return path;
}

static omni_status read_paging(struct rest_stream *s, const struct rest_reader *r, const char *base)
{
    static const struct {
        const char *name, *param, *size_param;
        enum rest_paging paging;
        int needs_path;
    } kinds[] = {
        {"none", NULL, NULL, REST_SINGLE, 0},          {"next", NULL, NULL, REST_NEXT, 1},
        {"cursor", NULL, NULL, REST_CURSOR, 1},        {"page", "page", NULL, REST_PAGE, 0},
        {"offset", "offset", "limit", REST_OFFSET, 0}, {"link", NULL, NULL, REST_LINK, 0}};
    char name[REST_NAME_MAX];
    option(name, base, "paging");
    omni_status status = check_members(r, name, paging_members);
    const char *kind = text_of(r, name, "kind", "none");
    size_t i = 0, n = sizeof(kinds) / sizeof(kinds[0]);
    while (i < n && strcmp(kinds[i].name, kind) != 0)
        i++;
    if (status == OMNI_OK && i == n)
        status = wrong(r, name, "kind", "must be next, cursor, page, offset, link or none");
    if (status != OMNI_OK)
        return status;
    s->paging = kinds[i].paging;
    s->page_path = without_root(text_of(r, name, "path", NULL));
    s->page_param = text_of(r, name, "param", kinds[i].param);
    s->size_param = text_of(r, name, "size_param", kinds[i].size_param);
    s->total_path = without_root(text_of(r, name, "total", NULL));
    if (kinds[i].needs_path && !s->page_path)
        return wrong(r, name, "path", "is missing: where the reply names the next page");
    if (s->paging == REST_CURSOR && !s->page_param && !strstr(s->url, "{cursor}") &&
        !(s->body && strstr(s->body, "{cursor}")))
        return wrong(r, name, "param", "is missing: the query parameter that takes the cursor");
    status = whole_of(r, name, "size", 0, &s->page_size);
    return status == OMNI_OK ? whole_of(r, name, "first", 1, &s->first_page) : status;
}

static omni_status read_headers(struct rest_stream *s, const struct rest_reader *r,
                                const char *base)
{
    char path[REST_NAME_MAX];
    uint32_t n = r->hub->opt_count(r->config, option(path, base, "headers"));
    if (n > REST_HEADERS_MAX)
        return wrong(r, base, "headers", "are more than 16");
    for (uint32_t i = 0; i < n; i++) {
        s->headers[i] = r->hub->opt_item(r->config, path, i);
        if (!s->headers[i] || !strchr(s->headers[i], ':') || strpbrk(s->headers[i], "\r\n"))
            return wrong(r, base, "headers", "must be texts like \"Accept: application/json\"");
    }
    return OMNI_OK;
}

static int has_window(const struct rest_stream *s)
{
    return strstr(s->url, "{from") || (s->body && strstr(s->body, "{from"));
}

static omni_status read_sync(struct rest_stream *s, const struct rest_reader *r, const char *base)
{
    const char *sync = text_of(r, base, "sync", has_window(s) ? "window" : "snapshot");
    if (strcmp(sync, "window") != 0 && strcmp(sync, "snapshot") != 0)
        return wrong(r, base, "sync", "must be window or snapshot");
    s->stream.sync = strcmp(sync, "window") == 0 ? OMNI_WINDOW : OMNI_SNAPSHOT;
    if (s->stream.sync == OMNI_WINDOW && !has_window(s))
        return wrong(r, base, "url", "asks for no days: use {from} and {to} in url or body");
    int64_t settle = 0, history = 0, most = 0;
    omni_status status = whole_of(r, base, "settle_days", 3, &settle);
    if (status == OMNI_OK)
        status = whole_of(r, base, "history_days", 0, &history);
    if (status == OMNI_OK)
        status = whole_of(r, base, "max_window_days", 31, &most);
    s->stream.settle_days = (uint32_t)settle;
    s->stream.history_days = (uint32_t)history;
    s->stream.max_window_days = (uint32_t)most;
    s->stream.day_zone = text_of(r, base, "day_zone", "account");
    return status;
}

static omni_status read_format(struct rest_stream *s, const struct rest_reader *r, const char *base)
{
    const char *kind = text_of(r, base, "format", "json");
    const char *delimiter = text_of(r, base, "delimiter", strcmp(kind, "tsv") ? "," : "tab");
    int64_t skip;
    int format = fields_kind(kind);
    if (format < 0)
        return wrong(r, base, "format", "must be json, ndjson, csv or tsv");
    if (strlen(delimiter) != 1 && strcmp(delimiter, "tab") != 0 && strcmp(delimiter, "blanks") != 0)
        return wrong(r, base, "delimiter", "must be one character, \"tab\" or \"blanks\"");
    omni_status status = whole_of(r, base, "skip", 0, &skip);
    s->format = (uint32_t)format;
    s->records = text_of(r, base, "records", "$[*]");
    if (format == OMNI_FORMAT_CSV)
        snprintf(s->format_options, sizeof(s->format_options), "delimiter=%s skip=%d", delimiter,
                 (int)skip);
    const char *encoding = text_of(r, base, "encoding", "utf-8");
    if (!fields_is_encoding(encoding))
        return wrong(r, base, "encoding", "must be one of " FIELDS_ENCODINGS);
    fields_add_encoding(s->format_options, sizeof(s->format_options), encoding);
    return status;
}

static omni_status read_request(struct rest_stream *s, const struct rest_reader *r,
                                const char *base)
{
    s->stream.name = text_of(r, base, "name", NULL);
    s->stream.dataset = text_of(r, base, "dataset", NULL);
    s->stream.help = text_of(r, base, "help", NULL);
    s->url = text_of(r, base, "url", NULL);
    s->body = text_of(r, base, "body", NULL);
    s->method = text_of(r, base, "method", s->body ? "POST" : "GET");
    s->date_format = text_of(r, base, "date_format", "%Y-%m-%d");
    if (!s->stream.name)
        return wrong(r, base, "name", "is missing");
    if (!s->stream.dataset)
        return wrong(r, base, "dataset", "is missing: where the rows go, e.g. orders");
    if (!s->url)
        return wrong(r, base, "url", "is missing: a path under api_url, e.g. /orders?from={from}");
    if (strcmp(s->method, "GET") != 0 && strcmp(s->method, "POST") != 0)
        return wrong(r, base, "method", "must be GET or POST");
    return OMNI_OK;
}

omni_status rest_stream_read(struct rest_stream *s, const struct rest_reader *r, uint32_t i)
{
    static omni_status (*const steps[])(struct rest_stream *, const struct rest_reader *,
                                        const char *) = {read_request,  read_headers, read_format,
                                                         read_sync,     read_paging,  read_fields,
                                                         read_constants};
    char base[REST_NAME_MAX];
    snprintf(base, sizeof(base), "streams[%u]", (unsigned)i);
    s->stream.size = sizeof(s->stream);
    omni_status status = check_members(r, base, stream_members);
    for (size_t k = 0; status == OMNI_OK && k < sizeof(steps) / sizeof(steps[0]); k++)
        status = steps[k](s, r, base);
    return status;
}

void rest_stream_free(struct rest_stream *s)
{
    free(s->fields);
    free(s->list);
}
