/* SPDX-License-Identifier: Apache-2.0
 * The worker: one thread that answers requests on a socket it was given, behind fences. */
#ifndef HUB_WEB_SERVER_H
#define HUB_WEB_SERVER_H

#include <stdatomic.h>

#include "base/err.h"
#include "web/look.h"

enum server_limits {
    SERVER_CONNECTIONS = 128, /* at a time */
    SERVER_IDLE_S = 10,       /* without a byte */
    SERVER_LIFE_S = 30,       /* of a connection, however busy its client seems */
    SERVER_HEADERS = 16384,   /* bytes of a request */
    SERVER_LEAVE_S = 5        /* until answers that are under way have to be out */
};

struct server {
    const struct looker *looker;
    int listener;          /* non-blocking */
    _Atomic int64_t *beat; /* seconds of the steady clock, written whenever it goes round */
    int ready;             /* a byte is written there when it begins to answer */
};

/* Until SIGTERM. An exit code. */
int server_run(const struct server *);

#endif
