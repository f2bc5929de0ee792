/* SPDX-License-Identifier: Apache-2.0
 * hub/http/redirect.c: hops, rules at every hop, credentials that stay at home. */
#include <config.h>

#include "fixture.h"

#include "base/mem.h"

static const char *const token[] = {"s3cret-bearer-token", NULL};
static const struct http_login bearer = {.kind = OMNI_AUTH_BEARER, .values = token};

static void follows_within_the_origin(void **state)
{
    (void)state;
    struct fixture f;
    const struct http_options o = {.login = &bearer};
    const struct stub_reply replies[] = {{EMPTY("302 Found\r\nLocation: /b?c=1")},
                                         {EMPTY("307 T\r\nLocation: d")},
                                         {OK_JSON(2, "{}")},
                                         {0}};
    fixture_start(&f, replies, &o);
    assert_int_equal(fixture_get(&f, "/a/x"), OMNI_OK);
    assert_contains(stub_request(f.stub, 1), "GET /b?c=1 ");
    assert_contains(stub_request(f.stub, 2), "GET /d ");
    for (size_t i = 0; i < 3; i++)
        assert_contains(stub_request(f.stub, i), "Authorization: Bearer s3cret-bearer-token\r\n");
    assert_int_equal(stub_connections(f.stub), 1);
    fixture_stop(&f);
}

static void stops_after_five_hops(void **state)
{
    (void)state;
    struct fixture f;
    static struct stub_reply replies[8];
    for (size_t i = 0; i < 7; i++)
        replies[i].bytes = EMPTY("301 Moved\r\nLocation: /again");
    fixture_start(&f, replies, NULL);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_E_DATA);
    assert_contains(f.err.text, "5 redirects");
    assert_int_equal(stub_requests(f.stub), 6);
    fixture_stop(&f);
}

static void refuses_other_places(void **state)
{
    (void)state;
    static const char *const to[] = {"https://evil.example/", "http://127.0.0.1:1/",
                                     "file:///etc/passwd",    "http://169.254.169.254/latest",
                                     "https://u:p@evil.x/",   "http://10.0.0.1/",
                                     "gopher://127.0.0.1/_x", "//evil.example/x"};
    for (size_t i = 0; i < ARRAY_LEN(to); i++) {
        struct fixture f;
        auto_free char *bytes =
            xasprintf("HTTP/1.1 302 F\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n", to[i]);
        const struct stub_reply replies[] = {{bytes}, {0}};
        fixture_start(&f, replies, NULL);
        if (fixture_get(&f, "/a") != OMNI_E_CONFIG)
            fail_msg("%s: %s", to[i], f.err.text);
        assert_contains(f.err.text, "redirect refused");
        assert_int_equal(stub_requests(f.stub), 1);
        fixture_stop(&f);
    }
}

/* First server → second → first again: what was dropped stays dropped. */
static void no_credentials_to_another_origin(void **state)
{
    (void)state;
    struct stub_reply away[2] = {{0}}, home[3] = {{0}};
    struct stub *other = stub_start_at("127.0.0.1", away);
    struct fixture f;
    auto_free char *hosts = xasprintf("127.0.0.1:%d", stub_port(other));
    const struct http_options o = {.login = &bearer, .hosts = hosts};
    fixture_start(&f, home, &o);
    auto_free char *go = xasprintf(
        "HTTP/1.1 302 F\r\nContent-Length: 0\r\nLocation: %s/file\r\n\r\n", stub_url(other));
    auto_free char *back = xasprintf(
        "HTTP/1.1 302 F\r\nContent-Length: 0\r\nLocation: %s/end\r\n\r\n", stub_url(f.stub));
    home[0].bytes = go;
    home[1].bytes = OK_JSON(2, "{}");
    away[0].bytes = back;
    static const char *const headers[] = {"X-Api-Key: k3y", "X-Trace: t", "Cookie: c=1", NULL};
    const struct http_request request = {.url = "/a", .headers = headers};
    assert_int_equal(http_send(f.http, &request, NULL, &f.reply, &f.err), OMNI_OK);
    assert_contains(stub_request(f.stub, 0), "s3cret-bearer-token");
    assert_contains(stub_request(f.stub, 0), "k3y");
    const char *foreign[] = {stub_request(other, 0), stub_request(f.stub, 1)};
    for (size_t i = 0; i < 2; i++) {
        assert_contains(foreign[i], "X-Trace: t");
        assert_lacks(foreign[i], "s3cret");
        assert_lacks(foreign[i], "k3y");
        assert_lacks(foreign[i], "Cookie");
    }
    fixture_stop(&f);
    stub_stop(other);
}

static void uploads_are_not_followed(void **state)
{
    (void)state;
    struct fixture f;
    const struct stub_reply replies[] = {{EMPTY("307 T\r\nLocation: /b")}, {0}};
    fixture_start(&f, replies, NULL);
    assert_int_equal(fixture_post(&f, "/a", "{}", OMNI_HTTP_REPEATABLE), OMNI_E_CONFIG);
    assert_contains(f.err.text, "HTTP 307");
    assert_contains(f.err.text, "/b");
    assert_int_equal(stub_requests(f.stub), 1);
    fixture_stop(&f);
}

static void without_login_when_asked(void **state)
{
    (void)state;
    struct fixture f;
    const struct http_options o = {.login = &bearer};
    const struct stub_reply replies[] = {{OK_JSON(2, "{}")}, {0}};
    fixture_start(&f, replies, &o);
    const struct http_request request = {.url = "/signed", .flags = OMNI_HTTP_NO_LOGIN};
    assert_int_equal(http_send(f.http, &request, NULL, &f.reply, &f.err), OMNI_OK);
    assert_lacks(stub_request(f.stub, 0), "Authorization");
    fixture_stop(&f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(follows_within_the_origin), cmocka_unit_test(stops_after_five_hops),
    cmocka_unit_test(refuses_other_places),      cmocka_unit_test(no_credentials_to_another_origin),
    cmocka_unit_test(uploads_are_not_followed),  cmocka_unit_test(without_login_when_asked),
};

UNIT_MAIN(tests)
