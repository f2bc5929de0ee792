/* SPDX-License-Identifier: Apache-2.0
 * Frames: what is written is read back, and nothing that is broken is believed. */
#include <config.h>

#include "unit.h"

#include "process/wire.h"

static void write_all(struct wire_out *out)
{
    wire_begin(out, 7);
    wire_put_u32(out, UINT32_MAX);
    wire_put_i64(out, INT64_MIN);
    wire_put_text(out, "text");
    wire_put_text(out, "");
    wire_put_text(out, NULL);
    wire_put_bytes(out, "a\0b", 3);
    assert_true(wire_end(out));
}

static struct wire_in body(const struct wire_out *out)
{
    return (struct wire_in){.s = out->buf.data + WIRE_HEAD, .left = out->buf.len - WIRE_HEAD};
}

static void reads_back(void **state)
{
    (void)state;
    auto_wire out = WIRE_OUT(1000);
    uint32_t len;
    uint16_t type;
    size_t n;
    write_all(&out);
    assert_true(wire_head(out.buf.data, 1000, &len, &type));
    assert_int_equal(len, out.buf.len - WIRE_HEAD);
    assert_int_equal(type, 7);
    struct wire_in in = body(&out);
    assert_int_equal(wire_get_u32(&in), UINT32_MAX);
    assert_int_equal(wire_get_i64(&in), INT64_MIN);
    assert_string_equal(wire_get_text(&in), "text");
    assert_string_equal(wire_get_text(&in), "");
    assert_null(wire_get_text(&in));
    assert_false(wire_done(&in));
    assert_memory_equal(wire_get_bytes(&in, &n), "a\0b", 4);
    assert_int_equal(n, 3);
    assert_true(wire_done(&in));
}

static void read_all(struct wire_in *in)
{
    size_t n;
    wire_get_u32(in);
    wire_get_i64(in);
    for (int i = 0; i < 3; i++)
        wire_get_text(in);
    wire_get_bytes(in, &n);
}

static void notices_every_cut(void **state)
{
    (void)state;
    auto_wire out = WIRE_OUT(1000);
    write_all(&out);
    size_t whole = out.buf.len - WIRE_HEAD;
    for (size_t n = 0; n < whole; n++) {
        /* Of exactly that size, so that a sanitizer sees a byte too many. */
        char *cut = malloc(n ? n : 1);
        memcpy(cut, out.buf.data + WIRE_HEAD, n);
        struct wire_in in = {.s = cut, .left = n};
        read_all(&in);
        assert_false(wire_done(&in));
        free(cut);
    }
}

static void refuses_false_texts(void **state)
{
    (void)state;
    auto_wire out = WIRE_OUT(1000);
    wire_begin(&out, 1);
    wire_put_bytes(&out, "a\0b", 3);
    struct wire_in in = body(&out);
    assert_null(wire_get_text(&in));
    assert_true(in.is_bad);
    /* Without its NUL. */
    wire_begin(&out, 1);
    wire_put_text(&out, "abc");
    out.buf.data[out.buf.len - 1] = 'x';
    in = body(&out);
    assert_null(wire_get_text(&in));
    assert_true(in.is_bad);
    assert_int_equal(wire_get_u32(&in), 0);
}

static void refuses_false_heads(void **state)
{
    (void)state;
    auto_wire out = WIRE_OUT(100);
    uint32_t len;
    uint16_t type;
    wire_begin(&out, 1);
    wire_put_i64(&out, 1);
    assert_true(wire_end(&out));
    assert_true(wire_head(out.buf.data, 8, &len, &type));
    assert_false(wire_head(out.buf.data, 7, &len, &type));
    out.buf.data[7] = 1;
    assert_false(wire_head(out.buf.data, 8, &len, &type));
}

static void has_a_maximum(void **state)
{
    (void)state;
    auto_wire out = WIRE_OUT(16);
    wire_begin(&out, 1);
    wire_put_text(&out, "0123456789a");
    assert_true(wire_end(&out));
    wire_put_u32(&out, 1);
    assert_false(wire_end(&out));
    wire_begin(&out, 1);
    wire_put_text(&out, "0123456789ab");
    assert_false(wire_end(&out));
    wire_begin(&out, 1);
    assert_true(wire_end(&out));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(reads_back),          cmocka_unit_test(notices_every_cut),
    cmocka_unit_test(refuses_false_texts), cmocka_unit_test(refuses_false_heads),
    cmocka_unit_test(has_a_maximum),
};
UNIT_MAIN(tests)
