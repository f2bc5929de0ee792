/* SPDX-License-Identifier: Apache-2.0
 * The lock file, and what a description asks for in words that can be compared. */
#include <config.h>

#include "plugin/lock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

#define LOCK_MARK "omnihub_plugins_lock"
enum { LOCK_VERSION = 1, LOCK_MAX = 4 * 1024 * 1024, LOCK_MODE = 0644 };

/* ---- the file ---- */

json_t *lock_new(void)
{
    return json_pack("{s:i, s:{}}", LOCK_MARK, LOCK_VERSION, "plugins");
}

json_t *lock_read(const char *path, bool *is_there, struct err *err)
{
    auto_buf text = BUF_INIT(LOCK_MAX);
    *is_there = access(path, F_OK) == 0 || errno != ENOENT;
    if (!*is_there || file_read(path, &text, err) != OMNI_OK)
        return NULL;
    json_t *lock = json_parse(buf_text(&text), text.len, err);
    bool is_one = json_int(lock, LOCK_MARK, 0) == LOCK_VERSION &&
                  json_is_object(json_object_get(lock, "plugins"));
    if (lock && is_one)
        return lock;
    if (lock)
        err_set(err, OMNI_E_CONFIG, "not a plugins.lock of version %d", LOCK_VERSION);
    err_prefix(err, "%s: ", path);
    json_decref(lock);
    return NULL;
}

omni_status lock_write(const char *path, const json_t *lock, struct err *err)
{
    auto_free char *text = json_dumps(lock, JSON_INDENT(2) | JSON_SORT_KEYS);
    auto_free char *lines = xasprintf("%s\n", text ? text : "");
    return file_replace(path, lines, strlen(lines), LOCK_MODE, err);
}

json_t *lock_find(const json_t *lock, const char *plugin)
{
    return json_object_get(json_object_get(lock, "plugins"), plugin);
}

void lock_put(json_t *lock, const char *plugin, json_t *entry_take)
{
    json_object_set_new(json_object_get(lock, "plugins"), plugin, entry_take);
}

bool lock_remove(json_t *lock, const char *plugin)
{
    return json_object_del(json_object_get(lock, "plugins"), plugin) == 0;
}

/* ---- what is asked for ---- */

static void ask(json_t *asks, const char *what, const char *which, size_t n)
{
    auto_free char *text = xasprintf("%s%.*s", what, (int)n, which);
    size_t i;
    json_t *known;
    json_array_foreach(asks, i, known) if (strcmp(json_string_value(known), text) == 0) return;
    json_array_append_new(asks, json_string(text));
}

/* The host of https://api.x.com/v1; a host that depends on options stays as it is written. */
static void ask_url(json_t *asks, const char *url)
{
    const char *host = url ? strstr(url, "://") : NULL;
    if (host)
        ask(asks, "host ", host + 3, strcspn(host + 3, "/"));
}

static void ask_hosts(json_t *asks, const char *hosts)
{
    for (const char *p = hosts ? hosts : ""; *p;) {
        size_t n = strcspn(p, " ");
        if (n)
            ask(asks, "host ", p, n);
        p += n + strspn(p + n, " ");
    }
}

static void ask_secrets(json_t *asks, const struct omni_option *const *options)
{
    for (; options && *options; options++)
        if ((*options)->flags & OMNI_SECRET)
            ask(asks, "secret ", (*options)->name, strlen((*options)->name));
}

static void ask_source(json_t *asks, const struct omni_source *s)
{
    ask_url(asks, s->api_url);
    ask_hosts(asks, s->hosts);
    for (const struct omni_auth *const *l = s->logins; l && *l; l++)
        ask_url(asks, (*l)->token_url);
    if (s->flags & OMNI_SOURCE_ANY_HOST)
        ask(asks, "any host that option api_url names", "", 0);
    if (s->flags & OMNI_SOURCE_FILES)
        ask(asks, "files that option path names", "", 0);
    ask_secrets(asks, s->options);
}

json_t *lock_asks(const struct omni_module *m)
{
    json_t *asks = json_array();
    for (const struct omni_source *const *s = m->sources; s && *s; s++)
        ask_source(asks, *s);
    for (const struct omni_sink *const *s = m->sinks; s && *s; s++) {
        ask(asks, "to run unfenced, with the hub's own rights (it is a sink)", "", 0);
        ask_secrets(asks, (*s)->options);
    }
    return asks;
}

json_t *lock_more(const json_t *now, const json_t *before)
{
    json_t *more = json_array(), *wanted, *allowed;
    size_t i, j;
    json_array_foreach(now, i, wanted)
    {
        bool is_known = false;
        json_array_foreach(before, j, allowed) is_known |= json_equal(wanted, allowed);
        if (!is_known)
            json_array_append(more, wanted);
    }
    return more;
}
