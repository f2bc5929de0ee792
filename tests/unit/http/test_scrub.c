/* SPDX-License-Identifier: Apache-2.0
 * hub/http/scrub.c: by name and by value, in every clothing. */
#include <config.h>

#include "unit.h"

#include "base/log.h"
#include "base/mem.h"
#include "http/scrub.h"

#define SECRET "c4nary/s+cret=1"

static void scrubs(const struct scrub *s, const char *text, const char *expected)
{
    auto_buf out = BUF_INIT(10000), twice = BUF_INIT(10000);
    assert_true(scrub_text(s, &out, text, strlen(text)));
    assert_string_equal(buf_text(&out), expected);
    assert_true(scrub_text(s, &twice, out.data, out.len));
    assert_string_equal(buf_text(&twice), expected); /* replays scrub what was scrubbed */
}

static void scrubs_by_name(void **state)
{
    (void)state;
    struct scrub *s = scrub_new();
    scrubs(s, "https://h/x?key=abc&page=2&sig=zz", "https://h/x?key=***&page=2&sig=***");
    scrubs(s, "https://h/x?page_token=abc&monkey=1", "https://h/x?page_token=abc&monkey=1");
    scrubs(s, "https://h/x?X-Amz-Signature=ab%20c&b=1", "https://h/x?X-Amz-Signature=***&b=1");
    scrubs(s, "{\"next\":\"https:\\/\\/h?a=1\\u0026token=q1\"}",
           "{\"next\":\"https:\\/\\/h?a=1\\u0026token=***\"}");
    scrubs(s, "{\"access_token\": \"a\\\"b\", \"n\": 1}", "{\"access_token\": \"***\", \"n\": 1}");
    scrubs(s, "{\"accessToken\":\"abc\"}", "{\"accessToken\":\"***\"}");
    scrubs(s, "code=abc&x=1", "code=***&x=1");
    scrubs(s, "https://me:pw@h/x", "https://***@h/x");
    scrubs(s, "", "");
    auto_buf line = BUF_INIT(1000);
    assert_true(scrub_header(s, &line, "Set-Cookie: sid=1"));
    assert_string_equal(line.data, "Set-Cookie: ***");
    scrub_free(s);
}

static void scrubs_by_value(void **state)
{
    (void)state;
    struct scrub *s = scrub_new();
    log_add_secret(SECRET, strlen(SECRET));
    scrubs(s, "a " SECRET " b", "a *** b");
    scrubs(s, "a c4nary%2Fs%2Bcret%3D1 b", "a *** b");
    scrubs(s, "a c4nary\\/s+cret=1 b", "a *** b");
    scrubs(s, "a YzRuYXJ5L3MrY3JldD0x b", "a *** b");
    assert_true(scrub_finds("xx" SECRET, 2 + strlen(SECRET)));
    assert_false(scrub_finds("nothing here", 12));
    scrub_free(s);
}

/* What scrub_text() does not look through is found before it is written. */
static void finds_what_is_hidden(void **state)
{
    (void)state;
    static const char *const hidden[] = {
        "{\"a\":\"\\u0063\\u0034nary/s+cret=1\"}",
        "{\"a\":\"{\\\"b\\\":\\\"c4nary\\\\\\/s+cret=1\\\"}\"}",
        "%634nary%2Fs%2bcret=1",
        "{\"a\":\"\\u00254nary\", \"b\":\"\\u002563\\u0034nary/s+cret=1\"}",
        "YzRuYXJ5\nL3MrY3Jl\r\ndD0x",
        "{\"a\":\"YzRuYXJ5\\nL3MrY3Jl\\r\\ndD0x\"}",
    };
    static const char *const harmless[] = {
        "c4nar", "\\u0063\\u003",           "%",    "%4", "\\", "\\u",
        "%zz\n", "Bearer%20authentication", "a\nb", ""};
    log_add_secret(SECRET, strlen(SECRET));
    for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
        if (!scrub_finds(hidden[i], strlen(hidden[i])))
            fail_msg("not found: %s", hidden[i]);
    for (size_t i = 0; i < ARRAY_LEN(harmless); i++)
        if (scrub_finds(harmless[i], strlen(harmless[i])))
            fail_msg("found where there is none: %s", harmless[i]);
}

static void keeps_bytes(void **state)
{
    (void)state;
    struct scrub *s = scrub_new();
    static const char bytes[] = "\x00\xff?key=a\x00z";
    auto_buf out = BUF_INIT(1000);
    assert_true(scrub_text(s, &out, bytes, sizeof bytes - 1));
    assert_int_equal(out.len, 10);
    assert_memory_equal(out.data, "\x00\xff?key=***", 10);
    scrub_free(s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(scrubs_by_name),
    cmocka_unit_test(scrubs_by_value),
    cmocka_unit_test(finds_what_is_hidden),
    cmocka_unit_test(keeps_bytes),
};

UNIT_MAIN(tests)
