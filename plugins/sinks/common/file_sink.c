/* SPDX-License-Identifier: Apache-2.0
 * What the file sinks share: each delivery becomes one file of one folder, whole or not at all. */
#include "file_sink.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BUFFER = 1 << 16, FILE_NAME = 256, FILE_MESSAGE = 1024 };

/* Names of unfinished files: hidden, and told from anybody else's by both ends. */
static const char temp_prefix[] = ".omnihub-";
static const char temp_suffix[] = ".tmp";

const struct omni_option file_sink_directory = {
    .size = sizeof file_sink_directory,
    .type = OMNI_OPT_TEXT,
    .flags = OMNI_REQUIRED,
    .name = "directory",
    .help = "folder for the files; made if only its last part is missing",
};
const struct omni_option file_sink_split = {
    .size = sizeof file_sink_split,
    .type = OMNI_OPT_TEXT,
    .name = "split",
    .fallback = "file",
    .choices = "file|day",
    .help = "file: one file a dataset; day: a folder a dataset with one file a day",
};

struct file_sink {
    const struct omni_host *host;
    const char *directory; /* the hub's, until close */
    const char *suffix;
    bool by_day;
    int root; /* descriptor: a folder renamed or replaced later changes nothing */

    /* The delivery under way. */
    int folder, file; /* -1: none; folder may be root */
    char temp[FILE_NAME], final[FILE_NAME], shown[2 * FILE_NAME];
    char buffer[FILE_BUFFER];
    size_t used;
    int error; /* errno of the first failure */
};

/* ---- failures ---- */

static omni_status say(const struct file_sink *fs, struct omni_run *run, omni_status status,
                       const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static omni_status say(const struct file_sink *fs, struct omni_run *run, omni_status status,
                       const char *fmt, ...)
{
    char text[FILE_MESSAGE];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return fs->host->fail(run, status, text);
}

/* What a person can mend is a matter of configuration; the rest may pass by itself. */
static omni_status status_of(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
        return OMNI_E_CONFIG;
    default:
        return OMNI_E_RETRY;
    }
}

static const char *remedy_of(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
        return "; let the user that runs omnihub write there";
    case ENOENT:
        return "; make the folder above it";
    case ELOOP:
        return "; name the real folder, not a symbolic link to it";
    case ENOSPC:
    case EDQUOT:
        return "; free some space, the next push goes on from here";
    case EROFS:
        return "; the next push after it can be written again goes on from here";
    default:
        return "";
    }
}

static omni_status say_errno(const struct file_sink *fs, struct omni_run *run, const char *what,
                             int error)
{
    if (status_of(error) == OMNI_E_CONFIG)
        fs->host->fail_detail(run, "option", "directory");
    return say(fs, run, status_of(error), "%s: %s: %s%s", fs->directory, what, strerror(error),
               remedy_of(error));
}

/* ---- the folder ---- */

/* A new folder's name is on the disk before anything is put into it. */
static void sync_above(int folder)
{
    int above = openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (above < 0)
        return; /* not readable: then the file system decides */
    fsync(above);
    close(above);
}

/* Opens a folder below `at`, making it where it is missing; never through a symbolic link. */
static int open_folder(int at, const char *name)
{
    enum { FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };
    int fd = openat(at, name, FLAGS);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    if (mkdirat(at, name, 0777) != 0 && errno != EEXIST)
        return -1;
    fd = openat(at, name, FLAGS);
    if (fd >= 0)
        sync_above(fd);
    return fd;
}

/* A slash at the end would make the kernel follow a link in spite of O_NOFOLLOW. */
static int open_root(const char *directory)
{
    size_t n = strlen(directory);
    while (n > 1 && directory[n - 1] == '/')
        n--;
    char *path = strndup(directory, n);
    if (!path) {
        errno = ENOMEM;
        return -1;
    }
    int fd = open_folder(AT_FDCWD, path);
    int error = errno;
    /* O_DIRECTORY reports a link as "not a directory"; say what it is. */
    struct stat st;
    if (fd < 0 && error == ENOTDIR && lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
        error = ELOOP;
    free(path);
    errno = error;
    return fd;
}

static bool is_temp_name(const char *name)
{
    size_t n = strlen(name), tail = sizeof temp_suffix - 1;
    return strncmp(name, temp_prefix, sizeof temp_prefix - 1) == 0 && n > tail &&
           strcmp(name + n - tail, temp_suffix) == 0;
}

/* Removes one unfinished file, unless another process is writing it: writers hold its lock. */
static void remove_if_left(int folder, const char *name)
{
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(folder, name, 0);
    close(fd);
}

/* In a folder and, `deep` times, the folders in it: those of single days. */
static void remove_left_overs(int folder, int deep)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return;
    }
    for (const struct dirent *e; (e = readdir(dir));) {
        if (is_temp_name(e->d_name))
            remove_if_left(folder, e->d_name);
        if (!deep || e->d_name[0] == '.')
            continue;
        int below = openat(folder, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below >= 0) {
            remove_left_overs(below, deep - 1);
            close(below);
        }
    }
    closedir(dir);
}

/* A new file that this process has locked. Between making and locking it another process may take
 * it for a left-over and remove it: then it is made again. */
static int make_temp(int folder, const char *name)
{
    for (;;) {
        remove_if_left(folder, name);
        int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (fd < 0)
            return -1;
        struct stat st;
        if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && st.st_nlink > 0)
            return fd;
        close(fd);
    }
}

/* ---- opening ---- */

omni_status file_sink_open(const struct omni_host *host, const struct omni_config *config,
                           struct omni_run *run, const char *suffix, struct file_sink **out)
{
    struct file_sink *fs = calloc(1, sizeof *fs);
    if (!fs)
        return host->fail(run, OMNI_E_RETRY, "out of memory");
    const char *split = host->opt_text(config, "split");
    fs->host = host;
    fs->directory = host->opt_text(config, "directory");
    fs->suffix = suffix;
    fs->by_day = split && strcmp(split, "day") == 0;
    fs->root = fs->folder = fs->file = -1;
    omni_status status = OMNI_OK;
    if (!fs->directory || !fs->directory[0]) {
        host->fail_detail(run, "option", "directory");
        status = host->fail(run, OMNI_E_CONFIG, "option \"directory\" is empty: name a folder");
    } else if ((fs->root = open_root(fs->directory)) < 0) {
        status = say_errno(fs, run, "cannot be opened", errno);
    } else {
        remove_left_overs(fs->root, 1);
        status = file_sink_check(fs, run);
    }
    if (status != OMNI_OK) {
        file_sink_close(fs);
        return status;
    }
    *out = fs;
    return OMNI_OK;
}

void file_sink_close(struct file_sink *fs)
{
    if (!fs)
        return;
    file_sink_abort(fs);
    if (fs->root >= 0)
        close(fs->root);
    free(fs);
}

omni_status file_sink_check(struct file_sink *fs, struct omni_run *run)
{
    char name[FILE_NAME];
    snprintf(name, sizeof name, "%scheck-%ld%s", temp_prefix, (long)getpid(), temp_suffix);
    int fd = make_temp(fs->root, name);
    if (fd < 0)
        return say_errno(fs, run, "no file can be made in it", errno);
    unlinkat(fs->root, name, 0);
    close(fd);
    return OMNI_OK;
}

uint32_t file_sink_layout(const struct file_sink *fs)
{
    return fs->by_day ? OMNI_BY_DAY : OMNI_WHOLE;
}

/* ---- one delivery ---- */

/* Names come from the hub; a slash or a dot in front would still leave the folder. */
static bool is_plain_name(const char *s)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    size_t n = strlen(s);
    return n > 0 && n < 128 && strspn(s, allowed) == n;
}

static omni_status choose_names(struct file_sink *fs, struct omni_run *run,
                                const struct omni_delivery *d)
{
    if (d->mode != OMNI_REPLACE)
        return say(fs, run, OMNI_E_UNSUPPORTED, "dataset \"%s\": files can only be replaced whole",
                   d->dataset);
    const char *name = !d->partition ? d->dataset : d->partition[0] ? d->partition : "undated";
    if (!is_plain_name(d->dataset) || (name != d->dataset && !is_plain_name(name)))
        return say(fs, run, OMNI_E_DATA, "dataset \"%s\": cannot be a file's name", d->dataset);
    snprintf(fs->final, sizeof fs->final, "%s%s", name, fs->suffix);
    snprintf(fs->temp, sizeof fs->temp, "%s%s-%ld%s", temp_prefix, name, (long)getpid(),
             temp_suffix);
    snprintf(fs->shown, sizeof fs->shown, "%s%s%s", d->partition ? d->dataset : "",
             d->partition ? "/" : "", fs->final);
    return OMNI_OK;
}

omni_status file_sink_begin(struct file_sink *fs, struct omni_run *run,
                            const struct omni_delivery *d)
{
    file_sink_abort(fs);
    omni_status status = choose_names(fs, run, d);
    if (status != OMNI_OK)
        return status;
    fs->folder = d->partition ? open_folder(fs->root, d->dataset) : fs->root;
    if (fs->folder < 0)
        return say_errno(fs, run, d->dataset, errno);
    fs->file = make_temp(fs->folder, fs->temp);
    if (fs->file < 0)
        return say_errno(fs, run, fs->shown, errno);
    return OMNI_OK;
}

static void flush(struct file_sink *fs)
{
    size_t done = 0;
    while (done < fs->used && !fs->error) {
        ssize_t n = write(fs->file, fs->buffer + done, fs->used - done);
        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            fs->error = n == 0 ? EIO : errno;
    }
    fs->used = 0;
}

void file_sink_put(struct file_sink *fs, const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n && !fs->error) {
        size_t room = sizeof fs->buffer - fs->used;
        size_t part = n < room ? n : room;
        memcpy(fs->buffer + fs->used, p, part);
        fs->used += part;
        p += part;
        n -= part;
        if (fs->used == sizeof fs->buffer)
            flush(fs);
    }
}

void file_sink_puts(struct file_sink *fs, const char *s)
{
    file_sink_put(fs, s, strlen(s));
}

void file_sink_putc(struct file_sink *fs, char c)
{
    file_sink_put(fs, &c, 1);
}

omni_status file_sink_status(const struct file_sink *fs, struct omni_run *run)
{
    return fs->error ? say_errno(fs, run, fs->shown, fs->error) : OMNI_OK;
}

/* First the bytes, then the name, then the folder that holds the name: a crash in between leaves
 * the old file whole. */
static int publish(struct file_sink *fs)
{
    flush(fs);
    if (fs->error)
        return fs->error;
    if (fsync(fs->file) != 0 || renameat(fs->folder, fs->temp, fs->folder, fs->final) != 0)
        return errno;
    fs->temp[0] = '\0';
    return fsync(fs->folder) == 0 ? 0 : errno;
}

omni_status file_sink_commit(struct file_sink *fs, struct omni_run *run)
{
    int error = publish(fs);
    omni_status status = error ? say_errno(fs, run, fs->shown, error) : OMNI_OK;
    file_sink_abort(fs);
    return status;
}

void file_sink_abort(struct file_sink *fs)
{
    if (fs->file >= 0) {
        if (fs->temp[0])
            unlinkat(fs->folder, fs->temp, 0);
        close(fs->file);
    }
    if (fs->folder >= 0 && fs->folder != fs->root)
        close(fs->folder);
    fs->file = fs->folder = -1;
    fs->used = 0;
    fs->error = 0;
}
