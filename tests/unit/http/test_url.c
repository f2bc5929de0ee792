/* SPDX-License-Identifier: Apache-2.0
 * hub/http/url.c: joining below a base, normalising hosts, refusing what smuggles. */
#include <config.h>

#include "unit.h"

#include "base/mem.h"
#include "http/url.h"

static void joins_below_the_base(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"https://h.x/base", "v1/x", "https://h.x/base/v1/x"},
        {"https://h.x/base", "/v1/x", "https://h.x/base/v1/x"},
        {"https://h.x/base/", "/v1/x?a=1&b=2", "https://h.x/base/v1/x?a=1&b=2"},
        {"https://h.x", "v1", "https://h.x/v1"},
        {"https://h.x/base", "", "https://h.x/base"},
        {"https://h.x/base", "?a=1", "https://h.x/base?a=1"},
        {"https://h.x/base", "go?to=https://evil.x/", "https://h.x/base/go?to=https://evil.x/"},
        {"https://h.x/base", "//evil.x/a", "https://h.x/base//evil.x/a"},
        {"https://h.x/base", "x:run", "https://h.x/base/x:run"},
        {"https://h.x/base", "https://other.x/y#part", "https://other.x/y"},
        {"https://h.x/base", "caf\xc3\xa9", "https://h.x/base/caf%C3%A9"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_url base = {0}, url = {0};
        assert_int_equal(url_parse(&base, cases[i][0], NULL), OMNI_OK);
        assert_int_equal(url_join(&url, &base, cases[i][1], NULL), OMNI_OK);
        assert_string_equal(url.text, cases[i][2]);
    }
}

static void normalises_hosts(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"https://API.Example.COM./x", "api.example.com"},
        {"https://0x7f.1/", "127.0.0.1"},
        {"https://2130706433/", "127.0.0.1"},
        {"https://017700000001/", "127.0.0.1"},
        {"https://[::1]:8443/", "::1"},
        {"https://%65vil.x/", "evil.x"},
        {"https://127.0.0.1./", "127.0.0.1"},
        {"https://a1.x7/", "a1.x7"},
        {"https://9.a/", "9.a"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_url url = {0};
        assert_int_equal(url_parse(&url, cases[i][0], NULL), OMNI_OK);
        assert_string_equal(url.host, cases[i][1]);
    }
}

static void refuses_what_smuggles(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "https://user:pass@h.x/",
        "https://h.x/a b",
        "https://h.x/a\r\nX: y",
        "https://h.x/\x7f",
        "file:///etc/passwd",
        "ftp://h.x/",
        "https://",
        "https://h.x:0/",
        "https://h.x:99999/",
        "https://b\xc3\xbc.x/",
        "https://h.x%00.y/",
        "https://h.x%0d%0a/",
        "https://[fe80::1%25eth0]/",
        "https://9../",
        "https://127.1.../",
        "https://0x7f.1../",
        "https://%30../",
        "https://a.7/",
        "https://a.0x7F/",
        "https://a.0x/",
        "https://1.2.3.4.5/",
        "https://1.2.3.256/",
        "h.x/without-scheme",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        auto_url url = {0};
        struct err err = {0};
        if (url_parse(&url, bad[i], &err) != OMNI_E_CONFIG)
            fail_msg("%s was taken", bad[i]);
        assert_true(*err.text);
    }
}

static void relative_needs_a_base(void **state)
{
    (void)state;
    auto_url url = {0};
    struct err err = {0};
    assert_int_equal(url_join(&url, NULL, "v1/x", &err), OMNI_E_CONFIG);
    assert_non_null(strstr(err.text, "v1/x"));
}

static void resolves_like_a_browser(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"/y", "https://h.x/y"},         {"y", "https://h.x/a/y"},
        {"//o.x/y", "https://o.x/y"},    {"?q=2", "https://h.x/a/b?q=2"},
        {"https://o.x", "https://o.x/"},
    };
    auto_url base = {0};
    assert_int_equal(url_parse(&base, "https://h.x/a/b?q=1", NULL), OMNI_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_url url = {0};
        assert_int_equal(url_resolve(&url, &base, cases[i][0], NULL), OMNI_OK);
        assert_string_equal(url.text, cases[i][1]);
    }
}

static void adds_to_the_query_once(void **state)
{
    (void)state;
    auto_url url = {0};
    assert_int_equal(url_parse(&url, "https://h.x/a?b=1", NULL), OMNI_OK);
    assert_int_equal(url_add_query(&url, "key", "a&b=c d", NULL), OMNI_OK);
    assert_string_equal(url.text, "https://h.x/a?b=1&key=a%26b%3dc%20d");
    assert_int_equal(url_add_query(&url, "key", "other", NULL), OMNI_OK);
    assert_string_equal(url.text, "https://h.x/a?b=1&key=a%26b%3dc%20d");
    auto_free char *brief = url_brief(&url);
    assert_string_equal(brief, "https://h.x/a");
}

static void compares_origins(void **state)
{
    (void)state;
    auto_url a = {0}, b = {0}, c = {0}, d = {0};
    url_parse(&a, "https://h.x/1", NULL);
    url_parse(&b, "https://H.X:443/2", NULL);
    url_parse(&c, "http://h.x:443/", NULL);
    url_parse(&d, "https://h.x:8443/", NULL);
    assert_true(url_same_origin(&a, &b));
    assert_false(url_same_origin(&a, &c));
    assert_false(url_same_origin(&a, &d));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(joins_below_the_base),    cmocka_unit_test(normalises_hosts),
    cmocka_unit_test(refuses_what_smuggles),   cmocka_unit_test(relative_needs_a_base),
    cmocka_unit_test(resolves_like_a_browser), cmocka_unit_test(adds_to_the_query_once),
    cmocka_unit_test(compares_origins),
};

UNIT_MAIN(tests)
