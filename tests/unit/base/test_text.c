/* SPDX-License-Identifier: Apache-2.0
 * hub/base/text.c and text_encode.c. */
#include <config.h>

#include "unit.h"

#include <limits.h>

#include "base/mem.h"
#include "base/text.h"

static void knows_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        size_t n;
        bool valid;
    } cases[] = {
        {"", 0, true},
        {"plain", 5, true},
        {"\xc3\xa9", 2, true},
        {"\xe2\x82\xac", 3, true},
        {"\xf0\x9f\x98\x80", 4, true},
        {"\xf4\x8f\xbf\xbf", 4, true},
        {"\xed\x9f\xbf", 3, true},
        {"a\0b", 3, false},
        {"\x80", 1, false},
        {"\xc0\x80", 2, false},         /* overlong */
        {"\xc1\xbf", 2, false},         /* overlong */
        {"\xe0\x9f\xbf", 3, false},     /* overlong */
        {"\xf0\x8f\xbf\xbf", 4, false}, /* overlong */
        {"\xed\xa0\x80", 3, false},     /* surrogate */
        {"\xf4\x90\x80\x80", 4, false}, /* beyond U+10FFFF */
        {"\xf5\x80\x80\x80", 4, false},
        {"\xff", 1, false},
        {"\xe2\x82", 2, false}, /* cut off */
        {"\xc3(", 2, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(text_is_utf8(cases[i].s, cases[i].n), cases[i].valid);
}

static void suggests_what_was_meant(void **state)
{
    (void)state;
    static const char *const words[] = {"account_id", "access_token", "api_url", "path", "a"};
    static const struct {
        const char *typed, *meant;
    } cases[] = {
        {"acount_id", "account_id"},
        {"account-id", "account_id"},
        {"ACCOUNT_ID", "account_id"},
        {"acces_tokne", "access_token"},
        {"apiurl", "api_url"},
        {"paht", "path"},
        {"pth", "path"},
        {"schedule", NULL},
        {"b", NULL},
        {"", NULL},
        {"xyz", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *found = text_suggest(cases[i].typed, words, ARRAY_LEN(words));
        if (cases[i].meant)
            assert_string_equal(found, cases[i].meant);
        else
            assert_null(found);
    }
    char longer[200];
    memset(longer, 'x', sizeof longer);
    longer[199] = '\0';
    const char *const long_words[] = {longer, "short"};
    assert_null(text_suggest(longer, long_words, 2));
    assert_string_equal(text_suggest("shrot", long_words, 2), "short");
}

static void finds_words_in_lists(void **state)
{
    (void)state;
    assert_true(text_in_list("b", 1, "a|b|c", "|"));
    assert_true(text_in_list("c", 1, "a|b|c", "|"));
    assert_true(text_in_list("(not set)", 9, "-|(not set)", "|"));
    assert_true(text_in_list("bc", 2, "a, bc", ", "));
    assert_false(text_in_list("b", 1, "a|bc", "|"));
    assert_false(text_in_list("bc", 2, "a|b", "|"));
    assert_false(text_in_list("", 0, "a||b", "|"));
    assert_false(text_in_list("a", 1, NULL, "|"));
    assert_true(text_starts("file:x", "file:"));
    assert_false(text_starts("fil", "file:"));
    assert_true(text_ends("a.conf", ".conf"));
    assert_false(text_ends("conf", ".conf"));
}

static void encodes_json(void **state)
{
    (void)state;
    static const char in[] = "a\"b\\c/\n\t\x01\x7f\xc3\xa9\xff!\0z";
    auto_buf b = BUF_INIT(200);
    assert_true(text_add_json(&b, in, sizeof in - 1));
    assert_string_equal(buf_text(&b),
                        "\"a\\\"b\\\\c/\\n\\t\\u0001\x7f\xc3\xa9\xef\xbf\xbd!\\u0000z\"");
    auto_buf small = BUF_INIT(6);
    assert_true(buf_adds(&small, "ab"));
    assert_false(text_add_json(&small, "xyz", 3));
    assert_string_equal(buf_text(&small), "ab");
    buf_clear(&b);
    assert_true(text_add_utf8(&b, "\xffx\xe2\x82", 4));
    assert_string_equal(buf_text(&b), "\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd");
}

static void encodes_percent(void **state)
{
    (void)state;
    auto_buf b = BUF_INIT(100);
    assert_true(text_add_percent(&b, "aZ09-._~ /?&=+%\xc3\xa9", 17));
    assert_string_equal(buf_text(&b), "aZ09-._~%20%2F%3F%26%3D%2B%25%C3%A9");
    auto_buf small = BUF_INIT(4);
    assert_false(text_add_percent(&small, "a  ", 3));
    assert_int_equal(small.len, 0);
}

static void decodes_percent(void **state)
{
    (void)state;
    auto_buf b = BUF_INIT(100);
    assert_true(text_add_unpercent(&b, "a%20%2f%2F+%C3%A9", 17));
    assert_string_equal(buf_text(&b), "a //+\xc3\xa9");
    buf_clear(&b);
    assert_true(text_add_unpercent(&b, "%%4%zz%2", 8)); /* no pairs */
    assert_string_equal(buf_text(&b), "%%4%zz%2");
}

static void replaces(void **state)
{
    (void)state;
    auto_buf b = BUF_INIT(20), small = BUF_INIT(3);
    assert_true(text_add_replaced(&b, "{x} and {x}{y}", "{x}", "long"));
    assert_string_equal(buf_text(&b), "long and long{y}");
    assert_false(text_add_replaced(&small, "{x}", "{x}", "long"));
}

static void base64_there_and_back(void **state)
{
    (void)state;
    unsigned char bytes[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (unsigned char)(i * 7 + 251);
    for (size_t n = 0; n <= sizeof bytes; n++)
        for (int url = 0; url < 2; url++) {
            auto_buf text = BUF_INIT(1000), back = BUF_INIT(1000);
            assert_true(text_add_base64(&text, bytes, n, url));
            if (url)
                assert_null(strpbrk(buf_text(&text), "+/="));
            else
                assert_int_equal(text.len % 4, 0);
            assert_true(text_add_unbase64(&back, buf_text(&text), text.len));
            assert_int_equal(back.len, n);
            assert_memory_equal(buf_text(&back), bytes, n);
        }
    auto_buf b = BUF_INIT(100);
    assert_true(text_add_base64(&b, "fo", 2, false));
    assert_string_equal(buf_text(&b), "Zm8=");
    static const char *const wrong[] = {"Z",   "Zm8==", "Zm8=x", "Zm 8",  "=",       "====",
                                        "Zg=", "Z===",  " Zm8",  "Zm8\n", "Zm9vZg=", "Zm9v="};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_false(text_add_unbase64(&b, wrong[i], strlen(wrong[i])));
    assert_string_equal(buf_text(&b), "Zm8=");
}

static void parses_whole_numbers(void **state)
{
    (void)state;
    long long v;
    assert_true(text_parse_int("0", 0, 9, &v) && v == 0);
    assert_true(text_parse_int("-12", -20, 9, &v) && v == -12);
    assert_true(text_parse_int("9223372036854775807", LLONG_MIN, LLONG_MAX, &v) && v == LLONG_MAX);
    assert_true(text_parse_int("-9223372036854775808", LLONG_MIN, LLONG_MAX, &v) && v == LLONG_MIN);
    static const char *const wrong[] = {
        "", "-", "+1", " 1", "1 ", "1x", "0x1", "1.0", "1e3", "9223372036854775808", "--1"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_false(text_parse_int(wrong[i], LLONG_MIN, LLONG_MAX, &v));
    assert_false(text_parse_int("10", 0, 9, &v));
    assert_false(text_parse_int("-1", 0, 9, &v));
}

static void parses_durations(void **state)
{
    (void)state;
    long long s;
    assert_true(text_parse_duration("90s", &s) && s == 90);
    assert_true(text_parse_duration("15m", &s) && s == 900);
    assert_true(text_parse_duration("6h", &s) && s == 21600);
    assert_true(text_parse_duration("2d", &s) && s == 172800);
    static const char *const wrong[] = {"",    "15",  "m",    "1w",    "-1m",
                                        "-0m", "1 h", "1.5h", "1h30m", "99999999999999999d"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_false(text_parse_duration(wrong[i], &s));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(knows_utf8),
    cmocka_unit_test(suggests_what_was_meant),
    cmocka_unit_test(finds_words_in_lists),
    cmocka_unit_test(encodes_json),
    cmocka_unit_test(encodes_percent),
    cmocka_unit_test(decodes_percent),
    cmocka_unit_test(replaces),
    cmocka_unit_test(base64_there_and_back),
    cmocka_unit_test(parses_whole_numbers),
    cmocka_unit_test(parses_durations),
};

UNIT_MAIN(tests)
