/* SPDX-License-Identifier: Apache-2.0
 * Google's errors: one envelope, two generations of reasons in it, and no headers about quotas. */
#include "google.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HOUR_S = 3600, DAY_S = 86400 };

uint32_t google_delay(const char *text)
{
    char *end;
    long seconds = strtol(text, &end, 10);
    if (end == text || seconds < 0 || seconds > DAY_S || (*end != 's' && *end != '.'))
        return 0;
    return (uint32_t)(seconds + (*end == '.')) * 1000;
}

/* The day of the nth Sunday of a month; 1970-01-01 was a Thursday. */
static int32_t sunday(int year, int month, int nth)
{
    int32_t first = omni_day_of(year, month, 1);
    return first + (10 - first % 7) % 7 + 7 * (nth - 1);
}

/* Summer time from the second Sunday of March to the first of November (Energy Policy Act). On the
 * two days of change this may be an hour off. */
uint32_t google_ms_to_midnight(void)
{
    const int32_t winter = -8 * HOUR_S, today = (int32_t)((time(NULL) + winter) / DAY_S);
    int year, month, day;
    omni_day_split(today, &year, &month, &day);
    int is_summer = today >= sunday(year, 3, 2) && today < sunday(year, 11, 1);
    return omni_ms_to_midnight(winter + is_summer * HOUR_S);
}

/* The bucket is named in the message: "Exhausted property tokens per hour." */
static uint32_t wait_of(struct omni_json error, const char *message)
{
    struct omni_json detail = {0}, details = omni_json_at(error, "details");
    char delay[32];
    while (omni_json_next(details, &detail))
        if (omni_json_text(detail, "retryDelay", delay, sizeof(delay)))
            return google_delay(delay);
    if (strstr(message, "per day"))
        return google_ms_to_midnight();
    if (strstr(message, "per hour"))
        return (uint32_t)(HOUR_S - time(NULL) % HOUR_S) * 1000;
    return 0;
}

static int find_reason(struct omni_json error, char *reason, size_t size)
{
    struct omni_json detail = {0}, details = omni_json_at(error, "details");
    while (omni_json_next(details, &detail))
        if (omni_json_text(detail, "reason", reason, size))
            return 1;
    return omni_json_text(error, "errors[0].reason", reason, size);
}

struct omni_json google_error(const struct omni_http *http, struct omni_error *found)
{
    struct omni_json error = omni_json_at(omni_json_of_reply(http), "error");
    *found = (struct omni_error){.code = ""};
    if (error.kind != OMNI_JSON_OBJECT)
        return error;
    omni_json_text(error, "message", found->message, sizeof(found->message));
    found->wait_ms = wait_of(error, found->message);
    if (!find_reason(error, found->code, sizeof(found->code)))
        omni_json_text(error, "status", found->code, sizeof(found->code));
    return error;
}

omni_status google_judge(const struct omni_host *hub, struct omni_run *run,
                         const struct omni_meaning *table, const struct omni_http *http,
                         uint32_t *wait_ms)
{
    struct omni_error found;
    struct omni_json error = google_error(http, &found);
    if (http->status == 200 && error.kind != OMNI_JSON_OBJECT)
        return OMNI_OK;
    omni_status status = omni_judge_by(hub, run, table, &found);
    if (status == OMNI_E_UNSUPPORTED &&
        omni_json_text(error, "status", found.code, sizeof(found.code)))
        status = omni_judge_by(hub, run, table, &found);
    *wait_ms = found.wait_ms;
    return status;
}
