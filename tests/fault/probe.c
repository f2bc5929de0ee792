/* SPDX-License-Identifier: Apache-2.0
 * A source that can be asked for what the source `rest` never does: requests that must not be sent
 * twice, a second host, a quality flag, a report that is ordered and waited for. Built at test time
 * with -DHOSTS="…". */
#include <omnihub/sdk.h>

#include <stdio.h>
#include <string.h>

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "mode", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "what to do"),
    OMNI_OPTION(.name = "token", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET, .help = "bearer"),
    OMNI_OPTION(.name = "key", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET, .help = "in the query"),
    NULL};
static const struct omni_auth *const logins[] = {
    OMNI_LOGIN(.kind = OMNI_AUTH_BEARER, .options = "token"),
    OMNI_LOGIN(.kind = OMNI_AUTH_QUERY, .options = "key", .header = "api_key"),
    OMNI_LOGIN(.kind = OMNI_AUTH_NONE), NULL};
static const struct omni_field *const fields[] = {
    OMNI_FIELD(.path = "$.date", .column = "date", .type = OMNI_DATE),
    OMNI_FIELD(.path = "$.ad", .column = "ad_id", .type = OMNI_TEXT),
    OMNI_FIELD(.path = "$.name", .column = "ad_name", .type = OMNI_TEXT),
    OMNI_FIELD(.path = "$.cost", .column = "cost", .type = OMNI_MICROS, .unit = OMNI_UNIT_MAJOR),
    OMNI_FIELD(.path = "$.clicks", .column = "clicks", .type = OMNI_INT),
    NULL};
static const struct omni_stream *const streams[] = {
    OMNI_STREAM(.name = "ads", .dataset = "ads_daily", .fields = fields, .constants = "level=ad",
                .max_window_days = 31),
    NULL};

static const struct omni_host *hub;
static const struct omni_config *config;

static omni_status start(const struct omni_host *host, const struct omni_config *given,
                         struct omni_run *run, void **self)
{
    (void)run;
    hub = host;
    config = given;
    *self = &hub;
    return OMNI_OK;
}

static void end(void *self)
{
    (void)self;
}

static omni_status rows(struct omni_run *run, const char *url)
{
    struct omni_http http = {.size = sizeof http, .url = url};
    hub->found_account(run, "", NULL, "EUR", "UTC");
    return hub->rows(run, &http, "$.ads[*]");
}

static omni_status order(struct omni_run *run, char id[64])
{
    struct omni_http http = {
        .size = sizeof http, .method = "POST", .url = "/report", .body = "{}", .body_len = 2};
    omni_status status = hub->http(run, &http);
    if (status != OMNI_OK)
        return status;
    if (!omni_json_text(omni_json_of_reply(&http), "id", id, 64))
        return hub->fail(run, OMNI_E_DATA, "the report has no id");
    hub->remember(run, "report", id);
    return OMNI_OK;
}

/* Ordered once, asked for until it is there; the id outlives this process. */
static omni_status report(struct omni_run *run)
{
    enum { TRIES = 5, PAUSE_MS = 50 };
    char id[64], path[128], state[32], url[256];
    const char *known = hub->remember(run, "report", NULL);
    snprintf(id, sizeof id, "%s", known ? known : "");
    omni_status status = id[0] ? OMNI_OK : order(run, id);
    for (int i = 0; status == OMNI_OK && i < TRIES; i++) {
        struct omni_http http = {.size = sizeof http, .url = path};
        snprintf(path, sizeof path, "/report/%s", id);
        status = hub->http(run, &http);
        struct omni_json reply = omni_json_of_reply(&http);
        if (status != OMNI_OK || !omni_json_text(reply, "state", state, sizeof state))
            break;
        if (strcmp(state, "DONE") == 0 && omni_json_text(reply, "url", url, sizeof url)) {
            status = rows(run, url);
            if (status == OMNI_OK)
                hub->remember(run, "report", "");
            return status;
        }
        if (strcmp(state, "FAILED") == 0) {
            hub->remember(run, "report", "");
            return hub->fail(run, OMNI_E_DATA, "the platform could not make the report");
        }
        status = hub->sleep_ms(run, PAUSE_MS);
    }
    return status == OMNI_OK
               ? hub->fail(run, OMNI_E_RETRY, "the report is not ready; the next run asks for it")
               : status;
}

static omni_status pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    (void)self;
    (void)request;
    const char *mode = hub->opt_text(config, "mode");
    char id[64];
    if (strcmp(mode, "report") == 0)
        return report(run);
    if (strcmp(mode, "order") == 0)
        return order(run, id);
    if (strcmp(mode, "sampled") == 0)
        hub->quality(run, "sampled");
    return rows(run, "/ads");
}

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "probe", .title = "Probe", .family = "ads", .hosts = HOSTS,
                .options = options, .logins = logins, .streams = streams, .open = start,
                .close = end, .pull = pull),
    NULL};

OMNI_MODULE("probe", "1.0", .vendor = "omnihub", .license = "Apache-2.0", .sources = sources);
