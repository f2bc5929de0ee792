/* SPDX-License-Identifier: Apache-2.0
 * One metric that is retired, or does not fit a kind of post, makes the platform refuse the whole
 * call: then each is asked for alone, so that the others are not lost. */
#include "instagram.h"

#include <stdio.h>
#include <string.h>

void instagram_url(const struct instagram *ig, struct omni_text *url, const char *node,
                   const char *edge)
{
    omni_path_segment(url, ig->hub->opt_text(ig->config, "api_version"));
    omni_path_segment(url, node);
    if (edge)
        omni_path_segment(url, edge);
}

int instagram_text(struct omni_json record, const char *path, char *out, size_t size)
{
    struct omni_json found = omni_json_at(record, path);
    out[0] = '\0';
    return found.kind == OMNI_JSON_NONE || found.kind == OMNI_JSON_NULL ||
           omni_json_text(found, "", out, size);
}

omni_status instagram_odd(struct instagram *ig, struct omni_run *run, const char *member)
{
    char text[128];
    snprintf(text, sizeof(text), "%s is neither a text nor a number, or is too long", member);
    return ig->hub->fail(run, OMNI_E_DATA, text);
}

static omni_status take_values(struct instagram *ig, struct omni_run *run, const struct question *q,
                               struct omni_json data, uint32_t mask, char (*values)[VALUE_MAX])
{
    char name[64];
    struct omni_json item = {0};
    while (omni_json_next(data, &item)) {
        if (!omni_json_text(item, "name", name, sizeof(name)))
            return instagram_odd(ig, run, "a metric's name");
        for (int i = 0; i < METRICS_MAX; i++) {
            if (!(mask >> i & 1) || strcmp(q->metrics[i], name) != 0)
                continue;
            const char *path = omni_json_at(item, "total_value").kind == OMNI_JSON_OBJECT
                                   ? "total_value.value"
                                   : "values[0].value";
            if (!instagram_text(item, path, values[i], VALUE_MAX))
                return instagram_odd(ig, run, name);
        }
    }
    return OMNI_OK;
}

omni_status instagram_ask(struct instagram *ig, struct omni_run *run, struct omni_http *http)
{
    ig->verdict = VERDICT_NONE;
    ig->asks_insights = 1;
    omni_status status = ig->hub->http(run, http);
    ig->asks_insights = 0;
    return status;
}

static omni_status ask(struct instagram *ig, struct omni_run *run, const struct question *q,
                       uint32_t mask, char (*values)[VALUE_MAX])
{
    char memory[URL_MAX];
    struct omni_text url = OMNI_TEXT(memory);
    instagram_url(ig, &url, q->node, "insights");
    omni_text_add(&url, "?metric=");
    for (int i = 0, n = 0; i < METRICS_MAX; i++)
        if (mask >> i & 1) {
            omni_text_add(&url, n++ ? "," : "");
            omni_text_add(&url, q->metrics[i]);
        }
    omni_text_add(&url, q->more);
    struct omni_http http = {.size = sizeof(http), .url = omni_text_done(&url)};
    if (!http.url)
        return ig->hub->fail(run, OMNI_E_BUG, "the request's url is too long");
    omni_status status = instagram_ask(ig, run, &http);
    struct omni_json data = omni_json_at(omni_json_of_reply(&http), "data");
    if (status == OMNI_OK && data.kind != OMNI_JSON_ARRAY)
        return ig->hub->fail(run, OMNI_E_DATA, "the insights have no list called data");
    if (status == OMNI_OK)
        status = take_values(ig, run, q, data, mask, values);
    for (int i = 0; status == OMNI_OK && i < METRICS_MAX; i++)
        q->history->answered[i] += mask >> i & 1;
    return status;
}

static uint32_t still_wanted(const struct question *q)
{
    uint32_t mask = q->wanted;
    for (int i = 0; i < METRICS_MAX; i++)
        if (q->history->refused[i] >= q->patience && !q->history->answered[i])
            mask &= ~(UINT32_C(1) << i);
    return mask;
}

/* Once for each metric: that it is missing must be seen, but not a thousand times. */
static void note_refusal(struct instagram *ig, struct omni_run *run, const struct question *q,
                         int metric)
{
    char text[GRAPH_MESSAGE + 128];
    if (q->history->refused[metric]++ > 0)
        return;
    snprintf(text, sizeof(text), "metric %s is left out, as it is refused: %s", q->metrics[metric],
             ig->refusal);
    ig->hub->log(run, OMNI_LOG_WARN, text);
}

omni_status instagram_insights(struct instagram *ig, struct omni_run *run, const struct question *q,
                               char (*values)[VALUE_MAX], uint32_t *refused)
{
    uint32_t mask = still_wanted(q);
    *refused = q->wanted & ~mask;
    memset(values, 0, METRICS_MAX * sizeof(values[0]));
    if (!mask)
        return OMNI_OK;
    omni_status status = ask(ig, run, q, mask, values);
    if (status == OMNI_OK || ig->verdict == VERDICT_NONE)
        return status;
    for (int i = 0; i < METRICS_MAX && ig->verdict != VERDICT_NOTHING; i++) {
        if (!(mask >> i & 1))
            continue;
        status = ask(ig, run, q, UINT32_C(1) << i, values);
        if (status != OMNI_OK && ig->verdict == VERDICT_NONE)
            return status;
        if (ig->verdict == VERDICT_REFUSED) {
            *refused |= UINT32_C(1) << i;
            note_refusal(ig, run, q, i);
        }
    }
    return OMNI_OK;
}
