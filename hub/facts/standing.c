/* SPDX-License-Identifier: Apache-2.0
 * What stands in connectors' way beside their last run. */
#include <config.h>

#include "facts/standing.h"

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "facts/secret_facts.h"
#include "quota/quota.h"
#include "store/ledger.h"

/* ---- secrets ---- */

/* Each connector, or each sink, gets those that it uses. */
static void add_secrets(json_t *users, const char *kind, const json_t *secrets)
{
    auto_json *by_user = json_object();
    json_t *secret, *user;
    size_t i, k;
    json_array_foreach(secrets, i, secret)
        json_array_foreach(json_object_get(secret, "used_by"), k, user)
            json_list_add(by_user, json_string_value(user), secret);
    json_array_foreach(users, i, user)
    {
        auto_free char *name = xasprintf("%s %s", kind, json_text(user, kind));
        json_object_set_new(user, "secrets", json_list_of(by_user, name));
    }
}

/* ---- quotas ---- */

static void put_time(json_t *list, const char *member)
{
    json_t *one;
    size_t i;
    json_array_foreach(list, i, one)
    {
        char text[TIME_TEXT];
        int64_t seconds = (json_int(one, member, 0) + 999) / 1000;
        if (seconds)
            json_put_text(one, member, day_print_time(seconds * TIME_SECOND, text));
    }
}

static void put_lists(json_t *connectors, const char *member, const json_t *by_connector)
{
    json_t *connector;
    size_t i;
    json_array_foreach(connectors, i, connector) json_object_set_new(
        connector, member, json_list_of(by_connector, json_text(connector, "connector")));
}

/* Of each connector what is left where it asks. */
static void add_left(json_t *connectors, const json_t *left)
{
    auto_json *by_user = json_object();
    json_t *one, *user;
    const char *name;
    size_t i;
    json_array_foreach(left, i, one) json_object_foreach(json_object_get(one, "users"), name, user)
        json_list_add(by_user, name, one);
    put_lists(connectors, "quota", by_user);
}

static void add_parked(json_t *connectors, const json_t *parked)
{
    auto_json *by_connector = ledger_by_connector(parked);
    put_lists(connectors, "parked", by_connector);
}

/* ---- the whole ---- */

omni_status standing_find(struct standing *s, const struct config *config, struct err *err)
{
    struct quota *quota = quota_new(config->hub.state_dir);
    *s = (struct standing){secret_facts(config, err), quota_parked(quota), quota_pauses(quota),
                           quota_lefts(quota)};
    quota_free(quota);
    put_time(s->parked, "until");
    put_time(s->pauses, "until");
    put_time(s->left, "at");
    put_time(s->left, "until");
    put_time(s->left, "resets_at");
    return s->secrets ? OMNI_OK : err->status;
}

void standing_add(const struct standing *s, json_t *connectors, json_t *sinks)
{
    add_secrets(connectors, "connector", s->secrets);
    add_secrets(sinks, "sink", s->secrets);
    add_parked(connectors, s->parked);
    add_left(connectors, s->left);
}

void standing_free(struct standing *s)
{
    json_decref(s->secrets);
    json_decref(s->parked);
    json_decref(s->pauses);
    json_decref(s->left);
}
