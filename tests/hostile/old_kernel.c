/* SPDX-License-Identifier: Apache-2.0
 * Preloaded into a plugin process by tests: a kernel that lacks Landlock or seccomp, or has an
 * older Landlock. Nothing in the programs knows of it, so nobody can be talked into lowering a
 * fence. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif
enum { ARGUMENTS = 6, RULESET_VERSION = 1 };

/* OLD_LANDLOCK=2: that version; 0: none. */
static int newest_landlock(void)
{
    const char *version = getenv("OLD_LANDLOCK");
    return version ? (int)strtol(version, NULL, 10) : 1000;
}

__attribute__((visibility("default"))) long syscall(long number, ...);
__attribute__((visibility("default"))) long syscall(long number, ...)
{
    long a[ARGUMENTS];
    va_list ap;
    va_start(ap, number);
    for (size_t i = 0; i < ARGUMENTS; i++)
        a[i] = va_arg(ap, long);
    va_end(ap);
    long (*real)(long, ...) = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "syscall");
    int newest = newest_landlock();
    if ((number == SYS_landlock_create_ruleset && newest == 0) ||
        (number == SYS_seccomp && getenv("NO_SECCOMP"))) {
        errno = ENOSYS;
        return -1;
    }
    long result = real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    bool asks = number == SYS_landlock_create_ruleset && a[2] == RULESET_VERSION;
    return asks && result > newest ? newest : result;
}

__attribute__((visibility("default"))) int prctl(int option, ...);
__attribute__((visibility("default"))) int prctl(int option, ...)
{
    unsigned long a[4];
    va_list ap;
    va_start(ap, option);
    for (size_t i = 0; i < 4; i++)
        a[i] = va_arg(ap, unsigned long);
    va_end(ap);
    if (option == PR_SET_SECCOMP && getenv("NO_SECCOMP")) {
        errno = EINVAL;
        return -1;
    }
    int (*real)(int, ...) = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "prctl");
    return real(option, a[0], a[1], a[2], a[3]);
}
