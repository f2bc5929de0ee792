/* SPDX-License-Identifier: Apache-2.0
 * omnihub backfill */
#include <config.h>

#include "cli/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/zone.h"
#include "cli/audited.h"
#include "cli/backfill.h"
#include "cli/backfill_plan.h"
#include "cli/orders.h"
#include "cli/reading.h"
#include "store/backfills.h"

static int run(struct cli *);

static const struct cli_option options[] = {
    {"from", "DAY", "the oldest day (YYYY-MM-DD, today, yesterday, -7d)"},
    {"to", "DAY", "the newest day, included"},
    {"plan", NULL, "show what would be asked for, and stop"},
    {"yes", NULL, "do not ask"},
    {"stop", NULL, "stop it; the same order takes it up again"},
    {"json", NULL, "as JSON"},
    {0}};

const struct command cmd_backfill = {
    .name = "backfill",
    .arguments = "[NAME --from D --to D]",
    .usage = "history of a connector, without disturbing the schedule",
    .help = "Days are pulled in chunks, the newest first; what is done stays done, and the same "
            "order goes on\nafter an interruption. Where a service runs, it does the work beside "
            "its schedule. Without a\nname: how far each backfill is.",
    .options = options,
    .max_names = 1,
    .run = run};

enum { ASK_FROM_CHUNKS = 100 }; /* without a terminal, more than that needs --yes */

/* ---- looking ---- */

static const char *const columns[] = {"connector", "account", "from_day",     "to_day", "done_from",
                                      "percent",   "code",    "seconds_left", "message"};

static int list(struct cli *cli)
{
    struct reading r = {0};
    struct err err = {0};
    int code = reading_open(&r, cli);
    if (code == CLI_OK)
        code =
            reading_show(cli, r.store ? backfills_list(r.store, NULL, false, &err) : json_array(),
                         &err, columns, ARRAY_LEN(columns));
    reading_close(&r);
    return code;
}

/* ---- days ---- */

static int32_t today(const struct config *c, const struct config_connector *k)
{
    struct err err = {0};
    struct zone *zone = zone_open(k->timezone ? k->timezone : c->hub.timezone, &err);
    int32_t day = zone ? zone_day(zone, day_now()) : (int32_t)(day_now() / TIME_DAY);
    zone_free(zone);
    return day;
}

static bool read_day(const struct cli *cli, const char *option, int32_t base, int32_t *out)
{
    const char *text = cli_value(cli, option);
    if (!text)
        cli_error("backfill: --%s is missing: a backfill has a first and a last day", option);
    else if (!day_parse_arg(text, base, out))
        cli_error("backfill: --%s \"%s\" is not a day (YYYY-MM-DD, today, yesterday, -7d)", option,
                  text);
    else
        return true;
    return false;
}

static int read_days(const struct cli *cli, struct backfill_plan *plan)
{
    char a[DAY_TEXT], b[DAY_TEXT];
    plan->today = today(cli->config, plan->connector);
    if (!read_day(cli, "from", plan->today, &plan->from) ||
        !read_day(cli, "to", plan->today, &plan->to))
        return CLI_USAGE;
    if (plan->from > plan->to)
        cli_error("backfill: --from %s lies after --to %s", day_print(plan->from, a),
                  day_print(plan->to, b));
    else if (plan->to > plan->today)
        cli_error("backfill: --to %s lies in the future; today is %s", day_print(plan->to, a),
                  day_print(plan->today, b));
    else
        return CLI_OK;
    return CLI_USAGE;
}

/* ---- asking ---- */

static int confirm(const struct cli *cli, int64_t chunks)
{
    if (cli_flag(cli, "yes"))
        return CLI_OK;
    if (!isatty(STDIN_FILENO)) {
        if (chunks <= ASK_FROM_CHUNKS)
            return CLI_OK;
        cli_error("backfill: that is much (%" PRId64 " chunks); say --yes if it is meant", chunks);
        return CLI_USAGE;
    }
    fprintf(stderr, "Start? [y/N] ");
    int answer = getchar();
    return answer == 'y' || answer == 'Y' ? CLI_OK : CLI_FAILED;
}

/* ---- doing ---- */

/* Without a service this command is the hub for as long as it takes. */
static int do_here(struct work *w, const struct backfill_plan *plan)
{
    struct err err = {0};
    int code = work_lock(w);
    if (code != CLI_OK)
        return code;
    struct backfills *all = backfills_new(w->store);
    struct supervise *jobs = work_begin_jobs(w);
    backfills_use(all, w, jobs);
    omni_status status = backfill_order(w->store, plan->connector, plan->from, plan->to, &err);
    if (status == OMNI_OK)
        status = backfills_load(all, &err);
    if (status == OMNI_OK) {
        char from[DAY_TEXT], to[DAY_TEXT];
        audited(w->cli->config, NULL, AUDIT_BACKFILL,
                json_pack("{s:s, s:s, s:s}", "connector", plan->connector->name, "from",
                          day_print(plan->from, from), "to", day_print(plan->to, to)));
        backfills_start(all, day_now(), NULL, NULL);
        work_run_jobs(w, jobs);
        work_combine(w);
        code = work_report(w);
        if (code != CLI_OK)
            cli_note(w->cli, "omnihub: the same order goes on where this one stopped");
    } else {
        supervise_free(jobs);
        cli_error("backfill: connector \"%s\": %s", plan->connector->name, err.text);
        code = status == OMNI_E_CONFIG ? CLI_USAGE : CLI_CANNOT;
    }
    backfills_free(all);
    return code;
}

static int order(struct work *w, const struct backfill_plan *plan)
{
    char from[DAY_TEXT], to[DAY_TEXT];
    json_t *order =
        json_pack("{s:s, s:s, s:s, s:s}", "do", "backfill", "connector", plan->connector->name,
                  "from", day_print(plan->from, from), "to", day_print(plan->to, to));
    int code = orders_send(w->cli, order, CLI_FAILED);
    return code >= 0 ? code : do_here(w, plan);
}

static int stop(const struct cli *cli)
{
    json_t *order = json_pack("{s:s, s:s}", "do", "stop-backfill", "connector", cli->names[0]);
    int code = orders_send(cli, order, CLI_FAILED);
    if (code >= 0)
        return code;
    cli_note(cli, "omnihub: no service runs, so no backfill does");
    return CLI_OK;
}

static int backfill(struct work *w)
{
    const struct cli *cli = w->cli;
    struct backfill_plan plan = {.connector = config_connector(cli->config, cli->names[0]),
                                 .plugin = NULL};
    plan.plugin = plugins_find(w->plugins, plan.connector->plugin);
    int code = read_days(cli, &plan);
    if (code != CLI_OK)
        return code;
    code = backfill_plan_show(cli, &plan);
    if (code != CLI_OK || cli_flag(cli, "plan"))
        return code;
    code = confirm(cli, plan.chunks);
    return code == CLI_OK ? order(w, &plan) : code;
}

static int run(struct cli *cli)
{
    struct work w;
    if (!cli->n_names)
        return list(cli);
    int code = work_prepare(&w, cli, true, false);
    if (code == CLI_OK)
        code = cli_flag(cli, "stop") ? stop(cli) : backfill(&w);
    work_free(&w);
    return code;
}
