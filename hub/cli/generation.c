/* SPDX-License-Identifier: Apache-2.0
 * One reading of the configuration, with all that hangs on it. */
#include <config.h>

#include "cli/generation.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "store/ledger.h"

enum { RETRY_MOST_S = 1800, JITTER_MOST_S = 300, BROKEN_LIMIT = 5, DIFFERENCE_MAX = 4096 };

struct generation *generation_new(const struct cli *cli, int *code)
{
    struct generation *g = xcalloc(1, sizeof *g);
    g->cli = *cli;
    g->cli.config = NULL;
    g->cli.findings = NULL;
    *code = work_prepare(&g->work, &g->cli, true, true);
    if (*code == CLI_OK)
        return g;
    generation_free(g);
    return NULL;
}

void generation_free(struct generation *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < g->n_zones; i++)
        zone_free(g->zones[i].zone);
    free(g->zones);
    json_decref(g->numbers);
    free(g->runs);
    agenda_free(g->agenda);
    work_free(&g->work);
    config_free(g->cli.config);
    config_findings_free(g->cli.findings);
    free(g);
}

/* When the newest run of any of these feeds began. */
static int64_t last_started(const json_t *feeds)
{
    int64_t last = AGENDA_NEVER;
    size_t i;
    const json_t *feed;
    json_array_foreach(feeds, i, feed)
    {
        const char *text = json_text(json_object_get(feed, "last_run"), "started_at");
        struct day_clock c;
        if (!text || !day_parse_time(text, strlen(text), &c))
            continue;
        int64_t at = c.day * TIME_DAY + c.micros - c.offset * TIME_SECOND;
        last = at > last ? at : last;
    }
    return last;
}

/* Zones are few, however many connectors there are. */
static const struct zone *share_zone(struct generation *g, const char *name, struct err *err)
{
    for (size_t i = 0; i < g->n_zones; i++)
        if (strcmp(g->zones[i].name, name) == 0)
            return g->zones[i].zone;
    struct zone *opened = zone_open(name, err);
    if (opened)
        g->zones[g->n_zones++] = (struct named_zone){name, opened};
    return opened;
}

static int plan_one(struct generation *g, const struct config_connector *k, const json_t *feeds)
{
    struct err err = {0};
    struct agenda_entry entry = {.name = k->name, .ctx = (void *)k};
    const char *zone = k->timezone ? k->timezone : g->cli.config->hub.timezone;
    if (k->is_disabled || !k->schedule)
        return CLI_OK;
    entry.zone = zone ? share_zone(g, zone, &err) : NULL;
    if ((zone && !entry.zone) || schedule_parse(k->schedule, &entry.schedule, &err) != OMNI_OK) {
        cli_error("connector \"%s\": %s", k->name, err.text);
        return CLI_USAGE;
    }
    size_t number = agenda_add(g->agenda, &entry, last_started(feeds), day_now());
    json_put_int(g->numbers, k->name, (int64_t)number);
    return CLI_OK;
}

int generation_plan(struct generation *g, struct store *store)
{
    const struct config *c = g->cli.config;
    struct err err = {0};
    auto_json *feeds = ledger_feeds(store, NULL, &err);
    auto_json *by_connector = ledger_by_connector(feeds);
    if (!feeds) {
        cli_error("%s", err.text);
        return CLI_CANNOT;
    }
    const struct agenda_rules rules = {.retry_first = c->hub.retry_after_s * TIME_SECOND,
                                       .retry_most = RETRY_MOST_S * TIME_SECOND,
                                       .jitter_most = JITTER_MOST_S * TIME_SECOND,
                                       .broken_limit = BROKEN_LIMIT};
    g->agenda = agenda_new(&rules);
    g->numbers = json_object();
    g->zones = xcalloc(c->n_connectors, sizeof *g->zones);
    g->runs = xcalloc(c->n_connectors, sizeof *g->runs);
    for (size_t i = 0; i < c->n_connectors; i++) {
        const struct config_connector *k = &c->connectors[i];
        int code = plan_one(g, k, json_object_get(by_connector, k->name));
        if (code != CLI_OK)
            return code;
    }
    return CLI_OK;
}

size_t generation_find(const struct generation *g, const char *connector)
{
    int64_t number = connector ? json_int(g->numbers, connector, -1) : -1;
    return number < 0 ? SIZE_MAX : (size_t)number;
}

/* ---- what a reload changed ---- */

static bool is_same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same(const struct config_connector *a, const struct config_connector *b)
{
    return is_same_text(a->plugin, b->plugin) && is_same_text(a->schedule, b->schedule) &&
           is_same_text(a->timezone, b->timezone) && a->is_disabled == b->is_disabled &&
           json_equal((json_t *)a->options, (json_t *)b->options);
}

/* Connectors of `of` about which `says` holds, given their namesake in `other` (NULL: none). */
static void
list_those(struct buf *out, const char *what, const struct config *of, const struct config *other,
           bool (*says)(const struct config_connector *, const struct config_connector *))
{
    size_t n = 0;
    auto_json *places = json_object();
    for (size_t i = 0; i < other->n_connectors; i++)
        json_put_int(places, other->connectors[i].name, (int64_t)i);
    for (size_t i = 0; i < of->n_connectors; i++) {
        const struct config_connector *k = &of->connectors[i];
        int64_t place = json_int(places, k->name, -1);
        if (!says(k, place < 0 ? NULL : &other->connectors[place]))
            continue;
        buf_printf(out, "%s%s", n++ ? ", " : what, k->name);
    }
}

static bool is_missing(const struct config_connector *k, const struct config_connector *other)
{
    (void)k;
    return !other;
}

static bool is_changed(const struct config_connector *k, const struct config_connector *other)
{
    return other && !is_same(k, other);
}

char *generation_difference(const struct generation *old, const struct generation *now)
{
    auto_buf out = BUF_INIT(DIFFERENCE_MAX);
    list_those(&out, " added=", now->cli.config, old->cli.config, is_missing);
    list_those(&out, " removed=", old->cli.config, now->cli.config, is_missing);
    list_those(&out, " changed=", now->cli.config, old->cli.config, is_changed);
    return out.len ? buf_take(&out) : xstrdup(" nothing changed among the connectors");
}
