/* SPDX-License-Identifier: Apache-2.0
 * Preloaded into a service: the clock on its wall can be set, and the machine seems to have slept.
 * SET_CLOCK names the file of struct page that says by how much. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define OPEN   __attribute__((visibility("default")))
#define SECOND INT64_C(1000000000)

/* tests/fault/f_d_clock.py has the same. Nanoseconds. */
struct page {
    int64_t set;   /* the wall's clock is ahead by that much */
    int64_t slept; /* both clocks are */
};
static struct page none, *page = &none;

OPEN int clock_gettime(clockid_t, struct timespec *);
OPEN int timerfd_settime(int, int, const struct itimerspec *, struct itimerspec *);

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("SET_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
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

static int64_t ahead_of(clockid_t clock)
{
    int64_t slept = peek(&page->slept);
    return clock == CLOCK_REALTIME ? slept + peek(&page->set) : clock == CLOCK_BOOTTIME ? slept : 0;
}

static struct timespec moved(struct timespec t, int64_t by)
{
    int64_t all = t.tv_sec * SECOND + t.tv_nsec + by;
    return (struct timespec){.tv_sec = all / SECOND, .tv_nsec = all % SECOND};
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    int code = (int)syscall(SYS_clock_gettime, clock, out);
    *out = moved(*out, ahead_of(clock));
    return code;
}

/* The service's timers are on the wall's clock, and there is one. */
int timerfd_settime(int fd, int flags, const struct itimerspec *when, struct itimerspec *old)
{
    struct itimerspec real = *when;
    if ((flags & TFD_TIMER_ABSTIME) && (real.it_value.tv_sec || real.it_value.tv_nsec)) {
        real.it_value = moved(real.it_value, -ahead_of(CLOCK_REALTIME));
        if (real.it_value.tv_sec < 0 || real.it_value.tv_nsec < 0)
            real.it_value = (struct timespec){.tv_nsec = 1};
    }
    return (int)syscall(SYS_timerfd_settime, fd, flags, &real, old);
}
