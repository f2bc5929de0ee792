/* SPDX-License-Identifier: Apache-2.0
 * Orders to the running service: reload, resume, a secret that was stored, state. They come by the
 * control socket, reload by SIGHUP too. */
#include <config.h>

#include "cli/service_priv.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/day.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/audited.h"
#include "cli/cli.h"
#include "facts/facts.h"
#include "facts/secret_facts.h"
#include "process/fences.h"
#include "run/notify.h"
#include "store/backfills.h"
#include "store/events.h"

/* ---- answers ---- */

static json_t *answer(bool is_ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static json_t *answer(bool is_ok, const char *fmt, ...)
{
    char text[ERR_TEXT];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    json_t *out = json_object();
    json_put_flag(out, "ok", is_ok);
    json_put_text(out, "text", text);
    return out;
}

/* ---- reload ---- */

static struct generation *reread(struct service *s, int *code, json_t **why)
{
    struct generation *g = generation_new(&s->now->cli, code, why);
    if (!g)
        return NULL;
    g->work.store = s->store;
    g->work.unwritten = s->unwritten;
    *code = generation_plan(g, s->store);
    if (*code == CLI_OK)
        return g;
    service_drop(g);
    return NULL;
}

static bool has_dead_plugin(const struct generation *g, const char *connector)
{
    const struct config_connector *k = config_connector(g->cli.config, connector);
    const struct plugin_info *info = k ? plugins_find(g->work.plugins, k->plugin) : NULL;
    return info && info->has_died;
}

/* Everything goes on from where it is; a connector that was suspended and is another one now gets
 * its chance, and so does one that failed as its plugin could not be asked. */
static void inherit(struct service *s, const struct generation *old)
{
    struct err err = {0};
    struct generation *g = s->now;
    for (size_t i = 0; i < agenda_count(g->plan.agenda); i++) {
        const char *name = agenda_at(g->plan.agenda, i)->name;
        size_t before = timetable_find(&old->plan, name);
        if (before != SIZE_MAX)
            agenda_inherit(g->plan.agenda, i, old->plan.agenda, before, day_now());
        if (agenda_is_retrying(g->plan.agenda, i) && has_dead_plugin(old, name) &&
            !has_dead_plugin(g, name))
            agenda_resume(g->plan.agenda, i, day_now());
        if (agenda_is_suspended(g->plan.agenda, i) && generation_has_changed(old, g, name) &&
            service_resume(s, i, &err) != OMNI_OK)
            log_error("connector %s: %s", name, err.text);
    }
}

static json_t *use(struct service *s, struct generation *g)
{
    struct generation *old = s->now;
    json_t *difference = generation_difference(old, g);
    auto_free char *what = generation_difference_text(difference);
    config_open_log(g->cli.config, PACKAGE_NAME);
    log_event(LOG_INFO, &(struct log_fields){.kind = LOG_RELOADED}, "configuration reloaded: %s",
              what);
    audited_configuration(g->cli.config, s->peer, g->cli.config_path, g->work.plugins);
    service_hook(s, g);
    g->older = old;
    s->now = g;
    work_note_plugins(&g->work);
    service_plan_asking(s);
    s->calendar_hour = 0; /* connectors, plugins and alerts may be others */
    alerts_reread(s->alerts);
    freshness_reread(s->freshness);
    backfills_use(s->backfills, &g->work, s->jobs);
    supervise_set_places(s->jobs, (uint32_t)g->cli.config->hub.parallel,
                         g->cli.config->hub.backfill_share);
    inherit(s, old);
    json_t *out = answer(true, "configuration reloaded: %s", what);
    json_object_update(out, difference);
    json_decref(difference);
    return out;
}

static json_t *refuse_reload(struct service *s, const char *why, json_t *findings)
{
    audited_one(s->now->cli.config, s->peer, AUDIT_RELOAD_REFUSED, "why",
                why ? why : "it has errors");
    log_event(LOG_ERROR, &(struct log_fields){.kind = LOG_RELOAD_REFUSED},
              "the new configuration is not used%s%s; the old one stays", why ? ": " : "",
              why ? why : "");
    json_t *out = answer(false, "the new configuration is not used%s%s; the old one stays",
                         why ? ": " : "", why ? why : "");
    if (findings)
        json_object_set(out, "findings", findings);
    return out;
}

json_t *service_reload(struct service *s)
{
    int code = CLI_OK;
    json_t *findings = NULL, *out;
    notify_send("RELOADING=1");
    struct generation *g = reread(s, &code, &findings);
    if (!g) {
        out = refuse_reload(s, NULL, findings);
        if (code == CLI_INTERRUPTED)
            raise(SIGTERM); /* it was meant for the service, not for the look at the plugins */
    } else if (strcmp(g->cli.config->hub.state_dir, s->now->cli.config->hub.state_dir) != 0) {
        out = refuse_reload(s, "state_dir cannot change while the service runs, restart it", NULL);
        service_drop(g);
    } else {
        out = use(s, g);
    }
    json_decref(findings);
    notify_send("READY=1");
    return out;
}

/* ---- the other orders ---- */

static json_t *reload(struct service *s, const json_t *order)
{
    (void)order;
    return service_reload(s);
}

static json_t *resume_clock(struct service *s)
{
    if (!clock_is_doubtful(&s->clock))
        return answer(false, "nothing is held; name the connector that shall go on");
    clock_accept(&s->clock);
    if (clock_is_doubtful(&s->clock))
        return answer(false, "the clock shows a time before this program was made: set it right");
    log_info("the clock is right, says the admin: going on");
    return answer(true, "the clock is taken as right; what is due is started");
}

static json_t *resume(struct service *s, const json_t *order)
{
    struct err err = {0};
    const char *name = json_text(order, "connector");
    if (!name)
        return resume_clock(s);
    size_t number = timetable_find(&s->now->plan, name);
    if (number == SIZE_MAX)
        return answer(false, "connector \"%s\" has no schedule here", name);
    bool was_suspended = agenda_is_suspended(s->now->plan.agenda, number);
    bool is_running = agenda_is_running(s->now->plan.agenda, number);
    if (service_resume(s, number, &err) != OMNI_OK)
        return answer(false, "%s", err.text);
    log_info("connector %s is resumed", name);
    return answer(true,
                  was_suspended ? "connector \"%s\" is run again"
                  : is_running  ? "connector \"%s\" is running; it is run again after that"
                                : "connector \"%s\" was not suspended; it is run now",
                  name);
}

/* Jobs that run may have asked with the old one. */
static void note_new_secret(struct service *s, const char *connector)
{
    for (struct generation *g = s->now; g; g = g->older) {
        size_t number = timetable_find(&g->plan, connector);
        if (number != SIZE_MAX && g->runs[number].n_jobs > 0)
            g->runs[number].has_new_secret = true;
    }
}

/* Is it tried again? Only where its login was refused; a connector without a schedule never is. */
static bool retry_login(struct service *s, const char *user)
{
    static const char connector[] = "connector ";
    struct err err = {0};
    bool fails = false, is_sink = strncmp(user, connector, strlen(connector)) != 0;
    const char *who = is_sink ? user : user + strlen(connector);
    size_t number = is_sink ? SIZE_MAX : timetable_find(&s->now->plan, who);
    const char *code = outcome_of_status(OMNI_E_AUTH)->code;
    omni_status status = event_fails_with(s->store, who, code, &fails, &err);
    bool is_tried = fails && (is_sink || number != SIZE_MAX);
    if (!is_sink)
        note_new_secret(s, who);
    if (is_tried && is_sink)
        s->wants_chain = true;
    else if (is_tried)
        status = service_resume(s, number, &err);
    if (status != OMNI_OK)
        log_error("%s: %s", user, err.text);
    return is_tried && status == OMNI_OK;
}

/* What waits for a person since its login was refused need not wait for its tick as well. Users are
 * as secret_users() names them. */
static json_t *use_secret(struct service *s, const json_t *order)
{
    const char *name = json_text(order, "secret");
    auto_buf tried = BUF_INIT(CONTROL_PACKET);
    auto_json *users = name ? secret_users(s->now->cli.config, name) : NULL;
    size_t i;
    const json_t *user;
    json_array_foreach(users, i, user) if (retry_login(s, json_string_value(user)))
        buf_printf(&tried, "%s%s", tried.len ? ", " : "", json_string_value(user));
    if (!tried.len)
        return json_pack("{s:b}", "ok", 1);
    log_info("secret %s is stored anew; tried again: %s", name, tried.data);
    return answer(true, "the service tries again now: %s", tried.data);
}

static bool read_day(const json_t *order, const char *key, int32_t *day)
{
    const char *text = json_text(order, key);
    return text && day_parse_iso(text, strlen(text), day);
}

static json_t *backfill(struct service *s, const json_t *order)
{
    struct err err = {0};
    int32_t from, to;
    const char *name = json_text(order, "connector");
    const struct config_connector *k = name ? config_connector(s->now->cli.config, name) : NULL;
    if (!k)
        return answer(false, "the service has no connector \"%s\"; reload it", name ? name : "");
    if (!read_day(order, "from", &from) || !read_day(order, "to", &to) || from > to)
        return answer(false, "a backfill has a first and a last day");
    if (backfill_order(s->store, k, from, to, &err) != OMNI_OK ||
        backfills_load(s->backfills, &err) != OMNI_OK)
        return answer(false, "connector \"%s\": %s", name, err.text);
    log_info("backfill of %s from %s to %s", name, json_text(order, "from"),
             json_text(order, "to"));
    return answer(true,
                  "the service (process %d) does it beside its schedule; `omnihub backfill` "
                  "shows how far it is",
                  (int)getpid());
}

static json_t *stop_backfill(struct service *s, const json_t *order)
{
    struct err err = {0};
    uint64_t n = 0;
    const char *name = json_text(order, "connector");
    if (!name || backfill_stop(s->store, name, &n, &err) != OMNI_OK)
        return answer(false, "%s", name ? err.text : "whose?");
    backfills_drop(s->backfills, name);
    supervise_stop_background(s->jobs, name);
    if (n == 0)
        return answer(false, "no backfill of connector \"%s\" is under way", name);
    return answer(true, "stopped; the same order takes it up again");
}

static const char *state_of(const struct service *s, size_t number)
{
    const struct agenda *agenda = s->now->plan.agenda;
    if (agenda_is_suspended(agenda, number))
        return "suspended";
    if (agenda_due_of(agenda, number) == INT64_MAX)
        return "running";
    if (agenda_parked_until(agenda, number) != AGENDA_NEVER)
        return "parked";
    return agenda_is_retrying(agenda, number) ? "retrying" : "waiting";
}

static json_t *sandbox(void)
{
    const struct fences fences = fences_find();
    return json_pack("{s:b, s:i}", "seccomp", (int)fences.has_seccomp, "landlock_abi",
                     fences.landlock_abi);
}

/* As hub/facts/facts.h reads it. */
static json_t *state(struct service *s, const json_t *order)
{
    (void)order;
    json_t *out = json_pack("{s:b, s:i, s:s, s:b, s:o, s:[]}", "ok", 1, "pid", (int)getpid(),
                            "version", PACKAGE_VERSION, "clock_held", clock_is_doubtful(&s->clock),
                            "apis", plugins_apis(s->now->work.plugins), "connectors");
    json_put_int(out, "log_lost", (int64_t)log_lost());
    json_object_set_new(out, "sandbox", sandbox());
    const struct agenda *agenda = s->now->plan.agenda;
    for (size_t i = 0; i < agenda_count(agenda); i++) {
        char time[TIME_TEXT];
        json_t *one = json_object();
        int64_t due = agenda_due_of(agenda, i);
        json_put_text(one, "connector", agenda_at(agenda, i)->name);
        json_put_text(one, "state", state_of(s, i));
        json_put_text(one, "next_at", due == INT64_MAX ? NULL : day_print_time(due, time));
        json_array_append_new(json_object_get(out, "connectors"), one);
    }
    return out;
}

static const struct {
    const char *name;
    bool is_change;    /* told to the log */
    const char *audit; /* the event that it is for the audit log; NULL: none */
    json_t *(*run)(struct service *, const json_t *order);
} orders[] = {
    {"reload", true, NULL, reload}, /* notes what became of it itself */
    {"resume", true, AUDIT_RESUME, resume},
    {"use-secret", true, NULL, use_secret}, /* who stored it has noted that */
    {"backfill", true, AUDIT_BACKFILL, backfill},
    {"stop-backfill", true, AUDIT_BACKFILL_STOP, stop_backfill},
    {"state", false, NULL, state},
};

/* The order itself, without its verb. */
static void note_order(struct service *s, const char *event, const json_t *order)
{
    static const char *const members[] = {"connector", "from", "to"};
    json_t *detail = json_object();
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        json_put_text(detail, members[i], json_text(order, members[i]));
    audited(s->now->cli.config, s->peer, event, detail);
}

static json_t *obey(struct service *s, size_t i, const json_t *order)
{
    json_t *out = orders[i].run(s, order);
    if (orders[i].audit && json_flag(out, "ok"))
        note_order(s, orders[i].audit, order);
    return out;
}

json_t *service_answer(void *service, const struct control_peer *peer, const json_t *order)
{
    struct service *s = service;
    const char *name = json_text(order, "do");
    for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
        if (strcmp(orders[i].name, name) != 0)
            continue;
        if (orders[i].is_change)
            log_info("order %s from user %u (process %d)", name, (unsigned)peer->uid,
                     (int)peer->pid);
        s->peer = peer;
        json_t *out = obey(s, i, order);
        s->peer = NULL;
        return out;
    }
    return answer(false, "this service (omnihub %s) knows no order \"%.40s\"", PACKAGE_VERSION,
                  name);
}
