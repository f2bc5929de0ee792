/* SPDX-License-Identifier: Apache-2.0
 * Which jobs a command consists of: one per connector and account, one per sink, one that combines.
 */
#include <config.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "cli/work.h"

#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outcome.h"
#include "run/spec.h"
#include "store/store.h"

/* ---- specs ---- */

static void put_texts(json_t *spec, const char *key, const char *const *texts)
{
    if (!texts)
        return;
    json_t *list = json_array();
    for (; *texts; texts++)
        json_array_append_new(list, json_string(*texts));
    json_object_set_new(spec, key, list);
}

static void put_options(struct work *w, json_t *spec, const char *kind, const char *name,
                        const json_t *options)
{
    auto_free char *key = xasprintf("%s %s", kind, name);
    json_object_set_new(spec, "options", options ? json_incref((json_t *)options) : json_object());
    json_object_set(spec, "env", json_object_get(w->envs, key));
}

static void put_own_datasets(struct work *w, json_t *spec)
{
    const struct config *c = w->cli->config;
    json_t *list = json_array();
    for (size_t i = 0; i < c->n_datasets; i++) {
        const struct config_dataset *d = &c->datasets[i];
        json_t *one = json_object();
        json_put_text(one, "name", d->name);
        json_put_text(one, "sql", d->sql);
        json_put_text(one, "help", d->help);
        json_put_text(one, "file", d->place.file);
        json_put_int(one, "line", d->place.line);
        put_texts(one, "key", d->key);
        json_array_append_new(list, one);
    }
    json_object_set_new(spec, "own_datasets", list);
}

static json_t *connector_spec(struct work *w, const struct config_connector *c, const char *verb)
{
    const struct plugin_info *info = plugins_find(w->plugins, c->plugin);
    json_t *spec = work_spec(w, verb);
    json_put_text(spec, "plugin_path", info->path);
    json_put_text(spec, "plugin_sha256", info->sha256);
    if (info->module && info->module->sources[1])
        json_put_text(spec, "source", plugins_source(info)->name);
    json_put_text(spec, "connector", c->name);
    if (c->timezone)
        json_put_text(spec, "timezone", c->timezone);
    json_put_text(spec, "extra", c->extra);
    json_put_text(spec, "isolation", c->isolation);
    json_put_int(spec, "idle_ms", c->idle_timeout_s * 1000);
    json_put_int(spec, "memory", c->memory_mb * 1024 * 1024);
    json_put_int(spec, "reject_max", c->reject_max);
    json_put_text(spec, "settle", c->settle);
    json_put_int(spec, "parallel", c->parallel);
    json_put_int(spec, "settle_min", c->settle_min);
    json_put_int(spec, "drift_permille", c->drift / 1000);
    json_put_int(spec, "few_rows", c->few_rows);
    if (c->ignores_jumps)
        json_put_flag(spec, "ignore_jumps", true);
    json_put_text(spec, "start", c->start);
    put_options(w, spec, "connector", c->name, c->options);
    put_texts(spec, "streams", w->streams ? w->streams : c->streams);
    json_put_text(spec, "from", w->from);
    json_put_text(spec, "to", w->to);
    json_put_text(spec, "cursor", w->cursor);
    json_put_text(spec, "record", w->record);
    json_put_text(spec, "replay", w->replay);
    json_put_text(spec, "played", w->played);
    if (w->is_dry)
        json_put_flag(spec, "dry_run", true);
    if (w->explain)
        json_put_flag(spec, "explain", true);
    if (w->accept_empty)
        json_put_flag(spec, "accept_empty", true);
    if (w->no_waits)
        json_put_flag(spec, "no_waits", true);
    return spec;
}

static json_t *connector_labels(const struct config_connector *c, const char *account)
{
    json_t *labels = json_object();
    json_put_text(labels, "connector", c->name);
    json_put_text(labels, "account", account);
    return labels;
}

/* ---- pull ---- */

/* Asks a login for its accounts; each becomes a job of its own once the list is whole. */
struct account_list {
    struct work *work;
    struct supervise *supervise;
    const struct config_connector *connector;
    pcre2_code *pattern;
    json_t *ids;
    bool is_failed;
};

/* The accounts of one connector in one run; freed by the last of them. */
struct accounts {
    struct work *work;
    const struct config_connector *connector;
    size_t n, n_left, n_refused;
};

struct account_pull {
    struct accounts *all;
    bool is_refused, has_other; /* streams refused, streams that ended otherwise */
};

static void note_accounts(struct work *w, const struct config_connector *c, const char *message)
{
    const struct outcome *o = outcome_find("suspicious", "accounts");
    work_note(
        w, connector_labels(c, NULL),
        &(struct store_run_end){
            .outcome = o->outcome, .reason = o->reason, .message = message, .remedy = o->remedy});
}

static void on_account_pull(void *ctx, const json_t *event)
{
    struct account_pull *pull = ctx;
    if (strcmp(json_text(event, "event"), "result") != 0)
        return;
    const char *reason = json_text(event, "reason");
    bool is_refused = reason && strcmp(reason, err_status_name(OMNI_E_AUTH)) == 0;
    pull->is_refused |= is_refused;
    pull->has_other |= !is_refused;
}

/* One account that refuses is its own affair. All of them are the login's, and nobody should have
 * to see that from a hundred runs. */
static void on_account_pull_end(void *ctx)
{
    struct account_pull *pull = ctx;
    struct accounts *all = pull->all;
    all->n_refused += pull->is_refused && !pull->has_other;
    free(pull);
    if (--all->n_left > 0)
        return;
    if (all->n > 1 && all->n_refused == all->n) {
        auto_free char *message = xasprintf("all %zu accounts refused this login", all->n);
        note_accounts(all->work, all->connector, message);
    }
    free(all);
}

static void add_account(struct accounts *all, struct supervise *s, const char *account)
{
    struct account_pull *pull = xcalloc(1, sizeof *pull);
    json_t *spec = connector_spec(all->work, all->connector, JOB_PULL);
    pull->all = all;
    json_put_text(spec, "account", account);
    work_add(all->work, s, spec, connector_labels(all->connector, account), on_account_pull,
             on_account_pull_end, pull);
}

static struct accounts *accounts_new(struct work *w, const struct config_connector *c, size_t n)
{
    struct accounts *all = xcalloc(1, sizeof *all);
    *all = (struct accounts){.work = w, .connector = c, .n = n, .n_left = n};
    return all;
}

static void add_list(struct work *w, struct supervise *s, const struct config_connector *c)
{
    size_t n = 0;
    while (c->accounts[n])
        n++;
    struct accounts *all = n > 0 ? accounts_new(w, c, n) : NULL;
    for (size_t i = 0; i < n; i++)
        add_account(all, s, c->accounts[i]);
}

static void add_single(struct work *w, struct supervise *s, const struct config_connector *c)
{
    work_add(w, s, connector_spec(w, c, JOB_PULL), connector_labels(c, NULL), NULL, NULL, NULL);
}

static bool matches(const struct account_list *l, const char *text)
{
    if (!l->pattern)
        return true;
    if (!text)
        return false;
    pcre2_match_data *data = xneed(pcre2_match_data_create(1, NULL));
    int found = pcre2_match(l->pattern, (PCRE2_SPTR)text, strlen(text), 0, 0, data, NULL);
    pcre2_match_data_free(data);
    return found >= 0;
}

static void on_account(void *ctx, const json_t *event)
{
    struct account_list *l = ctx;
    const char *name = json_text(event, "event"), *id = json_text(event, "id");
    if (strcmp(name, "result") == 0) {
        const char *outcome = json_text(event, "outcome");
        l->is_failed |= !outcome || strcmp(outcome, "ok") != 0;
    }
    if (strcmp(name, "account") == 0 && id &&
        (matches(l, id) || matches(l, json_text(event, "name"))))
        json_array_append_new(l->ids, json_string(id));
}

static void on_accounts_end(void *ctx)
{
    struct account_list *l = ctx;
    struct work *w = l->work;
    size_t n = json_array_size(l->ids);
    if (n == 0 && !l->is_failed && !w->is_interrupted)
        note_accounts(w, l->connector,
                      l->pattern ? "no account of this login matches accounts_match"
                                 : "this login reaches no account");
    struct accounts *all = n > 0 ? accounts_new(w, l->connector, n) : NULL;
    for (size_t i = 0; i < n; i++)
        add_account(all, l->supervise, json_string_value(json_array_get(l->ids, i)));
    pcre2_code_free(l->pattern);
    json_decref(l->ids);
    free(l);
}

static void add_accounts(struct work *w, struct supervise *s, const struct config_connector *c)
{
    struct account_list *l = xcalloc(1, sizeof *l);
    int code;
    PCRE2_SIZE at;
    *l = (struct account_list){w, s, c, NULL, json_array(), false};
    if (c->accounts_match) /* was checked when it was read */
        l->pattern = pcre2_compile((PCRE2_SPTR)c->accounts_match, PCRE2_ZERO_TERMINATED, PCRE2_UTF,
                                   &code, &at, NULL);
    work_add(w, s, connector_spec(w, c, JOB_ACCOUNTS), connector_labels(c, NULL), on_account,
             on_accounts_end, l);
}

/* A command that has nothing to do says so, instead of ending without a word. */
static void tell_if_idle(const struct work *w, bool is_none, const char *what, const char *verb)
{
    if (is_none)
        cli_note(w->cli, "omnihub: the configuration has no %ss: nothing to %s", what, verb);
    else if (w->n_jobs == w->n_jobs_before)
        cli_note(w->cli, "omnihub: every %s is disabled: nothing to %s", what, verb);
}

void work_add_pulls(struct work *w, struct supervise *s, const struct config_connector *k)
{
    if (work_is_refused(w, k->plugin)) {
        work_refuse(w, connector_labels(k, NULL), k->plugin);
        return;
    }
    if (!k->accounts)
        add_single(w, s, k);
    else if (k->accounts[0] && strcmp(k->accounts[0], "all") == 0)
        add_accounts(w, s, k);
    else
        add_list(w, s, k);
}

void work_add_chunk(struct work *w, struct supervise *s, const struct work_chunk *c)
{
    char day[DAY_TEXT];
    json_t *spec = connector_spec(w, c->connector, JOB_PULL);
    json_t *labels = connector_labels(c->connector, *c->account ? c->account : NULL);
    json_put_text(spec, "account", *c->account ? c->account : NULL);
    json_put_text(spec, "from", day_print(c->from, day));
    json_put_text(spec, "to", day_print(c->to, day));
    json_put_flag(spec, "backfill", true);
    json_put_int(spec, "backfill_share", w->cli->config->hub.backfill_share);
    json_put_flag(labels, "backfill", true);
    work_add(w, s, spec, labels, c->event, c->end, c->ctx);
}

void work_pull(struct work *w)
{
    const struct config *c = w->cli->config;
    struct supervise *s = work_begin_jobs(w);
    for (size_t i = 0; i < c->n_connectors; i++)
        if (work_wants(w->cli, c->connectors[i].name, c->connectors[i].is_disabled))
            work_add_pulls(w, s, &c->connectors[i]);
    tell_if_idle(w, c->n_connectors == 0, "connector", "pull");
    work_run_jobs(w, s);
}

/* ---- combine, push, check ---- */

void work_add_combine(struct work *w, struct supervise *s)
{
    json_t *spec = work_spec(w, JOB_COMBINE), *labels = json_object();
    put_own_datasets(w, spec);
    json_put_text(labels, "kind", "combine");
    work_add(w, s, spec, labels, NULL, NULL, NULL);
}

void work_combine(struct work *w)
{
    if (w->is_interrupted)
        return;
    struct supervise *s = work_begin_jobs(w);
    work_add_combine(w, s);
    work_run_jobs(w, s);
}

static json_t *sink_spec(struct work *w, const struct config_sink *k, const char *verb)
{
    const struct plugin_info *info = plugins_find(w->plugins, k->plugin);
    json_t *spec = work_spec(w, verb);
    json_put_text(spec, "plugin_path", info->path);
    json_put_text(spec, "plugin_sha256", info->sha256);
    if (info->module && info->module->sinks[1])
        json_put_text(spec, "source", plugins_sink(info)->name);
    json_put_text(spec, "sink", k->name);
    put_options(w, spec, "sink", k->name, k->options);
    put_texts(spec, "datasets", k->datasets);
    put_own_datasets(w, spec);
    json_put_text(spec, "sink_fault", w->sink_fault);
    return spec;
}

static void add_sink(struct work *w, struct supervise *s, const struct config_sink *k,
                     const char *verb)
{
    json_t *labels = json_object();
    json_put_text(labels, "sink", k->name);
    if (work_is_refused(w, k->plugin)) {
        work_refuse(w, labels, k->plugin);
        return;
    }
    work_add(w, s, sink_spec(w, k, verb), labels, NULL, NULL, NULL);
}

void work_add_push(struct work *w, struct supervise *s, const struct config_sink *k)
{
    add_sink(w, s, k, JOB_PUSH);
}

void work_push(struct work *w)
{
    const struct config *c = w->cli->config;
    /* sync NAME… names connectors, push NAME… sinks. */
    bool is_sync = strcmp(w->cli->command->name, "sync") == 0;
    if (w->is_interrupted)
        return;
    struct supervise *s = work_begin_jobs(w);
    for (size_t i = 0; i < c->n_sinks; i++) {
        const struct config_sink *k = &c->sinks[i];
        if (is_sync ? !k->is_disabled : work_wants(w->cli, k->name, k->is_disabled))
            work_add_push(w, s, k);
    }
    if (!is_sync)
        tell_if_idle(w, c->n_sinks == 0, "sink", "push");
    work_run_jobs(w, s);
}

static void add_check_job(struct work *w, struct supervise *s, const struct config_connector *c,
                          const char *verb, const char *account)
{
    json_t *spec = connector_spec(w, c, verb);
    json_put_text(spec, "account", account);
    work_add(w, s, spec, connector_labels(c, account), NULL, NULL, NULL);
}

/* Each account of a list proves the login; with "all", asking for the accounts does. */
static void add_check(struct work *w, struct supervise *s, const struct config_connector *c)
{
    const char *const *account = c->accounts;
    if (!account)
        add_check_job(w, s, c, JOB_CHECK, NULL);
    else if (*account && strcmp(*account, "all") == 0)
        add_check_job(w, s, c, JOB_ACCOUNTS, NULL);
    else
        for (; *account; account++)
            add_check_job(w, s, c, JOB_CHECK, *account);
}

void work_check(struct work *w)
{
    w->is_check = true;
    const struct config *c = w->cli->config;
    struct supervise *s = work_begin_jobs(w);
    for (size_t i = 0; i < c->n_connectors; i++) {
        const struct config_connector *k = &c->connectors[i];
        if (work_wants(w->cli, k->name, k->is_disabled))
            add_check(w, s, k);
    }
    for (size_t i = 0; i < c->n_sinks; i++)
        if (work_wants(w->cli, c->sinks[i].name, c->sinks[i].is_disabled))
            add_sink(w, s, &c->sinks[i], JOB_CHECK);
    work_run_jobs(w, s);
}

/* The account to begin with; NULL: it has no list of them. */
static const char *first_account(const struct config_connector *c)
{
    const char *account = c->accounts ? c->accounts[0] : NULL;
    return account && strcmp(account, "all") != 0 ? account : NULL;
}

/* All that a connector says to its plugin, as one text. free() */
static char *binding_of(const struct config_connector *c)
{
    auto_json *said = json_object();
    json_put_text(said, "plugin", c->plugin);
    json_put_text(said, "timezone", c->timezone);
    json_put_text(said, "extra", c->extra);
    json_put_text(said, "isolation", c->isolation);
    json_put_int(said, "memory", c->memory_mb);
    json_put_flag(said, "has_account", first_account(c) != NULL);
    put_texts(said, "streams", c->streams);
    json_object_set(said, "options", (json_t *)c->options);
    return json_dumps(said, JSON_COMPACT | JSON_SORT_KEYS);
}

/* Connectors by what they say, in their order; a fleet's often differ in their names alone. */
static json_t *alike(const struct work *w)
{
    const struct config *c = w->cli->config;
    json_t *groups = json_object();
    for (size_t i = 0; i < c->n_connectors; i++) {
        const struct config_connector *k = &c->connectors[i];
        if (!work_wants(w->cli, k->name, k->is_disabled))
            continue;
        auto_free char *binding = binding_of(k);
        if (!json_object_get(groups, binding))
            json_object_set_new(groups, binding, json_array());
        json_array_append_new(json_object_get(groups, binding), json_string(k->name));
    }
    return groups;
}

/* Of several accounts the first one: they differ in nothing that can be seen without asking. */
static void add_bind(struct work *w, struct supervise *s, const json_t *names)
{
    const char *name = json_string_value(json_array_get(names, 0));
    const struct config_connector *c = config_connector(w->cli->config, name);
    json_t *spec = connector_spec(w, c, JOB_BIND), *labels = connector_labels(c, NULL);
    json_put_text(spec, "account", first_account(c));
    json_object_set(labels, WORK_ALIKE, (json_t *)names);
    work_add(w, s, spec, labels, NULL, NULL, NULL);
}

void work_bind(struct work *w)
{
    struct progress *shown = w->progress; /* what is wrong becomes a finding */
    struct supervise *s = work_begin_jobs(w);
    auto_json *groups = alike(w);
    const char *binding;
    json_t *names;
    w->is_check = true;
    w->progress = progress_new(true);
    json_object_foreach(groups, binding, names) add_bind(w, s, names);
    work_run_jobs(w, s);
    progress_free(w->progress);
    w->progress = shown;
}
