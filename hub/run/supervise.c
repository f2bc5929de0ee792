/* SPDX-License-Identifier: Apache-2.0
 * Jobs side by side in one thread: their events come through pipes, their ends through SIGCHLD,
 * everything through one poll(). */
#include <config.h>

#include "run/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "process/spawn.h"
#include "run/spec.h"

enum {
    EVENT_MAX_BYTES = 16 * 1024 * 1024, /* a line; a plugin's description is the longest */
    REAP_MS = 50,
    FORGET_AT = 64,         /* ended jobs at the front of the queue */
    GROUP_MOST = 2,         /* jobs of one group at a time, where the job does not say */
    SHARE = 300000,         /* per million, unless told otherwise */
    WATCH_MAX = 64,         /* descriptors of a service */
    AGING_MS = 3600 * 1000, /* a background job that waited so long is like any other */
    GRACE_MS = 5000         /* between TERM and KILL */
};

enum job_state { JOB_WAITING, JOB_RUNNING, JOB_STOPPING, JOB_KILLED, JOB_ENDED };

struct job {
    struct supervise_job told;
    enum job_state state;
    pid_t pid;
    int events; /* read end; -1 once it is at its end */
    struct buf line;
    bool is_reaped, is_done;
    int wait_status;
    int64_t added_ms;
    int64_t deadline_ms;    /* of the next step towards its end; INT64_MAX: none */
    enum supervise_end end; /* how it ended, and in words: where we were the ones to end it */
    char why[160];
};

struct supervise {
    uint32_t parallel;
    int64_t share; /* of the places, per million, that background jobs may hold */
    struct job **jobs;
    size_t n, first_open; /* all before it have ended */
    uint32_t n_running;
    bool is_interrupted;
    const struct supervise_service *service; /* NULL: a command that ends with its jobs */
};

struct supervise *supervise_new(uint32_t parallel)
{
    struct supervise *s = xcalloc(1, sizeof *s);
    supervise_set_places(s, parallel, SHARE);
    return s;
}

void supervise_set_places(struct supervise *s, uint32_t parallel, int64_t background_permillion)
{
    s->parallel = parallel ? parallel : 1;
    s->share = background_permillion;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void job_free(struct job *j)
{
    buf_free(&j->line);
    mem_auto_close(&j->events);
    free(j);
}

void supervise_free(struct supervise *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++)
        job_free(s->jobs[i]);
    free(s->jobs);
    free(s);
}

void supervise_add(struct supervise *s, const struct supervise_job *told)
{
    struct job *j = xcalloc(1, sizeof *j);
    j->told = *told;
    j->events = -1;
    j->line = BUF_INIT(EVENT_MAX_BYTES);
    j->added_ms = now_ms();
    j->deadline_ms = INT64_MAX;
    s->jobs = xrealloc(s->jobs, (s->n + 1) * sizeof *s->jobs);
    s->jobs[s->n++] = j;
}

/* ---- start ---- */

static bool job_spawn(struct job *j, struct err *err)
{
    int ends[2];
    auto_close int spec = spec_to_fd(j->told.spec, err);
    if (spec < 0)
        return false;
    if (pipe2(ends, O_CLOEXEC) < 0) {
        err_set(err, OMNI_E_RETRY, "cannot make a pipe: %s", strerror(errno));
        return false;
    }
    auto_free char *program = spawn_sibling("omnihub-job");
    char *argv[] = {program, NULL};
    /* What a job prints by accident must not end up among the results. */
    int fds[JOB_N_FDS] = {-1, STDERR_FILENO, STDERR_FILENO, spec, ends[1]};
    const struct spawn what = {.program = program, .argv = argv, .fds = fds, .n_fds = JOB_N_FDS};
    j->pid = spawn_process(&what, err);
    close(ends[1]);
    if (j->pid < 0) {
        close(ends[0]);
        return false;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    j->events = ends[0];
    return true;
}

/* One that never began. */
static void job_never(struct job *j, enum supervise_end end, const char *words)
{
    j->state = JOB_ENDED;
    j->told.end(j->told.ctx, &(struct supervise_ended){.how = end, .words = words});
}

static void job_start(struct supervise *s, struct job *j)
{
    struct err err = {0};
    if (!job_spawn(j, &err)) {
        job_never(j, SUPERVISE_NOT_STARTED, err.text);
        return;
    }
    s->n_running++;
    j->state = JOB_RUNNING;
    if (j->told.timeout_s)
        j->deadline_ms = now_ms() + (int64_t)j->told.timeout_s * 1000;
}

static bool is_open(const struct job *j)
{
    return j->state != JOB_WAITING && j->state != JOB_ENDED;
}

static bool is_of_group(const struct job *j, const char *group)
{
    return group && j->told.group && strcmp(j->told.group, group) == 0;
}

/* Jobs of one group (a login, with the platform's limits on it) run only a few at a time, and of
 * several places one is never taken by work that can wait. */
static bool group_is_full(const struct supervise *s, const struct job *j)
{
    uint32_t n = 0, most = j->told.group_most ? j->told.group_most : GROUP_MOST;
    for (size_t i = s->first_open; i < s->n; i++)
        n += is_open(s->jobs[i]) && is_of_group(s->jobs[i], j->told.group);
    return n >= most - (j->told.is_background && most > 1);
}

static bool share_is_used(const struct supervise *s)
{
    int64_t n = 0, most = s->parallel * s->share / 1000000;
    for (size_t i = s->first_open; i < s->n; i++)
        n += is_open(s->jobs[i]) && s->jobs[i]->told.is_background;
    return n >= (most ? most : 1);
}

static bool may_start(const struct supervise *s, const struct job *j)
{
    if (j->told.is_aside)
        return true;
    return s->n_running < s->parallel && !group_is_full(s, j) &&
           !(j->told.is_background && share_is_used(s));
}

/* A service starts jobs for years. */
static void forget_ended(struct supervise *s)
{
    if (s->first_open < FORGET_AT)
        return;
    for (size_t i = 0; i < s->first_open; i++)
        job_free(s->jobs[i]);
    s->n -= s->first_open;
    memmove(s->jobs, s->jobs + s->first_open, s->n * sizeof(struct job *));
    s->first_open = 0;
}

/* One pass over those that wait: first the ones that may not, then the others. */
static void start_those(struct supervise *s, bool in_background)
{
    int64_t now = now_ms();
    for (size_t i = s->first_open; i < s->n; i++) {
        struct job *j = s->jobs[i];
        bool can_wait = j->told.is_background && now - j->added_ms < AGING_MS;
        if (j->state != JOB_WAITING || can_wait != in_background)
            continue;
        if (s->is_interrupted)
            job_never(j, SUPERVISE_STOPPED, "interrupted before it began");
        else if (may_start(s, j))
            job_start(s, j);
    }
}

static void start_waiting(struct supervise *s)
{
    start_those(s, false);
    start_those(s, true);
    while (s->first_open < s->n && s->jobs[s->first_open]->state == JOB_ENDED)
        s->first_open++;
    forget_ended(s);
}

/* ---- stop ---- */

static void job_stop(struct job *j, enum supervise_end end, const char *why)
{
    if (j->state != JOB_RUNNING)
        return;
    j->end = end;
    snprintf(j->why, sizeof j->why, "%s", why);
    j->state = JOB_STOPPING;
    j->deadline_ms = now_ms() + GRACE_MS;
    if (!j->is_reaped)
        sigqueue(j->pid, SIGTERM,
                 (union sigval){.sival_int = end == SUPERVISE_HUNG ? JOB_STOP_LATE : 0});
}

static void job_kill(struct job *j)
{
    j->state = JOB_KILLED;
    j->deadline_ms = INT64_MAX;
    if (!j->is_reaped)
        kill(j->pid, SIGKILL);
    /* A pipe that somebody else still holds open is not waited for. */
    mem_auto_close(&j->events);
    j->events = -1;
}

static void check_deadline(struct job *j, int64_t now)
{
    char why[sizeof j->why];
    if (j->state == JOB_ENDED || now < j->deadline_ms)
        return;
    if (j->state != JOB_RUNNING) {
        job_kill(j);
        return;
    }
    snprintf(why, sizeof why, "did not end within %u s", (unsigned)j->told.timeout_s);
    job_stop(j, SUPERVISE_HUNG, why);
}

void supervise_stop_background(struct supervise *s, const char *group)
{
    for (size_t i = s->first_open; i < s->n; i++) {
        struct job *j = s->jobs[i];
        if (!j->told.is_background || !is_of_group(j, group))
            continue;
        if (j->state == JOB_WAITING)
            job_never(j, SUPERVISE_STOPPED, "interrupted before it began");
        else
            job_stop(j, SUPERVISE_STOPPED, "interrupted");
    }
}

/* ---- events ---- */

static void take_line(struct job *j, const char *line, size_t n)
{
    struct err err = {0};
    auto_json *event = json_parse(line, n, &err);
    const char *name = json_text(event, "event");
    if (!name)
        job_stop(j, SUPERVISE_DIED, "sent an event that cannot be read");
    else if (strcmp(name, "done") == 0)
        j->is_done = true;
    else
        j->told.event(j->told.ctx, event);
}

static void take_lines(struct job *j)
{
    const char *start = buf_text(&j->line), *end;
    size_t left = j->line.len;
    while ((end = memchr(start, '\n', left))) {
        take_line(j, start, (size_t)(end - start));
        left -= (size_t)(end + 1 - start);
        start = end + 1;
    }
    buf_drop(&j->line, j->line.len - left);
}

static void read_events(struct job *j)
{
    char bytes[65536];
    while (j->events >= 0) {
        ssize_t n = read(j->events, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            mem_auto_close(&j->events);
            j->events = -1;
        } else if (buf_add(&j->line, bytes, (size_t)n)) {
            take_lines(j);
        } else {
            buf_clear(&j->line);
            job_stop(j, SUPERVISE_DIED, "sent an event that is too long");
            job_kill(j);
        }
    }
}

/* ---- end ---- */

static void job_end(struct supervise *s, struct job *j)
{
    char words[200];
    struct supervise_ended ended = {.how = j->end, .words = j->why};
    bool was_stopped = j->state == JOB_STOPPING || j->state == JOB_KILLED;
    if (j->is_done) {
        ended = (struct supervise_ended){.how = SUPERVISE_DONE};
    } else if (!was_stopped) {
        ended.how = spawn_had_no_memory(j->wait_status) ? SUPERVISE_NO_MEMORY : SUPERVISE_DIED;
        spawn_describe_status(j->wait_status, words, sizeof words);
        ended.words = words;
        ended.signal = WIFSIGNALED(j->wait_status) ? WTERMSIG(j->wait_status) : 0;
    }
    j->state = JOB_ENDED;
    j->deadline_ms = INT64_MAX;
    s->n_running--;
    /* What it has left behind may hold the other end; nobody listens to that. */
    mem_auto_close(&j->events);
    j->events = -1;
    buf_free(&j->line);
    j->told.end(j->told.ctx, &ended);
}

static void reap(struct supervise *s)
{
    for (size_t i = s->first_open; i < s->n; i++) {
        struct job *j = s->jobs[i];
        if (j->state == JOB_WAITING || j->state == JOB_ENDED)
            continue;
        if (!j->is_reaped)
            j->is_reaped = waitpid(j->pid, &j->wait_status, WNOHANG) == j->pid;
        if (!j->is_reaped)
            continue;
        read_events(j); /* what it wrote before it ended is still in the pipe */
        job_end(s, j);
    }
}

/* ---- the loop ---- */

static void take_signals(struct supervise *s, int fd)
{
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            continue;
        if (info.ssi_signo == SIGHUP) {
            if (!s->is_interrupted)
                s->service->reload(s->service->ctx);
            continue;
        }
        bool is_second = s->is_interrupted;
        s->is_interrupted = true;
        if (s->service)
            log_info(is_second ? "told to stop again: jobs that run are killed"
                               : "told to stop: jobs that run end at their next safe point");
        for (size_t i = s->first_open; i < s->n; i++) {
            job_stop(s->jobs[i], SUPERVISE_STOPPED, "interrupted");
            if (is_second && s->jobs[i]->state == JOB_STOPPING)
                job_kill(s->jobs[i]);
        }
    }
}

static int wait_ms(const struct supervise *s)
{
    int64_t next = INT64_MAX;
    for (size_t i = s->first_open; i < s->n; i++)
        if (s->jobs[i]->state != JOB_WAITING && s->jobs[i]->deadline_ms < next)
            next = s->jobs[i]->deadline_ms;
    for (size_t i = s->first_open; i < s->n; i++)
        if (s->jobs[i]->pid > 0 && s->jobs[i]->events < 0 && s->jobs[i]->state != JOB_ENDED)
            return REAP_MS; /* its pipe is closed, its end may have been told to somebody else */
    if (next == INT64_MAX)
        return -1;
    int64_t left = next - now_ms();
    return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

static size_t service_polls(const struct supervise *s, struct pollfd *polls)
{
    const struct supervise_service *service = s->is_interrupted ? NULL : s->service;
    return service ? service->watch(service->ctx, polls, WATCH_MAX) : 0;
}

static int longest_wait(const struct supervise *s)
{
    int own = wait_ms(s);
    int other = s->service ? s->service->wait_ms(s->service->ctx) : -1;
    return own < 0 || (other >= 0 && other < own) ? other : own;
}

/* The signals first, then the service's, then the jobs' pipes. */
static void wait_for_events(struct supervise *s, int signals)
{
    auto_free struct pollfd *polls = xcalloc(s->n_running + 1 + WATCH_MAX, sizeof *polls);
    auto_free struct job **jobs = xcalloc(s->n_running + 1 + WATCH_MAX, sizeof(struct job *));
    polls[0] = (struct pollfd){.fd = signals, .events = POLLIN};
    size_t n_watched = service_polls(s, polls + 1), n = 1 + n_watched;
    for (size_t i = s->first_open; i < s->n; i++)
        if (s->jobs[i]->events >= 0) {
            jobs[n] = s->jobs[i];
            polls[n++] = (struct pollfd){.fd = s->jobs[i]->events, .events = POLLIN};
        }
    if (poll(polls, n, longest_wait(s)) < 0)
        return;
    for (size_t i = 1 + n_watched; i < n; i++)
        if (polls[i].revents)
            read_events(jobs[i]);
    if (polls[0].revents)
        take_signals(s, signals);
    if (n_watched)
        s->service->ready(s->service->ctx, polls + 1, n_watched);
}

static void block_signals(const struct supervise *s, sigset_t *set, sigset_t *old)
{
    sigemptyset(set);
    sigaddset(set, SIGCHLD);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    if (s->service)
        sigaddset(set, SIGHUP);
    sigprocmask(SIG_BLOCK, set, old);
}

static bool is_over(const struct supervise *s)
{
    return s->first_open == s->n && (!s->service || s->is_interrupted);
}

/* Without a way to hear of their ends none can be started. */
static void refuse_all(struct supervise *s, int error)
{
    auto_free char *why = xasprintf("cannot watch for signals: %s", strerror(error));
    for (size_t i = s->first_open; i < s->n; i++)
        if (s->jobs[i]->state == JOB_WAITING)
            job_never(s->jobs[i], SUPERVISE_NOT_STARTED, why);
    s->first_open = s->n;
}

static void loop(struct supervise *s, int signals)
{
    for (;;) {
        start_waiting(s);
        if (s->service && !s->is_interrupted) {
            s->service->idle(s->service->ctx);
            start_waiting(s);
        }
        if (is_over(s))
            return;
        wait_for_events(s, signals);
        reap(s);
        int64_t now = now_ms();
        for (size_t i = s->first_open; i < s->n; i++)
            check_deadline(s->jobs[i], now);
    }
}

bool supervise_run(struct supervise *s)
{
    sigset_t set, old;
    block_signals(s, &set, &old);
    auto_close int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0)
        refuse_all(s, errno);
    else
        loop(s, signals);
    /* A signal that came too late to be read must not end the process while it tidies up. */
    take_signals(s, signals);
    sigprocmask(SIG_SETMASK, &old, NULL);
    return !s->is_interrupted;
}

void supervise_serve(struct supervise *s, const struct supervise_service *service)
{
    s->service = service;
    supervise_run(s);
    s->service = NULL;
}

uint32_t supervise_running(const struct supervise *s)
{
    return s->n_running;
}
