/* SPDX-License-Identifier: Apache-2.0
 * Alerts: what lasts and who was told of it, and whether their messages get through. */
#include <config.h>

#include "web/page.h"

#include <string.h>

#include "base/json.h"
#include "web/html.h"
#include "web/parts.h"

enum { SHOWN = 100 };

/* ---- what lasts ---- */

/* Only what was delivered is told. */
static void add_message(struct buf *b, const struct look *look, const json_t *told)
{
    char attempts[HTML_NUMBER];
    const char *state = json_text(told, "state");
    bool is_partly = state && strcmp(state, "partly") == 0;
    html(b, "<p><bdi>{}</bdi> ", json_text(told, "alert"));
    if (!state) {
        part_time(b, look, json_text(told, "at"));
    } else if (is_partly || strcmp(state, "sent") == 0) {
        part_time(b, look, json_text(told, "ended_at"));
        html(b, is_partly ? " not taken by everybody" : "");
    } else if (strcmp(state, "pending") == 0) {
        html(b, "on its way");
    } else {
        part_state(b, page_alert_word(told), NULL);
        html(b, ", attempts: {}", html_number(json_int(told, "attempts", 0), attempts));
    }
    html(b, "</p>");
}

static void add_told(struct buf *b, const struct look *look, const json_t *event)
{
    const json_t *told = json_object_get(event, "told"), *untold = json_object_get(event, "untold");
    const json_t *one;
    size_t i;
    part_cell_begin(b, "Told");
    json_array_foreach(told, i, one) add_message(b, look, one);
    json_array_foreach(untold, i, one)
        html(b, "<p><bdi>{}</bdi> not yet</p>", json_string_value(one));
    if (json_array_size(told) + json_array_size(untold) == 0)
        html(b, "nobody: no alert is configured for it");
    part_cell_end(b);
}

static void add_event(struct buf *b, const struct look *look, const json_t *event)
{
    html(b, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\"><bdi>{}</bdi></th>",
         json_text(event, "scope"));
    part_cell_begin(b, "Event");
    part_state(b, json_text(event, "kind"), NULL);
    html(b, "<p class=\"message\"><bdi>{}</bdi></p>", json_text(event, "text"));
    part_cell_end(b);
    part_cell_begin(b, "Since");
    part_time(b, look, json_text(event, "since_at"));
    part_cell_end(b);
    add_told(b, look, event);
    html(b, "</tr>\n");
}

static void add_events(struct buf *b, const struct look *look)
{
    static const char *const headings[] = {"Of", "Event", "Since", "Told", NULL};
    const json_t *event;
    size_t i;
    if (json_array_size(look->facts.notices) == 0) {
        html(b, "<p class=\"empty\">Nothing lasts that anybody would be told of.</p>\n");
        return;
    }
    part_table(b, "What lasts, newest first", headings);
    json_array_foreach(look->facts.notices, i, event)
    {
        if (i < SHOWN)
            add_event(b, look, event);
    }
    part_table_end(b);
    if (json_array_size(look->facts.notices) > SHOWN)
        html(b,
             "<p class=\"empty\">Only the newest hundred; <a href=\"/all.json\">all.json</a> has "
             "all.</p>\n");
}

/* ---- messages ---- */

static void add_alert(struct buf *b, const struct look *look, const json_t *alert)
{
    const char *message = json_text(alert, "message");
    html(b,
         "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\"><bdi>{}</bdi> <span "
         "class=\"plugin\">{}</span></th>",
         json_text(alert, "alert"), json_text(alert, "kind"));
    part_cell_begin(b, "Newest message");
    part_state(b, json_flag(alert, "enabled") ? page_alert_word(alert) : "disabled", NULL);
    if (message)
        html(b, "<p class=\"message\"><bdi>{}</bdi></p>", message);
    part_cell_end(b);
    part_cell_begin(b, "Made");
    part_time(b, look, json_text(alert, "message_at"));
    part_cell_end(b);
    part_cell_number(b, "Attempts", json_int(alert, "attempts", 0));
    html(b, "</tr>\n");
}

static void add_alerts(struct buf *b, const struct look *look)
{
    static const char *const headings[] = {"Alert", "Newest message", "Made", "#Attempts", NULL};
    const json_t *alert;
    size_t i;
    if (json_array_size(look->facts.alerts) == 0) {
        html(b, "<p class=\"empty\">No alert is configured: nobody is told.</p>\n");
        return;
    }
    part_table(b, "Whether messages get through", headings);
    json_array_foreach(look->facts.alerts, i, alert) add_alert(b, look, alert);
    part_table_end(b);
}

void page_alerts(struct buf *b, const struct look *look)
{
    html(b, "<section aria-labelledby=\"alerts\">\n<h2 id=\"alerts\">Alerts</h2>\n");
    add_events(b, look);
    add_alerts(b, look);
    html(b, "</section>\n");
}
