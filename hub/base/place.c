/* SPDX-License-Identifier: Apache-2.0
 * Installed paths relative to the running program. */
#include <config.h>

#include "base/place.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "dirs.h"

/* What follows the prefix: "/bin"; NULL where the path lies elsewhere (sysconfdir = /etc). */
static const char *below_prefix(const char *path)
{
    size_t n = strlen(HUB_PREFIX);
    return strncmp(path, HUB_PREFIX, n) == 0 && path[n] == '/' ? path + n : NULL;
}

char *place_from(const char *program, const char *configured)
{
    const char *bin = below_prefix(HUB_BINDIR), *rest = below_prefix(configured);
    const char *slash = strrchr(program, '/');
    size_t folder = slash ? (size_t)(slash - program) : 0, tail = bin ? strlen(bin) : 0;
    bool is_installed = bin && folder >= tail && strncmp(slash - tail, bin, tail) == 0;
    if (!rest || !is_installed)
        return xstrdup(configured);
    return xasprintf("%.*s%s", (int)(folder - tail), program, rest);
}

char *place_of(const char *configured)
{
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        return xstrdup(configured);
    self[n] = '\0';
    return place_from(self, configured);
}
