/* SPDX-License-Identifier: Apache-2.0
 * Salesforce: leads, contacts, accounts, opportunities and activities by SOQL, those changed since
 * the last pull. */
#include <omnihub/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/records.h"
#include "objects.h"

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "api_url", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "the org's own address (instance_url): https://acme.my.salesforce.com"),
    OMNI_OPTION(.name = "org_id", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "the organisation's 18-character id, which becomes account_id of the rows"),
    OMNI_OPTION(.name = "login_url", .type = OMNI_OPT_TEXT,
                .fallback = "https://login.salesforce.com",
                .help = "where to log in; a sandbox: https://test.salesforce.com; for client "
                        "credentials: the org's own address"),
    OMNI_OPTION(.name = "client_id", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "the connected app's consumer key"),
    OMNI_OPTION(.name = "private_key", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "JWT login: the key of the app's certificate (PEM): file:PATH"),
    OMNI_OPTION(.name = "user_name", .type = OMNI_OPT_TEXT,
                .help = "JWT login: the user to act as, who was pre-authorised for the app"),
    OMNI_OPTION(.name = "client_secret", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "the other logins: the app's consumer secret"),
    OMNI_OPTION(.name = "refresh_token", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "refresh login; without it the app logs in for itself"),
    OMNI_OPTION(.name = "api_version", .type = OMNI_OPT_TEXT, .fallback = "v67.0",
                .help = "version of the REST API"),
    OMNI_OPTION(.name = "currency", .type = OMNI_OPT_TEXT,
                .help = "the org's currency (ISO 4217), of opportunities that name none"),
    OMNI_OPTION(.name = "multi_currency", .type = OMNI_OPT_BOOL, .fallback = "false",
                .help = "the org has several currencies: opportunities name theirs"),
    OMNI_OPTION(.name = "zone", .type = OMNI_OPT_TEXT, .fallback = "UTC",
                .help = "the org's time zone (IANA): whose day an activity is of"),
    OMNI_OPTION(.name = "bodies", .type = OMNI_OPT_BOOL, .fallback = "false",
                .help = "also the texts of tasks and events"),
    OMNI_OPTION(.name = "overlap", .type = OMNI_OPT_DURATION, .fallback = "10m",
                .help = "how long a transaction may have been open when it was stamped"),
    OMNI_OPTION(.name = "page_size", .type = OMNI_OPT_INT, .fallback = "2000",
                .help = "records asked for at once, 200 to 2000"),
    OMNI_OPTION(.name = "quota_percent", .type = OMNI_OPT_INT, .fallback = "80",
                .help = "stop when this much of the org's daily calls is used, by whomever"),
    OMNI_OPTION(.name = "fields", .type = OMNI_OPT_TREE,
                .help = "other fields for columns: { leads = { lead_source = \"Source__c\"; }; }"),
    NULL};

static const struct omni_auth *const logins[] = {
    OMNI_LOGIN(.kind = OMNI_AUTH_JWT_BEARER, .options = "private_key,client_id,user_name",
               .token_url = "{login_url}/services/oauth2/token", .header = "{login_url}"),
    OMNI_LOGIN(.kind = OMNI_AUTH_OAUTH2_REFRESH, .options = "client_id,client_secret,refresh_token",
               .token_url = "{login_url}/services/oauth2/token"),
    OMNI_LOGIN(.kind = OMNI_AUTH_OAUTH2_CLIENT, .options = "client_id,client_secret",
               .token_url = "{login_url}/services/oauth2/token"),
    NULL};

static omni_status sf_open(const struct omni_host *, const struct omni_config *, struct omni_run *,
                           void **self);
static void sf_close(void *self);
static omni_status sf_check(void *self, struct omni_run *);
static omni_status sf_pull(void *self, struct omni_run *, const struct omni_request *);
static omni_status sf_judge(void *self, struct omni_run *, const struct omni_http *,
                            uint32_t *wait_ms);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.flags = OMNI_SOURCE_ANY_HOST, .name = "salesforce", .title = "Salesforce",
                .family = "crm",
                .help = "leads, contacts, accounts, opportunities and activities of an org",
                .api_version = "v67.0", .account_option = "org_id", .options = options,
                .logins = logins, .streams = salesforce_streams, .open = sf_open, .close = sf_close,
                .check = sf_check, .pull = sf_pull, .judge = sf_judge),
    NULL};

/* Address and headers together may have 16,384 bytes. */
enum { SOQL_MAX = 8192, URL_MAX = 16000, ID_MAX = 32, TIME_MAX = 40, MESSAGE_MAX = 1024 };
enum { FIRST_LIMIT = 20000, LEAST_LIMIT = 500, HOUR_MS = 3600000, SECOND_MS = 1000 };

/* How far a query got: everything before it, in the order of time and id, is in the spool. */
struct place {
    char time[TIME_MS_TEXT]; /* "": at the beginning */
    char id[ID_MAX];         /* "": from that time on, whatever the id */
};

struct sf {
    struct records records;
    const struct omni_stream *stream;
    const struct object *object;
    struct place place;
    struct copy page;
    int is_following;                /* the request is for a further page of a query */
    int has_timed_out;               /* the query took too long */
    int is_page_dead;                /* the query's further pages are gone */
    char lacking[MESSAGE_MAX + 256]; /* which object or field the user may not see; "": none */
};

static void sf_compute(void *ctx, const char *name, struct omni_json record, struct omni_text *out);

static omni_status check_range(const struct sf *sf, struct omni_run *run, const char *option,
                               int64_t least, int64_t most)
{
    const struct omni_host *hub = sf->records.hub;
    int64_t value = hub->opt_int(sf->records.config, option);
    char text[128];
    if (value >= least && value <= most)
        return OMNI_OK;
    snprintf(text, sizeof(text), "must be from %lld to %lld", (long long)least, (long long)most);
    hub->fail_detail(run, "option", option);
    return hub->fail(run, OMNI_E_CONFIG, text);
}

static omni_status sf_open(const struct omni_host *hub, const struct omni_config *config,
                           struct omni_run *run, void **self)
{
    struct sf *sf = calloc(1, sizeof(*sf));
    if (!sf)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    sf->records = (struct records){.hub = hub, .config = config, .compute = sf_compute, .ctx = sf};
    omni_status status =
        records_init(&sf->records) ? OMNI_OK : hub->fail(run, OMNI_E_RETRY, "out of memory");
    if (status == OMNI_OK)
        status = records_check(&sf->records, run, salesforce_streams, "");
    if (status == OMNI_OK)
        status = check_range(sf, run, "page_size", 200, 2000);
    if (status == OMNI_OK)
        status = check_range(sf, run, "quota_percent", 1, 100);
    if (status != OMNI_OK)
        sf_close(sf);
    else
        *self = sf;
    return status;
}

static void sf_close(void *self)
{
    struct sf *sf = self;
    records_free(&sf->records);
    copy_free(&sf->page);
    free(sf);
}

static const char *text_of(const struct sf *sf, const char *option)
{
    return sf->records.hub->opt_text(sf->records.config, option);
}

static void sf_compute(void *ctx, const char *name, struct omni_json record, struct omni_text *out)
{
    (void)ctx;
    (void)name;
    char what[ID_MAX];
    /* The first three characters of an id say whose it is. */
    if (omni_json_text(record, "WhatId", what, sizeof(what)) && strncmp(what, "006", 3) == 0)
        omni_text_add(out, what);
}

/* ---- the query ---- */

static int is_left_out(const struct sf *sf, const struct omni_field *field)
{
    const struct omni_host *hub = sf->records.hub;
    return (strcmp(field->column, "body") == 0 && !hub->opt_int(sf->records.config, "bodies")) ||
           (strcmp(field->path, "$.CurrencyIsoCode") == 0 &&
            !hub->opt_int(sf->records.config, "multi_currency") &&
            strcmp(records_property(&sf->records, sf->stream, field, ""), "CurrencyIsoCode") == 0);
}

/* SELECT Id, … FROM Lead; the order of the fields is the stream's. */
static void add_select(const struct sf *sf, struct omni_text *soql)
{
    omni_text_add(soql, "SELECT Id");
    for (const struct omni_field *const *f = sf->stream->fields; *f; f++) {
        const char *name = records_property(&sf->records, sf->stream, *f, "");
        if (!name || (*f)->flags & OMNI_KEY || is_left_out(sf, *f))
            continue;
        omni_text_add(soql, ",");
        omni_text_add(soql, name);
    }
    omni_text_add(soql, sf->object->further);
    omni_text_add(soql, " FROM ");
    omni_text_add(soql, sf->object->name);
}

/* Times alone do not tell where a query got to: a batch job gives thousands of records the same. */
static void add_place(const struct sf *sf, struct omni_text *soql)
{
    const struct place *place = &sf->place;
    if (place->time[0] == '\0')
        return;
    omni_text_add(soql, " WHERE SystemModstamp >");
    omni_text_add(soql, place->id[0] == '\0' ? "= " : " ");
    omni_text_add(soql, place->time);
    if (place->id[0] == '\0')
        return;
    omni_text_add(soql, " OR (SystemModstamp = ");
    omni_text_add(soql, place->time);
    omni_text_add(soql, " AND Id > '");
    omni_text_add(soql, place->id);
    omni_text_add(soql, "')");
}

static omni_status send(const struct sf *sf, struct omni_run *run, const struct omni_text *url,
                        struct omni_http *http)
{
    char option[64];
    const char *const headers[] = {option, NULL};
    snprintf(option, sizeof(option), "Sforce-Query-Options: batchSize=%d",
             (int)sf->records.hub->opt_int(sf->records.config, "page_size"));
    *http =
        (struct omni_http){.size = sizeof(*http), .headers = headers, .url = omni_text_done(url)};
    if (!http->url) {
        sf->records.hub->fail_detail(run, "option", "fields");
        return sf->records.hub->fail(run, OMNI_E_CONFIG, "the names of the fields are too long");
    }
    omni_status status = sf->records.hub->http(run, http);
    http->headers = NULL;
    return status;
}

/* queryAll: with the deleted ones. limit 0: none. */
static omni_status ask(const struct sf *sf, struct omni_run *run, int64_t limit,
                       struct omni_http *http)
{
    char soql_memory[SOQL_MAX], url_memory[URL_MAX];
    struct omni_text soql = OMNI_TEXT(soql_memory), url = OMNI_TEXT(url_memory);
    add_select(sf, &soql);
    add_place(sf, &soql);
    omni_text_add(&soql, " ORDER BY SystemModstamp,Id");
    if (limit > 0) {
        omni_text_add(&soql, " LIMIT ");
        omni_text_add_int(&soql, limit);
    }
    omni_text_add(&url, "/services/data");
    omni_path_segment(&url, text_of(sf, "api_version"));
    omni_text_add(&url, "/queryAll");
    omni_query(&url, "q", omni_text_done(&soql));
    if (soql.is_cut)
        url.is_cut = 1;
    return send(sf, run, &url, http);
}

/* The address of the next page; it must stay under api_url. */
static omni_status follow(const struct sf *sf, struct omni_run *run, const char *next,
                          struct omni_http *http)
{
    char memory[URL_MAX];
    struct omni_text url = OMNI_TEXT(memory);
    if (next[0] != '/' || next[1] == '/')
        return sf->records.hub->fail(run, OMNI_E_DATA,
                                     "nextRecordsUrl is not an address of the org");
    omni_text_add(&url, next);
    return send(sf, run, &url, http);
}

/* ---- rows ---- */

static omni_status note_place(struct sf *sf, struct omni_run *run, struct omni_json record)
{
    char text[TIME_MAX], id[ID_MAX];
    int64_t ms;
    if (!omni_json_text(record, "SystemModstamp", text, sizeof(text)) ||
        !omni_json_text(record, "Id", id, sizeof(id)) || !time_parse_ms(text, &ms) ||
        id[strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")] != '\0')
        return sf->records.hub->fail(run, OMNI_E_DATA,
                                     "a record without a proper Id and SystemModstamp");
    char before[TIME_MS_TEXT];
    memcpy(before, sf->place.time, sizeof(before));
    time_print_ms(ms, sf->place.time);
    if (strcmp(sf->place.time, before) < 0)
        return sf->records.hub->fail(run, OMNI_E_DATA, "the records are not in the order of time");
    snprintf(sf->place.id, sizeof(sf->place.id), "%s", id);
    return OMNI_OK;
}

/* next: "" on the last page */
static omni_status emit_page(struct sf *sf, struct omni_run *run, const struct omni_http *http,
                             char next[URL_MAX])
{
    const struct omni_host *hub = sf->records.hub;
    if (!copy_take(&sf->page, http->reply, http->reply_len))
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    struct omni_json reply = omni_json_of(sf->page.bytes, sf->page.len), record = {0},
                     records = omni_json_at(reply, "records");
    if (records.kind != OMNI_JSON_ARRAY || omni_json_at(reply, "done").kind != OMNI_JSON_BOOL)
        return hub->fail(run, OMNI_E_DATA, "the reply is not a query's");
    omni_status status = OMNI_OK;
    while (status == OMNI_OK && omni_json_next(records, &record)) {
        status = note_place(sf, run, record);
        if (status == OMNI_OK)
            status = records_row(&sf->records, run, sf->stream, record, "");
    }
    if (omni_json_is_true(reply, "done"))
        next[0] = '\0';
    else if (!omni_json_text(reply, "nextRecordsUrl", next, URL_MAX) || next[0] == '\0')
        return hub->fail(run, OMNI_E_DATA, "the query is not done, yet names no next page");
    return status;
}

/* One query to its end. OMNI_E_UNSUPPORTED: it broke off, and is to be asked anew from `place`. */
static omni_status run_query(struct sf *sf, struct omni_run *run, int64_t limit, int64_t *size)
{
    char next[URL_MAX];
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http;
    sf->is_following = sf->has_timed_out = sf->is_page_dead = 0;
    omni_status status = ask(sf, run, limit, &http);
    if (status == OMNI_OK && !omni_json_int(omni_json_of_reply(&http), "totalSize", size))
        return sf->records.hub->fail(run, OMNI_E_DATA, "the reply has no totalSize");
    if (status == OMNI_OK)
        status = emit_page(sf, run, &http, next);
    while (status == OMNI_OK && omni_pages_go(&pages, next[0] != '\0' ? next : NULL)) {
        sf->is_following = 1;
        status = follow(sf, run, next, &http);
        /* Its pages belong to the session that made it: after a new login they are gone. */
        if (status == OMNI_E_AUTH)
            sf->is_page_dead = 1;
        if (status == OMNI_OK)
            status = emit_page(sf, run, &http, next);
    }
    if (status != OMNI_OK && (sf->has_timed_out || sf->is_page_dead))
        return OMNI_E_UNSUPPORTED;
    return status == OMNI_OK ? omni_pages_end(&pages, sf->records.hub, run) : status;
}

/* Queries until there is nothing behind `place`: one, unless it breaks off or takes too long. */
static omni_status read_all(struct sf *sf, struct omni_run *run)
{
    int64_t limit = 0, size = 0;
    for (;;) {
        const struct place before = sf->place;
        omni_status status = run_query(sf, run, limit, &size);
        if (status == OMNI_OK && (limit == 0 || size < limit))
            return OMNI_OK;
        if (status != OMNI_OK && status != OMNI_E_UNSUPPORTED)
            return status;
        int is_stuck = memcmp(&before, &sf->place, sizeof(before)) == 0;
        if (is_stuck && !sf->has_timed_out)
            return sf->records.hub->fail(run, OMNI_E_DATA, "a query gives the same records again");
        if (status == OMNI_OK)
            continue;
        if (sf->has_timed_out && limit == LEAST_LIMIT && is_stuck)
            return sf->records.hub->fail(run, OMNI_E_RETRY, "the query takes too long");
        if (sf->has_timed_out)
            limit = limit == 0 ? FIRST_LIMIT : limit / 2 > LEAST_LIMIT ? limit / 2 : LEAST_LIMIT;
        sf->records.hub->log(run, OMNI_LOG_INFO,
                             sf->has_timed_out
                                 ? "the query took too long; asking for less at once"
                                 : "the query's pages are gone; asking anew from where it was");
    }
}

static omni_status keep_place(const struct sf *sf, struct omni_run *run)
{
    char day[TIME_MS_TEXT];
    int64_t ms, overlap = sf->records.hub->opt_int(sf->records.config, "overlap");
    if (sf->place.time[0] == '\0' || sf->place.id[0] == '\0' || !time_parse_ms(sf->place.time, &ms))
        return OMNI_OK; /* nothing came: the cursor is where it was */
    return sf->records.hub->cursor(run, time_print_ms(ms - overlap * SECOND_MS, day));
}

static omni_status sf_pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct sf *sf = self;
    const char *currency = text_of(sf, "currency");
    sf->stream = request->stream;
    sf->object = salesforce_object(request->stream->name);
    memset(&sf->place, 0, sizeof(sf->place));
    if (request->cursor)
        snprintf(sf->place.time, sizeof(sf->place.time), "%s", request->cursor);
    omni_status status = sf->records.hub->found_account(run, request->account, NULL,
                                                        currency && currency[0] ? currency : NULL,
                                                        text_of(sf, "zone"));
    if (status == OMNI_OK)
        status = read_all(sf, run);
    return status == OMNI_OK ? keep_place(sf, run) : status;
}

/* The login, then each stream's query for one record: what the user may not see is named. It stops
 * its stream only, so it is a warning. */
static omni_status sf_check(void *self, struct omni_run *run)
{
    struct sf *sf = self;
    omni_status status = OMNI_OK;
    size_t n = 0, n_lacking = 0;
    memset(&sf->place, 0, sizeof(sf->place));
    for (; salesforce_streams[n]; n++) {
        char text[sizeof(sf->lacking) + 64];
        struct omni_http http;
        sf->stream = salesforce_streams[n];
        sf->object = salesforce_object(sf->stream->name);
        sf->is_following = 0;
        sf->lacking[0] = '\0';
        status = ask(sf, run, 1, &http);
        if (status != OMNI_OK && sf->lacking[0] == '\0')
            return status;
        n_lacking += status != OMNI_OK;
        snprintf(text, sizeof(text), "no %s: %s", sf->stream->name, sf->lacking);
        if (status != OMNI_OK)
            sf->records.hub->log(run, OMNI_LOG_WARN, text);
    }
    return n_lacking < n ? OMNI_OK : status;
}

/* ---- Salesforce's errors ---- */

struct meaning {
    const char *code;
    omni_status status;
    int is_lacking; /* one stream's right or field */
    const char *remedy;
};
static const struct meaning meanings[] = {
    {"REQUEST_LIMIT_EXCEEDED", OMNI_E_THROTTLED, 0, NULL},
    {"API_DISABLED_FOR_ORG", OMNI_E_CONFIG, 0,
     "this edition has no API, or the user may not use it"},
    {"INSUFFICIENT_ACCESS", OMNI_E_CONFIG, 1, "give the user's profile the permission"},
    {"INVALID_FIELD", OMNI_E_CONFIG, 1,
     "the org has no such field, or the user may not see it: see the option fields"},
    {"INVALID_TYPE", OMNI_E_CONFIG, 1,
     "the user may not see this object: give the permission or leave the stream out"},
    {"MALFORMED_QUERY", OMNI_E_CONFIG, 0, "see the option fields"},
    {"NOT_FOUND", OMNI_E_CONFIG, 0, "check api_url and api_version"},
    {"SERVER_UNAVAILABLE", OMNI_E_RETRY, 0, NULL},
    {"UNKNOWN_EXCEPTION", OMNI_E_RETRY, 0, NULL},
    {"UNABLE_TO_LOCK_ROW", OMNI_E_RETRY, 0, NULL},
};

/* "api-usage=25/15000": the only word about the quota. */
static omni_status judge_usage(const struct sf *sf, struct omni_run *run,
                               const struct omni_http *http, uint32_t *wait_ms)
{
    const char *header = omni_reply_header(http, "sforce-limit-info");
    const char *usage = header ? strstr(header, "api-usage=") : NULL;
    int64_t percent = sf->records.hub->opt_int(sf->records.config, "quota_percent");
    long long used, most;
    char text[160];
    if (!usage || sscanf(usage, "api-usage=%lld/%lld", &used, &most) != 2 || most <= 0 ||
        used * 100 < most * percent)
        return OMNI_E_UNSUPPORTED;
    snprintf(text, sizeof(text),
             "%lld of the org's %lld calls a day are used: the rest is left to others (see the "
             "option quota_percent)",
             used, most);
    *wait_ms = HOUR_MS;
    return sf->records.hub->fail(run, OMNI_E_THROTTLED, text);
}

/* What ends a query but not the pull. */
static omni_status judge_query(struct sf *sf, struct omni_run *run, const char *code,
                               const char *message)
{
    if (strcmp(code, "QUERY_TIMEOUT") == 0)
        sf->has_timed_out = 1;
    else if (sf->is_following &&
             (strcmp(code, "INVALID_QUERY_LOCATOR") == 0 || strcmp(code, "NOT_FOUND") == 0))
        sf->is_page_dead = 1;
    else
        return OMNI_E_UNSUPPORTED;
    return sf->records.hub->fail(run, OMNI_E_CONFIG, message);
}

static omni_status sf_judge(void *self, struct omni_run *run, const struct omni_http *http,
                            uint32_t *wait_ms)
{
    struct sf *sf = self;
    char code[64], message[MESSAGE_MAX], text[MESSAGE_MAX + 256];
    struct omni_json error = omni_json_at(omni_json_of_reply(http), "[0]");
    if (http->status < 400)
        return judge_usage(sf, run, http, wait_ms);
    if (http->status == 406)
        return sf->records.hub->fail(run, OMNI_E_RETRY, "HTTP 406, which passes");
    if (http->status == 401 || !omni_json_text(error, "errorCode", code, sizeof(code)))
        return OMNI_E_UNSUPPORTED;
    omni_json_text(error, "message", message, sizeof(message));
    omni_status status = judge_query(sf, run, code, message);
    for (size_t i = 0; status == OMNI_E_UNSUPPORTED && i < sizeof(meanings) / sizeof(meanings[0]);
         i++) {
        const struct meaning *m = &meanings[i];
        if (strncmp(code, m->code, strlen(m->code)) != 0)
            continue;
        if (m->status == OMNI_E_THROTTLED)
            *wait_ms = HOUR_MS;
        snprintf(text, sizeof(text), "%s: %s%s%s", code, message, m->remedy ? ": " : "",
                 m->remedy ? m->remedy : "");
        if (m->is_lacking)
            snprintf(sf->lacking, sizeof(sf->lacking), "%s", text);
        status = sf->records.hub->fail(run, m->status, text);
    }
    return status;
}

OMNI_MODULE("salesforce", "1.0", .vendor = "omnihub", .license = "Apache-2.0", .sources = sources);
