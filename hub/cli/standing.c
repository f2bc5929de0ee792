/* SPDX-License-Identifier: Apache-2.0
 * What stands in connectors' way beside their last run. */
#include <config.h>

#include "cli/standing.h"

#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/secret_facts.h"
#include "quota/quota.h"

/* ---- secrets ---- */

/* Each connector gets those that it uses. */
static void add_secrets(json_t *connectors, const json_t *secrets)
{
    auto_json *by_user = json_object();
    json_t *connector, *secret, *user;
    size_t i, k;
    json_array_foreach(secrets, i, secret)
        json_array_foreach(json_object_get(secret, "used_by"), k, user)
    {
        const char *name = json_string_value(user);
        if (!json_object_get(by_user, name))
            json_object_set_new(by_user, name, json_array());
        json_array_append(json_object_get(by_user, name), secret);
    }
    json_array_foreach(connectors, i, connector)
    {
        auto_free char *name = xasprintf("connector %s", json_text(connector, "connector"));
        json_t *own = json_object_get(by_user, name);
        json_object_set_new(connector, "secrets", own ? json_incref(own) : json_array());
    }
}

static void print_secrets(const json_t *secrets)
{
    json_t *secret, *user;
    size_t i, k;
    json_array_foreach(secrets, i, secret)
    {
        const char *message = json_text(secret, "message"), *state = json_text(secret, "state");
        if (!message)
            continue;
        printf("\nsecret %s", json_text(secret, "name"));
        json_array_foreach(json_object_get(secret, "used_by"), k, user)
            printf("%s%s", k ? ", " : " (", json_string_value(user));
        printf("%s: %s%s%s: %s\n  → %s\n", k ? ")" : "", output_colour(stdout, state), state,
               output_plain(stdout), message, json_text(secret, "remedy"));
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

/* Of each connector what is left where it asks. */
static void add_left(json_t *connectors, const json_t *left)
{
    json_t *connector, *one;
    size_t i, k;
    json_array_foreach(connectors, i, connector)
    {
        json_t *own = json_array();
        const char *name = json_text(connector, "connector");
        json_array_foreach(left, k, one)
        {
            if (json_object_get(json_object_get(one, "users"), name))
                json_array_append(own, one);
        }
        json_object_set_new(connector, "quota", own);
    }
}

/* Only what gets scarce is worth a line. */
static void print_left(const json_t *one)
{
    int64_t left = json_int(one, "left", 0), limit = json_int(one, "limit", 0);
    const char *until = json_text(one, "resets_at");
    if (left >= limit / 2)
        return;
    printf("\nquota %s: %lld of %lld left (%s)%s%s\n", json_text(one, "bucket"), (long long)left,
           (long long)limit, json_text(one, "what"), until ? ", full again at " : "",
           until ? until : "");
}

static void add_parked(json_t *connectors, const json_t *parked)
{
    json_t *connector, *run;
    size_t i, k;
    json_array_foreach(connectors, i, connector)
    {
        json_t *own = json_array();
        json_array_foreach(parked, k, run)
        {
            if (strcmp(json_text(run, "connector"), json_text(connector, "connector")) == 0)
                json_array_append(own, run);
        }
        json_object_set_new(connector, "parked", own);
    }
}

static void print_parked(const json_t *run)
{
    const char *account = json_text(run, "account");
    bool has_account = account && *account;
    printf("\n%s%s%s: %sparked%s until %s: its quota is used up, it goes on by itself\n",
           json_text(run, "connector"), has_account ? " account " : "", has_account ? account : "",
           output_colour(stdout, "parked"), output_plain(stdout), json_text(run, "until"));
}

/* ---- the whole ---- */

void standing_find(struct standing *s, const struct config *config)
{
    struct err err = {0};
    struct quota *quota = quota_new(config->hub.state_dir);
    *s = (struct standing){secret_facts(config, &err), quota_parked(quota), quota_pauses(quota),
                           quota_lefts(quota)};
    quota_free(quota);
    put_time(s->parked, "until");
    put_time(s->pauses, "until");
    put_time(s->left, "at");
    put_time(s->left, "until");
    put_time(s->left, "resets_at");
    if (!s->secrets)
        cli_error("%s", err.text);
}

void standing_add(const struct standing *s, json_t *connectors)
{
    add_secrets(connectors, s->secrets);
    add_parked(connectors, s->parked);
    add_left(connectors, s->left);
}

void standing_print(const struct standing *s)
{
    const json_t *one;
    size_t i;
    json_array_foreach(s->parked, i, one) print_parked(one);
    json_array_foreach(s->pauses, i, one)
        printf("\nquota %s: used up until %s: %s\n", json_text(one, "bucket"),
               json_text(one, "until"), json_text(one, "why"));
    json_array_foreach(s->left, i, one) print_left(one);
    print_secrets(s->secrets);
}

void standing_free(struct standing *s)
{
    json_decref(s->secrets);
    json_decref(s->parked);
    json_decref(s->pauses);
    json_decref(s->left);
}
