/* SPDX-License-Identifier: Apache-2.0
 * Metrics of streams and sinks. Accounts are many, and their ids are not for everybody who reads a
 * dashboard: unless they are asked for, the stalest of a stream's accounts speaks for all. */
#include <config.h>

#include "web/metrics.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "store/events.h"
#include "web/expose.h"

/* ---- streams ---- */

static void put_older(json_t *group, const char *key, const char *value)
{
    const char *known = json_text(group, key);
    if (value && (!known || strcmp(value, known) < 0))
        json_put_text(group, key, value);
}

static void count_code(json_t *group, const char *code)
{
    json_t *codes = json_object_get(group, "codes");
    if (!codes)
        json_object_set_new(group, "codes", codes = json_object());
    json_put_int(codes, code, json_int(codes, code, 0) + 1);
}

static void add_feed(json_t *groups, const json_t *feed, bool with_account)
{
    const json_t *run = json_object_get(feed, "last_run");
    const char *connector = json_text(feed, "connector"), *stream = json_text(feed, "stream");
    const char *account = with_account ? json_text(feed, "account") : NULL;
    auto_free char *key = xasprintf("%s %s %s", connector, stream, account ? account : "");
    json_t *group = json_object_get(groups, key);
    if (!group) {
        group = json_object();
        json_object_set_new(groups, key, group);
        json_put_text(group, "connector", connector);
        json_put_text(group, "stream", stream);
        json_put_text(group, "account", account);
    }
    json_put_int(group, "rows", json_int(group, "rows", 0) + json_int(feed, "rows", 0));
    put_older(group, "last_day", json_text(feed, "last_day"));
    put_older(group, "last_ok_at", json_text(feed, "last_ok_at"));
    put_older(group, "ended_at", json_text(run, "ended_at"));
    if (json_text(run, "code"))
        count_code(group, json_text(run, "code"));
}

/* One object per stream, or per stream and account. New reference. */
static json_t *group_feeds(const struct look *look)
{
    json_t *groups = json_object();
    const json_t *connector, *feed;
    size_t i, k;
    json_array_foreach(look->facts.connectors, i, connector)
        json_array_foreach(json_object_get(connector, "feeds"), k, feed)
            add_feed(groups, feed, look->from->config->web.account_labels);
    return groups;
}

static const struct {
    const char *name, *help, *member;
} times[] = {
    {"omnihub_run_last_success_timestamp_seconds", "When a pull of the stream last ended well.",
     "last_ok_at"},
    {"omnihub_run_last_timestamp_seconds", "When a pull of the stream last ended.", "ended_at"},
    {"omnihub_dataset_last_day_timestamp_seconds", "The newest day that is stored, its midnight.",
     "last_day"},
};

#define LABELS_OF(group)                                                                           \
    {"connector", json_text((group), "connector")}, {"stream", json_text((group), "stream")},      \
    {                                                                                              \
        "account", json_text((group), "account")                                                   \
    }

static void add_codes(struct buf *b, const json_t *groups)
{
    const char *key, *code;
    json_t *group, *n;
    expose_family(b, "omnihub_feeds", "gauge",
                  "Accounts of the stream whose last run ended with this code.");
    json_object_foreach((json_t *)groups, key, group)
        json_object_foreach(json_object_get(group, "codes"), code, n)
    {
        const struct label labels[] = {LABELS_OF(group), {"code", code}, {0}};
        expose_int(b, "omnihub_feeds", labels, json_integer_value(n));
    }
}

void metrics_feeds(struct buf *b, const struct look *look)
{
    auto_json *groups = group_feeds(look);
    const char *key;
    json_t *group;
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        expose_family(b, times[i].name, "gauge", times[i].help);
        json_object_foreach(groups, key, group)
        {
            const struct label labels[] = {LABELS_OF(group), {0}};
            expose_time(b, times[i].name, labels, json_text(group, times[i].member));
        }
    }
    expose_family(b, "omnihub_rows_stored", "gauge", "Rows of the stream in the store.");
    json_object_foreach(groups, key, group)
    {
        const struct label labels[] = {LABELS_OF(group), {0}};
        expose_int(b, "omnihub_rows_stored", labels, json_int(group, "rows", 0));
    }
    add_codes(b, groups);
}

/* ---- sinks ---- */

#define DELIVERY_OF(sink, delivery)                                                                \
    {"sink", json_text((sink), "sink")},                                                           \
    {                                                                                              \
        "dataset", json_text((delivery), "dataset")                                                \
    }

static const struct {
    const char *name, *help, *member;
    bool is_of_run;
} times_of_sinks[] = {
    {"omnihub_sink_last_success_timestamp_seconds",
     "When a delivery of the dataset last ended well.", "last_ok_at", false},
    {"omnihub_sink_last_timestamp_seconds", "When a delivery of the dataset last ended.",
     "ended_at", true},
};

static void add_sink_times(struct buf *b, const json_t *sinks)
{
    const json_t *sink, *delivery;
    size_t i, k;
    for (size_t n = 0; n < ARRAY_LEN(times_of_sinks); n++) {
        expose_family(b, times_of_sinks[n].name, "gauge", times_of_sinks[n].help);
        json_array_foreach(sinks, i, sink)
            json_array_foreach(json_object_get(sink, "datasets"), k, delivery)
        {
            const struct label labels[] = {DELIVERY_OF(sink, delivery), {0}};
            const json_t *from =
                times_of_sinks[n].is_of_run ? json_object_get(delivery, "last_run") : delivery;
            expose_time(b, times_of_sinks[n].name, labels,
                        json_text(from, times_of_sinks[n].member));
        }
    }
}

static bool is_failing(const json_t *sink)
{
    const json_t *event;
    size_t i;
    json_array_foreach(json_object_get(sink, "events"), i, event)
    {
        if (strcmp(json_text(event, "kind"), EVENT_FAILING) == 0)
            return true;
    }
    return false;
}

static void add_deliveries(struct buf *b, const json_t *sink)
{
    auto_json *group = json_object();
    const json_t *delivery;
    const char *code;
    json_t *n;
    size_t i;
    json_array_foreach(json_object_get(sink, "datasets"), i, delivery)
    {
        code = json_text(json_object_get(delivery, "last_run"), "code");
        if (code)
            count_code(group, code);
    }
    json_object_foreach(json_object_get(group, "codes"), code, n)
    {
        const struct label labels[] = {{"sink", json_text(sink, "sink")}, {"code", code}, {0}};
        expose_int(b, "omnihub_sink_datasets", labels, json_integer_value(n));
    }
}

void metrics_sinks(struct buf *b, const struct look *look)
{
    const json_t *sink;
    size_t i;
    add_sink_times(b, look->facts.sinks);
    expose_family(b, "omnihub_sink_failing", "gauge",
                  "Whether deliveries of the sink, or of one of its datasets, fail and go on to.");
    json_array_foreach(look->facts.sinks, i, sink)
    {
        const struct label labels[] = {{"sink", json_text(sink, "sink")}, {0}};
        expose_int(b, "omnihub_sink_failing", labels, is_failing(sink));
    }
    expose_family(b, "omnihub_sink_datasets", "gauge",
                  "Datasets of the sink whose last delivery ended with this code.");
    json_array_foreach(look->facts.sinks, i, sink) add_deliveries(b, sink);
}
