/* SPDX-License-Identifier: Apache-2.0
 * Who was told of what lasts, and what does not get through. */
#include <config.h>

#include "facts/alert_facts.h"

#include <inttypes.h>
#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "store/outbox.h"

enum { TROUBLE_DAYS = 7 };

/* ---- messages ---- */

static const char *state_of(const json_t *row)
{
    const char *code = json_text(row, "code");
    bool has_message = json_text(row, "message") != NULL;
    if (!row || (code && strcmp(code, OUTBOX_DROPPED) == 0))
        return "none"; /* what was dropped was another alert's of this name */
    if (!code)
        return json_int(row, "attempts", 0) > 0 && has_message ? "waiting" : "pending";
    return strcmp(code, OUTBOX_SENT) == 0 && has_message ? "partly" : code;
}

/* What ended long ago needs nobody any more. */
static bool is_recent(const json_t *row)
{
    const char *made = json_text(row, "made_at");
    struct day_clock at;
    return !json_text(row, "code") || (made && day_parse_time(made, strlen(made), &at) &&
                                       at.day + TROUBLE_DAYS >= day_now() / TIME_DAY);
}

static bool is_trouble(const char *state)
{
    return strcmp(state, "none") != 0 && strcmp(state, "pending") != 0 &&
           strcmp(state, OUTBOX_SENT) != 0;
}

static json_t *fact_of(const struct config_alert *a, const json_t *row)
{
    const char *state = state_of(row);
    json_t *out = json_object();
    json_put_text(out, "alert", a->name);
    json_put_text(out, "kind", a->kind);
    json_put_flag(out, "enabled", !a->is_disabled);
    json_put_text(out, "state", state);
    if (strcmp(state, "none") == 0)
        return out;
    json_put_text(out, "message_at", json_text(row, "made_at"));
    json_put_int(out, "events", json_int(row, "n", 0));
    json_put_int(out, "attempts", json_int(row, "attempts", 0));
    json_put_text(out, "message", json_text(row, "message"));
    auto_free char *remedy = xasprintf(
        "omnihub alerts shows its messages, omnihub alerts --test %s sends another one", a->name);
    if (is_trouble(state) && is_recent(row))
        json_put_text(out, "remedy", remedy);
    return out;
}

json_t *alert_facts(const struct config *c, struct store *store, struct err *err)
{
    auto_json *out = json_array();
    for (size_t i = 0; i < c->n_alerts; i++) {
        auto_json *rows = store ? outbox_list(store, c->alerts[i].name, 1, err) : json_array();
        if (!rows)
            return NULL;
        json_array_append_new(out, fact_of(&c->alerts[i], json_array_get(rows, 0)));
    }
    return json_incref(out);
}

bool alert_is_undelivered(const json_t *fact)
{
    return json_text(fact, "remedy") != NULL;
}

/* ---- who was told ---- */

static bool wants(const struct config_alert *a, const char *kind)
{
    for (const char *const *k = a->events; k && *k; k++)
        if (strcmp(*k, kind) == 0)
            return true;
    return !a->events;
}

static bool is_told(const json_t *told, const char *alert)
{
    const json_t *one;
    size_t i;
    json_array_foreach(told, i, one)
    {
        if (strcmp(json_text(one, "alert"), alert) == 0)
            return true;
    }
    return false;
}

static void add_untold(json_t *notice, const struct config *c)
{
    json_t *untold = json_array();
    for (size_t i = 0; i < c->n_alerts; i++) {
        const struct config_alert *a = &c->alerts[i];
        if (!a->is_disabled && wants(a, json_text(notice, "kind")) &&
            !is_told(json_object_get(notice, "told"), a->name))
            json_array_append_new(untold, json_string(a->name));
    }
    json_object_set_new(notice, "untold", untold);
}

/* How the message is that tells it; what was told first is not kept for ever. */
static void put_state(json_t *told)
{
    if (json_object_get(told, "attempts"))
        json_put_text(told, "state", state_of(told));
    json_object_del(told, "code");
}

/* {id of a notice: [{alert, at, …}]}; takes the rows apart. New reference. */
static json_t *by_notice(const json_t *rows)
{
    json_t *out = json_object(), *row;
    size_t i;
    json_array_foreach(rows, i, row)
    {
        auto_free char *id = xasprintf("%" PRId64, json_int(row, "notice", 0));
        json_object_del(row, "notice");
        put_state(row);
        json_list_add(out, id, row);
    }
    return out;
}

omni_status alert_add_told(json_t *notices, const struct config *c, struct store *store,
                           struct err *err)
{
    auto_json *rows = store ? outbox_told(store, err) : json_array();
    if (!rows)
        return err->status;
    auto_json *told = by_notice(rows);
    json_t *notice;
    size_t i;
    json_array_foreach(notices, i, notice)
    {
        auto_free char *id = xasprintf("%" PRId64, json_int(notice, "id", 0));
        json_object_set_new(notice, "told", json_list_of(told, id));
        add_untold(notice, c);
    }
    return OMNI_OK;
}
