/* SPDX-License-Identifier: Apache-2.0
 * What most sources do beside their rows: refuse options, name accounts and totals, tell what an
 * error means, and remember a report that is being made. */
#include <omnihub/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TEXT_MAX = 1536, DAY_S = 86400 };

omni_status omni_option_wrong(const struct omni_host *hub, struct omni_run *run, const char *option,
                              const char *text)
{
    hub->fail_detail(run, "option", option);
    return hub->fail(run, OMNI_E_CONFIG, text);
}

omni_status omni_option_between(const struct omni_host *hub, const struct omni_config *config,
                                struct omni_run *run, const struct omni_range *range)
{
    char text[160];
    int64_t value = hub->opt_int(config, range->option);
    if (value >= range->least && value <= range->most)
        return OMNI_OK;
    snprintf(text, sizeof(text), "%s must be from %lld to %lld", range->option,
             (long long)range->least, (long long)range->most);
    return omni_option_wrong(hub, run, range->option, text);
}

omni_status omni_account_found(const struct omni_host *hub, struct omni_run *run,
                               struct omni_json record, const char *id,
                               const struct omni_account *paths)
{
    char own_id[128], name[256] = "", currency[8] = "", zone[64] = "";
    if (!id && !omni_json_text(record, paths->id, own_id, sizeof(own_id)))
        return hub->fail(run, OMNI_E_DATA, "an account without an id");
    if (paths->name)
        omni_json_text(record, paths->name, name, sizeof(name));
    if (paths->currency)
        omni_json_text(record, paths->currency, currency, sizeof(currency));
    if (paths->zone)
        omni_json_text(record, paths->zone, zone, sizeof(zone));
    if (paths->is_complete && (!currency[0] || !zone[0]))
        return hub->fail(run, OMNI_E_DATA,
                         "the platform names no currency and time zone of the "
                         "account");
    return hub->found_account(run, id ? id : own_id, name[0] ? name : NULL,
                              currency[0] ? currency : NULL, zone[0] ? zone : NULL);
}

omni_status omni_total_found(const struct omni_host *hub, struct omni_run *run, const char *column,
                             struct omni_json totals, const char *path)
{
    int64_t digits, micros;
    int places, kind = omni_json_at(totals, path).kind;
    if (kind == OMNI_JSON_NONE || kind == OMNI_JSON_NULL)
        return OMNI_OK;
    if (!omni_json_decimal(totals, path, &digits, &places) || !omni_micros(digits, places, &micros))
        return hub->fail(run, OMNI_E_DATA, "one of the platform's totals is not a number");
    return hub->found_total(run, column, micros);
}

/* The hub's own tests, and those of plugins, stop its clock with this variable. */
static int64_t now_s(void)
{
    int64_t set = 0;
    const char *clock = getenv("OMNIHUB_NOW");
    return clock && omni_time_parse(clock, &set) ? set : (int64_t)time(NULL);
}

int32_t omni_today(void)
{
    return (int32_t)(now_s() / DAY_S);
}

uint32_t omni_ms_to_midnight(int32_t utc_offset_s)
{
    int64_t now = now_s() + utc_offset_s;
    return (uint32_t)(DAY_S - now % DAY_S) * 1000;
}

/* ---- errors ---- */

omni_status omni_judge_by(const struct omni_host *hub, struct omni_run *run,
                          const struct omni_meaning *table, struct omni_error *error)
{
    char text[TEXT_MAX];
    for (; table->code; table++) {
        if (strcmp(table->code, error->code) != 0)
            continue;
        if (error->wait_ms == 0)
            error->wait_ms = table->wait_s * 1000;
        snprintf(text, sizeof(text), "%s%s%s%s%s%s", error->code, error->message[0] ? ": " : "",
                 error->message, table->remedy ? " (" : "", table->remedy ? table->remedy : "",
                 table->remedy ? ")" : "");
        return hub->fail(run, table->status, text);
    }
    return OMNI_E_UNSUPPORTED;
}

/* ---- asynchronous reports ---- */

const char *omni_report_key(char *out, size_t size, const struct omni_request *request)
{
    snprintf(out, size, "report:%s:%s:%d:%d", request->stream->name, request->account,
             (int)request->from_day, (int)request->to_day);
    return out;
}

int omni_report_is_kept(omni_status status)
{
    return status == OMNI_E_CANCELLED || status == OMNI_E_THROTTLED || status == OMNI_E_RETRY ||
           status == OMNI_E_AUTH;
}
