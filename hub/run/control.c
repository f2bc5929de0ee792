/* SPDX-License-Identifier: Apache-2.0
 * The control socket. Packets (SOCK_SEQPACKET) have no half messages; whoever is slow, silent or
 * one too many is let go, so that no client can hold the service up. An answer that is longer than
 * a socket holds goes out packet by packet, as it is taken. */
#include <config.h>

#include "run/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

#define CONTROL_NAME "control"

enum {
    BACKLOG = 64,
    DEAF_MS = 200 /* where no descriptor is left for who comes; poll() would not wait for one */
};

struct client {
    int fd; /* -1: the place is free */
    struct control_peer peer;
    int64_t until_ms;
    char *answer; /* NULL: its order is waited for */
    size_t len, sent;
};

struct control {
    struct control_calls calls;
    uid_t owner;
    int listener, folder;
    int64_t deaf_until_ms;
    struct client clients[CONTROL_CLIENTS];
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A socket's path is short, a state folder's may be long: it is named by its descriptor. */
static struct sockaddr_un address_in(int folder)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "/proc/self/fd/%d/" CONTROL_NAME, folder);
    return a;
}

static int open_folder(const char *state_dir)
{
    return open(state_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* ---- the service's end ---- */

static omni_status listen_in(struct control *c, struct err *err)
{
    struct sockaddr_un a = address_in(c->folder);
    if (unlinkat(c->folder, CONTROL_NAME, 0) < 0 && errno != ENOENT)
        return err_set(err, OMNI_E_CONFIG, "an old socket cannot be removed: %s", strerror(errno));
    c->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t before = umask(0177); /* from its first moment on for the owner only */
    bool is_bound = c->listener >= 0 && bind(c->listener, (struct sockaddr *)&a, sizeof a) == 0;
    umask(before);
    if (is_bound && listen(c->listener, BACKLOG) == 0)
        return OMNI_OK;
    return err_set(err, OMNI_E_RETRY, "cannot listen: %s", strerror(errno));
}

struct control *control_open(const char *state_dir, uid_t owner, const struct control_calls *calls,
                             struct err *err)
{
    struct control *c = xcalloc(1, sizeof *c);
    *c = (struct control){.calls = *calls, .owner = owner, .listener = -1};
    for (size_t i = 0; i < CONTROL_CLIENTS; i++)
        c->clients[i].fd = -1;
    c->folder = open_folder(state_dir);
    omni_status status =
        c->folder >= 0 ? listen_in(c, err) : err_set(err, OMNI_E_CONFIG, "%s", strerror(errno));
    if (status == OMNI_OK)
        return c;
    err_prefix(err, "control socket in %s: ", state_dir);
    control_close(c);
    return NULL;
}

static void let_go(struct client *client)
{
    mem_auto_close(&client->fd);
    free(client->answer);
    *client = (struct client){.fd = -1};
}

void control_close(struct control *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < CONTROL_CLIENTS; i++)
        let_go(&c->clients[i]);
    if (c->listener >= 0)
        unlinkat(c->folder, CONTROL_NAME, 0);
    mem_auto_close(&c->listener);
    mem_auto_close(&c->folder);
    free(c);
}

size_t control_watch(const struct control *c, struct pollfd *polls, size_t max)
{
    size_t n = 0;
    if (max > 0) /* a negative one is passed over */
        polls[n++] =
            (struct pollfd){.fd = now_ms() < c->deaf_until_ms ? -1 : c->listener, .events = POLLIN};
    for (size_t i = 0; i < CONTROL_CLIENTS && n < max; i++)
        if (c->clients[i].fd >= 0)
            polls[n++] = (struct pollfd){.fd = c->clients[i].fd,
                                         .events = c->clients[i].answer ? POLLOUT : POLLIN};
    return n;
}

static json_t *refusal(const char *text)
{
    return json_pack("{s:b, s:s}", "ok", 0, "text", text);
}

/* Who is not let in gets one packet, or has lost it. */
static void refuse(int fd, const char *why)
{
    auto_json *answer = refusal(why);
    auto_free char *text = json_print(answer);
    if (send(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        log_debug("control: a refusal was not taken: %s", strerror(errno));
}

/* As much as the client takes now; the rest when it has taken that. */
static void send_on(struct client *client)
{
    while (client->sent < client->len) {
        size_t left = client->len - client->sent;
        ssize_t n =
            send(client->fd, client->answer + client->sent,
                 left < CONTROL_PACKET ? left : CONTROL_PACKET, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            break;
        client->sent += (size_t)n;
        client->until_ms = now_ms() + CONTROL_PATIENCE_MS;
    }
    if (client->sent < client->len)
        log_debug("control: an answer was not taken: %s", strerror(errno));
    let_go(client);
}

static void reply(struct client *client, json_t *answer_take)
{
    client->answer = json_print(answer_take);
    client->len = strlen(client->answer);
    json_decref(answer_take);
    if (client->len > CONTROL_REPLY_MAX) {
        free(client->answer);
        reply(client, refusal("the answer is too long"));
        return;
    }
    client->until_ms = now_ms() + CONTROL_PATIENCE_MS;
    send_on(client);
}

/* Who it is, as the kernel says; false where it may not give orders. */
static bool is_welcome(const struct control *c, int fd, struct control_peer *peer)
{
    struct ucred who;
    socklen_t n = sizeof who;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) < 0)
        return false;
    *peer = (struct control_peer){who.pid, who.uid};
    return who.uid == 0 || who.uid == c->owner;
}

static struct client *free_place(struct control *c)
{
    for (size_t i = 0; i < CONTROL_CLIENTS; i++)
        if (c->clients[i].fd < 0)
            return &c->clients[i];
    return NULL;
}

static void take_clients(struct control *c)
{
    /* As many as the queue holds; the rest at the next look, so that jobs are heard in between. */
    for (int i = 0; i < BACKLOG; i++) {
        int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
            if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
                c->deaf_until_ms = now_ms() + DEAF_MS;
            return;
        }
        struct control_peer peer = {0};
        struct client *place = free_place(c);
        bool is_fine = is_welcome(c, fd, &peer);
        if (!is_fine)
            log_warn("control: user %u (process %d) may not give orders", (unsigned)peer.uid,
                     (int)peer.pid);
        if (place && is_fine) {
            *place =
                (struct client){.fd = fd, .peer = peer, .until_ms = now_ms() + CONTROL_PATIENCE_MS};
            continue;
        }
        refuse(fd, is_fine ? "too many others are asking; try again"
                           : "only the owner of the service and root may give orders");
        close(fd);
    }
}

static json_t *answer(struct control *c, const struct client *client, const char *bytes, ssize_t n)
{
    struct err err = {0};
    if (n > CONTROL_REQUEST_MAX)
        return refusal("the order is too long");
    auto_json *order = json_parse(bytes, (size_t)n, &err);
    if (!json_is_object(order) || !json_text(order, "do"))
        return refusal("not an order: a JSON object with the member \"do\" is expected");
    return c->calls.answer(c->calls.ctx, &client->peer, order);
}

static void take_order(struct control *c, struct client *client)
{
    char bytes[CONTROL_REQUEST_MAX + 1];
    ssize_t n = recv(client->fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_TRUNC);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        reply(client, answer(c, client, bytes, n));
    else
        let_go(client);
}

void control_ready(struct control *c, const struct pollfd *polls, size_t n)
{
    int64_t now = now_ms();
    for (size_t i = 1; i < n; i++)
        for (size_t k = 0; polls[i].revents && k < CONTROL_CLIENTS; k++)
            if (c->clients[k].fd == polls[i].fd) {
                if (c->clients[k].answer)
                    send_on(&c->clients[k]);
                else
                    take_order(c, &c->clients[k]);
                break;
            }
    for (size_t k = 0; k < CONTROL_CLIENTS; k++)
        if (c->clients[k].fd >= 0 && c->clients[k].until_ms <= now)
            let_go(&c->clients[k]);
    if (n > 0 && polls[0].revents)
        take_clients(c);
}

int control_wait_ms(const struct control *c)
{
    int64_t now = now_ms(), first = c->deaf_until_ms > now ? c->deaf_until_ms : INT64_MAX;
    for (size_t i = 0; i < CONTROL_CLIENTS; i++)
        if (c->clients[i].fd >= 0 && c->clients[i].until_ms < first)
            first = c->clients[i].until_ms;
    return first == INT64_MAX ? -1 : first <= now ? 0 : (int)(first - now);
}

/* ---- the command's end ---- */

static int reach(const char *state_dir, struct err *err)
{
    auto_close int folder = open_folder(state_dir);
    if (folder < 0) {
        err_set(err, OMNI_E_UNSUPPORTED, "no service runs on %s", state_dir);
        return -1;
    }
    struct sockaddr_un a = address_in(folder);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    bool is_gone = errno == ENOENT || errno == ECONNREFUSED;
    err_set(err, is_gone ? OMNI_E_UNSUPPORTED : OMNI_E_CONFIG,
            is_gone ? "no service runs on %s" : "cannot reach the service on %s: %s", state_dir,
            strerror(errno));
    mem_auto_close(&fd);
    return -1;
}

/* Until the service ends the connection. False with errno, 0 where an answer has no end. */
static bool receive_all(int fd, struct buf *answer)
{
    for (;;) {
        if (!buf_reserve(answer, CONTROL_PACKET)) {
            errno = 0;
            return false;
        }
        ssize_t n = recv(fd, answer->data + answer->len, CONTROL_PACKET, 0);
        /* Who is not let in gets its answer before it could ask. The kernel then says, before the
         * answer or behind it, that the question is lost. */
        if (n < 0 && errno == ECONNRESET && answer->len == 0)
            n = recv(fd, answer->data, CONTROL_PACKET, 0);
        if (n == 0 || (n < 0 && errno == ECONNRESET && answer->len > 0))
            return true;
        if (n < 0)
            return false;
        answer->len += (size_t)n;
    }
}

json_t *control_ask(const char *state_dir, const json_t *order, uint32_t timeout_ms,
                    struct err *err)
{
    auto_close int fd = reach(state_dir, err);
    auto_free char *text = json_print(order);
    auto_buf answer = BUF_INIT(CONTROL_REPLY_MAX + CONTROL_PACKET + 1);
    if (fd < 0)
        return NULL;
    struct timeval limit = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    bool is_sent = send(fd, text, strlen(text), MSG_NOSIGNAL) >= 0 || errno == EPIPE;
    errno = is_sent ? 0 : errno;
    if (is_sent && receive_all(fd, &answer) && answer.len > 0)
        return json_parse(answer.data, answer.len, err);
    err_set(err, OMNI_E_RETRY, "the service on %s gave no answer%s%s", state_dir, errno ? ": " : "",
            errno ? strerror(errno) : "");
    return NULL;
}
