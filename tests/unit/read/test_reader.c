/* SPDX-License-Identifier: Apache-2.0
 * hub/read/reader.c: JSON and NDJSON as a caller sees them: rows, envelope, refusals, limits. */
#include <config.h>

#include "unit.h"

#include <stdio.h>

#include "base/mem.h"
#include "rows.h"

#define FIELD(path_)                                                                               \
    &(const struct omni_field)                                                                     \
    {                                                                                              \
        .size = sizeof(struct omni_field), .path = (path_)                                         \
    }
#define FIELDS(...)                                                                                \
    (const struct omni_field *const[])                                                             \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
#define STREAM(...)                                                                                \
    &(const struct omni_stream)                                                                    \
    {                                                                                              \
        .size = sizeof(struct omni_stream), __VA_ARGS__                                            \
    }

static const struct reader_spec plain = {
    .records = "$.data[*]",
    .stream = STREAM(.name = "s", .fields = FIELDS(FIELD("$.a"), FIELD("$.b.c")))};

static const struct rows_wish all = {.has_unknown = true};

static struct rows read_text(const struct reader_spec *spec, const char *reply)
{
    return rows_read(spec, &all, reply, strlen(reply), 0);
}

/* However the reply is cut. */
static void gives(const struct reader_spec *spec, const char *reply, const char *text)
{
    for (int piece = 0; piece < 4; piece++) {
        auto_rows got = rows_read(spec, &all, reply, strlen(reply), piece);
        if (got.status != OMNI_OK)
            fail_msg("%s: %s", reply, got.err.text);
        assert_string_equal(buf_text(&got.text), text);
    }
}

static void refuses(const struct reader_spec *spec, const char *reply, const char *message)
{
    for (int piece = 0; piece < 3; piece++) {
        auto_rows got = rows_read(spec, &all, reply, strlen(reply), piece);
        if (got.status != OMNI_E_DATA || !strstr(got.err.text, message))
            fail_msg("%s: status %d, %s", reply, got.status, got.err.text);
    }
}

static void rows_with_positions(void **state)
{
    (void)state;
    gives(&plain,
          "{\"x\":[1],\"data\":[{\"a\":1.50,\"b\":{\"c\":\"t\\n\"}},\n {\"b\":null}],\"n\":2}",
          "0 #1 line 0 byte 17|1.50|'t\n'\n0 #2 line 0 byte 46|-|-\n");
}

static void three_kinds_of_nothing(void **state)
{
    (void)state;
    gives(&plain, "{\"data\":[{\"a\":null},{\"a\":\"\"},{}]}",
          "0 #1 line 0 byte 9|null|-\n0 #2 line 0 byte 20|''|-\n0 #3 line 0 byte 29|-|-\n");
}

static void numbers_stay_as_written(void **state)
{
    (void)state;
    gives(&plain, "{\"data\":[{\"a\":123456789012345678901234567890.10},{\"a\":1e999}]}",
          "0 #1 line 0 byte 9|123456789012345678901234567890.10|-\n0 #2 line 0 byte 49|1e999|-\n");
}

static void envelope_without_records(void **state)
{
    (void)state;
    auto_rows got = read_text(&plain, "\xEF\xBB\xBF { \"p\" : {\"next\" : \"u v\"}, \"data\" : "
                                      "[ {\"a\":1} , {} ] , \"n\" : [ 1 , -2.5 ] } \n");
    assert_int_equal(got.status, OMNI_OK);
    assert_string_equal(buf_text(&got.envelope),
                        "{\"p\":{\"next\":\"u v\"},\"data\":[],\"n\":[1,-2.5]}");
    assert_int_equal(got.records, 2);
}

/* Batches in a list: one that has no records may be an error, and is not swallowed. */
static void envelope_keeps_batches_without_records(void **state)
{
    (void)state;
    const struct reader_spec spec = {.records = "$[*].r[*]",
                                     .stream = STREAM(.name = "s", .fields = FIELDS(FIELD("$.a")))};
    static const struct {
        const char *reply, *envelope;
        uint64_t records;
    } cases[] = {
        {"[{\"r\":[{\"a\":1},{}],\"m\":1},{\"error\":{\"c\":\"x\"}} , {\"r\":[]}]",
         "[{\"error\":{\"c\":\"x\"}},{\"r\":[]}]", 2},
        {"[{\"r\":[{}]}]", "[]", 1},
        {"[]", "[]", 0},
        {"{\"error\":1}", "[{\"error\":1}]", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_rows got = read_text(&spec, cases[i].reply);
        assert_int_equal(got.status, OMNI_OK);
        assert_string_equal(buf_text(&got.envelope), cases[i].envelope);
        assert_int_equal(got.records, cases[i].records);
    }
}

static void no_records_are_no_error(void **state)
{
    (void)state;
    static const char *const replies[] = {
        "{}", "{\"data\":null}", "{\"data\":[]}", "null", "", " \n", "{\"x\":{\"data\":[{}]}}"};
    for (size_t i = 0; i < ARRAY_LEN(replies); i++)
        gives(&plain, replies[i], "");
}

static void one_record_in_place_of_a_list(void **state)
{
    (void)state;
    gives(&plain, "{\"data\":{\"a\":1}}", "0 #1 line 0 byte 8|1|-\n");
}

static void refuses_other_shapes(void **state)
{
    (void)state;
    refuses(&plain, "{\"data\":\"oops\"}", "byte 8 of the reply: expected a list of records");
    refuses(&plain, "{\"data\":[1]}", "expected a record");
    refuses(&plain, "[1]", "expected an object");
    refuses(&plain, "\"maintenance\"", "on the way to the records ($.data[*])");
    refuses(&plain, "<html>", "byte 0 of the reply: expected a value, near <");
    refuses(&plain, "{\"data\":[{\"a\":1,\"b\":{},\"a\":2}]}", "member a appears twice");
    refuses(&plain, "{\"data\":[],\"data\":[]}", "member data appears twice");
    refuses(&plain, "{\"data\":[{}]} x", "nothing more");
    refuses(&plain, "{\"data\":[{\"a\":1}", "ends");
    refuses(&plain, "{\"data\":[{\"a\":\"\\u0000\"}]}", "\\u0000");
    refuses(&plain, "{\"data\":[{\"z\":\"\\ud800\"}]}", "surrogate");
    refuses(&plain, "{\"data\":[{\"z\":\"\xC0\x80\"}]}", "UTF-8");
    refuses(&plain, "{\"data\":[{\"\n\":1}]}", "control character");
    refuses(&plain, "{\"data\":[{\"\"\":1}]}", "expected a colon");
    refuses(&plain, "{\"data\":[{\"z\":NaN}]}", "expected a value");
    refuses(&plain, "{\"data\":[{\"z\":01}]}", "leading zero");
}

static void unknown_members_are_told_once(void **state)
{
    (void)state;
    auto_rows got =
        read_text(&plain, "{\"data\":[{\"new\":1,\"b\":{\"d\":2}},{\"new\":3,\"b\":{\"d\":2}}]}");
    assert_string_equal(buf_text(&got.text),
                        "unknown 0 new\nunknown 0 b.d\n0 #1 line 0 byte 9|-|-\n"
                        "0 #2 line 0 byte 31|-|-\n");
}

static void filters_add_up_exactly(void **state)
{
    (void)state;
    const struct reader_spec spec = {
        .records = "$[*]",
        .stream = STREAM(.name = "s", .fields = FIELDS(FIELD("$.l[?@.k=='p'].v"),
                                                       FIELD("$.l[?@.k=='p' && @.m=='x'].v"),
                                                       FIELD("$.l[?@.k=='P'].v")))};
    gives(&spec,
          "[{\"l\":[{\"k\":\"p\",\"v\":\"0.10\"},{\"v\":0.2,\"m\":\"x\",\"k\":\"p\"},"
          "{\"k\":\"p\"},{\"k\":1,\"v\":5}]}]",
          "0 #1 line 0 byte 1|0.3|0.2|-\n");
    gives(&spec, "[{\"l\":[{\"k\":\"p\",\"v\":\"0.10\"}]},{\"l\":null}]",
          "0 #1 line 0 byte 1|'0.10'|-|-\n0 #2 line 0 byte 30|-|-|-\n");
    refuses(&spec, "[{\"l\":[{\"k\":\"p\",\"v\":\"1\"},{\"k\":\"p\",\"v\":null}]}]",
            "cannot be added");
    refuses(&spec, "[{\"l\":[{\"k\":\"p\",\"v\":\"1\"},{\"k\":\"p\",\"v\":\"n/a\"}]}]",
            "$.l[?@.k=='p'].v");
}

static void parts_see_what_stands_behind_them(void **state)
{
    (void)state;
    const struct reader_spec spec = {
        .records = "$.o[*]",
        .stream = STREAM(.name = "orders", .fields = FIELDS(FIELD("$.id")),
                         .parts = (const struct omni_stream *const[]){
                             STREAM(.name = "lines", .inside = "$.l[*]",
                                    .fields = FIELDS(FIELD("^.id"), FIELD("$.sku"), FIELD("^"))),
                             NULL})};
    gives(&spec, "{\"o\":[{\"l\":[{\"sku\":\"x\"},{\"sku\":\"y\"}],\"id\":7},{\"id\":8}]}",
          "0 #1 line 0 byte 6|7\n"
          "1 #1 line 0 byte 12|7|'x'|{\"l\":[{\"sku\":\"x\"},{\"sku\":\"y\"}],\"id\":7}\n"
          "1 #1 line 0 byte 24|7|'y'|{\"l\":[{\"sku\":\"x\"},{\"sku\":\"y\"}],\"id\":7}\n"
          "0 #2 line 0 byte 45|8\n");
    refuses(&spec, "{\"o\":[{\"l\":\"none\"}]}", "$.l[*]");
}

static void scalars_as_records(void **state)
{
    (void)state;
    const struct reader_spec spec = {.records = "$.ids[*]",
                                     .stream = STREAM(.name = "s", .fields = FIELDS(FIELD("$")))};
    gives(&spec, "{\"ids\":[12,\"b\",[1, 2]]}",
          "0 #1 line 0 byte 8|12\n0 #2 line 0 byte 11|'b'\n0 #3 line 0 byte 15|[1, 2]\n");
}

static void limits(void **state)
{
    (void)state;
    struct reader_spec spec = plain;
    spec.max_record = 40;
    spec.max_envelope = 60;
    refuses(&spec, "{\"data\":[{\"a\":\"0123456789012345678901234567890123456789\"}]}", "40 bytes");
    refuses(&spec,
            "{\"x\":\"01234567890123456789012345678901234567890123456789012345678901234567890\"}",
            "60 bytes");
    spec = plain;
    char deep[400] = "{\"data\":[{\"z\":";
    memset(deep + strlen(deep), '[', 64);
    refuses(&spec, deep, "deeper than 64");
}

static void ndjson_goes_on_after_a_bad_line(void **state)
{
    (void)state;
    struct reader_spec spec = plain;
    spec.format = OMNI_FORMAT_NDJSON;
    spec.records = "$.ignored[*]";
    gives(&spec, "{\"a\":1}\r\n\n  {\"a\":}\n{\"a\":2} 3\n4\n{\"a\":5}",
          "0 #1 line 1 byte 0|1|-\n"
          "bad #2 line 3: column 8: expected a value:   {\"a\":}\n"
          "bad #3 line 4: column 9: expected nothing more in this line: {\"a\":2} 3\n"
          "bad #4 line 5: column 1: expected a record, which is an object or array: 4\n"
          "0 #5 line 6 byte 31|5|-\n");
    static const struct rows_wish strict = {.is_strict = true};
    auto_rows got = rows_read(&spec, &strict, "{}\n{", 4, 0);
    assert_int_equal(got.status, OMNI_E_DATA);
    assert_non_null(strstr(got.err.text, "byte 4"));
}

static void bad_line_gives_none_of_its_rows(void **state)
{
    (void)state;
    const struct reader_spec spec = {.format = OMNI_FORMAT_NDJSON,
                                     .stream = STREAM(.name = "o", .fields = FIELDS(FIELD("$.id")),
                                                      .parts = (const struct omni_stream *const[]){
                                                          STREAM(.name = "l", .inside = "$.l[*]",
                                                                 .fields = FIELDS(FIELD("$.x"))),
                                                          NULL})};
    gives(&spec, "{\"id\":1,\"l\":[{\"x\":1},2]}\n{\"id\":2,\"l\":[{\"x\":3}]}\n",
          "bad #1 line 1: column 22: expected a record, which is an object or array: "
          "{\"id\":1,\"l\":[{\"x\":1},2]}\n0 #2 line 2 byte 25|2\n1 #2 line 2 byte 38|3\n");
}

static void wrong_paths_name_the_field(void **state)
{
    (void)state;
    static const struct {
        const char *records, *path, *message;
    } wrong[] = {{"$.a[*]", "$.x[*]", "[*] is for records"},
                 {"$.a[*]", "^.x", "no enclosing record"},
                 {"$.a[*]", "$.x.", "field 1 (extra): path $.x., column 5"},
                 {"a[*]", "$.x", "records: path a[*], column 1"},
                 {"$.a[*]", "$.x[?@.a=='b'].c[?@.d=='e']", "more than one filter"}};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct reader_spec spec = {.records = wrong[i].records,
                                   .stream =
                                       STREAM(.name = "s", .fields = FIELDS(FIELD(wrong[i].path)))};
        auto_rows got = read_text(&spec, "");
        assert_int_equal(got.status, OMNI_E_CONFIG);
        if (!strstr(got.err.text, wrong[i].message))
            fail_msg("%s", got.err.text);
    }
}

static omni_status stop_at_row(void *ctx, uint32_t stream, const struct read_value *values,
                               const struct read_where *where, struct err *err)
{
    (void)stream;
    (void)values;
    (*(int *)ctx)++;
    return where->record == 2 ? err_set(err, OMNI_E_CANCELLED, "enough") : OMNI_OK;
}

static void callback_ends_the_reading_and_reset_begins_again(void **state)
{
    (void)state;
    struct reader_spec spec = plain;
    int rows = 0;
    spec.calls = (struct reader_calls){.ctx = &rows, .row = stop_at_row};
    struct err err = {0};
    static const char reply[] = "{\"data\":[{},{},{}]}", one[] = "{\"data\":[{}]}";
    struct reader *r = reader_new(&spec, &err);
    assert_int_equal(reader_feed(r, reply, sizeof reply - 1, &err), OMNI_E_CANCELLED);
    assert_string_equal(err.text, "enough");
    assert_int_equal(rows, 2);
    assert_int_equal(reader_feed(r, "", 0, &err), OMNI_E_BUG);
    reader_reset(r);
    assert_int_equal(reader_feed(r, one, sizeof one - 1, &err), OMNI_OK);
    assert_int_equal(reader_finish(r, &err), OMNI_OK);
    assert_int_equal(reader_records(r), 1);
    size_t len = 0;
    assert_string_equal(reader_envelope(r, &len), "{\"data\":[]}");
    reader_free(r);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(rows_with_positions),
    cmocka_unit_test(three_kinds_of_nothing),
    cmocka_unit_test(numbers_stay_as_written),
    cmocka_unit_test(envelope_without_records),
    cmocka_unit_test(envelope_keeps_batches_without_records),
    cmocka_unit_test(no_records_are_no_error),
    cmocka_unit_test(one_record_in_place_of_a_list),
    cmocka_unit_test(refuses_other_shapes),
    cmocka_unit_test(unknown_members_are_told_once),
    cmocka_unit_test(filters_add_up_exactly),
    cmocka_unit_test(parts_see_what_stands_behind_them),
    cmocka_unit_test(scalars_as_records),
    cmocka_unit_test(limits),
    cmocka_unit_test(ndjson_goes_on_after_a_bad_line),
    cmocka_unit_test(bad_line_gives_none_of_its_rows),
    cmocka_unit_test(wrong_paths_name_the_field),
    cmocka_unit_test(callback_ends_the_reading_and_reset_begins_again),
};

UNIT_MAIN(tests)
