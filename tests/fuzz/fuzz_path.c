/* SPDX-License-Identifier: Apache-2.0
 * Paths of fields and filters. One that is accepted must come out in bounds: names and tests lie in
 * the text's copy, counts are what was written. */
#include <config.h>

#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "read/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Touches every byte that the steps speak of, so that a sanitizer sees one that is not there. */
static size_t walk(const struct path_step *steps, uint32_t n)
{
    size_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t c = 0; steps[i].kind == PATH_NAME && c < steps[i].len; c++)
            sum += (unsigned char)steps[i].name[c];
        for (uint32_t t = 0; steps[i].kind == PATH_FILTER && t < steps[i].n_tests; t++) {
            const struct path_test *test = &steps[i].tests[t];
            sum += walk(test->steps, test->n_steps);
            for (uint32_t c = 0; c < test->len; c++)
                sum += (unsigned char)test->text[c];
        }
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {.text = ""};
    struct path path;
    struct arena *arena = arena_new();
    auto_free char *text = xstrndup((const char *)data, size);
    bool is_fine = path_parse(arena, text, &path, &err);
    if (is_fine && walk(path.steps, path.n_steps) == SIZE_MAX)
        __builtin_trap(); /* never: so that the bytes are looked at */
    if (!is_fine && !err.text[0])
        __builtin_trap(); /* refused without a reason */
    arena_free(arena);
    return 0;
}
