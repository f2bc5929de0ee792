/* SPDX-License-Identifier: Apache-2.0
 * Files: bounded reading, durable writing, locks. */
#include <config.h>

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

enum { READ_STEP = 65536, LOCK_STEP_MS = 20 };

/* Behind the path while a file is written. What is swept must be ours for certain: people put
 * "vault.backup" beside a vault. */
#define TEMPORARY ".omnihub-"

omni_status file_status(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EIO:
    case EROFS:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
        return OMNI_E_RETRY;
    default:
        return OMNI_E_CONFIG;
    }
}

static omni_status failed(struct err *err, const char *verb, const char *path)
{
    int error = errno;
    return err_set(err, file_status(error), "cannot %s %s: %s", verb, path, strerror(error));
}

omni_status file_read_fd(int fd, const char *name, struct buf *out, struct err *err)
{
    char step[READ_STEP];
    for (;;) {
        ssize_t n = read(fd, step, sizeof step);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(err, "read", name);
        if (n == 0)
            return OMNI_OK;
        if (!buf_add(out, step, (size_t)n))
            return err_set(err, OMNI_E_DATA, "%s: larger than %zu bytes", name, out->max);
    }
}

omni_status file_read(const char *path, struct buf *out, struct err *err)
{
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return failed(err, "open", path);
    return file_read_fd(fd, path, out, err);
}

bool file_write_all(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n > 0) {
        ssize_t written = write(fd, p, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        p += written;
        n -= (size_t)written;
    }
    return true;
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return xstrdup(".");
    return xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* A rename is durable only once the folder is. */
static bool sync_folder(const char *path)
{
    auto_free char *folder = folder_of(path);
    auto_close int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0;
}

static bool write_durably(int fd, const void *bytes, size_t n, unsigned mode)
{
    return file_write_all(fd, bytes, n) && fchmod(fd, (mode_t)mode) == 0 && fsync(fd) == 0;
}

/* Gives the whole, durable temporary file its name. */
static int put_over(const char *temporary, const char *path)
{
    return rename(temporary, path);
}

/* A link takes no place that is taken. */
static int put_new(const char *temporary, const char *path)
{
    return link(temporary, path) == 0 ? unlink(temporary) : -1;
}

struct content {
    const void *bytes;
    size_t n;
    unsigned mode;
};

static omni_status write_whole(const char *path, const struct content *c,
                               int (*put)(const char *, const char *), struct err *err)
{
    auto_free char *temporary = xasprintf("%s" TEMPORARY "XXXXXX", path);
    auto_close int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return failed(err, "create a temporary file beside", path);
    if (!write_durably(fd, c->bytes, c->n, c->mode) || put(temporary, path) < 0) {
        omni_status status = failed(err, "write", path);
        unlink(temporary);
        return status;
    }
    if (!sync_folder(path))
        return failed(err, "make durable the folder of", path);
    return OMNI_OK;
}

omni_status file_replace(const char *path, const void *bytes, size_t n, unsigned mode,
                         struct err *err)
{
    return write_whole(path, &(struct content){bytes, n, mode}, put_over, err);
}

omni_status file_create(const char *path, const void *bytes, size_t n, unsigned mode,
                        struct err *err)
{
    return write_whole(path, &(struct content){bytes, n, mode}, put_new, err);
}

void file_sweep(const char *path)
{
    auto_buf pattern = BUF_INIT(PATH_MAX * 2);
    for (const char *p = path; *p; p++)
        if ((strchr("*?[\\", *p) && !buf_addc(&pattern, '\\')) || !buf_addc(&pattern, *p))
            return;
    glob_t found = {0};
    if (buf_adds(&pattern, TEMPORARY "??????") && glob(buf_text(&pattern), 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            unlink(found.gl_pathv[i]);
    globfree(&found);
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

omni_status file_make_dirs(const char *path, unsigned mode, struct err *err)
{
    auto_free char *part = xstrdup(path);
    for (char *p = part + (*part == '/'); *part; p++) {
        char end = *p;
        if (end != '/' && end != '\0')
            continue;
        *p = '\0';
        if (mkdir(part, (mode_t)mode) < 0 && !(errno == EEXIST && is_folder(part)))
            return failed(err, "make the folder", part);
        *p = end;
        if (end == '\0')
            break;
    }
    return OMNI_OK;
}

/* The holder's own words, from a file that anybody may have written. */
static void read_holder(int fd, char *out, size_t size)
{
    ssize_t n = pread(fd, out, size - 1, 0);
    out[n < 0 ? 0 : n] = '\0';
    out[strcspn(out, "\r\n")] = '\0';
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* flock() cannot be waited for with a deadline, so it is asked for again and again. */
static omni_status take_lock(int fd, const char *path, const struct file_patience *p,
                             struct err *err)
{
    const struct timespec step = {.tv_nsec = LOCK_STEP_MS * 1000000L};
    for (int64_t end = now_ms() + p->wait_ms; flock(fd, LOCK_EX | LOCK_NB) < 0;) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return failed(err, "lock", path);
        if (p->cancelled && p->cancelled(p->ctx))
            return err_set(err, OMNI_E_CANCELLED, "cancelled while waiting for %s", path);
        if (now_ms() >= end) {
            char other[200];
            read_holder(fd, other, sizeof other);
            return err_set(err, OMNI_E_RETRY, "%s is locked by %s", path,
                           *other ? other : "another process");
        }
        nanosleep(&step, NULL);
    }
    return OMNI_OK;
}

int file_lock_wait(const char *path, const char *holder, const struct file_patience *patience,
                   struct err *err)
{
    auto_close int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        failed(err, "open the lock file", path);
        return -1;
    }
    if (take_lock(fd, path, patience, err) != OMNI_OK)
        return -1;
    if (ftruncate(fd, 0) < 0 || pwrite(fd, holder, strlen(holder), 0) != (ssize_t)strlen(holder)) {
        failed(err, "write the lock file", path);
        return -1;
    }
    int held = fd;
    fd = -1;
    return held;
}

int file_lock(const char *path, const char *holder, struct err *err)
{
    return file_lock_wait(path, holder, &(struct file_patience){0}, err);
}
