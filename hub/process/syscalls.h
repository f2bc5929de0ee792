/* SPDX-License-Identifier: Apache-2.0
 * Which system calls a fenced process may make: a list of the allowed ones. */
#ifndef HUB_SYSCALLS_H
#define HUB_SYSCALLS_H

#include "base/err.h"

enum syscalls_step {
    /* Of a plugin; everything else raises SIGSYS. */
    SYSCALLS_LOADING, /* files may be opened for reading and mapped executable */
    SYSCALLS_RUNNING,
    /* Of who reads files and answers on sockets; everything else fails with EPERM. */
    SYSCALLS_WATCHING
};

/* Filters add up: a later one can only take away. no_new_privs must be set. OMNI_E_UNSUPPORTED:
 * this kernel or build has no such thing. */
omni_status syscalls_restrict(enum syscalls_step, struct err *);
/* "openat", or "system call 257" where the name is not known; out. */
const char *syscalls_name(int number, char *out, size_t n);

#endif
