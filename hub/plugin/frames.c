/* SPDX-License-Identifier: Apache-2.0
 * How requests, replies and rows are written into frames. */
#include <config.h>

#include "plugin/frames.h"

#include <stdlib.h>

#include "base/mem.h"

static void put_list(struct wire_out *out, const char *const *list)
{
    uint32_t n = 0;
    while (list && list[n])
        n++;
    wire_put_u32(out, n);
    for (uint32_t i = 0; i < n; i++)
        wire_put_text(out, list[i]);
}

/* NULL where the list is empty or malformed; ends with NULL otherwise. */
static const char **get_list(struct wire_in *in)
{
    uint32_t n = wire_get_u32(in);
    if (n > FRAMES_MAX_HEADERS)
        in->is_bad = true;
    if (in->is_bad || n == 0)
        return NULL;
    const char **list = xcalloc((size_t)n + 1, sizeof *list);
    for (uint32_t i = 0; i < n; i++) {
        list[i] = wire_get_text(in);
        if (!list[i])
            in->is_bad = true;
    }
    return list;
}

void frames_put_http(struct wire_out *out, const struct omni_http *http)
{
    wire_put_u32(out, http->flags);
    wire_put_u32(out, http->format);
    wire_put_u32(out, (uint32_t)http->status);
    wire_put_i64(out, (int64_t)http->records);
    wire_put_text(out, http->method);
    wire_put_text(out, http->url);
    wire_put_text(out, http->format_options);
    put_list(out, http->headers);
    put_list(out, http->reply_headers);
    wire_put_bytes(out, http->body, http->body ? http->body_len : 0);
    wire_put_bytes(out, http->reply, http->reply ? http->reply_len : 0);
}

bool frames_get_http(struct wire_in *in, struct frames_http *out)
{
    size_t body_len, reply_len;
    *out = (struct frames_http){.http.size = sizeof out->http};
    struct omni_http *http = &out->http;
    http->flags = wire_get_u32(in);
    http->format = wire_get_u32(in);
    http->status = (int32_t)wire_get_u32(in);
    http->records = (uint64_t)wire_get_i64(in);
    http->method = wire_get_text(in);
    http->url = wire_get_text(in);
    http->format_options = wire_get_text(in);
    http->headers = out->headers = get_list(in);
    http->reply_headers = out->reply_headers = get_list(in);
    http->body = wire_get_bytes(in, &body_len);
    http->body_len = body_len;
    http->reply = wire_get_bytes(in, &reply_len);
    http->reply_len = reply_len;
    return !in->is_bad;
}

void frames_http_free(struct frames_http *http)
{
    free(http->headers);
    free(http->reply_headers);
    *http = (struct frames_http){.headers = NULL};
}

void frames_put_cells(struct wire_out *out, const struct omni_cell *cells, uint32_t n)
{
    wire_put_u32(out, n);
    for (uint32_t i = 0; i < n; i++) {
        /* A text that points nowhere is left to the job to complain about. */
        bool is_lost = cells[i].type == OMNI_TEXT && !cells[i].v.s && cells[i].len > 0;
        wire_put_u32(out, is_lost ? UINT32_MAX : cells[i].type);
        if (is_lost)
            wire_put_i64(out, 0);
        else if (cells[i].type == OMNI_TEXT)
            wire_put_bytes(out, cells[i].v.s, cells[i].len);
        else if (cells[i].type != OMNI_NULL)
            wire_put_i64(out, cells[i].v.i);
    }
}

static bool get_cell(struct wire_in *in, struct omni_cell *cell)
{
    *cell = (struct omni_cell){.type = wire_get_u32(in)};
    if (cell->type == OMNI_TEXT) {
        size_t n;
        cell->v.s = wire_get_bytes(in, &n);
        cell->len = (uint32_t)n;
        return cell->v.s != NULL;
    }
    if (cell->type != OMNI_NULL)
        cell->v.i = wire_get_i64(in);
    return !in->is_bad;
}

bool frames_get_cells(struct wire_in *in, struct omni_cell *cells, uint32_t *n)
{
    *n = wire_get_u32(in);
    if (*n > FRAMES_MAX_CELLS)
        in->is_bad = true;
    for (uint32_t i = 0; i < *n && !in->is_bad; i++)
        if (!get_cell(in, &cells[i]))
            in->is_bad = true;
    return !in->is_bad;
}
