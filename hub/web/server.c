/* SPDX-License-Identifier: Apache-2.0
 * HTTP by libmicrohttpd in one thread with one epoll set. Connections are few, short and end by
 * themselves, so that nobody can keep others out for long. */
#include <config.h>

#include "web/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/day.h"
#include "base/log.h"
#include "base/mem.h"
#include "process/sandbox.h"
#include "web/answer.h"

enum { ROUND_MS = 1000, KEPT = 8 };

/* An answer that is the same for everybody until the next look. */
struct kept {
    char path[32];
    struct MHD_Response *response;
    int code;
    uint64_t look; /* of which it is made */
};
struct guest {
    int fd; /* -1: the place is free */
    int64_t until_s;
};
struct serving {
    const struct server *server;
    struct answerer *answerer;
    struct web_counts counts;
    struct kept kept[KEPT];
    struct guest guests[SERVER_CONNECTIONS];
};

static volatile sig_atomic_t is_told_to_stop;

static void on_stop(int signal)
{
    (void)signal;
    is_told_to_stop = 1;
}

static int64_t steady_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

/* ---- answers ---- */

static const struct {
    const char *name, *value;
} headers[] = {
    {"Content-Security-Policy",
     "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
     "form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cache-Control", "no-store"},
    /* One request each: then no connection outlives its use, and their number says how many ask. */
    {"Connection", "close"},
};

static struct MHD_Response *make_response(struct answer *a)
{
    size_t n = a->text ? strlen(a->text) : a->body.len;
    void *bytes = a->text ? (void *)(uintptr_t)a->text : n ? buf_take(&a->body) : xstrdup("");
    struct MHD_Response *r = MHD_create_response_from_buffer(
        n, bytes, a->text ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_FREE);
    xneed(r);
    MHD_add_response_header(r, "Content-Type", a->type);
    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        MHD_add_response_header(r, headers[i].name, headers[i].value);
    if (a->code == 405)
        MHD_add_response_header(r, "Allow", "GET, HEAD");
    if (a->refreshes)
        MHD_add_response_header(r, "Refresh", "60");
    return r;
}

static enum MHD_Result send_answer(struct serving *s, struct MHD_Connection *c, int code,
                                   struct MHD_Response *r)
{
    if (code < METRICS_CODES)
        s->counts.answers[code]++;
    return MHD_queue_response(c, (unsigned)code, r);
}

static void forget(struct kept *kept)
{
    if (kept->response)
        MHD_destroy_response(kept->response);
    *kept = (struct kept){.code = 0};
}

static const struct kept *find_kept(const struct serving *s, const char *path, uint64_t look)
{
    for (size_t i = 0; i < KEPT; i++)
        if (s->kept[i].response && s->kept[i].look == look && strcmp(s->kept[i].path, path) == 0)
            return &s->kept[i];
    return NULL;
}

/* In the place of one of another look. Takes the response over where there is room, and says so. */
static bool keep(struct serving *s, const char *path, const struct answer *a,
                 struct MHD_Response *r)
{
    for (size_t i = 0; i < KEPT; i++) {
        struct kept *place = &s->kept[i];
        if ((place->response && place->look == a->look) || strlen(path) >= sizeof place->path)
            continue;
        forget(place);
        *place = (struct kept){.response = r, .code = a->code, .look = a->look};
        memcpy(place->path, path, strlen(path) + 1);
        return true;
    }
    return false;
}

static bool has_body(struct MHD_Connection *c)
{
    const char *length = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Length");
    return MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Transfer-Encoding") ||
           (length && strcmp(length, "0") != 0);
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **request_ctx)
{
    struct serving *s = ctx;
    struct answer a;
    const struct request r = {.method = method,
                              .path = url,
                              .host = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Host"),
                              .page = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "page"),
                              .has_body = has_body(c)};
    (void)version;
    (void)upload;
    (void)upload_size;
    (void)request_ctx;
    bool is_of_facts = answerer_is_of_facts(s->answerer, &r);
    const struct kept *known = is_of_facts ? find_kept(s, url, answerer_look(s->answerer)) : NULL;
    if (known)
        return send_answer(s, c, known->code, known->response);
    answerer_answer(s->answerer, &r, &a);
    struct MHD_Response *response = make_response(&a);
    enum MHD_Result result = send_answer(s, c, a.code, response);
    if (!a.is_shared || !is_of_facts || !keep(s, url, &a, response))
        MHD_destroy_response(response);
    buf_free(&a.body);
    return result;
}

/* ---- connections ---- */

static void on_connection(void *ctx, struct MHD_Connection *c, void **socket_ctx,
                          enum MHD_ConnectionNotificationCode what)
{
    struct serving *s = ctx;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    int sought = what == MHD_CONNECTION_NOTIFY_STARTED ? -1 : info->connect_fd;
    (void)socket_ctx;
    for (size_t i = 0; i < SERVER_CONNECTIONS; i++) {
        if (s->guests[i].fd != sought)
            continue;
        s->guests[i] = sought < 0 ? (struct guest){info->connect_fd, steady_s() + SERVER_LIFE_S}
                                  : (struct guest){.fd = -1};
        return;
    }
}

/* Whoever takes a byte now and then would stay for ever: the library only counts idle time. */
static void show_out(struct serving *s)
{
    int64_t now = steady_s();
    for (size_t i = 0; i < SERVER_CONNECTIONS; i++)
        if (s->guests[i].fd >= 0 && s->guests[i].until_s <= now)
            shutdown(s->guests[i].fd, SHUT_RDWR);
}

static size_t count_guests(const struct serving *s)
{
    size_t n = 0;
    for (size_t i = 0; i < SERVER_CONNECTIONS; i++)
        n += s->guests[i].fd >= 0;
    return n;
}

/* ---- the loop ---- */

static void log_fault(void *ctx, const char *fmt, va_list ap)
{
    char text[512];
    (void)ctx;
    vsnprintf(text, sizeof text, fmt, ap);
    text[strcspn(text, "\n")] = '\0';
    log_debug("%s", text); /* what guests do wrong */
}

/* Names that are asked for have no percent signs; what has some is not found. */
static size_t leave_escaped(void *ctx, struct MHD_Connection *c, char *text)
{
    (void)ctx;
    (void)c;
    return strlen(text);
}

static struct MHD_Daemon *open_daemon(struct serving *s)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_ERROR_LOG | MHD_USE_ITC, 0, NULL, NULL, on_request, s,
        MHD_OPTION_EXTERNAL_LOGGER, log_fault, NULL, MHD_OPTION_LISTEN_SOCKET,
        (MHD_socket)s->server->listener, MHD_OPTION_CONNECTION_LIMIT, (unsigned)SERVER_CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SERVER_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)SERVER_HEADERS, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK,
        leave_escaped, NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_END);
}

static void go_round(struct serving *s, struct MHD_Daemon *daemon, int epoll)
{
    MHD_UNSIGNED_LONG_LONG wait = ROUND_MS;
    struct pollfd ready = {.fd = epoll, .events = POLLIN};
    if (MHD_get_timeout(daemon, &wait) != MHD_YES || wait > ROUND_MS)
        wait = ROUND_MS;
    poll(&ready, 1, (int)wait);
    MHD_run(daemon);
    show_out(s);
    log_tick();
    atomic_store(s->server->beat, steady_s());
}

static void serve(struct serving *s, struct MHD_Daemon *daemon)
{
    int epoll = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    while (!is_told_to_stop)
        go_round(s, daemon, epoll);
    /* Others have the socket, too: this process only takes nobody any more. */
    MHD_quiesce_daemon(daemon);
    for (int64_t end = steady_s() + SERVER_LEAVE_S; steady_s() < end && count_guests(s) > 0;)
        go_round(s, daemon, epoll);
}

/* ---- fences ---- */

static omni_status fence(const struct config *c, struct err *err)
{
    const char *zones = getenv("TZDIR");
    const char *const paths[] = {c->hub.state_dir, zones ? zones : "/usr/share/zoneinfo",
                                 "/etc/localtime",
#ifdef HUB_SANITIZED
                                 "/proc", /* its run-time looks at its own maps */
#endif
                                 NULL};
    struct sandbox sandbox = {.is_required = c->hub.sandbox_require};
    tzset();
    omni_status status = sandbox_watch(&sandbox, paths, err);
    if (status == OMNI_OK && sandbox.lacks.len)
        log_warn("%s", buf_text(&sandbox.lacks));
    buf_free(&sandbox.lacks);
    buf_free(&sandbox.weaker);
    return status;
}

int server_run(const struct server *server)
{
    struct err err = {0};
    struct sigaction stop = {.sa_handler = on_stop};
    struct serving *s = xcalloc(1, sizeof *s);
    *s = (struct serving){.server = server, .counts.started_at = day_now()};
    for (size_t i = 0; i < SERVER_CONNECTIONS; i++)
        s->guests[i].fd = -1;
    s->answerer = answerer_new(server->looker, &s->counts);
    sigaction(SIGTERM, &stop, NULL);
    struct MHD_Daemon *daemon = open_daemon(s);
    bool is_fenced = daemon && fence(server->looker->config, &err) == OMNI_OK;
    if (is_fenced) {
        is_fenced = write(server->ready, "", 1) == 1;
        serve(s, daemon);
    } else {
        log_error("%s", daemon ? err.text : "HTTP cannot be set up");
    }
    if (daemon)
        MHD_stop_daemon(daemon);
    for (size_t i = 0; i < KEPT; i++)
        forget(&s->kept[i]);
    answerer_free(s->answerer);
    free(s);
    return is_fenced ? 0 : 3;
}
