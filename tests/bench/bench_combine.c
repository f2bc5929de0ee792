/* SPDX-License-Identifier: Apache-2.0
 * channel_daily over many stored rows: everything, then one changed day. Prints the seconds of
 * both. Usage: bench_combine ROWS SCHEMA_DIR [FOLDER] */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "bench_rows.h"
#include "combine/combine.h"
#include "store/spool.h"
#include "store/store.h"

enum { PER_DAY = 5000, DAYS_A_WINDOW = 40, FIRST_DAY = 18000, SPOOL = 4 << 20 };

struct bench {
    struct schema *schema;
    struct store *store;
    const struct schema_dataset *dataset;
    struct store_window window;
    struct spool *spool;
    struct omni_cell *cells;
};

static void die(const struct err *err)
{
    fprintf(stderr, "bench_combine: %s\n", err->text);
    exit(1);
}

static void put_text(struct bench *b, const char *column, const char *text)
{
    b->cells[schema_column(b->dataset, column)] =
        (struct omni_cell){.type = OMNI_TEXT, .len = (uint32_t)strlen(text), .v.s = text};
}

static void put_number(struct bench *b, const char *column, int64_t value)
{
    int i = schema_column(b->dataset, column);
    b->cells[i] = (struct omni_cell){.type = b->dataset->columns[i].type, .v.i = value};
}

static void clear_row(struct bench *b)
{
    memset(b->cells, 0, (b->dataset->n_columns + 1) * sizeof *b->cells);
    for (size_t i = 0; i < b->dataset->n_keys; i++)
        b->cells[i] = (struct omni_cell){.type = OMNI_TEXT, .v.s = ""};
    put_text(b, "level", "ad");
    put_text(b, "account_id", "1");
    put_text(b, "currency", "EUR");
}

/* `more` changes the numbers. */
static void add_day(struct bench *b, int32_t day, int more)
{
    static const char *const channels[] = {"Paid Search", "Paid Social", "Display", "Affiliates"};
    struct err err;
    char ad[32];
    for (int i = 0; i < PER_DAY; i++) {
        clear_row(b);
        snprintf(ad, sizeof ad, "2386%012d", i);
        put_text(b, "ad_id", ad);
        put_text(b, "channel", channels[i % 4]);
        put_number(b, "date", day);
        put_number(b, "impressions", 100 + (i * 7919 + day) % 20000 + more);
        put_number(b, "clicks", i % 500);
        put_number(b, "cost", INT64_C(10000) * (i % 90000));
        if (spool_add(b->spool, b->cells, &err) != OMNI_OK)
            die(&err);
    }
}

static void store_days(struct bench *b, int32_t from, int32_t to, int more)
{
    struct err err;
    struct store_result result;
    spool_clear(b->spool);
    for (int32_t day = from; day <= to; day++)
        add_day(b, day, more);
    b->window.from_day = from;
    b->window.to_day = to;
    if (store_apply(b->store, &b->window, &b->spool, 1, &result, &err) != OMNI_OK)
        die(&err);
}

static void open_all(struct bench *b, const char *schema_dir, const char *folder)
{
    struct err err;
    b->schema = schema_load(schema_dir, &err);
    b->store = b->schema ? store_open(folder, b->schema, STORE_WRITE, &err) : NULL;
    if (!b->store)
        die(&err);
    b->dataset = schema_find(b->schema, "ads_daily");
    b->cells = xcalloc(b->dataset->n_columns + 1, sizeof *b->cells);
    b->spool = spool_new(folder, (uint32_t)b->dataset->n_columns + 1, SPOOL);
    struct store_feed feed = {.connector = "bench",
                              .source = "bench",
                              .stream = "ads",
                              .account = "1",
                              .dataset = "ads_daily"};
    struct store_run run = {.kind = "pull", .connector = "bench", .batch = "b"};
    b->window = (struct store_window){.feed = store_feed(b->store, &feed, &err),
                                      .run = store_run_begin(b->store, &run, &err),
                                      .dataset = b->dataset,
                                      .sync = OMNI_WINDOW,
                                      .history_from = INT32_MIN};
}

static double run_combine(struct bench *b, const char *schema_dir, uint64_t *days)
{
    struct err err;
    struct combine_result result = {0};
    auto_free char *dir = xasprintf("%s/combined", schema_dir);
    double start = bench_now();
    struct combine *c =
        combine_new(b->store, &(struct combine_setup){.dir = dir, .currency = "EUR"}, &err);
    if (!c || combine_run(c, &result, &err) != OMNI_OK)
        die(&err);
    combine_free(c);
    *days = result.days;
    return bench_now() - start;
}

static void clean_up(struct bench *b, const char *folder)
{
    static const char *const files[] = {"store.db", "store.db-wal", "store.db-shm"};
    spool_free(b->spool);
    store_close(b->store);
    schema_free(b->schema);
    free(b->cells);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        auto_free char *path = xasprintf("%s/%s", folder, files[i]);
        unlink(path);
    }
    rmdir(folder);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_combine ROWS SCHEMA_DIR [FOLDER]\n");
        return 2;
    }
    auto_free char *folder =
        xasprintf("%s/omnihub-combine.XXXXXX", argc > 3 ? argv[3] : "/var/tmp");
    struct bench b = {0};
    if (!mkdtemp(folder))
        return 1;
    open_all(&b, argv[2], folder);
    int32_t days = (int32_t)((bench_number(argv[1]) + PER_DAY - 1) / PER_DAY);
    for (int32_t at = 0; at < days; at += DAYS_A_WINDOW) {
        int32_t last = at + DAYS_A_WINDOW < days ? at + DAYS_A_WINDOW : days;
        store_days(&b, FIRST_DAY + at, FIRST_DAY + last - 1, 0);
    }
    uint64_t all = 0, one = 0;
    double whole = run_combine(&b, argv[2], &all);
    store_days(&b, FIRST_DAY + days / 2, FIRST_DAY + days / 2, 1);
    double day = run_combine(&b, argv[2], &one);
    printf("%.6f %.6f %llu %llu\n", whole, day, (unsigned long long)all, (unsigned long long)one);
    clean_up(&b, folder);
    return one == 1 ? 0 : 1;
}
