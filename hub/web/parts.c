/* SPDX-License-Identifier: Apache-2.0
 * The parts of pages. Roles are said, because a table that is laid out as cards loses its own. */
#include <config.h>

#include "web/parts.h"

#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "web/html.h"

/* ---- states ---- */

static const struct {
    const char *words; /* separated by | */
    enum tone tone;
} tones[] = {
    {"ok|waiting|sent", TONE_GOOD},
    {"running|pending", TONE_BUSY},
    {"parked|retrying|interrupted|suspicious|expiring|drift|sunset|deprecated", TONE_WAIT},
    {"never pulled|never pushed|disabled|part|none", TONE_NONE},
};

/* By tone. Colour is never the only sign. */
static const struct {
    const char *name, *sign;
} looks[] = {
    [TONE_NONE] = {"none", "–"}, [TONE_GOOD] = {"good", "✓"}, [TONE_BUSY] = {"busy", "▸"},
    [TONE_WAIT] = {"wait", "!"}, [TONE_BAD] = {"bad", "✕"},
};

enum tone tone_of(const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(tones); i++)
        if (text_in_list(word, strlen(word), tones[i].words, "|"))
            return tones[i].tone;
    return TONE_BAD;
}

void part_state(struct buf *b, const char *word, const char *title)
{
    enum tone tone = tone_of(word);
    html(b, "<span class=\"state {}\"><span aria-hidden=\"true\">{}</span> {}</span>",
         looks[tone].name, looks[tone].sign, word);
    if (title)
        html(b, " <span class=\"meaning\">{}</span>", title);
}

void part_item(struct buf *b, const char *word, const char *whose, const char *text,
               const char *remedy)
{
    html(b, "<li class=\"item\">");
    part_state(b, word, NULL);
    html(b, " <strong><bdi>{}</bdi></strong>", whose);
    if (text)
        html(b, "<p><bdi>{}</bdi></p>", text);
    if (remedy && *remedy)
        html(b, "<p class=\"remedy\"><span aria-hidden=\"true\">→</span> {}</p>", remedy);
    html(b, "</li>\n");
}

/* ---- times ---- */

/* "2026-11-28T23:40:38.123Z" → "2026-11-28 23:40 UTC" */
static void print_minute(const char *time, char out[HTML_TIME])
{
    snprintf(out, HTML_TIME, "%.10s %.5s UTC", time, strlen(time) > 16 ? time + 11 : "");
}

void part_time(struct buf *b, const struct look *look, const char *time)
{
    char distance[HTML_TIME], minute[HTML_TIME];
    if (!time) {
        html(b, "–");
        return;
    }
    print_minute(time, minute);
    html(b, "<time datetime=\"{}\" title=\"{}\">{}</time>", time, minute,
         html_distance(time, look->at, distance));
}

/* ---- the frame ---- */

static void add_service(struct buf *b, const struct look *look)
{
    const json_t *service = look->facts.service;
    char pid[HTML_NUMBER];
    if (!service && look->facts.n_scheduled == 0) {
        html(b, "<p class=\"service\"><span class=\"state none\"><span aria-hidden=\"true\">–"
                "</span> no service</span> <span class=\"meaning\">nothing has a schedule</span>"
                "</p>\n");
        return;
    }
    if (!service) {
        html(b, "<p class=\"service\"><span class=\"state none\"><span aria-hidden=\"true\">–"
                "</span> no service</span> <span class=\"meaning\">start it with "
                "<code>omnihub run</code></span></p>\n");
        return;
    }
    snprintf(pid, sizeof pid, "%lld", (long long)json_int(service, "pid", 0));
    html(b, "<p class=\"service\">");
    if (json_flag(service, "clock_held"))
        html(b, "<span class=\"state bad\"><span aria-hidden=\"true\">✕</span> clock held</span> "
                "<span class=\"meaning\">the clock jumped too far ahead: set it back, or say "
                "<code>omnihub resume</code></span>");
    else
        html(b,
             "<span class=\"state good\"><span aria-hidden=\"true\">✓</span> service runs</span> "
             "<span class=\"meaning\">omnihub {}, process {}</span>",
             json_text(service, "version"), pid);
    html(b, "</p>\n");
}

void part_begin(struct buf *b, const struct look *look, const char *title)
{
    html(b,
         "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n"
         "<title>{} · omnihub</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n"
         "<link rel=\"icon\" href=\"data:,\">\n</head>\n<body>\n"
         "<a class=\"skip\" href=\"#main\">To the content</a>\n"
         "<header>\n<p class=\"name\"><a href=\"/\">omnihub</a></p>\n",
         title);
    add_service(b, look);
    html(b, "</header>\n<main id=\"main\">\n");
    if (look->from->config_fault)
        html(b,
             "<p class=\"notice bad\" role=\"alert\"><strong>The configuration on disk has an "
             "error</strong>, the one before is shown: {}</p>\n",
             look->from->config_fault);
    if (*look->why)
        html(b,
             "<p class=\"notice bad\" role=\"alert\"><strong>Not everything could be "
             "read:</strong> {}</p>\n",
             look->why);
}

void part_end(struct buf *b, const struct look *look)
{
    char time[TIME_TEXT], minute[HTML_TIME];
    day_print_time(look->at / TIME_SECOND * TIME_SECOND, time);
    snprintf(minute, sizeof minute, "%.10s %.8s UTC", time, time + 11);
    html(b,
         "</main>\n<footer>\n<p>As of <time datetime=\"{}\">{}</time>; the page looks again every "
         "minute.</p>\n<nav aria-label=\"The same for programs\"><a href=\"/status.json\">"
         "status.json</a> <a href=\"/all.json\">all.json</a> <a href=\"/runs.json\">runs.json</a> "
         "<a href=\"/restated.json\">"
         "restated.json</a> <a href=\"/metrics\">metrics</a> <a href=\"/readyz\">readyz</a></nav>\n"
         "</footer>\n</body>\n</html>\n",
         time, minute);
}

/* ---- tables ---- */

void part_table(struct buf *b, const char *caption, const char *const *headings)
{
    html(b,
         "<table role=\"table\">\n<caption>{}</caption>\n<thead role=\"rowgroup\"><tr "
         "role=\"row\">",
         caption);
    for (; *headings; headings++) {
        bool is_number = **headings == '#';
        html(b, "<th role=\"columnheader\" scope=\"col\" class=\"{}\">{}</th>",
             is_number ? "number" : "text", *headings + is_number);
    }
    html(b, "</tr></thead>\n<tbody role=\"rowgroup\">\n");
}

void part_table_end(struct buf *b)
{
    html(b, "</tbody>\n</table>\n");
}

void part_cell_begin(struct buf *b, const char *heading)
{
    html(b, "<td role=\"cell\" data-label=\"{}\"><div>", heading);
}

void part_cell_end(struct buf *b)
{
    html(b, "</div></td>");
}

void part_cell(struct buf *b, const char *heading, const char *text)
{
    part_cell_begin(b, heading);
    html(b, "<bdi>{}</bdi>", text && *text ? text : "–");
    part_cell_end(b);
}

void part_cell_day(struct buf *b, const char *heading, const char *day)
{
    part_cell_begin(b, heading);
    html(b, day ? "<time>{}</time>" : "–", day);
    part_cell_end(b);
}

void part_cell_number(struct buf *b, const char *heading, int64_t v)
{
    char text[HTML_NUMBER];
    html(b, "<td role=\"cell\" class=\"number\" data-label=\"{}\"><div>{}</div></td>", heading,
         html_number(v, text));
}

/* ---- runs and restatements ---- */

/* "shop-ads" leads to its page where it is a connector; sinks and datasets have none. */
static void add_name(struct buf *b, const struct look *look, const char *heading, const char *name)
{
    bool is_connector = config_connector(look->from->config, name) != NULL;
    part_cell_begin(b, heading);
    if (is_connector)
        html(b, "<a href=\"/connectors/{}\"><bdi>{}</bdi></a>", name, name);
    else
        html(b, "<bdi>{}</bdi>", name);
    part_cell_end(b);
}

static void add_run(struct buf *b, const struct look *look, const json_t *run, bool with_name)
{
    const char *message = json_text(run, "message"), *outcome = json_text(run, "outcome");
    html(b, "<tr role=\"row\">");
    part_cell_begin(b, "Started");
    part_time(b, look, json_text(run, "started_at"));
    part_cell_end(b);
    part_cell(b, "Kind", json_text(run, "kind"));
    if (with_name)
        add_name(b, look, "Of", json_text(run, "connector"));
    part_cell(b, "Stream", json_text(run, "stream"));
    part_cell(b, "Account", json_text(run, "account"));
    part_cell_begin(b, "Outcome");
    part_state(b, outcome, tone_of(outcome) > TONE_BUSY ? json_text(run, "title") : NULL);
    if (message)
        html(b, "<p class=\"message\"><bdi>{}</bdi></p>", message);
    part_cell_end(b);
    part_cell_number(b, "Rows", json_int(run, "rows", 0));
    html(b, "</tr>\n");
}

void part_runs(struct buf *b, const struct look *look, const json_t *runs, bool with_name)
{
    static const char *const all[] = {"Started", "Kind",    "Of",    "Stream",
                                      "Account", "Outcome", "#Rows", NULL};
    static const char *const own[] = {"Started", "Kind",  "Stream", "Account",
                                      "Outcome", "#Rows", NULL};
    const json_t *run;
    size_t i;
    if (json_array_size(runs) == 0) {
        html(b, "<p class=\"empty\">Nothing ran yet.</p>\n");
        return;
    }
    part_table(b, "Newest first", with_name ? all : own);
    json_array_foreach(runs, i, run) add_run(b, look, run, with_name);
    part_table_end(b);
}

static void add_value(struct buf *b, const char *heading, const json_t *row, const char *key)
{
    const json_t *v = json_object_get(row, key);
    if (json_is_integer(v))
        part_cell_number(b, heading, json_integer_value(v));
    else
        html(b, "<td role=\"cell\" class=\"number\" data-label=\"{}\"><div>{}</div></td>", heading,
             json_is_string(v) ? json_string_value(v) : "–");
}

static void add_restated(struct buf *b, const struct look *look, const json_t *row, bool with_name)
{
    html(b, "<tr role=\"row\">");
    part_cell_begin(b, "Seen");
    part_time(b, look, json_text(row, "at"));
    part_cell_end(b);
    if (with_name)
        add_name(b, look, "Connector", json_text(row, "connector"));
    part_cell(b, "Stream", json_text(row, "stream"));
    part_cell(b, "Account", json_text(row, "account"));
    part_cell_day(b, "Day", json_text(row, "date"));
    part_cell(b, "Metric", json_text(row, "metric"));
    add_value(b, "Was", row, "old");
    add_value(b, "Is", row, "new");
    html(b, "</tr>\n");
}

void part_restated(struct buf *b, const struct look *look, const json_t *restated, bool with_name)
{
    static const char *const all[] = {"Seen",   "Connector", "Stream", "Account", "Day",
                                      "Metric", "#Was",      "#Is",    NULL};
    static const char *const own[] = {"Seen",   "Stream", "Account", "Day",
                                      "Metric", "#Was",   "#Is",     NULL};
    const json_t *row;
    size_t i;
    if (json_array_size(restated) == 0) {
        html(b, "<p class=\"empty\">No platform changed a day afterwards.</p>\n");
        return;
    }
    part_table(b, "Newest first", with_name ? all : own);
    json_array_foreach(restated, i, row) add_restated(b, look, row, with_name);
    part_table_end(b);
}
