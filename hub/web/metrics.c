/* SPDX-License-Identifier: Apache-2.0
 * Metrics of the hub, its connectors and secrets. Times are told, not ages: a scraper knows how
 * late it is. */
#include <config.h>

#include "web/metrics.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/day.h"
#include "base/json.h"
#include "base/mem.h"
#include "web/expose.h"

/* ---- the hub ---- */

static void one(struct buf *b, const char *name, const char *help, int64_t value)
{
    expose_family(b, name, "gauge", help);
    expose_int(b, name, NULL, value);
}

static void add_hub(struct buf *b, const struct look *look)
{
    const struct label version[] = {{"version", PACKAGE_VERSION}, {0}};
    const json_t *service = look->facts.service;
    expose_family(b, "omnihub_build_info", "gauge", "The version of this program; always 1.");
    expose_int(b, "omnihub_build_info", version, 1);
    one(b, "omnihub_service_running", "Whether omnihub run answers on this state.",
        service != NULL);
    one(b, "omnihub_service_clock_held",
        "Whether it starts nothing because its clock jumped ahead.",
        json_flag(service, "clock_held"));
    one(b, "omnihub_connectors_scheduled",
        "Connectors that a service should run by their schedule.",
        (int64_t)look->facts.n_scheduled);
    one(b, "omnihub_store_readable", "Whether everything there is could be read.", look->is_whole);
    one(b, "omnihub_config_last_reload_successful",
        "Whether the configuration on disk is the one that is used here.",
        look->from->config_fault == NULL);
    expose_family(b, "omnihub_config_last_reload_success_timestamp_seconds", "gauge",
                  "When the configuration was read that is used here.");
    expose_micros(b, "omnihub_config_last_reload_success_timestamp_seconds", NULL,
                  look->from->config_at);
    if (look->store_bytes >= 0)
        one(b, "omnihub_store_bytes", "Size of the store's file.", look->store_bytes);
    if (look->disk_free_bytes >= 0)
        one(b, "omnihub_disk_free_bytes", "What is free for the hub where its state is.",
            look->disk_free_bytes);
}

/* The fences around plugins, as the service that starts them has them. */
static void add_sandbox(struct buf *b, const json_t *service)
{
    static const char name[] = "omnihub_sandbox_level";
    static const struct label seccomp[] = {{"fence", "seccomp"}, {0}},
                              landlock[] = {{"fence", "landlock"}, {0}};
    const json_t *sandbox = json_object_get(service, "sandbox");
    expose_family(b, name, "gauge",
                  "Fences around plugins: seccomp 0 or 1, the version of Landlock, 0: none.");
    if (!sandbox)
        return;
    expose_int(b, name, seccomp, json_flag(sandbox, "seccomp"));
    expose_int(b, name, landlock, json_int(sandbox, "landlock_abi", 0));
}

/* ---- connectors ---- */

static bool is_in_state(const json_t *connector, const char *state)
{
    const char *own = json_text(connector, "state");
    return own && strcmp(own, state) == 0;
}

static int64_t is_enabled(const json_t *c)
{
    return json_flag(c, "enabled");
}

static int64_t is_isolated(const json_t *c)
{
    const char *isolation = json_text(c, "isolation");
    return !isolation || strcmp(isolation, "none") != 0;
}

static int64_t is_suspended(const json_t *c)
{
    return is_in_state(c, "suspended");
}

static int64_t is_running(const json_t *c)
{
    return is_in_state(c, "running");
}

static int64_t parked(const json_t *c)
{
    return (int64_t)json_array_size(json_object_get(c, "parked"));
}

static const struct {
    const char *name, *help;
    int64_t (*value)(const json_t *);
} of_connectors[] = {
    {"omnihub_connector_enabled", "Whether it is enabled in the configuration.", is_enabled},
    {"omnihub_connector_isolated",
     "Whether its plugin runs in a process of its own, behind fences.", is_isolated},
    {"omnihub_connector_suspended", "Whether it broke too often and is run no more.", is_suspended},
    {"omnihub_connector_running", "Whether it is being pulled.", is_running},
    {"omnihub_runs_parked", "Runs that wait until a quota is there again.", parked},
};

static const struct {
    const char *name, *help, *member;
} times_of_connectors[] = {
    {"omnihub_schedule_next_timestamp_seconds", "When it is due next.", "next_at"},
    {"omnihub_api_sunset_timestamp_seconds",
     "When the platform switches off the API version that is used.", "api_sunset"},
};

static void add_connectors(struct buf *b, const json_t *connectors)
{
    const json_t *c;
    size_t i;
    for (size_t k = 0; k < ARRAY_LEN(of_connectors); k++) {
        expose_family(b, of_connectors[k].name, "gauge", of_connectors[k].help);
        json_array_foreach(connectors, i, c)
        {
            const struct label labels[] = {{"connector", json_text(c, "connector")}, {0}};
            expose_int(b, of_connectors[k].name, labels, of_connectors[k].value(c));
        }
    }
    for (size_t k = 0; k < ARRAY_LEN(times_of_connectors); k++) {
        expose_family(b, times_of_connectors[k].name, "gauge", times_of_connectors[k].help);
        json_array_foreach(connectors, i, c)
        {
            const struct label labels[] = {{"connector", json_text(c, "connector")}, {0}};
            expose_time(b, times_of_connectors[k].name, labels,
                        json_text(c, times_of_connectors[k].member));
        }
    }
}

/* ---- secrets, notices, quotas ---- */

static bool is_usable(const json_t *secret)
{
    const char *state = json_text(secret, "state");
    return strcmp(state, "ok") == 0 || strcmp(state, "expiring") == 0;
}

static void add_secrets(struct buf *b, const json_t *secrets)
{
    const json_t *secret;
    size_t i;
    expose_family(b, "omnihub_token_expiry_timestamp_seconds", "gauge",
                  "When a secret of the vault expires, where that is known.");
    json_array_foreach(secrets, i, secret)
    {
        const struct label labels[] = {{"secret", json_text(secret, "name")}, {0}};
        expose_time(b, "omnihub_token_expiry_timestamp_seconds", labels,
                    json_text(secret, "expires_at"));
    }
    expose_family(b, "omnihub_secret_usable", "gauge",
                  "Whether it is there, not expired and not refused.");
    json_array_foreach(secrets, i, secret)
    {
        const struct label labels[] = {{"secret", json_text(secret, "name")}, {0}};
        expose_int(b, "omnihub_secret_usable", labels, is_usable(secret));
    }
}

static void add_notices(struct buf *b, const json_t *notices)
{
    auto_json *counts = json_object();
    const json_t *notice;
    const char *kind;
    json_t *n;
    size_t i;
    json_array_foreach(notices, i, notice)
    {
        kind = json_text(notice, "kind");
        json_put_int(counts, kind, json_int(counts, kind, 0) + 1);
    }
    expose_family(b, "omnihub_notices_open", "gauge", "Conditions that a person should know of.");
    json_object_foreach(counts, kind, n)
    {
        const struct label labels[] = {{"kind", kind}, {0}};
        expose_int(b, "omnihub_notices_open", labels, json_integer_value(n));
    }
}

static void add_alerts(struct buf *b, const struct look *look)
{
    const json_t *alert;
    size_t i;
    expose_family(b, "omnihub_alert_undelivered", "gauge",
                  "An alert whose newest message did not get through, and how that stands.");
    json_array_foreach(look->facts.alerts, i, alert)
    {
        const struct label labels[] = {
            {"alert", json_text(alert, "alert")}, {"state", json_text(alert, "state")}, {0}};
        if (alert_is_undelivered(alert))
            expose_int(b, "omnihub_alert_undelivered", labels, 1);
    }
    expose_family(b, "omnihub_log_lines_lost_total", "counter",
                  "Lines of the service's log that nobody took.");
    if (look->facts.service)
        expose_int(b, "omnihub_log_lines_lost_total", NULL,
                   json_int(look->facts.service, "log_lost", 0));
}

/* All that a connector has under way, of every account. */
static void add_backfills(struct buf *b, const json_t *backfills)
{
    static const char name[] = "omnihub_backfill_chunks_pending";
    auto_json *pending = json_object();
    const json_t *each;
    const char *connector;
    json_t *n;
    size_t i;
    json_array_foreach(backfills, i, each)
    {
        connector = json_text(each, "connector");
        json_put_int(pending, connector,
                     json_int(pending, connector, 0) + json_int(each, "chunks_left", 0));
    }
    expose_family(b, name, "gauge", "Runs that the backfills under way still take.");
    json_object_foreach(pending, connector, n)
    {
        const struct label labels[] = {{"connector", connector}, {0}};
        expose_int(b, name, labels, json_integer_value(n));
    }
}

/* Is less left of it than of the other, for its size? */
static bool is_scarcer(const json_t *quota, const json_t *than)
{
    return (__int128)json_int(quota, "left", 0) * json_int(than, "limit", 0) <
           (__int128)json_int(than, "left", 0) * json_int(quota, "limit", 0);
}

/* A connector may ask several accounts' quotas: the scarcest counts. {what: quota}; new reference.
 */
static json_t *scarcest(const json_t *connector)
{
    json_t *least = json_object(), *one_of_them;
    size_t i;
    json_array_foreach(json_object_get(connector, "quota"), i, one_of_them)
    {
        const char *what = json_text(one_of_them, "what");
        const json_t *before = json_object_get(least, what);
        if (json_int(one_of_them, "limit", 0) > 0 && json_int(one_of_them, "left", -1) >= 0 &&
            (!before || is_scarcer(one_of_them, before)))
            json_object_set(least, what, one_of_them);
    }
    return least;
}

static const struct {
    const char *name, *help, *member;
} of_quotas[] = {
    {"omnihub_rate_budget_remaining",
     "What is left of a quota, where the platform tells; of several accounts the scarcest.",
     "left"},
    {"omnihub_rate_budget_limit", "What there is of it at most.", "limit"},
};

static void add_quotas(struct buf *b, const struct look *look)
{
    const json_t *connector;
    const char *what;
    json_t *quota;
    size_t i;
    one(b, "omnihub_quota_pauses", "Quotas that are used up now.",
        (int64_t)json_array_size(look->facts.standing.pauses));
    for (size_t k = 0; k < ARRAY_LEN(of_quotas); k++) {
        expose_family(b, of_quotas[k].name, "gauge", of_quotas[k].help);
        json_array_foreach(look->facts.connectors, i, connector)
        {
            auto_json *least = scarcest(connector);
            json_object_foreach(least, what, quota)
            {
                const struct label labels[] = {
                    {"connector", json_text(connector, "connector")}, {"what", what}, {0}};
                expose_int(b, of_quotas[k].name, labels, json_int(quota, of_quotas[k].member, 0));
            }
        }
    }
}

/* ---- this program ---- */

static void add_self(struct buf *b, const struct web_counts *counts)
{
    struct rusage used;
    expose_family(b, "omnihub_web_answers_total", "counter", "Answers of this program.");
    for (int code = 0; code < METRICS_CODES; code++) {
        char text[12];
        const struct label labels[] = {{"code", text}, {0}};
        snprintf(text, sizeof text, "%d", code);
        if (counts->answers[code])
            expose_int(b, "omnihub_web_answers_total", labels, (int64_t)counts->answers[code]);
    }
    expose_family(b, "process_start_time_seconds", "gauge", "When this program was started.");
    expose_micros(b, "process_start_time_seconds", NULL, counts->started_at);
    getrusage(RUSAGE_SELF, &used);
    expose_family(b, "process_cpu_seconds_total", "counter", "Processor time that it has used.");
    expose_micros(b, "process_cpu_seconds_total", NULL,
                  (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * TIME_SECOND +
                      used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

void metrics_write(struct buf *b, const struct look *look, const struct web_counts *counts)
{
    add_hub(b, look);
    add_sandbox(b, look->facts.service);
    if (look->is_whole) {
        add_connectors(b, look->facts.connectors);
        metrics_feeds(b, look);
        metrics_sinks(b, look);
        metrics_sums(b, look);
        add_secrets(b, look->facts.standing.secrets);
        add_notices(b, look->facts.notices);
        add_alerts(b, look);
        add_quotas(b, look);
        add_backfills(b, look->backfills);
    }
    add_self(b, counts);
}
