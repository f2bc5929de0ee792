/* SPDX-License-Identifier: Apache-2.0
 * The seccomp filter of a plugin process. */
#include <config.h>

#include "process/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/mem.h"

#ifdef HAVE_SECCOMP
#include <seccomp.h>

/* What ordinary code needs to compute, allocate, tell the time and talk on descriptors that it has.
 * Names that this machine or libseccomp does not have are passed over. */
static const char *const always[] = {
    "read",
    "write",
    "readv",
    "writev",
    "recvfrom",
    "poll",
    "ppoll",
    "close",
    "lseek",
    "fstat",
    "_llseek",
    "munmap",
    "mremap",
    "madvise",
    "brk",
    "futex",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigreturn",
    "sigaltstack",
    "getpid",
    "gettid",
    "getppid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "clock_gettime",
    "clock_getres",
    "clock_gettime64",
    "gettimeofday",
    "time",
    "nanosleep",
    "clock_nanosleep",
    "clock_nanosleep_time64",
    "getrandom",
    "sched_yield",
    "sched_getaffinity",
    "getcpu",
    "uname",
    "sysinfo",
    "getrlimit",
    "ugetrlimit",
    "getrusage",
    "times",
    "exit",
    "exit_group",
    "set_robust_list",
    "rseq",
    "restart_syscall",
    "membarrier",
};

/* Only until the plugin is loaded. Opening is for reading alone, see below; what can be opened is
 * Landlock's business. The last ones raise the fences that follow. */
static const char *const loading[] = {
    "pread64",
    "stat",
    "lstat",
    "newfstatat",
    "fstatat64",
    "statx",
    "readlink",
    "readlinkat",
    "access",
    "faccessat",
    "faccessat2",
    "getdents64",
    "mmap",
    "mmap2",
    "mprotect",
    "seccomp",
    "prctl",
    "landlock_create_ruleset",
    "landlock_add_rule",
    "landlock_restrict_self",
};

/* Refused with an error that the C library expects and has an answer to. */
static const struct {
    const char *name;
    int error;
} gently[] = {
    {"clone3",
     ENOSYS},          /* its flags lie in memory, out of the filter's sight: clone is tried next */
    {"ioctl", ENOTTY}, /* is this a terminal? */
};

static void add(scmp_filter_ctx ctx, uint32_t action, const char *name, unsigned n,
                const struct scmp_arg_cmp *args)
{
    int number = seccomp_syscall_resolve_name(name);
    /* A rule that cannot be added leaves its call forbidden. */
    if (number != __NR_SCMP_ERROR)
        seccomp_rule_add_array(ctx, action, number, n, args);
}

static void allow_where(scmp_filter_ctx ctx, const char *name, struct scmp_arg_cmp arg)
{
    add(ctx, SCMP_ACT_ALLOW, name, 1, &arg);
}

static void add_conditions(scmp_filter_ctx ctx)
{
    static const int fcntls[] = {F_GETFD, F_SETFD, F_GETFL};
    /* Its own SIGSYS handler would hide what it tried. */
    allow_where(ctx, "rt_sigaction", SCMP_A0(SCMP_CMP_NE, SIGSYS));
    /* abort() and raise() */
    allow_where(ctx, "tgkill", SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
    /* Without an address: on the sockets that it has, there is one. */
    allow_where(ctx, "sendto", SCMP_A4(SCMP_CMP_EQ, 0));
    /* Reading its own limits, not setting them. */
    const struct scmp_arg_cmp own_limits[] = {SCMP_A0(SCMP_CMP_EQ, 0), SCMP_A2(SCMP_CMP_EQ, 0)};
    add(ctx, SCMP_ACT_ALLOW, "prlimit64", ARRAY_LEN(own_limits), own_limits);
    for (size_t i = 0; i < ARRAY_LEN(fcntls); i++) {
        allow_where(ctx, "fcntl", SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)fcntls[i]));
        allow_where(ctx, "fcntl64", SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)fcntls[i]));
    }
}

static void add_loading(scmp_filter_ctx ctx)
{
    const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC;
    for (size_t i = 0; i < ARRAY_LEN(loading); i++)
        add(ctx, SCMP_ACT_ALLOW, loading[i], 0, NULL);
    allow_where(ctx, "openat", SCMP_A2(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
    allow_where(ctx, "open", SCMP_A1(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
}

static void add_running(scmp_filter_ctx ctx)
{
    static const char *const mappings[] = {"mmap", "mmap2", "mprotect"};
    for (size_t i = 0; i < ARRAY_LEN(mappings); i++)
        allow_where(ctx, mappings[i], SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    /* fstat() of newer C libraries. */
    allow_where(ctx, "newfstatat", SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
    /* Names of threads and of malloc()'s memory. */
    allow_where(ctx, "prctl", SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
    allow_where(ctx, "prctl", SCMP_A0(SCMP_CMP_EQ, 0x53564d41 /* PR_SET_VMA */));
}

omni_status syscalls_restrict(enum syscalls_step step, struct err *err)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_TRAP);
    if (!ctx)
        return err_set(err, OMNI_E_UNSUPPORTED, "seccomp cannot be set up");
    /* A call by another machine's numbers (32 bits on a 64-bit kernel) is no mistake but a trick.
     */
    seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    for (size_t i = 0; i < ARRAY_LEN(always); i++)
        add(ctx, SCMP_ACT_ALLOW, always[i], 0, NULL);
    for (size_t i = 0; i < ARRAY_LEN(gently); i++)
        add(ctx, SCMP_ACT_ERRNO((unsigned)gently[i].error), gently[i].name, 0, NULL);
    add_conditions(ctx);
    if (step == SYSCALLS_LOADING)
        add_loading(ctx);
    else
        add_running(ctx);
    int error = seccomp_load(ctx);
    seccomp_release(ctx);
    if (error != 0)
        return err_set(err, OMNI_E_UNSUPPORTED, "seccomp is not there: %s", strerror(-error));
    return OMNI_OK;
}

const char *syscalls_name(int number, char *out, size_t n)
{
    auto_free char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
    if (name)
        snprintf(out, n, "%s", name);
    else
        snprintf(out, n, "system call %d", number);
    return out;
}

#else /* !HAVE_SECCOMP */

omni_status syscalls_restrict(enum syscalls_step step, struct err *err)
{
    (void)step;
    return err_set(err, OMNI_E_UNSUPPORTED, "this build is without libseccomp");
}

const char *syscalls_name(int number, char *out, size_t n)
{
    snprintf(out, n, "system call %d", number);
    return out;
}

#endif
