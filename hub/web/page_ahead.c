/* SPDX-License-Identifier: Apache-2.0
 * What lies ahead: tokens that expire, API versions that are switched off, quotas and runs that
 * wait, backfills that are under way. */
#include <config.h>

#include "web/page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "web/html.h"
#include "web/parts.h"

enum { SHOWN = 100 };

/* Texts are borrowed from the look, or belong to the list. */
struct entry {
    const char *when; /* RFC 3339, or a day; NULL: not known */
    char *what;
    const char *whose;
};
struct list {
    struct entry *items;
    size_t n;
};

static void add(struct list *l, const char *when, const char *whose, char *what_take)
{
    l->items = xrealloc(l->items, (l->n + 1) * sizeof *l->items);
    l->items[l->n++] = (struct entry){when, what_take, whose};
}

/* ---- what there is ---- */

static void add_secrets(struct list *l, const struct look *look)
{
    const json_t *one;
    size_t i;
    json_array_foreach(look->facts.standing.secrets, i, one)
    {
        if (json_text(one, "expires_at"))
            add(l, json_text(one, "expires_at"), json_text(one, "name"), xstrdup("secret expires"));
    }
}

static void add_sunsets(struct list *l, const struct look *look)
{
    const json_t *one;
    size_t i;
    json_array_foreach(look->facts.connectors, i, one)
    {
        const char *version = json_text(one, "api_version");
        if (json_text(one, "api_sunset"))
            add(l, json_text(one, "api_sunset"), json_text(one, "connector"),
                xasprintf("API version %s is switched off", version ? version : "?"));
    }
}

static void add_waits(struct list *l, const struct look *look)
{
    const json_t *one;
    size_t i;
    json_array_foreach(look->facts.standing.pauses, i, one)
        add(l, json_text(one, "until"), json_text(one, "bucket"),
            xasprintf("quota is used up: %s", json_text(one, "why")));
    json_array_foreach(look->facts.standing.parked, i, one)
    {
        const char *account = json_text(one, "account");
        add(l, json_text(one, "until"), json_text(one, "connector"),
            xasprintf("parked%s%s: goes on by itself", account && *account ? ", account " : "",
                      account ? account : ""));
    }
}

/* Only what gets scarce. */
static void add_lefts(struct list *l, const struct look *look)
{
    const json_t *one;
    size_t i;
    json_array_foreach(look->facts.standing.left, i, one)
    {
        int64_t left = json_int(one, "left", 0), limit = json_int(one, "limit", 0);
        if (left < limit / 2)
            add(l, json_text(one, "resets_at"), json_text(one, "bucket"),
                xasprintf("quota is full again; left are %" PRId64 " of %" PRId64 " (%s)", left,
                          limit, json_text(one, "what")));
    }
}

static void add_backfills(struct list *l, const struct look *look)
{
    const json_t *one;
    size_t i;
    json_array_foreach(look->backfills, i, one)
        add(l, NULL, json_text(one, "connector"),
            xasprintf("backfill from %s to %s ends; %" PRId64 " %% are done",
                      json_text(one, "from_day"), json_text(one, "to_day"),
                      json_int(one, "percent", 0)));
}

/* ---- shown ---- */

static int by_time(const void *a_, const void *b_)
{
    const struct entry *a = a_, *b = b_;
    return strcmp(a->when ? a->when : "", b->when ? b->when : "");
}

static void add_row(struct buf *b, const struct look *look, const struct entry *e)
{
    html(b, "<tr role=\"row\">");
    part_cell_begin(b, "When");
    if (e->when) {
        auto_free char *day = xstrndup(e->when, strlen("2026-01-31"));
        html(b, "{} <span class=\"meaning\">", day);
        part_time(b, look, e->when);
        html(b, "</span>");
    } else {
        html(b, "not known");
    }
    part_cell_end(b);
    part_cell(b, "Whose", e->whose);
    part_cell(b, "What", e->what);
    html(b, "</tr>\n");
}

static void show(struct buf *b, const struct look *look, const struct list *l)
{
    static const char *const headings[] = {"When", "Whose", "What", NULL};
    html(b, "<section aria-labelledby=\"ahead\">\n<h2 id=\"ahead\">Ahead</h2>\n");
    part_table(b, "What ends, and what waits, the next first", headings);
    for (size_t i = 0; i < l->n && i < SHOWN; i++)
        add_row(b, look, &l->items[i]);
    part_table_end(b);
    html(b, "</section>\n");
}

void page_ahead(struct buf *b, const struct look *look)
{
    struct list l = {0};
    add_secrets(&l, look);
    add_sunsets(&l, look);
    add_waits(&l, look);
    add_lefts(&l, look);
    add_backfills(&l, look);
    if (l.n > 0) {
        qsort(l.items, l.n, sizeof *l.items, by_time);
        show(b, look, &l);
    }
    for (size_t i = 0; i < l.n; i++)
        free(l.items[i].what);
    free(l.items);
}
