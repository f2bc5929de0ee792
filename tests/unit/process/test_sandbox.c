/* SPDX-License-Identifier: Apache-2.0
 * hub/process/sandbox.c: what a process that only looks may still do. What a plugin may is tested
 * by the hostile ones. */
#include <config.h>

#include "unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "process/sandbox.h"

static char folder[] = "/tmp/omnihub-sandbox-XXXXXX";

static bool can_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool can_make_socket(int family, int type)
{
    int fd = socket(family, type | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool can_fork(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid > 0;
}

static bool can_exec(void)
{
    char *const argv[] = {(char *)(uintptr_t) "/bin/true", NULL};
    execv(argv[0], argv);
    return false; /* where it can, the exit code is that program's */
}

/* In the child: 0, or which of it went wrong; 100: this kernel lacks a fence. */
static int watch(const char *inside, const char *outside)
{
    struct err err = {0};
    const char *const paths[] = {folder, NULL};
    struct sandbox sandbox = {.is_required = true};
    if (sandbox_watch(&sandbox, paths, &err) != OMNI_OK)
        return 100;
    const bool must[] = {can_open(inside, O_RDONLY), can_open(folder, O_RDONLY | O_DIRECTORY),
                         can_make_socket(AF_UNIX, SOCK_SEQPACKET)};
    for (size_t i = 0; i < ARRAY_LEN(must); i++)
        if (!must[i])
            return (int)i + 1;
    const bool must_not[] = {can_open(outside, O_RDONLY),
                             can_open(inside, O_RDWR),
                             can_open(inside, O_RDONLY | O_TRUNC),
                             can_make_socket(AF_INET, SOCK_STREAM),
                             can_make_socket(AF_INET6, SOCK_DGRAM),
                             can_fork(),
                             unlink(inside) == 0,
                             rename(inside, "/tmp/omnihub-sandbox-moved") == 0,
                             chmod(inside, 0777) == 0,
                             mkdir("/tmp/omnihub-sandbox-made", 0700) == 0,
                             can_exec()};
    for (size_t i = 0; i < ARRAY_LEN(must_not); i++)
        if (must_not[i])
            return (int)i + 11;
    buf_free(&sandbox.lacks);
    buf_free(&sandbox.weaker);
    return 42;
}

static void a_watcher_reads_what_it_was_given_and_nothing_else(void **state)
{
    int status;
    (void)state;
    assert_non_null(mkdtemp(folder));
    auto_free char *inside = xasprintf("%s/inside", folder);
    FILE *f = fopen(inside, "w");
    assert_non_null(f);
    fclose(f);
    pid_t pid = fork();
    if (pid == 0)
        _exit(watch(inside, "/etc/passwd"));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    unlink(inside);
    rmdir(folder);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 100)
        skip();
    assert_int_equal(WEXITSTATUS(status), 42);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_watcher_reads_what_it_was_given_and_nothing_else),
};

UNIT_MAIN(tests)
