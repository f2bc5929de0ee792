/* SPDX-License-Identifier: Apache-2.0
 * Kinds of file systems that a state folder had better not lie on. */
#include <config.h>

#include "base/file_system.h"

#include <stddef.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/mem.h"

#define NETWORK                                                                                    \
    "locks and renames of a network file system may not hold what they promise, and two hubs or "  \
    "a "                                                                                           \
    "lost connection can damage the store"
#define TEMPORARY "what is in it is gone after a restart of the machine"
#define CONTAINER "what is in it is gone with the container: mount a volume there"
#define FOREIGN                                                                                    \
    "it may lack locks, modes of files or renames that replace, and what stands behind it is not " \
    "known"

/* f_type as in statfs(2). Not all are in linux/magic.h. */
static const struct {
    int64_t type;
    struct file_system is;
} kinds[] = {
    {0x6969, {"NFS", NETWORK}},         {0xff534d42, {"CIFS", NETWORK}},
    {0xfe534d42, {"SMB", NETWORK}},     {0x517b, {"SMB", NETWORK}},
    {0x5346414f, {"AFS", NETWORK}},     {0x00c36400, {"Ceph", NETWORK}},
    {0x01021997, {"9P", NETWORK}},      {0x01021994, {"tmpfs", TEMPORARY}},
    {0x858458f6, {"ramfs", TEMPORARY}}, {0x794c7630, {"overlay", CONTAINER}},
    {0x61756673, {"aufs", CONTAINER}},  {0x65735546, {"FUSE", FOREIGN}},
    {0x4d44, {"FAT", FOREIGN}},         {0x2011bab0, {"exFAT", FOREIGN}},
};

const struct file_system *file_system_of(int64_t type)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].type == type)
            return &kinds[i].is;
    return NULL;
}

const struct file_system *file_system_doubted(const char *path)
{
    struct statfs fs;
    auto_free char *part = xstrdup(path);
    for (;;) {
        if (statfs(part, &fs) == 0) /* the upper half may be the sign of a 32-bit number */
            return file_system_of((int64_t)(uint32_t)fs.f_type);
        char *slash = strrchr(part, '/');
        if (!slash || slash == part)
            return NULL;
        *slash = '\0';
    }
}
