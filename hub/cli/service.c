/* SPDX-License-Identifier: Apache-2.0
 * The service: one thread, one poll(). A timer on the wall clock says when the next connector is
 * due; a clock that is set makes it look again. */
#include <config.h>

#include "cli/service.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/day.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/generation.h"
#include "run/notify.h"

/* After a pull: first combine, then every sink. */
enum chain { CHAIN_IDLE, CHAIN_COMBINE, CHAIN_PUSH };

struct service {
    struct generation *now; /* the newest reading; ->older: those whose jobs still run */
    struct supervise *jobs;
    int timer;
    int64_t watchdog, next_watchdog; /* micros; 0: nobody watches */
    enum chain chain;
    bool wants_chain; /* something was pulled since the chain began */
    unsigned n_pushes;
    size_t told_connectors; /* in the last status line for the service manager */
    uint32_t told_running;
    struct supervise_service calls;
};

/* ---- how runs end ---- */

static const struct {
    const char *outcome;
    enum agenda_end end;
} ends[] = {
    {"retrying", AGENDA_RETRY}, {"parked", AGENDA_RETRY},    {"interrupted", AGENDA_RETRY},
    {"crashed", AGENDA_BROKEN}, {"hung", AGENDA_BROKEN},     {"oom", AGENDA_BROKEN},
    {"denied", AGENDA_BROKEN},  {"protocol", AGENDA_BROKEN},
};

static enum agenda_end end_of(const char *outcome)
{
    for (size_t i = 0; outcome && i < ARRAY_LEN(ends); i++)
        if (strcmp(ends[i].outcome, outcome) == 0)
            return ends[i].end;
    return AGENDA_FINE;
}

static void log_result(const json_t *r)
{
    static const char *const counts[] = {"read", "inserted", "changed", "removed", "restated"};
    const char *who = json_text(r, "connector") ? json_text(r, "connector") : json_text(r, "sink");
    const char *what = json_text(r, "stream") ? json_text(r, "stream") : json_text(r, "dataset");
    const char *outcome = json_text(r, "outcome"), *message = json_text(r, "message");
    auto_buf tail = BUF_INIT(512);
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        if (json_object_get(r, counts[i]))
            buf_printf(&tail, " %s=%" PRId64, counts[i], json_int(r, counts[i], 0));
    bool is_fine = outcome && strcmp(outcome, "ok") == 0;
    log_line(is_fine ? LOG_INFO : LOG_WARN, "%s%s%s%s%s%s outcome=%s%s", who ? who : "combine",
             what ? "." : "", what ? what : "", message ? ": " : "", message ? message : "",
             !is_fine && json_text(r, "remedy") ? " (omnihub status says what to do)" : "",
             outcome ? outcome : "?", buf_text(&tail));
}

/* ---- hooks: what jobs say ---- */

/* What the hooks of a generation are called with. */
struct hooked {
    struct service *service;
    struct generation *generation;
};

static struct connector_run *run_of(struct generation *g, const json_t *labels, size_t *number)
{
    *number = generation_find(g, json_text(labels, "connector"));
    return *number == SIZE_MAX ? NULL : &g->runs[*number];
}

static void on_added(void *ctx, const json_t *labels)
{
    struct hooked *h = ctx;
    size_t number;
    struct connector_run *run = run_of(h->generation, labels, &number);
    h->generation->n_jobs++;
    h->service->n_pushes += json_text(labels, "sink") != NULL;
    if (run)
        run->n_jobs++;
}

static void on_result(void *ctx, const json_t *result)
{
    struct hooked *h = ctx;
    size_t number;
    struct connector_run *run = run_of(h->generation, result, &number);
    enum agenda_end end = end_of(json_text(result, "outcome"));
    if (run && end > run->worst)
        run->worst = end;
    log_result(result);
}

static void connector_ended(struct service *s, struct generation *g, size_t number)
{
    const char *name = agenda_at(g->agenda, number)->name;
    agenda_done(g->agenda, number, g->runs[number].worst, day_now());
    g->runs[number].worst = AGENDA_FINE;
    s->wants_chain = true;
    if (agenda_is_suspended(g->agenda, number))
        log_error("connector %s broke too often and is suspended until the configuration is "
                  "reloaded (SIGHUP)",
                  name);
}

static void chain_ended(struct service *s, const json_t *labels)
{
    if (json_text(labels, "sink") && s->n_pushes > 0 && --s->n_pushes == 0)
        s->chain = CHAIN_IDLE;
    if (!json_text(labels, "kind"))
        return;
    s->chain = CHAIN_PUSH;
    const struct config *c = s->now->cli.config;
    for (size_t i = 0; i < c->n_sinks; i++)
        if (!c->sinks[i].is_disabled)
            work_add_push(&s->now->work, s->jobs, &c->sinks[i]);
    if (s->n_pushes == 0)
        s->chain = CHAIN_IDLE;
}

static void on_ended(void *ctx, const json_t *labels)
{
    struct hooked *h = ctx;
    size_t number;
    struct connector_run *run = run_of(h->generation, labels, &number);
    h->generation->n_jobs--;
    if (run && --run->n_jobs == 0)
        connector_ended(h->service, h->generation, number);
    else if (!run)
        chain_ended(h->service, labels);
}

static void hook(struct service *s, struct generation *g)
{
    struct hooked *h = xmalloc(sizeof *h);
    *h = (struct hooked){s, g};
    g->hooks = (struct work_hooks){h, on_added, on_result, on_ended};
    g->work.hooks = &g->hooks;
}

/* ---- generations ---- */

static void drop(struct generation *g)
{
    free(g->hooks.ctx);
    g->work.store = NULL; /* the service's */
    generation_free(g);
}

/* Readings whose last job has ended go. */
static void drop_older(struct service *s)
{
    for (struct generation **at = &s->now->older; *at;) {
        struct generation *g = *at;
        if (g->n_jobs > 0) {
            at = &g->older;
            continue;
        }
        *at = g->older;
        drop(g);
    }
}

static bool runs_already(const struct service *s, const char *connector)
{
    for (const struct generation *g = s->now->older; g; g = g->older) {
        size_t number = generation_find(g, connector);
        if (number != SIZE_MAX && g->runs[number].n_jobs > 0)
            return true;
    }
    return false;
}

/* ---- what is due ---- */

static void start_due(struct service *s)
{
    struct generation *g = s->now;
    for (size_t n; (n = agenda_start(g->agenda, day_now())) != SIZE_MAX;) {
        const struct agenda_entry *e = agenda_at(g->agenda, n);
        if (runs_already(s, e->name)) /* started before a reload: later */
            agenda_done(g->agenda, n, AGENDA_RETRY, day_now());
        else
            work_add_pulls(&g->work, s->jobs, e->ctx);
        if (g->runs[n].n_jobs == 0 &&
            agenda_due_of(g->agenda, n) == INT64_MAX) /* its plugin was refused */
            agenda_done(g->agenda, n, AGENDA_FINE, day_now());
    }
}

static void start_chain(struct service *s)
{
    if (!s->wants_chain || s->chain != CHAIN_IDLE)
        return;
    s->wants_chain = false;
    s->chain = CHAIN_COMBINE;
    work_add_combine(&s->now->work, s->jobs);
}

static void arm_timer(struct service *s)
{
    int64_t due = agenda_due(s->now->agenda);
    if (s->watchdog && s->next_watchdog < due)
        due = s->next_watchdog;
    struct itimerspec when = {0};
    if (due != INT64_MAX) {
        when.it_value.tv_sec = due / TIME_SECOND;
        when.it_value.tv_nsec = due % TIME_SECOND * 1000;
        if (due <= 0)
            when.it_value.tv_nsec = 1; /* zero would disarm it */
    }
    timerfd_settime(s->timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}

static void tell_status(struct service *s)
{
    size_t n = agenda_count(s->now->agenda);
    uint32_t running = supervise_running(s->jobs);
    if (n == s->told_connectors && running == s->told_running)
        return;
    s->told_connectors = n;
    s->told_running = running;
    notify_status("%zu connectors scheduled, %u jobs running", n, (unsigned)running);
}

static void on_idle(void *ctx)
{
    struct service *s = ctx;
    drop_older(s);
    start_due(s);
    start_chain(s);
    if (s->watchdog && day_now() >= s->next_watchdog) {
        notify_send("WATCHDOG=1");
        s->next_watchdog = day_now() + s->watchdog;
    }
    tell_status(s);
    arm_timer(s);
}

static void on_timer(void *ctx)
{
    struct service *s = ctx;
    uint64_t times;
    ssize_t n = read(s->timer, &times, sizeof times);
    if (n < 0 && errno == ECANCELED)
        log_warn("the clock was set; looking again at what is due");
}

/* ---- reload ---- */

static struct generation *reread(struct service *s, int *code)
{
    struct generation *g = generation_new(&s->now->cli, code);
    if (!g)
        return NULL;
    g->work.store = s->now->work.store;
    *code = generation_plan(g, g->work.store);
    if (*code == CLI_OK)
        return g;
    drop(g);
    return NULL;
}

static void on_reload(void *ctx)
{
    struct service *s = ctx;
    int code = CLI_OK;
    notify_send("RELOADING=1");
    struct generation *g = reread(s, &code);
    if (g && strcmp(g->cli.config->hub.state_dir, s->now->cli.config->hub.state_dir) != 0) {
        log_error("state_dir cannot change while the service runs: restart it");
        drop(g);
        g = NULL;
    }
    if (!g) {
        log_error("the new configuration is not used; the old one stays");
        if (code == CLI_INTERRUPTED)
            raise(SIGTERM); /* it was meant for the service, not for the look at the plugins */
    } else {
        auto_free char *what = generation_difference(s->now, g);
        log_info("configuration reloaded:%s", what);
        hook(s, g);
        g->older = s->now;
        s->now = g;
    }
    notify_send("READY=1");
}

/* ---- life ---- */

static void serve(struct service *s)
{
    s->watchdog = notify_watchdog();
    s->next_watchdog = day_now();
    s->wants_chain = true; /* what an earlier life left undelivered */
    s->calls = (struct supervise_service){
        .ctx = s, .timer = s->timer, .timer_due = on_timer, .idle = on_idle, .reload = on_reload};
    log_info("omnihub %s runs: %zu connectors are scheduled", PACKAGE_VERSION,
             agenda_count(s->now->agenda));
    notify_send("READY=1");
    supervise_serve(s->jobs, &s->calls);
    notify_send("STOPPING=1");
    log_info("stopped");
}

/* The store, the schema and the lock belong to the service; a reading only borrows the store. */
static int open_state(struct generation *g, struct work *owner)
{
    int code = work_lock(&g->work);
    *owner = (struct work){.lock = g->work.lock, .store = g->work.store, .schema = g->work.schema};
    g->work.lock = -1;
    g->work.schema = NULL;
    return code;
}

static void free_all(struct service *s)
{
    for (struct generation *g = s->now, *older; g; g = older) {
        older = g->older;
        drop(g);
    }
}

int service_run(struct cli *cli)
{
    int code = CLI_OK;
    struct work owner = {.lock = -1};
    if (!cli->is_quiet && !cli->is_verbose)
        log_set_level(LOG_INFO);
    cli->is_quiet = true; /* progress is for people at a terminal */
    auto_free char *path = realpath(cli->config_path, NULL);
    if (path) /* a reload comes after the service has gone to that folder */
        cli->config_path = path;
    struct service s = {.now = generation_new(cli, &code), .timer = -1};
    if (!s.now)
        return code;
    code = open_state(s.now, &owner);
    if (code == CLI_OK)
        code = generation_plan(s.now, s.now->work.store);
    if (code == CLI_OK) {
        hook(&s, s.now);
        work_go_home(&s.now->work);
        s.jobs = supervise_new((uint32_t)s.now->cli.config->hub.parallel);
        s.timer = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
        serve(&s);
        close(s.timer);
        supervise_free(s.jobs);
    }
    free_all(&s);
    work_free(&owner);
    return code;
}
