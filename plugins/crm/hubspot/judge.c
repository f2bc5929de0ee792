/* SPDX-License-Identifier: Apache-2.0
 * HubSpot's errors: what each means for the pull. */
#include "judge.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { MESSAGE_MAX = 1024, LOCKED_MS = 2000, SECOND_MS = 1000 };

/* The day's calls come back at the account's midnight. */
static uint32_t until_tomorrow_ms(void)
{
    enum { DAY = 86400 };
    return (uint32_t)(DAY - time(NULL) % DAY) * SECOND_MS;
}

static omni_status judge_limit(const struct judging *j, struct omni_json reply, const char *message,
                               uint32_t *wait_ms)
{
    char policy[64];
    omni_json_text(reply, "policyName", policy, sizeof(policy));
    if (strcmp(policy, "DAILY") == 0)
        *wait_ms = until_tomorrow_ms();
    else if (strcmp(policy, "SECONDLY") == 0)
        *wait_ms = SECOND_MS;
    return j->hub->fail(j->run, OMNI_E_THROTTLED, message);
}

/* A batch that was answered in part: records without associations are named as errors. */
static omni_status judge_batch(const struct judging *j, struct omni_json reply)
{
    struct omni_json error = {0}, errors = omni_json_at(reply, "errors");
    char category[64], message[MESSAGE_MAX];
    while (omni_json_next(errors, &error)) {
        omni_json_text(error, "category", category, sizeof(category));
        if (strcmp(category, "OBJECT_NOT_FOUND") == 0)
            continue;
        if (!omni_json_text(error, "message", message, sizeof(message)))
            snprintf(message, sizeof(message), "a part of the batch was refused: %s", category);
        return j->hub->fail(j->run, OMNI_E_DATA, message);
    }
    return OMNI_OK;
}

struct meaning {
    int32_t http;
    omni_status status;
    const char *remedy;
};
static const struct meaning meanings[] = {
    {400, OMNI_E_CONFIG, "a property that the account does not have? see the option fields"},
    {403, OMNI_E_CONFIG, "add the scope to the private app, or leave the stream out"},
    {404, OMNI_E_CONFIG, "is api_version one that HubSpot still serves?"},
    {414, OMNI_E_CONFIG, "fewer properties, or shorter ones"},
    {423, OMNI_E_RETRY, NULL},
    {477, OMNI_E_RETRY, "the account is being moved to another data centre"},
};

omni_status hubspot_judge(const struct judging *j, const struct omni_http *http, uint32_t *wait_ms)
{
    char message[MESSAGE_MAX], category[64], text[HUBSPOT_MESSAGE];
    struct omni_json reply = omni_json_of_reply(http);
    if (http->status < 400)
        return http->status == 207 ? judge_batch(j, reply) : OMNI_E_UNSUPPORTED;
    if (!omni_json_text(reply, "message", message, sizeof(message)))
        snprintf(message, sizeof(message), "HubSpot answered HTTP %d", (int)http->status);
    if (http->status == 429)
        return judge_limit(j, reply, message, wait_ms);
    omni_json_text(reply, "category", category, sizeof(category));
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        const struct meaning *m = &meanings[i];
        if (m->http != http->status)
            continue;
        if (http->status == 423)
            *wait_ms = LOCKED_MS;
        snprintf(text, sizeof(text), "%s%s%s%s%s%s", message, category[0] ? " (" : "", category,
                 category[0] ? ")" : "", m->remedy ? ": " : "", m->remedy ? m->remedy : "");
        if (http->status == 403)
            snprintf(j->lacking, HUBSPOT_MESSAGE, "%s", text);
        return j->hub->fail(j->run, m->status, text);
    }
    return OMNI_E_UNSUPPORTED;
}
