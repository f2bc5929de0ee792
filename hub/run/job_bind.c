/* SPDX-License-Identifier: Apache-2.0
 * The verb bind: what a source makes of its options, and whether its streams fit their datasets,
 * without a request. */
#include <config.h>

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "run/job.h"
#include "run/job_window.h"

/* Streams may depend on what the platform says: then nothing is known of them here. */
static omni_status discover(struct job *job, bool *is_known, struct err *err)
{
    job_failure_clear(job);
    omni_status status = plugin_discover(job->plugin, err);
    bool has_none = status == OMNI_E_UNSUPPORTED && !job->has_asked;
    *is_known = !job->has_asked;
    return has_none || job->has_asked ? OMNI_OK : job_failed(job, status, err);
}

/* Every name asked for is one of those that there are; those of a fixed list were checked by who
 * knows the parts of each, too. */
static omni_status check_names(const struct job *job, const struct omni_stream *const *streams,
                               size_t n, struct err *err)
{
    const json_t *wanted = json_object_get(job->spec, "streams"), *name;
    const char *names[ARRAY_LEN(job->found)];
    for (size_t i = 0; i < n; i++)
        names[i] = streams[i]->name;
    size_t k;
    json_array_foreach(wanted, k, name)
    {
        const char *text = json_string_value(name);
        size_t i = 0;
        while (i < n && text && strcmp(names[i], text) != 0)
            i++;
        if (i < n || !text)
            continue;
        const char *near = text_suggest(text, names, n);
        return err_set(err, OMNI_E_CONFIG, "there is no stream \"%s\"%s%s%s", text,
                       near ? " (did you mean \"" : "", near ? near : "", near ? "\"?)" : "");
    }
    return OMNI_OK;
}

static omni_status bind_stream(struct job *job, const struct omni_stream *stream, struct err *err)
{
    omni_status status = job_open_pipeline(job, stream, err);
    struct pipeline *in = mem_take(job->pipeline);
    for (uint32_t i = 0; status == OMNI_OK && i < in->n; i++) {
        const struct schema_dataset *d = in->datasets[i];
        if (!normalizer_has_day(in->normalizers[i]))
            status =
                err_set(err, OMNI_E_CONFIG,
                        "stream %s feeds dataset %s, but no field or constant gives the day of "
                        "its rows (column %s)",
                        in->streams[i]->name, d->name, d->columns[d->day].name);
    }
    pipeline_free(in);
    return status;
}

static omni_status bind_streams(struct job *job, bool is_known, struct err *err)
{
    const struct omni_stream *streams[ARRAY_LEN(job->found)];
    size_t n = job_streams(job, false, streams, ARRAY_LEN(streams));
    bool is_fixed = job->source->streams && job->source->streams[0];
    omni_status status = is_known && !is_fixed ? check_names(job, streams, n, err) : OMNI_OK;
    n = job_streams(job, true, streams, ARRAY_LEN(streams));
    for (size_t i = 0; i < n && status == OMNI_OK; i++)
        status = bind_stream(job, streams[i], err);
    return status;
}

int job_bind(struct job *job)
{
    struct err err = {0};
    bool is_known = false;
    job->is_dry_run = job->is_offline = true;
    omni_status status = job_open_store(job, &err); /* the schema; a dry run opens no store */
    if (status == OMNI_OK)
        status = job_open_source(job, &err);
    if (status == OMNI_OK)
        status = discover(job, &is_known, &err);
    if (status == OMNI_OK)
        status = bind_streams(job, is_known, &err);
    job_emit_plain(job, status, &err, NULL);
    return status == OMNI_OK ? 0 : 1;
}
