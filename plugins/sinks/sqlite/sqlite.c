/* SPDX-License-Identifier: Apache-2.0
 * Sink: datasets as tables of one SQLite file, each delivery in one transaction. */
#include <omnihub/omnihub.h>

#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../common/cell_text.h"
#include "table.h"

static const struct omni_option opt_path = {
    .size = sizeof opt_path,
    .type = OMNI_OPT_TEXT,
    .flags = OMNI_REQUIRED,
    .name = "path",
    .help = "the database file; made where it is missing",
};
static const struct omni_option opt_prefix = {
    .size = sizeof opt_prefix,
    .type = OMNI_OPT_TEXT,
    .name = "prefix",
    .fallback = "",
    .help = "put before the name of every table",
};
static const struct omni_option opt_decimals = {
    .size = sizeof opt_decimals,
    .type = OMNI_OPT_TEXT,
    .name = "decimals",
    .fallback = "text",
    .choices = "text|real|micros",
    .help = "money and other exact numbers: text \"12.34\", the nearest real, or whole millionths",
};
static const struct omni_option *const options[] = {&opt_path, &opt_prefix, &opt_decimals, NULL};

enum { BUSY_MS = 10000 };

struct sink {
    const struct omni_host *host;
    const char *path, *prefix; /* the hub's, until close */
    enum table_decimals decimals;
    sqlite3 *db;

    /* The delivery under way. */
    struct table *table;
    uint64_t rows, version;
    char *partition; /* as in struct omni_delivery */
};

static omni_status fail(const struct sink *s, struct omni_run *run, const char *what)
{
    struct table_error e;
    table_error_from(&e, s->db, s->path, what);
    return s->host->fail(run, e.status, e.text);
}

static omni_status fail_with(const struct sink *s, struct omni_run *run,
                             const struct table_error *e)
{
    return s->host->fail(run, e->status, e->text);
}

/* ---- opening ---- */

static omni_status open_database(struct sink *s, struct omni_run *run)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(s->path, &s->db, flags, NULL) != SQLITE_OK) {
        s->host->fail_detail(run, "option", "path");
        return fail(s, run, "cannot be opened");
    }
    sqlite3_extended_result_codes(s->db, 1);
    sqlite3_busy_timeout(s->db, BUSY_MS);
    /* EXTRA: in rollback-journal mode only this makes a commit survive a power cut at once. */
    if (sqlite3_exec(s->db,
                     "PRAGMA synchronous = EXTRA;"
                     "CREATE TABLE IF NOT EXISTS omnihub_deliveries ("
                     " \"table\" TEXT NOT NULL, partition TEXT NOT NULL, version INTEGER NOT NULL,"
                     " rows INTEGER NOT NULL, PRIMARY KEY (\"table\", partition)) WITHOUT ROWID",
                     NULL, NULL, NULL) != SQLITE_OK)
        return fail(s, run, "cannot be written");
    return OMNI_OK;
}

static void sqlite_close(void *self)
{
    struct sink *s = self;
    table_free(s->table);
    sqlite3_free(s->partition);
    sqlite3_close(s->db);
    free(s);
}

static enum table_decimals read_decimals(const char *text)
{
    if (text && strcmp(text, "real") == 0)
        return TABLE_REAL;
    return text && strcmp(text, "micros") == 0 ? TABLE_MICROS : TABLE_TEXT;
}

static omni_status sqlite_open(const struct omni_host *host, const struct omni_config *config,
                               struct omni_run *run, void **self)
{
    struct sink *s = calloc(1, sizeof *s);
    if (!s)
        return host->fail(run, OMNI_E_RETRY, "out of memory");
    const char *prefix = host->opt_text(config, "prefix");
    s->host = host;
    s->path = host->opt_text(config, "path");
    s->prefix = prefix ? prefix : "";
    s->decimals = read_decimals(host->opt_text(config, "decimals"));
    omni_status status = OMNI_OK;
    if (!s->path || !s->path[0]) {
        /* SQLite would take an empty name for a private database that vanishes. */
        host->fail_detail(run, "option", "path");
        status = host->fail(run, OMNI_E_CONFIG, "option \"path\" is empty: name a file");
    } else {
        status = open_database(s, run);
    }
    if (status != OMNI_OK) {
        sqlite_close(s);
        return status;
    }
    *self = s;
    return OMNI_OK;
}

static omni_status sqlite_check(void *self, struct omni_run *run)
{
    struct sink *s = self;
    if (sqlite3_exec(s->db, "BEGIN IMMEDIATE; ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
        return fail(s, run, "cannot be written");
    return OMNI_OK;
}

/* ---- deliveries ---- */

static void sqlite_abort(void *self, struct omni_run *run)
{
    (void)run;
    struct sink *s = self;
    table_free(s->table);
    s->table = NULL;
    sqlite3_free(s->partition);
    s->partition = NULL;
    s->rows = 0;
    if (!sqlite3_get_autocommit(s->db))
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

static omni_status begin_delivery(struct sink *s, struct omni_run *run,
                                  const struct omni_delivery *d)
{
    struct table_error error = {.status = OMNI_OK};
    s->version = d->version;
    s->partition = d->partition ? sqlite3_mprintf("%s", d->partition) : NULL;
    if (d->partition && !s->partition)
        return s->host->fail(run, OMNI_E_RETRY, "out of memory");
    if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return fail(s, run, "cannot be written");
    const struct table_place place = {
        .db = s->db, .path = s->path, .prefix = s->prefix, .decimals = s->decimals};
    s->table = table_open(&place, d, &error);
    if (!s->table || !table_empty(s->table, s->partition, &error))
        return fail_with(s, run, &error);
    return OMNI_OK;
}

static omni_status sqlite_begin(void *self, struct omni_run *run, const struct omni_delivery *d)
{
    struct sink *s = self;
    sqlite_abort(s, run);
    if (d->mode != OMNI_REPLACE)
        return s->host->fail(run, OMNI_E_UNSUPPORTED,
                             "the sqlite sink replaces days or whole datasets, nothing else");
    if (d->partition && !d->day_column)
        return s->host->fail(run, OMNI_E_BUG, "a day was delivered without naming its column");
    omni_status status = begin_delivery(s, run, d);
    if (status != OMNI_OK)
        sqlite_abort(s, run);
    return status;
}

static omni_status sqlite_write(void *self, struct omni_run *run, const struct omni_batch *batch)
{
    struct sink *s = self;
    struct table_error error;
    for (uint64_t row = 0; row < batch->n_rows; row++)
        if (!table_insert(s->table, batch, row, &error))
            return fail_with(s, run, &error);
    s->rows += batch->n_rows;
    return OMNI_OK;
}

static omni_status sqlite_commit(void *self, struct omni_run *run)
{
    struct sink *s = self;
    struct table_error error;
    omni_status status = OMNI_OK;
    if (!table_finish(s->table, s->partition, s->version, s->rows, &error))
        status = fail_with(s, run, &error);
    else if (sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        status = fail(s, run, "the delivery cannot be committed");
    sqlite_abort(s, run);
    return status;
}

static const struct omni_sink sqlite_sink = {
    .size = sizeof sqlite_sink,
    .name = "sqlite",
    .title = "SQLite database",
    .help = "Datasets as tables of one SQLite file",
    .options = options,
    .open = sqlite_open,
    .close = sqlite_close,
    .check = sqlite_check,
    .begin = sqlite_begin,
    .write = sqlite_write,
    .commit = sqlite_commit,
    .abort = sqlite_abort,
};
static const struct omni_sink *const sinks[] = {&sqlite_sink, NULL};

OMNI_MODULE("sqlite", "1.0", .vendor = "omnihub", .license = "Apache-2.0", .sinks = sinks);
