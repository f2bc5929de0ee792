/* SPDX-License-Identifier: Apache-2.0
 * omnihub-plugin: loads one source plugin behind fences and serves its job. Not for people to
 * start.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "plugin/load.h"
#include "plugin/remote.h"
#include "run/spawn.h"

static bool is_socket(int fd)
{
    int type;
    socklen_t n = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0;
}

int main(int argc, char **argv)
{
    long long parent;
    struct wire_in start;
    struct err err;
    if (argc < 2 || !text_parse_int(argv[1], 1, INT32_MAX, &parent) || !is_socket(FRAMES_FD)) {
        fputs("omnihub-plugin is started by omnihub-job; it is not for people to start\n", stderr);
        return 2;
    }
    spawn_child_setup((pid_t)parent);
    /* Now, so that localtime() finds its zone set and opens no file later. */
    tzset();
    struct remote *remote = remote_new(FRAMES_FD);
    if (!remote_receive_start(remote, &start))
        return 2;
    const char *path = wire_get_text(&start);
    struct load *load = load_open(path, &err);
    if (!load) {
        remote_send_refused(remote, err.status, err.text);
        return 1;
    }
    remote_serve(remote, load_module(load), "");
}
