/* SPDX-License-Identifier: Apache-2.0
 * Many connectors. "store": a store as so many connectors leave it, each pulled a moment ago.
 * "dispatch": microseconds of processor time per decision of the scheduler: which is due, marked,
 * done, due again. Usage: bench_fleet store N SCHEMA_DIR STATE_DIR | bench_fleet dispatch N */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/day.h"
#include "base/mem.h"
#include "base/zone.h"
#include "bench_rows.h"
#include "schedule/agenda.h"
#include "store/internal.h"

enum { NAME = 32, ROWS = 3, DECISIONS = 200000, SPOOL = 64 * 1024 };

static void die(const struct err *err)
{
    fprintf(stderr, "bench_fleet: %s\n", err->text);
    exit(1);
}

static const char *name_of(uint64_t i, char room[NAME])
{
    snprintf(room, NAME, "shop-%05u", (unsigned)i);
    return room;
}

/* ---- a store ---- */

struct fleet {
    struct schema *schema;
    struct store *store;
    const struct schema_dataset *dataset;
    struct spool *spool;
};

static void put(struct fleet *f, struct omni_cell *cells, const char *column, struct omni_cell cell)
{
    cells[schema_column(f->dataset, column)] = cell;
}

static void fill(struct fleet *f, int32_t first_day)
{
    struct err err;
    auto_free struct omni_cell *cells = xcalloc(f->dataset->n_columns + 1, sizeof *cells);
    for (size_t i = 0; i < f->dataset->n_keys; i++)
        cells[i] = (struct omni_cell){.type = OMNI_TEXT, .v.s = ""};
    put(f, cells, "currency", (struct omni_cell){.type = OMNI_TEXT, .len = 3, .v.s = "EUR"});
    spool_clear(f->spool);
    for (int32_t i = 0; i < ROWS; i++) {
        put(f, cells, "date", (struct omni_cell){.type = OMNI_DATE, .v.i = first_day + i});
        put(f, cells, "clicks", (struct omni_cell){.type = OMNI_INT, .v.i = i});
        if (spool_add(f->spool, cells, &err) != OMNI_OK)
            die(&err);
    }
}

static void pull_one(struct fleet *f, const char *name)
{
    struct err err;
    struct store_result result;
    const int32_t today = (int32_t)(day_now() / TIME_DAY);
    struct store_feed feed = {.connector = name,
                              .source = "rest",
                              .stream = "report",
                              .account = "",
                              .dataset = f->dataset->name};
    struct store_run run = {.kind = "pull", .connector = name, .stream = "report", .account = ""};
    struct store_window w = {.feed = store_feed(f->store, &feed, &err),
                             .run = store_run_begin(f->store, &run, &err),
                             .dataset = f->dataset,
                             .sync = OMNI_WINDOW,
                             .from_day = today - ROWS,
                             .to_day = today - 1,
                             .history_from = INT32_MIN};
    fill(f, w.from_day);
    if (!w.feed || !w.run || store_apply(f->store, &w, &f->spool, 1, &result, &err) != OMNI_OK ||
        store_run_finish(f->store, w.run, &(struct store_run_end){.outcome = "ok"}, &err) !=
            OMNI_OK)
        die(&err);
}

static int make_store(uint64_t n, const char *schema_dir, const char *state_dir)
{
    struct err err;
    struct fleet f = {.schema = schema_load(schema_dir, &err)};
    f.store = f.schema ? store_open(state_dir, f.schema, STORE_WRITE, &err) : NULL;
    /* Nobody will miss it after a power cut. */
    if (!f.store || sql_exec(store_db(f.store), &err, "PRAGMA synchronous = OFF") != OMNI_OK)
        die(&err);
    f.dataset = schema_find(f.schema, "ads_daily");
    f.spool = spool_new(state_dir, (uint32_t)f.dataset->n_columns + 1, SPOOL);
    char name[NAME];
    for (uint64_t i = 0; i < n; i++)
        pull_one(&f, name_of(i, name));
    spool_free(f.spool);
    store_close(f.store);
    schema_free(f.schema);
    return 0;
}

/* ---- decisions ---- */

/* Every third by the clock on a wall, every third at a time of day, every third "every". */
static void add(struct agenda *a, uint64_t i, const struct zone *zone, int64_t now)
{
    struct err err;
    char name[NAME], cron[NAME];
    if (i % 3 == 0)
        snprintf(cron, sizeof cron, "every %um", 5 + (unsigned)(i % 120));
    else if (i % 3 == 1)
        snprintf(cron, sizeof cron, "%u %u * * *", (unsigned)(i % 60), (unsigned)(i / 60 % 24));
    else
        snprintf(cron, sizeof cron, "%u */6 * * *", (unsigned)(i % 60));
    struct agenda_entry entry = {.name = name_of(i, name), .zone = zone};
    if (schedule_parse(cron, &entry.schedule, &err) != OMNI_OK)
        die(&err);
    agenda_add(a, &entry, now, now);
}

static double processor_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int dispatch(uint64_t n)
{
    struct err err;
    const struct agenda_rules rules = {.retry_first = 60 * TIME_SECOND,
                                       .retry_most = 1800 * TIME_SECOND,
                                       .jitter_most = 300 * TIME_SECOND,
                                       .broken_limit = 5};
    struct agenda *a = agenda_new(&rules);
    struct zone *zone = zone_open("Europe/Lisbon", &err);
    if (!zone)
        die(&err);
    int64_t now = day_now();
    for (uint64_t i = 0; i < n; i++)
        add(a, i, zone, now);
    double start = processor_now();
    for (int i = 0; i < DECISIONS; i++) {
        now = agenda_due(a);
        agenda_done(a, agenda_start(a, now), THEN_NEXT, now);
    }
    printf("%.3f\n", (processor_now() - start) * 1e6 / DECISIONS);
    agenda_free(a);
    zone_free(zone);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "store") == 0)
        return make_store(bench_number(argv[2]), argv[3], argv[4]);
    if (argc == 3 && strcmp(argv[1], "dispatch") == 0)
        return dispatch(bench_number(argv[2]));
    fprintf(stderr, "usage: bench_fleet store N SCHEMA_DIR STATE_DIR | bench_fleet dispatch N\n");
    return 2;
}
