/* SPDX-License-Identifier: Apache-2.0
 * hub/kit/tape.c: a test's exchanges as a cassette, and where one that cannot be is written. */
#include <config.h>

#include "fixture.h"

#include "kit/tape.h"

static void joins_urls(void **state)
{
    (void)state;
    struct err err = {0};
    struct test_file *t = good_test("exchanges = ( { request = \"GET /a\"; },\n"
                                    "  { request = \"POST b?u=http://x\"; body = \"q\"; },\n"
                                    "  { request = \"GET https://other/c\"; } );");
    auto_json *tape = tape_of(t, "https://h/base/", &err);
    assert_non_null(tape);
    static const char *const wanted[] = {"GET https://h/base/a", "POST b?u=http://x q",
                                         "GET https://other/c"};
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        const json_t *r = json_object_get(tape_exchange(tape, i), "request");
        auto_free char *got =
            tape_request(json_text(r, "method"), json_text(r, "url"), json_text(r, "body"));
        assert_string_equal(got, wanted[i]);
    }
    test_file_free(t);
}

static void needs_a_base(void **state)
{
    (void)state;
    struct err err = {0};
    struct test_file *t = good_test("exchanges = ( { request = \"GET https://h/a\"; },\n"
                                    "  { request = \"GET /a\"; } );");
    assert_null(tape_of(t, NULL, &err));
    assert_non_null(strstr(err.text, "it.test:3: \"/a\" is relative"));
    test_file_free(t);
}

static void writes_replies(void **state)
{
    (void)state;
    struct err err = {0};
    struct test_file *t =
        good_test("exchanges = ( { request = \"GET /a\"; reply = \"plain\"; status = 404; },\n"
                  "  { request = \"GET /a\"; reply = { n = (1, 2); }; headers = (\"x: y\"); },\n"
                  "  { request = \"GET /a\"; reply_file = \"bytes\"; },\n"
                  "  { request = \"GET /a\"; reply_file = \"none\"; fault = \"cut\"; } );");
    auto_free char *file = xasprintf("%s/bytes", folder);
    write_file(file, "\xff\x01");
    auto_json *a = tape_reply(test_exchange_at(&t->exchanges, 0), &err);
    assert_same_json(a, "{\"status\":404,\"headers\":[\"content-type: application/json\"],"
                        "\"body\":\"plain\"}");
    auto_json *b = tape_reply(test_exchange_at(&t->exchanges, 1), &err);
    assert_same_json(b, "{\"status\":200,\"headers\":[\"x: y\"],\"body\":\"{\\\"n\\\":[1,2]}\"}");
    auto_json *c = tape_reply(test_exchange_at(&t->exchanges, 2), &err);
    assert_string_equal(json_text(c, "body_base64"), "/wE=");
    assert_null(tape_reply(test_exchange_at(&t->exchanges, 3), &err));
    assert_non_null(strstr(err.text, "it.test:5: "));
    unlink(file);
    test_file_free(t);
}

static void notes_what_was_asked(void **state)
{
    (void)state;
    auto_json *tape = parse("{\"exchanges\":[{\"request\":{\"method\":\"GET\",\"url\":\"u\"},"
                            "\"reply\":{\"status\":200}},"
                            "{\"request\":{\"method\":\"POST\",\"url\":\"u\",\"body\":\"b\"},"
                            "\"reply\":{\"status\":200}}]}");
    auto_json *events = parse("[{\"method\":\"POST\",\"url\":\"u\",\"body\":\"b\",\"records\":3}]");
    tape_note_asked(tape, events);
    assert_null(json_object_get(tape_exchange(tape, 0), "asked"));
    const json_t *asked = json_object_get(tape_exchange(tape, 1), "asked");
    assert_int_equal(json_int(asked, "records", 0), 3);
}

static void drops_what_was_mended(void **state)
{
    (void)state;
    auto_json *tape = parse("{\"exchanges\":["
                            "{\"request\":{\"url\":\"a\"},\"reply\":{\"status\":202}},"
                            "{\"request\":{\"url\":\"a\"},\"reply\":{\"status\":401}},"
                            "{\"request\":{\"url\":\"a\"},\"reply\":{\"fault\":\"reset\"}},"
                            "{\"request\":{\"url\":\"a\"},\"reply\":{\"status\":200}},"
                            "{\"request\":{\"url\":\"b\"},\"reply\":{\"status\":404}}]}");
    tape_drop_mended(tape);
    assert_same_json(tape, "{\"exchanges\":["
                           "{\"request\":{\"url\":\"a\"},\"reply\":{\"status\":202}},"
                           "{\"request\":{\"url\":\"a\"},\"reply\":{\"status\":200}},"
                           "{\"request\":{\"url\":\"b\"},\"reply\":{\"status\":404}}]}");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(drops_what_was_mended), cmocka_unit_test(joins_urls),
    cmocka_unit_test(needs_a_base),          cmocka_unit_test(writes_replies),
    cmocka_unit_test(notes_what_was_asked),
};
KIT_MAIN(tests)
