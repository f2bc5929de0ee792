/* SPDX-License-Identifier: Apache-2.0
 * A server of so few words needs no library; one would keep it from breaking off in the middle. No
 * lock: the script belongs to the thread until that has ended. */
#include <config.h>

#include "kit/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "kit/records.h"
#include "kit/script.h"
#include "kit/tape.h"

enum { REQUEST_MAX = 64 * 1024 * 1024, REPLY_MAX = 512 * 1024 * 1024 };
enum { PIECE = 65536, BACKLOG = 16, HEADERS_MAX = 256, URL_MAX = 64 };
/* To a request that the script does not have; no status that anybody would try again. */
enum { NOT_EXPECTED = 400 };

struct server {
    struct script *script;
    pthread_t thread;
    int listener, stop[2]; /* stop: a pipe whose end tells the thread to end */
    char url[URL_MAX];
};

const char *server_url(const struct server *s)
{
    return s->url;
}

/* False: the server is to end. */
static bool wait_for(const struct server *s, int fd, short events)
{
    struct pollfd fds[] = {{.fd = fd, .events = events}, {.fd = s->stop[0], .events = POLLIN}};
    int n;
    do
        n = poll(fds, 2, -1);
    while (n < 0 && errno == EINTR);
    return n > 0 && !fds[1].revents;
}

/* ---- what comes ---- */

/* The value of a header that is a number, else 0. */
static size_t length_of(const char *const *headers)
{
    long long n = 0;
    for (; *headers; headers++)
        if (strncasecmp(*headers, "content-length:", strlen("content-length:")) == 0) {
            const char *value = *headers + strlen("content-length:");
            text_parse_int(value + strspn(value, " \t"), 0, REQUEST_MAX, &n);
        }
    return (size_t)n;
}

/* The head becomes lines that end with NUL; false where it is none. */
static bool read_head(char *head, struct script_request *r, const char *headers[HEADERS_MAX])
{
    size_t n = 0;
    char *line = head + strcspn(head, "\r\n"), *space = strchr(head, ' ');
    if (!space || space > line)
        return false;
    while (*line) {
        size_t end = strspn(line, "\r\n");
        memset(line, '\0', end);
        line += end;
        if (*line && n + 1 < HEADERS_MAX)
            headers[n++] = line;
        line += strcspn(line, "\r\n");
    }
    headers[n] = NULL;
    *space = '\0';
    r->method = head;
    r->target = space + 1;
    space[1 + strcspn(space + 1, " ")] = '\0'; /* HTTP/1.1 */
    r->headers = headers;
    return true;
}

static bool receive(const struct server *s, int fd, struct buf *in)
{
    char piece[PIECE];
    ssize_t n = wait_for(s, fd, POLLIN) ? recv(fd, piece, sizeof piece, 0) : 0;
    return n > 0 && buf_add(in, piece, (size_t)n);
}

/* A request and what its texts lie in. */
struct incoming {
    struct buf head, body;
    const char *headers[HEADERS_MAX];
    struct script_request request;
};

static void incoming_free(struct incoming *in)
{
    buf_free(&in->head);
    buf_free(&in->body);
}

static bool read_request(const struct server *s, int fd, struct incoming *in)
{
    struct buf *head = &in->head, *body = &in->body;
    const char *end;
    while (!(end = strstr(buf_text(head), "\r\n\r\n")))
        if (!receive(s, fd, head))
            return false;
    size_t n = (size_t)(end - buf_text(head));
    buf_add(body, end + 4, head->len - n - 4);
    head->data[n] = '\0';
    if (!read_head(head->data, &in->request, in->headers))
        return false;
    while (body->len < length_of(in->headers))
        if (!receive(s, fd, body))
            return false;
    in->request.body = buf_text(body);
    in->request.body_len = body->len;
    return true;
}

/* ---- what is answered ---- */

static void send_all(const struct server *s, int fd, const struct buf *out)
{
    for (size_t at = 0; at < out->len && wait_for(s, fd, POLLOUT);) {
        ssize_t n = send(fd, out->data + at, out->len - at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return;
        at += n > 0 ? (size_t)n : 0;
    }
}

static bool add_body(const struct server *s, const json_t *reply, struct buf *out)
{
    const char *text = json_text(reply, "body");
    if (text)
        return text_add_replaced(out, text, SERVER_WORD, s->url);
    return records_bytes(reply, out);
}

/* With a fault one byte is promised that never comes. */
static void send_reply(const struct server *s, int fd, const json_t *reply, bool has_body)
{
    auto_buf body = BUF_INIT(REPLY_MAX), out = BUF_INIT(REPLY_MAX);
    const char *fault = json_text(reply, "fault");
    size_t i;
    json_t *line;
    add_body(s, reply, &body);
    buf_printf(&out, "HTTP/1.1 %d Scripted\r\nConnection: close\r\nContent-Length: %zu\r\n",
               (int)json_int(reply, "status", NOT_EXPECTED), body.len + (fault != NULL));
    json_array_foreach(json_object_get(reply, "headers"), i, line)
    {
        text_add_replaced(&out, json_string_value(line), SERVER_WORD, s->url);
        buf_adds(&out, "\r\n");
    }
    buf_adds(&out, "\r\n");
    if (has_body)
        buf_add(&out, buf_text(&body), body.len);
    send_all(s, fd, &out);
}

static void reset(int fd)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

/* Until the other side gives up: nothing more comes of it then. */
static void keep_waiting(const struct server *s, int fd)
{
    auto_buf ignored = BUF_INIT(REQUEST_MAX);
    while (receive(s, fd, &ignored))
        ;
}

/* What "fault" of a reply means here. */
static const struct {
    const char *name;
    bool sends; /* the reply, but for its last byte */
    bool waits; /* and is silent, instead of closing the connection */
    bool resets;
} faults[] = {{"cut", .sends = true},
              {"reset", .resets = true},
              {"timeout", .waits = true},
              {"stall", .sends = true, .waits = true}};

static json_t *reply_to(const struct server *s, const struct script_request *r)
{
    struct err err = {0};
    const struct test_exchange *e = script_next(s->script, r);
    json_t *reply = e ? tape_reply(e, &err) : NULL;
    if (reply)
        return reply;
    const char *why = e ? err.text : "the test's script does not expect this request";
    auto_json *body = json_pack("{s:s}", "error", why);
    auto_free char *text = json_print(body);
    return json_pack("{s:i, s:[s], s:s}", "status", NOT_EXPECTED, "headers",
                     "content-type: application/json", "body", text);
}

static void answer(const struct server *s, int fd, const struct script_request *r)
{
    auto_json *reply = reply_to(s, r);
    const char *fault = json_text(reply, "fault");
    size_t i = 0;
    while (i < ARRAY_LEN(faults) && (!fault || strcmp(fault, faults[i].name) != 0))
        i++;
    if (i == ARRAY_LEN(faults) || faults[i].sends)
        send_reply(s, fd, reply, strcmp(r->method, "HEAD") != 0);
    if (i < ARRAY_LEN(faults) && faults[i].waits)
        keep_waiting(s, fd);
    if (i < ARRAY_LEN(faults) && faults[i].resets)
        reset(fd);
}

static void serve(const struct server *s, int fd)
{
    struct incoming in = {.head = BUF_INIT(REQUEST_MAX), .body = BUF_INIT(REQUEST_MAX)};
    if (read_request(s, fd, &in))
        answer(s, fd, &in.request);
    incoming_free(&in);
}

static void *serve_all(void *data)
{
    struct server *s = data;
    while (wait_for(s, s->listener, POLLIN)) {
        auto_close int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            serve(s, fd);
    }
    return NULL;
}

/* ---- its life ---- */

static bool listen_on_loopback(struct server *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&at, n) < 0 ||
        listen(s->listener, BACKLOG) < 0 ||
        getsockname(s->listener, (struct sockaddr *)&at, &n) < 0)
        return false;
    snprintf(s->url, sizeof s->url, "http://" SERVER_HOST ":%d", (int)ntohs(at.sin_port));
    return true;
}

/* Signals are the main thread's, which waits for them in its own way. */
static bool start_thread(struct server *s)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&s->thread, NULL, serve_all, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return error == 0;
}

static void release(struct server *s)
{
    for (size_t i = 0; i < ARRAY_LEN(s->stop); i++)
        if (s->stop[i] >= 0)
            close(s->stop[i]);
    if (s->listener >= 0)
        close(s->listener);
    script_free(s->script);
    free(s);
}

struct server *server_start(const struct test_file *test, struct err *err)
{
    struct server *s = xcalloc(1, sizeof *s);
    *s = (struct server){.listener = -1, .stop = {-1, -1}, .script = script_new(test)};
    if (listen_on_loopback(s) && pipe2(s->stop, O_CLOEXEC) == 0 && start_thread(s))
        return s;
    err_set(err, OMNI_E_RETRY, "no server can be started on 127.0.0.1: %s", strerror(errno));
    release(s);
    return NULL;
}

void server_stop(struct server *s, json_t *problems)
{
    if (!s)
        return;
    close(s->stop[1]);
    s->stop[1] = -1;
    pthread_join(s->thread, NULL);
    script_problems(s->script, problems);
    release(s);
}
