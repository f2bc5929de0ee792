/* SPDX-License-Identifier: Apache-2.0
 * Options against what a plugin declares: names, types, choices, what is required, secrets in the
 * clear. */
#include <config.h>

#include "config/config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

struct check {
    const struct config *config;
    struct config_place place;
    const char *what;
    const json_t *options;
    struct config_findings *findings;
};

#define FINDING(c, is_error, path, ...)                                                            \
    config_findings_add((c)->findings, (is_error),                                                 \
                        config_option_place((c)->config, (c)->options, (path), (c)->place),        \
                        __VA_ARGS__)

static bool is_reference(const json_t *v)
{
    const char *s = json_string_value(v);
    return s && (text_starts(s, "env:") || text_starts(s, "file:") || text_starts(s, "secret:"));
}

/* ---- types ---- */

static bool is_scalar(const json_t *v)
{
    return json_is_string(v) || json_is_integer(v) || json_is_boolean(v) || json_is_real(v);
}

static bool all_scalars(const json_t *v)
{
    const char *key;
    json_t *m;
    size_t i;
    if (json_is_array(v)) {
        json_array_foreach(v, i, m) if (!is_scalar(m)) return false;
        return true;
    }
    json_object_foreach((json_t *)v, key, m) if (!is_scalar(m)) return false;
    return json_is_object(v);
}

static bool is_duration(const json_t *v)
{
    long long seconds;
    return json_is_string(v) && text_parse_duration(json_string_value(v), &seconds);
}

static bool is_date(const json_t *v)
{
    int32_t day;
    return json_is_string(v) && day_parse_arg(json_string_value(v), 20000, &day);
}

static bool is_text(const json_t *v)
{
    return json_is_string(v);
}
static bool is_int(const json_t *v)
{
    return json_is_integer(v);
}
static bool is_bool(const json_t *v)
{
    return json_is_boolean(v);
}
static bool is_list(const json_t *v)
{
    return json_is_string(v) || (json_is_array(v) && all_scalars(v)); /* one text: a list of one */
}
static bool is_map(const json_t *v)
{
    return json_is_object(v) && all_scalars(v);
}
static bool is_tree(const json_t *v)
{
    return json_is_object(v) || json_is_array(v);
}

static const struct {
    bool (*fits)(const json_t *);
    const char *wanted;
} types[] = {
    [OMNI_OPT_TEXT] = {is_text, "a text in quotes"},
    [OMNI_OPT_INT] = {is_int, "a whole number"},
    [OMNI_OPT_BOOL] = {is_bool, "true or false"},
    [OMNI_OPT_DURATION] = {is_duration, "an interval such as \"90s\", \"15m\" or \"6h\""},
    [OMNI_OPT_DATE] = {is_date, "a date such as \"2026-01-31\" or \"-30d\""},
    [OMNI_OPT_LIST] = {is_list, "a list: (\"a\", \"b\")"},
    [OMNI_OPT_MAP] = {is_map, "a group of texts: { a = \"x\"; b = \"y\"; }"},
    [OMNI_OPT_TREE] = {is_tree, "a group or a list"},
};

static bool check_type(const struct check *c, const struct omni_option *o, const json_t *v)
{
    if (is_reference(v) || o->type >= ARRAY_LEN(types) || !types[o->type].fits ||
        types[o->type].fits(v))
        return true;
    if (o->type == OMNI_OPT_TEXT && json_is_integer(v))
        FINDING(c, true, o->name, "%s: option \"%s\" is a text: write %s = \"%lld\"", c->what,
                o->name, o->name, (long long)json_integer_value(v));
    else
        FINDING(c, true, o->name, "%s: option \"%s\" must be %s", c->what, o->name,
                types[o->type].wanted);
    return false;
}

static void check_choice(const struct check *c, const struct omni_option *o, const json_t *v)
{
    const char *text = json_string_value(v);
    if (!o->choices || !text || is_reference(v) ||
        text_in_list(text, strlen(text), o->choices, "|"))
        return;
    FINDING(c, true, o->name, "%s: option \"%s\": \"%s\" is not one of %s", c->what, o->name, text,
            o->choices);
}

/* ---- secrets ---- */

static bool is_readable_by_all(const char *file)
{
    struct stat st;
    return file && stat(file, &st) == 0 && (st.st_mode & S_IROTH);
}

/* A key file named without "file:" would be taken for the key itself. */
static bool looks_like_path(const char *text)
{
    return text[0] == '/' || strncmp(text, "./", 2) == 0 || strncmp(text, "../", 3) == 0;
}

static void check_secret(const struct check *c, const struct omni_option *o, const json_t *v)
{
    const char *text = json_string_value(v);
    if (!(o->flags & OMNI_SECRET) || !text || !*text || is_reference(v))
        return;
    if (looks_like_path(text)) {
        FINDING(c, true, o->name,
                "%s: option \"%s\" looks like a path: write \"file:PATH\" for what the file holds",
                c->what, o->name); /* not shown: a secret may begin like that, too */
        return;
    }
    const char *file = config_option_place(c->config, c->options, o->name, c->place).file;
    if (is_readable_by_all(file))
        FINDING(c, true, o->name,
                "%s: option \"%s\" is a secret in the clear in a file that everybody can read: use "
                "\"env:NAME\" or \"file:PATH\", or chmod o-r %s",
                c->what, o->name, file);
    else
        FINDING(c, false, o->name,
                "%s: option \"%s\" is a secret in the clear: better \"env:NAME\" or \"file:PATH\"",
                c->what, o->name);
}

void config_check_secret(const struct config *config, struct config_place place, const char *what,
                         const json_t *options, const char *name, struct config_findings *findings)
{
    const struct check c = {config, place, what, options, findings};
    const struct omni_option secret = {.name = name, .flags = OMNI_SECRET};
    check_secret(&c, &secret, json_object_get(options, name));
}

/* ---- names ---- */

static const struct omni_option *find_option(const struct omni_option *const *declared,
                                             const char *name)
{
    for (; declared && *declared; declared++)
        if (strcmp((*declared)->name, name) == 0)
            return *declared;
    return NULL;
}

static void unknown_option(const struct check *c, const struct omni_option *const *declared,
                           const char *name)
{
    size_t n = 0;
    while (declared && declared[n])
        n++;
    auto_free const char **names = xcalloc(n + 1, sizeof *names);
    for (size_t i = 0; i < n; i++)
        names[i] = declared[i]->name;
    const char *near = text_suggest(name, names, n);
    if (near)
        FINDING(c, true, name, "%s: unknown option \"%s\" (did you mean \"%s\"?)", c->what, name,
                near);
    else
        FINDING(c, true, name, "%s: unknown option \"%s\"", c->what, name);
}

static void check_missing(const struct check *c, const struct omni_option *const *declared)
{
    for (; declared && *declared; declared++) {
        const struct omni_option *o = *declared;
        const json_t *v = json_object_get(c->options, o->name);
        bool is_empty = json_is_string(v) && json_string_length(v) == 0;
        if (!(o->flags & OMNI_REQUIRED) || (v && !is_empty))
            continue;
        config_findings_add(
            c->findings, true, config_option_place(c->config, c->options, o->name, c->place),
            "%s: option \"%s\" is %s%s%s", c->what, o->name, v ? "empty" : "missing",
            o->help && *o->help ? ": " : "", o->help ? o->help : "");
    }
}

void config_check_options(const struct config *config, struct config_place place, const char *what,
                          const json_t *options, const struct omni_option *const *declared,
                          struct config_findings *findings)
{
    struct check c = {config, place, what, options, findings};
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)options, name, value)
    {
        const struct omni_option *o = find_option(declared, name);
        if (!o) {
            unknown_option(&c, declared, name);
            continue;
        }
        if (check_type(&c, o, value))
            check_choice(&c, o, value);
        check_secret(&c, o, value);
    }
    check_missing(&c, declared);
}
