/* SPDX-License-Identifier: Apache-2.0
 * The name of a system call by its number. */
#include <config.h>

#include "plugin/denied.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef HAVE_SECCOMP
#include <seccomp.h>
#endif

#include "base/mem.h"

const char *denied_name(int number, char *out, size_t n)
{
#ifdef HAVE_SECCOMP
    auto_free char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
    if (name) {
        snprintf(out, n, "%s", name);
        return out;
    }
#endif
    snprintf(out, n, "system call %d", number);
    return out;
}
