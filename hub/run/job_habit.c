/* SPDX-License-Identifier: Apache-2.0
 * What a pull brought, against what this feed usually brings. */
#include <config.h>

#include "run/job_habit.h"

#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "run/job_window.h"
#include "store/habit.h"

static const char *const reasons[] = {[HABIT_FEW] = "few", [HABIT_JUMP] = "jump"};

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* Rows of a day may still be missing while the platform restates it, but not for longer than what
 * is read again in any case. */
static int32_t few_age(const struct job *job)
{
    int32_t age = least((int32_t)job->window->stream->settle_days,
                        (int32_t)json_int(job->spec, "settle_min", 3));
    return age > 1 ? age : 1;
}

static void doubt(struct job *job, const char *reason, const char *note)
{
    log_warn("%s: %s", job->window->stream->name, note);
    window_doubt(job->window, reason, note);
}

static void compare_currency(struct job *job)
{
    const char *before = job->window->currency_before;
    if (!before || !job->currency || strcmp(before, job->currency) == 0)
        return;
    auto_free char *note = xasprintf("the account's currency is %s now, it was %s: sums over both "
                                     "mean nothing; what came is stored",
                                     job->currency, before);
    doubt(job, reasons[HABIT_JUMP], note);
}

omni_status habit_after(struct job *job, struct err *err)
{
    const struct window *w = job->window;
    struct habit_verdict verdict;
    if (!job->store || job->is_backfill)
        return OMNI_OK;
    bool watches_money = !json_flag(job->spec, "ignore_jumps");
    if (watches_money && !w->accept_empty)
        compare_currency(job);
    if (w->stream->sync != OMNI_WINDOW || w->windows == 0)
        return OMNI_OK;
    const struct habit_rule rule = {.feed = w->feeds[0],
                                    .from = w->asked.from,
                                    .to = least(w->asked.to, job->today - 1),
                                    .few_to = job->today - few_age(job),
                                    .few_permillion = json_int(job->spec, "few_rows", 0),
                                    .watches_money = watches_money,
                                    .accepts = w->accept_empty};
    if (habit_judge(job->store, &rule, &verdict, err) != OMNI_OK)
        return err->status;
    if (verdict.doubt != HABIT_FINE)
        doubt(job, reasons[verdict.doubt], verdict.text);
    return OMNI_OK;
}
