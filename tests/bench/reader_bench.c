/* SPDX-License-Identifier: Apache-2.0
 * How fast rows come out of pages: the reader, the same with jansson, and (where it is there) with
 * yajl. Prints seconds and ratios. Usage: reader_bench [ROWS [ROWS_PER_PAGE]] */
#include <config.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "read/reader.h"
#include "reader_bench.h"

enum { BENCH_ROUNDS = 5, BENCH_CHUNK = 16 * 1024 };

static const struct omni_field fields[BENCH_FIELDS] = {
    {.path = "$.day"},
    {.path = "$.account"},
    {.path = "$.campaign"},
    {.path = "$.title"},
    {.path = "$.group"},
    {.path = "$.ad"},
    {.path = "$.ad_title"},
    {.path = "$.country"},
    {.path = "$.device"},
    {.path = "$.currency"},
    {.path = "$.shown"},
    {.path = "$.clicks"},
    {.path = "$.cost"},
    {.path = "$.leads"},
    {.path = "$.revenue"},
    {.path = "$.events[?@.event=='purchase'].value"},
    {.path = "$.events[?@.event=='link_click'].value"}};

/* A cheap generator; the pages are the same on every machine. */
static uint64_t mix(uint64_t *state)
{
    uint64_t x = *state += 0x9E3779B97F4A7C15ULL;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ x >> 27) * 0x94D049BB133111EBULL;
    return x ^ x >> 31;
}

static void add_row(struct buf *page, uint64_t *state)
{
    static const char *const titles[] = {"Brand",       "Prospecting",      "Lookalike",
                                         "Spring Sale", "\xC3\x89vergreen", "Friday \\\"BF\\\""};
    static const char *const countries[] = {"US", "DE", "GB", "FR"};
    uint64_t a = mix(state), b = mix(state);
    unsigned shown = 100 + (unsigned)(a % 20000), clicks = shown / 40, id = (unsigned)(b % 1000000);
    buf_printf(page,
               "{\"day\":\"2025-09-%02u\",\"account\":\"act_%010u\",\"campaign\":\"2384%012u\",",
               1 + (unsigned)(a >> 20) % 30, id / 10000, id / 100);
    buf_printf(page, "\"title\":\"%s | %s | 2025 Q%u #%u\",\"group\":\"2385%012u\",",
               titles[(a >> 8) % 6], countries[(b >> 8) % 4], 1 + (unsigned)(b >> 16) % 4, id % 5,
               id / 3);
    buf_printf(page,
               "\"ad\":\"2386%012u\",\"ad_title\":\"%s - video %u - v%u\",\"country\":\"%s\",", id,
               titles[(b >> 24) % 6], id % 9, id % 4, countries[(b >> 30) % 4]);
    buf_printf(page, "\"device\":\"mobile_app\",\"currency\":\"EUR\",\"shown\":\"%u\",", shown);
    buf_printf(page, "\"clicks\":\"%u\",\"cost\":\"%u.%02u\",\"leads\":%u.%u,", clicks,
               clicks * 3 / 4, id % 100, clicks / 25, id % 10);
    buf_printf(page,
               "\"revenue\":\"%u.%02u\",\"events\":[{\"event\":\"link_click\",\"value\":\"%u\"},",
               clicks * 2, id % 97, clicks * 4 / 5);
    buf_printf(page,
               "{\"event\":\"add_to_cart\",\"value\":\"%u\"},{\"event\":\"purchase\","
               "\"value\":\"%u\"},{\"event\":\"post_engagement\",\"value\":\"%u\"}]}",
               clicks / 6, clicks / 25, clicks + id % 50);
}

static void make_page(struct buf *page, uint32_t rows, uint64_t *state)
{
    buf_adds(page, "{\"data\":[");
    for (uint32_t i = 0; i < rows; i++) {
        if (i)
            buf_addc(page, ',');
        add_row(page, state);
    }
    buf_adds(page,
             "],\"paging\":{\"cursors\":{\"after\":\"c1\"},\"next\":\"https://example.com/2\"}}");
}

static omni_status on_row(void *ctx, uint32_t stream, const struct read_value *values,
                          const struct read_where *where, struct err *err)
{
    (void)stream;
    (void)where;
    (void)err;
    struct bench_sum *sum = ctx;
    sum->rows++;
    for (uint32_t i = 0; i < BENCH_FIELDS; i++)
        sum->bytes += values[i].len;
    return OMNI_OK;
}

/* In pieces, as they come from the network. */
static void with_reader(const struct buf *pages, uint32_t n_pages, struct bench_sum *sum)
{
    const struct omni_field *list[BENCH_FIELDS + 1] = {0};
    for (size_t i = 0; i < BENCH_FIELDS; i++)
        list[i] = &fields[i];
    const struct omni_stream stream = {.size = sizeof stream, .name = "bench", .fields = list};
    const struct reader_spec spec = {
        .records = "$.data[*]", .stream = &stream, .calls = {.ctx = sum, .row = on_row}};
    struct err err = {0};
    struct reader *r = reader_new(&spec, &err);
    for (uint32_t i = 0; r && i < n_pages; i++) {
        reader_reset(r);
        omni_status status = OMNI_OK;
        for (size_t at = 0; at < pages[i].len && status == OMNI_OK; at += BENCH_CHUNK) {
            size_t left = pages[i].len - at;
            status =
                reader_feed(r, pages[i].data + at, left < BENCH_CHUNK ? left : BENCH_CHUNK, &err);
        }
        if (status != OMNI_OK || reader_finish(r, &err) != OMNI_OK)
            break;
    }
    if (err.status != OMNI_OK)
        fprintf(stderr, "%s\n", err.text);
    reader_free(r);
}

/* A tree per page. */
static void with_jansson(const struct buf *pages, uint32_t n_pages, struct bench_sum *sum)
{
    for (uint32_t p = 0; p < n_pages; p++) {
        json_t *page = json_loadb(pages[p].data, pages[p].len, 0, NULL);
        json_t *row, *event;
        size_t i, k;
        json_array_foreach(json_object_get(page, "data"), i, row)
        {
            sum->rows++;
            for (size_t f = 0; f < BENCH_FIELDS - 2; f++)
                sum->bytes += json_string_length(json_object_get(row, fields[f].path + 2));
            json_array_foreach(json_object_get(row, "events"), k, event)
            {
                const char *name = json_string_value(json_object_get(event, "event"));
                if (!strcmp(name, "purchase") || !strcmp(name, "link_click"))
                    sum->bytes += json_string_length(json_object_get(event, "value"));
            }
        }
        json_decref(page);
    }
}

struct contender {
    const char *name;
    void (*run)(const struct buf *pages, uint32_t n_pages, struct bench_sum *);
    double seconds[BENCH_ROUNDS];
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Several pages, read again and again: more would only measure memory. */
enum { BENCH_PAGES = 8 };

static void round_of(struct contender *c, int round, const struct buf *pages, uint32_t times)
{
    struct bench_sum sum = {0};
    double start = now();
    for (uint32_t i = 0; i < times; i++)
        c->run(pages, BENCH_PAGES, &sum);
    c->seconds[round] = now() - start;
    if (round == 0)
        printf("# %s: %llu rows, %llu bytes of values\n", c->name, (unsigned long long)sum.rows,
               (unsigned long long)sum.bytes);
}

int main(int argc, char **argv)
{
    long long rows = 200000, per_page = 1000;
    if ((argc > 1 && !text_parse_int(argv[1], 1, 100000000, &rows)) ||
        (argc > 2 && !text_parse_int(argv[2], 1, 100000, &per_page)))
        return 2;
    struct contender all[] = {
        {"reader", with_reader, {0}},
        {"jansson", with_jansson, {0}},
#ifdef HAVE_YAJL
        {"yajl", bench_yajl, {0}},
#endif
    };
    struct buf pages[BENCH_PAGES];
    uint64_t state = 1;
    for (size_t i = 0; i < BENCH_PAGES; i++) {
        pages[i] = BUF_INIT(1U << 30);
        make_page(&pages[i], (uint32_t)per_page, &state);
    }
    uint32_t times = (uint32_t)((rows + per_page * BENCH_PAGES - 1) / (per_page * BENCH_PAGES));
    for (int round = 0; round < BENCH_ROUNDS; round++) {
        for (size_t i = 0; i < ARRAY_LEN(all); i++)
            round_of(&all[i], round, pages, times);
    }
    double bytes = (double)pages[0].len * BENCH_PAGES * times;
    double count = (double)per_page * BENCH_PAGES * times;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        qsort(all[i].seconds, BENCH_ROUNDS, sizeof(double), compare);
        double median = all[i].seconds[BENCH_ROUNDS / 2];
        printf("%-8s %7.3f s  %6.2f M rows/s  %7.0f MB/s  reader takes %.3f of it\n", all[i].name,
               median, count / median / 1e6, bytes / median / 1e6,
               all[0].seconds[BENCH_ROUNDS / 2] / median);
    }
    for (size_t i = 0; i < BENCH_PAGES; i++)
        buf_free(&pages[i]);
    return 0;
}
