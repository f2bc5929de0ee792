/* SPDX-License-Identifier: Apache-2.0
 * Signal handlers of the plugin process. Only async-signal-safe calls here. */
#include <config.h>

#include "plugin/last_words.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "plugin/frames.h"

/* Handlers get no argument of ours: the one place where there is no way around a static. */
static struct {
    int fd, statm;
    uint64_t page;
} words;

enum { STACK = 64 * 1024 };
static char stack[STACK]; /* a stack overflow leaves no room on the usual one */

static void send_words(uint16_t type, const uint32_t *values, uint32_t n)
{
    struct {
        uint32_t len;
        uint16_t type, reserved;
        uint32_t values[2];
    } frame = {.len = n * (uint32_t)sizeof *values, .type = type};
    memcpy(frame.values, values, n * sizeof *values);
    send(words.fd, &frame, WIRE_HEAD + frame.len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void on_denied(int sig, siginfo_t *info, void *context)
{
    uint32_t number = (uint32_t)info->si_syscall;
    (void)sig;
    (void)context;
    send_words(DENIED, &number, 1);
    /* Forbidden as well; while this handler runs the kernel ends the process for it. */
    syscall(SYS_ptrace, 0, 0, 0, 0);
    _exit(128 + SIGSYS);
}

static bool is_full(void)
{
    char text[64];
    uint64_t pages = 0;
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return false;
    ssize_t n = words.statm < 0 ? 0 : read(words.statm, text, sizeof text);
    for (ssize_t i = 0; i < n && text[i] >= '0' && text[i] <= '9'; i++)
        pages = pages * 10 + (uint64_t)(text[i] - '0');
    return pages * words.page + limit.rlim_cur / 16 > limit.rlim_cur;
}

/* Most plugins that run out of memory use the NULL that malloc() gave them. */
static void on_crash(int sig)
{
    bool had_none = errno == ENOMEM;
    uint32_t values[] = {(uint32_t)sig, had_none || is_full()};
    send_words(CRASHED, values, ARRAY_LEN(values));
    /* The handler is gone (SA_RESETHAND): the same thing happens again and ends the process. */
}

void last_words_install(int fd)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    const stack_t own_stack = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction denied = {.sa_sigaction = on_denied, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    struct sigaction crash = {.sa_handler = on_crash, .sa_flags = (int)(SA_RESETHAND | SA_ONSTACK)};
    words.fd = fd;
    words.page = (uint64_t)sysconf(_SC_PAGESIZE);
    /* Opened now: later nothing can be. */
    words.statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    sigaltstack(&own_stack, NULL);
    sigaction(SIGSYS, &denied, NULL);
    for (size_t i = 0; i < ARRAY_LEN(crashes); i++)
        sigaction(crashes[i], &crash, NULL);
}
