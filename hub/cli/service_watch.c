/* SPDX-License-Identifier: Apache-2.0
 * What the service watches beside its jobs: the calendar, how fresh connectors are, and who is to
 * be told. */
#include <config.h>

#include "base/day.h"
#include "cli/calendar.h"
#include "cli/service_priv.h"

#define TIME_HOUR (3600 * TIME_SECOND)

void service_look_at_calendar(struct service *s)
{
    int64_t hour = day_now() / TIME_HOUR;
    if (hour == s->calendar_hour)
        return;
    s->calendar_hour = hour;
    calendar_look(&s->now->work);
    alerts_wake(s->alerts);
}

void service_tell(struct service *s)
{
    if (freshness_look(s->freshness, s->now->cli.config))
        alerts_wake(s->alerts);
    alerts_run(s->alerts, &s->now->work, s->jobs, false);
}
