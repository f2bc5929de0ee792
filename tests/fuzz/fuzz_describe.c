/* SPDX-License-Identifier: Apache-2.0
 * Descriptions as JSON, as a hostile plugin process would send them. One that is accepted comes out
 * the same when it is described and read again. */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "plugin/describe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const struct omni_module *module, struct arena *arena)
{
    struct err err = {.text = ""};
    auto_json *first = describe_module(module);
    const struct omni_module *parsed = describe_parse_module(first, arena, &err);
    if (!parsed) {
        fprintf(stderr, "accepted once, refused the second time: %s\n", err.text);
        __builtin_trap();
    }
    auto_json *second = describe_module(parsed);
    if (!json_equal(first, second))
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {.text = ""};
    struct arena *arena = arena_new();
    auto_json *json = json_parse((const char *)data, size, &err);
    const struct omni_module *module = json ? describe_parse_module(json, arena, &err) : NULL;
    if (module)
        again(module, arena);
    else if (!err.text[0])
        __builtin_trap();
    arena_free(arena);
    return 0;
}
