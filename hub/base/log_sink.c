/* SPDX-License-Identifier: Apache-2.0
 * Where log lines go. A log that nobody reads must not stop the work: what is not taken at once is
 * lost and counted. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log_priv.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* How stderr is written to without waiting. */
enum way { WAY_WAIT, WAY_FILE, WAY_PIPE, WAY_SOCKET, WAY_JOURNAL };

static enum way way = WAY_WAIT;
static enum log_format format = LOG_TEXT;
static int fd = STDERR_FILENO;
static bool is_cut; /* the last line went out in part: the next one begins anew */
static uint64_t lost;
static struct sockaddr_un journal = {.sun_family = AF_UNIX};

enum log_format log_sink_format(void)
{
    return format;
}

uint64_t log_sink_take_lost(void)
{
    uint64_t n = lost;
    lost = 0;
    return n;
}

bool log_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char own[64];
    struct stat st;
    if (!stream || fstat(STDERR_FILENO, &st) < 0)
        return false;
    snprintf(own, sizeof own, "%llu:%llu", (unsigned long long)st.st_dev,
             (unsigned long long)st.st_ino);
    return strcmp(stream, own) == 0;
}

static void close_own(void)
{
    if (fd != STDERR_FILENO && fd >= 0)
        close(fd);
    fd = STDERR_FILENO;
}

static bool connect_journal(int s)
{
    socklen_t n =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(journal.sun_path) + 1);
    return connect(s, (const struct sockaddr *)&journal, n) == 0;
}

/* systemd's native protocol, one datagram an entry; by hand, as one datagram is not worth a
 * library. */
static bool open_journal(const char *path)
{
    size_t n = strlen(path);
    if (n >= sizeof journal.sun_path)
        return false;
    memcpy(journal.sun_path, path, n + 1);
    int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s >= 0 && connect_journal(s)) {
        close_own();
        fd = s;
        way = WAY_JOURNAL;
        return true;
    }
    if (s >= 0)
        close(s);
    return false;
}

/* A pipe is opened once more, as not waiting is a matter of the open end, which others may share.
 */
static void open_stderr(void)
{
    struct stat st;
    close_own();
    way = WAY_FILE;
    if (fstat(STDERR_FILENO, &st) < 0)
        return;
    if (S_ISSOCK(st.st_mode)) {
        way = WAY_SOCKET;
    } else if (S_ISFIFO(st.st_mode)) {
        int own = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        way = own >= 0 ? WAY_PIPE : WAY_WAIT;
        fd = own >= 0 ? own : STDERR_FILENO;
    } else if (S_ISREG(st.st_mode)) {
        /* A file that was cut short by who rotates it is written to at its new end. */
        int flags = fcntl(STDERR_FILENO, F_GETFL);
        if (flags >= 0)
            fcntl(STDERR_FILENO, F_SETFL, flags | O_APPEND);
    }
}

bool log_sink_open(enum log_format wanted, const char *journal_socket)
{
    bool is_found = true;
    if (wanted == LOG_JOURNALD) {
        is_found = open_journal(journal_socket ? journal_socket : JOURNAL_SOCKET);
        wanted = is_found ? LOG_JOURNALD : LOG_TEXT;
    }
    if (wanted != LOG_JOURNALD)
        open_stderr();
    format = wanted;
    return is_found;
}

/* ---- writing ---- */

static ssize_t put(const char *bytes, size_t n)
{
    ssize_t done;
    do
        done = way == WAY_SOCKET || way == WAY_JOURNAL
                   ? send(fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL)
                   : write(fd, bytes, n);
    while (done < 0 && errno == EINTR);
    return done;
}

/* The journal's end may have been made anew since. */
static bool put_again(const struct buf *line)
{
    return way == WAY_JOURNAL && (errno == ECONNREFUSED || errno == ENOTCONN) &&
           connect_journal(fd) && put(line->data, line->len) >= 0;
}

static bool end_cut_line(void)
{
    if (is_cut && way != WAY_JOURNAL)
        is_cut = put("\n", 1) != 1;
    return !is_cut;
}

bool log_sink_write(const struct buf *line)
{
    if (way == WAY_WAIT) {
        bool is_written = file_write_all(fd, line->data, line->len);
        lost += !is_written;
        return is_written;
    }
    ssize_t done = end_cut_line() ? put(line->data, line->len) : -1;
    if (done < 0 && put_again(line))
        return true;
    if (done == (ssize_t)line->len)
        return true;
    is_cut |= done > 0;
    lost++;
    return false;
}
