/* SPDX-License-Identifier: Apache-2.0
 * Configuration files: read whole, with everything that is wrong told at once. */
#include <config.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libconfig forgets a text where a file ends inside of it. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so";
}

/* Not files of this machine: what is fuzzed is the text. */
static bool includes(const uint8_t *data, size_t size)
{
    return memmem(data, size, "@include", 8) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    size_t n = 0;
    if (includes(data, size))
        return -1;
    auto_close int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || !file_write_all(fd, data, size))
        return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct config_findings *findings = config_findings_new();
    struct config *config = config_read_all(path, findings);
    const struct config_finding *list = config_findings_list(findings, &n);
    for (size_t i = 0; i < n; i++)
        if (!list[i].text || !list[i].text[0])
            __builtin_trap();
    if (!config && config_findings_errors(findings) == 0)
        __builtin_trap(); /* refused without a reason */
    config_free(config);
    config_findings_free(findings);
    return 0;
}
