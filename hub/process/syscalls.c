/* SPDX-License-Identifier: Apache-2.0
 * The seccomp filters. */
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
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

#ifdef HAVE_SECCOMP
#include <seccomp.h>

enum { SIGNALS = 64 }; /* of the kernel: more than the C library's NSIG on some machines */

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

/* Reading files, and talking on sockets that are there. */
static const char *const watching[] = {
    "pread64",       "preadv",     "stat",       "lstat",       "stat64",       "lstat64",
    "fstat64",       "newfstatat", "fstatat64",  "statx",       "statfs",       "statfs64",
    "fstatfs",       "fstatfs64",  "readlink",   "readlinkat",  "access",       "faccessat",
    "faccessat2",    "getcwd",     "getdents64", "fcntl",       "fcntl64",      "rt_sigaction",
    "epoll_create1", "epoll_ctl",  "epoll_wait", "epoll_pwait", "epoll_pwait2", "pselect6",
    "eventfd2",      "accept",     "accept4",    "connect",     "shutdown",     "getsockname",
    "getpeername",   "getsockopt", "setsockopt", "send",        "sendto",       "sendmsg",
    "recv",          "recvmsg",
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
    /* Its own SIGSYS handler would hide what it tried. By what is allowed: the filter compares 64
     * bits and the kernel looks at 32, so that another number than SIGSYS may still mean it. */
    for (int sig = 1; sig <= SIGNALS; sig++)
        if (sig != SIGSYS)
            allow_where(ctx, "rt_sigaction", SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)sig));
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

static void add_all(scmp_filter_ctx ctx, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add(ctx, SCMP_ACT_ALLOW, names[i], 0, NULL);
}

static void add_reading(scmp_filter_ctx ctx)
{
    const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC;
    allow_where(ctx, "openat", SCMP_A2(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
    allow_where(ctx, "open", SCMP_A1(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
}

static void add_loading(scmp_filter_ctx ctx)
{
    add_all(ctx, loading, ARRAY_LEN(loading));
    add_reading(ctx);
}

static void add_mapping(scmp_filter_ctx ctx)
{
    static const char *const mappings[] = {"mmap", "mmap2", "mprotect"};
    for (size_t i = 0; i < ARRAY_LEN(mappings); i++)
        allow_where(ctx, mappings[i], SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

static void add_running(scmp_filter_ctx ctx)
{
    add_mapping(ctx);
    /* fstat() of newer C libraries. */
    allow_where(ctx, "newfstatat", SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
    /* Names of threads and of malloc()'s memory. */
    allow_where(ctx, "prctl", SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
    allow_where(ctx, "prctl", SCMP_A0(SCMP_CMP_EQ, 0x53564d41 /* PR_SET_VMA */));
}

static void add_watching(scmp_filter_ctx ctx)
{
    add_all(ctx, watching, ARRAY_LEN(watching));
    add_reading(ctx);
    add_mapping(ctx);
    /* The control socket; whoever comes by the network was already listened for. */
    allow_where(ctx, "socket", SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
}

static const struct {
    uint32_t otherwise;
    void (*add)(scmp_filter_ctx);
} steps[] = {
    [SYSCALLS_LOADING] = {SCMP_ACT_TRAP, add_loading},
    [SYSCALLS_RUNNING] = {SCMP_ACT_TRAP, add_running},
    [SYSCALLS_WATCHING] = {SCMP_ACT_ERRNO(EPERM), add_watching},
};

omni_status syscalls_restrict(enum syscalls_step step, struct err *err)
{
    scmp_filter_ctx ctx = seccomp_init(steps[step].otherwise);
    if (!ctx)
        return err_set(err, OMNI_E_UNSUPPORTED, "seccomp cannot be set up");
    /* A call by another machine's numbers (32 bits on a 64-bit kernel) is no mistake but a trick.
     */
    seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    add_all(ctx, always, ARRAY_LEN(always));
    for (size_t i = 0; i < ARRAY_LEN(gently); i++)
        add(ctx, SCMP_ACT_ERRNO((unsigned)gently[i].error), gently[i].name, 0, NULL);
    add_conditions(ctx);
    steps[step].add(ctx);
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
