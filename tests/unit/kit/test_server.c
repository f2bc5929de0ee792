/* SPDX-License-Identifier: Apache-2.0
 * hub/kit/server.c: real requests over a socket, whole replies and broken ones. */
#include <config.h>

#include "fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "kit/server.h"

static int connect_to(const struct server *s)
{
    int port = 0, fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(sscanf(server_url(s), "http://127.0.0.1:%d", &port), 1);
    const struct sockaddr_in at = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

/* Sends the pieces, waits for no more than it gets by that, and gives back all that came. */
static char *ask(const struct server *s, const char *const *pieces, bool *was_reset)
{
    char piece[512];
    ssize_t n;
    auto_buf all = BUF_INIT(1 << 20);
    auto_close int fd = connect_to(s);
    for (; *pieces; pieces++)
        assert_int_equal(send(fd, *pieces, strlen(*pieces), MSG_NOSIGNAL), strlen(*pieces));
    shutdown(fd, SHUT_WR);
    while ((n = recv(fd, piece, sizeof piece, 0)) > 0)
        buf_add(&all, piece, (size_t)n);
    if (was_reset)
        *was_reset = n < 0 && errno == ECONNRESET;
    return xstrdup(buf_text(&all));
}
#define ASK(s, was_reset, ...) ask((s), (const char *const[]){__VA_ARGS__, NULL}, (was_reset))

static struct server *start(const struct test_file *t)
{
    struct err err = {0};
    struct server *s = server_start(t, &err);
    assert_non_null(s);
    return s;
}

static void assert_problems(struct server *s, size_t n)
{
    auto_json *problems = json_array();
    server_stop(s, problems);
    assert_int_equal(json_array_size(problems), n);
}

static void answers(void **state)
{
    (void)state;
    struct test_file *t =
        good_test("server = ( { request = \"POST /q\"; json = { a = 1; }; status = 202;\n"
                  "    headers = (\"x-y: z\"); reply = { n = 1; }; },\n"
                  "  { request = \"HEAD /h\"; reply = \"unseen\"; } );");
    struct server *s = start(t);
    auto_free char *reply =
        ASK(s, NULL, "POST /q HTTP/1.1\r\nContent-", "Length: 7\r\n\r\n{\"a\"", ":1}");
    assert_string_equal(reply, "HTTP/1.1 202 Scripted\r\nConnection: close\r\n"
                               "Content-Length: 7\r\nx-y: z\r\n\r\n{\"n\":1}");
    auto_free char *head = ASK(s, NULL, "HEAD /h HTTP/1.1\r\n\r\n");
    assert_null(strstr(head, "unseen"));
    assert_non_null(strstr(head, "Content-Length: 6\r\n"));
    assert_problems(s, 0);
    test_file_free(t);
}

static void says_where_it_is(void **state)
{
    (void)state;
    struct test_file *t =
        good_test("server = ( { request = \"GET /a\"; headers = (\"link: <{server}/b>\");\n"
                  "    reply = { url = \"{server}/{server}\"; }; } );");
    struct server *s = start(t);
    auto_free char *reply = ASK(s, NULL, "GET /a HTTP/1.1\r\n\r\n");
    auto_free char *link = xasprintf("link: <%s/b>\r\n", server_url(s)),
                   *url = xasprintf("{\"url\":\"%s/%s\"}", server_url(s), server_url(s));
    assert_non_null(strstr(reply, link));
    assert_non_null(strstr(reply, url));
    assert_problems(s, 0);
    test_file_free(t);
}

static void breaks_off(void **state)
{
    (void)state;
    bool was_reset = false;
    struct test_file *t =
        good_test("server = ( { request = \"GET /c\"; reply = \"half\"; fault = \"cut\"; },\n"
                  "  { request = \"GET /r\"; fault = \"reset\"; } );");
    struct server *s = start(t);
    auto_free char *cut = ASK(s, &was_reset, "GET /c HTTP/1.1\r\n\r\n");
    assert_non_null(strstr(cut, "Content-Length: 5\r\n"));
    assert_false(was_reset);
    auto_free char *reset = ASK(s, &was_reset, "GET /r HTTP/1.1\r\n\r\n");
    assert_string_equal(reset, "");
    assert_true(was_reset);
    assert_problems(s, 0);
    test_file_free(t);
}

static void falls_silent(void **state)
{
    (void)state;
    bool was_reset = false;
    struct test_file *t =
        good_test("server = ( { request = \"GET /s\"; reply = \"half\"; fault = \"stall\"; },\n"
                  "  { request = \"GET /t\"; reply = \"never\"; fault = \"timeout\"; },\n"
                  "  { request = \"GET /on\"; reply = \"fine\"; } );");
    struct server *s = start(t);
    auto_free char *stalled = ASK(s, &was_reset, "GET /s HTTP/1.1\r\n\r\n");
    assert_non_null(strstr(stalled, "Content-Length: 5\r\n"));
    assert_non_null(strstr(stalled, "half"));
    auto_free char *silent = ASK(s, &was_reset, "GET /t HTTP/1.1\r\n\r\n");
    assert_string_equal(silent, "");
    assert_false(was_reset);
    auto_free char *on = ASK(s, NULL, "GET /on HTTP/1.1\r\n\r\n");
    assert_non_null(strstr(on, "fine"));
    assert_problems(s, 0);
    test_file_free(t);
}

static void refuses(void **state)
{
    (void)state;
    struct test_file *t = good_test("server = ( { request = \"GET /a\"; } );");
    struct server *s = start(t);
    auto_free char *reply = ASK(s, NULL, "GET /b HTTP/1.1\r\n\r\n");
    assert_non_null(strstr(reply, "HTTP/1.1 400 "));
    assert_problems(s, 1);
    test_file_free(t);
}

/* Nobody has to send a whole request, or any. */
static void ends_at_once(void **state)
{
    (void)state;
    struct test_file *t = good_test("server = ( );");
    struct server *s = start(t);
    auto_close int fd = connect_to(s);
    assert_int_equal(send(fd, "GET /", 5, MSG_NOSIGNAL), 5);
    assert_problems(s, 0);
    test_file_free(t);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(answers),    cmocka_unit_test(says_where_it_is),
    cmocka_unit_test(breaks_off), cmocka_unit_test(falls_silent),
    cmocka_unit_test(refuses),    cmocka_unit_test(ends_at_once),
};
KIT_MAIN(tests)
