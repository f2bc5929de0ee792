/* SPDX-License-Identifier: Apache-2.0
 * Starting processes: descriptors, environment, how they end. */
#include <config.h>

#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "process/spawn.h"
#include "dirs.h"

/* What the shell prints, by the descriptor of its third place. */
static int run(const char *script, struct buf *out)
{
    int print[2], status;
    struct err err;
    assert_int_equal(pipe2(print, O_CLOEXEC), 0);
    char *argv[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};
    /* Crosswise: 2 is the child's 1, and the pipe lands on a number that is in use here. */
    int fds[] = {-1, print[1], print[1], print[1]};
    const struct spawn shell = {
        .program = "/bin/sh", .argv = argv, .fds = fds, .n_fds = ARRAY_LEN(fds)};
    pid_t pid = spawn_process(&shell, &err);
    if (pid < 0)
        fail_msg("%s", err.text);
    close(print[1]);
    char bytes[4096];
    for (ssize_t n; (n = read(print[0], bytes, sizeof bytes)) > 0;)
        buf_add(out, bytes, (size_t)n);
    close(print[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void hands_over_descriptors(void **state)
{
    (void)state;
    auto_buf out = BUF_INIT(10000);
    /* Left open on purpose, without close-on-exec. */
    int leak = fcntl(0, F_DUPFD, 40);
    run("cat; echo three >&3; ls /proc/$$/fd | tr '\\n' ' '", &out);
    close(leak);
    assert_non_null(strstr(buf_text(&out), "three\n0 1 2 3 "));
    assert_null(strstr(buf_text(&out), "40"));
}

static void cleans_the_environment(void **state)
{
    (void)state;
    auto_buf out = BUF_INIT(10000);
    setenv("OMNIHUB_NOW", "2026-01-31T10:00:00Z", 1);
    setenv("TZDIR", "/zones", 1);
    setenv("SECRET", "x", 1);
    run("env", &out);
    unsetenv("OMNIHUB_NOW");
    unsetenv("TZDIR");
    assert_non_null(strstr(buf_text(&out), "TZDIR=/zones"));
    assert_non_null(strstr(buf_text(&out), "OMNIHUB_NOW=2026-01-31T10:00:00Z"));
    assert_non_null(strstr(buf_text(&out), "LANG=C"));
    assert_null(strstr(buf_text(&out), "SECRET"));
}

static void resets_signals(void **state)
{
    (void)state;
    auto_buf out = BUF_INIT(10000);
    sigset_t all, old;
    char text[64];
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &old);
    signal(SIGTERM, SIG_IGN);
    int status = run("kill -TERM $$; echo alive", &out);
    signal(SIGTERM, SIG_DFL);
    sigprocmask(SIG_SETMASK, &old, NULL);
    spawn_describe_status(status, text, sizeof text);
    assert_string_equal(text, "signal 15 (Terminated)");
    assert_string_equal(buf_text(&out), "");
}

static void says_how_it_ended(void **state)
{
    (void)state;
    auto_buf out = BUF_INIT(10000);
    char text[64];
    spawn_describe_status(run("exit 3", &out), text, sizeof text);
    assert_string_equal(text, "exit code 3");
    struct err err;
    char *argv[] = {(char *)"x", NULL};
    const struct spawn missing = {.program = "/no/such/program", .argv = argv};
    assert_int_equal(spawn_process(&missing, &err), -1);
    assert_string_equal(err.text, "cannot start /no/such/program: No such file or directory");
}

static void finds_siblings(void **state)
{
    (void)state;
    auto_free char *self = spawn_sibling("test_spawn");
    assert_int_equal(access(self, X_OK), 0);
    auto_free char *installed = spawn_sibling("no-such-program");
    assert_string_equal(installed, HUB_LIBEXECDIR "/no-such-program");
}

/* The child asks for its parent's death; the parent it names is not the one it has. */
static void dies_without_its_parent(void **state)
{
    (void)state;
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        spawn_child_setup(1);
        _exit(7);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(WEXITSTATUS(status), getpid() == 1 ? 7 : 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(hands_over_descriptors), cmocka_unit_test(cleans_the_environment),
    cmocka_unit_test(resets_signals),         cmocka_unit_test(says_how_it_ended),
    cmocka_unit_test(finds_siblings),         cmocka_unit_test(dies_without_its_parent),
};
UNIT_MAIN(tests)
