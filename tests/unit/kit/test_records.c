/* SPDX-License-Identifier: Apache-2.0
 * hub/kit/records.c: bodies of every format become records, and records bodies again. */
#include <config.h>

#include "fixture.h"

#include "base/text.h"
#include "kit/records.h"

/* "ab" gzipped. */
#define GZIPPED "H4sIAAAAAAACA0tMAgBtSIOeAgAAAA=="

static json_t *exchange(const char *format, const char *options, const char *body)
{
    json_t *e = json_pack("{s:{}, s:{s:s}}", "asked", "reply", "body", body);
    json_put_text(json_object_get(e, "asked"), "format", format);
    json_put_text(json_object_get(e, "asked"), "format_options", options);
    return e;
}

/* Reads, and writes back what was read. */
static void reads(const char *format, const char *options, const char *body, const char *tree,
                  const char *back)
{
    auto_records r;
    auto_json *e = exchange(format, options, body);
    if (!records_read(&r, e))
        fail_msg("%s was not read", body);
    assert_same_json(r.tree, tree);
    assert_true(records_write(&r, json_object_get(e, "reply")));
    assert_string_equal(json_text(json_object_get(e, "reply"), "body"), back ? back : body);
}

static void json(void **state)
{
    (void)state;
    reads(NULL, NULL, "{\"a\": [1, 2.5]}", "{\"a\":[1,2.5]}", "{\"a\":[1,2.5]}");
    auto_records r;
    auto_json *e = exchange("json", NULL, "<html>");
    assert_false(records_read(&r, e));
}

static void ndjson(void **state)
{
    (void)state;
    reads("ndjson", NULL, "{\"a\":1}\r\n\n{\"a\":2}", "[{\"a\":1},{\"a\":2}]",
          "{\"a\":1}\n{\"a\":2}\n");
    auto_records r;
    auto_json *e = exchange("ndjson", NULL, "{\"a\":1}\n{\"a\":");
    assert_false(records_read(&r, e));
}

static void csv(void **state)
{
    (void)state;
    reads("csv", NULL, "Day,Name\n2026-03-01,\"a, \"\"b\"\"\nc\"\n,x\n",
          "[{\"Day\":\"2026-03-01\",\"Name\":\"a, \\\"b\\\"\\nc\"},{\"Day\":\"\",\"Name\":\"x\"}]",
          NULL);
    reads("csv", "delimiter=; skip=1", "Report of today\nA;B\r\n1,5;2\r\n",
          "[{\"A\":\"1,5\",\"B\":\"2\"}]", "Report of today\nA;B\n1,5;2\n");
    reads("csv", "delimiter=tab quote=none", "A\tB\n\"x\t2\n", "[{\"A\":\"\\\"x\",\"B\":\"2\"}]",
          "A\tB\n\"x\t2\n");
    reads("csv", NULL,
          "\xEF\xBB\xBF"
          "A,B\n1,2\n",
          "[{\"A\":\"1\",\"B\":\"2\"}]", NULL);
    reads("csv", NULL, "A,B\n", "[]", NULL);
}

static void csv_without_columns(void **state)
{
    (void)state;
    static const char *const options[] = {"header=none", "delimiter=blanks", "nonsense=1"};
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        auto_records r;
        auto_json *e = exchange("csv", options[i], "A B\n1 2\n");
        assert_false(records_read(&r, e));
    }
}

/* What was changed is written, too; what cannot be is not. */
static void csv_changed(void **state)
{
    (void)state;
    auto_records r;
    auto_json *e = exchange("csv", "quote=none", "A,B\n1,2\n");
    json_t *reply = json_object_get(e, "reply");
    assert_true(records_read(&r, e));
    json_t *record = json_array_get(r.tree, 0);
    json_object_del(record, "A");
    json_put_text(record, "C", "new");
    assert_true(records_write(&r, reply));
    assert_string_equal(json_text(reply, "body"), "B,C\n2,new\n");
    json_put_text(record, "C", "a\nb");
    assert_false(records_write(&r, reply));
    assert_string_equal(json_text(reply, "body"), "B,C\n2,new\n");
}

static void gzip(void **state)
{
    (void)state;
    auto_records r, again;
    auto_buf bytes = BUF_INIT(1000);
    auto_json *e =
        parse("{\"asked\":{\"format\":\"csv\"},\"reply\":{\"body_base64\":\"" GZIPPED "\"}}");
    json_t *reply = json_object_get(e, "reply");
    assert_true(records_read(&r, e));
    assert_true(r.is_packed);
    assert_same_json(r.columns, "[\"ab\"]");
    json_array_append_new(r.tree, parse("{\"ab\":\"1\"}"));
    assert_true(records_write(&r, reply));
    assert_null(json_text(reply, "body"));
    assert_true(records_bytes(reply, &bytes));
    assert_memory_equal(bytes.data, "\x1f\x8b", 2);
    assert_true(records_read(&again, e));
    assert_same_json(again.tree, "[{\"ab\":\"1\"}]");
}

static void guesses(void **state)
{
    (void)state;
    auto_records lines, csv, page;
    auto_json *a = exchange(NULL, NULL, "{\"n\":1}\n{\"n\":2}\n"),
              *b = parse("{\"reply\":{\"headers\":[\"content-type: text/csv; charset=utf-8\"],"
                         "\"body\":\"A,B\\n1,2\\n\"}}"),
              *c = exchange(NULL, NULL, "<html>1,2</html>");
    assert_true(records_read(&lines, a));
    assert_same_json(lines.tree, "[{\"n\":1},{\"n\":2}]");
    assert_true(records_read(&csv, b));
    assert_same_json(csv.tree, "[{\"A\":\"1\",\"B\":\"2\"}]");
    assert_false(records_read(&page, c));
}

static void finds_lists(void **state)
{
    (void)state;
    auto_json *yes = parse("{\"a\":{\"b\":[{\"c\":1}]}}"), *no = parse("{\"a\":[1,2]}");
    assert_true(records_has_list(yes));
    assert_false(records_has_list(no));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(json),        cmocka_unit_test(ndjson),
    cmocka_unit_test(csv),         cmocka_unit_test(csv_without_columns),
    cmocka_unit_test(csv_changed), cmocka_unit_test(gzip),
    cmocka_unit_test(guesses),     cmocka_unit_test(finds_lists),
};
KIT_MAIN(tests)
