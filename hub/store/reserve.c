/* SPDX-License-Identifier: Apache-2.0
 * Room that is kept for the day on which the disk is full. */
#include <config.h>

#include "store/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"

enum { ROOM = 4 };

static char *path_of(const char *state_dir)
{
    return xasprintf("%s/reserve", state_dir);
}

static bool has_room(const char *state_dir, int64_t bytes)
{
    struct statvfs fs;
    if (statvfs(state_dir, &fs) < 0)
        return false;
    return (__int128)fs.f_bavail * fs.f_frsize >= (__int128)bytes * ROOM;
}

void reserve_keep(const char *state_dir, int64_t bytes)
{
    struct stat st;
    auto_free char *path = path_of(state_dir);
    bool is_there = lstat(path, &st) == 0;
    if (is_there && bytes > 0 && st.st_size == bytes)
        return;
    if (is_there)
        unlink(path);
    if (bytes <= 0 || !has_room(state_dir, bytes))
        return;
    auto_close int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && posix_fallocate(fd, 0, bytes) != 0)
        unlink(path);
}

bool reserve_release(const char *state_dir)
{
    auto_free char *path = path_of(state_dir);
    return unlink(path) == 0;
}
