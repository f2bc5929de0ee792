/* SPDX-License-Identifier: Apache-2.0
 * Preparing a command's jobs, running them, and what became of those that died. */
#include <config.h>

#include "cli/work.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/day.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/outcome.h"
#include "base/text.h"
#include "cli/alerts.h"
#include "cli/audited.h"
#include "cli/gone.h"
#include "cli/unwritten.h"
#include "run/spec.h"
#include "schema/schema.h"
#include "store/apis.h"
#include "store/events.h"
#include "store/store.h"

bool work_wants(const struct cli *cli, const char *name, bool is_disabled)
{
    for (int i = 0; i < cli->n_names; i++)
        if (strcmp(cli->names[i], name) == 0)
            return true;
    return cli->n_names == 0 && !is_disabled;
}

/* ---- preparing ---- */

static void make_batch(struct work *w)
{
    char time[TIME_TEXT];
    size_t n = 0;
    day_print_time(day_now() / TIME_SECOND * TIME_SECOND, time);
    /* 2026-01-31T10:00:00Z → 20260131T100000Z-PID */
    for (const char *p = time; *p && n < sizeof w->batch - 16; p++)
        if (*p != '-' && *p != ':')
            w->batch[n++] = *p;
    snprintf(w->batch + n, sizeof w->batch - n, "-%d", (int)getpid());
}

static void keep_env(struct work *w, const char *kind, const char *name, json_t *env_take)
{
    auto_free char *key = xasprintf("%s %s", kind, name);
    json_object_set_new(w->envs, key, env_take);
}

bool work_is_refused(const struct work *w, const char *plugin)
{
    const struct plugin_info *info = plugins_find(w->plugins, plugin);
    return info && info->path && !info->module;
}

static void check_all(struct work *w, bool with_connectors, bool with_sinks)
{
    const struct cli *cli = w->cli;
    const struct config *c = cli->config;
    for (size_t i = 0; with_connectors && i < c->n_connectors; i++)
        if (work_wants(cli, c->connectors[i].name, c->connectors[i].is_disabled) &&
            !work_is_refused(w, c->connectors[i].plugin))
            keep_env(w, "connector", c->connectors[i].name,
                     plugins_check_connector(w->plugins, &c->connectors[i], cli->findings));
    /* sync NAME… names connectors; it pushes to every sink. */
    for (size_t i = 0; with_sinks && i < c->n_sinks; i++)
        if ((with_connectors ? !c->sinks[i].is_disabled
                             : work_wants(cli, c->sinks[i].name, c->sinks[i].is_disabled)) &&
            !work_is_refused(w, c->sinks[i].plugin))
            keep_env(w, "sink", c->sinks[i].name,
                     plugins_check_sink(w->plugins, &c->sinks[i], cli->findings));
}

static void want_all(struct work *w, bool with_connectors, bool with_sinks)
{
    const struct config *c = w->cli->config;
    for (size_t i = 0; with_connectors && i < c->n_connectors; i++)
        if (work_wants(w->cli, c->connectors[i].name, c->connectors[i].is_disabled))
            plugins_want(w->plugins, c->connectors[i].plugin);
    for (size_t i = 0; with_sinks && i < c->n_sinks; i++)
        if (with_connectors || work_wants(w->cli, c->sinks[i].name, c->sinks[i].is_disabled))
            plugins_want(w->plugins, c->sinks[i].plugin);
}

void work_init(struct work *w, const struct cli *cli)
{
    *w = (struct work){.cli = cli, .lock = -1};
    make_batch(w);
    w->envs = json_object();
    w->results = json_array();
    w->audited = json_object();
    w->progress = progress_new(cli->is_quiet);
}

int work_prepare(struct work *w, struct cli *cli, bool with_connectors, bool with_sinks)
{
    work_init(w, cli);
    if (cli_load(cli) != CLI_OK)
        return CLI_USAGE;
    int code = with_connectors ? cli_check_connectors(cli) : cli_check_sinks(cli);
    if (code != CLI_OK)
        return code;
    w->plugins = plugins_new(cli);
    plugins_let_die(w->plugins);
    want_all(w, with_connectors, with_sinks);
    if (!plugins_ask(w->plugins))
        return CLI_INTERRUPTED;
    check_all(w, with_connectors, with_sinks);
    alerts_check(w, cli->findings);
    if (config_findings_errors(cli->findings) == 0)
        return CLI_OK;
    cli_print_findings(cli);
    return CLI_USAGE;
}

/* ---- the state ---- */

/* Under the lock nobody else can be at work: what still counts as running died with its hub. */
static omni_status end_stale_runs(struct work *w, struct err *err)
{
    const struct outcome *o = outcome_of_status(OMNI_E_CANCELLED);
    const struct store_run_end end = {
        .outcome = o->outcome, .message = "the hub was stopped while it ran", .remedy = o->remedy};
    const struct store_abandoned left = {.is_all = true, .end = &end, .at = day_now()};
    return store_runs_abandon(w->store, &left, NULL, err);
}

static omni_status open_state(struct work *w, struct err *err)
{
    const struct config_hub *hub = &w->cli->config->hub;
    omni_status st = file_make_dirs(hub->state_dir, 0700, err);
    if (st != OMNI_OK)
        return st;
    auto_free char *path = xasprintf("%s/hub.lock", hub->state_dir);
    auto_free char *holder =
        xasprintf("omnihub %s, process %d", w->cli->command->name, (int)getpid());
    w->lock = file_lock(path, holder, err);
    if (w->lock < 0)
        return OMNI_E_RETRY;
    w->schema = schema_load(hub->schema_dir, err);
    if (!w->schema)
        return err->status;
    w->store = store_open(hub->state_dir, w->schema, STORE_WRITE, err);
    if (!w->store)
        return err->status;
    w->unwritten = unwritten_new(w->store, hub->state_dir);
    return end_stale_runs(w, err);
}

void work_note_plugins(struct work *w)
{
    struct err err = {0};
    auto_json *apis = plugins_apis(w->plugins);
    if (apis_note(w->store, apis, &err) != OMNI_OK)
        log_warn("what plugins say of their APIs cannot be kept: %s", err.text);
}

static void warn_renamed(void *ctx, const struct config_connector *k, const char *text)
{
    (void)ctx, (void)k;
    log_warn("%s", text);
}

int work_lock(struct work *w)
{
    struct err err = {0};
    if (open_state(w, &err) == OMNI_OK) {
        work_note_plugins(w);
        if (gone_find_renamed(w->plugins, w->store, warn_renamed, NULL, &err) != OMNI_OK)
            log_warn("%s", err.text);
        if (store_was_migrated(w->store))
            audited_one(w->cli->config, NULL, AUDIT_MIGRATION, "version", PACKAGE_VERSION);
        return CLI_OK;
    }
    cli_error("%s", err.text);
    return CLI_CANNOT;
}

void work_free(struct work *w)
{
    progress_free(w->progress);
    plugins_free(w->plugins);
    unwritten_free(w->unwritten);
    store_close(w->store);
    schema_free(w->schema);
    json_decref(w->envs);
    json_decref(w->results);
    json_decref(w->audited);
    if (w->lock >= 0)
        close(w->lock);
}

/* ---- jobs ---- */

struct work_job {
    struct work *work;
    json_t *spec, *labels;
    char *name; /* of the connector or sink, or the verb */
    void (*event)(void *ctx, const json_t *);
    void (*end)(void *ctx);
    void *ctx;
};

static json_t *http_spec(const struct config_http *http)
{
    json_t *spec = json_object();
    json_put_int(spec, "connect_ms", http->connect_timeout_s * 1000);
    json_put_int(spec, "stall_ms", http->stall_timeout_s * 1000);
    json_put_int(spec, "total_ms", http->request_timeout_s * 1000);
    json_put_int(spec, "max_wait_ms", http->max_wait_s * 1000);
    json_put_int(spec, "max_attempts", http->max_attempts);
    json_put_int(spec, "first_wait_ms", http->first_wait_ms);
    json_put_int(spec, "max_body", http->max_body_mb * 1024 * 1024);
    return spec;
}

json_t *work_spec(struct work *w, const char *verb)
{
    const struct config_hub *hub = &w->cli->config->hub;
    json_t *spec = json_object();
    auto_free char *batch = xasprintf("%s/%u", w->batch, ++w->n_jobs);
    json_put_text(spec, "verb", verb);
    json_put_int(spec, "parent", getpid());
    json_put_int(spec, "run_timeout_s", hub->run_timeout_s);
    json_put_text(spec, "batch", batch);
    json_put_text(spec, "state_dir", hub->state_dir);
    json_put_text(spec, "schema_dir", hub->schema_dir);
    json_put_text(spec, "channel_rules", hub->channel_rules);
    json_put_text(spec, "timezone", hub->timezone);
    json_put_text(spec, "currency", hub->currency);
    json_put_text(spec, "proxy", hub->proxy);
    json_put_text(spec, "ca_file", hub->ca_file);
    json_put_text(spec, "private_hosts", hub->private_hosts);
    json_put_text(spec, "vault_key", hub->vault_key);
    if (hub->vault_is_credential)
        json_put_flag(spec, "vault_is_credential", true);
    json_object_set_new(spec, "http", http_spec(&hub->http));
    json_put_text(spec, "sandbox", hub->sandbox_require ? "require" : "best");
    if (w->cli->debug)
        json_object_set(spec, "debug", (json_t *)w->cli->debug);
    json_put_int(spec, "log_level", (int64_t)log_get_level());
    if (log_is_open()) {
        json_put_text(spec, "log", log_format_name(log_get_format()));
        json_put_text(spec, "log_socket", getenv(CONFIG_LOG_SOCKET));
    }
    return spec;
}

void work_take_result(struct work *w, json_t *result_take)
{
    if (w->hooks) {
        w->hooks->result(w->hooks->ctx, result_take);
        json_decref(result_take);
    } else {
        json_array_append_new(w->results, result_take);
    }
}

/* Of what has no run in the ledger: a list of accounts, a sink that could not be opened, combine.
 */
static void note_event(const struct work *w, const json_t *result)
{
    struct err err = {0};
    const char *connector = json_text(result, "connector"), *sink = json_text(result, "sink");
    const struct event_run run = {.kind = connector ? "pull"
                                          : sink    ? "push"
                                                    : "combine",
                                  .connector = connector ? connector : sink,
                                  .account = json_text(result, "account"),
                                  .outcome = json_text(result, "outcome"),
                                  .reason = json_text(result, "reason"),
                                  .message = json_text(result, "message")};
    bool is_of_stream = json_text(result, "stream") || json_text(result, "dataset");
    if (!w->store || w->is_check || is_of_stream || json_flag(result, "backfill") ||
        (!run.connector && !json_text(result, "kind")))
        return;
    if (event_of_run(w->store, &run, &err) != OMNI_OK)
        cli_error("%s", err.text);
}

static void add_result(struct work_job *j, json_t *result_take)
{
    const char *key;
    json_t *label;
    json_object_del(result_take, "event");
    json_object_foreach(j->labels, key, label) if (!json_object_get(result_take, key))
        json_object_set(result_take, key, label);
    json_put_text(result_take, "run", json_text(j->spec, "batch"));
    progress_result(j->work->progress, j->name, result_take, j->work->is_dry);
    note_event(j->work, result_take);
    work_take_result(j->work, result_take);
}

static void print_row(struct work_job *j, const json_t *event)
{
    auto_json *row = json_object();
    json_object_update(row, j->labels);
    json_object_update(row, (json_t *)event);
    json_object_del(row, "event");
    auto_free char *line = json_print(row);
    progress_clear(j->work->progress);
    puts(line);
}

/* Whose run it is, for one that could not even begin; stream NULL: all of them. */
static struct store_run run_of(const json_t *labels, const char *stream)
{
    const char *connector = json_text(labels, "connector"), *account = json_text(labels, "account");
    return (struct store_run){.kind = json_flag(labels, "backfill") ? "backfill"
                                      : connector                   ? "pull"
                                                                    : "push",
                              .connector = connector ? connector : json_text(labels, "sink"),
                              .stream = stream ? stream : "",
                              .account = account ? account : ""};
}

/* What is no connector's or sink's has no run that could be noted. */
static void write_end(struct work *w, const struct store_abandoned *ended)
{
    struct store_abandoned a = *ended;
    if (a.noted && !a.noted->connector)
        a.noted = NULL;
    a.at = day_now();
    if (w->unwritten)
        unwritten_add(w->unwritten, &a);
}

/* How a run ended that its job could not write down itself, or not even begin. */
static void take_unwritten(struct work_job *j, const json_t *event)
{
    const char *outcome = json_text(event, "outcome");
    int64_t run = json_int(event, "id", 0);
    const struct store_run unbegun = run_of(j->labels, json_text(event, "stream"));
    const struct store_run_end end = {.outcome = outcome ? outcome : "failed",
                                      .reason = json_text(event, "reason"),
                                      .message = json_text(event, "message"),
                                      .remedy = json_text(event, "remedy"),
                                      .signal = (int)json_int(event, "signal", 0)};
    write_end(j->work,
              &(struct store_abandoned){.run = run, .noted = run ? NULL : &unbegun, .end = &end});
}

/* What a job noticed; the same is noted once, or each pull of a weak machine would. */
static void note_audit(struct work_job *j, const json_t *event)
{
    const char *what = json_text(event, "what"), *text = json_text(event, "text");
    if (!what || !text)
        return;
    auto_free char *key = xasprintf("%s %s %s", what, j->name, text);
    if (json_object_get(j->work->audited, key))
        return;
    json_put_flag(j->work->audited, key, true);
    json_t *detail = json_object();
    json_object_update(detail, j->labels);
    json_put_text(detail, "text", text);
    audited(j->work->cli->config, NULL, what, detail);
}

static void on_event(void *ctx, const json_t *event)
{
    struct work_job *j = ctx;
    const char *name = json_text(event, "event");
    if (strcmp(name, "progress") == 0)
        progress_update(j->work->progress, j->name, event);
    else if (strcmp(name, "result") == 0)
        add_result(j, json_deep_copy(event));
    else if (strcmp(name, "row") == 0 && !j->work->on_dry)
        print_row(j, event);
    else if (strcmp(name, "unwritten") == 0)
        take_unwritten(j, event);
    else if (strcmp(name, "audit") == 0)
        note_audit(j, event);
    else if (j->work->on_dry)
        j->work->on_dry(j->work->dry_ctx, event);
    if (j->event)
        j->event(j->ctx, event);
}

static void put_end(json_t *result, const struct store_run_end *end)
{
    json_put_text(result, "outcome", end->outcome);
    json_put_text(result, "code", outcome_find(end->outcome, end->reason)->code);
    json_put_text(result, "reason", end->reason);
    json_put_text(result, "message", end->message);
    json_put_text(result, "remedy", end->remedy);
}

/* What is said of a job that could not write its own end. */
static const struct {
    const char *outcome, *reason, *before;
} deaths[] = {
    [SUPERVISE_DIED] = {"crashed", "job", "the job ended early: "},
    [SUPERVISE_NO_MEMORY] = {"oom", "job", "the job ended early: "},
    [SUPERVISE_HUNG] = {"hung", "run_timeout", "the job ended early: "},
    [SUPERVISE_STOPPED] = {"interrupted", NULL, ""},
    [SUPERVISE_NOT_STARTED] = {"retrying", "start", "the job could not be started: "},
};

/* Without this its runs would be "running" for ever. */
static void report_death(struct work_job *j, const struct supervise_ended *ended)
{
    enum supervise_end how = ended->how;
    const struct outcome *o = outcome_find(deaths[how].outcome, deaths[how].reason);
    auto_free char *message = xasprintf("%s%s", deaths[how].before, ended->words);
    struct store_run_end end = {.outcome = o->outcome,
                                .reason = o->reason,
                                .message = message,
                                .remedy = o->remedy,
                                .signal = ended->signal};
    /* It may have died before it wrote that it began. */
    const struct store_run unbegun = run_of(j->labels, NULL);
    write_end(j->work,
              &(struct store_abandoned){.batch = json_text(j->spec, "batch"),
                                        .noted = how == SUPERVISE_STOPPED ? NULL : &unbegun,
                                        .end = &end});
    json_t *result = json_pack("{s:s}", "event", "result");
    put_end(result, &end);
    if (j->event)
        j->event(j->ctx, result);
    add_result(j, result);
}

static void on_end(void *ctx, const struct supervise_ended *ended)
{
    struct work_job *j = ctx;
    if (ended->how != SUPERVISE_DONE)
        report_death(j, ended);
    if (j->end)
        j->end(j->ctx); /* may add jobs, so the hook comes after */
    if (j->work->hooks)
        j->work->hooks->ended(j->work->hooks->ctx, j->labels);
    json_decref(j->spec);
    json_decref(j->labels);
    free(j->name);
    free(j);
}

void work_note(struct work *w, json_t *result_take, const struct store_run_end *end)
{
    const char *connector = json_text(result_take, "connector");
    const char *name = connector ? connector : json_text(result_take, "sink");
    const struct store_run unbegun = run_of(result_take, NULL);
    write_end(w, &(struct store_abandoned){.noted = &unbegun, .end = end});
    put_end(result_take, end);
    progress_result(w->progress, name, result_take, w->is_dry);
    work_take_result(w, result_take);
}

void work_refuse(struct work *w, json_t *result_take, const char *plugin)
{
    const struct plugin_info *info = plugins_find(w->plugins, plugin);
    auto_free char *message = xasprintf("plugin \"%s\" cannot be used: %s", plugin, info->why);
    w->n_jobs++; /* there was something to do */
    work_note(w, result_take,
              &(struct store_run_end){.outcome = info->outcome,
                                      .reason = info->reason,
                                      .message = message,
                                      .remedy = info->remedy});
}

void work_add(struct work *w, struct supervise *s, json_t *spec_take, json_t *labels_take,
              void (*event)(void *ctx, const json_t *), void (*end)(void *ctx), void *ctx)
{
    struct work_job *j = xcalloc(1, sizeof *j);
    const char *connector = json_text(labels_take, "connector"),
               *sink = json_text(labels_take, "sink");
    *j = (struct work_job){.work = w,
                           .spec = spec_take,
                           .labels = labels_take,
                           .name = xstrdup(connector ? connector
                                           : sink    ? sink
                                                     : json_text(spec_take, "verb")),
                           .event = event,
                           .end = end,
                           .ctx = ctx};
    if (w->hooks)
        w->hooks->added(w->hooks->ctx, labels_take);
    supervise_add(
        s, &(struct supervise_job){.spec = spec_take,
                                   .timeout_s = (uint32_t)w->cli->config->hub.run_timeout_s,
                                   .group = connector ? j->name : NULL,
                                   .group_most = (uint32_t)json_int(spec_take, "parallel", 0),
                                   .is_background = json_flag(labels_take, "backfill"),
                                   .ctx = j,
                                   .event = on_event,
                                   .end = on_end});
}

struct supervise *work_begin_jobs(struct work *w)
{
    bool is_single = w->record || w->replay;
    w->n_jobs_before = w->n_jobs;
    const struct config_hub *hub = &w->cli->config->hub;
    uint32_t parallel = is_single ? 1 : (uint32_t)hub->parallel;
    struct supervise *s = supervise_new(parallel);
    supervise_set_places(s, parallel, hub->backfill_share);
    return s;
}

void work_go_home(const struct work *w)
{
    if (chdir(config_home(w->cli->config)) < 0)
        log_warn("cannot go to %s: %s", config_home(w->cli->config), strerror(errno));
}

void work_run_jobs(struct work *w, struct supervise *s)
{
    work_go_home(w);
    if (!supervise_run(s))
        w->is_interrupted = true;
    supervise_free(s);
}
