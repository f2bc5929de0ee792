/* SPDX-License-Identifier: Apache-2.0
 * Starting processes with nothing of ours but what is named. */
#include <config.h>

#include "process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/place.h"
#include "dirs.h"

enum { MAX_FDS = 16 };

/* Copies lie above the targets, so that no dup2 of the child lands on one that is still needed. */
static int copy_above(int fd, int floor)
{
    if (fd >= 0)
        return fcntl(fd, F_DUPFD_CLOEXEC, floor);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || null >= floor)
        return null;
    int copy = fcntl(null, F_DUPFD_CLOEXEC, floor);
    close(null);
    return copy;
}

static void set_attributes(posix_spawnattr_t *attr)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(attr, &none);
    posix_spawnattr_setsigdefault(attr, &all);
    /* A group of its own: Ctrl-C at the terminal is the supervisor's to hear, and to act on. */
    posix_spawnattr_setpgroup(attr, 0);
    posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                       POSIX_SPAWN_SETPGROUP);
}

/* What is handed on: the hub's day, and where this system has its zone files. */
static const char *const kept[] = {"OMNIHUB_NOW", "TZDIR"};

static char **minimal_env(void)
{
    size_t n = 0;
    char **env = xcalloc(3 + ARRAY_LEN(kept), sizeof *env);
    env[n++] = xstrdup("PATH=/usr/bin:/bin");
    env[n++] = xstrdup("LANG=C");
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        const char *value = getenv(kept[i]);
        if (value)
            env[n++] = xasprintf("%s=%s", kept[i], value);
    }
    return env;
}

static void free_env(char **env)
{
    for (char **e = env; e && *e; e++)
        free(*e);
    free(env);
}

static int run(const struct spawn *s, char *const env[], const int *copies, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    set_attributes(&attr);
    for (int i = 0; i < s->n_fds; i++)
        posix_spawn_file_actions_adddup2(&actions, copies[i], i);
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
    /* Ours are all close-on-exec; this is for what a library may have opened. */
    posix_spawn_file_actions_addclosefrom_np(&actions, s->n_fds);
#endif
    int error = posix_spawn(pid, s->program, &actions, &attr, s->argv, env);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

pid_t spawn_process(const struct spawn *s, struct err *err)
{
    int copies[MAX_FDS], n = 0, error = s->n_fds > MAX_FDS ? EMFILE : 0;
    pid_t pid = -1;
    for (; n < s->n_fds && error == 0; n++) {
        copies[n] = copy_above(s->fds[n], s->n_fds);
        if (copies[n] < 0) {
            error = errno;
            break;
        }
    }
    char **own_env = s->env ? NULL : minimal_env();
    if (error == 0)
        error = run(s, s->env ? s->env : own_env, copies, &pid);
    free_env(own_env);
    while (n > 0)
        close(copies[--n]);
    if (error == 0)
        return pid;
    err_set(err, OMNI_E_RETRY, "cannot start %s: %s", s->program, strerror(error));
    return -1;
}

void spawn_child_setup(pid_t parent)
{
    const struct rlimit no_core = {0, 0};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* It may have died before that call: then no signal will come. */
    if (getppid() != parent)
        _exit(0);
    setrlimit(RLIMIT_CORE, &no_core);
    prctl(PR_SET_DUMPABLE, 0);
}

bool spawn_had_no_memory(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == MEM_EXIT;
}

void spawn_describe_status(int status, char *out, size_t n)
{
    if (WIFSIGNALED(status))
        snprintf(out, n, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (spawn_had_no_memory(status))
        snprintf(out, n, "out of memory");
    else
        snprintf(out, n, "exit code %d", WEXITSTATUS(status));
}

char *spawn_sibling(const char *name)
{
    char self[4096];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len > 0) {
        self[len] = '\0';
        *strrchr(self, '/') = '\0';
        /* libtool keeps the programs of a build tree in .libs, their wrappers above. */
        char *sibling = xasprintf("%s/%s", self, name);
        if (access(sibling, X_OK) == 0)
            return sibling;
        free(sibling);
    }
    auto_free char *folder = place_of(HUB_LIBEXECDIR);
    return xasprintf("%s/%s", folder, name);
}
