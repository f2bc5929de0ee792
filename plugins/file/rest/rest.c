/* SPDX-License-Identifier: Apache-2.0
 * Any JSON, NDJSON or CSV API, described wholly in the configuration. */
#include <omnihub/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stream.h"

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "streams", .type = OMNI_OPT_TREE, .flags = OMNI_REQUIRED,
                .help = "what to ask for and where the fields are; see the source's page"),
    OMNI_OPTION(.name = "account_id", .type = OMNI_OPT_TEXT,
                .help = "fills {account} in url and body"),
    OMNI_OPTION(.name = "currency", .type = OMNI_OPT_TEXT,
                .help = "of amounts that come without one (ISO 4217)"),
    OMNI_OPTION(.name = "zone", .type = OMNI_OPT_TEXT,
                .help = "whose days these are: Europe/Lisbon (IANA)"),
    OMNI_OPTION(.name = "token", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "login: Authorization: Bearer"),
    OMNI_OPTION(.name = "header_name", .type = OMNI_OPT_TEXT, .fallback = "X-Api-Key",
                .help = "login: the header that takes header_value"),
    OMNI_OPTION(.name = "header_value", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "login: value of that header"),
    OMNI_OPTION(.name = "query_name", .type = OMNI_OPT_TEXT, .fallback = "api_key",
                .help = "login: the query parameter that takes query_value"),
    OMNI_OPTION(.name = "query_value", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "login: value of that parameter"),
    OMNI_OPTION(.name = "user", .type = OMNI_OPT_TEXT, .help = "login: basic"),
    OMNI_OPTION(.name = "password", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "login: basic"),
    OMNI_OPTION(.name = "client_id", .type = OMNI_OPT_TEXT, .help = "login: OAuth 2"),
    OMNI_OPTION(.name = "client_secret", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "login: OAuth 2"),
    OMNI_OPTION(.name = "refresh_token", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "login: OAuth 2; without it the client logs in for itself"),
    OMNI_OPTION(.name = "token_url", .type = OMNI_OPT_TEXT, .fallback = "/token",
                .help = "login: OAuth 2, where tokens are given out"),
    OMNI_OPTION(.name = "scope", .type = OMNI_OPT_TEXT, .help = "login: OAuth 2"),
    NULL};

/* {name}: the text of that option. */
static const struct omni_auth *const logins[] = {
    OMNI_LOGIN(.kind = OMNI_AUTH_BEARER, .options = "token"),
    OMNI_LOGIN(.kind = OMNI_AUTH_HEADER, .options = "header_value", .header = "{header_name}"),
    OMNI_LOGIN(.kind = OMNI_AUTH_QUERY, .options = "query_value", .header = "{query_name}"),
    OMNI_LOGIN(.kind = OMNI_AUTH_BASIC, .options = "user,password"),
    OMNI_LOGIN(.kind = OMNI_AUTH_OAUTH2_REFRESH, .options = "client_id,client_secret,refresh_token",
               .token_url = "{token_url}", .scope = "{scope}"),
    OMNI_LOGIN(.kind = OMNI_AUTH_OAUTH2_CLIENT, .options = "client_id,client_secret",
               .token_url = "{token_url}", .scope = "{scope}"),
    OMNI_LOGIN(.kind = OMNI_AUTH_NONE),
    NULL};

/* discover() tells them. */
static const struct omni_stream *const streams[] = {NULL};

static omni_status rest_open(const struct omni_host *, const struct omni_config *,
                             struct omni_run *, void **self);
static void rest_close(void *self);
static omni_status rest_check(void *self, struct omni_run *);
static omni_status rest_discover(void *self, struct omni_run *);
static omni_status rest_pull(void *self, struct omni_run *, const struct omni_request *);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.flags = OMNI_SOURCE_ANY_HOST, .name = "rest", .title = "Any REST API",
                .family = "file", .help = "an API that is described in the configuration",
                .account_option = "account_id", .options = options, .logins = logins,
                .streams = streams, .open = rest_open, .close = rest_close, .check = rest_check,
                .discover = rest_discover, .pull = rest_pull),
    NULL};

enum { URL_MAX = 8192, BODY_MAX = 16384, VALUE_MAX = 3 * OMNI_PAGES_CURSOR };
/* An API that takes no notice of page or offset would go on for ever. */
enum { NUMBERED_PAGES_MAX = 100000 };

struct rest {
    const struct omni_host *hub;
    const struct omni_config *config;
    struct rest_stream *streams;
    uint32_t n_streams;
};

static omni_status rest_open(const struct omni_host *hub, const struct omni_config *config,
                             struct omni_run *run, void **self)
{
    const struct rest_reader reader = {hub, config, run};
    struct rest *rest = calloc(1, sizeof(*rest));
    uint32_t n = hub->opt_count(config, "streams");
    if (rest)
        rest->streams = calloc(n + 1, sizeof(*rest->streams));
    if (!rest || !rest->streams) {
        free(rest);
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    }
    rest->hub = hub;
    rest->config = config;
    rest->n_streams = n;
    omni_status status = OMNI_OK;
    if (!hub->opt_text(config, "api_url")) {
        hub->fail_detail(run, "option", "api_url");
        status =
            hub->fail(run, OMNI_E_CONFIG,
                      "is missing: what all urls begin with, e.g. \"https://api.example.com/v2\"");
    } else if (n == 0) {
        hub->fail_detail(run, "option", "streams");
        status = hub->fail(run, OMNI_E_CONFIG, "must be a list of streams: ( { name = …; } )");
    }
    for (uint32_t i = 0; status == OMNI_OK && i < n; i++)
        status = rest_stream_read(&rest->streams[i], &reader, i);
    if (status != OMNI_OK)
        rest_close(rest);
    else
        *self = rest;
    return status;
}

static void rest_close(void *self)
{
    struct rest *rest = self;
    for (uint32_t i = 0; i < rest->n_streams; i++)
        rest_stream_free(&rest->streams[i]);
    free(rest->streams);
    free(rest);
}

static omni_status rest_discover(void *self, struct omni_run *run)
{
    struct rest *rest = self;
    omni_status status = OMNI_OK;
    for (uint32_t i = 0; status == OMNI_OK && i < rest->n_streams; i++)
        status = rest->hub->found_stream(run, &rest->streams[i].stream);
    return status;
}

/* Currency and zone are what the admin says; the API is not asked. */
static omni_status tell_account(struct rest *rest, struct omni_run *run, const char *account)
{
    const char *currency = rest->hub->opt_text(rest->config, "currency");
    const char *zone = rest->hub->opt_text(rest->config, "zone");
    if (!currency && !zone)
        return OMNI_OK;
    return rest->hub->found_account(run, account ? account : "", NULL, currency, zone);
}

/* What the placeholders of one request stand for. */
struct page {
    const struct rest_stream *stream;
    const struct omni_request *request;
    const struct omni_pages *pages;
};

/* The value of {name}; 0: there is no such placeholder. */
static int value_of(const struct page *p, const char *name, size_t len, struct omni_text *out)
{
    static const struct {
        const char *name;
        int is_from, days_on;
    } dates[] = {{"from", 1, 0}, {"to", 0, 0}, {"to_next", 0, 1}};
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++)
        if (strlen(dates[i].name) == len && strncmp(dates[i].name, name, len) == 0) {
            int32_t day = dates[i].is_from ? p->request->from_day : p->request->to_day;
            omni_text_add_day_as(out, day + dates[i].days_on, p->stream->date_format);
            return 1;
        }
    if (len == 7 && strncmp(name, "account", len) == 0)
        omni_text_add(out, p->request->account);
    else if (len == 6 && strncmp(name, "cursor", len) == 0)
        omni_text_add(out, p->pages->cursor);
    else if (len == 4 && strncmp(name, "page", len) == 0)
        omni_text_add_int(out, p->stream->first_page + (int64_t)p->pages->page);
    else if (len == 6 && strncmp(name, "offset", len) == 0)
        omni_text_add_int(out, (int64_t)p->pages->offset);
    else if (len == 4 && strncmp(name, "size", len) == 0)
        omni_text_add_int(out, p->stream->page_size);
    else
        return 0;
    return 1;
}

/* A value must not end the text it stands in: JSON bodies hold it escaped, all else in percent. */
static void add_value(struct omni_text *out, const char *value, int is_json)
{
    if (!is_json) {
        omni_text_add_percent(out, value);
        return;
    }
    char memory[VALUE_MAX];
    struct omni_text quoted = OMNI_TEXT(memory);
    omni_text_add_json(&quoted, value);
    if (!omni_text_done(&quoted))
        out->is_cut = 1;
    else
        omni_text_add_bytes(out, quoted.data + 1, quoted.len - 2);
}

/* Copies a template; braces around any other word stay as they are. */
static void fill_in(struct omni_text *out, const char *template, const struct page *p)
{
    int is_json = template[strspn(template, " \t\r\n")] == '{' ||
                  template[strspn(template, " \t\r\n")] == '[';
    while (*template != '\0') {
        const char *open = strchr(template, '{');
        size_t plain = open ? (size_t)(open - template) : strlen(template);
        omni_text_add_bytes(out, template, plain);
        template += plain;
        if (!open)
            return;
        size_t len = strspn(open + 1, "abcdefghijklmnopqrstuvwxyz_");
        char memory[VALUE_MAX];
        struct omni_text value = OMNI_TEXT(memory);
        if (open[1 + len] == '}' && value_of(p, open + 1, len, &value)) {
            add_value(out, value.data, is_json);
            template = open + len + 2;
        } else {
            omni_text_add_bytes(out, open, 1);
            template = open + 1;
        }
    }
}

static void page_url(struct omni_text *url, const struct page *p)
{
    const struct rest_stream *s = p->stream;
    int is_whole_url = s->paging == REST_NEXT || s->paging == REST_LINK;
    if (is_whole_url && p->pages->cursor[0] != '\0') {
        omni_text_add(url, p->pages->cursor);
        return;
    }
    fill_in(url, s->url, p);
    if (s->page_size > 0 && s->size_param && !strstr(s->url, "{size}"))
        omni_query_int(url, s->size_param, s->page_size);
    if (s->paging == REST_CURSOR && s->page_param)
        omni_query(url, s->page_param, p->pages->cursor);
    if (s->paging == REST_PAGE && !strstr(s->url, "{page}") && !s->body)
        omni_query_int(url, s->page_param, s->first_page + (int64_t)p->pages->page);
    if (s->paging == REST_OFFSET && !strstr(s->url, "{offset}") && !s->body)
        omni_query_int(url, s->page_param, (int64_t)p->pages->offset);
}

static int more_pages(const struct rest_stream *s, struct omni_pages *pages,
                      const struct omni_http *http)
{
    int64_t total = -1;
    switch (s->paging) {
    case REST_NEXT:
    case REST_CURSOR:
        return omni_pages_after(pages, http, s->page_path);
    case REST_LINK:
        return omni_pages_link(pages, http);
    case REST_OFFSET:
        if (s->total_path)
            omni_json_int(omni_json_of_reply(http), s->total_path, &total);
        return omni_pages_offset(pages, http->records, total);
    case REST_PAGE: /* until a page is empty: some APIs give less than asked for */
        return omni_pages_offset(pages, http->records, -1);
    case REST_SINGLE:
        break;
    }
    return 0;
}

/* Rows that came in between shift the others; fewer than announced were lost on the way. */
static omni_status check_count(struct rest *rest, struct omni_run *run, const struct page *p,
                               const struct omni_http *last)
{
    char text[160];
    int64_t total = -1;
    if (p->stream->paging == REST_OFFSET && p->stream->total_path)
        omni_json_int(omni_json_of_reply(last), p->stream->total_path, &total);
    if (total < 0 || (uint64_t)total <= p->pages->offset)
        return OMNI_OK;
    snprintf(text, sizeof(text), "the platform announced %lld records and sent %llu",
             (long long)total, (unsigned long long)p->pages->offset);
    return rest->hub->fail(run, OMNI_E_DATA, text);
}

static omni_status read_pages(struct rest *rest, struct omni_run *run, const struct page *p,
                              struct omni_pages *pages)
{
    const struct rest_stream *s = p->stream;
    struct omni_http http;
    do {
        char url_memory[URL_MAX], body_memory[BODY_MAX];
        struct omni_text url = OMNI_TEXT(url_memory), body = OMNI_TEXT(body_memory);
        page_url(&url, p);
        if (s->body)
            fill_in(&body, s->body, p);
        /* This source only ever asks: what it posts may be sent again. */
        http = (struct omni_http){.size = sizeof(http),
                                  .flags = OMNI_HTTP_REPEATABLE,
                                  .method = s->method,
                                  .url = omni_text_done(&url),
                                  .headers = s->headers,
                                  .body = s->body ? omni_text_done(&body) : NULL,
                                  .body_len = body.len,
                                  .format = s->format,
                                  .format_options = s->format_options};
        if (!http.url || (s->body && !http.body))
            return rest->hub->fail(run, OMNI_E_CONFIG, "url or body becomes too long");
        omni_status status = rest->hub->rows(run, &http, s->records);
        if (status != OMNI_OK)
            return status;
    } while (more_pages(s, pages, &http));
    omni_status status = omni_pages_end(pages, rest->hub, run);
    return status == OMNI_OK ? check_count(rest, run, p, &http) : status;
}

static omni_status rest_pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct rest *rest = self;
    struct omni_pages pages = OMNI_PAGES;
    const struct rest_stream *s = NULL;
    for (uint32_t i = 0; i < rest->n_streams; i++)
        if (strcmp(rest->streams[i].stream.name, request->stream->name) == 0)
            s = &rest->streams[i];
    if (!s)
        return rest->hub->fail(run, OMNI_E_BUG, "no such stream");
    if (s->paging == REST_PAGE || s->paging == REST_OFFSET)
        pages.max_pages = NUMBERED_PAGES_MAX;
    const struct page page = {s, request, &pages};
    omni_status status = tell_account(rest, run, request->account);
    return status == OMNI_OK ? read_pages(rest, run, &page, &pages) : status;
}

/* Asks for the first page of the first stream, of yesterday. */
static omni_status rest_check(void *self, struct omni_run *run)
{
    enum { SECONDS_A_DAY = 86400 };
    struct rest *rest = self;
    const struct omni_pages pages = OMNI_PAGES;
    int32_t yesterday = (int32_t)(time(NULL) / SECONDS_A_DAY) - 1;
    const struct rest_stream *s = &rest->streams[0];
    const struct omni_request request = {.size = sizeof(request),
                                         .from_day = yesterday,
                                         .to_day = yesterday,
                                         .stream = &s->stream,
                                         .account =
                                             rest->hub->opt_text(rest->config, "account_id")};
    const struct page page = {s, &request, &pages};
    char url_memory[URL_MAX], body_memory[BODY_MAX];
    struct omni_text url = OMNI_TEXT(url_memory), body = OMNI_TEXT(body_memory);
    page_url(&url, &page);
    if (s->body)
        fill_in(&body, s->body, &page);
    struct omni_http http = {.size = sizeof(http),
                             .flags = OMNI_HTTP_REPEATABLE,
                             .method = s->method,
                             .url = omni_text_done(&url),
                             .headers = s->headers,
                             .body = s->body ? omni_text_done(&body) : NULL,
                             .body_len = body.len};
    if (!http.url || (s->body && !http.body))
        return rest->hub->fail(run, OMNI_E_CONFIG, "url or body becomes too long");
    return rest->hub->http(run, &http);
}

OMNI_MODULE("rest", "1.0", .vendor = "omnihub", .license = "Apache-2.0", .sources = sources);
