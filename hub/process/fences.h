/* SPDX-License-Identifier: Apache-2.0
 * Which fences there are for the processes that are started from here. */
#ifndef HUB_FENCES_H
#define HUB_FENCES_H

#include <stdbool.h>

struct fences {
    bool has_seccomp;
    int landlock_abi; /* the newest that kernel and program both know; 0: none */
};
struct fences fences_find(void);

#endif
