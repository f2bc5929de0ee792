/* SPDX-License-Identifier: Apache-2.0
 * Writes the configuration of a trial, and takes its folder away again. */
#include <config.h>

#include "cli/trial.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/plugins.h"
#include "config/write.h"

enum { CONF_MAX = 4 * 1024 * 1024, CONF_MODE = 0600, OPEN_FILES = 16 };

char *trial_absolute(const char *path)
{
    if (!path || path[0] == '/')
        return path ? xstrdup(path) : NULL;
    auto_free char *here = getcwd(NULL, 0);
    return here ? xasprintf("%s/%s", here, path) : xstrdup(path);
}

/* ---- the folder ---- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

static int make_folder(struct trial *t)
{
    const char *tmp = getenv("TMPDIR");
    auto_free char *base = trial_absolute(tmp && *tmp ? tmp : "/tmp");
    t->folder = xasprintf("%s/omnihub-trial-XXXXXX", base);
    if (mkdtemp(t->folder)) {
        t->conf = xasprintf("%s/omnihub.conf", t->folder);
        return CLI_OK;
    }
    cli_error("cannot make a folder in %s: %s", base, strerror(errno));
    free(mem_take(t->folder));
    return CLI_CANNOT;
}

void trial_close(struct trial *t)
{
    plugins_free(t->plugins);
    config_free(t->probe.config);
    config_findings_free(t->probe.findings);
    if (t->folder)
        nftw(t->folder, remove_entry, OPEN_FILES, FTW_DEPTH | FTW_PHYS);
    json_decref(t->hub);
    json_decref(t->debug);
    free(t->folder);
    free(t->conf);
    free(t->path);
    free(t->here);
    *t = (struct trial){0};
}

/* ---- the configuration ---- */

/* What of the installed hub's settings a trial keeps; without a configuration, none. */
static json_t *hub_settings(const struct cli *cli)
{
    json_t *hub = json_object();
    struct config_findings *findings = config_findings_new();
    struct config *c =
        access(cli->config_path, R_OK) == 0 ? config_load(cli->config_path, findings) : NULL;
    if (c) {
        json_put_text(hub, "schema_dir", c->hub.schema_dir);
        json_put_text(hub, "channel_rules", c->hub.channel_rules);
        json_put_text(hub, "timezone", c->hub.timezone);
        json_put_text(hub, "currency", c->hub.currency);
        json_put_text(hub, "proxy", c->hub.proxy);
        json_put_text(hub, "ca_file", c->hub.ca_file);
        json_put_text(hub, "private_hosts", c->hub.private_hosts);
        json_put_text(hub, "sandbox", c->hub.sandbox_require ? "require" : NULL);
    }
    config_free(c);
    config_findings_free(findings);
    return hub;
}

static void put_hub(const struct trial *t, const struct trial_plan *plan, struct buf *out)
{
    auto_json *hub = json_deep_copy(t->hub);
    auto_free char *state = xasprintf("%s/%s", t->folder, plan->state ? plan->state : "state");
    const char *name;
    json_t *value;
    json_object_update(hub, (json_t *)plan->hub);
    json_put_text(hub, "state_dir", state);
    buf_adds(out, "hub: {\n");
    json_object_foreach(hub, name, value) write_setting(out, name, value);
    buf_adds(out, "};\n");
}

static void put_subject(const struct trial *t, const struct trial_plan *plan, struct buf *out)
{
    bool is_sink = plan->datasets != NULL;
    buf_printf(out, "%s = ( {\n", is_sink ? "sinks" : "connectors");
    write_text_setting(out, "name", plan->name ? plan->name : TRIAL_NAME);
    write_text_setting(out, "plugin", t->path);
    write_setting(out, "datasets", plan->datasets);
    write_text_setting(out, "accounts", plan->accounts);
    write_setting(out, "options", plan->options);
    buf_adds(out, "} );\n");
}

static int write_conf(const struct trial *t, const struct buf *text)
{
    struct err err = {0};
    if (file_replace(t->conf, buf_text(text), text->len, CONF_MODE, &err) == OMNI_OK)
        return CLI_OK;
    cli_error("%s", err.text);
    return CLI_CANNOT;
}

int trial_write(const struct trial *t, struct cli *cli, const struct trial_plan *plan)
{
    auto_buf text = BUF_INIT(CONF_MAX);
    put_hub(t, plan, &text);
    put_subject(t, plan, &text);
    buf_adds(&text, plan->more ? plan->more : "");
    cli->config_path = t->conf;
    cli->home = plan->home;
    cli->debug = t->debug;
    return write_conf(t, &text);
}

/* Without the connector's or sink's name, which nobody gave. */
static const char *unnamed(const char *text)
{
    const char *end = text_starts(text, "connector \"") || text_starts(text, "sink \"")
                          ? strstr(text, "\": ")
                          : NULL;
    return end ? end + strlen("\": ") : text;
}

void trial_complaints(const struct cli *cli, json_t *texts)
{
    size_t n = 0;
    const struct config_finding *f = cli->findings ? config_findings_list(cli->findings, &n) : NULL;
    for (size_t i = 0; i < n; i++)
        if (f[i].is_error)
            json_array_append_new(texts, json_string(unnamed(f[i].text)));
    if (json_array_size(texts) == 0)
        json_array_append_new(texts, json_string("the plugin cannot be set up with these options"));
}

/* ---- the plugin ---- */

/* Only what the tools of an author read, and only where it was asked for. */
static void begin_debugging(struct trial *t, const struct cli *cli)
{
    static const char *const names[] = {"LD_PRELOAD", "ASAN_OPTIONS", "LSAN_OPTIONS",
                                        "UBSAN_OPTIONS", "TSAN_OPTIONS"};
    t->debug = json_array();
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = getenv(names[i]);
        auto_free char *line = value ? xasprintf("%s=%s", names[i], value) : NULL;
        if (line)
            json_array_append_new(t->debug, json_string(line));
    }
    t->probe.debug = t->debug;
    if (!cli->is_verbose)
        log_set_level(LOG_INFO);
}

int trial_open(struct trial *t, const struct cli *cli, const char *plugin)
{
    const struct trial_plan nothing = {0};
    auto_buf text = BUF_INIT(CONF_MAX);
    *t = (struct trial){.probe = {.command = cli->command, .is_verbose = cli->is_verbose}};
    t->hub = hub_settings(cli);
    if (cli_flag(cli, "debug"))
        begin_debugging(t, cli);
    t->path = trial_absolute(plugin);
    t->here = getcwd(NULL, 0);
    int code = make_folder(t);
    if (code != CLI_OK)
        return code;
    put_hub(t, &nothing, &text);
    t->probe.config_path = t->conf;
    code = write_conf(t, &text);
    if (code != CLI_OK || cli_load(&t->probe) != CLI_OK)
        return CLI_CANNOT;
    t->plugins = plugins_new(&t->probe);
    plugins_want(t->plugins, t->path);
    if (!plugins_ask(t->plugins))
        return CLI_INTERRUPTED;
    t->info = plugins_at(t->plugins, 0);
    if (t->info->module)
        return CLI_OK;
    cli_error("%s", t->info->why);
    return CLI_USAGE;
}

/* ---- options by their declared types ---- */

static uint32_t declared_type(const struct trial *t, const char *name)
{
    const struct omni_source *source = plugins_source(t->info);
    const struct omni_sink *sink = plugins_sink(t->info);
    const struct omni_option *const *all = source ? source->options : sink ? sink->options : NULL;
    for (; all && *all; all++)
        if (strcmp((*all)->name, name) == 0)
            return (*all)->type;
    return OMNI_OPT_TEXT; /* api_url; of unknown ones the configuration's check will tell */
}

static json_t *list_value(const char *text)
{
    json_t *list = json_array();
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, ",");
        json_array_append_new(list, json_stringn(p, n));
        p += n + (p[n] == ',');
    }
    return list;
}

static json_t *typed_value(uint32_t type, const char *text)
{
    long long number;
    struct err err = {0};
    bool is_true = strcmp(text, "true") == 0;
    if (type == OMNI_OPT_INT && text_parse_int(text, INT64_MIN, INT64_MAX, &number))
        return json_integer(number);
    if (type == OMNI_OPT_BOOL && (is_true || strcmp(text, "false") == 0))
        return json_boolean(is_true);
    if (type == OMNI_OPT_LIST)
        return list_value(text);
    json_t *tree =
        type == OMNI_OPT_MAP || type == OMNI_OPT_TREE ? json_parse(text, strlen(text), &err) : NULL;
    return tree ? tree : json_string(text);
}

json_t *trial_options(const struct trial *t, const struct cli *cli, const char *option)
{
    size_t at = 0;
    json_t *options = json_object();
    for (const char *given; (given = cli_next(cli, option, &at));) {
        size_t n = strcspn(given, "=");
        if (n == 0 || given[n] != '=') {
            cli_error("%s: -%c \"%s\" is not NAME=VALUE", cli->command->name, option[0], given);
            json_decref(options);
            return NULL;
        }
        auto_free char *name = xstrndup(given, n);
        json_object_set_new(options, name, typed_value(declared_type(t, name), given + n + 1));
    }
    return options;
}
