/* SPDX-License-Identifier: Apache-2.0
 * The same rows with yajl's callbacks. */
#include <config.h>

#include "reader_bench.h"

#include <stdio.h>
#include <string.h>
#include <yajl/yajl_parse.h>

struct state {
    struct bench_sum *sum;
    int depth, field; /* field: index of the row's member; -1: not wanted */
    int is_in_rows, is_event_name, is_event_value, is_wanted;
    struct {
        const unsigned char *s;
        size_t len;
    } values[BENCH_FIELDS];
    size_t event_len;
};

static const char *const names[] = {"day",   "account",  "campaign", "title",  "group",
                                    "ad",    "ad_title", "country",  "device", "currency",
                                    "shown", "clicks",   "cost",     "leads",  "revenue"};

/* 1: page, 2: the list, 3: a row, 4: its events, 5: an event. */
static int on_open(void *ctx)
{
    ((struct state *)ctx)->depth++;
    return 1;
}

static int on_close(void *ctx)
{
    struct state *s = ctx;
    if (s->depth == 5 && s->is_wanted)
        s->sum->bytes += s->event_len;
    if (s->depth == 3 && s->is_in_rows) {
        s->sum->rows++;
        for (int i = 0; i < BENCH_FIELDS - 2; i++)
            s->sum->bytes += s->values[i].len;
    }
    s->depth--;
    return 1;
}

static int on_key(void *ctx, const unsigned char *key, size_t len)
{
    struct state *s = ctx;
    s->field = -1;
    if (s->depth == 1)
        s->is_in_rows = len == 4 && !memcmp(key, "data", 4);
    if (s->depth == 5) {
        s->is_event_name = len == 5 && !memcmp(key, "event", 5);
        s->is_event_value = len == 5 && !memcmp(key, "value", 5);
    }
    for (int i = 0; s->depth == 3 && i < BENCH_FIELDS - 2; i++) {
        if (strlen(names[i]) == len && !memcmp(names[i], key, len))
            s->field = i;
    }
    return 1;
}

static int on_text(void *ctx, const unsigned char *text, size_t len)
{
    struct state *s = ctx;
    if (s->depth == 3 && s->field >= 0) {
        s->values[s->field].s = text;
        s->values[s->field].len = len;
    } else if (s->depth == 5 && s->is_event_name) {
        s->is_wanted = (len == 8 && !memcmp(text, "purchase", 8)) ||
                       (len == 10 && !memcmp(text, "link_click", 10));
    } else if (s->depth == 5 && s->is_event_value) {
        s->event_len = len;
    }
    return 1;
}

static int on_number(void *ctx, const char *text, size_t len)
{
    return on_text(ctx, (const unsigned char *)text, len);
}

void bench_yajl(const struct buf *pages, uint32_t n_pages, struct bench_sum *sum)
{
    static const yajl_callbacks calls = {.yajl_number = on_number,
                                         .yajl_string = on_text,
                                         .yajl_start_map = on_open,
                                         .yajl_map_key = on_key,
                                         .yajl_end_map = on_close,
                                         .yajl_start_array = on_open,
                                         .yajl_end_array = on_close};
    enum { CHUNK = 16 * 1024 };
    for (uint32_t i = 0; i < n_pages; i++) {
        struct state s = {.sum = sum};
        yajl_handle h = yajl_alloc(&calls, NULL, &s);
        for (size_t at = 0; at < pages[i].len; at += CHUNK) {
            size_t left = pages[i].len - at;
            if (yajl_parse(h, (const unsigned char *)pages[i].data + at,
                           left < CHUNK ? left : CHUNK) != yajl_status_ok)
                fprintf(stderr, "yajl refuses the page\n");
        }
        yajl_complete_parse(h);
        yajl_free(h);
    }
}
