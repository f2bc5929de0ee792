/* SPDX-License-Identifier: Apache-2.0
 * Descriptions that a plugin gave while it ran, read back as those of its file are. */
#include <config.h>

#include "cli/found.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "plugin/describe.h"

struct found {
    struct arena *arena;
    const struct omni_stream **streams; /* ends with NULL */
    size_t n;
};

struct found *found_new(void)
{
    struct found *f = xcalloc(1, sizeof *f);
    f->arena = arena_new();
    f->streams = xcalloc(1, sizeof(struct omni_stream *));
    return f;
}

void found_free(struct found *f)
{
    if (!f)
        return;
    arena_free(f->arena);
    free(f->streams);
    free(f);
}

static bool is_known(const struct found *f, const struct omni_stream *stream)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->streams[i]->name, stream->name) == 0)
            return true;
    return false;
}

void found_take(struct found *f, const json_t *event)
{
    struct err ignored = {0}; /* the job has refused it as well, and says so */
    const struct omni_stream *stream =
        describe_parse_stream(json_object_get(event, "description"), f->arena, &ignored);
    if (!stream || is_known(f, stream))
        return;
    f->streams = xrealloc(f->streams, (f->n + 2) * sizeof(struct omni_stream *));
    f->streams[f->n++] = stream;
    f->streams[f->n] = NULL;
}

const struct omni_stream *const *found_streams(const struct found *f)
{
    return f->streams;
}
