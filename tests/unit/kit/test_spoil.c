/* SPDX-License-Identifier: Apache-2.0
 * hub/kit/spoil.c and spoil_records.c: each fault changes what it says, and nothing else. */
#include <config.h>

#include "fixture.h"

#include "kit/spoil.h"
#include "kit/tape.h"

/* A login, two pages, and the platform's total. */
#define TAPE                                                                                       \
    "{\"exchanges\":["                                                                             \
    "{\"request\":{\"method\":\"POST\",\"url\":\"l\"},\"reply\":{\"status\":200,\"body\":\"{}\"}}" \
    ","                                                                                            \
    "{\"request\":{\"method\":\"GET\",\"url\":\"p?1\"},\"asked\":{\"records\":2},\"reply\":"       \
    "{\"status\":200,\"body\":\"{\\\"d\\\":[{\\\"n\\\":1,\\\"k\\\":\\\"a\\\",\\\"l\\\":[{"         \
    "\\\"n\\\":5}]},"                                                                              \
    "{\\\"n\\\":2}]}\"}},"                                                                         \
    "{\"request\":{\"method\":\"GET\",\"url\":\"p?2\"},\"asked\":{\"records\":1},\"reply\":"       \
    "{\"status\":200,\"body\":\"{\\\"d\\\":[{\\\"n\\\":3}]}\"}},"                                  \
    "{\"request\":{\"method\":\"GET\",\"url\":\"t\"},\"asked\":{\"total\":true},\"reply\":"        \
    "{\"status\":200,\"body\":\"{\\\"d\\\":[{\\\"sum\\\":\\\"6.5\\\"}]}\"}}]}"

static const struct omni_field number = {.size = sizeof number, .path = "$.n"};
static const struct omni_stream lines = {.size = sizeof lines, .inside = "$.l[*]"};
static const struct omni_stream *const parts[] = {&lines, NULL};
static const struct omni_stream orders = {.size = sizeof orders, .parts = parts};
static const struct spoil_field of_orders = {&number, &orders, &orders},
                                of_lines = {&number, &lines, &orders};

static json_t *aimed(enum spoil_aim aim)
{
    json_t *tape = parse(TAPE);
    assert_true(spoil_aim(tape, aim));
    return tape;
}

static const char *body_at(const json_t *tape, size_t i)
{
    return json_text(json_object_get(tape_exchange(tape, i), "reply"), "body");
}

static const char *url_at(const json_t *tape, size_t i)
{
    return json_text(json_object_get(tape_exchange(tape, i), "request"), "url");
}

static void aims(void **state)
{
    (void)state;
    const struct spoil_reply busy = {.status = 503, .body = "busy"};
    auto_json *page = aimed(SPOIL_PAGE), *total = aimed(SPOIL_TOTAL),
              *none = parse("{\"exchanges\":[{\"request\":{},\"reply\":{\"status\":404}}]}"),
              *plain = parse("{\"exchanges\":[{\"request\":{},\"reply\":{\"status\":200}}]}");
    assert_int_equal(spoil_reply(page, &busy, SPOIL_ONCE), 1);
    assert_string_equal(url_at(page, 2), "p?2");
    assert_string_equal(body_at(page, 2), "busy");
    assert_string_equal(body_at(page, 3), "{\"d\":[{\"n\":3}]}");
    assert_int_equal(spoil_reply(total, &busy, SPOIL_ALWAYS), SPOIL_ALWAYS);
    assert_int_equal(json_array_size(tape_exchanges(total)), 3 + SPOIL_ALWAYS);
    assert_string_equal(url_at(total, 3), "t");
    assert_false(spoil_aim(none, SPOIL_PAGE));
    assert_false(spoil_aim(plain, SPOIL_TOTAL));
    assert_true(spoil_aim(plain, SPOIL_PAGE)); /* a reply without records is better than none */
}

static void aims_at_logins(void **state)
{
    (void)state;
    auto_json *tape = parse(TAPE), *none = parse("{\"exchanges\":[{\"asked\":{\"no_login\":true},"
                                                 "\"reply\":{\"status\":200}}]}");
    json_put_flag(json_object_get(tape_exchange(tape, 2), "asked"), "no_login", true);
    const struct spoil_reply dead = {.status = 401};
    assert_true(spoil_aim(tape, SPOIL_LOGIN));
    assert_int_equal(spoil_reply(tape, &dead, SPOIL_ONCE), 1);
    assert_string_equal(url_at(tape, 1), "p?1");
    assert_null(body_at(tape, 1));
    assert_false(spoil_aim(none, SPOIL_LOGIN));
    assert_true(spoil_aim(none, SPOIL_PAGE));
}

static void cuts(void **state)
{
    (void)state;
    auto_json *json = aimed(SPOIL_PAGE), *csv = aimed(SPOIL_PAGE);
    assert_int_equal(spoil_half(json, "cut", SPOIL_ONCE), 1);
    assert_string_equal(body_at(json, 2), "{\"d\":[{");
    json_t *page = tape_exchange(csv, 2);
    json_put_text(json_object_get(page, "asked"), "format", "csv");
    json_put_text(json_object_get(page, "reply"), "body", "A,B\n1,2\n33,4\n");
    assert_int_equal(spoil_half(csv, NULL, SPOIL_ALWAYS), SPOIL_ALWAYS);
    assert_string_equal(body_at(csv, 2), "A,B\n1,2\n3"); /* in the middle of a line */
}

static void repeats(void **state)
{
    (void)state;
    auto_json *tape = aimed(SPOIL_PAGE), *one = aimed(SPOIL_PAGE);
    assert_int_equal(spoil_repeat(tape), SPOIL_ALWAYS);
    assert_string_equal(url_at(tape, 2), "p?2");
    assert_string_equal(body_at(tape, 2), body_at(tape, 1));
    json_array_remove(tape_exchanges(one), 1);
    assert_true(spoil_aim(one, SPOIL_PAGE));
    assert_int_equal(spoil_repeat(one), 0);
}

/* {url, body of the request, what else the reply holds} of three requests; which of the first two
 * the last repeats. */
static void repeats_the_same_question(void **state)
{
    (void)state;
    static const struct {
        const char *requests[3][3];
        int repeated; /* -1: none */
    } cases[] = {
        {{{"/r?p=1", "", ""}, {"/other", "", ""}, {"/r?p=2", "", ""}}, 0},
        {{{"/r?p=1", "", ""}, {"/r?p=2", "", ""}, {"/r?p=3", "", ""}}, 1},
        {{{"/places", "", ""}, {"/v1/r", "", "/q/next/7"}, {"/v1/q/next/7", "", ""}}, 1},
        {{{"/places", "", ""}, {"/post/1/views", "", "1/views"}, {"/post/2/views", "", "2/views"}},
         -1},
        {{{"/r?day=2026-03-01", "", ""},
          {"/r?day=20260302", "", ""},
          {"/r?day=2026-03-03", "", ""}},
         -1},
        {{{"/r", "day 2026-03-01, p 1", ""},
          {"/r", "day 2026-03-02, p 1", ""},
          {"/r", "day 2026-03-02, p 2", ""}},
         1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *list = json_array();
        auto_json *tape = json_pack("{s:o}", "exchanges", list);
        for (int k = 0; k < 3; k++) {
            const char *const *r = cases[i].requests[k];
            auto_free char *body = xasprintf("{\"d\":[{\"n\":%d}],\"more\":\"%s\"}", k, r[2]);
            json_array_append_new(list, json_pack("{s:{s:s, s:s, s:s}, s:{s:i, s:s}}", "request",
                                                  "method", "POST", "url", r[0], "body", r[1],
                                                  "reply", "status", 200, "body", body));
        }
        assert_true(spoil_aim(tape, SPOIL_PAGE));
        assert_int_equal(spoil_repeat(tape), cases[i].repeated < 0 ? 0 : SPOIL_ALWAYS);
        if (cases[i].repeated >= 0)
            assert_string_equal(body_at(tape, 2), body_at(tape, (size_t)cases[i].repeated));
    }
}

static void empties(void **state)
{
    (void)state;
    auto_json *tape = aimed(SPOIL_PAGE);
    assert_int_equal(spoil_empty(tape), 4);
    assert_string_equal(body_at(tape, 1), "{\"d\":[]}");
    assert_string_equal(body_at(tape, 0), "{}");
}

static void changes_fields(void **state)
{
    (void)state;
    auto_json *gone = aimed(SPOIL_PAGE), *more = aimed(SPOIL_PAGE), *part = aimed(SPOIL_PAGE);
    assert_int_equal(spoil_remove(gone, &of_orders), 3);
    assert_string_equal(body_at(gone, 1), "{\"d\":[{\"k\":\"a\",\"l\":[{\"n\":5}]},{}]}");
    assert_int_equal(spoil_increase(more, &of_orders), 3);
    assert_string_equal(body_at(more, 2), "{\"d\":[{\"n\":4}]}");
    assert_int_equal(spoil_set(part, &of_lines, NULL), 1);
    assert_string_equal(body_at(part, 1),
                        "{\"d\":[{\"n\":1,\"k\":\"a\",\"l\":[{\"n\":null}]},{\"n\":2}]}");
}

static void changes_columns(void **state)
{
    (void)state;
    static const struct omni_field total = {.size = sizeof total, .path = "Total, net"};
    static const struct omni_stream sales = {.size = sizeof sales};
    const struct spoil_field f = {&total, &sales, &sales};
    auto_json *tape = parse("{\"exchanges\":[{\"asked\":{\"format\":\"csv\",\"records\":1},"
                            "\"reply\":{\"status\":200,"
                            "\"body\":\"\\\"Total, net\\\",B\\n1,2\\n\"}}]}");
    assert_true(spoil_can(&total));
    assert_int_equal(spoil_append(tape, &f, "\"x"), 1);
    assert_string_equal(body_at(tape, 0), "\"Total, net\",B\n\"1\"\"x\",2\n");
    assert_int_equal(spoil_unknown(tape), 1);
    assert_int_equal(spoil_remove(tape, &f), 1);
    assert_non_null(strstr(body_at(tape, 0), "B,member_nobody_knew\n2,"));
}

static void other_totals(void **state)
{
    (void)state;
    auto_json *tape = aimed(SPOIL_TOTAL);
    assert_int_equal(spoil_numbers(tape), 1);
    assert_string_equal(body_at(tape, 3), "{\"d\":[{\"sum\":\"16.5\"}]}");
    assert_string_equal(body_at(tape, 2), "{\"d\":[{\"n\":3}]}");
}

static void leaves_other_paths_alone(void **state)
{
    (void)state;
    static const char *const paths[] = {"$",    "$.a[?@.x=='y'].z", "^.id", "#line",
                                        "=net", "$.a[*].b",         ""};
    struct omni_field f = {.size = sizeof f};
    assert_false(spoil_can(&f));
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        f.path = paths[i];
        if (spoil_can(&f))
            fail_msg("%s", paths[i]);
    }
    f.path = "$.a[0].b";
    assert_true(spoil_can(&f));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(aims),
    cmocka_unit_test(aims_at_logins),
    cmocka_unit_test(cuts),
    cmocka_unit_test(repeats),
    cmocka_unit_test(repeats_the_same_question),
    cmocka_unit_test(empties),
    cmocka_unit_test(changes_fields),
    cmocka_unit_test(changes_columns),
    cmocka_unit_test(other_totals),
    cmocka_unit_test(leaves_other_paths_alone),
};
KIT_MAIN(tests)
