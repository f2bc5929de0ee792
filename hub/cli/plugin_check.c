/* SPDX-License-Identifier: Apache-2.0
 * Connectors and sinks of the configuration against what their plugins declare. */
#include <config.h>

#include "cli/plugins.h"
#include "facts/sunset.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

/* Every source has these, declared or not. */
static const struct omni_option opt_api_url = {.size = sizeof(struct omni_option),
                                               .type = OMNI_OPT_TEXT,
                                               .name = "api_url",
                                               .help = "base of the API, instead of the usual one"};
static const struct omni_option opt_api_version = {.size = sizeof(struct omni_option),
                                                   .type = OMNI_OPT_TEXT,
                                                   .name = "api_version",
                                                   .help = "version of the API"};
/* And those whose login fetches tokens, this one. */
static const struct omni_option opt_token_url = {.size = sizeof(struct omni_option),
                                                 .type = OMNI_OPT_TEXT,
                                                 .name = "token_url",
                                                 .help = "where tokens come from, instead of the "
                                                         "usual place"};

struct subject {
    const struct plugins *plugins;
    struct config_place place;
    const char *what, *plugin;
    const json_t *options; /* never NULL */
    struct config_findings *findings;
};

#define COMPLAIN(s, is_error, ...)                                                                 \
    config_findings_add((s)->findings, (is_error), (s)->place, __VA_ARGS__)

/* The plugin, or NULL after a finding. */
static const struct plugin_info *find(const struct subject *s)
{
    const struct plugin_info *info = s->plugin ? plugins_find(s->plugins, s->plugin) : NULL;
    if (info && info->module)
        return info;
    if (info && !(info->has_died && plugins_may_die(s->plugins)))
        COMPLAIN(s, true, "%s: plugin \"%s\": %s", s->what, s->plugin, info->why);
    return NULL;
}

/* ---- options ---- */

static bool declares(const struct omni_option *const *declared, const char *name)
{
    for (; declared && *declared; declared++)
        if (strcmp((*declared)->name, name) == 0)
            return true;
    return false;
}

static bool fetches_tokens(const struct omni_source *source)
{
    static const uint32_t kinds[] = {OMNI_AUTH_OAUTH2_REFRESH, OMNI_AUTH_OAUTH2_REFRESH_BASIC,
                                     OMNI_AUTH_OAUTH2_CLIENT, OMNI_AUTH_OAUTH2_CLIENT_BASIC};
    for (const struct omni_auth *const *l = source->logins; l && *l; l++)
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
            if ((*l)->kind == kinds[i])
                return true;
    return false;
}

/* accounts = (…) stands in for the option that names the account, required or not. */
static void relax_account(const struct omni_option **all, const char *name,
                          struct omni_option *relaxed)
{
    for (; *all; all++)
        if (strcmp((*all)->name, name) == 0) {
            *relaxed = **all;
            relaxed->flags &= ~(uint32_t)OMNI_REQUIRED;
            *all = relaxed;
        }
}

static void check_source_options(const struct subject *s, const struct config *config,
                                 const struct omni_source *source, bool has_accounts)
{
    struct omni_option relaxed;
    size_t n = 0;
    while (source->options && source->options[n])
        n++;
    auto_free const struct omni_option **all = xcalloc(n + 4, sizeof(struct omni_option *));
    if (n)
        memcpy(all, source->options, n * sizeof *all);
    if (!declares(source->options, "api_url"))
        all[n++] = &opt_api_url;
    if (source->api_version && !declares(source->options, "api_version"))
        all[n++] = &opt_api_version;
    if (fetches_tokens(source) && !declares(source->options, "token_url"))
        all[n++] = &opt_token_url;
    if (has_accounts && source->account_option)
        relax_account(all, source->account_option, &relaxed);
    config_check_options(config, s->place, s->what, s->options, all, s->findings);
}

/* ---- login ---- */

static bool has_fallback(const struct omni_source *source, const char *name)
{
    for (const struct omni_option *const *o = source->options; o && *o; o++)
        if (strcmp((*o)->name, name) == 0)
            return (*o)->fallback != NULL;
    return false;
}

static bool has_login(const struct omni_source *source, const struct omni_auth *login,
                      const json_t *options)
{
    const char *p = login->options ? login->options : "";
    while (*p) {
        size_t n = strcspn(p, ", ");
        auto_free char *name = xstrndup(p, n);
        if (n && !json_object_get(options, name) && !has_fallback(source, name))
            return false;
        p += n;
        p += strspn(p, ", ");
    }
    return true;
}

static void check_login(const struct subject *s, const struct omni_source *source)
{
    auto_buf ways = BUF_INIT(2000);
    if (!source->logins || !source->logins[0])
        return;
    for (const struct omni_auth *const *l = source->logins; *l; l++) {
        if (has_login(source, *l, s->options))
            return;
        buf_printf(&ways, "%s%s", ways.len ? "; or: " : "", (*l)->options);
    }
    COMPLAIN(s, true, "%s: no way to log in is complete; give the options %s", s->what,
             buf_text(&ways));
}

/* ---- streams, accounts ---- */

bool plugins_has_stream(const struct omni_source *source, const char *name)
{
    for (const struct omni_stream *const *s = source->streams; s && *s; s++) {
        if (strcmp((*s)->name, name) == 0)
            return true;
        for (const struct omni_stream *const *p = (*s)->parts; p && *p; p++)
            if (strcmp((*p)->name, name) == 0)
                return true;
    }
    return false;
}

/* finds_more: others may be found once the plugin has seen the account. */
static void check_stream(const struct subject *s, const struct omni_source *source,
                         const char *name, bool finds_more)
{
    const char *names[128] = {NULL};
    size_t n = 0;
    for (; source->streams && source->streams[n] && n < ARRAY_LEN(names); n++)
        names[n] = source->streams[n]->name;
    if (plugins_has_stream(source, name))
        return;
    const char *near = text_suggest(name, names, n);
    if (near)
        COMPLAIN(s, !finds_more, "%s: plugin \"%s\" has no stream \"%s\" (did you mean \"%s\"?)",
                 s->what, s->plugin, name, near);
    else if (!finds_more)
        COMPLAIN(s, true, "%s: plugin \"%s\" has no stream \"%s\"", s->what, s->plugin, name);
}

static void check_accounts(const struct subject *s, const struct config_connector *c,
                           const struct omni_source *source)
{
    if (c->accounts && !source->account_option)
        COMPLAIN(s, true, "%s: plugin \"%s\" knows no accounts: drop \"accounts\"", s->what,
                 s->plugin);
}

static json_t *check_references(const struct subject *s, const struct config *config)
{
    return config_references(config, s->place, s->what, s->options, s->findings);
}

json_t *plugins_check_connector(const struct plugins *p, const struct config_connector *c,
                                struct config_findings *findings)
{
    auto_json *none = json_object();
    auto_free char *what = xasprintf("connector \"%s\"", c->name ? c->name : "");
    struct subject s = {p, c->place, what, c->plugin, c->options ? c->options : none, findings};
    const struct plugin_info *info = find(&s);
    const struct omni_source *source = plugins_source(info);
    if (info && !source)
        COMPLAIN(&s, true, "%s: plugin \"%s\" has no source to pull from", what, c->plugin);
    if (source) {
        check_source_options(&s, plugins_config(p), source, c->accounts != NULL);
        check_login(&s, source);
        check_accounts(&s, c, source);
        for (const char *const *name = c->streams; name && *name; name++)
            check_stream(&s, source, *name, plugins_offers(info, "discover"));
        char text[SUNSET_TEXT];
        if (sunset_text(source->api_version, source->api_sunset, s.options, text))
            COMPLAIN(&s, false, "%s: %s", what, text);
    }
    return check_references(&s, plugins_config(p));
}

json_t *plugins_check_sink(const struct plugins *p, const struct config_sink *k,
                           struct config_findings *findings)
{
    auto_json *none = json_object();
    auto_free char *what = xasprintf("sink \"%s\"", k->name ? k->name : "");
    struct subject s = {p, k->place, what, k->plugin, k->options ? k->options : none, findings};
    const struct plugin_info *info = find(&s);
    const struct omni_sink *sink = plugins_sink(info);
    if (info && !sink)
        COMPLAIN(&s, true, "%s: plugin \"%s\" has no sink to push to", what, k->plugin);
    if (sink)
        config_check_options(plugins_config(p), s.place, what, s.options, sink->options, findings);
    return check_references(&s, plugins_config(p));
}
