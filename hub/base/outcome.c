/* SPDX-License-Identifier: Apache-2.0
 * How a run can end: the table. Where an outcome has several reasons, the row without one is its
 * last. docs/omnihub.1 holds the same words, and a test compares. */
#include <config.h>

#include "base/outcome.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

#define TELL_AUTHOR "tell the plugin's author; stored data is as it was before this run"
#define ACCEPT_REMEDY                                                                              \
    "look at the platform's own report for these days; if it is right, pull them again with "      \
    "--accept-empty"

static const struct outcome table[] = {
    {"ok", "ok", NULL, THEN_NEXT, "all done", NULL},
    {"running", "running", NULL, THEN_NEXT, "it has not ended yet", NULL},
    {"suspicious-empty", "suspicious", "empty", THEN_NEXT,
     "no rows came where rows are stored; the stored ones were kept", ACCEPT_REMEDY},
    {"suspicious-few", "suspicious", "few", THEN_NEXT,
     "stored, but a day has far fewer rows than its weekday usually has", ACCEPT_REMEDY},
    {"suspicious-jump", "suspicious", "jump", THEN_NEXT,
     "stored, but money moved by a thousand or a million, or the currency changed", ACCEPT_REMEDY},
    {"suspicious-totals", "suspicious", "totals", THEN_NEXT,
     "the stored rows do not add up to the platform's own totals", ACCEPT_REMEDY},
    {"suspicious-accounts", "suspicious", "accounts", THEN_NEXT,
     "the login reaches no account, or every account refused it",
     "see which accounts the login may read; renew it, or list them in accounts"},
    {"suspicious", "suspicious", NULL, THEN_NEXT, "stored, but it does not look right",
     ACCEPT_REMEDY},
    {"retrying-start", "retrying", "start", THEN_AGAIN, "the hub's own job could not be started",
     "raise this machine's limits (ulimit -n, memory), or pull fewer connectors at a time "
     "(hub.parallel); then run it again"},
    {"retrying", "retrying", NULL, THEN_AGAIN, "a passing fault: it is tried again",
     "nothing to do: the next run tries again; if it lasts, see whether the platform can be "
     "reached from here"},
    {"parked", "parked", NULL, THEN_AGAIN, "the platform's quota is used up",
     "nothing to do: the platform's quota is used up; run it again later or less often"},
    {"failed-auth", "failed", "auth", THEN_NEXT, "the platform refused the login",
     "renew the credentials of this connector, then prove them with `omnihub check --connect`"},
    {"failed-config", "failed", "config", THEN_NEXT, "the configuration is wrong",
     "correct the configuration; `omnihub describe` shows what the plugin takes"},
    {"failed-data", "failed", "data", THEN_NEXT, "the data is not what was promised",
     "nothing of this window was stored, what was there before stays; mend the input (`omnihub "
     "runs "
     "--rejects` shows what could not be read), or look at the replies with --record"},
    {"failed-too-much", "failed", "too_much", THEN_NEXT, "one day is more than the platform gives",
     "pull fewer streams or ask for fewer fields"},
    {"failed-unsupported", "failed", "unsupported", THEN_NEXT, "the plugin does not do that",
     "leave out what this plugin does not offer; `omnihub describe` shows what it does"},
    {"failed-bug", "failed", NULL, THEN_NEXT, "the plugin or the hub broke its own rules",
     "tell the plugin's author"},
    {"interrupted", "interrupted", NULL, THEN_AGAIN, "it was stopped while it ran",
     "run it again: what was stored is kept, the window is taken up from the start"},
    {"crashed-job", "crashed", "job", THEN_COUNT, "the hub's own job ended early",
     "run it again with -v; what was stored before is unchanged"},
    {"crashed", "crashed", NULL, THEN_COUNT, "the plugin crashed", TELL_AUTHOR},
    {"hung-run", "hung", "run_timeout", THEN_COUNT, "the run took longer than it may",
     "raise hub.run_timeout, or ask for fewer days at a time"},
    {"hung", "hung", NULL, THEN_COUNT, "the plugin gave no sign of life", TELL_AUTHOR},
    {"oom-job", "oom", "job", THEN_COUNT, "the hub's own job ran out of memory",
     "give it more memory, or ask for fewer days at a time"},
    {"oom", "oom", NULL, THEN_COUNT, "the plugin wanted more memory than it may have",
     "raise memory_mb of the connector once; if that does not help, tell the plugin's author"},
    {"denied-host", "denied", "host", THEN_COUNT, "the plugin asked for a host that it may not",
     "if that host is right, name it in the connector's option api_url; else tell the plugin's "
     "author; stored data is as it was before this run"},
    {"denied", "denied", NULL, THEN_COUNT, "the plugin did what its sandbox forbids", TELL_AUTHOR},
    {"protocol", "protocol", NULL, THEN_COUNT, "the plugin made a call that the contract forbids",
     TELL_AUTHOR},
};

const char outcome_push_remedy[] =
    "nothing is lost: what was not delivered is kept and sent with the next push";

static const struct {
    omni_status status;
    const char *outcome;
} by_status[] = {{OMNI_OK, "ok"},
                 {OMNI_E_RETRY, "retrying"},
                 {OMNI_E_THROTTLED, "parked"},
                 {OMNI_E_CANCELLED, "interrupted"}};

static const struct outcome *bug(void)
{
    return outcome_find("failed", err_status_name(OMNI_E_BUG));
}

const struct outcome *outcome_of_status(omni_status status)
{
    for (size_t i = 0; i < ARRAY_LEN(by_status); i++)
        if (by_status[i].status == status)
            return outcome_find(by_status[i].outcome, NULL);
    return outcome_find("failed", err_status_name(status));
}

const struct outcome *outcome_find(const char *outcome, const char *reason)
{
    for (size_t i = 0; outcome && i < ARRAY_LEN(table); i++) {
        const struct outcome *o = &table[i];
        bool is_it = !o->reason || (reason && strcmp(o->reason, reason) == 0);
        if (is_it && strcmp(o->outcome, outcome) == 0)
            return o;
    }
    return bug();
}

const struct outcome *outcome_at(size_t i)
{
    return i < ARRAY_LEN(table) ? &table[i] : NULL;
}
