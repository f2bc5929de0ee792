/* SPDX-License-Identifier: Apache-2.0
 * One reading of the configuration, with all that hangs on it. */
#include <config.h>

#include "cli/generation.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "store/ledger.h"

enum { DIFFERENCE_MAX = 4096 };

struct generation *generation_new(const struct cli *cli, int *code, json_t **why)
{
    struct generation *g = xcalloc(1, sizeof *g);
    g->cli = *cli;
    g->cli.config = NULL;
    g->cli.findings = NULL;
    *code = work_prepare(&g->work, &g->cli, true, true);
    if (*code == CLI_OK)
        return g;
    if (why && g->cli.findings)
        *why = config_findings_json(g->cli.findings);
    generation_free(g);
    return NULL;
}

void generation_free(struct generation *g)
{
    if (!g)
        return;
    timetable_free(&g->plan);
    free(g->runs);
    work_free(&g->work);
    config_free(g->cli.config);
    config_findings_free(g->cli.findings);
    free(g);
}

int generation_plan(struct generation *g, struct store *store)
{
    struct err err = {0};
    const struct config *c = g->cli.config;
    g->runs = xcalloc(c->n_connectors + 1, sizeof *g->runs);
    auto_json *feeds = ledger_feeds(store, NULL, &err);
    auto_json *by_connector = ledger_by_connector(feeds);
    if (feeds && timetable_make(&g->plan, c, store, by_connector, &err) == OMNI_OK)
        return CLI_OK;
    cli_error("%s", err.text);
    return err.status == OMNI_E_CONFIG ? CLI_USAGE : CLI_CANNOT;
}

/* ---- what a reload changed ---- */

static bool is_same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same_list(const char *const *a, const char *const *b)
{
    for (; a && b && *a && *b; a++, b++)
        if (strcmp(*a, *b) != 0)
            return false;
    return a && b ? *a == *b : a == b;
}

static bool is_same_json(const json_t *a, const json_t *b)
{
    return a && b ? json_equal((json_t *)a, (json_t *)b) : a == b;
}

static bool is_same_connector(const void *a_, const void *b_)
{
    const struct config_connector *a = a_, *b = b_;
    const char *const texts[][2] = {
        {a->plugin, b->plugin},       {a->schedule, b->schedule},
        {a->timezone, b->timezone},   {a->start, b->start},
        {a->extra, b->extra},         {a->accounts_match, b->accounts_match},
        {a->isolation, b->isolation}, {a->settle, b->settle},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (!is_same_text(texts[i][0], texts[i][1]))
            return false;
    return a->is_disabled == b->is_disabled && a->reject_max == b->reject_max &&
           a->idle_timeout_s == b->idle_timeout_s && a->memory_mb == b->memory_mb &&
           a->parallel == b->parallel && a->settle_min == b->settle_min && a->drift == b->drift &&
           a->few_rows == b->few_rows && a->ignores_jumps == b->ignores_jumps &&
           a->stale_after_s == b->stale_after_s && is_same_list(a->streams, b->streams) &&
           is_same_list(a->accounts, b->accounts) && is_same_json(a->options, b->options);
}

static bool is_same_sink(const void *a_, const void *b_)
{
    const struct config_sink *a = a_, *b = b_;
    return is_same_text(a->plugin, b->plugin) && a->is_disabled == b->is_disabled &&
           is_same_list(a->datasets, b->datasets) && is_same_json(a->options, b->options);
}

static bool is_same_alert(const void *a_, const void *b_)
{
    const struct config_alert *a = a_, *b = b_;
    return is_same_json(a->options, b->options);
}

/* Connectors, sinks or alerts of a reading. */
struct things {
    size_t n, size;
    const char *first;
    const char *(*name)(const void *);
    bool (*is_same)(const void *, const void *);
};

static const char *connector_name(const void *c)
{
    return ((const struct config_connector *)c)->name;
}

static const char *sink_name(const void *s)
{
    return ((const struct config_sink *)s)->name;
}

static const char *alert_name(const void *a)
{
    return ((const struct config_alert *)a)->name;
}

static struct things connectors_of(const struct config *c)
{
    return (struct things){c->n_connectors, sizeof *c->connectors, (const char *)c->connectors,
                           connector_name, is_same_connector};
}

static struct things sinks_of(const struct config *c)
{
    return (struct things){c->n_sinks, sizeof *c->sinks, (const char *)c->sinks, sink_name,
                           is_same_sink};
}

static struct things alerts_of(const struct config *c)
{
    return (struct things){c->n_alerts, sizeof *c->alerts, (const char *)c->alerts, alert_name,
                           is_same_alert};
}

static void put_name(json_t *difference, const char *how, const char *name)
{
    json_array_append_new(json_object_get(difference, how), json_string(name));
}

/* There may be ten thousand of them. */
static json_t *places_of(const struct things *t)
{
    json_t *places = json_object();
    for (size_t i = 0; i < t->n; i++)
        json_put_int(places, t->name(t->first + i * t->size), (int64_t)i);
    return places;
}

static void compare(struct things old, struct things now, json_t *difference)
{
    auto_json *old_places = places_of(&old), *now_places = places_of(&now);
    for (size_t i = 0; i < now.n; i++) {
        const void *one = now.first + i * now.size;
        int64_t before = json_int(old_places, now.name(one), -1);
        if (before < 0)
            put_name(difference, "added", now.name(one));
        else if (!now.is_same(old.first + (size_t)before * old.size, one))
            put_name(difference, "changed", now.name(one));
    }
    for (size_t i = 0; i < old.n; i++) {
        const char *name = old.name(old.first + i * old.size);
        if (json_int(now_places, name, -1) < 0)
            put_name(difference, "removed", name);
    }
}

json_t *generation_difference(const struct generation *old, const struct generation *now)
{
    json_t *difference = json_pack("{s:[], s:[], s:[]}", "added", "removed", "changed");
    const struct config *a = old->cli.config, *b = now->cli.config;
    compare(connectors_of(a), connectors_of(b), difference);
    compare(sinks_of(a), sinks_of(b), difference);
    compare(alerts_of(a), alerts_of(b), difference);
    return difference;
}

char *generation_difference_text(const json_t *difference)
{
    auto_buf out = BUF_INIT(DIFFERENCE_MAX);
    const char *how;
    json_t *names, *name;
    size_t i;
    json_object_foreach((json_t *)difference, how, names)
    {
        if (json_array_size(names) > 0)
            buf_printf(&out, "%s%s=", out.len ? " " : "", how);
        json_array_foreach(names, i, name)
            buf_printf(&out, "%s%s", i ? "," : "", json_string_value(name));
    }
    return out.len ? buf_take(&out) : xstrdup("no connector or sink changed");
}

bool generation_has_changed(const struct generation *old, const struct generation *now,
                            const char *connector)
{
    const void *a = config_connector(old->cli.config, connector),
               *b = config_connector(now->cli.config, connector);
    return !a || !b || !is_same_connector(a, b);
}
