/* SPDX-License-Identifier: Apache-2.0
 * hub/http/client.c: options, cancelling, proxy, urls and addresses as the whole client sees them.
 */
#include <config.h>

#include "fixture.h"

#include "base/mem.h"
#include "http/client.h"

static void refuses_bad_options(void **state)
{
    (void)state;
    const struct http_login empty = {.kind = OMNI_AUTH_BEARER}, odd = {.kind = 99};
    static const char *const line[] = {"token\n", NULL};
    const struct http_login newline = {.kind = OMNI_AUTH_BEARER, .values = line};
    const struct {
        struct http_options o;
        const char *text;
    } cases[] = {
        {{.base_url = "ftp://h.x"}, "api_url"},
        {{.base_url = "http://h.x"}, "https"},
        {{.base_url = "https://h.x", .hosts = "a/b"}, "a/b"},
        {{.base_url = "https://h.x", .proxy = "nonsense://p"}, "proxy"},
        {{.base_url = "https://h.x", .ca_file = "/nowhere/ca.pem"}, "/nowhere/ca.pem"},
        {{.base_url = "https://h.x", .record = "/nowhere/c.json"}, "/nowhere/c.json"},
        {{.base_url = "https://h.x", .replay = "/nowhere/c.json"}, "/nowhere/c.json"},
        {{.base_url = "https://h.x", .login = &empty}, "token"},
        {{.base_url = "https://h.x", .login = &newline}, "line break"},
        {{.base_url = "https://h.x", .login = &odd}, "99"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        assert_null(http_new(&cases[i].o, &err));
        assert_int_equal(err.status, OMNI_E_CONFIG);
        assert_contains(err.text, cases[i].text);
    }
    http_free(NULL);
}

static void checks_requests(void **state)
{
    (void)state;
    struct fixture f;
    const struct stub_reply none[] = {{0}};
    fixture_start(&f, none, NULL);
    static const char *const smuggle[] = {"X-A: b\r\nX-B: c", NULL};
    const struct http_request requests[] = {
        {.url = "/a", .headers = smuggle}, {.url = "/a", .method = "GET /b"}, {0}};
    for (size_t i = 0; i < ARRAY_LEN(requests); i++)
        assert_int_equal(http_send(f.http, &requests[i], NULL, &f.reply, &f.err), OMNI_E_BUG);
    assert_int_equal(fixture_get(&f, "/a\r\nX: y"), OMNI_E_CONFIG);
    assert_int_equal(fixture_get(&f, "https://evil.example/"), OMNI_E_CONFIG);
    assert_contains(f.err.text, "evil.example");
    assert_int_equal(http_check_url(f.http, "https://evil.example/", &f.err), OMNI_E_CONFIG);
    assert_int_equal(http_check_url(f.http, "/v1", &f.err), OMNI_OK);
    assert_int_equal(stub_connections(f.stub), 0);
    assert_int_equal(f.reply.status, 0);
    assert_string_equal(f.reply.body, "");
    fixture_stop(&f);
}

/* Puts an answer of the name server into the client's cache, as if it had just changed. */
static void resolve_to(struct http *h, const char *address)
{
    int running = 1;
    auto_free char *entry = xasprintf("api.example.com:443:%s", address);
    struct curl_slist *list = curl_slist_append(NULL, entry);
    CURL *other = curl_easy_init();
    curl_easy_setopt(other, CURLOPT_RESOLVE, list);
    curl_easy_setopt(other, CURLOPT_URL, "https://127.0.0.1:1/");
    curl_multi_add_handle(h->multi, other);
    while (running && !curl_multi_perform(h->multi, &running))
        curl_multi_poll(h->multi, NULL, 0, 10, NULL);
    curl_multi_remove_handle(h->multi, other);
    curl_easy_cleanup(other);
    curl_slist_free_all(list);
}

static void rebinding_is_refused(void **state)
{
    (void)state;
    const struct stub_reply none[] = {{0}};
    const struct http_options o = {.base_url = "https://api.example.com"};
    static const char *const inner[][2] = {{"127.0.0.1", "a loopback"},
                                           {"169.254.169.254", "link-local"},
                                           {"10.0.0.1", "a private"},
                                           {"[::ffff:10.0.0.1]", "a private"}};
    for (size_t i = 0; i < ARRAY_LEN(inner); i++) {
        struct fixture f;
        fixture_start(&f, none, &o);
        resolve_to(f.http, inner[i][0]);
        assert_int_equal(fixture_get(&f, "/a"), OMNI_E_CONFIG);
        assert_contains(f.err.text, "refused");
        assert_contains(f.err.text, inner[i][1]);
        fixture_stop(&f);
    }
}

static bool cancelled_at_third(void *ctx)
{
    return ++*(int *)ctx > 3;
}

static void cancels_a_transfer_and_a_wait(void **state)
{
    (void)state;
    struct fixture f;
    int asked = 0;
    const struct http_options o = {.ctx = &asked, .cancelled = cancelled_at_third};
    const struct stub_reply replies[] = {
        {NULL, .then = STUB_STALL}, {EMPTY("503 A\r\nRetry-After: 50")}, {0}};
    fixture_start(&f, replies, &o);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_E_CANCELLED);
    asked = -20; /* enough for the transfer, not for the wait */
    assert_int_equal(fixture_get(&f, "/a"), OMNI_E_CANCELLED);
    assert_int_equal(stub_requests(f.stub), 2);
    fixture_stop(&f);
}

static void goes_through_the_proxy(void **state)
{
    (void)state;
    struct fixture f;
    const struct stub_reply replies[] = {{OK_JSON(2, "{}")}, {0}};
    const struct stub_reply via[] = {{OK_JSON(7, "{\"p\":1}")}, {0}};
    struct stub *proxy = stub_start(via);
    setenv("http_proxy", "http://127.0.0.1:1", 1); /* never asked */
    auto_free char *url = xasprintf("http://me:pr0xy-pass@127.0.0.1:%d", stub_port(proxy));
    const struct http_options o = {.proxy = url};
    fixture_start(&f, replies, &o);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_OK);
    assert_string_equal(f.reply.body, "{\"p\":1}");
    assert_contains(stub_request(proxy, 0), "GET http://127.0.0.1:");
    assert_contains(stub_request(proxy, 0), "Proxy-Authorization: Basic");
    fixture_stop(&f);
    fixture_start(&f, replies, NULL);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_OK);
    assert_string_equal(f.reply.body, "{}");
    fixture_stop(&f);
    unsetenv("http_proxy");
    stub_stop(proxy);
}

/* What is behind the proxy is not seen here, but an address in the url is. */
static void asks_no_inner_address_of_a_proxy(void **state)
{
    (void)state;
    static const struct {
        const char *url, *says;
    } cases[] = {
        {"https://169.254.169.254/latest", "a link-local or reserved address"},
        {"https://10.1.2.3/", "hub.private_hosts"},
        {"https://[::1]/", "a loopback address"},
        {"https://localhost/", "a loopback address"},
        {"https://192.168.0.7/", NULL},
        {"https://8.8.8.8/", NULL},
        {"https://inside.example/", NULL},
    };
    const struct stub_reply none[] = {{0}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        const struct stub_reply via[] = {{EMPTY("403 Not there")}, {0}};
        struct stub *proxy = stub_start(via);
        const struct http_options o = {
            .base_url = "https://api.example.com",
            .proxy = stub_url(proxy),
            .hosts = "169.254.169.254 10.1.2.3 [::1] localhost 192.168.0.7 8.8.8.8 inside.example",
            .private_hosts = "192.168.0.7"};
        fixture_start(&f, none, &o);
        assert_int_equal(fixture_get(&f, cases[i].url), OMNI_E_CONFIG);
        assert_contains(f.err.text, cases[i].says ? cases[i].says : "the proxy answered 403");
        assert_int_equal(stub_requests(proxy), cases[i].says ? 0 : 1);
        fixture_stop(&f);
        stub_stop(proxy);
    }
}

static void tells_what_the_proxy_wants(void **state)
{
    (void)state;
    struct fixture f;
    const struct stub_reply none[] = {{0}};
    const struct stub_reply via[] = {{EMPTY("407 Who are you")}, {0}};
    struct stub *proxy = stub_start(via);
    const struct http_options o = {.base_url = "https://api.example.com", .proxy = stub_url(proxy)};
    fixture_start(&f, none, &o);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_E_CONFIG);
    assert_contains(f.err.text, "the proxy answered 407");
    assert_contains(stub_request(proxy, 0), "CONNECT api.example.com:443");
    fixture_stop(&f);
    stub_stop(proxy);
}

static void unknown_hosts_are_passing(void **state)
{
    (void)state;
    struct fixture f;
    const struct stub_reply none[] = {{0}};
    const struct http_options o = {.base_url = "https://no-such-host.invalid",
                                   .limits = {.max_attempts = 2, .connect_ms = 3000}};
    fixture_start(&f, none, &o);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_E_RETRY);
    assert_contains(f.err.text, "after 2 attempts");
    fixture_stop(&f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(refuses_bad_options),       cmocka_unit_test(checks_requests),
    cmocka_unit_test(rebinding_is_refused),      cmocka_unit_test(cancels_a_transfer_and_a_wait),
    cmocka_unit_test(goes_through_the_proxy),    cmocka_unit_test(tells_what_the_proxy_wants),
    cmocka_unit_test(unknown_hosts_are_passing), cmocka_unit_test(asks_no_inner_address_of_a_proxy),
};

UNIT_MAIN(tests)
