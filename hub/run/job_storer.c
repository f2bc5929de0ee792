/* SPDX-License-Identifier: Apache-2.0
 * Stores a whole window beside the pull of the next one, on a connection of its own and the job's
 * second thread. */
#include <config.h>

#include "run/job_storer.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

struct storer {
    struct worker *worker; /* NULL: one after the other */
    json_t *state;         /* copy of what is under way, for the pulling side */

    /* The thread's from storer_start() to storer_wait(). */
    struct store *store;
    struct arena *arena; /* texts of the windows */
    struct store_window windows[PIPELINE_STREAMS];
    struct spool *spools[PIPELINE_STREAMS];
    uint32_t n;
    struct store_result results[PIPELINE_STREAMS];
    omni_status status;
    struct err err;
};

const char *const *storer_state_list(struct arena *arena, const json_t *state)
{
    const char **list = arena_alloc(arena, (2 * json_object_size(state) + 1) * sizeof *list);
    size_t n = 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)state, key, value)
    {
        list[n++] = arena_strdup(arena, key);
        list[n++] = arena_strdup(arena, json_string_value(value));
    }
    return list;
}

void storer_add_result(struct store_result *sum, const struct store_result *r)
{
    sum->inserted += r->inserted;
    sum->changed += r->changed;
    sum->unchanged += r->unchanged;
    sum->removed += r->removed;
    sum->restated += r->restated;
    sum->forgotten += r->forgotten;
}

struct storer *storer_new(const struct store *store, const struct pipeline *in,
                          struct worker *worker, struct err *err)
{
    struct storer *s = xcalloc(1, sizeof *s);
    s->worker = worker;
    s->arena = arena_new();
    s->store = store_again(store, err);
    if (!s->store) {
        storer_free(s);
        return NULL;
    }
    s->n = in->n;
    for (uint32_t i = 0; i < s->n; i++)
        s->spools[i] = pipeline_new_spool(in, i);
    return s;
}

void storer_free(struct storer *s)
{
    if (!s)
        return;
    if (s->worker)
        worker_wait(s->worker);
    for (uint32_t i = 0; i < s->n; i++)
        spool_free(s->spools[i]);
    store_close(s->store);
    arena_free(s->arena);
    json_decref(s->state);
    free(s);
}

static void run(void *ctx)
{
    struct storer *s = ctx;
    s->status = store_apply(s->store, s->windows, s->spools, s->n, s->results, &s->err);
}

omni_status storer_start(struct storer *s, const struct store_window *windows, struct pipeline *in,
                         const json_t *state, struct err *err)
{
    arena_free(s->arena);
    s->arena = arena_new();
    memcpy(s->windows, windows, s->n * sizeof *windows);
    for (uint32_t i = 0; i < s->n; i++) {
        s->windows[i].part = arena_strdup(s->arena, windows[i].part);
        s->windows[i].quality = arena_strdup(s->arena, windows[i].quality);
    }
    s->windows[0].state = storer_state_list(s->arena, state);
    json_decref(s->state);
    s->state = json_deep_copy(state);
    memset(s->results, 0, sizeof s->results);
    s->status = OMNI_OK;
    pipeline_swap_spools(in, s->spools);
    if (s->worker) {
        worker_start(s->worker, run, s);
        return OMNI_OK;
    }
    run(s);
    if (s->status != OMNI_OK && err)
        *err = s->err;
    return s->status;
}

omni_status storer_wait(struct storer *s, struct store_result *result, struct err *err)
{
    *result = (struct store_result){0};
    if (s->worker)
        worker_wait(s->worker);
    json_decref(s->state);
    s->state = NULL;
    for (uint32_t i = 0; i < s->n && s->status == OMNI_OK; i++)
        storer_add_result(result, &s->results[i]);
    memset(s->results, 0, sizeof s->results);
    omni_status status = s->status;
    s->status = OMNI_OK;
    if (status != OMNI_OK)
        *err = s->err;
    for (uint32_t i = 0; i < s->n; i++)
        spool_clear(s->spools[i]);
    return status;
}

const char *storer_state(const struct storer *s, const char *key)
{
    return s && s->state ? json_text(s->state, key) : NULL;
}
