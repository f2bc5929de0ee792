/* SPDX-License-Identifier: Apache-2.0
 * Text of other encodings, in pieces of every size. */
#include <config.h>

#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "read/recode.h"

static omni_status into_buf(void *ctx, const void *bytes, size_t n, struct err *err)
{
    (void)err;
    buf_add(ctx, bytes, n);
    return OMNI_OK;
}

static omni_status recode(const char *options, const char *bytes, size_t n, size_t piece,
                          struct buf *out, struct err *err)
{
    struct recode *r = NULL;
    omni_status status = recode_new(options, &r, err);
    const struct recode_out to = {out, into_buf};
    buf_clear(out);
    for (size_t at = 0; status == OMNI_OK && at < n; at += piece)
        status = recode_feed(r, bytes + at, n - at < piece ? n - at : piece, &to, err);
    if (status == OMNI_OK)
        status = recode_finish(r, &to, err);
    recode_free(r);
    return status;
}

static void reads_pieces_of_every_size(void **state)
{
    (void)state;
    static const struct {
        const char *options, *bytes;
        size_t n;
        const char *wanted;
    } cases[] = {
        {"encoding=windows-1252", "K\xF6ln \x80 5", 8, "Köln € 5"},
        {"delimiter=; encoding=iso-8859-15 skip=1", "\xA4", 1, "€"},
        {"encoding=utf-16",
         "\xFF\xFE"
         "a\0\x3D\xD8\x00\xDE",
         8, "a😀"},
        {"encoding=UTF-16", "\xFE\xFF\0a\x20\xAC", 6, "a€"},
        {"encoding=windows-1258", "id,Hoa", 6, "id,Hoa"}, /* an accent might have followed */
    };
    auto_buf out = BUF_INIT(1000);
    struct err err;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t piece = 1; piece <= cases[i].n; piece++) {
            assert_int_equal(
                recode(cases[i].options, cases[i].bytes, cases[i].n, piece, &out, &err), OMNI_OK);
            assert_string_equal(buf_text(&out), cases[i].wanted);
        }
}

static void says_where_and_what_is_wrong(void **state)
{
    (void)state;
    auto_buf out = BUF_INIT(1000);
    struct err err;
    for (size_t piece = 1; piece < 5; piece++) {
        assert_int_equal(recode("encoding=windows-1252", "abc\x81", 4, piece, &out, &err),
                         OMNI_E_DATA);
        assert_string_equal(err.text, "byte 3 is no character of windows-1252");
        assert_int_equal(recode("encoding=utf-16",
                                "\xFF\xFE"
                                "a\0b",
                                5, piece, &out, &err),
                         OMNI_E_DATA);
        assert_string_equal(err.text, "byte 4: the last character of utf-16 is not whole");
    }
    /* The second is one that iconv would load. */
    static const char *const unknown[] = {"encoding=klingon", "encoding=iso-2022-cn-ext",
                                          "encoding=windows-1252//translit", "encoding=../x"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        assert_int_equal(recode(unknown[i], "a", 1, 1, &out, &err), OMNI_E_CONFIG);
        assert_non_null(strstr(err.text, strchr(unknown[i], '=') + 1));
    }
}

static void needs_nothing_for_utf8(void **state)
{
    (void)state;
    static const char *const options[] = {NULL, "", "delimiter=;", "encoding=utf-8", "encoding="};
    struct err err;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        struct recode *r = NULL;
        assert_int_equal(recode_new(options[i], &r, &err), OMNI_OK);
        assert_null(r);
    }
}

static void begins_anew(void **state)
{
    (void)state;
    struct recode *r = NULL;
    struct err err;
    auto_buf out = BUF_INIT(1000);
    const struct recode_out to = {&out, into_buf};
    assert_int_equal(recode_new("encoding=utf-16", &r, &err), OMNI_OK);
    assert_int_equal(recode_feed(r, "\xFE\xFF\0a\0", 5, &to, &err), OMNI_OK);
    recode_reset(r);
    assert_int_equal(recode_feed(r,
                                 "\xFF\xFE"
                                 "b\0",
                                 4, &to, &err),
                     OMNI_OK);
    assert_int_equal(recode_finish(r, &to, &err), OMNI_OK);
    assert_string_equal(buf_text(&out), "ab");
    recode_free(r);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(reads_pieces_of_every_size),
    cmocka_unit_test(says_where_and_what_is_wrong),
    cmocka_unit_test(needs_nothing_for_utf8),
    cmocka_unit_test(begins_anew),
};

UNIT_MAIN(tests)
