/* SPDX-License-Identifier: Apache-2.0
 * Sinks: how the last delivery of each of their datasets ended. */
#include <config.h>

#include "web/page.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "store/events.h"
#include "web/html.h"
#include "web/parts.h"

/* What fails before any dataset is begun has no run; NULL: nothing does. */
static const json_t *whole_fault(const json_t *sink)
{
    auto_free char *scope = xasprintf("sink %s", json_text(sink, "sink"));
    const json_t *event;
    size_t i;
    json_array_foreach(json_object_get(sink, "events"), i, event)
    {
        if (strcmp(json_text(event, "kind"), EVENT_FAILING) == 0 &&
            strcmp(json_text(event, "scope"), scope) == 0)
            return event;
    }
    return NULL;
}

static void add_outcome(struct buf *b, const json_t *sink, const json_t *run)
{
    const json_t *fault = whole_fault(sink);
    const char *outcome = json_text(run, "outcome"),
               *message = fault ? json_text(fault, "text") : json_text(run, "message");
    part_cell_begin(b, "Last delivery");
    if (!json_flag(sink, "enabled"))
        part_state(b, "disabled", NULL);
    else if (fault)
        part_state(b, json_text(fault, "kind"), NULL);
    else if (!outcome)
        part_state(b, "never pushed", NULL);
    else
        part_state(b, outcome, tone_of(outcome) > TONE_BUSY ? json_text(run, "title") : NULL);
    if (message)
        html(b, "<p class=\"message\"><bdi>{}</bdi></p>", message);
    part_cell_end(b);
}

static void add_delivery(struct buf *b, const struct look *look, const json_t *sink,
                         const json_t *delivery)
{
    const json_t *run = json_object_get(delivery, "last_run");
    html(b, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\"><bdi>{}</bdi></th>",
         json_text(sink, "sink"));
    part_cell(b, "Dataset", json_text(delivery, "dataset"));
    add_outcome(b, sink, run);
    part_cell_begin(b, "Ended");
    part_time(b, look, json_text(run, "ended_at"));
    part_cell_end(b);
    part_cell_begin(b, "Last success");
    part_time(b, look, json_text(delivery, "last_ok_at"));
    part_cell_end(b);
    html(b, "</tr>\n");
}

void page_sinks(struct buf *b, const struct look *look)
{
    static const char *const headings[] = {"Sink",  "Dataset",      "Last delivery",
                                           "Ended", "Last success", NULL};
    const json_t *sink, *delivery;
    size_t i, k;
    if (json_array_size(look->facts.sinks) == 0)
        return;
    html(b, "<section aria-labelledby=\"sinks\">\n<h2 id=\"sinks\">Sinks</h2>\n");
    part_table(b, "By sink and dataset", headings);
    json_array_foreach(look->facts.sinks, i, sink)
        json_array_foreach(json_object_get(sink, "datasets"), k, delivery)
            add_delivery(b, look, sink, delivery);
    part_table_end(b);
    html(b, "</section>\n");
}
