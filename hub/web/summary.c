/* SPDX-License-Identifier: Apache-2.0
 * Summing feeds up: the worst outcome, the oldest freshness. */
#include <config.h>

#include "web/summary.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "store/events.h"

/* A worse state takes the place of a better one. */
static void take(struct summary *s, const char *word, const char *title)
{
    enum tone tone = tone_of(word);
    if (s->word && tone <= s->tone)
        return;
    s->tone = tone;
    s->word = word;
    s->title = title;
}

/* Times and days sort as texts. */
static const char *older(const char *a, const char *b)
{
    return !a || (b && strcmp(b, a) < 0) ? b : a;
}

static void add_feed(struct summary *s, const json_t *feed)
{
    const json_t *run = json_object_get(feed, "last_run");
    const char *outcome = json_text(run, "outcome");
    s->rows += json_int(feed, "rows", 0);
    /* A part (an order's lines) has rows, but no run of its own: it comes with its stream. */
    if (!outcome)
        return;
    s->n_feeds++;
    take(s, outcome, json_text(run, "title"));
    s->last_day = older(s->last_day, json_text(feed, "last_day"));
    s->last_ok_at = older(s->last_ok_at, json_text(feed, "last_ok_at"));
}

struct summary summary_of(const json_t *connector)
{
    struct summary s = {.connector = connector};
    const json_t *one;
    size_t i;
    json_array_foreach(json_object_get(connector, "feeds"), i, one) add_feed(&s, one);
    json_array_foreach(json_object_get(connector, "events"), i, one)
    {
        if (strcmp(json_text(one, "kind"), EVENT_FAILING) != 0) /* as its feed says */
            take(&s, json_text(one, "kind"), json_text(one, "text"));
    }
    const char *state = json_text(connector, "state");
    if (state && strcmp(state, "waiting") != 0)
        take(&s, state, NULL);
    if (!s.word)
        take(&s, "never pulled", NULL);
    if (json_is_false(json_object_get(connector, "enabled")))
        s = (struct summary){.connector = connector,
                             .word = "disabled",
                             .rows = s.rows,
                             .n_feeds = s.n_feeds,
                             .last_day = s.last_day,
                             .last_ok_at = s.last_ok_at};
    return s;
}

/* Counting sort: one pass a tone keeps the order of the configuration. */
struct summary *summary_all(const struct look *look, size_t *n)
{
    const json_t *all = look->facts.connectors, *connector;
    size_t total = json_array_size(all), i;
    auto_free struct summary *each = xcalloc(total + 1, sizeof *each);
    struct summary *sorted = xcalloc(total + 1, sizeof *sorted);
    json_array_foreach(all, i, connector) each[i] = summary_of(connector);
    *n = 0;
    for (int tone = TONE_BAD; tone >= TONE_NONE; tone--)
        for (i = 0; i < total; i++)
            if (each[i].tone == (enum tone)tone)
                sorted[(*n)++] = each[i];
    return sorted;
}
