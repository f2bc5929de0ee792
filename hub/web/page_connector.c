/* SPDX-License-Identifier: Apache-2.0
 * One connector: its feeds, what stands in its way, its runs. */
#include <config.h>

#include "web/page.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "store/events.h"
#include "web/html.h"
#include "web/summary.h"

static const json_t *find(const struct look *look, const char *name)
{
    const json_t *one;
    size_t i;
    json_array_foreach(look->facts.connectors, i, one)
    {
        if (strcmp(json_text(one, "connector"), name) == 0)
            return one;
    }
    return NULL;
}

/* ---- what it is ---- */

static void add_pair(struct buf *b, const char *name, const char *value)
{
    if (value)
        html(b, "<div><dt>{}</dt><dd><bdi>{}</bdi></dd></div>\n", name, value);
}

static void add_head(struct buf *b, const struct look *look, const json_t *c)
{
    struct summary s = summary_of(c);
    const char *schedule = json_text(c, "schedule"), *warning = json_text(c, "sunset_warning");
    html(b, "<h1><bdi>{}</bdi></h1>\n<p>", json_text(c, "connector"));
    part_state(b, s.word, s.title);
    html(b, "</p>\n<dl class=\"pairs\">\n");
    add_pair(b, "Plugin", json_text(c, "plugin"));
    add_pair(b, "Schedule", schedule ? schedule : "none: omnihub pull runs it");
    add_pair(b, "API version", json_text(c, "api_version"));
    add_pair(b, "switched off on", json_text(c, "api_sunset"));
    html(b, "<div><dt>Next run</dt><dd>");
    part_time(b, look, json_text(c, "next_at"));
    html(b, "</dd></div>\n</dl>\n");
    if (warning)
        html(b, "<p class=\"notice wait\">{}</p>\n", warning);
}

/* ---- feeds ---- */

static void add_outcome(struct buf *b, const json_t *feed)
{
    const json_t *run = json_object_get(feed, "last_run");
    const char *outcome = json_text(run, "outcome");
    const char *message = json_text(run, "message"), *remedy = json_text(run, "remedy");
    part_cell_begin(b, "Last run");
    if (!outcome) {
        part_state(b, json_int(feed, "rows", 0) > 0 ? "part" : "never pulled", NULL);
    } else {
        part_state(b, outcome, tone_of(outcome) > TONE_BUSY ? json_text(run, "title") : NULL);
        if (message)
            html(b, "<p class=\"message\"><bdi>{}</bdi></p>", message);
        if (remedy && *remedy && tone_of(outcome) > TONE_BUSY)
            html(b, "<p class=\"remedy\"><span aria-hidden=\"true\">→</span> {}</p>", remedy);
    }
    part_cell_end(b);
}

static void add_feed(struct buf *b, const struct look *look, const json_t *feed)
{
    html(b, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\"><bdi>{}</bdi></th>",
         json_text(feed, "stream"));
    part_cell(b, "Account", json_text(feed, "account"));
    add_outcome(b, feed);
    part_cell_day(b, "Data from", json_text(feed, "first_day"));
    part_cell_day(b, "Data until", json_text(feed, "last_day"));
    part_cell_begin(b, "Last success");
    part_time(b, look, json_text(feed, "last_ok_at"));
    part_cell_end(b);
    part_cell_number(b, "Rows stored", json_int(feed, "rows", 0));
    html(b, "</tr>\n");
}

static void add_feeds(struct buf *b, const struct look *look, const json_t *feeds)
{
    static const char *const headings[] = {"Stream",       "Account",    "Last run",
                                           "Data from",    "Data until", "Last success",
                                           "#Rows stored", NULL};
    const json_t *feed;
    size_t i;
    html(b, "<section aria-labelledby=\"feeds\">\n<h2 id=\"feeds\">Streams</h2>\n");
    if (json_array_size(feeds) == 0) {
        html(b, "<p class=\"empty\">Nothing was pulled yet.</p>\n</section>\n");
        return;
    }
    part_table(b, "By stream and account", headings);
    json_array_foreach(feeds, i, feed)
    {
        if (!facts_is_idle_part(feed))
            add_feed(b, look, feed);
    }
    part_table_end(b);
    html(b, "</section>\n");
}

/* ---- what stands in its way ---- */

static void add_obstacles(struct buf *b, const json_t *c)
{
    const json_t *one;
    size_t i, begin = b->len;
    html(b, "<section aria-labelledby=\"way\">\n<h2 id=\"way\">In its way</h2>\n<ul "
            "class=\"items\">\n");
    size_t empty = b->len;
    json_array_foreach(json_object_get(c, "events"), i, one)
    {
        const char *kind = json_text(one, "kind");
        if (strcmp(kind, EVENT_FAILING) != 0) /* its stream says so below */
            part_item(b, kind, json_text(one, "scope"), json_text(one, "text"), NULL);
    }
    json_array_foreach(json_object_get(c, "secrets"), i, one)
    {
        if (json_text(one, "message"))
            part_item(b, json_text(one, "state"), json_text(one, "name"), json_text(one, "message"),
                      json_text(one, "remedy"));
    }
    json_array_foreach(json_object_get(c, "parked"), i, one)
    {
        const char *account = json_text(one, "account");
        auto_free char *text =
            xasprintf("its quota is used up, it goes on by itself at %s", json_text(one, "until"));
        part_item(b, "parked", account && *account ? account : json_text(c, "connector"), text,
                  NULL);
    }
    if (b->len == empty)
        b->len = begin; /* nothing to say is not said */
    else
        html(b, "</ul>\n</section>\n");
}

bool page_connector(struct buf *b, const struct look *look, const char *name)
{
    const json_t *c = find(look, name);
    if (!c)
        return false;
    struct look_at_one one = look_at_connector(look->from, name);
    part_begin(b, look, name);
    html(b, "<nav aria-label=\"Where you are\"><a href=\"/\">← All connectors</a></nav>\n");
    add_head(b, look, c);
    add_obstacles(b, c);
    add_feeds(b, look, json_object_get(c, "feeds"));
    html(b, "<section aria-labelledby=\"runs\">\n<h2 id=\"runs\">Recent runs</h2>\n");
    part_runs(b, look, one.runs, false);
    html(b, "</section>\n<section aria-labelledby=\"restated\">\n<h2 id=\"restated\">What the "
            "platform changed afterwards</h2>\n");
    part_restated(b, look, one.restated, false);
    html(b, "</section>\n");
    part_end(b, look);
    json_decref(one.runs);
    json_decref(one.restated);
    return true;
}
