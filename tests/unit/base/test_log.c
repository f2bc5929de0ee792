/* SPDX-License-Identifier: Apache-2.0
 * hub/base/log.c and redact.c: what leaves on stderr, and what never does. */
#include <config.h>

#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

/* Secrets stay registered for the process: all are told once, before the tests. */
static const char token[] = "EAAB/x+y=9\"z\\ \xc3\xa9!";
static const char password[] = "hunter2-hunter2";
static const char key[] = "-----BEGIN KEY-----\nMIIBVgIBADANBg\n-----END KEY-----\n";

static int setup(void **state)
{
    (void)state;
    log_add_secret(token, strlen(token));
    log_add_secret(password, strlen(password));
    log_add_secret(password, strlen(password));
    log_add_secret(key, strlen(key));
    log_add_secret("abc", 3);
    log_add_secret("", 0);
    setenv("OMNIHUB_NOW", "2026-11-23T08:00:00.75Z", 1);
    return 0;
}

/* What a call writes to stderr. */
static char *captured(void (*speak)(const void *), const void *what)
{
    int ends[2], old = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    speak(what);
    dup2(old, STDERR_FILENO);
    close(old);
    auto_buf out = BUF_INIT(100000);
    assert_int_equal(file_read_fd(ends[0], "pipe", &out, NULL), OMNI_OK);
    close(ends[0]);
    return buf_take(&out);
}

static void speak(const void *text)
{
    log_error("%s", (const char *)text);
}

static void one_call_is_one_line(void **state)
{
    (void)state;
    auto_free char *line =
        captured(speak, "a\nb\rc\td\x1b[31m\x7f\xc2\x9b\xe2\x80\xa8 \xff \xc3\xa9");
    assert_string_equal(line, "2026-11-23T08:00:00Z error a\\nb\\rc\\td\\x1b[31m\\x7f\\xc2\\x9b"
                              "\\xe2\\x80\\xa8 \\xff \xc3\xa9\n");
}

static void prefix_says_who(void **state)
{
    (void)state;
    log_set_prefix("shop-ads.ad_insights run=17");
    auto_free char *line = captured(speak, "x");
    assert_string_equal(line, "2026-11-23T08:00:00Z error shop-ads.ad_insights run=17 x\n");
    log_set_prefix(NULL);
    auto_free char *plain = captured(speak, "x");
    assert_string_equal(plain, "2026-11-23T08:00:00Z error x\n");
}

static void speak_all_levels(const void *unused)
{
    (void)unused;
    log_error("e");
    log_warn("w");
    log_info("i");
    log_debug("d");
}

static void levels_are_kept(void **state)
{
    (void)state;
    assert_int_equal(log_get_level(), LOG_INFO);
    auto_free char *usual = captured(speak_all_levels, NULL);
    assert_null(strstr(usual, " debug "));
    assert_non_null(strstr(usual, " info i\n"));
    log_set_level(LOG_ERROR);
    auto_free char *quiet = captured(speak_all_levels, NULL);
    assert_string_equal(quiet, "2026-11-23T08:00:00Z error e\n");
    log_set_level(LOG_DEBUG);
    auto_free char *chatty = captured(speak_all_levels, NULL);
    assert_non_null(strstr(chatty, " debug d\n"));
    log_set_level(LOG_INFO);
}

static void long_lines_end(void **state)
{
    (void)state;
    auto_free char *text = xcalloc(1, 50001);
    memset(text, '\x01', 50000);
    auto_free char *line = captured(speak, text);
    size_t n = strlen(line);
    assert_true(n > 8000 && n < 20000);
    assert_int_equal(line[n - 1], '\n');
    assert_ptr_equal(strchr(line, '\n'), line + n - 1);
}

static void check_redacted(const char *in, const char *expected)
{
    auto_free char *text = xstrdup(in);
    size_t n = log_redact(text, strlen(text));
    assert_int_equal(n, strlen(text));
    assert_string_equal(text, expected);
}

/* The secret put between bytes as this writer writes it must vanish. */
static void check_form(bool (*add)(struct buf *, const char *, size_t), const char *secret)
{
    auto_buf b = BUF_INIT(1000);
    assert_true(buf_adds(&b, "before <") && add(&b, secret, strlen(secret)) &&
                buf_adds(&b, "> after"));
    log_redact(b.data, b.len);
    assert_string_equal(b.data,
                        add == text_add_json ? "before <\"***\"> after" : "before <***> after");
}

static bool add_raw(struct buf *b, const char *s, size_t n)
{
    return buf_add(b, s, n);
}

static bool add_base64(struct buf *b, const char *s, size_t n)
{
    return text_add_base64(b, s, n, false);
}

static bool add_base64url(struct buf *b, const char *s, size_t n)
{
    return text_add_base64(b, s, n, true);
}

static bool add_lower_percent(struct buf *b, const char *s, size_t n)
{
    size_t start = b->len;
    if (!text_add_percent(b, s, n))
        return false;
    for (size_t i = start; i < b->len; i++)
        if (b->data[i] == '%') {
            b->data[i + 1] |= b->data[i + 1] >= 'A' ? 0x20 : 0;
            b->data[i + 2] |= b->data[i + 2] >= 'A' ? 0x20 : 0;
        }
    return true;
}

static void every_form_vanishes(void **state)
{
    (void)state;
    static bool (*const writers[])(struct buf *, const char *, size_t) = {
        add_raw, text_add_json, text_add_percent, add_lower_percent, add_base64, add_base64url};
    for (size_t i = 0; i < ARRAY_LEN(writers); i++) {
        check_form(writers[i], token);
        check_form(writers[i], password);
        check_form(writers[i], key);
    }
    check_redacted("{\"t\":\"EAAB\\/x+y=9\\\"z\\\\ \xc3\xa9!\"}", "{\"t\":\"***\"}");
}

/* HTTP Basic: the secret lies inside what is encoded, at any offset. */
static void base64_of_a_longer_text(void **state)
{
    (void)state;
    for (size_t before = 0; before < 7; before++)
        for (size_t after = 0; after < 4; after++) {
            auto_buf plain = BUF_INIT(200), b = BUF_INIT(400);
            buf_add(&plain, "user:??", before);
            buf_adds(&plain, password);
            buf_add(&plain, "tail", after);
            text_add_base64(&b, plain.data, plain.len, false);
            log_redact(b.data, b.len);
            assert_non_null(strstr(b.data, "***"));
            assert_true(strlen(b.data) < 20);
        }
}

static void tokens_by_their_name(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"Authorization: Bearer ya29.a0-b_c/d", "Authorization: Bearer ***"},
        {"bearer ya29.x\r\nNext", "bearer ***\r\nNext"},
        {"?access_token=EAAC1&limit=5", "?access_token=***&limit=5"},
        {"ACCESS_TOKEN=EAAC1 x", "ACCESS_TOKEN=*** x"},
        {"refresh_token=1//abc&client_secret=GOC-1", "refresh_token=***&client_secret=***"},
        {"{\"access_token\": \"ya29\", \"n\": 1}", "{\"access_token\": \"***\", \"n\": 1}"},
        {"{\\\"access_token\\\":\\\"ya29\\\"}", "{\\\"access_token\\\":\\\"***\\\"}"},
        {"access_token=hunter2-hunter2&x", "access_token=***&x"},
        {"access_token=ab", "access_token=**"},
        {"access_token=", "access_token="},
        {"{\"access_token\":null,\"n\":1}", "{\"access_token\":null,\"n\":1}"},
        {"{\"refresh_token\": false}", "{\"refresh_token\": false}"},
        {"{\"access_token\": 1234567}", "{\"access_token\": 0}"},
        {"{\\\"access_token\\\":null}", "{\\\"access_token\\\":null}"},
        {"no access_token given", "no access_token given"},
        {"bearers of rings", "bearers of rings"},
        {"", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check_redacted(cases[i][0], cases[i][1]);
}

static void other_text_stays(void **state)
{
    (void)state;
    check_redacted("abc hunter2 hunter2-hunter1 EAAB", "abc hunter2 hunter2-hunter1 EAAB");
    check_redacted("hunter2-hunter2hunter2-hunter2", "******");
    check_redacted("xhunter2-hunter2", "x***");
    /* A text cut off in the middle of a secret. */
    check_redacted("password hunter2-hun", "password ***");
    check_redacted("password hunt", "password hunt");
}

static void bytes_with_nul(void **state)
{
    (void)state;
    char text[] = "a\0hunter2-hunter2\0b";
    size_t n = log_redact(text, sizeof text - 1);
    assert_int_equal(n, 7);
    assert_memory_equal(text, "a\0***\0b", 7);
}

static void a_line_is_redacted_before_it_is_escaped(void **state)
{
    (void)state;
    auto_buf b = BUF_INIT(1000);
    buf_printf(&b, "key %s end", key);
    auto_free char *line = captured(speak, buf_text(&b));
    assert_string_equal(line, "2026-11-23T08:00:00Z error key *** end\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(one_call_is_one_line),
    cmocka_unit_test(prefix_says_who),
    cmocka_unit_test(levels_are_kept),
    cmocka_unit_test(long_lines_end),
    cmocka_unit_test(every_form_vanishes),
    cmocka_unit_test(base64_of_a_longer_text),
    cmocka_unit_test(tokens_by_their_name),
    cmocka_unit_test(other_text_stays),
    cmocka_unit_test(bytes_with_nul),
    cmocka_unit_test(a_line_is_redacted_before_it_is_escaped),
};

int main(void)
{
    return cmocka_run_group_tests(tests, setup, NULL);
}
