/* SPDX-License-Identifier: Apache-2.0
 * Klaviyo's lists: campaigns, flows, metrics, the account itself. */
#include "klaviyo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NAMES = 200000 };

/* ---- lists: GET, page by page ---- */

omni_status klaviyo_read_list(struct klaviyo *k, struct omni_run *run, const char *first,
                              klaviyo_take *take, void *ctx)
{
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http = {.size = sizeof(http), .headers = k->headers};
    do {
        http.url = pages.page == 0 ? first : pages.cursor;
        omni_status status =
            take ? k->hub->http(run, &http) : k->hub->rows(run, &http, "$.data[*]");
        struct omni_json data = omni_json_at(omni_json_of_reply(&http), "data"), item = {0};
        if (status == OMNI_OK && data.kind != OMNI_JSON_ARRAY)
            return k->hub->fail(run, OMNI_E_DATA, "the reply has no list called data");
        while (take && status == OMNI_OK && omni_json_next(data, &item))
            status = take(k, run, ctx, item);
        if (status != OMNI_OK)
            return status;
    } while (omni_pages_after(&pages, &http, "links.next"));
    return omni_pages_end(&pages, k->hub, run);
}

static omni_status add_name(struct klaviyo *k, struct omni_run *run, struct names *names,
                            const struct named *item)
{
    if (names->n == names->room) {
        size_t room = names->room ? names->room * 2 : 64;
        struct named *all = room > MAX_NAMES ? NULL : realloc(names->all, room * sizeof(*all));
        if (!all)
            return k->hub->fail(run, OMNI_E_RETRY, "more campaigns or flows than fit into memory");
        names->all = all;
        names->room = room;
    }
    names->all[names->n++] = *item;
    return OMNI_OK;
}

/* Drafts and cancelled campaigns have no time of sending. */
static omni_status take_campaign(struct klaviyo *k, struct omni_run *run, void *ctx,
                                 struct omni_json item)
{
    (void)ctx;
    struct named found = {.sent = 0};
    char sent[64];
    omni_json_text(item, "attributes.name", found.name, sizeof(found.name));
    if (!omni_json_text(item, "id", found.id, sizeof(found.id)))
        return k->hub->fail(run, OMNI_E_DATA, "a campaign has no id");
    if (!omni_json_text(item, "attributes.send_time", sent, sizeof(sent)) || sent[0] == '\0')
        return OMNI_OK;
    if (!omni_time_parse(sent, &found.sent))
        return k->hub->fail(run, OMNI_E_DATA, "a campaign's send_time is no time with an offset");
    return add_name(k, run, &k->campaigns, &found);
}

static omni_status take_flow(struct klaviyo *k, struct omni_run *run, void *ctx,
                             struct omni_json item)
{
    (void)ctx;
    struct named found = {.sent = 0};
    omni_json_text(item, "attributes.name", found.name, sizeof(found.name));
    if (!omni_json_text(item, "id", found.id, sizeof(found.id)))
        return k->hub->fail(run, OMNI_E_DATA, "a flow has no id");
    return add_name(k, run, &k->flows, &found);
}

/* The list of campaigns must be asked for channel by channel. */
static omni_status read_campaigns(struct klaviyo *k, struct omni_run *run, klaviyo_take *take)
{
    static const char *const all[] = {"email", "sms", "mobile_push"};
    uint32_t given = k->hub->opt_count(k->config, "channels");
    omni_status status = OMNI_OK;
    for (uint32_t i = 0; status == OMNI_OK && i < (given ? given : 3); i++) {
        char memory[256], filter[128];
        struct omni_text url = OMNI_TEXT(memory);
        snprintf(filter, sizeof(filter), "equals(messages.channel,'%s')",
                 given ? k->hub->opt_item(k->config, "channels", i) : all[i]);
        omni_text_add(&url, "/api/campaigns");
        omni_query(&url, "filter", filter);
        if (!omni_text_done(&url))
            return k->hub->fail(run, OMNI_E_CONFIG, "channels: a name is too long");
        status = klaviyo_read_list(k, run, memory, take, NULL);
    }
    return status;
}

static omni_status read_flows(struct klaviyo *k, struct omni_run *run, klaviyo_take *take)
{
    return klaviyo_read_list(k, run, "/api/flows?page%5Bsize%5D=50", take, NULL);
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->id, ((const struct named *)b)->id);
}

omni_status klaviyo_learn_names(struct klaviyo *k, struct omni_run *run, int is_flow)
{
    struct names *names = is_flow ? &k->flows : &k->campaigns;
    if (names->is_read)
        return OMNI_OK;
    names->n = 0;
    omni_status status =
        is_flow ? read_flows(k, run, take_flow) : read_campaigns(k, run, take_campaign);
    if (status == OMNI_OK && names->n)
        qsort(names->all, names->n, sizeof(*names->all), by_id);
    names->is_read = status == OMNI_OK;
    return status;
}

const struct named *klaviyo_find_name(const struct names *names, const char *id)
{
    struct named wanted;
    snprintf(wanted.id, sizeof(wanted.id), "%s", id);
    return names->n ? bsearch(&wanted, names->all, names->n, sizeof(wanted), by_id) : NULL;
}

omni_status klaviyo_campaigns(struct klaviyo *k, struct omni_run *run)
{
    return read_campaigns(k, run, NULL);
}

omni_status klaviyo_flows(struct klaviyo *k, struct omni_run *run)
{
    return read_flows(k, run, NULL);
}

/* ---- facts of the account ---- */

struct metric_search {
    const char *name, *option; /* that the admin may give */
    char *id;
};

static omni_status take_metric(struct klaviyo *k, struct omni_run *run, void *ctx,
                               struct omni_json item)
{
    char name[NAME_MAX], id[ID_MAX], text[MESSAGE_MAX];
    const struct metric_search *wanted = ctx;
    if (!omni_json_text(item, "attributes.name", name, sizeof(name)) ||
        strcmp(name, wanted->name) != 0)
        return OMNI_OK;
    if (!omni_json_text(item, "id", id, sizeof(id)))
        return k->hub->fail(run, OMNI_E_DATA, "a metric has no id");
    if (wanted->id[0] == '\0') {
        snprintf(wanted->id, ID_MAX, "%s", id);
        return OMNI_OK;
    }
    snprintf(text, sizeof(text),
             "more than one metric is called \"%s\": give %s, which is %s, %s or another one",
             wanted->name, wanted->option, wanted->id, id);
    return k->hub->fail(run, OMNI_E_CONFIG, text);
}

omni_status klaviyo_find_metric(struct klaviyo *k, struct omni_run *run, const char *name,
                                const char *option, char id[ID_MAX])
{
    struct metric_search wanted = {name, option, id};
    id[0] = '\0';
    omni_status status = klaviyo_read_list(k, run, "/api/metrics", take_metric, &wanted);
    if (status != OMNI_OK) /* half a list must not look like a clear answer */
        id[0] = '\0';
    return status;
}

omni_status klaviyo_learn_metric(struct klaviyo *k, struct omni_run *run)
{
    if (k->metric[0] != '\0')
        return OMNI_OK;
    omni_status status =
        klaviyo_find_metric(k, run, k->hub->opt_text(k->config, "conversion_metric"),
                            "conversion_metric_id", k->metric);
    if (status != OMNI_OK || k->metric[0] != '\0')
        return status;
    k->hub->fail_detail(run, "option", "conversion_metric");
    return k->hub->fail(run, OMNI_E_CONFIG,
                        "the account has no metric of this name: take one from Analytics > "
                        "Metrics, or give conversion_metric_id");
}

omni_status klaviyo_learn_account(struct klaviyo *k, struct omni_run *run, const char *account)
{
    char zone[64] = "", currency[8] = "";
    const char *own_zone = k->hub->opt_text(k->config, "timezone");
    const char *own_currency = k->hub->opt_text(k->config, "currency");
    if (k->knows_account)
        return OMNI_OK;
    if (!own_zone || !own_currency) {
        struct omni_http http = {
            .size = sizeof(http), .url = "/api/accounts", .headers = k->headers};
        omni_status status = k->hub->http(run, &http);
        if (status != OMNI_OK)
            return status;
        struct omni_json reply = omni_json_of_reply(&http);
        if (!omni_json_text(reply, "data[0].attributes.timezone", zone, sizeof(zone)) ||
            !omni_json_text(reply, "data[0].attributes.preferred_currency", currency,
                            sizeof(currency)))
            return k->hub->fail(run, OMNI_E_DATA,
                                "Klaviyo does not say the account's time zone and currency: give "
                                "the options timezone and currency");
    }
    k->knows_account = 1;
    snprintf(k->zone, sizeof(k->zone), "%s", own_zone ? own_zone : zone);
    return k->hub->found_account(run, account, NULL, own_currency ? own_currency : currency,
                                 k->zone);
}
