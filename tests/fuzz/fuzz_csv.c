/* SPDX-License-Identifier: Apache-2.0
 * The CSV reader: first line the format's options, the rest a reply, which is read whole and in
 * pieces. */
#include <config.h>

#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "cuts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct omni_field first = {.size = sizeof first, .path = "1", .flags = OMNI_OPTIONAL};
static const struct omni_field second = {
    .size = sizeof second, .path = "2", .flags = OMNI_OPTIONAL};
static const struct omni_field *const columns[] = {&first, &second, NULL};
static const struct omni_stream table = {.size = sizeof table, .name = "table", .fields = columns};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    if (!end)
        return -1;
    auto_free char *options = xstrndup((const char *)data, (size_t)(end - data));
    struct reader_spec spec = {.format = OMNI_FORMAT_CSV, .stream = &table};
    spec.format_options = options;
    cuts_compare(&spec, (const char *)end + 1, size - (size_t)(end - data) - 1);
    return 0;
}
