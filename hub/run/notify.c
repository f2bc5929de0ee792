/* SPDX-License-Identifier: Apache-2.0
 * Telling the service manager how it goes. By hand: one datagram is not worth a library. */
#include <config.h>

#include "run/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

enum { STATUS_MAX = 512 };

void notify_send(const char *lines)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t n = path ? strlen(path) : 0;
    if (n < 2 || n >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(address.sun_path, path, n);
    if (path[0] == '@') /* a name in the abstract space */
        address.sun_path[0] = '\0';
    auto_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    /* A manager that does not listen, or not now, must not hold the service up. */
    ssize_t sent = sendto(fd, lines, strlen(lines), MSG_NOSIGNAL | MSG_DONTWAIT,
                          (struct sockaddr *)&address, size);
    (void)sent;
}

void notify_status(const char *fmt, ...)
{
    char text[STATUS_MAX] = "STATUS=";
    size_t head = strlen(text);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text + head, sizeof text - head, fmt, ap);
    va_end(ap);
    notify_send(text);
}

int64_t notify_watchdog(void)
{
    const char *wait = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    long long micros, owner;
    if (!wait || !text_parse_int(wait, 2, INT64_MAX, &micros))
        return 0;
    if (pid && (!text_parse_int(pid, 1, INT32_MAX, &owner) || owner != getpid()))
        return 0;
    return micros / 2;
}
