/* SPDX-License-Identifier: Apache-2.0
 * The verb push: delivers to one sink what it lacks of its datasets. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "config/options.h"
#include "push/push.h"
#include "run/job_combine.h"
#include "run/job_window.h"
#include "run/spec.h"

enum { PUSH_BATCH_ROWS = 4096 };

static const struct schema_dataset *find_dataset(const struct job *job,
                                                 const struct combine *combine, const char *name)
{
    const struct schema_dataset *common = schema_find(job->schema, name);
    for (size_t i = 0; !common && i < combine_count(combine); i++)
        if (strcmp(combine_at(combine, i)->name, name) == 0)
            return combine_at(combine, i);
    return common;
}

static bool push_cancelled(void *ctx)
{
    (void)ctx;
    return job_is_cancelled();
}

static struct sink *push_open(struct job *job, struct err *err)
{
    job->options = job_resolve(job, json_object_get(job->spec, "options"), err);
    if (!job->options)
        return NULL;
    struct sink_setup setup = {.name = json_text(job->spec, "sink"),
                               .options = job->options,
                               .today = job->today,
                               .cancelled = push_cancelled,
                               .sha256 = json_text(job->spec, "plugin_sha256"),
                               .fault = json_text(job->spec, "sink_fault")};
    return sink_open(json_text(job->spec, "plugin_path"), &setup, err);
}

static void push_emit(struct job *job, const char *dataset, omni_status status,
                      const struct push_result *result, const struct err *err)
{
    job_emit_plain(job, status, err,
                   json_pack("{s:s, s:I, s:I}", "dataset", dataset, "deliveries",
                             (json_int_t)result->deliveries, "rows", (json_int_t)result->rows));
}

/* dataset "": of the sink as a whole. */
static int64_t push_begin_run(struct job *job, const char *dataset, struct err *err)
{
    const struct store_run run = {.kind = "push",
                                  .connector = json_text(job->spec, "sink"),
                                  .stream = dataset,
                                  .account = "",
                                  .batch = json_text(job->spec, "batch")};
    return store_run_begin(job->store, &run, err);
}

static void push_finish_run(struct job *job, int64_t id, omni_status status,
                            const struct push_result *result, const struct err *err)
{
    const struct outcome *o = job_outcome(job, status);
    const char *words = job_words(job, status, err->text);
    const struct store_run_end end = {.outcome = o->outcome,
                                      .reason = window_reason(o, status),
                                      .message = status == OMNI_OK ? NULL : words,
                                      .remedy = status == OMNI_OK ? NULL : outcome_push_remedy,
                                      .deliveries = result->deliveries,
                                      .rows = result->rows};
    if (id)
        job_finish_run(job, id, &end);
}

/* One dataset, with its own ledger row: one that fails does not hold up the others. */
static omni_status push_one(struct job *job, struct sink *sink,
                            const struct schema_dataset *dataset, struct err *err)
{
    struct push_result result = {0};
    int64_t id = push_begin_run(job, dataset->name, err);
    omni_status status =
        id ? push_dataset(job->store, sink, dataset, PUSH_BATCH_ROWS, &result, err) : err->status;
    push_finish_run(job, id, status, &result, err);
    push_emit(job, dataset->name, status, &result, err);
    return status;
}

/* Before any dataset could begin: the ledger has to say so all the same. */
static void push_failed_early(struct job *job, const struct err *err)
{
    struct err ignored = {0};
    omni_status status = err->status ? err->status : OMNI_E_BUG;
    int64_t id = job->store ? push_begin_run(job, "", &ignored) : 0;
    push_finish_run(job, id, status, &(struct push_result){0}, err);
    job_emit_plain(job, status, err, NULL);
}

static omni_status push_all(struct job *job, struct sink *sink, const struct combine *combine)
{
    omni_status worst = OMNI_OK;
    const json_t *names = json_object_get(job->spec, "datasets");
    size_t i;
    const json_t *name;
    json_array_foreach(names, i, name)
    {
        struct err err = {0};
        const struct schema_dataset *dataset = find_dataset(job, combine, json_string_value(name));
        omni_status status = dataset ? push_one(job, sink, dataset, &err)
                                     : err_set(&err, OMNI_E_CONFIG, "there is no dataset \"%s\"",
                                               json_string_value(name));
        if (!dataset)
            push_emit(job, json_string_value(name), status, &(struct push_result){0}, &err);
        if (status != OMNI_OK) {
            log_error("%s: %s", json_string_value(name), err.text);
            worst = status;
        }
        if (status == OMNI_E_CANCELLED)
            break;
    }
    return worst;
}

int job_push(struct job *job)
{
    struct err err = {0};
    struct combine *combine = NULL;
    omni_status status = job_open_store(job, &err);
    if (status == OMNI_OK)
        status = job_combine_open(job, &combine, &err);
    struct sink *sink = status == OMNI_OK ? push_open(job, &err) : NULL;
    if (!sink)
        push_failed_early(job, &err);
    else
        status = push_all(job, sink, combine);
    bool is_fine = sink && status == OMNI_OK;
    sink_close(sink);
    combine_free(combine);
    return is_fine ? 0 : 1;
}

int job_check_sink(struct job *job)
{
    struct err err = {0};
    struct sink *sink = push_open(job, &err);
    omni_status status = sink ? sink_check(sink, &err) : err.status;
    job_emit_plain(job, status, &err, NULL);
    sink_close(sink);
    return status == OMNI_OK ? 0 : 1;
}
