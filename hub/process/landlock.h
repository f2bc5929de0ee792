/* SPDX-License-Identifier: Apache-2.0
 * Landlock: the kernel's fence around files, for this process only. */
#ifndef HUB_LANDLOCK_H
#define HUB_LANDLOCK_H

#include <stdbool.h>

/* The version that this kernel speaks; 0: none. */
int landlock_version(void);
/* The newest that this program knows. */
int landlock_newest(void);
enum landlock_right {
    LANDLOCK_LOAD, /* files can be read and mapped executable */
    LANDLOCK_READ  /* files and folders can be read */
};
/* From now on nothing else can be done with files, and that only below these paths; paths that do
 * not exist are left out. paths ends with NULL. no_new_privs must be set. False: errno. */
bool landlock_restrict(int version, enum landlock_right, const char *const *paths);

#endif
