/* SPDX-License-Identifier: Apache-2.0
 * hub/kit/script.c: which request is which, and the words for one that is another. */
#include <config.h>

#include "fixture.h"

#include "kit/script.h"

struct played {
    const char *method, *target, *header, *body;
    int answer;       /* index of the exchange; -1: not expected */
    const char *host; /* a header; NULL: the server's own */
};

static void play(struct script *s, const struct test_file *t, const struct played *p)
{
    const char *headers[] = {p->host ? p->host : "Host: 127.0.0.1:9", p->header, NULL};
    const struct script_request r = {.method = p->method,
                                     .target = p->target,
                                     .headers = headers,
                                     .body = p->body ? p->body : "",
                                     .body_len = p->body ? strlen(p->body) : 0};
    const struct test_exchange *e = script_next(s, &r);
    if (e != (p->answer < 0 ? NULL : test_exchange_at(&t->server, (size_t)p->answer)))
        fail_msg("%s %s got another answer than %d", p->method, p->target, p->answer);
}

/* problem: a part of the one that there is; NULL: none. */
static void plays(const char *server, const struct played *p, size_t n, const char *problem)
{
    struct test_file *t = good_test(server);
    struct script *s = script_new(t);
    auto_json *problems = json_array();
    for (size_t i = 0; i < n; i++)
        play(s, t, &p[i]);
    script_problems(s, problems);
    auto_free char *text = json_print(problems);
    assert_int_equal(json_array_size(problems), problem != NULL);
    const char *first = json_string_value(json_array_get(problems, 0));
    if (problem && !strstr(first, problem))
        fail_msg("%s does not say: %s", first, problem);
    script_free(s);
    test_file_free(t);
}
#define PLAYS(server, problem, ...)                                                                \
    plays(server, (struct played[]){__VA_ARGS__},                                                  \
          sizeof((struct played[]){__VA_ARGS__}) / sizeof(struct played), problem)

#define TWO                                                                                        \
    "server = ( { request = \"POST /token\"; has = (\"grant=x\"); },\n"                            \
    "  { request = \"GET /r?a=1&b=2\"; sends = (\"Authorization: Bearer n\"); } );"
#define LOGIN                                                                                      \
    {                                                                                              \
        "POST", "/token", NULL, "grant=x&y", 0                                                     \
    }

static void other_hosts(void **state)
{
    (void)state;
    static const char all[] =
        "server = ( { request = \"POST https://login.x.com/token?v=1\"; },\n"
        "  { request = \"GET https://x.com\"; }, { request = \"GET /r\"; } );";
    PLAYS(all, NULL, {"POST", "/token?v=1", NULL, NULL, 0, "Host: login.x.com"},
          {"GET", "/", NULL, NULL, 1, "host: X.com"}, {"GET", "/r", NULL, NULL, 2, NULL});
    PLAYS(all, "the host is the API's, not login.x.com",
          {"POST", "/token?v=1", NULL, NULL, -1, NULL});
    PLAYS(all, "the host is evil.com, not login.x.com",
          {"POST", "/token?v=1", NULL, NULL, -1, "Host: evil.com"});
    PLAYS("server = ( { request = \"GET /r\"; } );", "the host is x.com, not the API's",
          {"GET", "/r", NULL, NULL, -1, "Host: x.com"});
}

static void in_order(void **state)
{
    (void)state;
    PLAYS(TWO, NULL, LOGIN, {"GET", "/r?b=2&a=1", "authorization:  Bearer n", NULL, 1});
    PLAYS(TWO, "it.test:3: expected GET /r?a=1&b=2, which never came", LOGIN);
    PLAYS(TWO, "it.test:2: expected POST /token, but GET /r?a=1&b=2 came: the method is GET",
          {"GET", "/r?a=1&b=2", "Authorization: Bearer n", NULL, -1});
    PLAYS(TWO, "POST /token came when all requests of the script had been answered", LOGIN,
          {"GET", "/r?a=1&b=2", "Authorization: Bearer n", NULL, 1},
          {"POST", "/token", NULL, "grant=x", -1});
}

static void says_what_differs(void **state)
{
    (void)state;
    PLAYS(TWO, "the path is /tok, not /token", {"POST", "/tok", NULL, "grant=x", -1});
    PLAYS(TWO, "\"grant=x\" is not in the body, which is grant=y",
          {"POST", "/token", NULL, "grant=y", -1});
    PLAYS(TWO, "parameter b is \"3\", not \"2\"", LOGIN,
          {"GET", "/r?a=1&b=3", "Authorization: Bearer n", NULL, -1});
    PLAYS(TWO, "parameter b=2 is missing", LOGIN,
          {"GET", "/r?a=1", "Authorization: Bearer n", NULL, -1});
    PLAYS(TWO, "parameter c=4 is one too many", LOGIN,
          {"GET", "/r?a=1&c=4&b=2", "Authorization: Bearer n", NULL, -1});
    PLAYS(TWO, "header Authorization is \"Bearer o\", not \"Bearer n\"", LOGIN,
          {"GET", "/r?a=1&b=2", "Authorization: Bearer o", NULL, -1});
    PLAYS(TWO, "header Authorization is missing", LOGIN, {"GET", "/r?a=1&b=2", "X: y", NULL, -1});
}

static void bodies(void **state)
{
    (void)state;
    static const char json[] =
        "server = ( { request = \"POST /q\"; json = { a = 1; b = \"x\"; }; } );",
                      text[] = "server = ( { request = \"POST /q\"; body = \"a b\"; } );";
    PLAYS(json, NULL, {"POST", "/q", NULL, "{\"b\":\"x\", \"a\":1}", 0});
    PLAYS(json, "the body is {\"a\":2}, not {\"a\":1,\"b\":\"x\"}",
          {"POST", "/q", NULL, "{\"a\":2}", -1});
    PLAYS(json, "the body is empty, not", {"POST", "/q", NULL, NULL, -1});
    PLAYS(text, NULL, {"POST", "/q", NULL, "a b", 0});
    PLAYS(text, "the body is a c, not a b", {"POST", "/q", NULL, "a c", -1});
}

static void parameters_by_name(void **state)
{
    (void)state;
    static const char server[] =
        "server = ( { request = \"GET /r?x=1\"; query = { limit = 500; day = \"a b\"; }; } );";
    PLAYS(server, NULL, {"GET", "/r?limit=500&z=9&day=a%20b&x=1", NULL, NULL, 0});
    PLAYS(server, NULL, {"GET", "/r?day=a+b&x=1&limit=500", NULL, NULL, 0});
    PLAYS(server, "parameter limit is \"50\", not \"500\"",
          {"GET", "/r?day=a+b&x=1&limit=50", NULL, NULL, -1});
}

static void in_any_order(void **state)
{
    (void)state;
    static const char server[] =
        "order = \"any\"; server = ( { request = \"GET /a\"; }, { request = \"GET /b\"; } );";
    PLAYS(server, NULL, {"GET", "/b", NULL, NULL, 1}, {"GET", "/a", NULL, NULL, 0});
    PLAYS(server, "expected GET /b, but GET /b?x=1 came: parameter x=1 is one too many",
          {"GET", "/b?x=1", NULL, NULL, -1});
    PLAYS(server, "expected GET /b, but GET /a came", {"GET", "/a", NULL, NULL, 0},
          {"GET", "/a", NULL, NULL, -1});
}

static void at_any_time(void **state)
{
    (void)state;
    static const char server[] = "server = ( { request = \"GET /a\"; },\n"
                                 " { request = \"POST /token\"; any_time = true; },\n"
                                 " { request = \"GET /b\"; } );";
    PLAYS(server, NULL, {"POST", "/token", NULL, NULL, 1}, {"GET", "/a", NULL, NULL, 0},
          {"POST", "/token", NULL, NULL, 1}, {"GET", "/b", NULL, NULL, 2});
    PLAYS(server, NULL, {"GET", "/a", NULL, NULL, 0}, {"GET", "/b", NULL, NULL, 2});
    PLAYS(server, "it.test:2: expected GET /a, but GET /b came", {"GET", "/b", NULL, NULL, -1});
}

/* What comes after the first one that was wrong says nothing new. */
static void is_over_after_one(void **state)
{
    (void)state;
    PLAYS(TWO, "it.test:2: expected POST /token, but GET /x came", {"GET", "/x", NULL, NULL, -1},
          {"POST", "/token", NULL, "grant=x", -1});
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(in_order),           cmocka_unit_test(other_hosts),
    cmocka_unit_test(says_what_differs),  cmocka_unit_test(bodies),
    cmocka_unit_test(parameters_by_name), cmocka_unit_test(in_any_order),
    cmocka_unit_test(at_any_time),        cmocka_unit_test(is_over_after_one),
};
KIT_MAIN(tests)
