/* SPDX-License-Identifier: Apache-2.0
 * Requests and rows arrive apart (rows when their window is whole), and are put together here by
 * how many rows there were before each request. */
#include <config.h>

#include "cli/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/found.h"
#include "cli/output.h"
#include "schema/schema.h"

enum { ROWS_SHOWN = 3, BODY_SHOWN = 2000 };

struct explain {
    json_t *requests; /* events, in order */
    json_t *rows;     /* {stream: [row events]} */
    struct found *found;
};

struct explain *explain_new(void)
{
    struct explain *e = xcalloc(1, sizeof *e);
    e->requests = json_array();
    e->rows = json_object();
    e->found = found_new();
    return e;
}

void explain_free(struct explain *e)
{
    if (!e)
        return;
    json_decref(e->requests);
    json_decref(e->rows);
    found_free(e->found);
    free(e);
}

void explain_event(void *ctx, const json_t *event)
{
    struct explain *e = ctx;
    const char *name = json_text(event, "event"), *stream = json_text(event, "stream");
    if (strcmp(name, "request") == 0) {
        json_array_append(e->requests, (json_t *)event);
        return;
    }
    if (strcmp(name, "stream") == 0)
        found_take(e->found, event);
    if (strcmp(name, "row") != 0 || !stream)
        return;
    json_t *list = json_object_get(e->rows, stream);
    if (!list)
        json_object_set_new(e->rows, stream, list = json_array());
    json_array_append(list, (json_t *)event);
}

/* ---- printing ---- */

static void print_row(const json_t *row)
{
    const char *column;
    json_t *value;
    fputs("    ", stdout);
    json_object_foreach(json_object_get(row, "values"), column, value)
    {
        if (json_is_null(value) || (json_is_string(value) && !*json_string_value(value)))
            continue; /* "" is how a key is kept that nothing was delivered for */
        auto_free char *text = json_print(value);
        printf(" %s=%s", column, json_is_string(value) ? json_string_value(value) : text);
    }
    putchar('\n');
}

static void print_rows(const json_t *rows, size_t from, size_t to)
{
    for (size_t i = from; i < to && i < from + ROWS_SHOWN; i++)
        print_row(json_array_get(rows, i));
    if (to > from + ROWS_SHOWN)
        printf("     … and %zu more\n", to - from - ROWS_SHOWN);
}

/* Its rows end where those of the stream's next request begin. */
static size_t rows_end(const struct explain *e, size_t i, size_t n)
{
    const char *stream = json_text(json_array_get(e->requests, i), "stream");
    const json_t *next = json_array_get(e->requests, i + 1);
    const char *after = json_text(next, "stream");
    bool is_same = stream && after && strcmp(stream, after) == 0;
    size_t end = is_same ? (size_t)json_int(next, "rows", 0) : n;
    return end < n ? end : n;
}

static void print_request(const json_t *r, size_t number)
{
    const char *body = json_text(r, "body");
    printf("\n%s%zu. %s %s%s → HTTP %lld", output_bold(stdout), number, json_text(r, "method"),
           json_text(r, "url"), output_plain(stdout), (long long)json_int(r, "status", 0));
    if (json_is_integer(json_object_get(r, "records")))
        printf(", %lld records", (long long)json_int(r, "records", 0));
    putchar('\n');
    if (body)
        printf("   body: %.*s\n", BODY_SHOWN, body);
}

static void print_columns(const struct omni_stream *stream, const json_t *rows)
{
    const json_t *first = json_object_get(json_array_get(rows, 0), "values");
    printf("\nStream %s → %s, %zu rows. Where its columns come from:\n", stream->name,
           stream->dataset, json_array_size(rows));
    for (const struct omni_field *const *f = stream->fields; f && *f; f++) {
        const char *column = (*f)->column ? (*f)->column : "extra";
        auto_free char *text = json_print(json_object_get(first, column));
        printf("  %-20s ← %-28s %-7s first: %s\n", column, (*f)->path ? (*f)->path : "",
               schema_type_name((*f)->type), text ? text : "null");
    }
    for (const struct omni_stream *const *p = stream->parts; p && *p; p++)
        printf("  its part %s → %s\n", (*p)->name, (*p)->dataset);
}

static void print_streams(const struct explain *e, const struct omni_stream *const *streams)
{
    for (const struct omni_stream *const *s = streams; s && *s; s++)
        if (json_object_get(e->rows, (*s)->name))
            print_columns(*s, json_object_get(e->rows, (*s)->name));
}

void explain_print(const struct explain *e, const struct omni_source *source)
{
    size_t i;
    json_t *r;
    json_array_foreach(e->requests, i, r)
    {
        const char *stream = json_text(r, "stream");
        const json_t *rows = stream ? json_object_get(e->rows, stream) : NULL;
        print_request(r, i + 1);
        print_rows(rows, (size_t)json_int(r, "rows", 0), rows_end(e, i, json_array_size(rows)));
    }
    print_streams(e, source ? source->streams : NULL);
    print_streams(e, found_streams(e->found));
}
