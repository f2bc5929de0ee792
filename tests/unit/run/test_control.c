/* SPDX-License-Identifier: Apache-2.0
 * hub/run/control.c: orders and answers, and who is not let in. Rude clients are tested through
 * `omnihub run`. */
#include <config.h>

#include "unit.h"

#include <poll.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "run/control.h"

enum { POLLS = 32, WAIT_MS = 30000, NOBODY = 65534, LONG = 3 << 20 };

struct lab {
    char dir[64];
    struct control *control;
    int orders;
};

static json_t *on_order(void *ctx, const struct control_peer *peer, const json_t *order)
{
    struct lab *l = ctx;
    l->orders++;
    if (strcmp(json_text(order, "do"), "tell all") == 0) {
        auto_free char *text = xmalloc(LONG + 1);
        memset(text, 'x', LONG);
        text[LONG] = '\0';
        return json_pack("{s:b, s:s}", "ok", 1, "text", text);
    }
    return json_pack("{s:b, s:s, s:i}", "ok", 1, "text", json_text(order, "do"), "pid",
                     (int)peer->pid);
}

static void open_lab(struct lab *l, uid_t owner)
{
    struct err err = {0};
    const struct control_calls calls = {l, on_order};
    *l = (struct lab){.dir = "/tmp/omnihub-control-XXXXXX"};
    assert_non_null(mkdtemp(l->dir));
    l->control = control_open(l->dir, owner, &calls, &err);
    assert_non_null(l->control);
}

static void close_lab(struct lab *l)
{
    control_close(l->control);
    assert_int_equal(rmdir(l->dir), 0); /* the socket is gone with it */
}

/* In a process of its own: asks as `user`, says on `out` what came; of a long text its length. */
static pid_t ask(struct lab *l, uid_t user, const char *what, int out)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    struct err err = {0};
    if (user != getuid() && setuid(user) != 0)
        _exit(9);
    prctl(PR_SET_DUMPABLE, 1); /* or its own /proc is not its own */
    auto_json *order = json_pack("{s:s}", "do", what);
    auto_json *answer = control_ask(l->dir, order, WAIT_MS, &err);
    auto_free char *text = answer ? json_print(answer) : xstrdup(err.text);
    if (strlen(text) >= LONG)
        snprintf(text, LONG, "whole: %zu", strlen(json_text(answer, "text")));
    _exit(write(out, text, strlen(text)) < 0);
}

static void serve_until_end(struct lab *l, pid_t pid)
{
    struct pollfd polls[POLLS];
    int status;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        size_t n = control_watch(l->control, polls, POLLS);
        poll(polls, n, 20);
        control_ready(l->control, polls, n);
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void answer_to(struct lab *l, uid_t user, char text[1024])
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = ask(l, user, "something", ends[1]);
    serve_until_end(l, pid);
    ssize_t n = read(ends[0], text, 1023);
    text[n > 0 ? n : 0] = '\0';
    close(ends[0]);
    close(ends[1]);
}

static void an_order_is_answered(void **state)
{
    (void)state;
    struct lab l;
    char text[1024];
    open_lab(&l, getuid());
    for (int i = 0; i < 50; i++) {
        answer_to(&l, getuid(), text);
        assert_non_null(strstr(text, "\"text\":\"something\""));
    }
    assert_int_equal(l.orders, 50);
    close_lab(&l);
}

static void strangers_are_refused(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip(); /* root is always welcome, and only root can be somebody else */
    struct lab l;
    char text[1024];
    open_lab(&l, 0);
    assert_int_equal(chmod(l.dir, 0755), 0); /* what an admin might do by mistake */
    auto_free char *path = xasprintf("%s/control", l.dir);
    assert_int_equal(chmod(path, 0666), 0);
    answer_to(&l, NOBODY, text);
    assert_non_null(strstr(text, "only the owner"));
    assert_int_equal(l.orders, 0);
    answer_to(&l, 0, text);
    assert_int_equal(l.orders, 1);
    close_lab(&l);
    open_lab(&l, NOBODY);
    assert_int_equal(chmod(l.dir, 0755), 0);
    assert_int_equal(chown(l.dir, NOBODY, (gid_t)-1), 0);
    auto_free char *own = xasprintf("%s/control", l.dir);
    assert_int_equal(chown(own, NOBODY, (gid_t)-1), 0);
    answer_to(&l, NOBODY, text);
    assert_int_equal(l.orders, 1);
    close_lab(&l);
}

static void nobody_listens(void **state)
{
    (void)state;
    struct err err = {0};
    auto_json *order = json_pack("{s:s}", "do", "x");
    assert_null(control_ask("/nonexistent", order, WAIT_MS, &err));
    assert_int_equal(err.status, OMNI_E_UNSUPPORTED);
    struct lab l;
    open_lab(&l, getuid());
    auto_free char *path = xasprintf("%s/control", l.dir);
    auto_free char *kept = xasprintf("%s/kept", l.dir);
    assert_int_equal(link(path, kept), 0);
    control_close(l.control);
    assert_int_equal(rename(kept, path), 0); /* as a service leaves it that was killed */
    assert_null(control_ask(l.dir, order, WAIT_MS, &err));
    assert_int_equal(err.status, OMNI_E_UNSUPPORTED);
    const struct control_calls calls = {&l, on_order};
    l.control = control_open(l.dir, getuid(), &calls, &err);
    assert_non_null(l.control); /* the next life takes its place */
    char text[1024];
    answer_to(&l, getuid(), text);
    assert_int_equal(l.orders, 1);
    close_lab(&l);
}

/* An order on a connection of its own, of which nothing is read. */
static int order_and_be_silent(const struct lab *l)
{
    static const char order[] = "{\"do\":\"tell all\"}";
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s/control", l->dir);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_true(send(fd, order, strlen(order), 0) > 0);
    return fd;
}

static void a_long_answer_comes_whole(void **state)
{
    (void)state;
    struct lab l;
    char text[1024], wanted[64];
    int ends[2];
    open_lab(&l, getuid());
    assert_int_equal(pipe(ends), 0);
    int silent = order_and_be_silent(&l);
    pid_t pid = ask(&l, getuid(), "tell all", ends[1]);
    serve_until_end(&l, pid); /* though another one takes nothing of its own */
    ssize_t n = read(ends[0], text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    snprintf(wanted, sizeof wanted, "whole: %d", LONG);
    assert_string_equal(text, wanted);
    struct pollfd polls[POLLS];
    size_t watched;
    while ((watched = control_watch(l.control, polls, POLLS)) > 1) { /* it is let go in the end */
        poll(polls, watched, control_wait_ms(l.control));
        control_ready(l.control, polls, watched);
    }
    close(silent);
    close(ends[0]);
    close(ends[1]);
    close_lab(&l);
}

/* Without a descriptor for who comes it would be told of him again and again. */
static void nobody_is_let_in_without_a_descriptor(void **state)
{
    (void)state;
    struct lab l;
    struct pollfd polls[POLLS];
    struct rlimit before, none;
    open_lab(&l, getuid());
    int client = order_and_be_silent(&l);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    size_t n = control_watch(l.control, polls, POLLS);
    assert_true(polls[0].fd >= 0);
    polls[0].revents = POLLIN;
    control_ready(l.control, polls, n);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(control_watch(l.control, polls, POLLS), 1);
    assert_true(polls[0].fd < 0); /* for a while nobody is listened to, */
    assert_in_range(control_wait_ms(l.control), 0, 1000);
    while (l.orders == 0) { /* and then it is let in */
        n = control_watch(l.control, polls, POLLS);
        poll(polls, n, control_wait_ms(l.control));
        control_ready(l.control, polls, n);
    }
    close(client);
    close_lab(&l);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_order_is_answered),
    cmocka_unit_test(a_long_answer_comes_whole),
    cmocka_unit_test(strangers_are_refused),
    cmocka_unit_test(nobody_listens),
    cmocka_unit_test(nobody_is_let_in_without_a_descriptor),
};

UNIT_MAIN(tests)
