/* SPDX-License-Identifier: Apache-2.0
 * What a backfill would ask for. */
#include <config.h>

#include "cli/backfill_plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/output.h"
#include "cli/reading.h"
#include "run/job_plan.h"
#include "store/backfills.h"
#include "store/ledger.h"

static bool is_wanted(const struct config_connector *k, const struct omni_stream *stream)
{
    for (const char *const *s = k->streams; s && *s; s++)
        if (strcmp(*s, stream->name) == 0)
            return true;
    return !k->streams;
}

/* The last day that a regular pull stored for the stream, the earliest over its accounts. */
static bool last_pulled(const json_t *state, const struct omni_stream *stream, int32_t *day)
{
    bool has = false;
    size_t i;
    const json_t *feed;
    json_array_foreach(json_object_get(state, "feeds"), i, feed)
    {
        int32_t one;
        const char *name = json_text(feed, "stream"),
                   *text = json_text(json_object_get(feed, "state"), "hub.window_to");
        if (!name || !text || strcmp(name, stream->name) != 0 ||
            !day_parse_iso(text, strlen(text), &one))
            continue;
        *day = !has || one < *day ? one : *day;
        has = true;
    }
    return has;
}

static struct plan_range range_of(const struct backfill_plan *p, const struct omni_stream *stream,
                                  const json_t *state)
{
    struct plan_input in = {.stream = stream,
                            .today = p->today,
                            .reread = (int32_t)stream->settle_days,
                            .has_from = true,
                            .has_to = true,
                            .from = p->from,
                            .to = p->to};
    in.has_last = last_pulled(state, stream, &in.last_to);
    day_parse_arg(p->connector->start, p->today, &in.start);
    return plan_backfill(&in);
}

static const char *note_of(const struct backfill_plan *p, const struct omni_stream *stream,
                           const struct plan_range *r, char note[160])
{
    char day[DAY_TEXT];
    if (stream->sync != OMNI_WINDOW)
        return "no days to go back to: every pull has the whole of it";
    if (r->from > p->from && r->from > r->to)
        return "older than what the platform keeps";
    if (r->from > r->to)
        return "the schedule pulls these days itself";
    if (r->from > p->from)
        snprintf(note, 160, "the platform keeps %u days", (unsigned)stream->history_days);
    else if (r->to < p->to)
        snprintf(note, 160, "from %s on the schedule pulls itself", day_print(r->to + 1, day));
    else
        return NULL;
    return note;
}

static int64_t windows_of(const struct omni_stream *stream, const struct plan_range *r)
{
    int64_t n = 0;
    for (int32_t from = r->from; from <= r->to; n++)
        from = plan_window_end(stream, from, r->to) + 1;
    return n;
}

static json_t *row_of(struct backfill_plan *p, const struct omni_stream *stream,
                      const json_t *state)
{
    char text[DAY_TEXT], note[160];
    bool has_days = stream->sync == OMNI_WINDOW;
    struct plan_range r = has_days ? range_of(p, stream, state) : (struct plan_range){1, 0};
    json_t *row = json_object();
    json_put_text(row, "stream", stream->name);
    if (r.from <= r.to) {
        int64_t chunks = ((int64_t)p->to - r.from) / BACKFILL_CHUNK_DAYS + 1;
        json_put_text(row, "from_day", day_print(r.from, text));
        json_put_text(row, "to_day", day_print(r.to, text));
        json_put_int(row, "days", (int64_t)r.to - r.from + 1);
        json_put_int(row, "windows", windows_of(stream, &r));
        p->chunks = chunks > p->chunks ? chunks : p->chunks;
    }
    json_put_text(row, "note", note_of(p, stream, &r, note));
    return row;
}

static json_t *state_of(const struct cli *cli, const char *connector, struct err *err)
{
    struct reading r = {0};
    struct cli quiet = *cli;
    quiet.is_quiet = true; /* that nothing was pulled yet is no news here */
    json_t *state = NULL;
    if (reading_open(&r, &quiet) == CLI_OK)
        state = r.store ? ledger_state_export(r.store, connector, err) : json_object();
    reading_close(&r);
    return state;
}

static const char *const columns[] = {"stream", "from_day", "to_day", "days", "windows", "note"};

int backfill_plan_show(const struct cli *cli, struct backfill_plan *p)
{
    struct err err = {0};
    const struct omni_source *source = plugins_source(p->plugin);
    auto_json *state = state_of(cli, p->connector->name, &err);
    auto_json *rows = json_array();
    if (!state || !source) {
        cli_error("backfill: %s", err.text[0] ? err.text : "the plugin cannot be asked");
        return CLI_CANNOT;
    }
    if (source->flags & OMNI_SOURCE_FILES) {
        cli_error("backfill: connector \"%s\" reads files: pull reads all that its path names, "
                  "however old, so there is nothing to go back to",
                  p->connector->name);
        return CLI_USAGE;
    }
    for (size_t i = 0; source->streams && source->streams[i]; i++)
        if (is_wanted(p->connector, source->streams[i]))
            json_array_append_new(rows, row_of(p, source->streams[i], state));
    if (cli_flag(cli, "plan") && cli_flag(cli, "json"))
        cli_print_json(rows);
    else if (!cli_flag(cli, "json") && !cli->is_quiet && json_array_size(rows) > 0)
        reading_table(rows, columns, ARRAY_LEN(columns));
    if (p->chunks > 0 || json_array_size(rows) == 0) /* streams may be found by asking only */
        return CLI_OK;
    cli_error("backfill: nothing of that is left to do for connector \"%s\"; `omnihub pull --from` "
              "repairs days that the schedule reads",
              p->connector->name);
    return CLI_USAGE;
}
