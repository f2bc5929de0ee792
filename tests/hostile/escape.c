/* SPDX-License-Identifier: Apache-2.0
 * Ways out: what the sandbox has to stop. */
#define _GNU_SOURCE
#include "deeds.h"

#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

void deed_open_passwd(void)
{
    open("/etc/passwd", O_RDONLY);
}

void deed_open_target(void)
{
    open(stage.target, O_RDONLY);
}

void deed_write_target(void)
{
    open(stage.target, O_WRONLY | O_TRUNC);
}

void deed_open_memory(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", (int)getppid());
    open(path, O_RDWR);
}

void deed_open_zone(void)
{
    /* Not hostile at all: must not need a file. */
    time_t now = 0;
    struct tm tm;
    char text[64];
    localtime_r(&now, &tm);
    gmtime_r(&now, &tm);
    strftime(text, sizeof text, "%Y-%m-%d", localtime(&now));
    fprintf(stderr, "%s %d\n", text, isatty(1));
}

void deed_create_file(void)
{
    char path[sizeof stage.target + 8];
    snprintf(path, sizeof path, "%s.made", stage.target);
    open(path, O_WRONLY | O_CREAT, 0600);
}

void deed_socket(void)
{
    socket(AF_INET, SOCK_STREAM, 0);
}

void deed_fork(void)
{
    for (;;)
        fork();
}

static void *idle_thread(void *arg)
{
    return arg;
}

void deed_thread(void)
{
    pthread_t t;
    pthread_create(&t, NULL, idle_thread, NULL);
}

void deed_thread_bomb(void)
{
    for (;;)
        deed_thread();
}

void deed_exec(void)
{
    execl("/bin/sh", "sh", "-c", "true", (char *)NULL);
}

void deed_kill(void)
{
    kill(getppid(), SIGKILL);
}

void deed_kill_all(void)
{
    kill(-1, SIGKILL);
}

/* Its siblings, their jobs and the hub are in one group with it. */
void deed_kill_group(void)
{
    kill(0, SIGKILL);
}

void deed_pidfd(void)
{
    syscall(434 /* pidfd_open */, getppid(), 0);
}

void deed_tgkill(void)
{
    syscall(SYS_tgkill, getppid(), getppid(), SIGKILL);
}

void deed_ptrace(void)
{
    ptrace(PTRACE_ATTACH, getppid(), 0, 0);
}

void deed_read_parent(void)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)stage.mode, 1};
    process_vm_readv(getppid(), &here, 1, &there, 1, 0);
}

void deed_write_parent(void)
{
    char byte = 0;
    struct iovec here = {&byte, 1}, there = {(void *)stage.mode, 1};
    process_vm_writev(getppid(), &here, 1, &there, 1, 0);
}

void deed_make_code(void)
{
    mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void deed_raise_limits(void)
{
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_CPU, &all);
}

void deed_take_sigsys(void)
{
    signal(SIGSYS, SIG_IGN);
}

/* The kernel looks at the lower half of the number alone. */
void deed_take_sigsys_by_halves(void)
{
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        unsigned long mask;
    } ignore = {.handler = SIG_IGN};
    syscall(SYS_rt_sigaction, 1UL << 32 | SIGSYS, &ignore, NULL, sizeof ignore.mask);
}

void deed_chdir(void)
{
    if (chdir("/") != 0)
        abort();
}

void deed_umask(void)
{
    umask(0);
}

void deed_locale(void)
{
    setlocale(LC_ALL, "de_DE.UTF-8");
}

/* Its own process alone: nobody else notices. */
void deed_block_signals(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    deed_good();
}

void deed_io_uring(void)
{
    syscall(425 /* io_uring_setup */, 1, NULL);
}

void deed_open_when_deaf(void)
{
    /* With SIGSYS blocked the handler never runs. */
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    deed_open_passwd();
}
