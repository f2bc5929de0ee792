/* SPDX-License-Identifier: Apache-2.0
 * The score sheet of test-plugin, as text while it goes on or as JSON at the end. */
#ifndef HUB_CLI_SHEET_H
#define HUB_CLI_SHEET_H

#include <stdbool.h>

#include "cli/plugins.h"
#include "kit/checks.h"
#include "kit/test_file.h"

struct sheet;

struct sheet *sheet_new(const struct plugin_info *, bool is_json);
void sheet_free(struct sheet *);
/* A test and what is wrong with it (array of texts). */
void sheet_test(struct sheet *, const struct test_file *, const json_t *problems);
void sheet_conformance(struct sheet *, const struct test_file *);
/* subject: a field's path or NULL; problem NULL: it holds; is_left_out: problem says why. */
struct sheet_check {
    const struct check *check;
    const char *subject, *problem;
    bool is_left_out;
};
void sheet_check(struct sheet *, const struct sheet_check *);
void sheet_print(struct sheet *, bool is_json);
bool sheet_is_good(const struct sheet *);

#endif
