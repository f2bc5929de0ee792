/* SPDX-License-Identifier: Apache-2.0
 * Raises the fences in their order, and keeps account of those that the kernel lacks. */
#include <config.h>

#include "process/sandbox.h"

#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/mem.h"
#include "process/landlock.h"
#include "process/syscalls.h"

enum { MAX_PATHS = 64, MAX_OPEN = 64, MAX_WORDS = 4096 };

static void limit(int which, uint64_t soft, uint64_t hard)
{
    struct rlimit now, want = {.rlim_cur = soft, .rlim_max = hard};
    getrlimit(which, &now);
    /* Whoever started us may have been stricter. */
    if (now.rlim_max < want.rlim_max)
        want.rlim_max = now.rlim_max;
    if (want.rlim_cur > want.rlim_max)
        want.rlim_cur = want.rlim_max;
    setrlimit(which, &want);
}

static void set_limits(const struct sandbox *s)
{
#ifndef HUB_SANITIZED
    limit(RLIMIT_AS, s->memory, s->memory);
#endif
    /* A second of grace between SIGXCPU, which says why, and SIGKILL. */
    limit(RLIMIT_CPU, s->cpu_s, (uint64_t)s->cpu_s + 1);
    limit(RLIMIT_NOFILE, MAX_OPEN, MAX_OPEN);
    limit(RLIMIT_FSIZE, 0, 0);
    limit(RLIMIT_CORE, 0, 0);
    limit(RLIMIT_MEMLOCK, 0, 0);
    limit(RLIMIT_MSGQUEUE, 0, 0);
}

static omni_status lacks(struct sandbox *s, const char *what, struct err *err)
{
    if (s->is_required)
        return err_set(err, OMNI_E_CONFIG,
                       "sandbox = \"require\", but %s; use a kernel that has it, or sandbox = "
                       "\"best\"",
                       what);
    buf_printf(&s->lacks, "%s%s", s->lacks.len ? "; " : "sandbox: ", what);
    return OMNI_OK;
}

/* ---- files ---- */

struct paths {
    const char *list[MAX_PATHS + 1];
    struct arena *arena;
    size_t n;
};

static void add_path(struct paths *p, const char *path)
{
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->list[i], path) == 0)
            return;
    if (p->n < MAX_PATHS)
        p->list[p->n++] = path;
}

/* Where the objects of this process came from, others will be too, also on systems that do not keep
 * them in /usr/lib. */
static int add_folder_of(struct dl_phdr_info *info, size_t size, void *ctx)
{
    struct paths *p = ctx;
    const char *slash = strrchr(info->dlpi_name, '/');
    (void)size;
    if (info->dlpi_name[0] == '/' && slash > info->dlpi_name)
        add_path(p, arena_strndup(p->arena, info->dlpi_name, (size_t)(slash - info->dlpi_name)));
    return 0;
}

static int chosen_version(const struct sandbox *s)
{
    int version = landlock_version();
    if (s->landlock_abi == SANDBOX_NO_LANDLOCK)
        return 0;
    return s->landlock_abi && (int)s->landlock_abi < version ? (int)s->landlock_abi : version;
}

static omni_status fence_files(struct sandbox *s, struct err *err)
{
    struct paths p = {
        .list = {"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"},
        .arena = arena_new(),
        .n = 6};
    add_path(&p, s->object);
#ifdef HUB_SANITIZED
    add_path(&p, "/proc"); /* its run-time looks at its own maps after each dlopen() */
#endif
    dl_iterate_phdr(add_folder_of, &p);
    int version = chosen_version(s);
    bool is_fine = landlock_restrict(version, LANDLOCK_LOAD, p.list);
    arena_free(p.arena);
    if (is_fine && version < landlock_newest())
        buf_printf(
            &s->weaker,
            "sandbox: this kernel's Landlock is version %d, not %d: what it does not know yet "
            "(of truncating, TCP, device controls, signals) is fenced by seccomp alone",
            version, landlock_newest());
    return is_fine ? OMNI_OK
                   : lacks(s,
                           "there is no Landlock on this kernel (file access is fenced by "
                           "seccomp only)",
                           err);
}

/* ---- for plugins ---- */

static omni_status fence_calls(struct sandbox *s, enum syscalls_step step, struct err *err)
{
    struct err own = {.text = ""};
    if (syscalls_restrict(step, &own) == OMNI_OK)
        return OMNI_OK;
    /* Said once. */
    if (step != SYSCALLS_LOADING)
        return OMNI_OK;
    auto_free char *what =
        xasprintf("%s (%s; processes, network and signals are not fenced)", own.text,
                  s->lacks.len ? "files neither" : "files are, by Landlock");
    return lacks(s, what, err);
}

omni_status sandbox_begin(struct sandbox *s, struct err *err)
{
    s->lacks = s->weaker = BUF_INIT(MAX_WORDS);
    if (s->is_off)
        return OMNI_OK;
    set_limits(s);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return err_set(err, OMNI_E_CONFIG, "cannot give up new privileges: %s", strerror(errno));
    omni_status status = fence_files(s, err);
    return status != OMNI_OK ? status : fence_calls(s, SYSCALLS_LOADING, err);
}

omni_status sandbox_close(struct sandbox *s, struct err *err)
{
    static const char *const none[] = {NULL};
    if (s->is_off)
        return OMNI_OK;
    int version = chosen_version(s);
    if (version > 0 && !landlock_restrict(version, LANDLOCK_LOAD, none))
        return err_set(err, OMNI_E_CONFIG, "Landlock's second fence cannot be raised: %s",
                       strerror(errno));
    return fence_calls(s, SYSCALLS_RUNNING, err);
}

/* ---- for who only looks ---- */

omni_status sandbox_watch(struct sandbox *s, const char *const *paths, struct err *err)
{
    s->lacks = s->weaker = BUF_INIT(MAX_WORDS);
    limit(RLIMIT_CORE, 0, 0);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return err_set(err, OMNI_E_CONFIG, "cannot give up new privileges: %s", strerror(errno));
    if (!landlock_restrict(chosen_version(s), LANDLOCK_READ, paths) &&
        lacks(s, "there is no Landlock on this kernel (file access is not fenced)", err) != OMNI_OK)
        return err->status;
    struct err own = {.text = ""};
    if (syscalls_restrict(SYSCALLS_WATCHING, &own) == OMNI_OK)
        return OMNI_OK;
    auto_free char *what = xasprintf("%s (processes and network are not fenced)", own.text);
    return lacks(s, what, err);
}
