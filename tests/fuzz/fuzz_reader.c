/* SPDX-License-Identifier: Apache-2.0
 * The row reader: JSON against jansson (same rows, same refusals, however it is cut); NDJSON and
 * CSV cut in several ways. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cases.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const csv_styles[] = {NULL, "delimiter=; quote=none", "delimiter=blanks skip=1",
                                         "header=none delimiter=tab"};

static const struct omni_field first = {.size = sizeof first, .path = "1", .flags = OMNI_OPTIONAL};
static const struct omni_field second = {
    .size = sizeof second, .path = "2", .flags = OMNI_OPTIONAL};
static const struct omni_field *const columns[] = {&first, &second, NULL};
static const struct omni_stream table = {.size = sizeof table, .name = "table", .fields = columns};

static void give_up(const char *what)
{
    fprintf(stderr, "%s\n", what);
    abort();
}

/* Rows, bad records and their positions must not depend on where the reply was cut. */
static void compare_cuts(const struct reader_spec *spec, const char *reply, size_t n)
{
    static const struct rows_wish wish = {.has_unknown = true};
    auto_rows whole = rows_read(spec, &wish, reply, n, 0);
    static const int pieces[] = {1, -9};
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        auto_rows cut = rows_read(spec, &wish, reply, n, pieces[i]);
        if (cut.status != whole.status)
            give_up(whole.status == OMNI_OK ? cut.err.text : whole.err.text);
        if (cut.status == OMNI_OK && strcmp(buf_text(&cut.text), buf_text(&whole.text)) != 0) {
            fprintf(stderr, "%s", buf_text(&whole.text));
            give_up(buf_text(&cut.text));
        }
    }
}

/* The first byte chooses how the rest is read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    uint32_t way = data[0] % (CASES + 1 + ARRAY_LEN(csv_styles));
    const char *reply = (const char *)data + 1;
    size--;
    if (way < CASES) {
        auto_free char *wrong = cases_compare(&cases[way], reply, size);
        if (wrong)
            give_up(wrong);
    } else if (way == CASES) {
        struct reader_spec spec = cases[4];
        spec.format = OMNI_FORMAT_NDJSON;
        compare_cuts(&spec, reply, size);
    } else {
        struct reader_spec spec = {.format = OMNI_FORMAT_CSV, .stream = &table};
        spec.format_options = csv_styles[way - CASES - 1];
        compare_cuts(&spec, reply, size);
    }
    return 0;
}
