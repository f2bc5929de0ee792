/* SPDX-License-Identifier: Apache-2.0
 * hub/http/unpack: gzip in pieces of any size, cut anywhere, and what is not gzip. */
#include <config.h>

#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "http/unpack.h"

static const char text[] = "{\"rows\":[1,2,3]} and a little more, so that there is something";

static size_t pack(unsigned char *out, size_t room)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)text, .avail_in = sizeof text - 1};
    z.next_out = out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t n = room - z.avail_out;
    deflateEnd(&z);
    return n;
}

static bool collect(void *ctx, const void *bytes, size_t n)
{
    return buf_add(ctx, bytes, n);
}

/* Everything in pieces of `step` bytes; the status of the end, or what went wrong before. */
static omni_status run(const char *encoding, const void *bytes, size_t n, size_t step,
                       struct buf *out)
{
    struct unpack u;
    struct err err = {0};
    omni_status status = unpack_open(&u, encoding, &err);
    for (size_t at = 0; status == OMNI_OK && at < n; at += step)
        status = unpack_bytes(&u, (const char *)bytes + at, n - at < step ? n - at : step,
                              &(struct unpack_out){out, collect}, &err);
    status = status == OMNI_OK ? unpack_end(&u, &err) : status;
    unpack_close(&u);
    return status;
}

static void whole_in_any_pieces(void **state)
{
    (void)state;
    unsigned char packed[512];
    size_t n = pack(packed, sizeof packed);
    memcpy(packed + n, packed, n); /* two members, and zeros behind */
    memset(packed + 2 * n, 0, 8);
    for (size_t step = 1; step < 2 * n + 8; step++) {
        auto_buf out = BUF_INIT(4096);
        assert_int_equal(run("gzip", packed, 2 * n + 8, step, &out), OMNI_OK);
        assert_int_equal(out.len, 2 * (sizeof text - 1));
        assert_memory_equal(out.data + sizeof text - 1, text, sizeof text - 1);
    }
}

static void cut_anywhere(void **state)
{
    (void)state;
    unsigned char packed[512];
    size_t n = pack(packed, sizeof packed);
    for (size_t cut = 1; cut < n; cut++) {
        auto_buf out = BUF_INIT(4096);
        assert_int_equal(run("gzip", packed, cut, 7, &out), OMNI_E_RETRY);
    }
}

static void other_encodings(void **state)
{
    (void)state;
    auto_buf out = BUF_INIT(4096);
    assert_int_equal(run(NULL, text, 9, 4, &out), OMNI_OK);
    assert_int_equal(run("identity", text, 9, 4, &out), OMNI_OK);
    assert_int_equal(out.len, 18);
    assert_int_equal(run("br", text, 9, 4, &out), OMNI_E_DATA);
    assert_int_equal(run("gzip, gzip", text, 9, 4, &out), OMNI_E_DATA);
    assert_int_equal(run("gzip", text, 9, 4, &out), OMNI_E_RETRY);
    assert_int_equal(out.len, 18);
}

static bool refuse(void *ctx, const void *bytes, size_t n)
{
    (void)bytes;
    (void)n;
    ++*(int *)ctx;
    return false;
}

static void stops_when_told(void **state)
{
    (void)state;
    unsigned char packed[512];
    size_t n = pack(packed, sizeof packed);
    int calls = 0;
    struct unpack u;
    assert_int_equal(unpack_open(&u, "GZIP", NULL), OMNI_OK);
    assert_int_equal(unpack_bytes(&u, packed, n, &(struct unpack_out){&calls, refuse}, NULL),
                     OMNI_OK);
    assert_int_equal(calls, 1);
    unpack_close(&u);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(whole_in_any_pieces),
    cmocka_unit_test(cut_anywhere),
    cmocka_unit_test(other_encodings),
    cmocka_unit_test(stops_when_told),
};

UNIT_MAIN(tests)
