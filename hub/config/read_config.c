/* SPDX-License-Identifier: Apache-2.0
 * The configuration: the main file and conf.d/ beside it become one immutable struct config. */
#include <config.h>

#include "config/read_config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/digest.h"
#include "base/place.h"
#include "base/text.h"
#include "config/keys.h"
#include "dirs.h"

#define HUB(member)       offsetof(struct config_hub, member)
#define WEB(member)       offsetof(struct config_web, member)
#define CONNECTOR(member) offsetof(struct config_connector, member)
#define SINK(member)      offsetof(struct config_sink, member)
#define DATASET(member)   offsetof(struct config_dataset, member)

/* Counted from the group's place in struct config_hub. */
#define HTTP(member) offsetof(struct config_http, member)

static const struct key http_keys[] = {
    {"connect_timeout", KEY_DURATION, HTTP(connect_timeout_s), .min = 1, .max = 600},
    {"stall_timeout", KEY_DURATION, HTTP(stall_timeout_s), .min = 1, .max = 3600},
    {"request_timeout", KEY_DURATION, HTTP(request_timeout_s), .min = 1, .max = 86400},
    {"max_wait", KEY_DURATION, HTTP(max_wait_s), .min = 1, .max = 3600},
    {"max_attempts", KEY_INT, HTTP(max_attempts), .min = 1, .max = 20},
    {"first_wait_ms", KEY_INT, HTTP(first_wait_ms), .min = 1, .max = 60000},
    {"max_body_mb", KEY_INT, HTTP(max_body_mb), .min = 1, .max = 1 << 20},
};

static const struct key hub_keys[] = {
    {"state_dir", KEY_PATH, HUB(state_dir)},
    {"timezone", KEY_ZONE, HUB(timezone)},
    {"currency", KEY_CURRENCY, HUB(currency)},
    {"proxy", KEY_TEXT, HUB(proxy)},
    {"ca_file", KEY_PATH, HUB(ca_file)},
    {"private_hosts", KEY_HOSTS, HUB(private_hosts)},
    {"plugin_dirs", KEY_PATHS, HUB(plugin_dirs)},
    {"schema_dir", KEY_PATH, HUB(schema_dir)},
    {"channel_rules", KEY_PATH, HUB(channel_rules)},
    {"vault_key", KEY_PATH, HUB(vault_key)},
    {"log", KEY_CHOICE, HUB(log), .choices = "text|json|journald"},
    {"sandbox", KEY_IS_CHOSEN, HUB(sandbox_require), .choices = "best|require"},
    {"accept_file_system", KEY_BOOL, HUB(accepts_file_system)},
    {"reserve_mb", KEY_INT, HUB(reserve_mb), .min = 0, .max = 1024},
    {"parallel", KEY_INT, HUB(parallel), .min = 1, .max = 256},
    {"backfill_share", KEY_PERCENT, HUB(backfill_share)},
    {"catch_up", KEY_IS_CHOSEN, HUB(leaves_missed), .choices = "last|none"},
    {"accept_clock_jump", KEY_BOOL, HUB(accepts_clock_jump)},
    {"retry_after", KEY_DURATION, HUB(retry_after_s), .min = 1, .max = 86400},
    {"run_timeout", KEY_DURATION, HUB(run_timeout_s), .min = 1, .max = 30 * 86400},
    {"http", KEY_GROUP, HUB(http), .group = http_keys, .n_group = ARRAY_LEN(http_keys)},
};

static const struct key web_keys[] = {
    {"listen", KEY_LISTEN, WEB(listen)},
    {"hosts", KEY_TEXTS, WEB(hosts)},
    {"account_labels", KEY_BOOL, WEB(account_labels)},
};

/* What there is once. */
static const struct group {
    const char *name;
    const struct key *keys;
    size_t n_keys, offset; /* in struct config */
} groups[CONFIG_GROUPS] = {
    {"hub", hub_keys, ARRAY_LEN(hub_keys), offsetof(struct config, hub)},
    {"web", web_keys, ARRAY_LEN(web_keys), offsetof(struct config, web)},
};

static const struct key connector_keys[] = {
    {"name", KEY_NAME, CONNECTOR(name), true},
    {"plugin", KEY_TEXT, CONNECTOR(plugin), true},
    {"schedule", KEY_SCHEDULE, CONNECTOR(schedule)},
    {"timezone", KEY_ZONE, CONNECTOR(timezone)},
    {"start", KEY_DATE, CONNECTOR(start)},
    {"streams", KEY_TEXTS, CONNECTOR(streams)},
    {"accounts", KEY_TEXTS, CONNECTOR(accounts)},
    {"accounts_match", KEY_PATTERN, CONNECTOR(accounts_match)},
    {"extra", KEY_EXTRA, CONNECTOR(extra)},
    {"isolation", KEY_CHOICE, CONNECTOR(isolation), .choices = "process|none"},
    {"enabled", KEY_IS_OFF, CONNECTOR(is_disabled)},
    {"reject_max", KEY_PERCENT, CONNECTOR(reject_max)},
    {"idle_timeout", KEY_DURATION, CONNECTOR(idle_timeout_s), .min = 1, .max = 86400},
    {"memory_mb", KEY_INT, CONNECTOR(memory_mb), .min = 16, .max = 1 << 20},
    {"parallel", KEY_INT, CONNECTOR(parallel), .min = 1, .max = 256},
    {"settle", KEY_CHOICE, CONNECTOR(settle), .choices = "auto|fixed"},
    {"settle_min", KEY_INT, CONNECTOR(settle_min), .min = 0, .max = 366},
    {"stale_after", KEY_DURATION, CONNECTOR(stale_after_s), .min = 1, .max = 366 * 86400},
    {"drift", KEY_PERCENT, CONNECTOR(drift)},
    {"few_rows", KEY_PERCENT, CONNECTOR(few_rows)},
    {"check_jumps", KEY_IS_OFF, CONNECTOR(ignores_jumps)},
    {"options", KEY_OPTIONS, CONNECTOR(options)},
};

static const struct key sink_keys[] = {
    {"name", KEY_NAME, SINK(name), true},    {"plugin", KEY_TEXT, SINK(plugin), true},
    {"datasets", KEY_TEXTS, SINK(datasets)}, {"enabled", KEY_IS_OFF, SINK(is_disabled)},
    {"options", KEY_OPTIONS, SINK(options)},
};

static const struct key dataset_keys[] = {
    {"name", KEY_NAME, DATASET(name), true},
    {"key", KEY_TEXTS, DATASET(key), true},
    {"sql", KEY_TEXT, DATASET(sql), true},
    {"help", KEY_TEXT, DATASET(help)},
};

/* The kinds of things that come in lists. */
struct section {
    const char *name, *one; /* "connectors", "connector" */
    const struct key *keys;
    const size_t *n_keys;
    size_t size, name_offset, place_offset;
};
enum { CONNECTORS, SINKS, DATASETS, ALERTS, N_SECTIONS };
static const size_t n_connector_keys = ARRAY_LEN(connector_keys),
                    n_sink_keys = ARRAY_LEN(sink_keys), n_dataset_keys = ARRAY_LEN(dataset_keys);
static const struct section sections[N_SECTIONS] = {
    {"connectors", "connector", connector_keys, &n_connector_keys, sizeof(struct config_connector),
     CONNECTOR(name), CONNECTOR(place)},
    {"sinks", "sink", sink_keys, &n_sink_keys, sizeof(struct config_sink), SINK(name), SINK(place)},
    {"datasets", "dataset", dataset_keys, &n_dataset_keys, sizeof(struct config_dataset),
     DATASET(name), DATASET(place)},
    {"alerts", "alert", config_alert_keys, &config_n_alert_keys, sizeof(struct config_alert),
     offsetof(struct config_alert, name), offsetof(struct config_alert, place)},
};

struct list {
    char *items; /* malloc'ed until the end of reading */
    size_t n, cap;
};

struct reading {
    struct config_all *all;
    struct keys_context keys;
    struct digest *digest;
    struct list lists[N_SECTIONS];
};

/* ---- defaults ---- */

static void connector_defaults(void *item)
{
    struct config_connector *c = item;
    c->start = "-30d";
    c->isolation = "process";
    c->reject_max = 10000;
    c->idle_timeout_s = 60;
    c->memory_mb = 512;
    c->parallel = 2;
    c->settle = "auto";
    c->settle_min = 3;
    c->drift = 50000;
    c->few_rows = 250000;
}

static void web_defaults(struct config_web *web)
{
    static const char *const no_hosts[] = {NULL};
    *web = (struct config_web){.listen = "127.0.0.1:9464", .hosts = no_hosts};
}

static void hub_defaults(struct arena *a, struct config_hub *hub)
{
    static const char *const no_dirs[] = {NULL};
    auto_free char *schema_dir = place_of(HUB_SCHEMADIR);
    *hub = (struct config_hub){.state_dir = "/var/lib/omnihub",
                               .timezone = "UTC",
                               .plugin_dirs = no_dirs,
                               .schema_dir = arena_strdup(a, schema_dir),
                               .reserve_mb = 16,
                               .parallel = 4,
                               .backfill_share = 300000,
                               .retry_after_s = 60,
                               .run_timeout_s = INT64_C(6) * 3600};
}

/* ---- lists ---- */

static const char *name_of(const struct section *section, const void *item)
{
    return *(const char *const *)((const char *)item + section->name_offset);
}

static void check_unique(struct reading *r, const struct section *section, const struct list *list,
                         const config_setting_t *setting)
{
    const char *name = name_of(section, list->items + (list->n - 1) * section->size);
    for (size_t i = 0; name && i + 1 < list->n; i++) {
        const char *item = list->items + i * section->size;
        const struct config_place *first =
            (const struct config_place *)(const void *)(item + section->place_offset);
        if (name_of(section, item) && strcmp(name_of(section, item), name) == 0) {
            keys_finding(&r->keys, setting, "there is one of this name already, at %s:%d",
                         first->file, first->line);
            return;
        }
    }
}

static void *list_add(struct list *list, size_t size)
{
    if (list->n == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 16;
        list->items = xrealloc(list->items, list->cap * size);
    }
    void *item = list->items + list->n++ * size;
    memset(item, 0, size);
    return item;
}

static void read_item(struct reading *r, int kind, const config_setting_t *setting)
{
    const struct section *section = &sections[kind];
    const char *name = NULL;
    if (!config_setting_is_group(setting)) {
        r->keys.what = section->name;
        keys_finding(&r->keys, setting, "each %s is a group { name = …; }, not %s", section->one,
                     keys_type_name(setting));
        return;
    }
    config_setting_lookup_string(setting, "name", &name);
    r->keys.what =
        name ? arena_printf(r->all->arena, "%s \"%s\"", section->one, name) : section->one;
    void *item = list_add(&r->lists[kind], section->size);
    if (kind == CONNECTORS)
        connector_defaults(item);
    if (kind == ALERTS) {
        config_alert_defaults(item);
        ((struct config_alert *)item)->options = config_options_read(r->all, &r->keys, setting);
    }
    *(struct config_place *)(void *)((char *)item + section->place_offset) =
        source_place(r->keys.source, setting);
    keys_read(&r->keys, setting, section->keys, *section->n_keys, item);
    check_unique(r, section, &r->lists[kind], setting);
}

static void read_section(struct reading *r, int kind, const config_setting_t *setting)
{
    if (config_setting_is_list(setting)) {
        for (int i = 0; i < config_setting_length(setting); i++)
            read_item(r, kind, config_setting_get_elem((config_setting_t *)setting, (unsigned)i));
        return;
    }
    r->keys.what = sections[kind].name;
    keys_finding(&r->keys, setting, "must be a list: %s = ( { … }, { … } );", sections[kind].name);
}

/* ---- files ---- */

static void read_group(struct reading *r, size_t number, const config_setting_t *setting)
{
    const struct group *g = &groups[number];
    struct config_place *place = &r->all->group_places[number];
    r->keys.what = g->name;
    if (!config_setting_is_group(setting))
        keys_finding(&r->keys, setting, "must be a group: %s: { … };", g->name);
    else if (place->file)
        keys_finding(&r->keys, setting, "is there already, at %s:%d", place->file, place->line);
    else {
        *place = source_place(r->keys.source, setting);
        keys_read(&r->keys, setting, g->keys, g->n_keys, (char *)&r->all->pub + g->offset);
    }
}

static void read_top(struct reading *r, const config_setting_t *setting)
{
    static const char *const names[] = {"connectors", "sinks", "datasets", "alerts", "hub", "web"};
    const char *name = config_setting_name(setting);
    for (int i = 0; i < N_SECTIONS; i++)
        if (strcmp(name, sections[i].name) == 0) {
            read_section(r, i, setting);
            return;
        }
    for (size_t i = 0; i < CONFIG_GROUPS; i++)
        if (strcmp(name, groups[i].name) == 0) {
            read_group(r, i, setting);
            return;
        }
    config_findings_add(r->keys.findings, true, source_place(r->keys.source, setting),
                        "unknown section \"%s\"%s", name,
                        keys_hint(r->all->arena, name, names, ARRAY_LEN(names)));
}

static bool read_file(struct reading *r, const char *path)
{
    struct source source;
    bool is_open = source_open(&source, path, r->all->arena, r->digest, r->keys.findings);
    r->keys.source = &source;
    const config_setting_t *root = config_root_setting(&source.tree);
    for (int i = 0; is_open && i < config_setting_length(root); i++)
        read_top(r, config_setting_get_elem((config_setting_t *)root, (unsigned)i));
    source_close(&source);
    return is_open;
}

static int is_conf(const struct dirent *e)
{
    return e->d_name[0] != '.' && text_ends(e->d_name, ".conf");
}

static void read_conf_d(struct reading *r, const char *path)
{
    const char *slash = strrchr(path, '/');
    auto_free char *dir =
        slash ? xasprintf("%.*s/conf.d", (int)(slash - path), path) : xstrdup("conf.d");
    struct dirent **entries;
    int n = scandir(dir, &entries, is_conf, alphasort);
    if (n < 0) {
        if (errno != ENOENT && errno != ENOTDIR)
            config_findings_add(r->keys.findings, true, (struct config_place){dir, 0},
                                "cannot read the folder: %s", strerror(errno));
        return;
    }
    for (int i = 0; i < n; i++) {
        auto_free char *file = xasprintf("%s/%s", dir, entries[i]->d_name);
        read_file(r, file);
        free(entries[i]);
    }
    free(entries);
}

/* ---- what spans several settings ---- */

static void check_connectors(struct reading *r)
{
    const struct config *c = &r->all->pub;
    for (size_t i = 0; i < c->n_connectors; i++) {
        const struct config_connector *k = &c->connectors[i];
        bool is_all = k->accounts && k->accounts[0] && strcmp(k->accounts[0], "all") == 0;
        if (k->accounts_match && !is_all)
            config_findings_add(r->keys.findings, true, k->place,
                                "connector \"%s\": accounts_match narrows accounts = \"all\", "
                                "which is not given",
                                k->name ? k->name : "");
        if (is_all && k->accounts[1])
            config_findings_add(r->keys.findings, true, k->place,
                                "connector \"%s\": \"all\" stands alone: accounts = \"all\"",
                                k->name ? k->name : "");
    }
}

static void *keep_list(struct reading *r, int kind)
{
    struct list *list = &r->lists[kind];
    void *kept = arena_alloc(r->all->arena, (list->n + 1) * sections[kind].size);
    if (list->n)
        memcpy(kept, list->items, list->n * sections[kind].size);
    free(list->items);
    return kept;
}

static const char *absolute_folder(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    auto_free char *dir = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
    auto_free char *real = realpath(dir, NULL);
    return arena_strdup(a, real ? real : dir);
}

#define VAULT_CREDENTIAL "vault-key"

/* The service manager decrypts its credentials into a folder of the service's own. */
static void find_vault_key(struct config_all *all)
{
    struct config_hub *hub = &all->pub.hub;
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (hub->vault_key)
        return;
    if (folder && *folder == '/') {
        const char *path = arena_printf(all->arena, "%s/%s", folder, VAULT_CREDENTIAL);
        hub->vault_is_credential = access(path, F_OK) == 0;
        hub->vault_key = hub->vault_is_credential ? path : NULL;
    }
    if (!hub->vault_key)
        hub->vault_key = arena_printf(all->arena, "%s%svault.key", all->folder,
                                      text_ends(all->folder, "/") ? "" : "/");
}

/* As if the file at this path said nothing. */
static struct config_all *all_new(const char *path)
{
    struct config_all *all = xcalloc(1, sizeof *all);
    all->arena = arena_new();
    all->folder = absolute_folder(all->arena, path);
    hub_defaults(all->arena, &all->pub.hub);
    web_defaults(&all->pub.web);
    return all;
}

struct config *config_defaults(void)
{
    struct config_all *all = all_new(".");
    find_vault_key(all);
    return &all->pub;
}

struct config *config_read_all(const char *path, struct config_findings *findings)
{
    struct config_all *all = all_new(path);
    struct reading r = {.all = all,
                        .keys = {.arena = all->arena,
                                 .findings = findings,
                                 .folder = all->folder,
                                 .options_ctx = all,
                                 .options = config_options_read}};
    char hex[DIGEST_HEX];
    r.digest = digest_new();
    bool is_open = read_file(&r, path);
    read_conf_d(&r, path);
    digest_print(r.digest, hex);
    digest_free(r.digest);
    all->pub.sha256 = arena_strdup(all->arena, hex);
    struct config *c = &all->pub;
    c->n_connectors = r.lists[CONNECTORS].n;
    c->connectors = keep_list(&r, CONNECTORS);
    c->n_sinks = r.lists[SINKS].n;
    c->sinks = keep_list(&r, SINKS);
    c->n_datasets = r.lists[DATASETS].n;
    c->datasets = keep_list(&r, DATASETS);
    c->n_alerts = r.lists[ALERTS].n;
    c->alerts = keep_list(&r, ALERTS);
    config_check_alerts(c, findings);
    check_connectors(&r);
    find_vault_key(all);
    if (is_open)
        return c;
    config_free(c);
    return NULL;
}

struct config *config_load(const char *path, struct config_findings *findings)
{
    struct config *c = config_read_all(path, findings);
    if (config_findings_errors(findings) == 0)
        return c;
    config_free(c);
    return NULL;
}

void config_free(struct config *c)
{
    if (!c)
        return;
    struct config_all *all = (struct config_all *)c;
    config_options_free(all);
    arena_free(all->arena);
    free(all);
}

const char *config_folder(const struct config *c)
{
    return ((const struct config_all *)c)->folder;
}

const char *config_home(const struct config *c)
{
    const struct config_all *all = (const struct config_all *)c;
    return all->home ? all->home : all->folder;
}

void config_set_home(struct config *c, const char *folder)
{
    struct config_all *all = (struct config_all *)c;
    all->home = arena_strdup(all->arena, folder);
}

const struct config_connector *config_connector(const struct config *c, const char *name)
{
    for (size_t i = 0; i < c->n_connectors; i++)
        if (c->connectors[i].name && strcmp(c->connectors[i].name, name) == 0)
            return &c->connectors[i];
    return NULL;
}

const struct config_sink *config_sink(const struct config *c, const char *name)
{
    for (size_t i = 0; i < c->n_sinks; i++)
        if (c->sinks[i].name && strcmp(c->sinks[i].name, name) == 0)
            return &c->sinks[i];
    return NULL;
}

const struct config_alert *config_alert(const struct config *c, const char *name)
{
    for (size_t i = 0; i < c->n_alerts; i++)
        if (c->alerts[i].name && strcmp(c->alerts[i].name, name) == 0)
            return &c->alerts[i];
    return NULL;
}
