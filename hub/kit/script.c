/* SPDX-License-Identifier: Apache-2.0
 * Requests are compared part by part, so that a test that fails says which part is another one. */
#include <config.h>

#include "kit/script.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

enum { QUERY_MAX = 1024 * 1024, SHOWN_MAX = 300, PROBLEM_MAX = 16384 };

struct script {
    const struct test_file *test;
    bool *came;    /* by index */
    char *problem; /* of the first request that was not expected; NULL */
};

struct script *script_new(const struct test_file *test)
{
    struct script *s = xcalloc(1, sizeof *s);
    s->test = test;
    s->came = xcalloc(test->server.n + 1, sizeof *s->came);
    return s;
}

void script_free(struct script *s)
{
    if (!s)
        return;
    free(s->came);
    free(s->problem);
    free(s);
}

/* ---- the query ---- */

/* Adds "name=value" for each parameter behind the "?". */
static void add_query(json_t *list, const char *target)
{
    const char *p = strchr(target, '?');
    for (p = p ? p + 1 : ""; *p;) {
        size_t n = strcspn(p, "&");
        auto_buf pair = BUF_INIT(QUERY_MAX), text = BUF_INIT(4 * QUERY_MAX);
        auto_free char *blanks = xstrndup(p, n); /* a plus is a blank here */
        for (char *plus = blanks; (plus = strchr(plus, '+'));)
            *plus = ' ';
        text_add_unpercent(&pair, blanks, n);
        text_add_utf8(&text, buf_text(&pair), pair.len);
        if (n)
            json_array_append_new(list, json_string(buf_text(&text)));
        p += n + (p[n] == '&');
    }
}

/* 500 and "500" are the same in a url. */
static void add_group(json_t *list, const json_t *group)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)group, name, value)
    {
        auto_free char *printed = json_is_string(value) ? NULL : json_print(value);
        auto_free char *pair =
            xasprintf("%s=%s", name, printed ? printed : json_string_value(value));
        json_array_append_new(list, json_string(pair));
    }
}

static bool take(json_t *list, const json_t *pair)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) if (json_equal(one, (json_t *)pair))
    {
        json_array_remove(list, i);
        return true;
    }
    return false;
}

/* The value of that name, NULL: there is none. */
static const char *value_of(const json_t *list, const char *pair)
{
    size_t n = strcspn(pair, "=") + 1, i;
    json_t *one;
    json_array_foreach(list, i, one) if (strncmp(json_string_value(one), pair, n) ==
                                         0) return json_string_value(one) +
        n;
    return NULL;
}

static char *query_difference(const struct test_exchange *e, const char *target)
{
    auto_json *wanted = json_array(), *came = json_array(), *missing = json_array();
    json_t *pair;
    size_t i;
    add_query(wanted, strchr(e->request, ' ') + 1);
    add_group(wanted, e->query);
    add_query(came, target);
    json_array_foreach(wanted, i, pair) if (!take(came, pair)) json_array_append(missing, pair);
    const char *first = json_string_value(json_array_get(missing, 0));
    const char *instead = first ? value_of(came, first) : NULL;
    if (instead)
        return xasprintf("parameter %.*s is \"%s\", not \"%s\"", (int)strcspn(first, "="), first,
                         instead, first + strcspn(first, "=") + 1);
    if (first)
        return xasprintf("parameter %s is missing", first);
    if (!e->query && json_array_size(came) > 0)
        return xasprintf("parameter %s is one too many",
                         json_string_value(json_array_get(came, 0)));
    return NULL;
}

/* ---- the other parts ---- */

static const char *skip_blanks(const char *s)
{
    return s + strspn(s, " \t");
}

static const char *header_value(const struct script_request *r, const char *name, size_t n)
{
    for (const char *const *h = r->headers; *h; h++)
        if (strncasecmp(*h, name, n) == 0 && (*h)[n] == ':')
            return skip_blanks(*h + n + 1);
    return NULL;
}

/* Of the server itself where the script has only a path. */
static char *host_difference(const struct test_exchange *e, const struct script_request *r)
{
    size_t len = 0;
    const char *wanted = test_exchange_host(e, &len), *came = header_value(r, "host", 4);
    bool is_own = !came || text_starts(came, SERVER_HOST);
    if (wanted ? came && strlen(came) == len && strncasecmp(came, wanted, len) == 0 : is_own)
        return NULL;
    return xasprintf("the host is %s, not %.*s", is_own ? "the API's" : came,
                     wanted ? (int)len : SHOWN_MAX, wanted ? wanted : "the API's");
}

/* Path and query, "/" where a whole url has none. */
static const char *target_of(const struct test_exchange *e)
{
    size_t len = 0;
    const char *host = test_exchange_host(e, &len);
    return !host ? strchr(e->request, ' ') + 1 : host[len] == '/' ? host + len : "/";
}

static char *line_difference(const struct test_exchange *e, const struct script_request *r)
{
    size_t method = strcspn(e->request, " ");
    const char *target = target_of(e);
    size_t path = strcspn(target, "?"), came = strcspn(r->target, "?");
    if (strlen(r->method) != method || strncmp(r->method, e->request, method) != 0)
        return xasprintf("the method is %s, not %.*s", r->method, (int)method, e->request);
    char *host = host_difference(e, r);
    if (host)
        return host;
    if (path != came || strncmp(target, r->target, path) != 0)
        return xasprintf("the path is %.*s, not %.*s", (int)came, r->target, (int)path, target);
    return NULL;
}

static char *header_difference(const struct test_exchange *e, const struct script_request *r)
{
    for (const char *const *wanted = e->sends; wanted && *wanted; wanted++) {
        size_t n = strcspn(*wanted, ":");
        const char *value = skip_blanks(*wanted + n + ((*wanted)[n] == ':'));
        const char *came = header_value(r, *wanted, n);
        if (!came)
            return xasprintf("header %.*s is missing", (int)n, *wanted);
        if (strcmp(came, value) != 0)
            return xasprintf("header %.*s is \"%s\", not \"%s\"", (int)n, *wanted, came, value);
    }
    return NULL;
}

static bool is_json_body(const json_t *wanted, const struct script_request *r)
{
    struct err ignored = {0};
    auto_json *body = json_parse(r->body, r->body_len, &ignored);
    return body && json_equal(body, (json_t *)wanted);
}

static char *body_difference(const struct test_exchange *e, const struct script_request *r)
{
    auto_free char *json = e->json ? json_print(e->json) : NULL;
    const char *wanted = e->body ? e->body : json;
    bool differs =
        (e->body && strcmp(e->body, r->body) != 0) || (e->json && !is_json_body(e->json, r));
    if (differs)
        return xasprintf("the body is %.*s, not %.*s", SHOWN_MAX, *r->body ? r->body : "empty",
                         SHOWN_MAX, wanted);
    for (const char *const *part = e->has; part && *part; part++)
        if (!strstr(r->body, *part))
            return xasprintf("\"%s\" is not in the body, which is %.*s", *part, SHOWN_MAX,
                             *r->body ? r->body : "empty");
    return NULL;
}

/* NULL: it is the one that is expected. free() */
static char *difference(const struct test_exchange *e, const struct script_request *r)
{
    char *found = line_difference(e, r);
    if (!found)
        found = query_difference(e, r->target);
    if (!found)
        found = header_difference(e, r);
    return found ? found : body_difference(e, r);
}

/* ---- which one ---- */

static bool matches(const struct test_exchange *e, const struct script_request *r)
{
    auto_free char *differs = difference(e, r);
    return !differs;
}

/* What was expected instead: the next one, or in any order one of the same path. NULL: nothing. */
static const struct test_exchange *nearest(const struct script *s, const struct script_request *r)
{
    const struct test_exchange *best = NULL;
    for (size_t i = 0; i < s->test->server.n; i++) {
        const struct test_exchange *e = test_exchange_at(&s->test->server, i);
        if (s->came[i] || e->any_time)
            continue;
        auto_free char *differs = line_difference(e, r);
        if (!best || !differs)
            best = e;
        if (!s->test->in_any_order || !differs)
            break;
    }
    return best;
}

static void note_problem(struct script *s, const struct script_request *r)
{
    const struct test_exchange *e = nearest(s, r);
    if (!e) {
        s->problem = xasprintf("%s %.*s came when all requests of the script had been answered",
                               r->method, SHOWN_MAX, r->target);
        return;
    }
    auto_free char *differs = difference(e, r);
    auto_free char *place = test_place(&e->place);
    s->problem = xasprintf("%s: expected %s, but %s %.*s came: %s", place, e->request, r->method,
                           SHOWN_MAX, r->target, differs);
}

const struct test_exchange *script_next(struct script *s, const struct script_request *r)
{
    const struct key_groups *all = &s->test->server;
    bool may_be_next = true;
    for (size_t i = 0; i < all->n && !s->problem; i++) {
        const struct test_exchange *e = test_exchange_at(all, i);
        if (s->came[i] && !e->any_time)
            continue;
        if ((e->any_time || may_be_next) && matches(e, r)) {
            s->came[i] = true;
            return e;
        }
        may_be_next &= e->any_time || s->test->in_any_order;
    }
    if (!s->problem)
        note_problem(s, r);
    return NULL;
}

/* What came may be anything. */
static void add_problem(json_t *problems, const char *text)
{
    auto_buf clean = BUF_INIT(PROBLEM_MAX);
    text_add_utf8(&clean, text, strlen(text));
    json_array_append_new(problems, json_string(buf_text(&clean)));
}

void script_problems(const struct script *s, json_t *problems)
{
    if (s->problem) {
        add_problem(problems, s->problem);
        return;
    }
    for (size_t i = 0; i < s->test->server.n; i++) {
        const struct test_exchange *e = test_exchange_at(&s->test->server, i);
        if (s->came[i] || e->any_time)
            continue;
        auto_free char *place = test_place(&e->place);
        auto_free char *text = xasprintf("%s: expected %s, which never came", place, e->request);
        add_problem(problems, text);
    }
}
