/* SPDX-License-Identifier: Apache-2.0
 * Options by name and path, fallbacks, secrets. */
#include <config.h>

#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "config/options.h"
#include "config/secrets.h"

#define OPTION(...) (&(const struct omni_option){.size = sizeof(struct omni_option), __VA_ARGS__})

enum { TODAY = 20484 };

static struct omni_config *options_of(const char *text, const struct omni_option *const *declared)
{
    auto_json *values = json_parse(text, strlen(text), NULL);
    assert_non_null(values);
    return options_new(values, declared, TODAY);
}

static void reads_paths(void **state)
{
    (void)state;
    struct omni_config *c =
        options_of("{\"a\":\"x\",\"map\":{\"net\":\"Total\",\"at\":\"Time\"},"
                   "\"streams\":[{\"fields\":[1,2,{\"path\":\"$.x\"}]}],\"n\":-5,"
                   "\"on\":true,\"list\":[\"p\",\"q\"]}",
                   NULL);
    assert_string_equal(options_text(c, "a"), "x");
    assert_string_equal(options_text(c, "map.net"), "Total");
    assert_string_equal(options_text(c, "streams[0].fields[2].path"), "$.x");
    assert_int_equal(options_int(c, "streams[0].fields[1]"), 2);
    assert_int_equal(options_int(c, "n"), -5);
    assert_int_equal(options_int(c, "on"), 1);
    assert_int_equal(options_count(c, "list"), 2);
    assert_int_equal(options_count(c, "map"), 2);
    assert_int_equal(options_count(c, "streams[0].fields"), 3);
    assert_string_equal(options_item(c, "list", 1), "q");
    assert_string_equal(options_item(c, "map", 1), "at");
    static const char *const absent[] = {"",           "b",           "a.b",
                                         "map.x",      "streams[1]",  "streams[0",
                                         "streams[x]", "streams[-1]", "list[99999999999999999999]",
                                         "[0]",        ".",           "a[0]",
                                         "streams[0]x"};
    for (size_t i = 0; i < ARRAY_LEN(absent); i++) {
        assert_null(options_text(c, absent[i]));
        assert_int_equal(options_int(c, absent[i]), 0);
        assert_int_equal(options_count(c, absent[i]), 0);
        assert_null(options_item(c, absent[i], 0));
    }
    assert_null(options_text(c, NULL));
    assert_null(options_item(c, "list", 2));
    assert_null(options_item(c, "map", 2));
    options_free(c);
}

static void knows_types(void **state)
{
    (void)state;
    const struct omni_option *const declared[] = {
        OPTION(.type = OMNI_OPT_DURATION, .name = "every"),
        OPTION(.type = OMNI_OPT_DATE, .name = "from"),
        OPTION(.type = OMNI_OPT_DATE, .name = "to"),
        OPTION(.type = OMNI_OPT_INT, .name = "n"),
        OPTION(.type = OMNI_OPT_BOOL, .name = "on"),
        NULL};
    struct omni_config *c = options_of("{\"every\":\"6h\",\"from\":\"-30d\",\"to\":\"2026-01-31\","
                                       "\"n\":\"12\",\"on\":\"yes\"}",
                                       declared);
    assert_int_equal(options_int(c, "every"), 6 * 3600);
    assert_int_equal(options_int(c, "from"), TODAY - 30);
    assert_int_equal(options_int(c, "to"), 20484);
    assert_int_equal(options_int(c, "n"), 12);
    assert_int_equal(options_int(c, "on"), 1);
    options_free(c);
}

static void falls_back(void **state)
{
    (void)state;
    const struct omni_option *const declared[] = {
        OPTION(.type = OMNI_OPT_TEXT, .name = "text", .fallback = "x"),
        OPTION(.type = OMNI_OPT_INT, .name = "n", .fallback = "9"),
        OPTION(.type = OMNI_OPT_BOOL, .name = "on", .fallback = "true"),
        OPTION(.type = OMNI_OPT_BOOL, .name = "off", .fallback = "false"),
        OPTION(.type = OMNI_OPT_DURATION, .name = "every", .fallback = "15m"),
        OPTION(.type = OMNI_OPT_LIST, .name = "list", .fallback = "a,b"),
        OPTION(.type = OMNI_OPT_TEXT, .name = "given", .fallback = "x"),
        OPTION(.type = OMNI_OPT_TEXT, .name = "none"),
        NULL};
    struct omni_config *c = options_of("{\"given\":\"y\"}", declared);
    assert_string_equal(options_text(c, "text"), "x");
    assert_string_equal(options_text(c, "given"), "y");
    assert_int_equal(options_int(c, "n"), 9);
    assert_int_equal(options_int(c, "on"), 1);
    assert_int_equal(options_int(c, "off"), 0);
    assert_int_equal(options_int(c, "every"), 900);
    assert_int_equal(options_count(c, "list"), 2);
    assert_string_equal(options_item(c, "list", 1), "b");
    assert_null(options_text(c, "none"));
    options_free(c);
    struct omni_config *empty = options_new(NULL, declared, TODAY);
    assert_string_equal(options_text(empty, "text"), "x");
    options_free(empty);
}

static const struct secret_sources nowhere;

static void resolves_the_environment(void **state)
{
    (void)state;
    struct err err;
    auto_json *env = json_pack("{s:s}", "TOKEN", "t");
    const struct secret_sources from = {.env = env};
    setenv("HOME_TOKEN", "x", 1);
    auto_free char *token = secret_resolve("env:TOKEN", &from, &err);
    assert_string_equal(token, "t");
    assert_null(secret_resolve("env:HOME_TOKEN", &from, &err));
    assert_non_null(strstr(err.text, "HOME_TOKEN is not set"));
    assert_null(secret_resolve("env:TOKEN", &nowhere, &err));
    auto_free char *plain = secret_resolve("plain", &nowhere, &err);
    assert_string_equal(plain, "plain");
    assert_null(secret_resolve("secret:x", &nowhere, &err));
    assert_int_equal(err.status, OMNI_E_CONFIG);
    assert_true(secret_is_reference("file:x"));
    assert_false(secret_is_reference("files"));
}

static void write_file(const char *path, const void *bytes, size_t n, unsigned mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    fchmod(fd, mode);
    close(fd);
}

static void resolves_files(void **state)
{
    (void)state;
    struct err err;
    char dir[] = "/tmp/omnihub-test-XXXXXX";
    assert_non_null(mkdtemp(dir));
    auto_free char *path = xasprintf("%s/token", dir);
    auto_free char *reference = xasprintf("file:%s", path);
    write_file(path, "s e\n", 4, 0600);
    auto_free char *value = secret_resolve(reference, &nowhere, &err);
    assert_string_equal(value, "s e");
    write_file(path, "x", 1, 0640);
    assert_null(secret_resolve(reference, &nowhere, &err));
    assert_non_null(strstr(err.text, "others may read this secret (mode 0640)"));
    write_file(path, "\n", 1, 0600);
    assert_null(secret_resolve(reference, &nowhere, &err));
    assert_non_null(strstr(err.text, "is empty"));
    write_file(path, "a\0b", 3, 0600);
    assert_null(secret_resolve(reference, &nowhere, &err));
    assert_non_null(strstr(err.text, "holds a NUL byte"));
    unlink(path);
    assert_null(secret_resolve(reference, &nowhere, &err));
    assert_int_equal(err.status, OMNI_E_CONFIG);
    auto_free char *folder = xasprintf("file:%s", dir);
    assert_null(secret_resolve(folder, &nowhere, &err));
    assert_non_null(strstr(err.text, "not a regular file"));
    rmdir(dir);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(reads_paths),    cmocka_unit_test(knows_types),
    cmocka_unit_test(falls_back),     cmocka_unit_test(resolves_the_environment),
    cmocka_unit_test(resolves_files),
};
UNIT_MAIN(tests)
