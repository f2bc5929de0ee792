/* SPDX-License-Identifier: Apache-2.0
 * A plugin that uses every call of the contract; test_plugin.c looks at what arrives. */
#include <omnihub/omnihub.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct omni_option opt_mode = {.size = sizeof(struct omni_option),
                                            .type = OMNI_OPT_TEXT,
                                            .name = "mode",
                                            .fallback = "rows",
                                            .help = "What pull() does"};
static const struct omni_option opt_every = {.size = sizeof(struct omni_option),
                                             .type = OMNI_OPT_DURATION,
                                             .name = "every",
                                             .fallback = "15m"};
static const struct omni_option opt_token = {.size = sizeof(struct omni_option),
                                             .type = OMNI_OPT_TEXT,
                                             .flags = OMNI_REQUIRED | OMNI_SECRET,
                                             .name = "token"};
static const struct omni_option *const options[] = {&opt_mode, &opt_every, &opt_token, NULL};

static const struct omni_auth bearer = {
    .size = sizeof(struct omni_auth), .kind = OMNI_AUTH_BEARER, .options = "token"};
static const struct omni_auth *const logins[] = {&bearer, NULL};

static const struct omni_field id = {.size = sizeof(struct omni_field),
                                     .type = OMNI_TEXT,
                                     .flags = OMNI_KEY,
                                     .path = "$.id",
                                     .column = "campaign_id"};
static const struct omni_field cost = {.size = sizeof(struct omni_field),
                                       .type = OMNI_MICROS,
                                       .unit = OMNI_UNIT_MAJOR,
                                       .path = "$.cost",
                                       .column = "cost"};
static const struct omni_field *const fields[] = {&id, &cost, NULL};
static const struct omni_stream lines = {.size = sizeof(struct omni_stream),
                                         .name = "lines",
                                         .dataset = "order_lines",
                                         .fields = fields,
                                         .inside = "$.lines[*]"};
static const struct omni_stream *const parts[] = {&lines, NULL};
static const struct omni_stream daily = {.size = sizeof(struct omni_stream),
                                         .name = "daily",
                                         .dataset = "ads_daily",
                                         .fields = fields,
                                         .constants = "level=ad",
                                         .settle_days = 3,
                                         .day_zone = "account",
                                         .parts = parts};
static const struct omni_stream *const streams[] = {&daily, NULL};
static const struct omni_stream found = {
    .size = sizeof(struct omni_stream), .name = "found", .dataset = "ads_daily", .fields = fields};

static const struct omni_host *hub;

struct self {
    char mode[32];
};

static omni_status open_it(const struct omni_host *host, const struct omni_config *config,
                           struct omni_run *run, void **self)
{
    char text[128];
    struct self *s = calloc(1, sizeof *s);
    hub = host;
    snprintf(s->mode, sizeof s->mode, "%s", host->opt_text(config, "mode"));
    snprintf(text, sizeof text, "every=%lld token=%s item=%s",
             (long long)host->opt_int(config, "every"), host->opt_text(config, "token"),
             host->opt_item(config, "list", 1));
    host->log(run, OMNI_LOG_INFO, text);
    if (strcmp(s->mode, "refuse") == 0) {
        free(s);
        host->fail_detail(run, "option", "mode");
        return host->fail(run, OMNI_E_CONFIG, "mode must not be refuse");
    }
    *self = s;
    return OMNI_OK;
}

static void close_it(void *self)
{
    free(self);
}

static omni_status check(void *self, struct omni_run *run)
{
    (void)self;
    return hub->cancelled(run) ? OMNI_E_CANCELLED : OMNI_OK;
}

static omni_status accounts(void *self, struct omni_run *run)
{
    (void)self;
    omni_status status = hub->found_account(run, "1", "One", "EUR", "Europe/Lisbon");
    return status == OMNI_OK ? hub->found_account(run, "2", NULL, NULL, NULL) : status;
}

static omni_status discover(void *self, struct omni_run *run)
{
    (void)self;
    return hub->found_stream(run, &found);
}

static omni_status judge(void *self, struct omni_run *run, const struct omni_http *http,
                         uint32_t *wait_ms)
{
    (void)self;
    if (http->status != 400 || strstr(http->reply, "slow down") == NULL)
        return OMNI_E_UNSUPPORTED;
    *wait_ms = 1500;
    return hub->fail(run, OMNI_E_THROTTLED, "asked to slow down");
}

static omni_status many_rows(struct omni_run *run, int n)
{
    omni_status status = OMNI_OK;
    for (int i = 0; i < n && status == OMNI_OK; i++) {
        char text[32];
        snprintf(text, sizeof text, "c%d", i);
        const struct omni_cell cells[] = {
            {.type = OMNI_TEXT, .len = (uint32_t)strlen(text), .v.s = text},
            {.type = OMNI_MICROS, .v.i = i}};
        status = hub->row(run, cells, 2);
    }
    return status;
}

static omni_status part_rows(struct omni_run *run)
{
    const struct omni_part_rows *extra = hub->extension(OMNI_PART_ROWS);
    const struct omni_cell cell = {.type = OMNI_MICROS, .v.i = 7};
    omni_status status = extra ? OMNI_OK : OMNI_E_UNSUPPORTED;
    for (uint32_t i = 0; i < 3 && status == OMNI_OK; i++)
        status = extra->row(run, i, &cell, 1);
    return status;
}

static omni_status big_row(struct omni_run *run, size_t n)
{
    char *text = malloc(n);
    memset(text, 'x', n);
    const struct omni_cell cells[] = {{.type = OMNI_TEXT, .len = (uint32_t)n, .v.s = text},
                                      {.type = OMNI_NULL}};
    omni_status status = hub->row(run, cells, 2);
    free(text);
    return status;
}

static omni_status requests(struct omni_run *run, const struct omni_request *request)
{
    const char *const headers[] = {"Accept: application/json", NULL};
    struct omni_http http = {.size = sizeof http, .url = "/first", .headers = headers};
    omni_status status = hub->http(run, &http);
    if (status != OMNI_OK)
        return status;
    hub->log(run, OMNI_LOG_INFO, http.reply);
    hub->log(run, OMNI_LOG_INFO, http.reply_headers[0]);
    http.url = "/rows";
    http.method = "POST";
    http.body = "a\0b";
    http.body_len = 3;
    status = hub->rows(run, &http, "$.data[*]");
    if (status != OMNI_OK)
        return status;
    hub->log(run, OMNI_LOG_INFO, http.records == 7 ? "seven records" : "other records");
    hub->log(run, OMNI_LOG_INFO, request->account);
    return hub->cursor(run, request->cursor ? request->cursor : "first");
}

static omni_status remembers(struct omni_run *run)
{
    const char *value = hub->remember(run, "report", NULL);
    if (value != NULL)
        return OMNI_E_DATA;
    value = hub->remember(run, "report", "42");
    if (value == NULL || strcmp(value, "42") != 0)
        return OMNI_E_DATA;
    hub->quality(run, "sampled");
    hub->part(run, "file.csv");
    return hub->sleep_ms(run, 300);
}

static omni_status pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    const char *mode = ((struct self *)self)->mode;
    if (request->from_day > request->to_day || request->stream->fields != fields)
        return OMNI_E_BUG;
    if (strcmp(mode, "requests") == 0)
        return requests(run, request);
    if (strcmp(mode, "remember") == 0)
        return remembers(run);
    if (strcmp(mode, "parts") == 0)
        return part_rows(run);
    if (strcmp(mode, "big") == 0)
        return big_row(run, 5 << 20);
    if (strcmp(mode, "too_big") == 0)
        return big_row(run, 9 << 20);
    if (strcmp(mode, "odd_status") == 0)
        return 17;
    if (strcmp(mode, "wrong_cell") == 0)
        return hub->row(run, &(struct omni_cell){.type = 99}, 1);
    if (strcmp(mode, "not_utf8") == 0)
        return hub->row(run, &(struct omni_cell){.type = OMNI_TEXT, .len = 1, .v.s = "\xff"}, 1);
    if (strcmp(mode, "ignore") == 0) {
        many_rows(run, 5000);
        return OMNI_OK;
    }
    if (strcmp(mode, "logs") == 0) {
        for (int i = 0; i < 20000; i++)
            hub->log(run, OMNI_LOG_INFO, "again");
        return OMNI_OK;
    }
    return many_rows(run, 20000);
}

static omni_status total(void *self, struct omni_run *run, const struct omni_request *request)
{
    (void)self;
    (void)request;
    return hub->found_total(run, "cost", 123456789);
}

static const struct omni_source source = {.size = sizeof(struct omni_source),
                                          .name = "good",
                                          .title = "Good",
                                          .api_version = "v1",
                                          .api_sunset = "2030-01-01",
                                          .api_url = "https://api.example.com",
                                          .hosts = ".example.com",
                                          .options = options,
                                          .logins = logins,
                                          .streams = streams,
                                          .open = open_it,
                                          .close = close_it,
                                          .check = check,
                                          .accounts = accounts,
                                          .discover = discover,
                                          .pull = pull,
                                          .judge = judge,
                                          .total = total};
static const struct omni_source *const sources[] = {&source, NULL};

OMNI_MODULE("good", "1.0", .vendor = "Tests", .sources = sources);
