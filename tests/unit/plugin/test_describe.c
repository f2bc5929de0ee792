/* SPDX-License-Identifier: Apache-2.0
 * Descriptions: there and back, and every way in which one can be wrong. */
#include <config.h>

#include "unit.h"

#include "base/json.h"
#include "plugin/describe.h"

#define WHOLE                                                                                      \
    "{\"name\":\"m\",\"version\":\"1\",\"sources\":[{\"name\":\"s\",\"api_url\":\"https://x\","    \
    "\"options\":[{\"name\":\"o\",\"type\":\"int\",\"flags\":[\"required\"]}],"                    \
    "\"streams\":[{\"name\":\"t\",\"dataset\":\"d\",\"sync\":\"parts\",\"fields\":["               \
    "{\"path\":\"$.x\",\"type\":\"micros\",\"unit\":\"minor\",\"flags\":[\"key\",\"round\"]}]}]}]" \
    "}"

static const struct omni_module *parse(const char *text, struct arena *arena, struct err *err)
{
    auto_json *json = json_parse(text, strlen(text), err);
    if (!json)
        fail_msg("%s", err->text);
    return describe_parse_module(json, arena, err);
}

static void reads_a_module(void **state)
{
    (void)state;
    struct err err = {.text = ""};
    struct arena *arena = arena_new();
    const struct omni_module *m = parse(WHOLE, arena, &err);
    if (!m)
        fail_msg("%s", err.text);
    const struct omni_source *s = m->sources[0];
    assert_int_equal(m->size, sizeof *m);
    assert_null(m->sources[1]);
    assert_null(m->sinks);
    assert_int_equal(s->options[0]->flags, OMNI_REQUIRED);
    assert_int_equal(s->streams[0]->sync, OMNI_PARTS);
    assert_int_equal(s->streams[0]->fields[0]->flags, OMNI_KEY | OMNI_ROUND);
    assert_int_equal(s->streams[0]->fields[0]->unit, OMNI_UNIT_MINOR);
    assert_ptr_equal(describe_find_source(m, "s"), s);
    assert_null(describe_find_source(m, "x"));
    assert_null(describe_find_sink(m, "s"));
    arena_free(arena);
}

/* What was read and is described again is the same text. */
static void goes_round(void **state)
{
    (void)state;
    struct err err = {.text = ""};
    struct arena *arena = arena_new();
    auto_json *first = describe_module(parse(WHOLE, arena, &err));
    auto_free char *text = json_print(first);
    auto_json *second = describe_module(parse(text, arena, &err));
    assert_true(json_equal(first, second));
    arena_free(arena);
}

/* Replaces the first `from` in the whole description. */
static void refuses(const char *from, const char *to, const char *says)
{
    struct err err = {.text = ""};
    struct arena *arena = arena_new();
    const char *at = strstr(WHOLE, from);
    assert_non_null(at);
    auto_free char *text = xasprintf("%.*s%s%s", (int)(at - WHOLE), WHOLE, to, at + strlen(from));
    if (parse(text, arena, &err))
        fail_msg("taken: %s", text);
    assert_int_equal(err.status, OMNI_E_BUG);
    if (!strstr(err.text, says))
        fail_msg("%s\nsays: %s", text, err.text);
    arena_free(arena);
}

static void refuses_what_is_wrong(void **state)
{
    (void)state;
    refuses("\"name\":\"m\"", "\"name\":\"M\"", "module \"M\": name: is not a name");
    refuses("\"name\":\"m\"", "\"name\":\"../m\"", "is not a name");
    refuses("\"name\":\"m\"", "\"name\":7", "name: is not a text");
    refuses("\"name\":\"m\",", "", "name: is missing");
    refuses("\"name\":\"s\"", "\"name\":\"\"", "is not a name");
    refuses("https://x", "ftp://x", "source \"s\": api_url: is not an http: or https: url");
    refuses("https://x", "https://x y", "api_url: holds blanks");
    refuses("\"api_url\"", "\"api_sunset\":\"2026-02-30\",\"api_url\"", "is not a date");
    refuses("\"api_url\"", "\"title\":\"a\\nb\",\"api_url\"", "title: holds control characters");
    refuses("\"int\"", "\"integer\"", "option \"o\": type: is none of its values");
    refuses("\"int\"", "2", "type: is none of its values");
    refuses("[\"required\"]", "[\"needed\"]", "has a flag that this hub does not know");
    refuses("[\"required\"]", "\"required\"", "is not a list of flags");
    refuses("\"parts\"", "null", "stream \"t\": sync: is none of its values");
    refuses("\"sync\"", "\"settle_days\":-1,\"sync\"", "settle_days: is not a number");
    refuses("\"sync\"", "\"settle_days\":1.5,\"sync\"", "settle_days: is not a number");
    refuses("\"micros\"", "\"nothing\"", "type: is none of its values");
    refuses("\"path\":\"$.x\",", "", "path: is missing");
}

static void refuses_what_does_not_fit_together(void **state)
{
    (void)state;
    refuses("\"options\":[", "\"options\":[{\"name\":\"o\",\"type\":\"text\"},",
            "two options are called \"o\"");
    refuses("\"streams\":[",
            "\"streams\":[{\"name\":\"t\",\"dataset\":\"d\",\"fields\":[{\"path\":\"x\",\"type\":"
            "\"int\"}]},",
            "source \"s\": two streams are called \"t\"");
    refuses("\"streams\":[", "\"streams\":[{\"name\":\"u\",\"dataset\":\"d\",\"fields\":[]},",
            "stream \"u\" has no fields");
    refuses("\"sync\"",
            "\"parts\":[{\"name\":\"p\",\"dataset\":\"d\",\"fields\":[{\"path\":\"x\",\"type\":"
            "\"int\"}]}],\"sync\"",
            "part \"p\" does not say what it lies inside of");
}

static void refuses_deep_parts(void **state)
{
    (void)state;
    struct err err = {.text = ""};
    struct arena *arena = arena_new();
    json_t *stream = json_pack("{s:s,s:s,s:[{s:s,s:s}],s:s}", "name", "t", "dataset", "d", "fields",
                               "path", "x", "type", "int", "inside", "$.x");
    for (int i = 0; i < 12; i++) {
        json_t *above = json_copy(stream);
        json_object_set_new(above, "parts", json_pack("[o]", stream));
        stream = above;
    }
    assert_null(describe_parse_stream(stream, arena, &err));
    assert_non_null(strstr(err.text, "is nested too deep"));
    json_decref(stream);
    arena_free(arena);
}

/* A plugin's own tables may be of an older or newer minor version. */
static void describes_by_size(void **state)
{
    (void)state;
    const struct omni_option older = {.size = offsetof(struct omni_option, help),
                                      .type = OMNI_OPT_TEXT,
                                      .name = "o",
                                      .help = (const char *)1};
    const struct omni_option *const options[] = {&older, NULL};
    const struct omni_source source = {.size = sizeof source, .name = "s", .options = options};
    const struct omni_source *const sources[] = {&source, NULL};
    const struct omni_module module = {.size = sizeof module, .name = "m", .sources = sources};
    auto_json *json = describe_module(&module);
    auto_free char *text = json_print(json);
    assert_non_null(strstr(text, "\"name\":\"o\",\"type\":\"text\"}"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(reads_a_module),        cmocka_unit_test(goes_round),
    cmocka_unit_test(refuses_what_is_wrong), cmocka_unit_test(refuses_what_does_not_fit_together),
    cmocka_unit_test(refuses_deep_parts),    cmocka_unit_test(describes_by_size),
};
UNIT_MAIN(tests)
