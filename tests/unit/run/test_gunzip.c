/* SPDX-License-Identifier: Apache-2.0
 * hub/run/gunzip.c: the same bytes however they are cut, and no bombs. */
#include <config.h>

#include "unit.h"

#include "base/buf.h"
#include "run/gunzip.h"

static omni_status collect(void *ctx, const void *bytes, size_t n, struct err *err)
{
    return buf_add(ctx, bytes, n) ? OMNI_OK : err_set(err, OMNI_E_DATA, "too much");
}

/* One gzip member behind what is there. */
static void pack(struct buf *out, const char *text, size_t n)
{
    unsigned char room[65536];
    z_stream z = {.next_in = (z_const Bytef *)text,
                  .avail_in = (unsigned)n,
                  .next_out = room,
                  .avail_out = sizeof room};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    assert_true(buf_add(out, room, sizeof room - z.avail_out));
    deflateEnd(&z);
}

static omni_status feed(struct gunzip *u, const struct buf *in, size_t step, struct buf *got,
                        struct err *err)
{
    const struct gunzip_out out = {got, collect};
    omni_status status = OMNI_OK;
    buf_clear(got);
    for (size_t i = 0; i < in->len && status == OMNI_OK; i += step)
        status = gunzip_feed(u, in->data + i, step < in->len - i ? step : in->len - i, &out, err);
    if (status == OMNI_OK)
        status = gunzip_finish(u, &out, err);
    gunzip_close(u);
    return status;
}

static void same_however_cut(void **state)
{
    (void)state;
    auto_buf in = BUF_INIT(100000), got = BUF_INIT(100000);
    struct gunzip u = {0};
    struct err err = {0};
    pack(&in, "one,", 4);
    pack(&in, "", 0);
    pack(&in, "two", 3);
    assert_true(buf_add(&in, "\0\0\0", 3)); /* that fill up a block */
    for (size_t step = 1; step <= in.len; step++) {
        assert_int_equal(feed(&u, &in, step, &got, &err), OMNI_OK);
        assert_string_equal(buf_text(&got), "one,two");
    }
}

static void plain_bytes_pass(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "x", "\x1f", "[]", "\x1fplain", "{\"a\":1}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        auto_buf in = BUF_INIT(100), got = BUF_INIT(100);
        struct gunzip u = {.max_ratio = 200};
        struct err err = {0};
        buf_adds(&in, texts[i]);
        assert_int_equal(feed(&u, &in, 1, &got, &err), OMNI_OK);
        assert_string_equal(buf_text(&got), texts[i]);
    }
}

static void refuses_what_is_broken(void **state)
{
    (void)state;
    auto_buf in = BUF_INIT(100000), got = BUF_INIT(100000);
    struct gunzip u = {0};
    struct err err = {0};
    pack(&in, "a text of some length, of some length", 37);
    in.len -= 5;
    assert_int_equal(feed(&u, &in, 7, &got, &err), OMNI_E_DATA);
    assert_non_null(strstr(err.text, "too early"));
    in.data[12] ^= 0x55;
    in.data[15] ^= 0x55;
    assert_int_equal(feed(&u, &in, 7, &got, &err), OMNI_E_DATA);
}

static void refuses_bombs(void **state)
{
    (void)state;
    enum { SIZE = 8 * 1024 * 1024 };
    auto_buf in = BUF_INIT(100000), got = BUF_INIT(SIZE + 1);
    char *zeros = calloc(1, SIZE);
    struct err err = {0};
    assert_non_null(zeros);
    pack(&in, zeros, SIZE);
    struct gunzip u = {.max_ratio = 200};
    assert_int_equal(feed(&u, &in, in.len, &got, &err), OMNI_E_DATA);
    assert_true(got.len < SIZE);
    u.max_ratio = 0;
    assert_int_equal(feed(&u, &in, in.len, &got, &err), OMNI_OK);
    assert_int_equal(got.len, SIZE);
    free(zeros);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(same_however_cut),
    cmocka_unit_test(plain_bytes_pass),
    cmocka_unit_test(refuses_what_is_broken),
    cmocka_unit_test(refuses_bombs),
};
UNIT_MAIN(tests)
