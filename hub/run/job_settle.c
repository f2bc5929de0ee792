/* SPDX-License-Identifier: Apache-2.0
 * How many days behind the newest a pull reads again. */
#include <config.h>

#include "run/job_settle.h"

#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "store/events.h"
#include "store/settling.h"

#define FULL_READ "hub.full_read"

static bool is_fixed(const struct job *job)
{
    const char *settle = json_text(job->spec, "settle");
    return job->is_backfill || !job->store || (settle && strcmp(settle, "fixed") == 0);
}

omni_status settle_plan(struct job *job, struct plan_input *plan, struct err *err)
{
    struct settling seen = {0};
    struct plan_settle in = {.settle_days = (int32_t)plan->stream->settle_days,
                             .least_days = (int32_t)json_int(job->spec, "settle_min", 3),
                             .today = job->today,
                             .is_fixed = is_fixed(job)};
    const char *last = window_state_get(job, FULL_READ);
    in.has_full = last && day_parse_iso(last, strlen(last), &in.full_read);
    if (!in.is_fixed && settling_measure(job->store, job->window->feeds[0], &seen, err) != OMNI_OK)
        return err->status;
    in.watched_days = seen.watched_days;
    in.moves_days = seen.moves_days;
    plan->reread = plan_reread(&in, &job->window->is_full);
    job->window->moves_days = in.is_fixed ? in.settle_days : plan_moves(&in);
    return OMNI_OK;
}

/* The next full reading is counted from here. */
static omni_status keep_full(struct job *job, struct err *err)
{
    char day[DAY_TEXT];
    return store_state_put(job->store, job->window->feeds[0], FULL_READ, day_print(job->today, day),
                           err);
}

static omni_status tell_drift(struct job *job, struct err *err)
{
    const struct window *w = job->window;
    char text[SETTLING_TEXT];
    const struct settling_question question = {.feed = w->feeds[0],
                                               .run = w->run,
                                               .age = w->moves_days,
                                               .permille =
                                                   json_int(job->spec, "drift_permille", 50)};
    auto_free char *scope =
        xasprintf("%s.%s%s%s", job->connector, w->stream->name,
                  job->account && *job->account ? "/" : "", job->account ? job->account : "");
    if (settling_drift(job->store, &question, text, err) != OMNI_OK)
        return err->status;
    if (*text)
        return event_raise(job->store, &(struct event){EVENT_DRIFT, scope, text, 0}, err);
    /* Only a reading of all that may move can say that nothing did. */
    return w->is_full ? event_clear(job->store, EVENT_DRIFT, scope, NULL, err) : OMNI_OK;
}

omni_status settle_after(struct job *job, struct err *err)
{
    const struct window *w = job->window;
    if (!job->store || job->is_backfill || w->stream->sync != OMNI_WINDOW ||
        json_text(job->spec, "from"))
        return OMNI_OK;
    if (w->is_full && keep_full(job, err) != OMNI_OK)
        return err->status;
    if (settling_keep(job->store, w->feeds[0], w->moves_days, err) != OMNI_OK)
        return err->status;
    return w->stream->settle_days ? tell_drift(job, err) : OMNI_OK;
}
