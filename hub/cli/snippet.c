/* SPDX-License-Identifier: Apache-2.0
 * Writes configuration that can be pasted: what is required stands there to be filled in, the rest
 * as comments. */
#include <config.h>

#include "cli/snippet.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

const char *snippet_type_name(uint32_t type)
{
    static const char *const names[] = {"?",    "text", "whole number", "true/false", "interval",
                                        "date", "list", "group",        "tree"};
    return type < ARRAY_LEN(names) ? names[type] : names[0];
}

const char *snippet_login_name(uint32_t kind)
{
    static const char *const names[] = {"none",
                                        "bearer token",
                                        "header",
                                        "query",
                                        "user and password",
                                        "OAuth 2 refresh token",
                                        "OAuth 2 client",
                                        "service account (JWT)",
                                        "OAuth 1",
                                        "WSSE",
                                        "session",
                                        "OAuth 2 client, sent as HTTP Basic",
                                        "OAuth 2 refresh token, client sent as HTTP Basic"};
    return kind < ARRAY_LEN(names) ? names[kind] : "other";
}

/* A comment must stay one, whatever the plugin's text says. */
static void print_comment(const char *text, FILE *out)
{
    for (const char *p = text ? text : ""; *p; p++)
        fputc(iscntrl((unsigned char)*p) ? ' ' : *p, out);
}

static void print_text(const char *text, FILE *out)
{
    fputc('"', out);
    for (const char *p = text; *p; p++) {
        if (*p == '"' || *p == '\\')
            fputc('\\', out);
        fputc(iscntrl((unsigned char)*p) ? ' ' : *p, out);
    }
    fputc('"', out);
}

static void print_env_name(const char *plugin, const char *option, FILE *out)
{
    auto_free char *name = xasprintf("%s_%s", plugin, option);
    fputs("\"env:", out);
    for (const char *p = name; *p; p++)
        fputc(isalnum((unsigned char)*p) ? toupper((unsigned char)*p) : '_', out);
    fputc('"', out);
}

static void print_value(const char *plugin, const struct omni_option *o, FILE *out)
{
    const char *v = o->fallback;
    switch (o->type) {
    case OMNI_OPT_INT:
    case OMNI_OPT_BOOL:
        fputs(v ? v : o->type == OMNI_OPT_INT ? "0" : "false", out);
        break;
    case OMNI_OPT_LIST:
        fputs("( )", out);
        break;
    case OMNI_OPT_MAP:
    case OMNI_OPT_TREE:
        fputs("{ }", out);
        break;
    default:
        if (o->flags & OMNI_SECRET)
            print_env_name(plugin, o->name, out);
        else
            print_text(v ? v : "", out);
    }
}

static bool feeds_login(const struct omni_source *source, const char *name)
{
    const struct omni_auth *const *first = source ? source->logins : NULL;
    return first && *first && (*first)->options &&
           text_in_list(name, strlen(name), (*first)->options, ", ");
}

static void print_options(const char *plugin, const struct omni_source *source,
                          const struct omni_option *const *list, FILE *out)
{
    fputs("    options = {\n", out);
    for (; list && *list; list++) {
        const struct omni_option *o = *list;
        bool is_needed = (o->flags & OMNI_REQUIRED) || feeds_login(source, o->name);
        fputs("      # ", out);
        print_comment(o->help, out);
        if (o->choices) {
            fputs(" (", out);
            print_comment(o->choices, out);
            fputc(')', out);
        }
        fprintf(out, "\n      %s%s = ", is_needed ? "" : "# ", o->name);
        print_value(plugin, o, out);
        fputs(";\n", out);
    }
    fputs("    };\n  }\n);\n", out);
}

static void print_head(const char *list, const struct plugin_info *info, const char *title,
                       FILE *out)
{
    fputs("# ", out);
    print_comment(title ? title : info->name, out);
    fprintf(out, "\n%s = (\n  {\n    name = ", list);
    print_text(info->name, out);
    fputs(";\n    plugin = ", out);
    print_text(info->name, out);
    fputs(";\n", out);
}

static void print_source(const struct plugin_info *info, const struct omni_source *s, FILE *out)
{
    print_head("connectors", info, s->title, out);
    fputs("    schedule = \"every 6h\";\n", out);
    if (s->streams && s->streams[0]) {
        fputs("    # streams = (", out);
        for (const struct omni_stream *const *k = s->streams; *k; k++) {
            fputs(k == s->streams ? "" : ", ", out);
            print_text((*k)->name, out);
        }
        fputs(");  # default: all\n", out);
    }
    if (s->account_option)
        fprintf(out, "    # accounts = \"all\";  # or a list; instead of option %s\n",
                s->account_option);
    print_options(info->name, s, s->options, out);
}

void snippet_print(const struct plugin_info *info, FILE *out)
{
    const struct omni_source *source = plugins_source(info);
    const struct omni_sink *sink = plugins_sink(info);
    if (source)
        print_source(info, source, out);
    if (sink) {
        print_head("sinks", info, sink->title, out);
        fputs("    # datasets = (\"channel_daily\");\n", out);
        print_options(info->name, NULL, sink->options, out);
    }
}
