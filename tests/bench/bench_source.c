/* SPDX-License-Identifier: Apache-2.0
 * The source side alone: pages are fetched, read, normalized and dropped; or, as its baseline,
 * fetched whole and taken apart as a tree by jansson. Prints seconds.
 * Usage: bench_source reader|jansson BASE_URL SCHEMA_DIR FIRST_DAY... */
#include <config.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/exact.h"
#include "base/json.h"
#include "base/mem.h"
#include "bench_rows.h"
#include "http/http.h"
#include "normalize/normalize.h"

struct source {
    struct http *http;
    struct reader *reader;
    struct normalizer *normalizer;
    uint64_t rows;
    int64_t sum; /* something is made of every value */
};

static void die(const struct err *err)
{
    fprintf(stderr, "bench_source: %s\n", err->text);
    exit(1);
}

#define FIELD(p, c, t, ...)                                                                        \
    &(const struct omni_field)                                                                     \
    {                                                                                              \
        .size = sizeof(struct omni_field), .path = p, .column = c, .type = t, __VA_ARGS__          \
    }

static const struct omni_field *const fields[] = {
    FIELD("$.date", "date", OMNI_DATE, 0),
    FIELD("$.account_id", "account_id", OMNI_TEXT, 0),
    FIELD("$.campaign_id", "campaign_id", OMNI_TEXT, 0),
    FIELD("$.campaign_name", "campaign_name", OMNI_TEXT, 0),
    FIELD("$.adset_id", "adset_id", OMNI_TEXT, 0),
    FIELD("$.ad_id", "ad_id", OMNI_TEXT, 0),
    FIELD("$.ad_name", "ad_name", OMNI_TEXT, 0),
    FIELD("$.country", "country", OMNI_TEXT, 0),
    FIELD("$.device", "device", OMNI_TEXT, 0),
    FIELD("$.currency", "currency", OMNI_TEXT, 0),
    FIELD("$.impressions", "impressions", OMNI_INT, 0),
    FIELD("$.clicks", "clicks", OMNI_INT, 0),
    FIELD("$.spend", "cost", OMNI_MICROS, .unit = OMNI_UNIT_MAJOR),
    FIELD("$.conversions", "conversions", OMNI_MICROS, 0),
    FIELD("$.conversion_value", "conversion_value", OMNI_MICROS, .unit = OMNI_UNIT_MAJOR),
    FIELD("$.actions[?@.action_type=='link_click'].value", "link_clicks", OMNI_INT, 0),
    FIELD("$.actions[?@.action_type=='purchase'].value", "purchases", OMNI_INT, 0),
    NULL};
static const struct omni_stream stream = {
    .size = sizeof stream, .name = "report", .dataset = "report", .fields = fields};

/* ---- ours ---- */

static omni_status on_row(void *ctx, uint32_t index, const struct read_value *values,
                          const struct read_where *where, struct err *err)
{
    (void)index;
    (void)where;
    struct source *s = ctx;
    const struct omni_cell *cells = NULL;
    if (normalize_values(s->normalizer, values, &cells, err) != OMNI_OK)
        return err->status;
    s->rows++;
    for (size_t i = 0; i < BENCH_COLUMNS; i++)
        s->sum += cells[i].type == OMNI_TEXT ? (int64_t)cells[i].len : cells[i].v.i;
    return OMNI_OK;
}

static omni_status on_begin(void *ctx, struct err *err)
{
    (void)err;
    reader_reset(((struct source *)ctx)->reader);
    return OMNI_OK;
}

static omni_status on_bytes(void *ctx, const void *bytes, size_t n, struct err *err)
{
    return reader_feed(((struct source *)ctx)->reader, bytes, n, err);
}

static omni_status on_envelope(void *ctx, const char **text, size_t *len, struct err *err)
{
    struct source *s = ctx;
    if (reader_finish(s->reader, err) != OMNI_OK)
        return err->status;
    *text = reader_envelope(s->reader, len);
    return OMNI_OK;
}

static const struct http_calls reading = {
    .begin = on_begin, .body = on_bytes, .envelope = on_envelope};

/* ---- the tree ---- */

static const char *member(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));
    return text ? text : "";
}

static int64_t number(const json_t *row, const char *name, int shift)
{
    const json_t *value = json_object_get(row, name);
    int64_t out = 0;
    char text[32];
    if (json_is_real(value))
        snprintf(text, sizeof text, "%.6f", json_real_value(value));
    const char *from = json_is_real(value) ? text : member(row, name);
    exact_parse(from, strlen(from), shift, 0, &out);
    return out;
}

static void tree_row(struct source *s, const json_t *row)
{
    static const char *const texts[] = {"account_id", "campaign_id", "campaign_name",
                                        "adset_id",   "ad_id",       "ad_name",
                                        "country",    "device",      "currency"};
    int32_t day = 0;
    size_t i;
    const json_t *action;
    day_parse_iso(member(row, "date"), 10, &day);
    s->sum += day;
    for (i = 0; i < ARRAY_LEN(texts); i++)
        s->sum += (int64_t)strlen(member(row, texts[i]));
    s->sum += number(row, "impressions", 0) + number(row, "clicks", 0) + number(row, "spend", 6) +
              number(row, "conversions", 6) + number(row, "conversion_value", 6);
    json_array_foreach(json_object_get(row, "actions"), i, action)
    {
        const char *type = member(action, "action_type");
        if (strcmp(type, "link_click") == 0 || strcmp(type, "purchase") == 0)
            s->sum += number(action, "value", 0);
    }
    s->rows++;
}

/* ---- pages ---- */

static char *take_page(struct source *s, const char *url, bool is_tree)
{
    struct err err = {0};
    struct http_reply reply = {0};
    struct http_request request = {.url = url, .flags = OMNI_HTTP_REPEATABLE};
    struct http_calls calls = is_tree ? (struct http_calls){0} : reading;
    calls.ctx = s;
    if (http_send(s->http, &request, &calls, &reply, &err) != OMNI_OK)
        die(&err);
    auto_json *page = json_loadb(reply.body, reply.body_len, 0, NULL);
    size_t i;
    const json_t *row;
    if (is_tree) {
        json_array_foreach(json_object_get(page, "data"), i, row) tree_row(s, row);
    }
    const char *next = json_text(json_object_get(page, "paging"), "next");
    return next ? xstrdup(next) : NULL;
}

static void open_source(struct source *s, const char *base, const char *schema_dir)
{
    struct err err = {0};
    const struct http_options options = {.base_url = base};
    const struct schema *schema = schema_load(schema_dir, &err);
    const struct reader_spec spec = {
        .records = "$.data[*]", .stream = &stream, .calls = {.ctx = s, .row = on_row}};
    const struct normalize_context context = {.account = "1", .from_day = 1, .to_day = 0};
    const struct schema_dataset *dataset = schema ? schema_find(schema, "report") : NULL;
    if (!dataset)
        die(&err);
    s->http = http_new(&options, &err);
    s->reader = s->http ? reader_new(&spec, &err) : NULL;
    s->normalizer = s->reader ? normalizer_new(dataset, &stream, &context, &err) : NULL;
    if (!s->normalizer)
        die(&err);
}

int main(int argc, char **argv)
{
    struct source s = {0};
    if (argc < 5) {
        fprintf(stderr, "usage: bench_source reader|jansson BASE_URL SCHEMA_DIR FIRST_DAY...\n");
        return 2;
    }
    open_source(&s, argv[2], argv[3]);
    double start = bench_now();
    for (int i = 4; i < argc; i++) {
        auto_free char *url = xasprintf("%s/%s/1.json", argv[2], argv[i]);
        while (url) {
            char *next = take_page(&s, url, strcmp(argv[1], "jansson") == 0);
            free(url);
            url = next;
        }
    }
    printf("%.6f %llu %lld\n", bench_now() - start, (unsigned long long)s.rows, (long long)s.sum);
    normalizer_free(s.normalizer);
    reader_free(s.reader);
    http_free(s.http);
    return 0;
}
