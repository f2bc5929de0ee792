/* SPDX-License-Identifier: Apache-2.0
 * The overview: first whether anything needs attention, then how every connector is, then what
 * happened last. */
#include <config.h>

#include "web/page.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "web/html.h"
#include "web/summary.h"

/* All connectors, the worst first. */
struct overview {
    struct buf *b;
    const struct look *look;
    const struct summary *list;
    size_t n, n_bad, n_wait, n_busy;
    size_t bad_else, wait_else; /* what is no connector */
};

/* ---- at a glance ---- */

static void count(struct overview *o)
{
    o->bad_else = page_count_else(o->look, TONE_BAD);
    o->wait_else = page_count_else(o->look, TONE_WAIT);
    for (size_t i = 0; i < o->n; i++) {
        o->n_bad += o->list[i].tone == TONE_BAD;
        o->n_wait += o->list[i].tone == TONE_WAIT;
        o->n_busy += o->list[i].tone == TONE_BUSY;
    }
}

static void add_fact(struct buf *b, const char *name, int64_t value)
{
    char text[HTML_NUMBER];
    html(b, "<div><dt>{}</dt><dd>{}</dd></div>\n", name, html_number(value, text));
}

/* What is said of the connectors, and of all else. */
static void add_verdict(const struct overview *o, struct buf *b)
{
    size_t n = o->n_bad + o->bad_else, n_wait = o->n_wait + o->wait_else;
    const char *what = o->bad_else ? "thing" : "connector";
    if (n > 0)
        buf_printf(b, "%zu %s%s attention", n, what, n == 1 ? " needs" : "s need");
    else if (n_wait > 0)
        buf_printf(b, "nothing is broken, %zu to look at", n_wait);
    else
        buf_printf(b, "all is well");
}

static const char *verdict(const struct overview *o, struct buf *b)
{
    const struct facts *f = &o->look->facts;
    if (!o->look->is_whole)
        return "The hub cannot be read";
    if (o->n == 0)
        return "No connectors yet";
    if (!f->service && f->n_scheduled > 0)
        buf_adds(b, "No service runs; ");
    else if (json_flag(f->service, "clock_held"))
        buf_adds(b, "The clock is held; ");
    add_verdict(o, b);
    b->data[0] = (char)toupper((unsigned char)b->data[0]);
    return buf_text(b);
}

static void add_glance(const struct overview *o, const char *title)
{
    int64_t rows = 0;
    for (size_t i = 0; i < o->n; i++)
        rows += o->list[i].rows;
    html(o->b, "<h1>{}</h1>\n<dl class=\"glance\">\n", title);
    add_fact(o->b, "connectors", (int64_t)o->n);
    add_fact(o->b, "need attention", (int64_t)(o->n_bad + o->bad_else));
    add_fact(o->b, "running", (int64_t)o->n_busy);
    add_fact(o->b, "rows stored", rows);
    html(o->b, "</dl>\n");
}

/* ---- connectors ---- */

static const char *const headings[] = {"Connector",    "State",    "Data until", "Last success",
                                       "#Rows stored", "Next run", NULL};

static void add_connector(const struct overview *o, const struct summary *s)
{
    struct buf *b = o->b;
    const json_t *c = s->connector;
    const char *name = json_text(c, "connector"), *plugin = json_text(c, "plugin");
    const char *slash = strrchr(plugin, '/'), *base = slash ? slash + 1 : plugin;
    auto_free char *kind = xstrndup(base, strcspn(base, "."));
    html(b,
         "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\"><a href=\"/connectors/{}\"><bdi>{}"
         "</bdi></a> <span class=\"plugin\">{}</span></th>",
         name, name, kind);
    part_cell_begin(b, "State");
    part_state(b, s->word, s->tone > TONE_BUSY ? s->title : NULL);
    part_cell_end(b);
    part_cell_day(b, "Data until", s->last_day);
    part_cell_begin(b, "Last success");
    part_time(b, o->look, s->last_ok_at);
    part_cell_end(b);
    part_cell_number(b, "Rows stored", s->rows);
    part_cell_begin(b, "Next run");
    part_time(b, o->look, json_text(c, "next_at"));
    part_cell_end(b);
    html(b, "</tr>\n");
}

static void add_pager(const struct overview *o, int64_t number, int64_t pages)
{
    char here[HTML_NUMBER], all[HTML_NUMBER], before[HTML_NUMBER], after[HTML_NUMBER];
    if (pages < 2)
        return;
    snprintf(before, sizeof before, "%" PRId64, number - 1);
    snprintf(after, sizeof after, "%" PRId64, number + 1);
    html(o->b, "<nav class=\"pager\" aria-label=\"Pages of connectors\">");
    if (number > 1)
        html(o->b, "<a href=\"/?page={}\" rel=\"prev\">← Previous</a> ", before);
    html(o->b, "<span>page {} of {}</span>", html_number(number, here), html_number(pages, all));
    if (number < pages)
        html(o->b, " <a href=\"/?page={}\" rel=\"next\">Next →</a>", after);
    html(o->b, "</nav>\n");
}

static void add_connectors(const struct overview *o, int64_t number)
{
    int64_t pages = ((int64_t)o->n + PAGE_CONNECTORS - 1) / PAGE_CONNECTORS;
    number = number > pages ? pages : number;
    html(o->b, "<section aria-labelledby=\"connectors\">\n<h2 id=\"connectors\">Connectors</h2>\n");
    if (o->n == 0) {
        html(o->b, "<p class=\"empty\">The configuration has none. <code>omnihub describe PLUGIN"
                   "</code> shows how one is written.</p>\n</section>\n");
        return;
    }
    part_table(o->b, "The worst first; freshness is that of the oldest feed", headings);
    size_t first = (size_t)(number - 1) * PAGE_CONNECTORS;
    for (size_t i = first; i < o->n && i < first + PAGE_CONNECTORS; i++)
        add_connector(o, &o->list[i]);
    part_table_end(o->b);
    add_pager(o, number, pages);
    html(o->b, "</section>\n");
}

/* ---- the whole ---- */

static void add_last(struct buf *b, const struct look *look)
{
    html(b, "<section aria-labelledby=\"runs\">\n<h2 id=\"runs\">Recent runs</h2>\n");
    part_runs(b, look, look->work, true);
    html(b, "</section>\n<section aria-labelledby=\"restated\">\n<h2 id=\"restated\">What "
            "platforms changed afterwards</h2>\n");
    part_restated(b, look, look->restated, true);
    html(b, "</section>\n");
}

void page_overview(struct buf *b, const struct look *look, int64_t number)
{
    auto_buf title = BUF_INIT(HTML_TIME);
    struct overview o = {.b = b, .look = look};
    auto_free struct summary *list = summary_all(look, &o.n);
    o.list = list;
    count(&o);
    const char *said = verdict(&o, &title);
    part_begin(b, look, said);
    add_glance(&o, said);
    if (look->is_whole) {
        page_attention(b, look, o.list, o.n);
        add_connectors(&o, number);
        page_sinks(b, look);
        page_ahead(b, look);
        page_alerts(b, look);
        add_last(b, look);
    }
    part_end(b, look);
}
