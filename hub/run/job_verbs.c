/* SPDX-License-Identifier: Apache-2.0
 * The small verbs: describe a plugin, list accounts, prove a login, combine. */
#include <config.h>

#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "run/job_combine.h"
#include "run/job_window.h"
#include "run/spec.h"

int job_describe(struct job *job)
{
    struct err err = {0};
    omni_status status = job_start_plugin(job, &err);
    if (status != OMNI_OK) {
        job_emit_plain(job, status, &err, NULL);
        return 1;
    }
    spec_event(job->events, json_pack("{s:s, s:O}", "event", "describe", "module",
                                      (json_t *)plugin_json(job->plugin)));
    return 0;
}

/* Opens the source without the store: for verbs that only ask the platform. */
static omni_status ask(struct job *job, omni_status (*call)(struct plugin *, struct err *),
                       struct err *err)
{
    omni_status status = job_open_source(job, err);
    if (status != OMNI_OK)
        return status;
    job_failure_clear(job);
    status = job_failed(job, call(job->plugin, err), err);
    return status == OMNI_OK && job->http ? http_finish(job->http, err) : status;
}

int job_accounts(struct job *job)
{
    struct err err = {0};
    omni_status status = ask(job, plugin_accounts, &err);
    job_emit_plain(job, status, &err, NULL);
    return status == OMNI_OK ? 0 : 1;
}

int job_check(struct job *job)
{
    struct err err = {0};
    if (json_text(job->spec, "sink"))
        return job_check_sink(job);
    omni_status status = ask(job, plugin_check, &err);
    if (status == OMNI_E_UNSUPPORTED && job->plugin && plugin_end(job->plugin) == PLUGIN_FINE)
        status = OMNI_OK; /* nothing to log in to */
    job_emit_plain(job, status, &err, NULL);
    return status == OMNI_OK ? 0 : 1;
}

int job_combine(struct job *job)
{
    struct err err = {0};
    struct combine *combine = NULL;
    struct combine_result result = {0};
    omni_status status = job_open_store(job, &err);
    if (status == OMNI_OK)
        status = job_combine_open(job, &combine, &err);
    if (status == OMNI_OK)
        status = combine_run(combine, &result, &err);
    json_t *counts = json_pack("{s:I, s:I, s:I, s:I}", "datasets", (json_int_t)result.datasets,
                               "days", (json_int_t)result.days, "rows", (json_int_t)result.rows,
                               "missing_rates", (json_int_t)result.missing_rates);
    job_emit_plain(job, status, &err, counts);
    combine_free(combine);
    return status == OMNI_OK ? 0 : 1;
}
