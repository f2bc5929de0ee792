/* SPDX-License-Identifier: Apache-2.0
 * The service: one thread, one poll(). A timer on the wall clock says when the next connector is
 * due; a clock that is set makes it look again. */
#include <config.h>

#include "cli/service.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/day.h"
#include "base/file_system.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/audited.h"
#include "cli/service_priv.h"
#include "cli/unwritten.h"
#include "run/notify.h"
#include "store/events.h"

enum { ZONES_EVERY_S = 3600 };

/* ---- the clock ---- */

static int64_t steady_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return t.tv_sec * TIME_SECOND + t.tv_nsec / 1000;
}

static void follow_clock(struct service *s, int64_t moved, int64_t now)
{
    int64_t seconds = ((moved < 0 ? -moved : moved) + TIME_SECOND / 2) / TIME_SECOND;
    log_warn("the clock was set %s by %" PRId64 " h %" PRId64 " min %" PRId64
             " s; looking again at what is due",
             moved < 0 ? "back" : "forward", seconds / 3600, seconds / 60 % 60, seconds % 60);
    agenda_clock_moved(s->now->plan.agenda, moved, now);
    backfills_clock_moved(s->backfills, moved);
    if (s->chain_due != INT64_MAX) /* a wait, not a moment */
        s->chain_due += moved;
    if (s->next_asking != INT64_MAX)
        s->next_asking += moved;
    s->next_watchdog = now; /* else nobody would hear of us until then */
    s->next_zones = now;
    unwritten_clock_moved(s->unwritten, moved);
    alerts_clock_moved(s->alerts, moved);
    freshness_clock_moved(s->freshness, moved);
}

static const char *held_words(const struct service *s)
{
    return s->clock.is_ancient
               ? "the clock shows a time before this program was made: nothing is started until it "
                 "is set right"
               : "the clock jumped too far to be believed: nothing is started until it is set "
                 "back, "
                 "or `omnihub resume` says that it is right";
}

/* To the log, and as an event: who is alone with a service hears of it by its alerts. */
static void tell_held(struct service *s)
{
    bool is_held = clock_is_doubtful(&s->clock);
    if (is_held == s->told_held)
        return;
    s->told_held = is_held;
    if (is_held)
        log_error("%s", held_words(s));
    if (is_held)
        unwritten_raise(s->unwritten, EVENT_CLOCK, "service", held_words(s));
    else
        unwritten_clear(s->unwritten, EVENT_CLOCK, "service");
    alerts_wake(s->alerts);
}

static void look_at_clock(struct service *s)
{
    if (getenv("OMNIHUB_NOW")) /* a test's clock stands still */
        return;
    int64_t now = day_now(), moved = clock_moved(&s->clock, now, steady_now());
    if (moved)
        follow_clock(s, moved, now);
    if (s->now->cli.config->hub.accepts_clock_jump)
        clock_accept(&s->clock);
    tell_held(s);
}

/* Neither a restart nor an upgrade makes a clock right that was not believed before; that it shows
 * an earlier time now does. */
static void hold_again(struct service *s)
{
    struct err err = {0};
    auto_json *open = events_list(s->store, true, 0, &err);
    const json_t *event;
    size_t i;
    json_array_foreach(open, i, event)
    {
        struct day_clock c;
        const char *since = json_text(event, "since_at");
        if (strcmp(json_text(event, "kind"), EVENT_CLOCK) != 0 ||
            !day_parse_time(since, strlen(since), &c))
            continue;
        s->told_held = true;
        int64_t at = c.day * TIME_DAY + c.micros - c.offset * TIME_SECOND;
        if (day_now() < at - CLOCK_TRUSTED_S * TIME_SECOND || getenv("OMNIHUB_NOW"))
            continue;
        clock_hold(&s->clock);
        log_error("%s", held_words(s));
    }
}

/* A machine without a battery for its clock wakes up in 1970, and nothing must be scheduled then.
 */
static int64_t made_at(void)
{
    int32_t day = 0;
    day_parse_iso(OMNIHUB_MADE, strlen(OMNIHUB_MADE), &day);
    return day * TIME_DAY;
}

static void look_at_file_system(const struct config_hub *hub)
{
    const struct file_system *fs =
        hub->accepts_file_system ? NULL : file_system_doubted(hub->state_dir);
    if (fs)
        log_warn("state_dir %s is on %s: %s", hub->state_dir, fs->name, fs->doubt);
}

static bool is_after_1970(void)
{
    char time[TIME_TEXT];
    if (day_now() >= made_at())
        return true;
    cli_error("the clock says %s, before this program was made: set it, then start again",
              day_print_time(day_now() / TIME_SECOND * TIME_SECOND, time));
    return false;
}

/* ---- zones ---- */

/* A reload reads them anew; one that cannot be leaves the old ones in place, and says why. */
static void look_at_zones(struct service *s)
{
    int64_t now = day_now();
    if (now < s->next_zones)
        return;
    s->next_zones = now + ZONES_EVERY_S * TIME_SECOND;
    const char *name = timetable_stale_zone(&s->now->plan);
    if (!name)
        return;
    log_info("the file of time zone %s was changed; reading the configuration anew", name);
    json_decref(service_reload(s));
}

/* ---- plugins ---- */

static void look_at_plugins(struct service *s)
{
    if (day_now() < s->next_asking)
        return;
    const struct generation *before = s->now;
    log_info("plugin %s died when it was asked what it is; reading the configuration anew",
             plugins_dead(before->work.plugins));
    json_decref(service_reload(s));
    if (s->now == before) /* the configuration cannot be read now */
        service_plan_asking(s);
}

/* ---- the loop ---- */

static void arm_timer(struct service *s)
{
    int64_t due = agenda_due(s->now->plan.agenda), history = backfills_due(s->backfills);
    int64_t alerts = alerts_due(s->alerts), fresh = freshness_due(s->freshness);
    due = history < due ? history : due;
    due = s->chain_due < due ? s->chain_due : due;
    due = alerts < due ? alerts : due;
    due = fresh < due ? fresh : due;
    if (clock_is_doubtful(&s->clock))
        due = INT64_MAX;
    due = s->next_zones < due ? s->next_zones : due;
    due = s->next_asking < due ? s->next_asking : due;
    int64_t unwritten = unwritten_due(s->unwritten);
    due = unwritten < due ? unwritten : due;
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
    size_t n = agenda_count(s->now->plan.agenda);
    uint32_t running = supervise_running(s->jobs);
    if (n == s->told_connectors && running == s->told_running)
        return;
    s->told_connectors = n;
    s->told_running = running;
    notify_status("%zu connectors scheduled, %u jobs running", n, (unsigned)running);
}

/* Before anything newer is begun, too: the ledger's order is that of its runs. */
static void write_what_waits(struct service *s)
{
    struct err err = {0};
    bool is_due = unwritten_due(s->unwritten) <= day_now();
    if (!is_due && agenda_due(s->now->plan.agenda) > day_now())
        return;
    omni_status status = unwritten_retry(s->unwritten, &err); /* which says it itself */
    if (is_due && status == OMNI_OK)
        alerts_wake(s->alerts);
}

static void on_idle(void *ctx)
{
    struct service *s = ctx;
    service_drop_older(s);
    look_at_clock(s);
    look_at_zones(s);
    look_at_plugins(s);
    write_what_waits(s);
    if (!clock_is_doubtful(&s->clock)) {
        service_look_at_calendar(s);
        service_start_due(s);
        service_start_backfills(s);
        service_start_chain(s);
        service_tell(s);
    } else { /* what else is to be told has to do with times, which nobody knows now */
        alerts_run(s->alerts, &s->now->work, s->jobs, true);
    }
    if (s->watchdog && day_now() >= s->next_watchdog) {
        notify_send("WATCHDOG=1");
        s->next_watchdog = day_now() + s->watchdog;
    }
    log_tick();
    tell_status(s);
    arm_timer(s);
}

static size_t on_watch(void *ctx, struct pollfd *polls, size_t max)
{
    struct service *s = ctx;
    polls[0] = (struct pollfd){.fd = s->timer, .events = POLLIN};
    return 1 + (s->control ? control_watch(s->control, polls + 1, max - 1) : 0);
}

/* The timer is cancelled by a clock that is set; look_at_clock() then says by how much. */
static void on_ready(void *ctx, const struct pollfd *polls, size_t n)
{
    struct service *s = ctx;
    uint64_t times;
    if (polls[0].revents && read(s->timer, &times, sizeof times) < 0 && errno != ECANCELED &&
        errno != EAGAIN)
        log_error("the timer cannot be read: %s", strerror(errno));
    if (s->control)
        control_ready(s->control, polls + 1, n - 1);
}

static int32_t on_wait(void *ctx)
{
    const struct service *s = ctx;
    return s->control ? control_wait_ms(s->control) : -1;
}

static void on_reload(void *ctx)
{
    json_decref(service_reload(ctx));
}

/* ---- life ---- */

static void serve(struct service *s)
{
    s->watchdog = notify_watchdog();
    s->next_watchdog = day_now();
    s->next_zones = day_now() + ZONES_EVERY_S * TIME_SECOND;
    s->clock.oldest = made_at();
    hold_again(s);
    s->wants_chain = true; /* what an earlier life left undelivered */
    s->calls = (struct supervise_service){.ctx = s,
                                          .watch = on_watch,
                                          .ready = on_ready,
                                          .wait_ms = on_wait,
                                          .idle = on_idle,
                                          .reload = on_reload};
    log_event(LOG_INFO, &(struct log_fields){.kind = LOG_STARTED},
              "omnihub %s runs: %zu connectors are scheduled", PACKAGE_VERSION,
              agenda_count(s->now->plan.agenda));
    notify_send("READY=1");
    supervise_serve(s->jobs, &s->calls);
    notify_send("STOPPING=1");
    log_event(LOG_INFO, &(struct log_fields){.kind = LOG_STOPPED}, "stopped");
}

/* These belong to the service; a reading only borrows the store and what is on its way into it. */
static int open_state(struct generation *g, struct work *owner)
{
    int code = work_lock(&g->work);
    *owner = (struct work){.lock = g->work.lock,
                           .store = g->work.store,
                           .unwritten = g->work.unwritten,
                           .schema = g->work.schema};
    g->work.lock = -1;
    g->work.schema = NULL;
    return code;
}

/* The service works without it; SIGHUP and SIGTERM still reach it. */
static void open_control(struct service *s)
{
    struct err err = {0};
    const struct control_calls calls = {s, service_answer};
    s->control = control_open(s->now->cli.config->hub.state_dir, geteuid(), &calls, &err);
    if (!s->control)
        log_error("%s", err.text);
}

/* What an earlier life did not finish goes on. */
static void open_backfills(struct service *s)
{
    struct err err = {0};
    s->backfills = backfills_new(s->store);
    backfills_use(s->backfills, &s->now->work, s->jobs);
    if (backfills_load(s->backfills, &err) != OMNI_OK)
        log_error("backfills: %s", err.text);
}

static void begin(struct service *s, const char *config_path)
{
    const struct config *c = s->now->cli.config;
    s->store = s->now->work.store;
    s->unwritten = s->now->work.unwritten;
    service_hook(s, s->now);
    service_keep_reserve(s);
    look_at_file_system(&c->hub);
    work_go_home(&s->now->work);
    open_control(s);
    s->jobs = supervise_new((uint32_t)c->hub.parallel);
    supervise_set_places(s->jobs, (uint32_t)c->hub.parallel, c->hub.backfill_share);
    open_backfills(s);
    s->alerts = alerts_new(s->store);
    service_plan_asking(s);
    s->freshness = freshness_new(s->store, true);
    s->timer = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    audited_one(c, NULL, AUDIT_SERVICE_START, "version", PACKAGE_VERSION);
    audited_configuration(c, NULL, config_path, s->now->work.plugins);
}

static void end(struct service *s)
{
    audited(s->now->cli.config, NULL, AUDIT_SERVICE_STOP, NULL);
    close(s->timer);
    control_close(s->control);
    backfills_free(s->backfills);
    alerts_free(s->alerts);
    freshness_free(s->freshness);
    supervise_free(s->jobs);
}

static void free_all(struct service *s)
{
    for (struct generation *g = s->now, *older; g; g = older) {
        older = g->older;
        service_drop(g);
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
    if (!is_after_1970())
        return CLI_CANNOT;
    struct service s = {
        .now = generation_new(cli, &code, NULL), .timer = -1, .chain_due = INT64_MAX};
    if (!s.now) /* told to stop before it began: an end in good order, too */
        return code == CLI_INTERRUPTED ? CLI_OK : code;
    config_open_log(s.now->cli.config, PACKAGE_NAME);
    code = open_state(s.now, &owner);
    if (code == CLI_OK)
        code = generation_plan(s.now, s.now->work.store);
    if (code == CLI_OK) {
        begin(&s, cli->config_path);
        serve(&s);
        end(&s);
    }
    free_all(&s);
    work_free(&owner);
    return code;
}
