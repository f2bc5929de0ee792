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
    if (omni_json_is_true(error, "is_transient"))
        found.code = 2;
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
    const char *remedy;
};
static const struct meaning meanings[] = {
    {190, 190, OMNI_E_AUTH, ": renew access_token"},
    {102, 102, OMNI_E_AUTH, ": renew access_token"},
    {2500, 2500, OMNI_E_AUTH, ": is access_token set?"},
    {10, 10, OMNI_E_AUTH, ": the token lacks a permission; the README lists them"},
    {200, 299, OMNI_E_AUTH, ": the token lacks a permission; the README lists them"},
    {4, 4, OMNI_E_THROTTLED, ""},
    {17, 17, OMNI_E_THROTTLED, ""},
    {32, 32, OMNI_E_THROTTLED, ""},
    {368, 368, OMNI_E_THROTTLED, ""},
    {613, 613, OMNI_E_THROTTLED, ""},
    {80001, 80009, OMNI_E_THROTTLED, ""},
    {1, 2, OMNI_E_RETRY, ""},
    {341, 341, OMNI_E_RETRY, ""},
    {2635, 2636, OMNI_E_CONFIG, ": set the option api_version to one that Meta still serves"},
    {100, 100, OMNI_E_CONFIG, ""},
    {803, 803, OMNI_E_CONFIG, ""},
};

omni_status graph_judge(const struct omni_host *hub, struct omni_run *run,
                        const struct omni_http *http, uint32_t *wait_ms)
{
    struct graph_error error = graph_error_of(http);
    char text[GRAPH_MESSAGE + 256];
    if (error.code == 0)
        return http->status == 200 ? OMNI_OK : OMNI_E_UNSUPPORTED;
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (error.code < meanings[i].first || error.code > meanings[i].last)
            continue;
        if (meanings[i].status == OMNI_E_THROTTLED) {
            int64_t minutes = minutes_to_wait(http);
            *wait_ms = minutes < 0 ? 60000 : (uint32_t)(minutes < 1440 ? minutes : 1440) * 60000;
        }
        snprintf(text, sizeof(text), "Meta answered %s (code %d)%s", error.message, (int)error.code,
                 meanings[i].remedy);
        return hub->fail(run, meanings[i].status, text);
    }
    return OMNI_E_UNSUPPORTED;
}
