/* SPDX-License-Identifier: Apache-2.0
 * Opening the combined datasets as a job's spec describes them: for combine and push. */
#include <config.h>

#include "run/job_combine.h"

#include "base/json.h"

static const char *const *own_key(struct arena *arena, const json_t *names)
{
    const char **key = arena_alloc(arena, (json_array_size(names) + 1) * sizeof *key);
    size_t i;
    const json_t *name;
    json_array_foreach(names, i, name) key[i] = json_string_value(name);
    return key;
}

omni_status job_combine_open(struct job *job, struct combine **combine, struct err *err)
{
    const json_t *list = json_object_get(job->spec, "own_datasets");
    size_t n = json_array_size(list);
    struct combine_own *own = arena_alloc(job->arena, (n + 1) * sizeof *own);
    for (size_t i = 0; i < n; i++) {
        const json_t *d = json_array_get(list, i);
        own[i] = (struct combine_own){.name = json_text(d, "name"),
                                      .sql = json_text(d, "sql"),
                                      .help = json_text(d, "help"),
                                      .key = own_key(job->arena, json_object_get(d, "key")),
                                      .file = json_text(d, "file"),
                                      .line = (int)json_int(d, "line", 0)};
    }
    const struct combine_setup setup = {
        .dir = arena_printf(job->arena, "%s/combined", json_text(job->spec, "schema_dir")),
        .own = own,
        .n_own = n,
        .currency = json_text(job->spec, "currency")};
    *combine = combine_new(job->store, &setup, err);
    return *combine ? OMNI_OK : err->status;
}
