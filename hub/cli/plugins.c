/* SPDX-License-Identifier: Apache-2.0
 * Descriptions of plugins. This program never loads one: a job does, and what it tells is parsed as
 * hostile. */
#include <config.h>

#include "cli/plugins.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/place.h"
#include "base/text.h"
#include "facts/facts.h"
#include "plugin/describe.h"
#include "plugin/load.h"
#include "plugin/lock.h"
#include "run/spec.h"
#include "run/supervise.h"
#include "dirs.h"

enum { DESCRIBE_TIMEOUT_S = 30, DESCRIBE_IDLE_MS = 5000 };

struct asked {
    struct plugin_info info;
    struct plugins *all;
    json_t *spec, *json;
    bool is_answered;
};

struct plugins {
    const struct cli *cli;
    struct arena *arena;
    const char **folders;
    struct asked **items;
    size_t n, n_asked;
    bool may_die;
    json_t *lock;          /* plugins.lock; NULL: none */
    const char *lock_file; /* its path, where it is there */
    const char *lock_why;  /* it cannot be read */
};

/* Beside the configuration; where it is there, plugins from outside the package have to be in it.
 */
static void read_lock(struct plugins *p)
{
    struct err err = {0};
    bool is_there = false;
    auto_free char *path = xasprintf("%s/" LOCK_NAME, config_folder(p->cli->config));
    p->lock = lock_read(path, &is_there, &err);
    p->lock_file = is_there ? arena_strdup(p->arena, path) : NULL;
    p->lock_why = is_there && !p->lock ? arena_strdup(p->arena, err.text) : NULL;
}

struct plugins *plugins_new(const struct cli *cli)
{
    struct plugins *p = xcalloc(1, sizeof *p);
    const char *const *own = cli->config->hub.plugin_dirs;
    size_t n = 0;
    while (own && own[n])
        n++;
    p->cli = cli;
    p->arena = arena_new();
    p->folders = arena_alloc(p->arena, (n + 2) * sizeof *p->folders);
    for (size_t i = 0; i < n; i++)
        p->folders[i] = own[i];
    auto_free char *installed = place_of(HUB_PLUGINDIR);
    p->folders[n] = arena_strdup(p->arena, installed);
    read_lock(p);
    return p;
}

void plugins_free(struct plugins *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++) {
        json_decref(p->items[i]->spec);
        json_decref(p->items[i]->json);
        free(p->items[i]);
    }
    free(p->items);
    json_decref(p->lock);
    arena_free(p->arena);
    free(p);
}

const char *const *plugins_folders(const struct plugins *p)
{
    return p->folders;
}

const struct config *plugins_config(const struct plugins *p)
{
    return p->cli->config;
}

size_t plugins_count(const struct plugins *p)
{
    return p->n;
}

const struct plugin_info *plugins_at(const struct plugins *p, size_t i)
{
    return &p->items[i]->info;
}

const struct plugin_info *plugins_find(const struct plugins *p, const char *name)
{
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->items[i]->info.name, name) == 0)
            return &p->items[i]->info;
    return NULL;
}

const char *plugins_dead(const struct plugins *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->items[i]->info.has_died)
            return p->items[i]->info.name;
    return NULL;
}

void plugins_let_die(struct plugins *p)
{
    p->may_die = true;
}

bool plugins_may_die(const struct plugins *p)
{
    return p->may_die;
}

/* ---- asking ---- */

static struct asked *add(struct plugins *p, const char *name, const char *path)
{
    struct asked *a = xcalloc(1, sizeof *a);
    a->all = p;
    a->info.name = arena_strdup(p->arena, name);
    a->info.path = arena_strdup(p->arena, path);
    a->info.outcome = "failed";
    a->info.reason = err_status_name(OMNI_E_CONFIG);
    a->info.remedy = "install the plugin anew, or take it out of the configuration; "
                     "`omnihub check` looks at it again";
    p->items = xrealloc(p->items, (p->n + 1) * sizeof *p->items);
    p->items[p->n++] = a;
    return a;
}

/* The last folder is the package's own: what lies there came the way the hub came. */
static bool is_of_package(const struct plugins *p, const char *path)
{
    size_t n = 0;
    while (p->folders[n + 1])
        n++;
    size_t len = strlen(p->folders[n]);
    return strncmp(path, p->folders[n], len) == 0 && path[len] == '/' &&
           !strchr(path + len + 1, '/');
}

/* Before any of its code runs, in whatever process. */
static void apply_lock(struct asked *a)
{
    const struct plugins *p = a->all;
    if (!a->info.path || !p->lock_file)
        return;
    const json_t *entry = lock_find(p->lock, a->info.path);
    a->info.sha256 = json_text(entry, "sha256");
    if (p->lock_why)
        a->info.why = p->lock_why;
    else if (!a->info.sha256 && !is_of_package(p, a->info.path))
        a->info.why = arena_printf(p->arena,
                                   "%s is not in %s; look at what it asks for with: omnihub plugin "
                                   "add %s",
                                   a->info.path, p->lock_file, a->info.path);
}

void plugins_want_pinned(struct plugins *p, const char *path, const char *sha256)
{
    add(p, path, path)->info.sha256 = arena_strdup(p->arena, sha256);
}

void plugins_want(struct plugins *p, const char *name)
{
    struct err err = {0};
    if (!name || plugins_find(p, name))
        return;
    auto_free char *path = load_find(name, p->folders, &err);
    struct asked *a = add(p, name, path);
    if (!path)
        a->info.why = arena_strdup(p->arena, err.text);
    apply_lock(a);
}

static int is_plugin_file(const struct dirent *e)
{
    return e->d_name[0] != '.' && text_ends(e->d_name, ".so");
}

void plugins_want_all(struct plugins *p)
{
    for (size_t f = 0; p->folders[f]; f++) {
        struct dirent **entries;
        int n = scandir(p->folders[f], &entries, is_plugin_file, alphasort);
        for (int i = 0; i < n; i++) {
            size_t len = strlen(entries[i]->d_name) - strlen(".so");
            auto_free char *name = xstrndup(entries[i]->d_name, len);
            /* The first folder that has it wins, as when a connector names it. */
            if (!plugins_find(p, name))
                apply_lock(add(p, name,
                               arena_printf(p->arena, "%s/%s", p->folders[f], entries[i]->d_name)));
            free(entries[i]);
        }
        if (n >= 0)
            free(entries);
    }
}

static void take_description(struct asked *a, const json_t *event)
{
    struct err err = {0};
    struct plugins *p = a->all;
    json_t *module = json_object_get(event, "module");
    a->is_answered = true;
    a->json = json_incref(module);
    a->info.module = describe_parse_module(module, p->arena, &err);
    if (a->info.module)
        a->info.json = a->json;
    else
        a->info.why = arena_strdup(p->arena, err.text);
}

/* Where the job has more to say than that the file is no good, a run says the same. */
static void take_refusal(struct asked *a, const json_t *event)
{
    struct arena *arena = a->all->arena;
    const char *message = json_text(event, "message"), *outcome = json_text(event, "outcome");
    const char *reason = json_text(event, "reason"), *remedy = json_text(event, "remedy");
    a->info.why = arena_strdup(arena, message ? message : "refused");
    a->info.has_died = outcome && strcmp(outcome, "failed") != 0;
    if (!a->info.has_died)
        return;
    a->info.outcome = arena_strdup(arena, outcome);
    a->info.reason = arena_strdup(arena, reason ? reason : "bug");
    a->info.remedy = arena_strdup(arena, remedy ? remedy : a->info.remedy);
}

static void on_event(void *ctx, const json_t *event)
{
    struct asked *a = ctx;
    const char *name = json_text(event, "event");
    if (strcmp(name, "describe") == 0) {
        take_description(a, event);
    } else if (strcmp(name, "result") == 0 && !a->is_answered) {
        take_refusal(a, event);
    }
}

/* By enum supervise_end. */
static const struct {
    const char *outcome, *reason, *why, *remedy;
} ends[] = {
    [SUPERVISE_DIED] = {"crashed", "bug", "its process ended before it was described",
                        "tell the plugin's author; stored data is as it was"},
    [SUPERVISE_NO_MEMORY] = {"oom", "retry", "no memory was left while it was described",
                             "give this machine more memory; run it again"},
    [SUPERVISE_HUNG] = {"hung", "bug", "its process ended before it was described",
                        "tell the plugin's author; stored data is as it was"},
    [SUPERVISE_STOPPED] = {"interrupted", "cancelled", "was not asked", "run it again"},
    [SUPERVISE_NOT_STARTED] = {"retrying", "retry", "no process to ask it could be started",
                               "raise this machine's limits (ulimit -n, memory); run it again"},
};

static void on_end(void *ctx, const struct supervise_ended *ended)
{
    struct asked *a = ctx;
    if (a->info.module || a->info.why)
        return;
    enum supervise_end how = ended->how;
    if (how == SUPERVISE_DONE) {
        a->info.why = "did not describe itself";
        return;
    }
    a->info.has_died = true;
    a->info.why = arena_printf(a->all->arena, "%s: %s", ends[how].why, ended->words);
    a->info.outcome = ends[how].outcome;
    a->info.reason = ends[how].reason;
    a->info.remedy = ends[how].remedy;
}

bool plugins_ask(struct plugins *p)
{
    struct supervise *s = supervise_new((uint32_t)p->cli->config->hub.parallel);
    const struct config_hub *hub = &p->cli->config->hub;
    for (; p->n_asked < p->n; p->n_asked++) {
        struct asked *a = p->items[p->n_asked];
        if (!a->info.path || a->info.why)
            continue;
        a->spec = json_object();
        json_put_text(a->spec, "plugin_sha256", a->info.sha256);
        json_put_text(a->spec, "verb", JOB_DESCRIBE);
        json_put_text(a->spec, "plugin_path", a->info.path);
        json_put_text(a->spec, "sandbox", hub->sandbox_require ? "require" : "best");
        json_put_int(a->spec, "idle_ms", DESCRIBE_IDLE_MS);
        if (p->cli->debug)
            json_object_set(a->spec, "debug", (json_t *)p->cli->debug);
        json_put_int(a->spec, "log_level",
                     p->cli->is_verbose ? OMNI_LOG_DEBUG
                     : p->cli->debug    ? OMNI_LOG_INFO
                                        : OMNI_LOG_ERROR);
        supervise_add(s, &(struct supervise_job){.spec = a->spec,
                                                 .timeout_s = DESCRIBE_TIMEOUT_S,
                                                 .ctx = a,
                                                 .event = on_event,
                                                 .end = on_end});
    }
    bool is_whole = supervise_run(s);
    supervise_free(s);
    return is_whole;
}

/* ---- what is in it ---- */

const struct omni_source *plugins_source(const struct plugin_info *info)
{
    if (!info || !info->module || !info->module->sources || !info->module->sources[0])
        return NULL;
    if (!info->module->sources[1])
        return info->module->sources[0];
    return describe_find_source(info->module, info->name);
}

const struct omni_sink *plugins_sink(const struct plugin_info *info)
{
    if (!info || !info->module || !info->module->sinks || !info->module->sinks[0])
        return NULL;
    if (!info->module->sinks[1])
        return info->module->sinks[0];
    return describe_find_sink(info->module, info->name);
}

bool plugins_offers(const struct plugin_info *info, const char *call)
{
    const struct omni_source *source = plugins_source(info);
    size_t i, k;
    json_t *one, *offer;
    json_array_foreach(json_object_get(info ? info->json : NULL, "sources"), i, one)
    {
        const char *name = json_text(one, "name");
        if (!source || !name || strcmp(name, source->name) != 0)
            continue;
        json_array_foreach(json_object_get(one, "offers"), k,
                           offer) if (strcmp(json_string_value(offer), call) == 0) return true;
    }
    return false;
}

json_t *plugins_apis(const struct plugins *p)
{
    json_t *out = json_object();
    for (size_t i = 0; i < plugins_count(p); i++) {
        const struct plugin_info *info = plugins_at(p, i);
        json_t *api = facts_api(plugins_source(info));
        if (api)
            json_object_set_new(out, info->name, api);
    }
    return out;
}
