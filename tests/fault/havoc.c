/* SPDX-License-Identifier: Apache-2.0
 * Preloaded into omnihub and omnihub-job by the torture test: a disk that is full, broken or
 * read-only, for all of them at once and without a privilege. HAVOC names the file of struct page
 * that says so. */
#define _GNU_SOURCE
/* Their other names for the calls that are replaced here would be in the way. */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OPEN __attribute__((visibility("default")))
/* The next definition of this name, called with these types. */
#define NEXT(name) ((__typeof__(&(name)))next(#name))

enum { KILL = 1000 /* in the place of an errno */ };
/* Kinds of calls. */
enum { WRITE = 1, SYNC = 2, NAME = 4, CREATE = 8 };

/* tests/fault/torture_lab.py has the same. */
struct page {
    int64_t disk;    /* whose files it is about: st_dev */
    int64_t trouble; /* errno of all calls; 0: none */
    int64_t left;    /* so many calls until one fails; 0: none will */
    int64_t then;    /* that one's errno, or KILL */
    int64_t failed, killed;
};
static struct page *page; /* NULL: all is as it is */

OPEN ssize_t write(int, const void *, size_t);
OPEN ssize_t pwrite(int, const void *, size_t, off_t);
OPEN int fsync(int);
OPEN int fdatasync(int);
OPEN int ftruncate(int, off_t);
OPEN int renameat(int, const char *, int, const char *);
OPEN int rename(const char *, const char *);
OPEN int unlinkat(int, const char *, int);
OPEN int unlink(const char *);
OPEN int access(const char *, int);
OPEN int faccessat(int, const char *, int, int);
OPEN int open(const char *, int, ...);
OPEN int openat(int, const char *, int, ...);
#ifdef __GLIBC__ /* which has them by a second name, for large files */
OPEN ssize_t pwrite64(int, const void *, size_t, off64_t);
OPEN int ftruncate64(int, off64_t);
OPEN int open64(const char *, int, ...);
OPEN int openat64(int, const char *, int, ...);
#endif

static void *next(const char *name)
{
    void *call = dlsym(RTLD_NEXT, name);
    if (!call)
        abort();
    return call;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("HAVOC");
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *map = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map != MAP_FAILED)
        page = map;
}

static int64_t peek(const int64_t *at)
{
    return __atomic_load_n(at, __ATOMIC_SEQ_CST);
}

static const struct {
    int error, calls;
} hit[] = {{ENOSPC, WRITE | CREATE}, {EIO, WRITE | SYNC}, {EROFS, WRITE | NAME | CREATE}};

static bool is_hit(int64_t error, int call)
{
    for (size_t i = 0; i < sizeof hit / sizeof *hit; i++)
        if (hit[i].error == error)
            return hit[i].calls & call;
    return true;
}

static bool is_quiet(void)
{
    return !page || (!peek(&page->trouble) && peek(&page->left) <= 0);
}

/* What becomes of a call on that disk: 0: it is made, else its errno. */
static int verdict(int call)
{
    int64_t error = peek(&page->trouble);
    if (peek(&page->left) > 0 && is_hit(peek(&page->then), call) &&
        __atomic_sub_fetch(&page->left, 1, __ATOMIC_SEQ_CST) == 0) {
        error = peek(&page->then);
        if (error == KILL) {
            __atomic_add_fetch(&page->killed, 1, __ATOMIC_SEQ_CST);
            kill(getpid(), SIGKILL);
        }
    }
    if (!error || !is_hit(error, call))
        return 0;
    __atomic_add_fetch(&page->failed, 1, __ATOMIC_SEQ_CST);
    return (int)error;
}

/* Of a file that is open; what people read on stderr is not the disk's. */
static bool fails(int fd, int call)
{
    struct stat st;
    int kept = errno;
    if (is_quiet() || fd <= STDERR_FILENO || fstat(fd, &st) < 0 ||
        (int64_t)st.st_dev != page->disk || !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
        return false;
    int error = verdict(call);
    errno = error ? error : kept;
    return error;
}

/* Of a name in a folder. */
static bool fails_at(int folder, const char *path, int call)
{
    char above[4096];
    struct stat st;
    int kept = errno;
    if (is_quiet())
        return false;
    snprintf(above, sizeof above, "%s", path);
    char *end = strrchr(above, '/');
    snprintf(end ? end : above, 3, end == above ? "/" : end ? "" : ".");
    int error = 0;
    if (fstatat(folder, above, &st, 0) == 0 && (int64_t)st.st_dev == page->disk)
        error = verdict(call);
    errno = error ? error : kept;
    return error;
}

ssize_t write(int fd, const void *bytes, size_t n)
{
    return fails(fd, WRITE) ? -1 : NEXT(write)(fd, bytes, n);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    return fails(fd, WRITE) ? -1 : NEXT(pwrite)(fd, bytes, n, at);
}

int fsync(int fd)
{
    return fails(fd, SYNC) ? -1 : NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
    return fails(fd, SYNC) ? -1 : NEXT(fdatasync)(fd);
}

int ftruncate(int fd, off_t n)
{
    return fails(fd, WRITE) ? -1 : NEXT(ftruncate)(fd, n);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    return fails_at(to_folder, to, NAME) ? -1 : NEXT(renameat)(from_folder, from, to_folder, to);
}

int rename(const char *from, const char *to)
{
    return fails_at(AT_FDCWD, to, NAME) ? -1 : NEXT(rename)(from, to);
}

int unlinkat(int folder, const char *path, int flags)
{
    return fails_at(folder, path, NAME) ? -1 : NEXT(unlinkat)(folder, path, flags);
}

int unlink(const char *path)
{
    return fails_at(AT_FDCWD, path, NAME) ? -1 : NEXT(unlink)(path);
}

/* Who asks is told of a read-only disk. */
int faccessat(int folder, const char *path, int mode, int flags)
{
    bool is_asked = (mode & W_OK) && page && peek(&page->trouble) == EROFS;
    if (is_asked && fails_at(folder, path, CREATE))
        return -1;
    return NEXT(faccessat)(folder, path, mode, flags);
}

int access(const char *path, int mode)
{
    return faccessat(AT_FDCWD, path, mode, 0);
}

/* A file that is there already needs no room. */
static int open_at(int folder, const char *path, int flags, mode_t mode)
{
    bool is_new = (flags & O_CREAT) && faccessat(folder, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
    bool is_refused = (flags & O_CREAT) && (flags & O_EXCL) && !is_new; /* EEXIST comes first */
    bool is_closed =
        page && !is_refused && peek(&page->trouble) == EROFS && (flags & O_ACCMODE) != O_RDONLY;
    if ((is_new || is_closed) && fails_at(folder, path, CREATE))
        return -1;
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

#define OPEN_MODE(flags)                                                                           \
    mode_t mode = 0;                                                                               \
    va_list ap;                                                                                    \
    va_start(ap, flags);                                                                           \
    if (((flags)&O_CREAT) || ((flags)&O_TMPFILE) == O_TMPFILE)                                     \
        mode = va_arg(ap, mode_t);                                                                 \
    va_end(ap)

int open(const char *path, int flags, ...)
{
    OPEN_MODE(flags);
    return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    OPEN_MODE(flags);
    return open_at(folder, path, flags, mode);
}

#ifdef __GLIBC__
ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
    return fails(fd, WRITE) ? -1 : NEXT(pwrite64)(fd, bytes, n, at);
}

int ftruncate64(int fd, off64_t n)
{
    return fails(fd, WRITE) ? -1 : NEXT(ftruncate64)(fd, n);
}

int open64(const char *path, int flags, ...)
{
    OPEN_MODE(flags);
    return open_at(AT_FDCWD, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...)
{
    OPEN_MODE(flags);
    return open_at(folder, path, flags, mode);
}
#endif
