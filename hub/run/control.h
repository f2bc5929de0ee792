/* SPDX-License-Identifier: Apache-2.0
 * The control socket: orders to a running service, state_dir/control. One JSON object in, a single
 * packet; one out, in as many packets as it takes; then the connection ends. */
#ifndef HUB_CONTROL_H
#define HUB_CONTROL_H

#include <jansson.h>
#include <poll.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum {
    CONTROL_CLIENTS = 16,         /* at a time; the next one is told to come again */
    CONTROL_REQUEST_MAX = 4096,   /* bytes */
    CONTROL_PACKET = 64 * 1024,   /* bytes of one packet of an answer */
    CONTROL_REPLY_MAX = 32 << 20, /* bytes of an answer: 100,000 connectors' state */
    CONTROL_PATIENCE_MS = 5000    /* until a client is let go that says or takes nothing */
};

/* ---- the service's end ---- */

struct control_peer {
    pid_t pid;
    uid_t uid;
};
struct control_calls {
    void *ctx;
    /* The answer to an order, {"ok": true, …} or {"ok": false, "text": "…"}; new reference. */
    json_t *(*answer)(void *ctx, const struct control_peer *, const json_t *order);
};

struct control;

/* Listens in state_dir, which the caller holds the lock of: what a dead service left is removed.
 * Orders are taken from `owner` and from root. NULL with err. */
struct control *control_open(const char *state_dir, uid_t owner, const struct control_calls *,
                             struct err *);
void control_close(struct control *);
/* Fills in what to poll for, at most `max`; returns how many. */
size_t control_watch(const struct control *, struct pollfd *, size_t max);
/* The same descriptors as poll() left them. Never waits for a client. */
void control_ready(struct control *, const struct pollfd *, size_t n);
/* Until the next silent client is to be let go; -1: there is none. */
int control_wait_ms(const struct control *);

/* ---- the command's end ---- */

/* Sends the order and waits for the answer. NULL with err: OMNI_E_UNSUPPORTED: no service runs on
 * this state; else what went wrong. */
json_t *control_ask(const char *state_dir, const json_t *order, uint32_t timeout_ms, struct err *);

#endif
