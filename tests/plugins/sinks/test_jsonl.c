/* SPDX-License-Identifier: Apache-2.0
 * The jsonl sink through the contract: one JSON object a line, exact, the same bytes each time. */
#include <config.h>

#include "unit.h"

#include <jansson.h>

#include "drive.h"

static const char *const plain[] = {"directory", "%", NULL};
static const char *const by_day[] = {"directory", "%", "split", "day", NULL};

static const struct drive_table orders = {
    .dataset = "orders",
    .version = 3,
    .columns = {{"day", OMNI_DATE},
                {"id", OMNI_TEXT},
                {"lines", OMNI_INT},
                {"net", OMNI_MICROS},
                {"test", OMNI_BOOL},
                {"at", OMNI_TIME},
                {"lat", OMNI_REAL}},
    .rows = {{"0", "a\"\\/\n\t\x01\xc3\xa9", "9007199254740993", "12340000", "0", "0", "1"},
             {NULL, "", NULL, NULL, NULL, NULL, NULL}},
    .n_rows = 2,
};
static const char orders_jsonl[] =
    "{\"day\":\"1970-01-01\",\"id\":\"a\\\"\\\\/\\n\\t\\u0001\xc3\xa9\",\"lines\":9007199254740993,"
    "\"net\":\"12.34\",\"test\":false,\"at\":\"1970-01-01T00:00:00Z\",\"lat\":0.25}\n"
    "{\"day\":null,\"id\":\"\",\"lines\":null,\"net\":null,\"test\":null,\"at\":null,\"lat\":null}"
    "\n";

static int setup(void **state)
{
    static struct drive d;
    drive_begin_test(&d);
    *state = &d;
    return 0;
}

static int teardown(void **state)
{
    drive_end_test(*state);
    return 0;
}

static void values_are_exact(void **state)
{
    struct drive *d = *state;
    assert_int_equal(drive_open(d, "jsonl", plain), OMNI_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(drive_deliver(d, &orders), OMNI_OK);
    drive_assert_file(d, "orders.jsonl", orders_jsonl);
    assert_int_equal(drive_count(d, "."), 1);
}

/* Another reader agrees that it is JSON, and that the text is the same. */
static void jansson_reads_it_back(void **state)
{
    struct drive *d = *state;
    assert_int_equal(drive_open(d, "jsonl", plain), OMNI_OK);
    assert_int_equal(drive_deliver(d, &orders), OMNI_OK);
    char *text = drive_file(d, "orders.jsonl");
    json_t *line = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
    assert_non_null(line);
    assert_string_equal(json_string_value(json_object_get(line, "id")), orders.rows[0][1]);
    assert_int_equal(json_integer_value(json_object_get(line, "lines")), 9007199254740993);
    json_decref(line);
    free(text);
}

static void a_failure_half_way_and_on(void **state)
{
    struct drive *d = *state;
    assert_int_equal(drive_open(d, "jsonl", by_day), OMNI_OK);
    struct drive_table day = orders;
    day.partition = "1970-01-01";
    assert_int_equal(drive_deliver(d, &day), OMNI_OK);
    assert_int_equal(drive_begin(d, &day), OMNI_OK);
    assert_int_equal(drive_write(d, &day), OMNI_OK);
    drive_abort(d);
    drive_assert_file(d, "orders/1970-01-01.jsonl", orders_jsonl);
    day.n_rows = 0;
    assert_int_equal(drive_deliver(d, &day), OMNI_OK);
    drive_assert_file(d, "orders/1970-01-01.jsonl", "");
    assert_int_equal(drive_count(d, "orders"), 1);
}

/* A text longer than the sink's buffer, so that it is written in several pieces. */
static void long_texts(void **state)
{
    struct drive *d = *state;
    enum { LONG = 200000 };
    char *text = malloc(LONG + 1);
    memset(text, 'x', LONG);
    text[LONG] = '\0';
    struct drive_table t = {
        .dataset = "t", .columns = {{"x", OMNI_TEXT}}, .rows = {{text}, {"y"}}, .n_rows = 2};
    assert_int_equal(drive_open(d, "jsonl", plain), OMNI_OK);
    assert_int_equal(drive_deliver(d, &t), OMNI_OK);
    char *file = drive_file(d, "t.jsonl");
    assert_int_equal(strlen(file), LONG + sizeof "{\"x\":\"\"}\n{\"x\":\"y\"}\n" - 1);
    assert_int_equal(strspn(file + 6, "x"), LONG);
    free(file);
    free(text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
static const struct CMUnitTest tests[] = {
    TEST(values_are_exact),
    TEST(jansson_reads_it_back),
    TEST(a_failure_half_way_and_on),
    TEST(long_texts),
};

UNIT_MAIN(tests)
