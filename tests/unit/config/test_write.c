/* SPDX-License-Identifier: Apache-2.0
 * hub/config/write.c: what is written is read back as the same, whatever is in it. */
#include <config.h>

#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/write.h"

enum { TEXT_MAX = 65536 };

static json_t *parse(const char *text)
{
    struct err err = {0};
    json_t *value = json_parse(text, strlen(text), &err);
    if (!value)
        fail_msg("%s: %s", text, err.text);
    return value;
}

static void writes(const char *value, const char *wanted)
{
    auto_json *v = parse(value);
    auto_buf out = BUF_INIT(TEXT_MAX);
    write_value(&out, v);
    assert_string_equal(buf_text(&out), wanted);
}

static void in_libconfigs_words(void **state)
{
    (void)state;
    writes("\"a\\\"b\\\\c\\n\\t\\r\\u0001\"", "\"a\\\"b\\\\c\\n\\t\\r\\x01\"");
    writes("12", "12");
    writes("2147483648", "2147483648L");
    writes("-2147483649", "-2147483649L");
    writes("true", "true");
    writes("null", "\"\"");
    writes("[1, \"a\", []]", "( 1, \"a\", ( ) )");
    writes("{\"a\": 1, \"b\": {\"c\": false}}", "{ a = 1; b = { c = false; }; }");
}

static void leaves_out_what_is_not_there(void **state)
{
    (void)state;
    auto_buf out = BUF_INIT(TEXT_MAX);
    write_setting(&out, "a", NULL);
    write_text_setting(&out, "b", NULL);
    assert_string_equal(buf_text(&out), "");
    write_text_setting(&out, "c", "d\"e");
    assert_string_equal(buf_text(&out), "  c = \"d\\\"e\";\n");
}

/* Through a file and the reader of configurations. */
static void comes_back_the_same(void **state)
{
    (void)state;
    static const char options[] =
        "{\"text\":\"@include \\\"x\\\" // # /* \\u00e9\\ud83d\\ude00 ${a} \\\\n\","
        "\"lines\":\"a\\nb\\r\\n\\tc\",\"control\":\"\\u0001\\u001f\\u007f\",\"empty\":\"\","
        "\"large\":9223372036854775807,\"small\":-9223372036854775807,\"list\":[\"a\",[1,2],{\"b\":"
        "true}],"
        "\"group\":{\"deep\":{\"deeper\":[{}]}},\"none\":[]}";
    char name[] = "/tmp/omnihub-write-XXXXXX";
    int fd = mkstemp(name);
    FILE *file = fdopen(fd, "w");
    auto_json *wanted = parse(options);
    auto_buf out = BUF_INIT(TEXT_MAX);
    buf_adds(&out, "connectors = ( { name = \"a\"; plugin = \"p\";\n");
    write_setting(&out, "options", wanted);
    buf_adds(&out, "} );\n");
    fputs(buf_text(&out), file);
    fclose(file);
    struct config_findings *findings = config_findings_new();
    struct config *c = config_load(name, findings);
    config_findings_print(findings);
    unlink(name);
    assert_non_null(c);
    auto_free char *got = json_print(config_connector(c, "a")->options);
    if (!json_equal((json_t *)config_connector(c, "a")->options, wanted))
        fail_msg("%s is not %s", got, options);
    config_free(c);
    config_findings_free(findings);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(in_libconfigs_words),
    cmocka_unit_test(leaves_out_what_is_not_there),
    cmocka_unit_test(comes_back_the_same),
};
UNIT_MAIN(tests)
