/* SPDX-License-Identifier: Apache-2.0
 * hub/alert/letter.c: addresses that are none, heads that nothing can end, subjects in any script.
 */
#include <config.h>

#include "unit.h"

#include <string.h>

#include "alert/letter.h"
#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

static void addresses(void **state)
{
    (void)state;
    static const char *const good[] = {"a@b", "ops+x@mail.example.com", "o'k@x-y.example"};
    static const char *const bad[] = {"",        "a",           "@b",         "a@",      "a@b@c",
                                      "a b@c",   "a@b\r\nX: y", "a@b>",       "<a@b",    "a@b,c@d",
                                      "\"a\"@b", "a@b\n",       "\xc3\xbc@b", "a@b\x7f", "a@b;c"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(letter_address_is_fine(good[i]));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(letter_address_is_fine(bad[i]));
    char *longer = xmalloc(300);
    memset(longer, 'a', 299);
    memcpy(longer + 100, "@", 1);
    longer[299] = '\0';
    assert_false(letter_address_is_fine(longer));
    free(longer);
}

static char *written(const char *subject, const char *text)
{
    auto_buf out = BUF_INIT(LETTER_MAX);
    auto_json *to = json_pack("[s, s]", "a@x", "b@y");
    assert_true(letter_write(&(struct letter){.from = "omnihub@example.com",
                                              .to = to,
                                              .subject = subject,
                                              .text = text,
                                              .key = "k1",
                                              .made = 1796083200 * TIME_SECOND},
                             &out));
    return buf_take(&out);
}

static void the_head(void **state)
{
    (void)state;
    auto_free char *mail = written("one\r\nBcc: evil@x", "body\n");
    assert_non_null(strstr(mail, "Date: Tue, 01 Dec 2026 00:00:00 +0000\r\n"));
    assert_non_null(strstr(mail, "From: omnihub <omnihub@example.com>\r\nTo: a@x,\r\n b@y\r\n"));
    assert_non_null(strstr(mail, "Subject: one  Bcc: evil@x\r\n"));
    assert_non_null(strstr(mail, "Message-ID: <k1@example.com>\r\n"));
    assert_non_null(strstr(mail, "\r\n\r\nYm9keQo=\r\n"));
}

static void subjects_are_encoded_between_characters(void **state)
{
    (void)state;
    char subject[400] = "";
    for (int i = 0; i < 60; i++)
        memcpy(subject + strlen(subject), "\xf0\x9f\x98\x80", 5);
    auto_free char *mail = written(subject, "");
    size_t words = 0;
    for (const char *p = mail; (p = strstr(p, "=?UTF-8?B?")); words++) {
        const char *end = strstr(p + 10, "?=");
        assert_non_null(end);
        assert_true(end + 2 - p <= 75);
        auto_buf bytes = BUF_INIT(256);
        auto_free char *word = xstrndup(p + 10, (size_t)(end - p - 10));
        assert_true(text_add_unbase64(&bytes, word, strlen(word)));
        assert_int_equal(bytes.len % 4, 0); /* whole characters */
        p = end;
    }
    assert_true(words >= 6);
    auto_free char *pretending = written("=?UTF-8?B?Zm9v?=", "");
    assert_null(strstr(pretending, "Subject: =?UTF-8?B?Zm9v?=\r\n"));
    auto_free char *broken = written("broken \xff\xfe", "");
    assert_non_null(strstr(broken, "Subject: =?UTF-8?B?"));
}

static void bodies_have_short_lines(void **state)
{
    (void)state;
    char text[5000];
    memset(text, '.', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    auto_free char *mail = written("s", text);
    for (const char *p = mail, *end; (end = strstr(p, "\r\n")); p = end + 2) {
        assert_true(end - p <= 78);
        assert_true(*p != '.');
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(addresses),
    cmocka_unit_test(the_head),
    cmocka_unit_test(subjects_are_encoded_between_characters),
    cmocka_unit_test(bodies_have_short_lines),
};

UNIT_MAIN(tests)
