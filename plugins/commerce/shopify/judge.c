/* SPDX-License-Identifier: Apache-2.0
 * What Shopify's answers mean: an answer of status 200 may be a refusal, and says how long to wait.
 */
#include <stdio.h>
#include <string.h>

#include "shopify.h"

enum { MESSAGE_MAX = 1024, LEAST_WAIT_MS = 100, MOST_WAIT_S = 60 };

/* Until the bucket holds what the query was asked to cost; 0: not said. */
static uint32_t wait_for_points(struct omni_json reply)
{
    int64_t cost, there, rate;
    struct omni_json all = omni_json_at(reply, "extensions.cost");
    char text[32];
    /* Points come as 1996 or 1996.0. */
    if (!omni_json_micros(all, "requestedQueryCost", &cost) ||
        !omni_json_micros(all, "throttleStatus.currentlyAvailable", &there) ||
        !omni_json_text(all, "throttleStatus.restoreRate", text, sizeof(text)) ||
        !omni_micros_parse(text, &rate) || rate <= 0)
        return 0;
    if (cost <= there)
        return LEAST_WAIT_MS;
    int64_t missing = cost - there;
    return missing / rate >= MOST_WAIT_S ? MOST_WAIT_S * 1000
                                         : (uint32_t)(missing * 1000 / rate + LEAST_WAIT_MS);
}

struct meaning {
    const char *code;
    omni_status status;
    const char *remedy;
};
static const struct meaning codes[] = {
    {"THROTTLED", OMNI_E_THROTTLED, NULL},
    {"MAX_COST_EXCEEDED", OMNI_E_TOO_MUCH, "set page_size or lines_per_order lower"},
    /* One stream's, so that the others go on. */
    {"ACCESS_DENIED", OMNI_E_CONFIG,
     "give the app this scope, or leave the stream out with `streams`; for customers' data see "
     "option customers"},
    {"INTERNAL_SERVER_ERROR", OMNI_E_RETRY, NULL},
    {"SHOP_INACTIVE", OMNI_E_AUTH, "the shop is closed"},
};
static const struct {
    int32_t http;
    omni_status status;
    const char *text;
} statuses[] = {
    {401, OMNI_E_AUTH, "Shopify refuses the access token: renew access_token"},
    {402, OMNI_E_CONFIG, "the shop is frozen for lack of payment"},
    {403, OMNI_E_AUTH, "the access token may not do this: give the app its scopes"},
    {404, OMNI_E_CONFIG, "no such shop or API version: see the options shop and api_version"},
    {423, OMNI_E_CONFIG, "the shop is locked"},
    {430, OMNI_E_CONFIG, "Shopify takes this request for an attack"},
};

static omni_status judge_status(struct shopify *shop, struct omni_run *run, int32_t http)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        if (statuses[i].http == http)
            return shop->hub->fail(run, statuses[i].status, statuses[i].text);
    return OMNI_E_UNSUPPORTED;
}

static omni_status judge_error(struct shopify *shop, struct omni_run *run, struct omni_json error,
                               uint32_t points_ms, uint32_t *wait_ms)
{
    char code[64], message[MESSAGE_MAX], text[MESSAGE_MAX + 256];
    const struct meaning *found = NULL;
    omni_json_text(error, "extensions.code", code, sizeof(code));
    if (!omni_json_text(error, "message", message, sizeof(message)))
        snprintf(message, sizeof(message), "%s", "no reason given");
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (strcmp(codes[i].code, code) == 0)
            found = &codes[i];
    omni_status status = found ? found->status : OMNI_E_CONFIG;
    const char *remedy = found ? found->remedy : "does this api_version know the query?";
    if (status == OMNI_E_THROTTLED)
        *wait_ms = points_ms;
    snprintf(text, sizeof(text), "Shopify answered %s%s%s%s%s%s", message, code[0] ? " (" : "",
             code, code[0] ? ")" : "", remedy ? ": " : "", remedy ? remedy : "");
    return shop->hub->fail(run, status, text);
}

omni_status shopify_judge(void *self, struct omni_run *run, const struct omni_http *http,
                          uint32_t *wait_ms)
{
    struct shopify *shop = self;
    struct omni_json reply = omni_json_of_reply(http), error = {0};
    struct omni_json errors = omni_json_at(reply, "errors");
    if (http->status != 200)
        return judge_status(shop, run, http->status);
    if (omni_json_next(errors, &error))
        return judge_error(shop, run, error, wait_for_points(reply), wait_ms);
    if (omni_json_at(reply, "data").kind != OMNI_JSON_OBJECT)
        return OMNI_E_UNSUPPORTED;
    return OMNI_OK;
}
