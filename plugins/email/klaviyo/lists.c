/* SPDX-License-Identifier: Apache-2.0
 * Klaviyo's lists: who joined and who left, day by day, out of two metrics' aggregates. */
#include "klaviyo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 1024, DAYS_MAX = 40, LISTS_MAX = 100000, NOON_S = 43200 };
enum { JOINED, LEFT, SIDES };

struct list {
    char id[ID_MAX], name[NAME_MAX];
    int64_t count[SIDES][DAYS_MAX];
};
struct growth {
    struct list *lists;
    size_t n, room;
    int64_t starts[DAYS_MAX]; /* when each day begins, seconds since 1970 */
    size_t n_days;
};

static struct list *add_list(struct growth *g, const char *id, const char *name)
{
    if (g->n == g->room) {
        size_t room = g->room ? g->room * 2 : 32;
        struct list *all = room > LISTS_MAX ? NULL : realloc(g->lists, room * sizeof(*all));
        if (!all)
            return NULL;
        g->lists = all;
        g->room = room;
    }
    struct list *list = &g->lists[g->n++];
    memset(list, 0, sizeof(*list));
    snprintf(list->id, sizeof(list->id), "%s", id);
    snprintf(list->name, sizeof(list->name), "%s", name);
    return list;
}

static omni_status take_list(struct klaviyo *k, struct omni_run *run, void *ctx,
                             struct omni_json item)
{
    char id[ID_MAX], name[NAME_MAX];
    if (!omni_json_text(item, "id", id, sizeof(id)))
        return k->hub->fail(run, OMNI_E_DATA, "a list has no id");
    omni_json_text(item, "attributes.name", name, sizeof(name));
    return add_list(ctx, id, name) ? OMNI_OK
                                   : k->hub->fail(run, OMNI_E_RETRY, "more lists than fit");
}

/* Aggregates name a list; one that is gone, or shares its name, goes by that name. */
static struct list *list_of(struct growth *g, const char *name)
{
    struct list *found = NULL;
    int n = 0;
    for (size_t i = 0; i < g->n; i++)
        if (strcmp(g->lists[i].id, name) == 0)
            return &g->lists[i];
    for (size_t i = 0; i < g->n; i++)
        if (strcmp(g->lists[i].name, name) == 0) {
            found = &g->lists[i];
            n++;
        }
    return n == 1 ? found : add_list(g, name, name);
}

/* The days must be the same for both metrics. */
static omni_status take_dates(struct klaviyo *k, struct omni_run *run, struct growth *g,
                              struct omni_json dates)
{
    struct omni_json date = {0};
    size_t n = 0;
    while (omni_json_next(dates, &date)) {
        char text[64];
        int64_t at;
        if (!omni_json_text(date, "", text, sizeof(text)) || !omni_time_parse(text, &at))
            return k->hub->fail(run, OMNI_E_DATA, "dates holds no time with an offset");
        if (n == DAYS_MAX || (g->n_days && (n >= g->n_days || g->starts[n] != at)))
            return k->hub->fail(run, OMNI_E_DATA, "the aggregates are of other days");
        g->starts[n++] = at;
    }
    if (g->n_days && n != g->n_days)
        return k->hub->fail(run, OMNI_E_DATA, "the aggregates are of other days");
    g->n_days = n;
    return OMNI_OK;
}

static omni_status take_counts(struct klaviyo *k, struct omni_run *run, struct growth *g, int side,
                               struct omni_json attributes)
{
    struct omni_json item = {0}, data = omni_json_at(attributes, "data");
    omni_status status = take_dates(k, run, g, omni_json_at(attributes, "dates"));
    if (status == OMNI_OK && data.kind != OMNI_JSON_ARRAY)
        return k->hub->fail(run, OMNI_E_DATA, "the aggregates have no data");
    while (status == OMNI_OK && omni_json_next(data, &item)) {
        char name[NAME_MAX];
        struct omni_json value = {0}, counts = omni_json_at(item, "measurements.count");
        size_t n = 0;
        if (!omni_json_text(item, "dimensions[0]", name, sizeof(name)) || name[0] == '\0')
            continue; /* consent that belongs to no list */
        struct list *list = list_of(g, name);
        if (!list)
            return k->hub->fail(run, OMNI_E_RETRY, "more lists than fit");
        for (; omni_json_next(counts, &value); n++) {
            int64_t digits;
            int places;
            if (n >= g->n_days || !omni_json_decimal(value, "", &digits, &places))
                return k->hub->fail(run, OMNI_E_DATA, "a count is no number, or of no day");
            for (; places > 0; places--) /* 3.0 */
                digits /= 10;
            list->count[side][n] += digits;
        }
        if (n != g->n_days)
            return k->hub->fail(run, OMNI_E_DATA, "there are fewer counts than days");
    }
    return status;
}

static omni_status ask_metric(struct klaviyo *k, struct omni_run *run,
                              const struct omni_request *request, struct growth *g, int side)
{
    static const char *const names[SIDES] = {"Subscribed to List", "Unsubscribed from List"};
    static const char *const options[SIDES] = {"joined_metric_id", "left_metric_id"};
    const char *given = k->hub->opt_text(k->config, options[side]);
    char memory[BODY_MAX], id[ID_MAX], from[OMNI_DAY_TEXT], end[OMNI_DAY_TEXT], filter[160];
    const char *headers[] = {k->headers[0], k->headers[1], "Content-Type: application/vnd.api+json",
                             NULL};
    struct omni_text body = OMNI_TEXT(memory);
    omni_status status = OMNI_OK;
    snprintf(id, sizeof(id), "%s", given ? given : "");
    if (!given)
        status = klaviyo_find_metric(k, run, names[side], options[side], id);
    if (status != OMNI_OK || id[0] == '\0') /* nobody ever joined, or left */
        return status;
    omni_text_add(&body, "{\"data\":{\"type\":\"metric-aggregate\",\"attributes\":{"
                         "\"measurements\":[\"count\"],\"interval\":\"day\",\"by\":[\"List\"]");
    omni_json_add_text(&body, "metric_id", id);
    omni_json_add_text(&body, "timezone", k->zone);
    omni_json_add_int(&body, "page_size", 500);
    snprintf(filter, sizeof(filter),
             ",\"filter\":[\"greater-or-equal(datetime,%sT00:00:00)\","
             "\"less-than(datetime,%sT00:00:00)\"]",
             omni_day_print(request->from_day, from), omni_day_print(request->to_day + 1, end));
    omni_text_add(&body, filter);
    omni_text_add(&body, "}}}");
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http = {.size = sizeof(http),
                             .method = "POST",
                             .headers = headers,
                             .flags = OMNI_HTTP_REPEATABLE,
                             .body = omni_text_done(&body),
                             .body_len = body.len};
    if (!http.body)
        return k->hub->fail(run, OMNI_E_CONFIG, "the id of a list's metric is too long");
    do {
        http.url = pages.page > 0 ? pages.cursor : "/api/metric-aggregates";
        status = k->hub->http(run, &http);
        if (status == OMNI_OK)
            status = take_counts(k, run, g, side,
                                 omni_json_at(omni_json_of_reply(&http), "data.attributes"));
        if (status != OMNI_OK)
            return status;
    } while (omni_pages_after(&pages, &http, "links.next"));
    return omni_pages_end(&pages, k->hub, run);
}

/* A day of a list on which nothing happened is no row. */
static omni_status send_rows(struct klaviyo *k, struct omni_run *run, const struct growth *g)
{
    omni_status status = OMNI_OK;
    for (size_t i = 0; i < g->n; i++)
        for (size_t day = 0; status == OMNI_OK && day < g->n_days; day++) {
            const struct list *list = &g->lists[i];
            if (list->count[JOINED][day] == 0 && list->count[LEFT][day] == 0)
                continue;
            /* A bucket begins at midnight of the account or of UTC: at its noon both agree. */
            const struct omni_cell cells[] = {
                {.type = OMNI_TIME, .v.i = (g->starts[day] + NOON_S) * 1000000},
                {.type = OMNI_TEXT, .len = (uint32_t)strlen(list->id), .v.s = list->id},
                {.type = OMNI_TEXT, .len = (uint32_t)strlen(list->name), .v.s = list->name},
                {.type = OMNI_INT, .v.i = list->count[JOINED][day]},
                {.type = OMNI_INT, .v.i = list->count[LEFT][day]}};
            status = k->hub->row(run, cells, sizeof(cells) / sizeof(cells[0]));
        }
    return status;
}

omni_status klaviyo_list_growth(struct klaviyo *k, struct omni_run *run,
                                const struct omni_request *request)
{
    struct growth g = {.lists = NULL};
    omni_status status = klaviyo_learn_account(k, run, request->account);
    if (status == OMNI_OK)
        status = klaviyo_read_list(k, run, "/api/lists", take_list, &g);
    for (int side = 0; status == OMNI_OK && side < SIDES; side++)
        status = ask_metric(k, run, request, &g, side);
    if (status == OMNI_OK)
        status = send_rows(k, run, &g);
    free(g.lists);
    return status;
}
