/* SPDX-License-Identifier: Apache-2.0
 * omnihub sync */
#include <config.h>

#include "cli/cli.h"

#include "cli/alerts.h"
#include "cli/audited.h"
#include "cli/calendar.h"
#include "cli/freshness.h"
#include "cli/work.h"

static int run(struct cli *);

static const struct cli_option options[] = {{"json", NULL, "the summary as JSON"}, {0}};

const struct command cmd_sync = {
    .name = "sync",
    .arguments = "[NAME…]",
    .usage = "pull, combine, push, then exit: what a cron user wants",
    .help = "Names are connectors; sinks get what they lack, whatever was pulled.",
    .options = options,
    .max_names = -1,
    .run = run};

/* What could not be sent is kept, and sent with the next call. */
static void send_alerts(struct work *w)
{
    const struct config *c = w->cli->config;
    if (w->is_interrupted || c->n_alerts == 0)
        return;
    calendar_look(w);
    struct freshness *fresh = freshness_new(w->store, false);
    freshness_look(fresh, c);
    freshness_free(fresh);
    struct alerts *alerts = alerts_new(w->store);
    unsigned before;
    do { /* one message of each alert at a time */
        before = w->n_jobs;
        struct supervise *jobs = work_begin_jobs(w);
        alerts_run(alerts, w, jobs, true);
        work_run_jobs(w, jobs);
    } while (w->n_jobs > before && !w->is_interrupted);
    alerts_free(alerts);
}

static int run(struct cli *cli)
{
    struct work w;
    int code = work_prepare(&w, cli, true, true);
    if (code == CLI_OK)
        code = work_lock(&w);
    if (code == CLI_OK)
        audited_run(cli);
    if (code == CLI_OK) {
        work_pull(&w);
        work_combine(&w);
        work_push(&w);
        code = work_report(&w);
        send_alerts(&w);
    }
    work_free(&w);
    return code;
}
