/* SPDX-License-Identifier: Apache-2.0
 * Landlock by its system calls: glibc has no functions for them. */
#include <config.h>

#include "process/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

/* The kernel's header may be older than the kernel, so the words we need are here. */
enum { RULESET_VERSION = 1, RULE_PATH_BENEATH = 1 };
enum { FS_EXECUTE = 1 << 0, FS_READ_FILE = 1 << 2, FS_READ_DIR = 1 << 3 };
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

struct ruleset {
    uint64_t fs, net, scoped;
};
struct beneath {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

/* Everything that a version can forbid. */
static const struct {
    struct ruleset handled;
    size_t size; /* of the struct in that version */
} versions[] = {
    [1] = {{.fs = 0x1FFF}, 8},
    [2] = {{.fs = 0x3FFF}, 8},                         /* moving between folders */
    [3] = {{.fs = 0x7FFF}, 8},                         /* truncate */
    [4] = {{.fs = 0x7FFF, .net = 3}, 16},              /* TCP */
    [5] = {{.fs = 0xFFFF, .net = 3}, 16},              /* ioctl on devices */
    [6] = {{.fs = 0xFFFF, .net = 3, .scoped = 3}, 24}, /* abstract sockets, signals */
};
enum { NEWEST = ARRAY_LEN(versions) - 1 };

int landlock_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, RULESET_VERSION);
    return version < 0 ? 0 : version > NEWEST ? NEWEST : (int)version;
}

int landlock_newest(void)
{
    return NEWEST;
}

static const uint64_t rights[] = {
    [LANDLOCK_LOAD] = FS_EXECUTE | FS_READ_FILE,
    [LANDLOCK_READ] = FS_READ_FILE | FS_READ_DIR,
};

/* Of a file only what concerns files may be asked for. */
static bool allow(int ruleset, enum landlock_right right, const char *path)
{
    struct stat st;
    auto_close int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == EACCES;
    /* A link such as /lib stands for what it leads to. */
    if (fstat(fd, &st) != 0)
        return false;
    uint64_t allowed = S_ISDIR(st.st_mode) ? rights[right] : rights[right] & ~(uint64_t)FS_READ_DIR;
    struct beneath rule = {.allowed = allowed, .parent = fd};
    return syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) == 0;
}

bool landlock_restrict(int version, enum landlock_right right, const char *const *paths)
{
    if (version < 1 || version > NEWEST) {
        errno = EINVAL;
        return false;
    }
    auto_close int ruleset = (int)syscall(SYS_landlock_create_ruleset, &versions[version].handled,
                                          versions[version].size, 0);
    if (ruleset < 0)
        return false;
    for (; *paths; paths++)
        if (!allow(ruleset, right, *paths))
            return false;
    return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}
