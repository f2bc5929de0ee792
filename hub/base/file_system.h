/* SPDX-License-Identifier: Apache-2.0
 * Kinds of file systems that a state folder had better not lie on. */
#ifndef HUB_FILE_SYSTEM_H
#define HUB_FILE_SYSTEM_H

#include <stdint.h>

struct file_system {
    const char *name;  /* "NFS" */
    const char *doubt; /* what may go wrong there */
};

/* NULL: nothing is held against that kind (statfs(2), f_type). */
const struct file_system *file_system_of(int64_t type);
/* Of the folder, or of the nearest one above it that is there. */
const struct file_system *file_system_doubted(const char *path);

#endif
