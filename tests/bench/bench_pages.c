/* SPDX-License-Identifier: Apache-2.0
 * The workload as files for a web server, or served on the fly by this program itself.
 * Usage: bench_pages write ROWS WINDOW_DAYS PER_PAGE BASE_URL FOLDER
 *        bench_pages serve ROWS WINDOW_DAYS PER_PAGE          (prints "ready PORT")
 * Pages are FOLDER/DAY/NUMBER.json, DAY being the first of their window. */
#include <config.h>

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "bench_rows.h"

enum { PAGE_MAX = 1 << 30, REQUEST_MAX = 8192 };

static void die(const char *what)
{
    fprintf(stderr, "bench_pages: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- files ---- */

static void write_page(const char *folder, uint32_t page, const struct buf *b)
{
    auto_free char *path = xasprintf("%s/%u.json", folder, page + 1);
    FILE *f = fopen(path, "w");
    if (!f || fwrite(b->data, 1, b->len, f) != b->len || fclose(f) != 0)
        die(path);
}

static void write_all(const struct bench_shape *s, const char *base, const char *folder)
{
    auto_buf b = BUF_INIT(PAGE_MAX);
    uint64_t rows = 0;
    for (uint32_t w = 0; w < bench_windows(s); w++) {
        char day[DAY_TEXT];
        auto_free char *path = xasprintf("%s/%s", folder, day_print(bench_window_from(s, w), day));
        if (mkdir(path, 0755) < 0 && errno != EEXIST)
            die(path);
        for (uint32_t p = 0; p < bench_pages(s, w); p++) {
            buf_clear(&b);
            bench_page(s, w, p, base, &b);
            write_page(path, p, &b);
        }
        rows += bench_window_rows(s, w);
    }
    printf("%" PRIu64 " rows\n", rows);
}

/* ---- serving ---- */

static bool send_text(int fd, int status, const struct buf *body)
{
    char head[128];
    int n =
        snprintf(head, sizeof head,
                 "HTTP/1.1 %d x\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                 status, body->len);
    return file_write_all(fd, head, (size_t)n) && file_write_all(fd, body->data, body->len);
}

/* "GET /2026-01-01/3.json …" → window and page. */
static bool find_page(const struct bench_shape *s, const char *request, uint32_t *window,
                      uint32_t *page)
{
    const char *day = request + strlen("GET /");
    int32_t from;
    if (strncmp(request, "GET /", 5) != 0 || strlen(day) < 12 || !day_parse_iso(day, 10, &from))
        return false;
    int32_t first = bench_window_from(s, 0);
    char *end;
    unsigned long number = strtoul(day + 11, &end, 10);
    *window = (uint32_t)(from - first) / s->window_days;
    *page = (uint32_t)number - 1;
    return from >= first && *window < bench_windows(s) && number > 0 &&
           number <= bench_pages(s, *window);
}

/* A connection: one request after the other, none of them with a body. */
static void serve(const struct bench_shape *s, const char *base, int fd)
{
    char request[REQUEST_MAX];
    size_t have = 0;
    auto_buf body = BUF_INIT(PAGE_MAX);
    for (;;) {
        ssize_t n = read(fd, request + have, sizeof request - 1 - have);
        if (n <= 0)
            return;
        have += (size_t)n;
        request[have] = '\0';
        if (!strstr(request, "\r\n\r\n"))
            continue;
        uint32_t window, page;
        bool is_there = find_page(s, request, &window, &page);
        buf_clear(&body);
        if (is_there)
            bench_page(s, window, page, base, &body);
        if (!send_text(fd, is_there ? 200 : 404, &body))
            return;
        have = 0;
    }
}

static int listen_somewhere(uint16_t *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 16) < 0 ||
        getsockname(fd, (struct sockaddr *)&a, &len) < 0)
        die("listen");
    *port = ntohs(a.sin_port);
    return fd;
}

static void serve_all(const struct bench_shape *s)
{
    uint16_t port;
    int fd = listen_somewhere(&port);
    auto_free char *base = xasprintf("http://127.0.0.1:%u", port);
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    printf("ready %u\n", port);
    fflush(stdout);
    for (;;) {
        int one = accept(fd, NULL, NULL);
        if (one < 0)
            continue;
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            serve(s, base, one);
            _exit(0);
        }
        close(one);
    }
}

int main(int argc, char **argv)
{
    bool writes = argc == 7 && strcmp(argv[1], "write") == 0;
    if (!writes && (argc != 5 || strcmp(argv[1], "serve") != 0)) {
        fprintf(stderr, "usage: bench_pages write|serve ROWS WINDOW_DAYS PER_PAGE [URL FOLDER]\n");
        return 2;
    }
    struct bench_shape s = bench_shape(bench_number(argv[2]), (uint32_t)bench_number(argv[3]),
                                       (uint32_t)bench_number(argv[4]));
    if (writes)
        write_all(&s, argv[5], argv[6]);
    else
        serve_all(&s);
    return 0;
}
