/* SPDX-License-Identifier: Apache-2.0
 * Errors of the Graph API: the code in the body counts, not the HTTP status. */
#include "graph.h"

#include <stdio.h>
#include <string.h>

struct graph_error graph_error_of(const struct omni_http *http)
{
    struct omni_json error = omni_json_at(omni_json_of_reply(http), "error");
    struct graph_error found = {.code = 0};
    if (!omni_json_int(error, "code", &found.code))
        return found;
    omni_json_int(error, "error_subcode", &found.subcode);
    omni_json_text(error, "message", found.message, sizeof(found.message));
    found.is_transient = omni_json_is_true(error, "is_transient");
    return found;
}

/* Minutes until the platform answers again, from its header; -1: not said. */
static int64_t minutes_to_wait(const struct omni_http *http)
{
    const char *header = omni_reply_header(http, "x-business-use-case-usage");
    int64_t most = -1, minutes;
    struct omni_json account = {0};
    while (header && omni_json_next(omni_json_of(header, strlen(header)), &account)) {
        struct omni_json use = {0};
        while (omni_json_next(account, &use))
            if (omni_json_int(use, "estimated_time_to_regain_access", &minutes) && minutes > most)
                most = minutes;
    }
    return most;
}

struct meaning {
    int32_t first, last; /* codes */
    omni_status status;
    const char *remedy; /* %s: the permissions */
};
static const struct meaning meanings[] = {
    {190, 190, OMNI_E_AUTH, ": renew access_token"},
    {102, 102, OMNI_E_AUTH, ": renew access_token"},
    {2500, 2500, OMNI_E_AUTH, ": is access_token set?"},
    {10, 10, OMNI_E_AUTH, ": the token needs %s"},
    {200, 299, OMNI_E_AUTH, ": the token needs %s, and its user access to the account"},
    {4, 4, OMNI_E_THROTTLED, ""},
    {17, 17, OMNI_E_THROTTLED, ""},
    {32, 32, OMNI_E_THROTTLED, ""},
    {368, 368, OMNI_E_THROTTLED, ": Meta has blocked this user for a time"},
    {613, 613, OMNI_E_THROTTLED, ""},
    {80000, 80014, OMNI_E_THROTTLED, ""},
    {1, 2, OMNI_E_RETRY, ""},
    {341, 341, OMNI_E_RETRY, ""},
    {2635, 2636, OMNI_E_CONFIG, ": set the option api_version to one that Meta still serves"},
    {3018, 3018, OMNI_E_CONFIG, ": Meta keeps 37 months"},
    {100, 100, OMNI_E_CONFIG, ""},
    {803, 803, OMNI_E_CONFIG, ""},
};

/* Minutes, at most a day. */
static uint32_t wait_of(const struct omni_http *http)
{
    int64_t minutes = minutes_to_wait(http);
    return minutes < 0 ? 60000 : (uint32_t)(minutes < 1440 ? minutes : 1440) * 60000;
}

omni_status graph_judge(const struct omni_host *hub, struct omni_run *run, const char *permissions,
                        const struct omni_http *http, uint32_t *wait_ms)
{
    struct graph_error error = graph_error_of(http);
    char text[GRAPH_MESSAGE + 512];
    if (error.code == 0)
        return http->status == 200 ? OMNI_OK : OMNI_E_UNSUPPORTED;
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        const struct meaning *m = &meanings[i];
        if (error.code < m->first || error.code > m->last)
            continue;
        if (m->status == OMNI_E_THROTTLED)
            *wait_ms = wait_of(http);
        const char *hole = strstr(m->remedy, "%s");
        snprintf(text, sizeof(text), "Meta answered %s (code %d)%.*s%s%s", error.message,
                 (int)error.code, hole ? (int)(hole - m->remedy) : (int)strlen(m->remedy),
                 m->remedy, hole ? permissions : "", hole ? hole + 2 : "");
        /* A throttled request may be called transient as well: the wait counts. */
        return hub->fail(
            run, error.is_transient && m->status == OMNI_E_CONFIG ? OMNI_E_RETRY : m->status, text);
    }
    return error.is_transient ? hub->fail(run, OMNI_E_RETRY, error.message) : OMNI_E_UNSUPPORTED;
}

/* ---- allowances ---- */

/* The largest of some members that are percent. */
static int64_t largest(struct omni_json usage, int64_t most)
{
    static const char *const members[] = {"app_id_util_pct", "acc_id_util_pct", "call_count",
                                          "total_time", "total_cputime"};
    int64_t digits;
    int places;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (omni_json_decimal(usage, members[i], &digits, &places)) {
            for (; places > 0; places--)
                digits /= 10;
            most = digits > most ? digits : most;
        }
    return most;
}

/* Each header has one use, or (by business) lists of them. */
static int64_t percent_used(const struct omni_http *http)
{
    static const char *const headers[] = {"x-fb-ads-insights-throttle", "x-ad-account-usage",
                                          "x-app-usage", "x-business-use-case-usage"};
    int64_t most = 0;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        const char *header = omni_reply_header(http, headers[i]);
        struct omni_json usage = omni_json_of(header, header ? strlen(header) : 0), list = {0};
        most = largest(usage, most);
        while (omni_json_next(usage, &list)) {
            struct omni_json one = {0};
            while (list.kind == OMNI_JSON_ARRAY && omni_json_next(list, &one))
                most = largest(one, most);
        }
    }
    return most;
}

omni_status graph_ease(const struct omni_host *hub, struct omni_run *run,
                       const struct omni_http *http)
{
    enum { SLOWER = 75, SLOWEST = 95 };
    const int64_t percent = percent_used(http);
    const uint32_t ms = percent < SLOWEST ? 2000 : 20000;
    char text[128];
    if (percent < SLOWER)
        return OMNI_OK;
    snprintf(text, sizeof(text), "%lld %% of Meta's allowance are used: waiting %u s",
             (long long)percent, (unsigned)ms / 1000);
    hub->log(run, OMNI_LOG_INFO, text);
    return hub->sleep_ms(run, ms);
}
