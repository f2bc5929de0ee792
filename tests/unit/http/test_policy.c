/* SPDX-License-Identifier: Apache-2.0
 * hub/http/policy.c: the allow-list and the check at the socket. */
#include <config.h>

#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/mem.h"
#include "http/asked.h"
#include "http/policy.h"

static omni_status begin(struct policy *p, const char *base, const char *hosts, struct err *err)
{
    return policy_init(p, &(struct policy_rules){.base_url = base, .hosts = hosts}, err);
}

static omni_status ask(const struct policy *p, const char *text, struct err *err)
{
    auto_url url = {0};
    omni_status status = url_parse(&url, text, err);
    return status == OMNI_OK ? policy_check(p, &url, err) : status;
}

static void lists_hosts(void **state)
{
    (void)state;
    struct policy p;
    assert_int_equal(begin(&p, "https://api.x.com/v1", ".shop.com  CDN.net other.org:8443", NULL),
                     OMNI_OK);
    static const char *const allowed[] = {"https://api.x.com/else", "https://API.x.com.:443/",
                                          "https://a.shop.com/",    "https://a.b.shop.com/",
                                          "https://cdn.net/",       "https://other.org:8443/"};
    static const char *const refused[] = {
        "https://x.com/",           "https://shop.com/",        "https://evilshop.com/",
        "https://shop.com.evil.x/", "https://api.x.com:8443/",  "https://other.org/",
        "https://evil.x/",          "http://api.x.com/",        "http://127.0.0.1/",
        "https://a.shop.com:444/",  "https://api.x.com.evil.x/"};
    for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
        if (ask(&p, allowed[i], NULL) != OMNI_OK)
            fail_msg("%s was refused", allowed[i]);
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        if (ask(&p, refused[i], NULL) != OMNI_E_CONFIG)
            fail_msg("%s was allowed", refused[i]);
    struct err err = {0};
    ask(&p, "https://evil.x/", &err);
    assert_non_null(strstr(err.text, "evil.x"));
    policy_free(&p);
}

static void counts_by_what_is_listed(void **state)
{
    static const struct {
        const char *url, *rule;
    } rules[] = {{"https://API.x.com/v1/a", "api.x.com"},
                 {"https://a.b.shop.com/", "*.shop.com"},
                 {"https://c.shop.com/", "*.shop.com"},
                 {"https://tokens.example/", "tokens.example"}};
    struct policy p;
    struct asked asked = {0};
    (void)state;
    assert_int_equal(begin(&p, "https://api.x.com/v1", ".shop.com", NULL), OMNI_OK);
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        auto_url url = {0};
        assert_int_equal(url_parse(&url, rules[i].url, NULL), OMNI_OK);
        auto_free char *rule = policy_rule(&p, &url);
        assert_string_equal(rule, rules[i].rule);
        asked_note(&asked, &p, &url, 200);
    }
    assert_int_equal(asked.n, 3); /* those below one domain are together */
    assert_int_equal(asked.items[1].requests, 2);
    auto_url url = {0};
    assert_int_equal(url_parse(&url, rules[0].url, NULL), OMNI_OK);
    for (int status = 201; status < 600; status++) /* as no platform would */
        asked_note(&asked, &p, &url, status);
    uint64_t all = 0;
    for (size_t i = 0; i < asked.n; i++)
        all += asked.items[i].requests;
    assert_int_equal(all, ARRAY_LEN(rules) + 399);
    assert_true(asked.n < 70);
    assert_string_equal(asked.items[asked.n - 1].host, HTTP_OTHERS);
    asked_free(&asked);
    policy_free(&p);
}

static void http_only_to_loopback_under_loopback(void **state)
{
    (void)state;
    struct policy p;
    struct err err = {0};
    assert_int_equal(begin(&p, "http://api.x.com", NULL, &err), OMNI_E_CONFIG);
    policy_free(&p);
    assert_int_equal(begin(&p, "http://10.0.0.1", NULL, &err), OMNI_E_CONFIG);
    policy_free(&p);
    assert_int_equal(begin(&p, "http://localhost:8080", "x.com 127.0.0.2:80", &err), OMNI_OK);
    assert_int_equal(ask(&p, "http://localhost:8080/a", &err), OMNI_OK);
    assert_int_equal(ask(&p, "http://127.0.0.2/a", &err), OMNI_OK);
    assert_int_equal(ask(&p, "https://x.com/a", &err), OMNI_OK);
    assert_int_equal(ask(&p, "http://x.com:443/a", &err), OMNI_E_CONFIG);
    policy_free(&p);
}

/* A test's server answers for the hosts that are named, and nobody else for any. */
static void plays_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool is_played, is_allowed;
    } cases[] = {
        {"http://127.0.0.1:9/a", false, true},    {"https://login.x.com/token", true, true},
        {"https://LOGIN.x.com:443/", true, true}, {"https://login.x.com:444/", false, false},
        {"https://x.com/", false, false},         {"http://127.0.0.1:10/", false, false},
        {"https://a.login.x.com/", false, false}, {"http://login.x.com:443/", false, false}};
    struct err err = {0};
    struct policy p, open;
    struct policy_rules rules = {.base_url = "http://127.0.0.1:9/v1", .hosts = "x.com"};
    assert_int_equal(policy_init(&open, &rules, NULL), OMNI_OK);
    rules.played = "login.x.com ";
    assert_int_equal(policy_init(&p, &rules, NULL), OMNI_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        auto_url url = {0};
        assert_int_equal(url_parse(&url, cases[i].url, NULL), OMNI_OK);
        assert_int_equal(policy_is_played(&p, &url), cases[i].is_played);
        assert_int_equal(policy_check_played(&p, &url, &err) == OMNI_OK, cases[i].is_allowed);
        assert_false(policy_is_played(&open, &url));
        assert_int_equal(policy_check_played(&open, &url, &err), OMNI_OK);
        const struct policy_gate gate = policy_gate(&p, &url);
        if (cases[i].is_played)
            assert_true(gate.loopback_only && gate.allowed == ADDRESS_LOOPBACK && !gate.any);
    }
    assert_non_null(strstr(err.text, "does not answer for http://login.x.com:443/"));
    policy_free(&p);
    policy_free(&open);
}

/* Nothing can be played but by this machine. */
static void plays_nowhere_else(void **state)
{
    (void)state;
    static const struct {
        const char *base;
        bool is_proxied;
    } bad[] = {{"https://api.x.com", false},
               {"https://127.0.0.1", false},
               {"https://10.0.0.1", false},
               {"http://127.0.0.1:9", true},
               {NULL, false}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = {0};
        struct policy p;
        auto_url url = {0};
        assert_int_equal(url_parse(&url, "https://login.x.com/", NULL), OMNI_OK);
        const struct policy_rules rules = {
            .base_url = bad[i].base, .played = "login.x.com", .is_proxied = bad[i].is_proxied};
        assert_int_equal(policy_init(&p, &rules, &err), OMNI_E_CONFIG);
        assert_non_null(strstr(err.text, "on loopback"));
        assert_false(policy_is_played(&p, &url));
        policy_free(&p);
    }
}

static void bad_lists_are_named(void **state)
{
    (void)state;
    static const char *const bad[] = {"https://x.com", "x.com/path", ".",         "u@x.com",
                                      "x.com:0",       "0",          ".16909060", "%61.com",
                                      ".9..",          "9..",        ".1.2.3.4",  ".[::1]"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct policy p;
        struct err err = {0};
        if (begin(&p, "https://a.x", bad[i], &err) != OMNI_E_CONFIG)
            fail_msg("%s was taken", bad[i]);
        assert_non_null(strstr(err.text, bad[i]));
        policy_free(&p);
    }
    struct policy p;
    assert_int_equal(begin(&p, "https://a.x/?k=v", NULL, NULL), OMNI_E_CONFIG);
    policy_free(&p);
}

/* Does a client with these rules, sending to this url, connect to this address? */
static bool may_connect(const struct policy_rules *rules, const char *to, const char *address)
{
    struct policy p;
    auto_url url = {0};
    struct curl_sockaddr sa = {.family = AF_INET, .socktype = SOCK_STREAM};
    struct sockaddr_in in = {.sin_family = AF_INET};
    assert_int_equal(inet_pton(AF_INET, address, &in.sin_addr), 1);
    memcpy(&sa.addr, &in, sizeof in);
    sa.addrlen = sizeof in;
    assert_int_equal(policy_init(&p, rules, NULL), OMNI_OK);
    assert_int_equal(url_parse(&url, to, NULL), OMNI_OK);
    struct policy_gate gate = policy_gate(&p, &url);
    curl_socket_t fd = policy_open_socket(&gate, CURLSOCKTYPE_IPCXN, &sa);
    struct err err = {0};
    bool told = policy_gate_refused(&gate, url.host, &err);
    assert_int_equal(told, fd == CURL_SOCKET_BAD);
    if (told)
        assert_non_null(strstr(err.text, address));
    else
        close(fd);
    policy_free(&p);
    return !told;
}

static bool connects(const char *base, const char *to, const char *address, bool proxied)
{
    const struct policy_rules rules = {.base_url = base, .is_proxied = proxied};
    return may_connect(&rules, to, address);
}

static void private_addresses_are_for_hosts_named_so(void **state)
{
    (void)state;
    const char *shop = "https://shop.corp.x:8443/", *cdn = "https://cdn.x/";
    const struct policy_rules rules = {
        .base_url = shop, .hosts = "cdn.x", .private_hosts = ".corp.x, other.x"};
    assert_true(may_connect(&rules, shop, "10.1.2.3"));
    assert_true(may_connect(&rules, shop, "8.8.8.8"));
    assert_true(may_connect(&rules, "https://OTHER.x./", "192.168.0.1"));
    assert_false(may_connect(&rules, shop, "127.0.0.1"));
    assert_false(may_connect(&rules, shop, "169.254.169.254"));
    assert_false(may_connect(&rules, cdn, "10.1.2.3"));
    assert_false(may_connect(&rules, "https://corp.x/", "10.1.2.3"));
    assert_false(may_connect(&rules, "https://evilother.x/", "10.1.2.3"));
}

/* To have a private address is one thing, to be asked is another. */
static void private_hosts_are_not_asked_for_that(void **state)
{
    (void)state;
    struct policy p;
    const struct policy_rules rules = {.base_url = "https://a.x", .private_hosts = "shop.corp.x"};
    assert_int_equal(policy_init(&p, &rules, NULL), OMNI_OK);
    assert_int_equal(ask(&p, "https://shop.corp.x/", NULL), OMNI_E_CONFIG);
    policy_free(&p);
}

static void socket_check_beats_name_servers(void **state)
{
    (void)state;
    const char *pub = "https://api.x.com/", *local = "http://localhost:1/";
    assert_true(connects(pub, pub, "8.8.8.8", false));
    assert_false(connects(pub, pub, "127.0.0.1", false));
    assert_false(connects(pub, pub, "10.1.2.3", false));
    assert_false(connects(pub, pub, "169.254.169.254", false));
    assert_true(connects(local, local, "127.0.0.1", false));
    assert_false(connects(local, local, "8.8.8.8", false));
    assert_false(connects(local, local, "10.0.0.1", false));
    assert_false(connects(local, pub, "127.0.0.1", false));
    assert_true(connects(local, pub, "8.8.8.8", false));
    assert_true(connects("https://10.1.2.3/", "https://10.1.2.3/", "10.1.2.3", false));
    assert_false(connects("https://10.1.2.3/", pub, "10.1.2.3", false));
    assert_false(
        connects("https://169.254.169.254/", "https://169.254.169.254/", "169.254.169.254", false));
    assert_true(connects(pub, pub, "10.0.0.1", true));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(lists_hosts),
    cmocka_unit_test(counts_by_what_is_listed),
    cmocka_unit_test(http_only_to_loopback_under_loopback),
    cmocka_unit_test(bad_lists_are_named),
    cmocka_unit_test(plays_hosts),
    cmocka_unit_test(plays_nowhere_else),
    cmocka_unit_test(socket_check_beats_name_servers),
    cmocka_unit_test(private_addresses_are_for_hosts_named_so),
    cmocka_unit_test(private_hosts_are_not_asked_for_that),
};

UNIT_MAIN(tests)
