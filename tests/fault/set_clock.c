/* SPDX-License-Identifier: Apache-2.0
 * Preloaded into a service: the clock on its wall can be set and be too fast, and the machine seems
 * to have slept. SET_CLOCK names the file of struct page that says by how much. Other programs
 * share the wall's clock; the steady one, by which they wait, is theirs. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define OPEN   __attribute__((visibility("default")))
#define SECOND INT64_C(1000000000)

enum { SLICE_MS = 50 };

/* tests/fault/f_d_clock.py and torture_lab.py have the same. Nanoseconds. */
struct page {
    int64_t set;   /* the wall's clock is ahead by that much */
    int64_t slept; /* both clocks are */
    int64_t speed; /* so many times faster than real time; 0: as fast */
    int64_t since; /* from that moment of the monotonic clock on */
};
static struct page none, *page = &none;
static int timer = -1; /* the service's only one on the wall's clock */
static int64_t seen;   /* page->set when it was armed */

OPEN int clock_gettime(clockid_t, struct timespec *);
OPEN int gettimeofday(struct timeval *restrict, void *restrict);
OPEN time_t time(time_t *);
OPEN int timerfd_create(int, int);
OPEN int timerfd_settime(int, int, const struct itimerspec *, struct itimerspec *);
OPEN int poll(struct pollfd *, nfds_t, int);

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("SET_CLOCK");
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;
    void *map = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *page, PROT_READ, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED)
        page = map;
    if (fd >= 0)
        close(fd);
}

static int64_t peek(const int64_t *at)
{
    return __atomic_load_n(at, __ATOMIC_SEQ_CST);
}

static int64_t all_of(struct timespec t)
{
    return t.tv_sec * SECOND + t.tv_nsec;
}

static struct timespec parts_of(int64_t all)
{
    return (struct timespec){.tv_sec = all / SECOND, .tv_nsec = all % SECOND};
}

static int64_t real(clockid_t clock)
{
    struct timespec t = {0};
    syscall(SYS_clock_gettime, clock, &t);
    return all_of(t);
}

static int64_t speed(void)
{
    int64_t told = peek(&page->speed);
    return told > 1 ? told : 1;
}

static int64_t gained(void)
{
    return speed() > 1 ? (real(CLOCK_MONOTONIC) - peek(&page->since)) * (speed() - 1) : 0;
}

static int64_t ahead_of(clockid_t clock)
{
    int64_t slept = peek(&page->slept);
    if (clock == CLOCK_REALTIME)
        return slept + gained() + peek(&page->set);
    return clock == CLOCK_BOOTTIME ? slept + (timer >= 0 ? gained() : 0) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    int code = (int)syscall(SYS_clock_gettime, clock, out);
    *out = parts_of(all_of(*out) + ahead_of(clock));
    return code;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec t;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &t);
    *out = (struct timeval){.tv_sec = t.tv_sec, .tv_usec = t.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *out)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (out)
        *out = t.tv_sec;
    return t.tv_sec;
}

int timerfd_create(int clock, int flags)
{
    int fd = (int)syscall(SYS_timerfd_create, clock, flags);
    timer = clock == CLOCK_REALTIME ? fd : timer;
    return fd;
}

static int arm(int fd, int flags, const struct itimerspec *when, struct itimerspec *old)
{
    return (int)syscall(SYS_timerfd_settime, fd, flags, when, old);
}

/* What is left by a clock that is too fast passes sooner. */
int timerfd_settime(int fd, int flags, const struct itimerspec *when, struct itimerspec *old)
{
    struct itimerspec real_one = *when;
    if ((flags & TFD_TIMER_ABSTIME) && (when->it_value.tv_sec || when->it_value.tv_nsec)) {
        seen = peek(&page->set);
        int64_t now = real(CLOCK_REALTIME);
        int64_t left = all_of(when->it_value) - now - ahead_of(CLOCK_REALTIME);
        int64_t at = now + left / speed();
        real_one.it_value = parts_of(at > 0 ? at : 1);
    }
    return arm(fd, flags, &real_one, old);
}

/* A clock that is set ends the wait of a timer on it. */
int poll(struct pollfd *fds, nfds_t n, int timeout)
{
    const struct itimerspec at_once = {.it_value = {.tv_nsec = 1}};
    struct timespec wait;
    for (int left = timeout;;) {
        if (timer >= 0 && peek(&page->set) != seen) {
            seen = peek(&page->set);
            arm(timer, 0, &at_once, NULL);
        }
        int slice = timer >= 0 && (left < 0 || left > SLICE_MS) ? SLICE_MS : left;
        wait = parts_of(slice * (SECOND / 1000));
        int ready = (int)syscall(SYS_ppoll, fds, n, slice < 0 ? NULL : &wait, NULL, 0);
        left -= left < 0 ? 0 : slice;
        if (ready != 0 || slice < 0 || left == 0)
            return ready;
    }
}
