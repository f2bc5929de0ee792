/* SPDX-License-Identifier: Apache-2.0
 * What the tests of the kit share: .test files in a folder of their own. */
#ifndef TEST_KIT_FIXTURE_H
#define TEST_KIT_FIXTURE_H

#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "kit/test_file.h"

static char folder[64], path[80];

static inline int make_folder(void **state)
{
    (void)state;
    json_init();
    snprintf(folder, sizeof folder, "/tmp/omnihub-kit-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/it.test", folder);
    return 0;
}

static inline int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static inline void write_file(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* NULL after findings. */
static inline struct test_file *read_test(const char *text, struct config_findings *findings)
{
    write_file(path, text);
    return test_file_read(path, findings);
}

/* A test of a stream with these settings; it must be right. test_file_free(). */
static inline struct test_file *good_test(const char *settings)
{
    struct config_findings *findings = config_findings_new();
    auto_free char *text = xasprintf("test = \"it\"; stream = \"s\";\n%s", settings);
    struct test_file *t = read_test(text, findings);
    config_findings_print(findings);
    config_findings_free(findings);
    assert_non_null(t);
    return t;
}

static inline json_t *parse(const char *text)
{
    struct err err = {0};
    json_t *value = json_parse(text, strlen(text), &err);
    if (!value)
        fail_msg("%s: %s", text, err.text);
    return value;
}

static inline void assert_same_json(const json_t *got, const char *wanted)
{
    auto_json *value = parse(wanted);
    auto_free char *text = json_print(got);
    if (!json_equal((json_t *)got, value))
        fail_msg("%s is not %s", text, wanted);
}

#define KIT_MAIN(tests)                                                                            \
    int main(void)                                                                                 \
    {                                                                                              \
        return cmocka_run_group_tests(tests, make_folder, remove_folder);                          \
    }

#endif
