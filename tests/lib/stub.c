/* SPDX-License-Identifier: Apache-2.0
 * The scripted server. `lock` guards everything in struct stub that changes after the start; each
 * connection's buffer belongs to its thread. */
#include <config.h>

#include "stub.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

enum { MAX_CONNECTIONS = 64, MAX_REQUESTS = 256, MAX_REPLIES = 256, DRIP_MS = 400 };

struct connection {
    struct stub *stub;
    pthread_t thread;
    int fd;
};

struct stub {
    pthread_mutex_t lock;
    pthread_t thread;
    int listener, stop[2], port;
    char url[64];
    const struct stub_reply *replies;
    bool used[MAX_REPLIES];
    char *requests[MAX_REQUESTS];
    size_t n_requests, n_connections;
    struct connection connections[MAX_CONNECTIONS];
};

static const struct stub_reply over = {
    .bytes = "HTTP/1.1 500 script is over\r\nContent-Length: 0\r\n\r\n", .then = STUB_CLOSE};

/* False: the client went away, or the stub is being stopped. */
static bool wait_readable(struct connection *c, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = c->fd, .events = POLLIN},
                           {.fd = c->stub->stop[0], .events = POLLIN}};
    int n = poll(fds, 2, timeout_ms);
    return n > 0 && !fds[1].revents && fds[0].revents;
}

static bool stopping(struct stub *s, int wait_ms)
{
    struct pollfd fd = {.fd = s->stop[0], .events = POLLIN};
    return poll(&fd, 1, wait_ms) > 0;
}

static size_t body_length(const char *head)
{
    for (const char *p = head; (p = strchr(p, '\n'));) {
        long long n = 0;
        char digits[24] = "";
        if (strncasecmp(++p, "content-length:", 15) != 0)
            continue;
        sscanf(p + 15, " %20[0-9]", digits);
        return text_parse_int(digits, 0, 1 << 30, &n) ? (size_t)n : 0;
    }
    return 0;
}

/* One whole request as text; NULL at the end of the connection. */
static char *read_request(struct connection *c)
{
    auto_buf b = BUF_INIT(1 << 24);
    size_t need = 0;
    while (!need || b.len < need) {
        char piece[4096];
        ssize_t n = wait_readable(c, -1) ? recv(c->fd, piece, sizeof piece, 0) : 0;
        if (n <= 0)
            return NULL;
        buf_add(&b, piece, (size_t)n);
        const char *end = strstr(buf_text(&b), "\r\n\r\n");
        if (end && !need)
            need = (size_t)(end - b.data) + 4 + body_length(b.data);
    }
    return buf_take(&b);
}

static const struct stub_reply *next_reply(struct stub *s, char *request)
{
    const struct stub_reply *found = &over;
    const char *target = strchr(request, ' ');
    target = target ? target + 1 : "";
    pthread_mutex_lock(&s->lock);
    if (s->n_requests < MAX_REQUESTS)
        s->requests[s->n_requests++] = request;
    for (size_t i = 0; i < MAX_REPLIES; i++) {
        const struct stub_reply *r = &s->replies[i];
        if (!r->bytes && !r->then && !r->tail)
            break;
        if (s->used[i] || (r->path && !text_starts(target, r->path)))
            continue;
        s->used[i] = true;
        found = r;
        break;
    }
    pthread_mutex_unlock(&s->lock);
    return found;
}

static bool send_all(struct connection *c, const char *bytes, size_t n)
{
    while (n) {
        struct pollfd fds[] = {{.fd = c->fd, .events = POLLOUT},
                               {.fd = c->stub->stop[0], .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 || fds[1].revents)
            return false;
        ssize_t sent = send(c->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0)
            return false;
        bytes += sent;
        n -= (size_t)sent;
    }
    return true;
}

static void drip(struct connection *c, const char *bytes, size_t n)
{
    while (n-- && send_all(c, bytes++, 1) && !stopping(c->stub, DRIP_MS))
        ;
}

/* True: the connection goes on. */
static bool answer(struct connection *c, const struct stub_reply *r)
{
    size_t len = r->len ? r->len : r->bytes ? strlen(r->bytes) : 0;
    size_t tail = r->tail_len ? r->tail_len : r->tail ? strlen(r->tail) : 0;
    if (r->then == STUB_DRIP)
        drip(c, r->bytes, len);
    else if (!send_all(c, r->bytes, len))
        return false;
    while (r->then == STUB_FLOOD && send_all(c, r->tail, tail))
        ;
    if (r->then == STUB_STALL)
        wait_readable(c, -1);
    if (r->then == STUB_RESET) {
        struct linger now = {.l_onoff = 1, .l_linger = 0};
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    return r->then == STUB_KEEP;
}

static void *serve(void *data)
{
    struct connection *c = data;
    for (char *request; (request = read_request(c));)
        if (!answer(c, next_reply(c->stub, request)))
            break;
    pthread_mutex_lock(&c->stub->lock);
    close(c->fd);
    c->fd = -1;
    pthread_mutex_unlock(&c->stub->lock);
    return NULL;
}

static void *listen_loop(void *data)
{
    struct stub *s = data;
    for (;;) {
        struct pollfd fds[] = {{.fd = s->listener, .events = POLLIN},
                               {.fd = s->stop[0], .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 || fds[1].revents)
            return NULL;
        int fd = accept(s->listener, NULL, NULL);
        pthread_mutex_lock(&s->lock);
        if (fd >= 0 && s->n_connections < MAX_CONNECTIONS) {
            struct connection *c = &s->connections[s->n_connections++];
            *c = (struct connection){.stub = s, .fd = fd};
            pthread_create(&c->thread, NULL, serve, c);
        }
        pthread_mutex_unlock(&s->lock);
    }
}

static int listen_at(const char *address, int *port)
{
    bool v6 = strchr(address, ':');
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    struct sockaddr *sa = v6 ? (void *)&in6 : (void *)&in;
    socklen_t len = v6 ? sizeof in6 : sizeof in;
    inet_pton(sa->sa_family, address, v6 ? (void *)&in6.sin6_addr : (void *)&in.sin_addr);
    int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, sa, len) == 0 && listen(fd, 16) == 0 &&
        getsockname(fd, sa, &len) == 0) {
        *port = ntohs(v6 ? in6.sin6_port : in.sin_port);
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

struct stub *stub_start_at(const char *address, const struct stub_reply *replies)
{
    int port = 0, fd = listen_at(address, &port);
    if (fd < 0)
        return NULL;
    struct stub *s = xcalloc(1, sizeof *s);
    s->listener = fd;
    s->port = port;
    s->replies = replies;
    pthread_mutex_init(&s->lock, NULL);
    snprintf(s->url, sizeof s->url, strchr(address, ':') ? "http://[%s]:%d" : "http://%s:%d",
             address, port);
    if (pipe(s->stop) != 0 || pthread_create(&s->thread, NULL, listen_loop, s) != 0)
        abort();
    return s;
}

struct stub *stub_start(const struct stub_reply *replies)
{
    struct stub *s = stub_start_at("127.0.0.1", replies);
    if (!s)
        abort();
    return s;
}

void stub_stop(struct stub *s)
{
    if (!s)
        return;
    close(s->stop[1]); /* every poll() sees the end of the pipe */
    pthread_join(s->thread, NULL);
    for (size_t i = 0; i < s->n_connections; i++)
        pthread_join(s->connections[i].thread, NULL);
    for (size_t i = 0; i < s->n_requests; i++)
        free(s->requests[i]);
    close(s->listener);
    close(s->stop[0]);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

int stub_port(const struct stub *s)
{
    return s->port;
}

const char *stub_url(const struct stub *s)
{
    return s->url;
}

size_t stub_requests(struct stub *s)
{
    pthread_mutex_lock(&s->lock);
    size_t n = s->n_requests;
    pthread_mutex_unlock(&s->lock);
    return n;
}

size_t stub_connections(struct stub *s)
{
    pthread_mutex_lock(&s->lock);
    size_t n = s->n_connections;
    pthread_mutex_unlock(&s->lock);
    return n;
}

const char *stub_request(struct stub *s, size_t i)
{
    pthread_mutex_lock(&s->lock);
    const char *text = i < s->n_requests ? s->requests[i] : "";
    pthread_mutex_unlock(&s->lock);
    return text;
}
