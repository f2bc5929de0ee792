/* SPDX-License-Identifier: Apache-2.0
 * HubSpot: contacts, companies, deals and logged activities, those changed since the last pull. */
#include <omnihub/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../common/records.h"
#include "judge.h"
#include "objects.h"

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "portal_id", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED,
                .help = "the account's number (Hub ID), which becomes account_id of the rows"),
    OMNI_OPTION(.name = "access_token", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "a private app's access token"),
    OMNI_OPTION(.name = "client_id", .type = OMNI_OPT_TEXT, .help = "OAuth app, in its place"),
    OMNI_OPTION(.name = "client_secret", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "OAuth app"),
    OMNI_OPTION(.name = "refresh_token", .type = OMNI_OPT_TEXT, .flags = OMNI_SECRET,
                .help = "OAuth app: what the account's owner granted"),
    OMNI_OPTION(.name = "currency", .type = OMNI_OPT_TEXT,
                .help = "the account's currency (ISO 4217), of deals that name none"),
    OMNI_OPTION(.name = "zone", .type = OMNI_OPT_TEXT, .fallback = "UTC",
                .help = "the account's time zone (IANA): whose day an activity is of"),
    OMNI_OPTION(.name = "associations", .type = OMNI_OPT_BOOL, .fallback = "true",
                .help = "look up companies, contacts and deals that a record belongs to"),
    OMNI_OPTION(.name = "bodies", .type = OMNI_OPT_BOOL, .fallback = "false",
                .help = "also the texts of calls, mails, meetings, notes and tasks"),
    OMNI_OPTION(.name = "overlap", .type = OMNI_OPT_DURATION, .fallback = "10m",
                .help = "how long the search index may lag behind what was written"),
    OMNI_OPTION(.name = "page_size", .type = OMNI_OPT_INT, .fallback = "200",
                .help = "records asked for at once, at most 200 (100 in the first pull)"),
    OMNI_OPTION(.name = "fields", .type = OMNI_OPT_TREE,
                .help = "other properties for columns: { contacts = { lead_source = \"…\"; }; }"),
    OMNI_OPTION(.name = "api_version", .type = OMNI_OPT_TEXT, .fallback = "v3",
                .help = "version of the CRM API"),
    OMNI_OPTION(.name = "associations_version", .type = OMNI_OPT_TEXT, .fallback = "v4",
                .help = "version of the associations API"),
    NULL};

static const struct omni_auth *const logins[] = {
    OMNI_LOGIN(.kind = OMNI_AUTH_BEARER, .options = "access_token"),
    OMNI_LOGIN(.kind = OMNI_AUTH_OAUTH2_REFRESH, .options = "client_id,client_secret,refresh_token",
               .token_url = "/oauth/v3/token"),
    NULL};

static omni_status hs_open(const struct omni_host *, const struct omni_config *, struct omni_run *,
                           void **self);
static void hs_close(void *self);
static omni_status hs_check(void *self, struct omni_run *);
static omni_status hs_pull(void *self, struct omni_run *, const struct omni_request *);
static omni_status hs_judge(void *self, struct omni_run *, const struct omni_http *,
                            uint32_t *wait_ms);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "hubspot", .title = "HubSpot CRM", .family = "crm",
                .help = "contacts, companies, deals and activities of a HubSpot account",
                .api_version = "v3", .api_url = "https://api.hubapi.com",
                .account_option = "portal_id", .options = options, .logins = logins,
                .streams = hubspot_streams, .open = hs_open, .close = hs_close, .check = hs_check,
                .pull = hs_pull, .judge = hs_judge),
    NULL};

#define BELOW "properties."

enum {
    LIST_PAGE = 100,
    SEARCH_PAGE = 200,
    URL_MAX = 16384,
    BODY_MAX = 32768,
    ID_MAX = 32,
    IDS_MAX = 4096,
    SECOND_MS = 1000
};

struct hs {
    struct records records;
    const struct object *object;
    const struct omni_stream *stream;
    int64_t since_ms;  /* only what was archived after it is news */
    int64_t newest_ms; /* the last change seen, by HubSpot's clock; 0: none */
    struct copy page;  /* what is being turned into rows */
    struct copy links[OBJECT_LINKS];
    char lacking[HUBSPOT_MESSAGE]; /* what HubSpot said of a scope that is missing; "": nothing */
};

static void hs_compute(void *ctx, const char *name, struct omni_json record, struct omni_text *out);

static omni_status hs_open(const struct omni_host *hub, const struct omni_config *config,
                           struct omni_run *run, void **self)
{
    struct hs *hs = calloc(1, sizeof(*hs));
    if (!hs)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    hs->records = (struct records){.hub = hub, .config = config, .compute = hs_compute, .ctx = hs};
    omni_status status =
        records_init(&hs->records) ? OMNI_OK : hub->fail(run, OMNI_E_RETRY, "out of memory");
    if (status == OMNI_OK)
        status = records_check(&hs->records, run, hubspot_streams, BELOW);
    int64_t size = hub->opt_int(config, "page_size");
    if (status == OMNI_OK && (size < 1 || size > SEARCH_PAGE)) {
        hub->fail_detail(run, "option", "page_size");
        status = hub->fail(run, OMNI_E_CONFIG, "the page size must be from 1 to 200");
    }
    if (status != OMNI_OK)
        hs_close(hs);
    else
        *self = hs;
    return status;
}

static void hs_close(void *self)
{
    struct hs *hs = self;
    records_free(&hs->records);
    copy_free(&hs->page);
    for (size_t i = 0; i < OBJECT_LINKS; i++)
        copy_free(&hs->links[i]);
    free(hs);
}

static int64_t page_size(const struct hs *hs, int64_t most)
{
    int64_t size = hs->records.hub->opt_int(hs->records.config, "page_size");
    return size < most ? size : most;
}

static const char *text_of(const struct hs *hs, const char *option)
{
    return hs->records.hub->opt_text(hs->records.config, option);
}

/* ---- requests ---- */

/* /crm/v3/objects/TYPE, with what follows it */
static void object_url(const struct hs *hs, struct omni_text *url, const char *type,
                       const char *end)
{
    omni_text_add(url, "/crm");
    omni_path_segment(url, text_of(hs, "api_version"));
    omni_text_add(url, "/objects");
    omni_path_segment(url, type);
    omni_text_add(url, end);
}

static omni_status send(const struct hs *hs, struct omni_run *run, const struct omni_text *url,
                        const struct omni_text *body, struct omni_http *http)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    *http = (struct omni_http){.size = sizeof(*http), .url = omni_text_done(url)};
    if (body) {
        http->method = "POST";
        http->headers = headers;
        http->flags = OMNI_HTTP_REPEATABLE;
        http->body = omni_text_done(body);
        http->body_len = body->len;
    }
    if (!http->url || (body && !http->body)) {
        hs->records.hub->fail_detail(run, "option", "fields");
        return hs->records.hub->fail(run, OMNI_E_CONFIG,
                                     "the names of the properties are too long");
    }
    return hs->records.hub->http(run, http);
}

/* One record of each kind: a scope that is missing stops its streams only, so it is a warning. */
static omni_status hs_check(void *self, struct omni_run *run)
{
    static const char *const types[] = {"contacts", "companies", "deals", "calls"};
    enum { N_TYPES = sizeof(types) / sizeof(types[0]) };
    struct hs *hs = self;
    omni_status status = OMNI_OK;
    size_t n_lacking = 0;
    for (size_t i = 0; i < N_TYPES; i++) {
        char memory[URL_MAX], text[sizeof(hs->lacking) + 64];
        struct omni_text url = OMNI_TEXT(memory);
        struct omni_http http;
        hs->lacking[0] = '\0';
        object_url(hs, &url, types[i], "");
        omni_query_int(&url, "limit", 1);
        status = send(hs, run, &url, NULL, &http);
        if (status != OMNI_OK && hs->lacking[0] == '\0')
            return status;
        n_lacking += status != OMNI_OK;
        snprintf(text, sizeof(text), "no %s: %s", types[i], hs->lacking);
        if (status != OMNI_OK)
            hs->records.hub->log(run, OMNI_LOG_WARN, text);
    }
    return n_lacking < N_TYPES ? OMNI_OK : status;
}

/* Calls add(out, name) for each property that a row of this stream needs. */
static void add_properties(const struct hs *hs, struct omni_text *out,
                           void (*add)(struct omni_text *, const char *))
{
    for (const struct omni_field *const *f = hs->stream->fields; *f; f++) {
        int is_body = strcmp((*f)->column, "body") == 0;
        const char *name = records_property(&hs->records, hs->stream, *f, BELOW);
        if (name && (!is_body || hs->records.hub->opt_int(hs->records.config, "bodies")))
            add(out, name);
    }
    for (const char *p = hs->object->further; *p != '\0'; p += *p == ',') {
        char name[RECORDS_NAME];
        size_t n = strcspn(p, ",");
        snprintf(name, sizeof(name), "%.*s", (int)n, p);
        add(out, name);
        p += n;
    }
}

static void add_to_list(struct omni_text *out, const char *name)
{
    if (out->len > 0)
        omni_text_add(out, ",");
    omni_text_add(out, name);
}

static void add_to_array(struct omni_text *out, const char *name)
{
    if (out->len > 0 && out->data[out->len - 1] != '[')
        omni_text_add(out, ",");
    omni_text_add_json(out, name);
}

/* ---- what a record is associated with ---- */

/* Whether an archived record was archived before the last pull: then it is known. */
static int is_old_news(const struct hs *hs, struct omni_json record)
{
    char text[64];
    int64_t at;
    return omni_json_is_true(record, "archived") &&
           omni_json_text(record, "archivedAt", text, sizeof(text)) && time_parse_ms(text, &at) &&
           at < hs->since_ms;
}

/* {"inputs":[{"id":"1"}, …]}; how many there are. */
static size_t add_inputs(const struct hs *hs, struct omni_json records, struct omni_text *body)
{
    struct omni_json record = {0};
    size_t n = 0;
    omni_text_add(body, "{\"inputs\":[");
    while (omni_json_next(records, &record)) {
        char id[ID_MAX];
        if (is_old_news(hs, record) || !omni_json_text(record, "id", id, sizeof(id)))
            continue;
        omni_text_add(body, n++ > 0 ? ",{" : "{");
        omni_json_add_text(body, "id", id);
        omni_text_add(body, "}");
    }
    omni_text_add(body, "]}");
    return n;
}

static int is_among(struct omni_json records, const char *wanted)
{
    struct omni_json record = {0};
    char id[ID_MAX];
    while (omni_json_next(records, &record))
        if (omni_json_text(record, "id", id, sizeof(id)) && strcmp(id, wanted) == 0)
            return 1;
    return 0;
}

/* The reply has to be whole and about these records: who is linked to nothing loses what was known.
 * Hundreds of associations of one record come in pages of their own; the first must do. */
static omni_status check_links(const struct hs *hs, struct omni_run *run, struct omni_json reply,
                               struct omni_json records)
{
    struct omni_json result = {0}, results = omni_json_at(reply, "results");
    char id[ID_MAX];
    int is_cut = 0;
    if (results.kind != OMNI_JSON_ARRAY)
        return hs->records.hub->fail(run, OMNI_E_DATA, "the associations have no results");
    while (omni_json_next(results, &result)) {
        if (!omni_json_text(result, "from.id", id, sizeof(id)) || !is_among(records, id))
            return hs->records.hub->fail(run, OMNI_E_DATA,
                                         "associations came of a record that was not asked for");
        is_cut |= omni_json_at(result, "paging.next").kind == OMNI_JSON_OBJECT;
    }
    return is_cut ? hs->records.hub->quality(run, "truncated") : OMNI_OK;
}

/* The search's replies have no associations (and the list's only a few of them). */
static omni_status read_links(struct hs *hs, struct omni_run *run, struct omni_json records,
                              size_t which)
{
    char url_memory[512], body_memory[BODY_MAX];
    struct omni_text url = OMNI_TEXT(url_memory), body = OMNI_TEXT(body_memory);
    struct omni_http http;
    if (add_inputs(hs, records, &body) == 0)
        return OMNI_OK;
    omni_text_add(&url, "/crm");
    omni_path_segment(&url, text_of(hs, "associations_version"));
    omni_text_add(&url, "/associations");
    omni_path_segment(&url, hs->object->type);
    omni_path_segment(&url, hs->object->links[which]);
    omni_text_add(&url, "/batch/read");
    omni_status status = send(hs, run, &url, &body, &http);
    if (status == OMNI_OK)
        status = check_links(hs, run, omni_json_of_reply(&http), records);
    if (status == OMNI_OK && !copy_take(&hs->links[which], http.reply, http.reply_len))
        return hs->records.hub->fail(run, OMNI_E_RETRY, "out of memory");
    return status;
}

static omni_status read_all_links(struct hs *hs, struct omni_run *run, struct omni_json records)
{
    omni_status status = OMNI_OK;
    for (size_t i = 0; status == OMNI_OK && i < OBJECT_LINKS; i++) {
        copy_free(&hs->links[i]);
        if (hs->object->links[i] && hs->records.hub->opt_int(hs->records.config, "associations"))
            status = read_links(hs, run, records, i);
    }
    return status;
}

/* The ids that a record is associated with; only the first where the column holds one. */
static void add_links(struct hs *hs, size_t which, const char *id, int only_one,
                      struct omni_text *out)
{
    const struct copy *reply = &hs->links[which];
    struct omni_json result = {0},
                     results = omni_json_at(
                         omni_json_of(reply->bytes ? reply->bytes : "", reply->len), "results");
    char from[ID_MAX], to[ID_MAX];
    while (omni_json_next(results, &result)) {
        omni_json_text(result, "from.id", from, sizeof(from));
        if (strcmp(from, id) != 0)
            continue;
        struct omni_json link = {0}, list = omni_json_at(result, "to");
        while (omni_json_next(list, &link))
            if (omni_json_text(link, "toObjectId", to, sizeof(to)) && (out->len == 0 || !only_one))
                add_to_list(out, to);
    }
}

static void add_name(struct omni_json record, struct omni_text *out)
{
    static const char *const parts[] = {BELOW "firstname", BELOW "lastname"};
    char part[1024];
    for (size_t i = 0; i < 2; i++)
        if (omni_json_text(record, parts[i], part, sizeof(part)) && part[0] != '\0') {
            omni_text_add(out, out->len > 0 ? " " : "");
            omni_text_add(out, part);
        }
}

static void hs_compute(void *ctx, const char *name, struct omni_json record, struct omni_text *out)
{
    struct hs *hs = ctx;
    char id[ID_MAX];
    omni_json_text(record, "id", id, sizeof(id));
    if (strcmp(name, "name") == 0)
        add_name(record, out);
    else if (strcmp(name, "merged_into") == 0 &&
             omni_json_text(record, "mergedInto", id, sizeof(id)))
        omni_text_add(out, id);
    for (size_t i = 0; i < OBJECT_LINKS && hs->object->links[i]; i++)
        if (strcmp(name, hs->object->links[i]) == 0)
            add_links(hs, i, id, !hs->object->is_many, out);
}

/* ---- rows ---- */

/* The records that were merged into this one are gone, without a word in list or search. */
static omni_status emit_merged(struct hs *hs, struct omni_run *run, struct omni_json record)
{
    char ids[IDS_MAX], winner[ID_MAX], updated[64];
    if (omni_json_at(record, BELOW "hs_merged_object_ids").kind != OMNI_JSON_TEXT)
        return OMNI_OK;
    if (!omni_json_text(record, BELOW "hs_merged_object_ids", ids, sizeof(ids)))
        return hs->records.hub->fail(run, OMNI_E_DATA, "hs_merged_object_ids is too long");
    omni_json_text(record, "id", winner, sizeof(winner));
    omni_json_text(record, "updatedAt", updated, sizeof(updated));
    omni_status status = OMNI_OK;
    for (const char *p = ids; status == OMNI_OK && *p != '\0'; p += strspn(p, ";, ")) {
        char memory[512], loser[ID_MAX];
        struct omni_text text = OMNI_TEXT(memory);
        size_t n = strcspn(p, ";, ");
        snprintf(loser, sizeof(loser), "%.*s", (int)n, p);
        p += n;
        if (loser[0] == '\0' || strcmp(loser, winner) == 0)
            continue;
        omni_text_add(&text, "{\"archived\":true");
        omni_json_add_text(&text, "id", loser);
        omni_json_add_text(&text, "mergedInto", winner);
        omni_json_add_text(&text, "updatedAt", updated);
        omni_text_add(&text, "}");
        status = records_row(&hs->records, run, hs->stream, omni_json_of(memory, text.len), BELOW);
    }
    return status;
}

static void notice_change(struct hs *hs, struct omni_json record)
{
    char text[64];
    int64_t at;
    if (omni_json_text(record, "updatedAt", text, sizeof(text)) && time_parse_ms(text, &at) &&
        at > hs->newest_ms)
        hs->newest_ms = at;
}

static omni_status emit_page(struct hs *hs, struct omni_run *run, const struct omni_http *http)
{
    if (!copy_take(&hs->page, http->reply, http->reply_len))
        return hs->records.hub->fail(run, OMNI_E_RETRY, "out of memory");
    struct omni_json record = {0},
                     records = omni_json_at(omni_json_of(hs->page.bytes, hs->page.len), "results");
    if (records.kind != OMNI_JSON_ARRAY)
        return hs->records.hub->fail(run, OMNI_E_DATA, "the reply has no results");
    omni_status status = read_all_links(hs, run, records);
    while (status == OMNI_OK && omni_json_next(records, &record)) {
        notice_change(hs, record);
        if (is_old_news(hs, record))
            continue;
        status = records_row(&hs->records, run, hs->stream, record, BELOW);
        if (status == OMNI_OK)
            status = emit_merged(hs, run, record);
    }
    return status;
}

/* ---- the two ways to read ---- */

static omni_status read_list(struct hs *hs, struct omni_run *run, const char *archived)
{
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http;
    char names_memory[URL_MAX / 2];
    struct omni_text names = OMNI_TEXT(names_memory);
    int more;
    add_properties(hs, &names, add_to_list);
    do {
        char memory[URL_MAX];
        struct omni_text url = OMNI_TEXT(memory);
        object_url(hs, &url, hs->object->type, "");
        omni_query_int(&url, "limit", page_size(hs, LIST_PAGE));
        omni_query(&url, "archived", archived);
        omni_query(&url, "properties", names.data);
        omni_query(&url, "after", pages.cursor);
        omni_status status = send(hs, run, &url, NULL, &http);
        if (status != OMNI_OK)
            return status;
        more = omni_pages_after(&pages, &http, "paging.next.after");
        status = emit_page(hs, run, &http);
        if (status != OMNI_OK)
            return status;
    } while (more);
    return omni_pages_end(&pages, hs->records.hub, run);
}

static void add_filter(struct omni_text *body, const char *property, const char *operator,
                       int64_t value)
{
    char number[24];
    snprintf(number, sizeof(number), "%lld", (long long)value);
    omni_text_add(body, "{");
    omni_json_add_text(body, "propertyName", property);
    omni_json_add_text(body, "operator", operator);
    omni_json_add_text(body, "value", number);
    omni_text_add(body, "}");
}

static omni_status search_page(struct hs *hs, struct omni_run *run, int64_t after_id,
                               struct omni_http *http)
{
    char url_memory[512], body_memory[BODY_MAX];
    struct omni_text url = OMNI_TEXT(url_memory), body = OMNI_TEXT(body_memory);
    object_url(hs, &url, hs->object->type, "/search");
    omni_text_add(&body, "{\"filterGroups\":[{\"filters\":[");
    add_filter(&body, hs->object->modified, "GTE", hs->since_ms);
    omni_text_add(&body, ",");
    add_filter(&body, "hs_object_id", "GT", after_id);
    omni_text_add(&body, "]}],\"sorts\":[{\"propertyName\":\"hs_object_id\",\"direction\":"
                         "\"ASCENDING\"}],\"properties\":[");
    add_properties(hs, &body, add_to_array);
    omni_text_add(&body, "],\"limit\":");
    omni_text_add_int(&body, page_size(hs, SEARCH_PAGE));
    omni_text_add(&body, ",\"after\":\"0\"}");
    return send(hs, run, &url, &body, http);
}

/* The last id of a page that is to be in the order of ids, all above `last`. */
static int ids_ascend(const struct omni_http *http, int64_t *last)
{
    struct omni_json record = {0}, records = omni_json_at(omni_json_of_reply(http), "results");
    int64_t id;
    while (omni_json_next(records, &record)) {
        if (!omni_json_int(record, "id", &id) || id <= *last)
            return 0;
        *last = id;
    }
    return 1;
}

/* A search ends at its 10,000th record, its pages shift when a record is changed meanwhile, and
 * thousands may share one time: so each page is a search of its own, for the next ids. */
static omni_status read_changed(struct hs *hs, struct omni_run *run)
{
    int64_t last = 0, before;
    int more;
    do {
        struct omni_http http;
        before = last;
        omni_status status = search_page(hs, run, last, &http);
        if (status != OMNI_OK)
            return status;
        if (!ids_ascend(&http, &last))
            return hs->records.hub->fail(run, OMNI_E_DATA,
                                         "the search does not answer in the order of ids");
        more = omni_json_at(omni_json_of_reply(&http), "paging.next").kind == OMNI_JSON_OBJECT;
        status = emit_page(hs, run, &http);
        if (status != OMNI_OK)
            return status;
    } while (more && last > before);
    return OMNI_OK;
}

/* What changed while the pages were read may have been passed by; and this machine's clock may be
 * ahead of HubSpot's. Where nothing came, the cursor is where it was. */
static omni_status keep_place(const struct hs *hs, struct omni_run *run, int64_t began_ms)
{
    char text[24];
    int64_t until = hs->newest_ms < began_ms ? hs->newest_ms : began_ms;
    if (hs->newest_ms == 0)
        return OMNI_OK;
    until -= hs->records.hub->opt_int(hs->records.config, "overlap") * SECOND_MS;
    snprintf(text, sizeof(text), "%lld", (long long)(until > hs->since_ms ? until : hs->since_ms));
    return hs->records.hub->cursor(run, text);
}

static omni_status hs_pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct hs *hs = self;
    const struct omni_host *hub = hs->records.hub;
    const char *currency = text_of(hs, "currency");
    int64_t began = (int64_t)time(NULL) * SECOND_MS;
    hs->stream = request->stream;
    hs->object = hubspot_object(request->stream->name);
    hs->newest_ms = 0;
    hs->since_ms = request->cursor ? strtoll(request->cursor, NULL, 10) : 0;
    omni_status status =
        hub->found_account(run, request->account, NULL, currency && currency[0] ? currency : NULL,
                           text_of(hs, "zone"));
    /* Archived ones first: one that is restored meanwhile is alive at the end. */
    if (status == OMNI_OK)
        status = read_list(hs, run, "true");
    if (status == OMNI_OK)
        status = request->cursor ? read_changed(hs, run) : read_list(hs, run, "false");
    return status == OMNI_OK ? keep_place(hs, run, began) : status;
}

static omni_status hs_judge(void *self, struct omni_run *run, const struct omni_http *http,
                            uint32_t *wait_ms)
{
    struct hs *hs = self;
    struct judging judging = {hs->records.hub, run, hs->lacking};
    return hubspot_judge(&judging, http, wait_ms);
}

OMNI_MODULE("hubspot", "1.0", .vendor = "omnihub", .license = "Apache-2.0", .sources = sources);
