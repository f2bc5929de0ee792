/* SPDX-License-Identifier: Apache-2.0
 * Options that name where a value is kept: "env:NAME", "file:PATH"; can it be had at all? The value
 * itself is read only by the job that needs it. */
#include <config.h>

#include "config/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/secrets.h"
#include "vault/vault.h"

struct walk {
    const struct config *config;
    struct config_place place;
    const char *what;
    const json_t *options;
    struct config_findings *findings;
    json_t *env;
};

static void complain(const struct walk *w, const char *path, const char *text)
{
    config_findings_add(w->findings, true,
                        config_option_place(w->config, w->options, path, w->place),
                        "%s: option \"%s\": %s", w->what, path, text);
}

static void check_env(const struct walk *w, const char *path, const char *name)
{
    size_t n = 0;
    while (isalnum((unsigned char)name[n]) || name[n] == '_')
        n++;
    if (n == 0 || name[n] || isdigit((unsigned char)name[0])) {
        complain(w, path, "\"env:\" is followed by the name of an environment variable");
        return;
    }
    const char *value = getenv(name);
    if (value && *value) {
        json_put_text(w->env, name, value);
        return;
    }
    auto_free char *text =
        xasprintf("environment variable %s is %s", name, value ? "empty" : "not set");
    complain(w, path, text);
}

static void check_file(const struct walk *w, const char *path, const char *file)
{
    auto_free char *full =
        file[0] == '/' ? xstrdup(file) : xasprintf("%s/%s", config_home(w->config), file);
    auto_free char *text = NULL;
    struct stat st;
    if (stat(full, &st) < 0 || access(full, R_OK) < 0)
        text = xasprintf("cannot read \"%s\": %s", file, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        text = xasprintf("\"%s\" is not a regular file", file);
    else if (st.st_mode & 077)
        text = xasprintf("\"%s\" can be read by others: chmod 600 %s", file, full);
    if (text)
        complain(w, path, text);
}

struct vault_place config_vault(const struct config *config)
{
    const struct config_hub *hub = &config->hub;
    return (struct vault_place){hub->state_dir, hub->vault_key, hub->vault_is_credential};
}

/* Nothing is opened here: that the secret is there, and which key it wants, stands beside it. */
static void check_secret(const struct walk *w, const char *path, const char *name)
{
    const struct vault_place place = config_vault(w->config);
    struct err err = {0};
    if (!vault_name_is_valid(name)) {
        complain(w, path, "\"secret:\" is followed by the name of a secret in the vault");
        return;
    }
    auto_json *list = vault_list(&place, &err);
    const json_t *secret = vault_find(list, name);
    if (list && !secret)
        err_set(&err, OMNI_E_CONFIG, "it is not there; store it: omnihub secrets set %s", name);
    else if (list)
        vault_check(&place, secret, &err);
    if (err.status == OMNI_OK)
        return;
    auto_free char *text = xasprintf("secret \"%s\": %s", name, err.text);
    complain(w, path, text);
}

static void check_text(const struct walk *w, const char *path, const char *text)
{
    if (text_starts(text, "env:"))
        check_env(w, path, text + 4);
    else if (text_starts(text, "file:"))
        check_file(w, path, text + 5);
    else if (secret_name(text))
        check_secret(w, path, secret_name(text));
}

static void walk(const struct walk *w, const char *path, const json_t *v)
{
    const char *name;
    json_t *m;
    size_t i;
    if (json_is_string(v))
        check_text(w, path, json_string_value(v));
    json_object_foreach((json_t *)v, name, m)
    {
        auto_free char *below = xasprintf("%s%s%s", path, *path ? "." : "", name);
        walk(w, below, m);
    }
    json_array_foreach(v, i, m)
    {
        auto_free char *below = xasprintf("%s[%zu]", path, i);
        walk(w, below, m);
    }
}

json_t *config_references(const struct config *config, struct config_place place, const char *what,
                          const json_t *options, struct config_findings *findings)
{
    struct walk w = {config, place, what, options, findings, json_object()};
    walk(&w, "", options);
    return w.env;
}
