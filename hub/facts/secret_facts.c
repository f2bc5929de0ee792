/* SPDX-License-Identifier: Apache-2.0
 * What is known of the vault's secrets without opening any. */
#include <config.h>

#include "facts/secret_facts.h"

#include <stdio.h>
#include <string.h>

#include "base/ahead.h"
#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "config/secrets.h"
#include "vault/vault.h"

/* Logins that live for a quarter or less would be told of from their first day: from the second
 * step on is early enough for them. */
enum { WARN_DAYS = 30, LONG_LIFE_DAYS = 180, DAY_SECONDS = 86400 };

/* ---- who uses it ---- */

static void find_names(const json_t *options, json_t *names)
{
    const char *key, *name = secret_name(json_string_value(options));
    json_t *item;
    size_t i;
    if (name)
        json_object_set_new(names, name, json_true());
    json_object_foreach((json_t *)options, key, item) find_names(item, names);
    json_array_foreach(options, i, item) find_names(item, names);
}

/* {NAME: [users]} of everything that the configuration refers to. */
static json_t *all_users(const struct config *c)
{
    json_t *users = json_object();
    for (size_t i = 0; i < c->n_connectors + c->n_sinks; i++) {
        bool is_sink = i >= c->n_connectors;
        const struct config_sink *k = is_sink ? &c->sinks[i - c->n_connectors] : NULL;
        auto_free char *user = is_sink ? xasprintf("sink %s", k->name)
                                       : xasprintf("connector %s", c->connectors[i].name);
        auto_json *names = json_object();
        const char *name;
        json_t *seen;
        find_names(is_sink ? k->options : c->connectors[i].options, names);
        json_object_foreach(names, name, seen)
        {
            if (!json_object_get(users, name))
                json_object_set_new(users, name, json_array());
            json_array_append_new(json_object_get(users, name), json_string(user));
        }
    }
    return users;
}

json_t *secret_users(const struct config *c, const char *name)
{
    auto_json *users = all_users(c);
    return json_list_of(users, name);
}

/* ---- how it is ---- */

static void put_time(json_t *out, const char *key, int64_t seconds)
{
    char text[TIME_TEXT];
    if (seconds)
        json_put_text(out, key, day_print_time(seconds * TIME_SECOND, text));
}

static void put_state(json_t *out, const char *state, const char *message)
{
    auto_free char *remedy = xasprintf(
        "get a new one from the platform, then: omnihub secrets set %s", json_text(out, "name"));
    json_put_text(out, "state", state);
    json_put_text(out, "message", message);
    if (message)
        json_put_text(out, "remedy", remedy);
}

/* NULL: far from its end. */
static const char *expiring(const json_t *secret, int64_t expires, int64_t left_days)
{
    int64_t life = (expires - json_int(secret, "updated", 0)) / DAY_SECONDS;
    return life > LONG_LIFE_DAYS || left_days <= WARN_DAYS ? ahead_words(left_days) : NULL;
}

static void judge(json_t *out, const json_t *secret)
{
    int64_t expires = json_int(secret, "expires", 0);
    int64_t left = expires - day_now() / TIME_SECOND;
    const char *why = json_text(secret, "why");
    const char *near = expires ? expiring(secret, expires, left / DAY_SECONDS) : NULL;
    auto_free char *message = NULL;
    char day[DAY_TEXT];
    if (json_int(secret, "refused", 0)) {
        message = xasprintf("the platform refuses it: %s", why ? why : "no reason given");
        put_state(out, "refused", message);
    } else if (expires && left <= 0) {
        put_state(out, "expired", "it has expired");
    } else if (near) {
        message = xasprintf("it expires on %s, %s",
                            day_print((int32_t)(expires / DAY_SECONDS), day), near);
        put_state(out, "expiring", message);
    } else {
        put_state(out, "ok", NULL);
    }
}

static json_t *facts_of(const json_t *secret, json_t *users)
{
    json_t *out = json_object();
    json_put_text(out, "name", json_text(secret, "name"));
    json_put_int(out, "version", json_int(secret, "version", 0));
    put_time(out, "updated_at", json_int(secret, "updated", 0));
    put_time(out, "expires_at", json_int(secret, "expires", 0));
    put_time(out, "refused_at", json_int(secret, "refused", 0));
    judge(out, secret);
    json_object_set_new(out, "used_by", users ? json_incref(users) : json_array());
    return out;
}

static json_t *missing(const char *name, json_t *users)
{
    json_t *out = json_object();
    auto_free char *remedy = xasprintf("omnihub secrets set %s", name);
    json_put_text(out, "name", name);
    json_put_text(out, "state", "missing");
    json_put_text(out, "message", "it is not in the vault");
    json_put_text(out, "remedy", remedy);
    json_object_set(out, "used_by", users);
    return out;
}

json_t *secret_facts(const struct config *c, struct err *err)
{
    const struct vault_place place = config_vault(c);
    auto_json *list = vault_list(&place, err);
    if (!list)
        return NULL;
    auto_json *users = all_users(c);
    json_t *out = json_array(), *item;
    const char *name;
    size_t i;
    json_array_foreach(list, i, item)
    {
        json_array_append_new(out, facts_of(item, json_object_get(users, json_text(item, "name"))));
    }
    json_object_foreach(users, name, item) if (!vault_find(list, name))
        json_array_append_new(out, missing(name, item));
    return out;
}

/* ---- as an event ---- */

static int64_t days_left(const json_t *fact)
{
    const char *text = json_text(fact, "expires_at");
    struct day_clock c;
    return text && day_parse_time(text, strlen(text), &c) ? c.day - day_now() / TIME_DAY
                                                          : INT64_MAX;
}

int secret_stage(const json_t *fact, char text[SECRET_TEXT])
{
    const char *state = json_text(fact, "state"), *message = json_text(fact, "message"),
               *remedy = json_text(fact, "remedy");
    const int over = ahead_stage(INT64_MIN);
    int stage = strcmp(state, "refused") == 0    ? over + 1
                : strcmp(state, "expired") == 0  ? over
                : strcmp(state, "expiring") == 0 ? ahead_stage(days_left(fact))
                                                 : 0;
    if (stage)
        snprintf(text, SECRET_TEXT, "%.400s; to do: %.200s", message, remedy);
    return stage;
}
