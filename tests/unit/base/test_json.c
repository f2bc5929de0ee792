/* SPDX-License-Identifier: Apache-2.0
 * hub/base/json.c: what is taken, what is refused, and the lookups. */
#include <config.h>

#include "unit.h"

#include "base/json.h"
#include "base/mem.h"

static void takes_any_value(void **state)
{
    (void)state;
    static const char *const right[] = {"{}", "[]", "1", "\"x\"", "null", " true ", "1.5e3"};
    for (size_t i = 0; i < ARRAY_LEN(right); i++) {
        auto_json *v = json_parse(right[i], strlen(right[i]), NULL);
        assert_non_null(v);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "{",
                                        "{\"a\":1,\"a\":2}",
                                        "[1,]",
                                        "01",
                                        "\"\\u0000\"",
                                        "\"\xff\"",
                                        "\"\\ud800\"",
                                        "1 2",
                                        "99999999999999999999999"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct err err = {0};
        assert_null(json_parse(wrong[i], strlen(wrong[i]), &err));
        assert_int_equal(err.status, OMNI_E_DATA);
        assert_non_null(strstr(err.text, "line 1"));
    }
    char deep[10000];
    memset(deep, '[', sizeof deep);
    assert_null(json_parse(deep, sizeof deep, NULL));
    struct err err;
    assert_null(json_parse("{\n \"a\": x}", 10, &err));
    assert_non_null(strstr(err.text, "line 2, column 7"));
}

static void looks_up(void **state)
{
    (void)state;
    static const char text[] = "{\"s\":\"x\",\"i\":-5,\"t\":true,\"f\":false,\"n\":null,\"r\":1.5}";
    auto_json *o = json_parse(text, strlen(text), NULL);
    assert_string_equal(json_text(o, "s"), "x");
    assert_null(json_text(o, "i"));
    assert_null(json_text(o, "missing"));
    assert_null(json_text(NULL, "s"));
    assert_int_equal(json_int(o, "i", 7), -5);
    assert_int_equal(json_int(o, "s", 7), 7);
    assert_int_equal(json_int(o, "r", 7), 7);
    assert_int_equal(json_int(o, "n", 7), 7);
    assert_true(json_flag(o, "t"));
    assert_false(json_flag(o, "f"));
    assert_false(json_flag(o, "i"));
}

static void prints_in_the_order_of_putting(void **state)
{
    (void)state;
    auto_json *o = json_object();
    json_put_text(o, "z", "1\n");
    json_put_text(o, "left_out", NULL);
    json_put_int(o, "a", INT64_MIN);
    json_put_flag(o, "m", true);
    json_put_text(o, "bad",
                  "a\xff"
                  "b");
    auto_free char *text = json_print(o);
    assert_string_equal(text, "{\"z\":\"1\\n\",\"a\":-9223372036854775808,\"m\":true,"
                              "\"bad\":\"a\xef\xbf\xbd"
                              "b\"}");
}

static void lists_by_name(void **state)
{
    (void)state;
    auto_json *lists = json_object(), *one = json_integer(1), *two = json_integer(2);
    json_list_add(lists, "a", one);
    json_list_add(lists, "b", two);
    json_list_add(lists, "a", two);
    auto_json *a = json_list_of(lists, "a"), *c = json_list_of(lists, "c");
    assert_int_equal(json_array_size(a), 2);
    assert_ptr_equal(json_array_get(a, 1), two);
    assert_true(json_is_array(c));
    assert_int_equal(json_array_size(c), 0);
    assert_null(json_object_get(lists, "c"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(lists_by_name),
    cmocka_unit_test(takes_any_value),
    cmocka_unit_test(refuses),
    cmocka_unit_test(looks_up),
    cmocka_unit_test(prints_in_the_order_of_putting),
};

UNIT_MAIN(tests)
