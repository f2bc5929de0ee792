/* SPDX-License-Identifier: Apache-2.0
 * store_apply() from a spool against a bare prepared insert of the same typed rows: 17 columns, 30
 * days. Usage: store_bench [ROWS [ROUNDS]]; prints seconds per round and the ratio of medians. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/sql.h"
#include "store/store.h"

enum { COLUMNS = 17, DAYS = 30, FIRST_DAY = 20454, MAX_ROUNDS = 21 };

static const char conf[] =
    "report: { help = \"bench\"; day = \"date\"; columns: {"
    "date=(\"date\",\"key\",\"\",\"\");account_id=(\"text\",\"key\",\"\",\"\");"
    "campaign_id=(\"text\",\"key\",\"\",\"\");ad_id=(\"text\",\"key\",\"\",\"\");"
    "country=(\"text\",\"key\",\"\",\"\");device=(\"text\",\"key\",\"\",\"\");"
    "campaign_name=(\"text\",\"attr\",\"\",\"\");adset_id=(\"text\",\"attr\",\"\",\"\");"
    "ad_name=(\"text\",\"attr\",\"\",\"\");"
    "currency=(\"text\",\"attr\",\"\",\"\",\"fill=currency\");"
    "impressions=(\"int\",\"sum\",\"count\",\"\");clicks=(\"int\",\"sum\",\"count\",\"\");"
    "cost=(\"micros\",\"sum\",\"money\",\"\");conversions=(\"micros\",\"sum\",\"count\",\"\");"
    "conversion_value=(\"micros\",\"sum\",\"money\",\"\");"
    "link_clicks=(\"int\",\"sum\",\"count\",\"\");purchases=(\"int\",\"sum\",\"count\",\"\");}; };";

static void die(const char *what, const struct err *err)
{
    fprintf(stderr, "store_bench: %s: %s\n", what, err ? err->text : "failed");
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Texts of one row; cells point into them. */
struct texts {
    char t[COLUMNS][40];
};

static void text_cell(struct omni_cell *cell, char *text, int n)
{
    *cell = (struct omni_cell){.type = OMNI_TEXT, .len = (uint32_t)n, .v.s = text};
}

/* `salt` changes a tenth of the numbers. */
static void make_row(struct omni_cell *c, struct texts *x, long i, long n, long salt)
{
    static const char *const countries[] = {"US", "DE", "FR", "ES", "PT", "IT", "NL", "PL"};
    long changed = salt && i % 10 == 0 ? salt : 0;
    memset(c, 0, (COLUMNS + 1) * sizeof *c);
    c[0] = (struct omni_cell){.type = OMNI_DATE, .v.i = FIRST_DAY + i * DAYS / n};
    text_cell(&c[1], x->t[1], snprintf(x->t[1], 40, "act_1"));
    text_cell(&c[2], x->t[2], snprintf(x->t[2], 40, "2385%08ld", i / 800));
    text_cell(&c[3], x->t[3], snprintf(x->t[3], 40, "2386%010ld", i / 16));
    text_cell(&c[4], x->t[4], snprintf(x->t[4], 40, "%s", countries[i % 8]));
    text_cell(&c[5], x->t[5], snprintf(x->t[5], 40, "%s", i / 8 % 2 ? "mobile_app" : "desktop"));
    text_cell(&c[6], x->t[6], snprintf(x->t[6], 40, "Campaign %ld spring", i / 800));
    text_cell(&c[7], x->t[7], snprintf(x->t[7], 40, "2387%08ld", i / 80));
    text_cell(&c[8], x->t[8], snprintf(x->t[8], 40, "Ad %ld", i / 16));
    text_cell(&c[9], x->t[9], snprintf(x->t[9], 40, "EUR"));
    for (int k = 10; k < COLUMNS; k++)
        c[k] = (struct omni_cell){.type = k >= 12 && k <= 14 ? OMNI_MICROS : OMNI_INT,
                                  .v.i = (i * 7919 + k * 104729) % 1000000 + changed};
}

static void fill(struct spool *spool, long n, long salt)
{
    struct omni_cell cells[COLUMNS + 1];
    struct texts texts;
    struct err err;
    spool_clear(spool);
    for (long i = 0; i < n; i++) {
        make_row(cells, &texts, i, n, salt);
        if (spool_add(spool, cells, &err) != OMNI_OK)
            die("spool", &err);
    }
}

/* The baseline: the same rows from the same spool, a day at a time replaced in a plain table. */
static double bare(const char *dir, struct spool *spool)
{
    struct err err;
    sqlite3 *db;
    auto_free char *path = xasprintf("%s/bare.db", dir);
    unlink(path);
    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sql_exec(db, &err,
                 "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;"
                 "CREATE TABLE r(a TEXT,b TEXT,c TEXT,d TEXT,e TEXT,f TEXT,g TEXT,h TEXT,i TEXT,"
                 "j TEXT,k INTEGER,l INTEGER,m INTEGER,n INTEGER,o INTEGER,p INTEGER,q INTEGER);"
                 "CREATE INDEX r_day ON r(a)") != OMNI_OK)
        die("bare", &err);
    double start = now();
    sqlite3_stmt *stmt =
        sql_prepare(db, "INSERT INTO r VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", &err);
    const struct omni_cell *cells;
    sql_begin(db, &err);
    spool_first(spool, &err);
    while (spool_next(spool, &cells, &err) == OMNI_OK && cells) {
        char day[16];
        snprintf(day, sizeof day, "2026-01-%02d", (int)(cells[0].v.i - FIRST_DAY) + 1);
        sqlite3_bind_text(stmt, 1, day, 10, SQLITE_STATIC);
        for (int i = 1; i < COLUMNS; i++)
            sql_bind_cell(stmt, i + 1, &cells[i]);
        if (sql_run(stmt, &err) != OMNI_OK)
            die("bare insert", &err);
    }
    sqlite3_finalize(stmt);
    if (sql_commit(db, &err) != OMNI_OK)
        die("bare commit", &err);
    double took = now() - start;
    sqlite3_close(db);
    unlink(path);
    return took;
}

static double apply(struct store *s, const struct store_window *w, struct spool *spool,
                    struct store_result *r)
{
    struct err err;
    double start = now();
    if (store_apply(s, w, &spool, 1, r, &err) != OMNI_OK)
        die("apply", &err);
    return now() - start;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, by_value);
    return values[n / 2];
}

/* [0] bare, [1] first load, [2] the same again, [3] a tenth restated. */
static void round_of(const char *dir, const struct schema *schema, long n, double times[4])
{
    struct err err;
    struct store *s = store_open(dir, schema, STORE_WRITE, &err);
    if (!s)
        die("open", &err);
    const struct schema_dataset *d = schema_at(schema, 0);
    struct store_feed feed = {.connector = "bench",
                              .source = "bench",
                              .stream = "report",
                              .account = "1",
                              .dataset = "report"};
    struct store_run run = {.kind = "pull", .connector = "bench", .batch = "b"};
    struct store_window w = {.feed = store_feed(s, &feed, &err),
                             .run = store_run_begin(s, &run, &err),
                             .dataset = d,
                             .from_day = FIRST_DAY,
                             .to_day = FIRST_DAY + DAYS - 1,
                             .history_from = INT32_MIN};
    struct spool *spool = spool_new(dir, COLUMNS + 1, 4 << 20);
    struct store_result r;
    fill(spool, n, 0);
    times[0] = bare(dir, spool);
    times[1] = apply(s, &w, spool, &r);
    times[2] = apply(s, &w, spool, &r);
    if (r.unchanged != (uint64_t)n)
        die("not unchanged", NULL);
    fill(spool, n, 3);
    times[3] = apply(s, &w, spool, &r);
    spool_free(spool);
    store_close(s);
    static const char *const files[] = {"store.db", "store.db-wal", "store.db-shm"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        auto_free char *path = xasprintf("%s/%s", dir, files[i]);
        unlink(path);
    }
}

int main(int argc, char **argv)
{
    long n = argc > 1 ? strtol(argv[1], NULL, 10) : 1000000;
    int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 5;
    if (n < DAYS || rounds < 1 || rounds > MAX_ROUNDS)
        die("usage: store_bench [ROWS [ROUNDS]]", NULL);
    char dir[] = "/var/tmp/omnihub-bench.XXXXXX";
    struct err err;
    if (!mkdtemp(dir))
        die("no temporary folder", NULL);
    auto_free char *path = xasprintf("%s/bench.conf", dir);
    FILE *f = fopen(path, "w");
    if (!f || fputs(conf, f) < 0 || fclose(f) != 0)
        die("cannot write", NULL);
    struct schema *schema = schema_load(dir, &err);
    if (!schema)
        die("schema", &err);
    static const char *const names[] = {"bare insert", "first load", "unchanged again",
                                        "a tenth restated"};
    double all[4][MAX_ROUNDS];
    for (int i = 0; i < rounds; i++) {
        double times[4];
        round_of(dir, schema, n, times);
        for (int k = 0; k < 4; k++)
            all[k][i] = times[k];
    }
    double base = median(all[0], rounds);
    for (int k = 0; k < 4; k++)
        printf("%-18s %7.2f s  %6.2f x bare\n", names[k], median(all[k], rounds),
               median(all[k], rounds) / base);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("peak memory %ld KiB\n", usage.ru_maxrss);
    schema_free(schema);
    unlink(path);
    rmdir(dir);
    return 0;
}
