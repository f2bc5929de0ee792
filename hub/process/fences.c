/* SPDX-License-Identifier: Apache-2.0
 * Asks the kernel for its fences, without raising any, and without libseccomp: who asks need not
 * load it. */
#include <config.h>

#include "process/fences.h"

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process/landlock.h"

#ifdef HAVE_SECCOMP
#include <linux/seccomp.h>

static bool has_seccomp(void)
{
    uint32_t action = SECCOMP_RET_TRAP; /* what a plugin's filter does with the rest */
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}
#else
static bool has_seccomp(void)
{
    return false;
}
#endif

struct fences fences_find(void)
{
    return (struct fences){has_seccomp(), landlock_version()};
}
