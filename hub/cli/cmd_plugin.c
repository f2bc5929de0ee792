/* SPDX-License-Identifier: Apache-2.0
 * omnihub plugin */
#include <config.h>

#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/audited.h"
#include "cli/plugins.h"
#include "cli/trial.h"
#include "plugin/load.h"
#include "plugin/lock.h"
#include "plugin/seal.h"

static int run(struct cli *);

static const struct cli_option options[] = {
    {"yes", NULL, "allow it without asking; what it asks for is printed all the same"}, {0}};

const struct command cmd_plugin = {
    .name = "plugin",
    .arguments = "add|remove PLUGIN [--yes]",
    .usage = "say yes to a plugin from outside the package, or take it back",
    .help =
        "Shows what the plugin asks for and writes its SHA-256 into plugins.lock beside the\n"
        "configuration. From then on only files that are in it are loaded, from a sealed copy of\n"
        "the file that was hashed; those of the installed package need no entry. A new version\n"
        "that asks for no more than before is allowed at once, one that asks for more after a\n"
        "new yes.",
    .options = options,
    .min_names = 2,
    .max_names = 2,
    .run = run};

struct locking {
    struct cli *cli;
    struct plugins *plugins;
    char *file, *path; /* of the lock and of the plugin */
    json_t *lock;
    bool is_new; /* there was no lock file */
};

static int open_locking(struct locking *l)
{
    struct err err = {0};
    bool is_there = false;
    if (cli_load(l->cli) != CLI_OK)
        return CLI_USAGE;
    const char *name = l->cli->names[1];
    l->plugins = plugins_new(l->cli);
    l->path = strchr(name, '/') ? trial_absolute(name)
                                : load_find(name, plugins_folders(l->plugins), &err);
    l->file = xasprintf("%s/" LOCK_NAME, config_folder(l->cli->config));
    l->lock = l->path ? lock_read(l->file, &is_there, &err) : NULL;
    l->is_new = !is_there;
    if (l->path && !is_there)
        l->lock = lock_new();
    if (l->lock)
        return CLI_OK;
    cli_error("plugin: %s", err.text);
    return CLI_USAGE;
}

static void close_locking(struct locking *l)
{
    plugins_free(l->plugins);
    json_decref(l->lock);
    free(l->file);
    free(l->path);
}

static int save(const struct locking *l)
{
    struct err err = {0};
    if (lock_write(l->file, l->lock, &err) == OMNI_OK)
        return CLI_OK;
    cli_error("plugin: %s", err.text);
    return CLI_CANNOT;
}

/* ---- add ---- */

static void print_list(const char *head, const json_t *asks)
{
    size_t i;
    json_t *text;
    puts(head);
    json_array_foreach(asks, i, text) printf("  %s\n", json_string_value(text));
}

static void print_plugin(const struct locking *l, const struct omni_module *m, const char *hex)
{
    printf("%s %s%s%s\n  file    %s\n  sha256  %s\n", m->name, m->version ? m->version : "",
           m->vendor ? ", by " : "", m->vendor ? m->vendor : "", l->path, hex);
}

static bool has_yes(const struct cli *cli)
{
    char answer[16] = "";
    if (cli_flag(cli, "yes"))
        return true;
    if (!isatty(STDIN_FILENO)) {
        cli_error("plugin: not allowed without a yes: there is no terminal to ask on; give --yes");
        return false;
    }
    fputs("Allow it? [y/N] ", stdout);
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static json_t *new_entry(const struct omni_module *m, const char *hex, json_t *asks)
{
    char now[TIME_TEXT];
    json_t *entry = json_object();
    json_put_text(entry, "name", m->name);
    json_put_text(entry, "version", m->version);
    json_put_text(entry, "sha256", hex);
    json_put_text(entry, "added", day_print_time(day_now() / TIME_SECOND * TIME_SECOND, now));
    json_object_set(entry, "asks", asks);
    return entry;
}

static int allow(struct locking *l, const struct omni_module *m, const char *hex)
{
    const json_t *before = lock_find(l->lock, l->path);
    auto_json *asks = lock_asks(m);
    auto_json *more = lock_more(asks, json_object_get(before, "asks"));
    print_plugin(l, m, hex);
    print_list("It asks for:", asks);
    if (before && json_array_size(more))
        print_list("More than the version that was allowed before:", more);
    bool needs_yes = !before || json_array_size(more) > 0;
    if (needs_yes && !has_yes(l->cli))
        return CLI_FAILED;
    lock_put(l->lock, l->path, new_entry(m, hex, asks));
    int code = save(l);
    if (code == CLI_OK)
        audited(l->cli->config, NULL, AUDIT_PLUGIN_ALLOWED,
                json_pack("{s:s, s:s}", "path", l->path, "sha256", hex));
    if (code == CLI_OK)
        printf("Allowed, in %s.\n", l->file);
    if (code == CLI_OK && l->is_new)
        cli_note(l->cli, "omnihub: from now on every plugin from outside the package needs its own "
                         "`omnihub plugin add`");
    return code;
}

static int add(struct locking *l)
{
    struct err err = {0};
    char hex[SEAL_HEX] = "";
    auto_close int sealed = seal_copy(l->path, NULL, hex, &err);
    if (sealed < 0) {
        cli_error("plugin: %s", err.text);
        return CLI_USAGE;
    }
    /* What is described is what was hashed. */
    plugins_want_pinned(l->plugins, l->path, hex);
    if (!plugins_ask(l->plugins))
        return CLI_INTERRUPTED;
    const struct plugin_info *info = plugins_at(l->plugins, 0);
    if (info->module)
        return allow(l, info->module, hex);
    cli_error("plugin: %s", info->why);
    return CLI_USAGE;
}

static int take_back(struct locking *l)
{
    if (!lock_remove(l->lock, l->path)) {
        cli_error("plugin: %s is not in %s", l->path, l->file);
        return CLI_USAGE;
    }
    int code = save(l);
    if (code == CLI_OK)
        audited_one(l->cli->config, NULL, AUDIT_PLUGIN_FORBIDDEN, "path", l->path);
    return code;
}

static int run(struct cli *cli)
{
    static const struct {
        const char *name;
        int (*run)(struct locking *);
    } verbs[] = {{"add", add}, {"remove", take_back}};
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (strcmp(cli->names[0], verbs[i].name) != 0)
            continue;
        struct locking l = {.cli = cli};
        int code = open_locking(&l);
        if (code == CLI_OK)
            code = verbs[i].run(&l);
        close_locking(&l);
        return code;
    }
    cli_error("plugin: \"%s\" is neither add nor remove", cli->names[0]);
    return CLI_USAGE;
}
