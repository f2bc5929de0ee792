/* SPDX-License-Identifier: Apache-2.0
 * Two processes: this one reads files and never a byte of a guest; the worker, which is forked from
 * it with the configuration in memory and the socket open, reads guests' bytes behind fences. A new
 * configuration is a new worker; the one before finishes its answers. */
#include <config.h>

#include "web/keeper.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/day.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "base/mem.h"
#include "process/spawn.h"
#include "run/notify.h"
#include "schema/schema.h"
#include "web/server.h"
#include "web/stamp.h"

enum {
    ROUND_S = 1,
    BEAT_LOST_S = 60, /* a worker that does not go round for so long is ended */
    LEAVE_S = 10,     /* and one that is told to end */
    EARLY_S = 2,      /* a worker that ends so soon after its start… */
    EARLY_MOST = 5,   /* …so often in a row has something that does not pass */
    BACKLOG = 128
};

struct keeper {
    const char *path, *listen;
    struct config *config;
    struct schema *schema;
    struct looker looker;
    char *fault; /* why what is on disk is not used; NULL */
    uint64_t stamp;
    int listener;
    struct endpoint endpoint;
    pid_t worker;
    int64_t worker_since_s;
    int n_early;
    _Atomic int64_t *beat; /* shared with the workers */
    sigset_t signals;
};

static int64_t steady_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

/* ---- configuration ---- */

static char *first_error(struct config_findings *findings)
{
    size_t n;
    const struct config_finding *list = config_findings_list(findings, &n);
    for (size_t i = 0; i < n; i++)
        if (list[i].is_error)
            return xasprintf("%s:%d: %s", list[i].place.file ? list[i].place.file : "",
                             list[i].place.line, list[i].text);
    return xstrdup("it cannot be read");
}

/* What is there takes the place of what was there, or nothing changes. */
static bool load(struct keeper *k)
{
    struct err err = {0};
    struct config_findings *findings = config_findings_new();
    struct config *config = config_load(k->path, findings);
    struct schema *schema = config ? schema_load(config->hub.schema_dir, &err) : NULL;
    free(k->fault);
    k->fault = schema ? NULL : config ? xstrdup(err.text) : first_error(findings);
    config_findings_free(findings);
    k->stamp = stamp_of(k->path, config ? config : k->config);
    if (schema) {
        config_free(k->config);
        schema_free(k->schema);
        k->config = config;
        k->schema = schema;
        k->looker.config_at = day_now();
        config_open_log(config, "omnihub-web");
    } else {
        config_free(config);
    }
    k->looker.config = k->config;
    k->looker.schema = k->schema;
    k->looker.config_fault = k->fault;
    return schema != NULL;
}

/* ---- the socket ---- */

static bool is_same(const struct endpoint *a, const struct endpoint *b)
{
    return a->len == b->len && memcmp(&a->address, &b->address, a->len) == 0;
}

static int open_socket(const struct endpoint *e)
{
    int on = 1;
    int fd = socket(e->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, (const struct sockaddr *)&e->address, e->len) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    mem_auto_close(&fd);
    return -1;
}

/* Where it is told to listen elsewhere; one that cannot be opened leaves the one before. */
static bool listen_there(struct keeper *k)
{
    const char *where = k->listen ? k->listen : k->config->web.listen;
    struct endpoint e;
    char text[ENDPOINT_TEXT];
    if (!endpoint_parse(where, &e)) {
        log_error("%s is not a numeric address and a port", where);
        return false;
    }
    if (k->listener >= 0 && is_same(&e, &k->endpoint))
        return true;
    int fd = open_socket(&e);
    if (fd < 0) {
        log_error("cannot listen on %s: %s; choose another port in web.listen", where,
                  strerror(errno));
        return false;
    }
    mem_auto_close(&k->listener);
    k->listener = fd;
    k->endpoint = e;
    getsockname(fd, (struct sockaddr *)&e.address, &e.len);
    log_info("listening on http://%s/", endpoint_print(&e, text));
    if (!endpoint_is_loopback(&e))
        log_warn("everybody who reaches %s can read names, runs and messages of this hub: there is "
                 "no login here",
                 text);
    return true;
}

/* ---- workers ---- */

static int work(struct keeper *k, pid_t keeper, int ready)
{
    struct looker looker = k->looker;
    const struct server server = {
        .looker = &looker, .listener = k->listener, .beat = k->beat, .ready = ready};
    /* Not spawn_child_setup(): it has to find its own descriptors in /proc. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != keeper)
        return 0;
    looker.tally = tally_new();
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN); /* of a terminal; the keeper says when it is time */
    int code = server_run(&server);
    tally_free(looker.tally);
    return code;
}

/* True once it answers. */
static bool fork_worker(struct keeper *k)
{
    int ends[2];
    pid_t keeper = getpid();
    char byte;
    k->worker = 0;
    if (pipe(ends) != 0)
        return false;
    atomic_store(k->beat, steady_s());
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        sigprocmask(SIG_UNBLOCK, &k->signals, NULL);
        /* What the keeper holds is the keeper's to free. */
        _exit(work(k, keeper, ends[1]));
    }
    close(ends[1]);
    bool is_up = pid > 0 && read(ends[0], &byte, 1) == 1;
    close(ends[0]);
    k->worker = pid > 0 ? pid : 0;
    k->worker_since_s = steady_s();
    return is_up;
}

/* False after a message: none comes up. One that ends by itself has said why; one that is ended may
 * be followed by another. */
static bool start_worker(struct keeper *k)
{
    char how[80];
    int status = 0;
    for (int i = 0; i < EARLY_MOST; i++) {
        if (fork_worker(k))
            return true;
        if (k->worker == 0) {
            log_error("no process can be started: %s", strerror(errno));
            return false;
        }
        waitpid(k->worker, &status, 0);
        spawn_describe_status(status, how, sizeof how);
        log_error("the worker ended with %s before it could answer", how);
        if (WIFEXITED(status))
            return false;
    }
    return false;
}

static bool restart_worker(struct keeper *k)
{
    pid_t before = k->worker;
    if (!start_worker(k))
        return false;
    if (before > 0)
        kill(before, SIGTERM);
    return true;
}

/* False: the worker cannot be kept running. */
static bool take_ends(struct keeper *k)
{
    int status;
    pid_t pid;
    char how[80];
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != k->worker)
            continue; /* one that was told to end */
        spawn_describe_status(status, how, sizeof how);
        log_error("the worker ended with %s; starting another one", how);
        k->n_early = steady_s() - k->worker_since_s < EARLY_S ? k->n_early + 1 : 0;
        if (k->n_early >= EARLY_MOST || !start_worker(k))
            return false;
    }
    return true;
}

static void end_worker(struct keeper *k)
{
    int64_t end = steady_s() + LEAVE_S;
    const struct timespec wait = {.tv_nsec = 100 * 1000000};
    if (k->worker <= 0)
        return;
    kill(k->worker, SIGTERM);
    while (waitpid(k->worker, NULL, WNOHANG) == 0) {
        if (steady_s() >= end)
            kill(k->worker, SIGKILL);
        sigtimedwait(&k->signals, NULL, &wait);
    }
}

/* ---- the loop ---- */

static bool reload(struct keeper *k)
{
    notify_send("RELOADING=1");
    if (load(k))
        log_info("configuration read: %zu connectors", k->config->n_connectors);
    else
        log_error("the configuration on disk is not used: %s", k->fault);
    listen_there(k);
    bool is_up = restart_worker(k);
    notify_send("READY=1");
    return is_up;
}

static void look_after_worker(const struct keeper *k)
{
    if (steady_s() - atomic_load(k->beat) < BEAT_LOST_S)
        return;
    log_error("the worker has not gone round for %d seconds and is ended", (int)BEAT_LOST_S);
    kill(k->worker, SIGKILL);
}

static int keep(struct keeper *k)
{
    const struct timespec round = {.tv_sec = ROUND_S};
    bool is_fine = true;
    while (is_fine) {
        int signal = sigtimedwait(&k->signals, NULL, &round);
        if (signal == SIGTERM || signal == SIGINT)
            return 0;
        if (signal == SIGHUP || stamp_of(k->path, k->config) != k->stamp)
            is_fine = reload(k);
        is_fine = is_fine && take_ends(k);
        look_after_worker(k);
        notify_send("WATCHDOG=1");
    }
    return 3;
}

static int run(struct keeper *k)
{
    if (!load(k)) {
        log_error("%s", k->fault);
        return 2;
    }
    if (!listen_there(k) || !start_worker(k))
        return 3;
    notify_send("READY=1");
    int code = keep(k);
    notify_send("STOPPING=1");
    end_worker(k);
    return code;
}

int keeper_run(const char *config_path, const char *listen)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    struct keeper k = {.path = config_path, .listen = listen, .listener = -1};
    sigemptyset(&k.signals);
    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        sigaddset(&k.signals, signals[i]);
    sigprocmask(SIG_BLOCK, &k.signals, NULL);
    k.beat = mmap(NULL, sizeof *k.beat, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (k.beat == MAP_FAILED) {
        log_error("no memory: %s", strerror(errno));
        return 3;
    }
    int code = run(&k);
    mem_auto_close(&k.listener);
    config_free(k.config);
    schema_free(k.schema);
    free(k.fault);
    munmap(k.beat, sizeof *k.beat);
    return code;
}
