/* SPDX-License-Identifier: Apache-2.0
 * The plugin process: frames with deadlines, cancel → TERM → KILL, and how it ended. */
#include <config.h>

#include "plugin/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "process/spawn.h"
#include "process/syscalls.h"

enum {
    SLICE_MS = 200,         /* how often the job's own cancellation is looked at */
    PRINT_MAX = 256 * 1024, /* bytes of a process's output that are logged */
    PRINT_LINE_MAX = 2000
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- what it prints ---- */

/* What a dying process printed last is often why: "terminate called after throwing …". */
static void keep_line(struct child *c)
{
    const char *line = buf_text(&c->line);
    snprintf(c->last_line, sizeof c->last_line, "%s", line + strspn(line, " "));
    for (char *p = c->last_line; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7F)
            *p = ' ';
}

static void log_printed(struct child *c)
{
    char text[PRINT_LINE_MAX + 32];
    if (c->line.len == 0)
        return;
    keep_line(c);
    snprintf(text, sizeof text, "plugin process: %s", buf_text(&c->line));
    c->services->log(c->services->ctx, OMNI_LOG_INFO, text);
    buf_clear(&c->line);
}

static void add_printed(struct child *c, char byte)
{
    if (c->printed >= PRINT_MAX) {
        return;
    }
    if (++c->printed == PRINT_MAX) {
        buf_clear(&c->line);
        buf_adds(&c->line, "(prints too much; the rest is dropped)");
        log_printed(c);
    } else if (byte == '\n') {
        log_printed(c);
    } else if (byte != '\0' && c->line.len < PRINT_LINE_MAX) {
        buf_addc(&c->line, byte);
    }
}

/* Takes what lies in the pipe, so that a process that prints is never held up by it. One pipe full
 * a turn: one that prints for ever must not hold us up either. */
static void drain_printed(struct child *c)
{
    char bytes[4096];
    for (int turn = 0; turn < 16 && c->print_fd >= 0; turn++) {
        ssize_t n = read(c->print_fd, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return;
        if (n == 0) {
            log_printed(c);
            close(c->print_fd);
            c->print_fd = -1;
        }
        for (ssize_t i = 0; i < n; i++)
            add_printed(c, bytes[i]);
    }
}

/* ---- how it ends ---- */

static void say(struct child *c, enum plugin_end end, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void say(struct child *c, enum plugin_end end, const char *fmt, ...)
{
    /* The first reason is the one; what follows are its consequences. */
    if (c->end != PLUGIN_FINE)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(c->why, sizeof c->why, fmt, ap);
    va_end(ap);
    c->end = end;
}

static void say_crashed(struct child *c, const char *how)
{
    drain_printed(c);
    log_printed(c);
    say(c, PLUGIN_CRASHED, "%s%s%s", how, c->last_line[0] ? "; it printed last: " : "",
        c->last_line);
}

static void say_died(struct child *c, int sig, const char *name)
{
    char how[256];
    bool is_reading = strcmp(c->doing, CHILD_STARTS) == 0;
    snprintf(how, sizeof how, "signal %d (%s) in %s%s", sig, name, c->doing,
             is_reading
                 ? ", while it was loaded and its tables were read: does each list end with NULL?"
                 : "");
    say_crashed(c, how);
}

static bool used_its_time(const struct child *c, const struct rusage *usage)
{
    return usage->ru_utime.tv_sec + usage->ru_stime.tv_sec + 1 >= (time_t)c->cpu_s;
}

static void classify(struct child *c, int status, const struct rusage *usage)
{
    char text[128], how[256];
    spawn_describe_status(status, text, sizeof text);
    int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (c->end == PLUGIN_FINE && c->step == CHILD_RUNS)
        c->signal = sig;
    if (c->step != CHILD_RUNS)
        say(c, PLUGIN_HUNG, "%s in %s",
            c->is_idle ? "gave no sign of life" : "did not stop when it was asked to", c->doing);
    else if (sig == SIGSYS)
        say(c, PLUGIN_DENIED,
            "made a system call that the sandbox forbids in %s; starting a thread "
            "looks like this",
            c->doing);
    else if (sig == SIGXCPU || (sig == SIGKILL && used_its_time(c, usage)))
        say(c, PLUGIN_HUNG, "used up its %u s of processor time in %s", c->cpu_s, c->doing);
    else if (sig == SIGKILL)
        say(c, PLUGIN_OOM,
            "was killed from outside in %s, which the system does when memory runs out", c->doing);
    else if (spawn_had_no_memory(status))
        say(c, PLUGIN_OOM, "ran out of memory in %s", c->doing);
    else {
        if (sig)
            snprintf(how, sizeof how, "%s in %s", text, c->doing);
        else
            snprintf(how, sizeof how, "ended by itself in the middle of %s (%s)", c->doing, text);
        say_crashed(c, how);
    }
}

/* True where it has ended within that time. */
static bool reap(struct child *c, int64_t wait_ms)
{
    int64_t until = now_ms() + wait_ms;
    for (;;) {
        int status;
        struct rusage usage;
        pid_t pid = wait4(c->pid, &status, WNOHANG, &usage);
        if (pid == c->pid || (pid < 0 && errno == ECHILD)) {
            c->pid = 0;
            drain_printed(c);
            log_printed(c);
            if (pid > 0)
                classify(c, status, &usage);
            return true;
        }
        if (now_ms() >= until)
            return false;
        drain_printed(c);
        poll(NULL, 0, 2);
    }
}

static void kill_now(struct child *c)
{
    if (c->pid == 0)
        return;
    kill(c->pid, SIGKILL);
    reap(c, INT32_MAX);
}

/* It hung up: mostly because it died. */
static void hung_up(struct child *c)
{
    if (c->pid == 0 || reap(c, c->grace_ms))
        return;
    say(c, PLUGIN_PROTOCOL, "closed its socket in %s", c->doing);
    kill_now(c);
}

void child_break(struct child *c, const char *why)
{
    say(c, PLUGIN_PROTOCOL, "%s in %s", why, c->doing);
    kill_now(c);
}

bool child_is_cancelled(const struct child *c)
{
    return c->step != CHILD_RUNS || c->services->cancelled(c->services->ctx);
}

/* The next step of cancel → TERM → KILL. */
static void next_step(struct child *c)
{
    static const int signals[] = {[CHILD_TERMINATED] = SIGTERM, [CHILD_KILLED] = SIGKILL};
    if (c->step < CHILD_KILLED)
        c->step++;
    if (c->step > CHILD_CANCELLED)
        kill(c->pid, signals[c->step]);
    c->due_ms = now_ms() + c->grace_ms;
}

/* Looks at the clock; called at least once a slice while we wait. */
static void keep_time(struct child *c)
{
    bool is_due = now_ms() >= c->due_ms;
    if (c->step == CHILD_RUNS && !is_due && !c->services->cancelled(c->services->ctx))
        return;
    if (c->step == CHILD_RUNS)
        c->is_idle = is_due;
    if (c->step == CHILD_RUNS || is_due)
        next_step(c);
}

/* ---- frames ---- */

/* Until the socket is ready for it; false where the process is gone. */
static bool wait_ready(struct child *c, short events)
{
    for (;;) {
        struct pollfd fds[2] = {{.fd = c->fd, .events = events},
                                {.fd = c->print_fd, .events = POLLIN}};
        int64_t left = c->due_ms - now_ms();
        int n = poll(fds, 2, left < 0 ? 0 : left < SLICE_MS ? (int)left + 1 : SLICE_MS);
        if (n > 0 && fds[1].revents)
            drain_printed(c);
        if (n > 0 && fds[0].revents)
            return true;
        keep_time(c);
        if (c->step == CHILD_KILLED && reap(c, c->grace_ms))
            return false;
    }
}

static void begin_waiting(struct child *c)
{
    if (c->step == CHILD_RUNS)
        c->due_ms = now_ms() + c->idle_ms;
}

bool child_send(struct child *c, struct wire_out *out)
{
    if (c->end != PLUGIN_FINE || c->pid == 0)
        return false;
    if (!wire_end(out)) {
        child_break(c, "was to be told more than fits into a frame");
        return false;
    }
    begin_waiting(c);
    const char *p = out->buf.data;
    for (size_t left = out->buf.len; left > 0;) {
        ssize_t n = send(c->fd, p, left, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            p += n;
            left -= (size_t)n;
            begin_waiting(c);
        } else if (errno == EAGAIN) {
            if (!wait_ready(c, POLLOUT))
                return false;
        } else if (errno != EINTR) {
            /* It may have said why before it went: that is read first. One that is still there must
             * not wait for the rest of this frame. */
            shutdown(c->fd, SHUT_WR);
            return true;
        }
    }
    return true;
}

static bool receive_bytes(struct child *c, char *p, size_t n)
{
    while (n > 0) {
        ssize_t got = recv(c->fd, p, n, MSG_DONTWAIT);
        if (got > 0) {
            p += got;
            n -= (size_t)got;
            begin_waiting(c);
        } else if (got < 0 && errno == EAGAIN) {
            if (!wait_ready(c, POLLIN))
                return false;
        } else if (got == 0 || errno != EINTR) {
            hung_up(c);
            return false;
        }
    }
    return true;
}

/* Last words. */
static bool is_dying(struct child *c, uint16_t type, struct wire_in *in)
{
    if (type == DENIED) {
        char name[64];
        int number = (int)wire_get_u32(in);
        c->signal = SIGSYS;
        say(c, PLUGIN_DENIED, "called %s() in %s, which the sandbox forbids",
            syscalls_name(number, name, sizeof name), c->doing);
    } else if (type == CRASHED) {
        int sig = (int)wire_get_u32(in);
        const char *name = strsignal(sig);
        c->signal = sig;
        if (wire_get_u32(in))
            say(c, PLUGIN_OOM, "ran out of memory in %s (signal %d, %s)", c->doing, sig, name);
        else
            say_died(c, sig, name);
    } else {
        return false;
    }
    if (!reap(c, c->grace_ms))
        kill_now(c);
    return true;
}

bool child_receive(struct child *c, struct buf *to, uint16_t *type, struct wire_in *in)
{
    char head[WIRE_HEAD];
    uint32_t len;
    if (c->end != PLUGIN_FINE || c->pid == 0)
        return false;
    begin_waiting(c);
    keep_time(c); /* who never stops talking is never waited for, and must stop all the same */
    if (!receive_bytes(c, head, sizeof head))
        return false;
    if (!wire_head(head, FRAMES_FROM_PLUGIN, &len, type)) {
        child_break(c, "sent what is not a frame, or one of more than 8 MiB,");
        return false;
    }
    buf_clear(to);
    if (!buf_reserve(to, len) || !receive_bytes(c, to->data, len))
        return false;
    to->len = len;
    *in = (struct wire_in){.s = to->data, .left = len};
    return !is_dying(c, *type, in);
}

/* ---- start and stop ---- */

static pid_t spawn(const struct child *c, const struct plugin_options *o, int socket, int print,
                   struct err *err)
{
    char parent[24];
    snprintf(parent, sizeof parent, "%ld", (long)getpid());
    /* The path is there for whoever looks at the process list. */
    char *argv[] = {(char *)"omnihub-plugin", parent, (char *)o->path, NULL};
    /* A test's clock is the plugin's, too: omni_today(). */
    const char *clock = getenv("OMNIHUB_NOW");
    auto_free char *now = clock ? xasprintf("OMNIHUB_NOW=%s", clock) : NULL;
    char *env[4 + PLUGIN_ENV_MAX] = {(char *)"LANG=C", (char *)"TZ=UTC0"};
    size_t n_env = 2;
    for (size_t i = 0; o->env && o->env[i] && i < PLUGIN_ENV_MAX; i++)
        env[n_env++] = (char *)o->env[i];
    env[n_env] = now;
    int fds[] = {-1, print, print, socket, c->sealed};
    const struct spawn s = {.program = o->program,
                            .argv = argv,
                            .env = env,
                            .fds = fds,
                            .n_fds = c->sealed < 0 ? SEALED_FD : SEALED_FD + 1};
    return spawn_process(&s, err);
}

omni_status child_start(struct child *c, const struct plugin_options *o, struct err *err)
{
    int pair[2], print[2];
    c->fd = c->print_fd = -1;
    c->line = BUF_INIT(PRINT_LINE_MAX);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return err_set(err, OMNI_E_RETRY, "cannot make a socket pair: %s", strerror(errno));
    if (pipe2(print, O_CLOEXEC) != 0) {
        close(pair[0]);
        close(pair[1]);
        return err_set(err, OMNI_E_RETRY, "cannot make a pipe: %s", strerror(errno));
    }
    /* Only our end: the process's own output blocks like any other. */
    fcntl(print[0], F_SETFL, O_NONBLOCK);
    pid_t pid = spawn(c, o, pair[1], print[1], err);
    close(pair[1]);
    close(print[1]);
    c->fd = pair[0];
    c->print_fd = print[0];
    if (pid < 0)
        return OMNI_E_RETRY;
    c->pid = pid;
    return OMNI_OK;
}

void child_stop(struct child *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    if (c->pid != 0 && !reap(c, c->grace_ms)) {
        kill(c->pid, SIGTERM);
        if (!reap(c, c->grace_ms))
            kill_now(c);
    }
    if (c->print_fd >= 0)
        close(c->print_fd);
    c->print_fd = -1;
    buf_free(&c->line);
}
