/* SPDX-License-Identifier: Apache-2.0
 * Starting processes: posix_spawn, clean environment, only the descriptors that are named, die with
 * the parent. */
#ifndef HUB_SPAWN_H
#define HUB_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* What is started, and all that is handed to it. */
struct spawn {
    const char *program;
    char *const *argv; /* ends with NULL, as env does */
    char *const *env;  /* NULL: PATH, LANG=C, and of ours OMNIHUB_NOW and TZDIR */
    const int *fds;    /* fds[i] becomes descriptor i of the child; -1: /dev/null */
    int n_fds;
};
/* The pid; -1 with err. */
pid_t spawn_process(const struct spawn *, struct err *);
/* Called first thing in a child: die when the parent dies; no core dumps, no ptrace by siblings. */
void spawn_child_setup(pid_t parent);
/* It ended because xmalloc() or one like it got nothing. */
bool spawn_had_no_memory(int wait_status);
/* How a process ended, in words: "signal 11 (Segmentation fault)", "exit code 3". */
void spawn_describe_status(int wait_status, char *out, size_t n);
/* The path of a sibling program (omnihub-job, omnihub-plugin): beside this program in a build tree,
 * in libexecdir when installed. free() */
char *spawn_sibling(const char *name);

#endif
