/* SPDX-License-Identifier: Apache-2.0
 * A fuzz target's main() where there is no libFuzzer: every input of its corpus, crashes that were
 * found among them, as a test. */
#include <config.h>

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

enum { INPUT_MAX = 1 << 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The name comes first: a crash ends this program. */
static bool replay(const char *folder, const char *name)
{
    struct err err = {.text = ""};
    auto_buf input = BUF_INIT(INPUT_MAX);
    auto_free char *path = xasprintf("%s/%s", folder, name);
    printf("# %s\n", name);
    fflush(stdout);
    if (file_read(path, &input, &err) != OMNI_OK) {
        printf("# %s\n", err.text);
        return false;
    }
    /* In a block of its own size, as libFuzzer gives it: one byte too far is seen. */
    auto_free uint8_t *exact = xmalloc(input.len);
    if (input.len > 0)
        memcpy(exact, input.data, input.len);
    int code = LLVMFuzzerTestOneInput(exact, input.len);
    return code == 0 || code == -1; /* -1: looked at, not worth keeping */
}

int main(int argc, char **argv)
{
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    const char *target = slash ? slash + 1 : "fuzz";
    auto_free char *folder = xasprintf("%s/tests/fuzz/corpus/%s", TEST_SRCDIR, target);
    struct dirent **inputs = NULL;
    int n = scandir(folder, &inputs, is_input, alphasort), failed = 0;
    for (int i = 0; i < n; i++) {
        bool is_fine = replay(folder, inputs[i]->d_name);
        printf("%s %d - %s: %s\n", is_fine ? "ok" : "not ok", i + 1, target, inputs[i]->d_name);
        failed += !is_fine;
        free(inputs[i]);
    }
    free(inputs);
    if (n <= 0)
        printf("Bail out! no inputs in %s\n", folder);
    else
        printf("1..%d\n", n);
    return n <= 0 || failed > 0;
}
