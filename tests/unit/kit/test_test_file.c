/* SPDX-License-Identifier: Apache-2.0
 * hub/kit/test_file.c: what a .test file says, and what is wrong with one, at its line. */
#include <config.h>

#include "fixture.h"

static void reads_everything(void **state)
{
    (void)state;
    struct test_file *t =
        good_test("from = \"2026-03-01\"; to = \"2026-03-02\"; today = \"2026-03-09\";\n"
                  "options = { id = \"7\"; };\n"
                  "server = (\n"
                  "  { request = \"POST /a?x=1\"; json = { n = 1; }; status = 202;\n"
                  "    headers = (\"a: b\"); reply = { ok = true; }; },\n"
                  "  { request = \"GET /b\"; query = { q = \"z\"; }; sends = (\"A: b\");\n"
                  "    has = (\"p\", \"q\"); any_time = true; fault = \"cut\"; }\n"
                  ");\n"
                  "order = \"any\";\n"
                  "rows = ( { n = 1; } );\n");
    assert_string_equal(t->outcome, "ok");
    assert_string_equal(t->today, "2026-03-09");
    assert_true(t->in_any_order);
    assert_int_equal(t->server.n, 2);
    assert_int_equal(t->exchanges.n, 0);
    const struct test_exchange *a = test_exchange_at(&t->server, 0),
                               *b = test_exchange_at(&t->server, 1);
    assert_string_equal(a->request, "POST /a?x=1");
    assert_int_equal(a->status, 202);
    assert_same_json(a->json, "{\"n\":1}");
    assert_same_json(a->reply, "{\"ok\":true}");
    assert_string_equal(a->headers[0], "a: b");
    assert_int_equal(b->status, 0);
    assert_true(b->any_time && !a->any_time);
    assert_string_equal(b->has[1], "q");
    assert_string_equal(b->sends[0], "A: b");
    assert_string_equal(b->fault, "cut");
    auto_free char *place = test_place(&b->place);
    assert_string_equal(place, "it.test:7");
    test_file_free(t);
}

static void finds_its_files(void **state)
{
    (void)state;
    struct test_file *t = good_test("cassette = \"c.json\";\n");
    auto_free char *wanted = xasprintf("%s/c.json", folder);
    assert_string_equal(t->cassette, wanted);
    test_file_free(t);
}

/* Wrong settings, the line that is named, and what is said of it. */
static const struct {
    const char *text;
    int line;
    const char *says;
} wrong[] = {
    {"stream = \"s\";", 0, "test is missing"},
    {"test = \"t\";", 0, "give the stream that is pulled, the call"},
    {"test = \"t\"; stream = \"s\"; call = \"check\";", 0, "give the stream"},
    {"test = \"t\"; call = \"chek\";", 1, "call \"chek\" is not one of check|accounts"},
    {"test = \"t\"; stream = \"s\"; from = \"2026-03-01\";", 0, "from and to go together"},
    {"test = \"t\"; stream = \"s\"; show = \"ls\";", 0, "show and shows go together"},
    {"test = \"t\"; stream = \"s\";\nexchanges = (\n { request = \"GET /\"; statsu = 4; } );", 3,
     "unknown key \"statsu\" (did you mean \"status\"?)"},
    {"test = \"t\"; stream = \"s\";\nexchanges = ( { request = \"GET /\"; sends = (\"a: b\"); } );",
     2, "unknown key \"sends\""},
    {"test = \"t\"; stream = \"s\";\nexchanges = ( \"GET /\" );", 2, "must be a group"},
    {"test = \"t\"; stream = \"s\";\nserver = { };", 2, "server must be a list"},
    {"test = \"t\"; stream = \"s\";\n\nserver = ( { status = 200; } );", 3, "request is missing"},
    {"test = \"t\"; stream = \"s\";\nserver = ( { request = \"/a\"; } );", 2,
     "is not \"METHOD URL\""},
    {"test = \"t\"; stream = \"s\";\nserver = ( { request = \"GET http://h/a\"; } );", 2,
     "a path that begins with /"},
    {"test = \"t\"; stream = \"s\";\nserver = ( { request = \"GET /a\"; status = 99; } );", 2,
     "from 100 to 599"},
    {"test = \"t\"; stream = \"s\";\nserver = ( { request = \"GET /a\"; fault = \"kill\"; } );", 2,
     "is not one of reset|cut"},
    {"test = \"t\"; stream = \"s\";\n"
     "server = ( { request = \"GET /a\"; reply = \"x\"; reply_file = \"f\"; } );",
     2, "reply or reply_file"},
    {"test = \"t\"; stream = \"s\";\nserver = ( { request = \"GET /a\"; body = \"x\"; json = {}; } "
     ");",
     2, "body or json"},
    {"test = \"t\"; stream = \"s\"; server = ( ); cassette = \"c\";", 0, "not several"},
    {"test = \"t\"; stream = \"s\"; order = \"any\"; cassette = \"c\";", 0,
     "order belongs to a server"},
};

static void tells_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct config_findings *findings = config_findings_new();
        size_t n = 0, found = 0;
        assert_null(read_test(wrong[i].text, findings));
        const struct config_finding *list = config_findings_list(findings, &n);
        for (size_t j = 0; j < n; j++)
            found += strstr(list[j].text, wrong[i].says) &&
                     (wrong[i].line == 0 || list[j].place.line == wrong[i].line);
        if (found != 1) {
            config_findings_print(findings);
            fail_msg("%s: expected \"%s\" at line %d", wrong[i].text, wrong[i].says, wrong[i].line);
        }
        config_findings_free(findings);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(reads_everything),
    cmocka_unit_test(finds_its_files),
    cmocka_unit_test(tells_what_is_wrong),
};
KIT_MAIN(tests)
