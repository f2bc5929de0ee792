/* SPDX-License-Identifier: Apache-2.0
 * Counters over the ledger: they outlive every process, and only grow. */
#include <config.h>

#include "web/metrics.h"

#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "store/ledger.h"
#include "web/expose.h"

static const struct {
    const char *name, *help, *member;
} counters[] = {
    {"omnihub_rows_written_total", "Rows inserted, changed or removed, or delivered.", "written"},
    {"omnihub_rows_rejected_total", "Records that could not be read.", "rejected"},
    {"omnihub_rows_restated_total", "Numbers that a platform changed afterwards.", "restated"},
    {"omnihub_http_retries_total", "Requests that were made again.", "retries"},
    {"omnihub_http_received_bytes_total", "What platforms sent.", "bytes"},
};
#define OWN_OF(sum)                                                                                \
    {"kind", json_text((sum), "kind")},                                                            \
    {                                                                                              \
        "connector", json_text((sum), "name")                                                      \
    }

/* The same without the outcome. New reference. */
static json_t *over_outcomes(const json_t *sums)
{
    json_t *all = json_object(), *value;
    const json_t *sum;
    const char *member;
    size_t i;
    json_array_foreach(sums, i, sum)
    {
        auto_free char *key = xasprintf("%s %s", json_text(sum, "kind"), json_text(sum, "name"));
        json_t *one = json_object_get(all, key);
        if (!one) {
            json_object_set_new(all, key, json_copy((json_t *)sum));
            continue;
        }
        json_object_foreach((json_t *)sum, member, value)
        {
            if (json_is_integer(value))
                json_put_int(one, member, json_int(one, member, 0) + json_integer_value(value));
        }
    }
    return all;
}

/* Cumulative, as Prometheus has them. */
static void add_buckets(struct buf *b, const json_t *sum)
{
    static const char name[] = "omnihub_run_duration_seconds_bucket";
    for (const int *span = ledger_spans; *span; span++) {
        char within[24], le[12];
        snprintf(within, sizeof within, "within_%d", *span);
        snprintf(le, sizeof le, "%d", *span);
        const struct label labels[] = {OWN_OF(sum), {"le", le}, {0}};
        expose_int(b, name, labels, json_int(sum, within, 0));
    }
    const struct label all[] = {OWN_OF(sum), {"le", "+Inf"}, {0}};
    expose_int(b, name, all, json_int(sum, "runs", 0));
}

static void add_durations(struct buf *b, const json_t *all)
{
    const char *key;
    json_t *sum;
    expose_family(b, "omnihub_run_duration_seconds", "histogram", "How long runs took.");
    json_object_foreach((json_t *)all, key, sum)
    {
        const struct label labels[] = {OWN_OF(sum), {0}};
        add_buckets(b, sum);
        expose_micros(b, "omnihub_run_duration_seconds_sum", labels, json_int(sum, "micros", 0));
        expose_int(b, "omnihub_run_duration_seconds_count", labels, json_int(sum, "runs", 0));
    }
}

/* Requests of runs from before hosts were told apart have no such label. */
static void add_requests(struct buf *b, const json_t *asked)
{
    const json_t *one;
    size_t i;
    expose_family(b, "omnihub_http_requests_total", "counter",
                  "Requests to platforms, by host and status of the reply.");
    json_array_foreach(asked, i, one)
    {
        char status[24] = "none";
        const char *host = json_text(one, "host");
        if (json_int(one, "status", 0) > 0)
            snprintf(status, sizeof status, "%lld", (long long)json_int(one, "status", 0));
        const struct label labels[] = {
            OWN_OF(one), {"host", host}, {"code", host ? status : NULL}, {0}};
        expose_int(b, "omnihub_http_requests_total", labels, json_int(one, "requests", 0));
    }
}

static void add_crashes(struct buf *b, const json_t *crashes)
{
    const json_t *one;
    size_t i;
    expose_family(b, "omnihub_worker_crashes_total", "counter",
                  "Runs whose job, or plugin's process, was ended by this signal.");
    json_array_foreach(crashes, i, one)
    {
        char signal[24];
        snprintf(signal, sizeof signal, "%lld", (long long)json_int(one, "signal", 0));
        const struct label labels[] = {OWN_OF(one), {"signal", signal}, {0}};
        expose_int(b, "omnihub_worker_crashes_total", labels, json_int(one, "crashes", 0));
    }
}

void metrics_sums(struct buf *b, const struct look *look)
{
    const json_t *runs = json_object_get(look->sums, "runs"), *sum;
    auto_json *all = over_outcomes(runs);
    const char *key;
    json_t *total;
    size_t i;
    expose_family(b, "omnihub_runs_total", "counter",
                  "Runs that have ended; connector: or the sink or dataset.");
    json_array_foreach(runs, i, sum)
    {
        const struct label labels[] = {OWN_OF(sum), {"outcome", json_text(sum, "outcome")}, {0}};
        expose_int(b, "omnihub_runs_total", labels, json_int(sum, "runs", 0));
    }
    add_durations(b, all);
    add_requests(b, json_object_get(look->sums, "asked"));
    add_crashes(b, json_object_get(look->sums, "crashes"));
    for (size_t k = 0; k < ARRAY_LEN(counters); k++) {
        expose_family(b, counters[k].name, "counter", counters[k].help);
        json_object_foreach(all, key, total)
        {
            const struct label labels[] = {OWN_OF(total), {0}};
            expose_int(b, counters[k].name, labels, json_int(total, counters[k].member, 0));
        }
    }
}
