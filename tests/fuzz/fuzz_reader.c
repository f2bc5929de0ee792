/* SPDX-License-Identifier: Apache-2.0
 * The row reader: JSON against jansson (same rows, same refusals, however it is cut); NDJSON cut in
 * several ways. */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cases.h"
#include "cuts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses the stream that the rest is read as. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    uint32_t way = data[0] % (CASES + 1);
    const char *reply = (const char *)data + 1;
    size--;
    if (way == CASES) {
        struct reader_spec spec = cases[4];
        spec.format = OMNI_FORMAT_NDJSON;
        cuts_compare(&spec, reply, size);
        return 0;
    }
    auto_free char *wrong = cases_compare(&cases[way], reply, size);
    if (wrong) {
        fprintf(stderr, "%s\n", wrong);
        abort();
    }
    return 0;
}
