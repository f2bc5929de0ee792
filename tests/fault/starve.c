/* SPDX-License-Identifier: Apache-2.0
 * Preloaded into a program by the crash sweep: counts the places that allocate, and lets one of
 * them fail the first time. STARVE names a file of struct page; it stays mapped, so that counting
 * goes on where no file may be opened. */
#define _GNU_SOURCE
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define OPEN __attribute__((visibility("default")))

/* The GNU C library's own, under its other name. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
OPEN void *malloc(size_t);
OPEN void *calloc(size_t, size_t);
OPEN void *realloc(void *, size_t);
OPEN int posix_memalign(void **, size_t, size_t);
OPEN void *aligned_alloc(size_t, size_t);

/* Places so far; the one that fails, from 1, 0: none; how often it did. */
struct page {
    _Atomic uint64_t count, victim, hits;
};
static struct page *page; /* NULL: not yet */

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("STARVE");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *map = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    void *once[1];
    backtrace(once, 1); /* loads its library now, while files may be opened */
    if (map != MAP_FAILED)
        page = map;
}

/* ---- places ---- */

enum { PLACES = 1 << 16, DEPTH = 5, OWN_FRAMES = 2 };
static _Atomic uint64_t places[PLACES]; /* hashes of the stacks that were seen */
static _Thread_local bool is_inside;    /* backtrace() may allocate itself */

/* Who asks, by who called whom: what a loop asks for a thousand times is one place. */
static uint64_t hash_of_stack(void)
{
    void *frames[DEPTH + OWN_FRAMES];
    uint64_t hash = 1469598103934665603u;
    int n = backtrace(frames, DEPTH + OWN_FRAMES);
    for (int i = OWN_FRAMES; i < n; i++)
        hash = (hash ^ (uint64_t)(uintptr_t)frames[i]) * 1099511628211u;
    return hash ? hash : 1;
}

static bool is_new(uint64_t hash)
{
    for (uint64_t i = 0; i < PLACES; i++) {
        uint64_t there = 0;
        if (atomic_compare_exchange_strong(&places[(hash + i) % PLACES], &there, hash))
            return true;
        if (there == hash)
            return false;
    }
    return false;
}

static bool is_starved(void)
{
    if (!page || is_inside)
        return false;
    is_inside = true;
    bool is_victim = is_new(hash_of_stack()) &&
                     atomic_fetch_add(&page->count, 1) + 1 == atomic_load(&page->victim);
    is_inside = false;
    if (!is_victim)
        return false;
    atomic_fetch_add(&page->hits, 1);
    errno = ENOMEM;
    return true;
}

/* ---- what the program calls ---- */

void *malloc(size_t n)
{
    return is_starved() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return is_starved() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t n)
{
    return is_starved() ? NULL : __libc_realloc(old, n);
}

int posix_memalign(void **out, size_t align, size_t n)
{
    if (is_starved())
        return ENOMEM;
    *out = __libc_memalign(align, n);
    return *out ? 0 : ENOMEM;
}

void *aligned_alloc(size_t align, size_t n)
{
    return is_starved() ? NULL : __libc_memalign(align, n);
}
