/* SPDX-License-Identifier: Apache-2.0
 * A source for tests of quotas: one stream, one request a window. Built once for each way in which
 * platforms count (SCOPE). */
#include <omnihub/sdk.h>

#include <stdio.h>
#include <stdlib.h>

#define STRING_(x) #x
#define STRING(x)  STRING_(x)

static const struct omni_option *const options[] = {
    OMNI_OPTION(.type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED, .name = "account_id"),
    OMNI_OPTION(.type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED | OMNI_SECRET, .name = "token"),
    OMNI_OPTION(.type = OMNI_OPT_TEXT, .name = "client_id", .help = "whose app it is"), NULL};

static const struct omni_auth *const logins[] = {
    OMNI_LOGIN(.kind = OMNI_AUTH_BEARER, .options = "token"), NULL};

static const struct omni_field *const fields[] = {
    OMNI_FIELD(.type = OMNI_DATE, .path = "$.date", .column = "date"),
    OMNI_FIELD(.type = OMNI_TEXT, .path = "$.ad", .column = "ad_id"),
    OMNI_FIELD(.type = OMNI_MICROS, .unit = OMNI_UNIT_MAJOR, .path = "$.cost", .column = "cost"),
    NULL};

static const struct omni_stream *const streams[] = {
    OMNI_STREAM(.sync = OMNI_WINDOW, .name = "ads", .dataset = "ads_daily", .fields = fields,
                .constants = "level=ad;currency=EUR", .day_zone = "UTC"),
    NULL};

static omni_status metered_open(const struct omni_host *hub, const struct omni_config *config,
                                struct omni_run *run, void **self)
{
    (void)config;
    const struct omni_host **me = calloc(1, sizeof *me);
    if (!me)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    *me = hub;
    *self = me;
    return OMNI_OK;
}

static omni_status metered_pull(void *self, struct omni_run *run,
                                const struct omni_request *request)
{
    const struct omni_host *hub = *(const struct omni_host *const *)self;
    char url[200];
    snprintf(url, sizeof url, "/ads?account=%s&from=%d&to=%d", request->account,
             (int)request->from_day, (int)request->to_day);
    struct omni_http http = {.size = sizeof http, .url = url};
    return hub->rows(run, &http, "$.ads[*]");
}

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "metered", .title = "Metered", .family = "ads", .help = "for tests",
                .api_url = "https://api.metered.example", .account_option = "account_id",
                .quota_scope = STRING(SCOPE), .options = options, .logins = logins,
                .streams = streams, .open = metered_open, .close = free, .pull = metered_pull),
    NULL};

OMNI_MODULE("metered", "1.0", .vendor = "tests", .license = "Apache-2.0", .sources = sources);
