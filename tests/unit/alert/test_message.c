/* SPDX-License-Identifier: Apache-2.0
 * hub/alert/message.c: subjects, the order of what is told, and the end of long texts. */
#include <config.h>

#include "unit.h"

#include <string.h>

#include "alert/message.h"
#include "base/json.h"
#include "base/mem.h"

static void add(json_t *message, const char *scope, const char *state, const char *text)
{
    json_array_append_new(json_object_get(message, "items"),
                          json_pack("{s:s, s:s, s:s, s:s, s:s}", "kind", "failing", "scope", scope,
                                    "state", state, "since_at", "2026-01-01T00:00:00Z", "text",
                                    text));
}

static void words(void **state)
{
    (void)state;
    auto_json *message = json_pack("{s:s, s:[]}", "host", "h1", "items");
    add(message, "a.s", "over", "what it was");
    auto_free char *one = message_subject(message);
    assert_string_equal(one, "omnihub on h1: a.s failing: over");
    add(message, "b.s", "open", "why");
    add(message, "c.s", "still", "why");
    auto_free char *three = message_subject(message);
    assert_string_equal(three, "omnihub on h1: 1 new, 1 still, 1 over");
    auto_json *json = message_json(message);
    const char *text = json_text(json, "text");
    assert_non_null(strstr(text, three));
    const char *first = strstr(text, "NEW  failing  b.s"),
               *last = strstr(text, "OVER  failing  a.s");
    assert_true(first && last && first < last);
    assert_int_equal(json_array_size(json_object_get(json, "items")), 3);
}

static void long_ones_say_so(void **state)
{
    (void)state;
    auto_json *message = json_pack("{s:s, s:[], s:i}", "host", "h1", "items", "more", 7);
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < 200; i++)
        add(message, "a.s", "open", text);
    auto_buf out = BUF_INIT(2 * MESSAGE_TEXT_MAX);
    message_text(message, &out);
    assert_true(out.len <= MESSAGE_TEXT_MAX);
    assert_non_null(strstr(buf_text(&out), " more.\n"));
    assert_non_null(strstr(buf_text(&out), "omnihub status"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(words),
    cmocka_unit_test(long_ones_say_so),
};

UNIT_MAIN(tests)
