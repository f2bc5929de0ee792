/* SPDX-License-Identifier: Apache-2.0
 * Files: bounded reading, durable writing, locks. */
#include <config.h>

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { READ_STEP = 65536 };

/* A full disk passes, a wrong path does not. */
static omni_status status_of_errno(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EIO:
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
    return err_set(err, status_of_errno(error), "cannot %s %s: %s", verb, path, strerror(error));
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

omni_status file_replace(const char *path, const void *bytes, size_t n, unsigned mode,
                         struct err *err)
{
    auto_free char *temporary = xasprintf("%s.XXXXXX", path);
    auto_close int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return failed(err, "create a temporary file beside", path);
    if (!write_durably(fd, bytes, n, mode) || rename(temporary, path) < 0) {
        omni_status status = failed(err, "write", path);
        unlink(temporary);
        return status;
    }
    if (!sync_folder(path))
        return failed(err, "make durable the folder of", path);
    return OMNI_OK;
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

int file_lock(const char *path, const char *holder, struct err *err)
{
    auto_close int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        failed(err, "open the lock file", path);
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        char other[200];
        bool taken = errno == EWOULDBLOCK;
        if (!taken) {
            failed(err, "lock", path);
            return -1;
        }
        read_holder(fd, other, sizeof other);
        err_set(err, OMNI_E_RETRY, "%s is locked by %s", path, *other ? other : "another process");
        return -1;
    }
    if (ftruncate(fd, 0) < 0 || pwrite(fd, holder, strlen(holder), 0) != (ssize_t)strlen(holder)) {
        failed(err, "write the lock file", path);
        return -1;
    }
    int held = fd;
    fd = -1;
    return held;
}
