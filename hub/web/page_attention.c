/* SPDX-License-Identifier: Apache-2.0
 * What needs attention, and what to do about it: runs that did not end well, conditions that last,
 * sinks, secrets. */
#include <config.h>

#include "web/page.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "store/events.h"
#include "web/html.h"

enum { SHOWN = 100 }; /* connectors */

/* ---- connectors ---- */

static void add_feed(struct buf *b, const char *connector, const json_t *feed)
{
    const json_t *run = json_object_get(feed, "last_run");
    const char *outcome = json_text(run, "outcome"), *account = json_text(feed, "account");
    bool has_account = account && *account;
    if (!outcome || tone_of(outcome) < TONE_WAIT)
        return;
    auto_free char *whose = xasprintf("%s.%s%s%s", connector, json_text(feed, "stream"),
                                      has_account ? " account " : "", has_account ? account : "");
    const char *title = json_text(run, "title"), *message = json_text(run, "message");
    auto_free char *text = xasprintf("%s%s%s", title ? title : "", title && message ? ": " : "",
                                     message ? message : "");
    part_item(b, outcome, whose, text, json_text(run, "remedy"));
}

static void add_connector(struct buf *b, const json_t *connector)
{
    const char *name = json_text(connector, "connector");
    const json_t *one;
    size_t i;
    json_array_foreach(json_object_get(connector, "feeds"), i, one) add_feed(b, name, one);
    json_array_foreach(json_object_get(connector, "events"), i, one)
    {
        const char *kind = json_text(one, "kind");
        if (strcmp(kind, EVENT_FAILING) != 0) /* its run is there already */
            part_item(b, kind, json_text(one, "scope"), json_text(one, "text"), NULL);
    }
}

/* ---- what is no connector ---- */

static bool is_told(const json_t *secret)
{
    return json_text(secret, "message") != NULL;
}

/* One that waits is tried again by itself; of one whose trouble is long ago nobody has to know. */
const char *page_alert_word(const json_t *alert)
{
    const char *state = json_text(alert, "state");
    return strcmp(state, "waiting") == 0 ? "retrying" : state;
}

static void add_alerts(struct buf *b, const json_t *alerts)
{
    const json_t *one;
    size_t i;
    json_array_foreach(alerts, i, one)
    {
        auto_free char *whose = xasprintf("alert %s", json_text(one, "alert"));
        if (alert_is_undelivered(one))
            part_item(b, page_alert_word(one), whose, json_text(one, "message"),
                      json_text(one, "remedy"));
    }
}

static void add_sinks(struct buf *b, const json_t *sinks)
{
    const json_t *sink, *delivery;
    size_t i, k;
    json_array_foreach(sinks, i, sink)
        json_array_foreach(json_object_get(sink, "datasets"), k, delivery)
    {
        const json_t *run = json_object_get(delivery, "last_run");
        auto_free char *whose =
            xasprintf("sink %s.%s", json_text(sink, "sink"), json_text(delivery, "dataset"));
        if (facts_is_passing_fault(sink, delivery))
            part_item(b, json_text(run, "outcome"), whose, json_text(run, "message"),
                      json_text(run, "remedy"));
    }
}

static void add_else(struct buf *b, const struct look *look)
{
    const json_t *one;
    size_t i;
    add_alerts(b, look->facts.alerts);
    add_sinks(b, look->facts.sinks);
    json_array_foreach(look->facts.notices, i, one)
    {
        if (facts_is_of_no_connector(one))
            part_item(b, json_text(one, "kind"), json_text(one, "scope"), json_text(one, "text"),
                      NULL);
    }
    json_array_foreach(look->facts.standing.secrets, i, one)
    {
        if (!is_told(one))
            continue;
        auto_free char *whose = xasprintf("secret %s", json_text(one, "name"));
        part_item(b, json_text(one, "state"), whose, json_text(one, "message"),
                  json_text(one, "remedy"));
    }
}

/* As many as add_else() adds. */
size_t page_count_else(const struct look *look, enum tone tone)
{
    const json_t *one, *delivery;
    size_t i, k, n = 0;
    json_array_foreach(look->facts.notices, i, one) n +=
        facts_is_of_no_connector(one) && tone_of(json_text(one, "kind")) == tone;
    json_array_foreach(look->facts.alerts, i, one) n +=
        alert_is_undelivered(one) && tone_of(page_alert_word(one)) == tone;
    json_array_foreach(look->facts.sinks, i, one)
        json_array_foreach(json_object_get(one, "datasets"), k, delivery) n +=
        facts_is_passing_fault(one, delivery) &&
        tone_of(json_text(json_object_get(delivery, "last_run"), "outcome")) == tone;
    json_array_foreach(look->facts.standing.secrets, i, one) n +=
        is_told(one) && tone_of(json_text(one, "state")) == tone;
    return n;
}

/* ---- the whole ---- */

void page_attention(struct buf *b, const struct look *look, const struct summary *list, size_t n)
{
    size_t begin = b->len, shown = 0;
    html(b, "<section aria-labelledby=\"attention\">\n<h2 id=\"attention\">What needs "
            "attention</h2>\n<ul class=\"items\">\n");
    size_t empty = b->len;
    for (size_t i = 0; i < n && list[i].tone >= TONE_WAIT && shown < SHOWN; i++, shown++)
        add_connector(b, list[i].connector);
    add_else(b, look);
    if (b->len == empty) {
        b->len = begin; /* nothing to say is not said */
        return;
    }
    html(b, "</ul>\n");
    if (shown == SHOWN)
        html(b, "<p class=\"empty\">Only the first hundred connectors; the table below has all."
                "</p>\n");
    html(b, "</section>\n");
}
