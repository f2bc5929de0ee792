/* SPDX-License-Identifier: Apache-2.0
 * Delivers to a sink what it lacks: changed days of its datasets, whole, in order; the cursor moves
 * when the sink has committed. */
#include <config.h>

#include "push/push.h"

#include <string.h>

#include "base/buf.h"
#include "base/day.h"
#include "base/mem.h"
#include "push/batch.h"
#include "store/changes.h"
#include "store/sql.h"

enum { PUSH_SQL = 1 << 20 };

/* Columns that the store's views have besides a dataset's own. The `key` ones tell the rows of
 * several feeds apart, and lead. Left out: `state`, which depends on the day it is asked on, and
 * `pulled_at`. */
static const struct {
    const char *name;
    bool is_key;
} system_columns[] = {
    {"source", true}, {"connector", true}, {"stream", true}, {"account", true},
    {"tz", false},    {"quality", false},  {"extra", false},
};

/* One dataset on its way to one sink. */
struct push {
    struct store *store;
    struct sink *sink;
    const struct schema_dataset *dataset;
    struct arena *arena;
    struct batch_field *fields;
    uint32_t n_fields, n_keys;
    const char **keys; /* NULL at the end */
    struct batch *batch;
    bool by_day;        /* a delivery a day */
    sqlite3_stmt *rows; /* one day's, or all */
    struct push_result *result;
};

/* ---- what is delivered ---- */

/* err has SQLite's reason. */
static omni_status cannot_read(const struct push *p, struct err *err)
{
    err_prefix(err, "dataset \"%s\": cannot be read: ", p->dataset->name);
    return err->status;
}

static void add_field(struct push *p, const char *name, uint32_t type, bool is_key)
{
    p->fields[p->n_fields++] = (struct batch_field){.name = name, .type = type};
    if (is_key)
        p->keys[p->n_keys++] = name;
}

static omni_status find_system_columns(const struct push *p, bool *found, struct err *err)
{
    auto_stmt *stmt =
        sql_prepare(store_db(p->store), "SELECT name FROM pragma_table_info(?1)", err);
    if (!stmt)
        return cannot_read(p, err);
    sql_bind(stmt, "s", p->dataset->name);
    enum sql_step step;
    while ((step = sql_step(stmt, err)) == SQL_ROW)
        for (size_t i = 0; i < ARRAY_LEN(system_columns); i++)
            found[i] |= strcmp(sql_text(stmt, 0), system_columns[i].name) == 0;
    return step == SQL_DONE ? OMNI_OK : cannot_read(p, err);
}

static omni_status choose_fields(struct push *p, struct err *err)
{
    bool found[ARRAY_LEN(system_columns)] = {false};
    omni_status status = find_system_columns(p, found, err);
    if (status != OMNI_OK)
        return status;
    size_t most = p->dataset->n_columns + ARRAY_LEN(system_columns);
    p->fields = arena_alloc(p->arena, most * sizeof *p->fields);
    p->keys = arena_alloc(p->arena, (most + 1) * sizeof *p->keys);
    /* A combined dataset may have a column of its own called "source". */
    for (size_t i = 0; i < ARRAY_LEN(system_columns); i++)
        found[i] = found[i] && schema_column(p->dataset, system_columns[i].name) < 0;
    for (size_t i = 0; i < ARRAY_LEN(system_columns); i++)
        if (found[i] && system_columns[i].is_key)
            add_field(p, system_columns[i].name, OMNI_TEXT, true);
    for (size_t i = 0; i < p->dataset->n_columns; i++)
        add_field(p, p->dataset->columns[i].name, p->dataset->columns[i].type,
                  i < p->dataset->n_keys);
    for (size_t i = 0; i < ARRAY_LEN(system_columns); i++)
        if (found[i] && !system_columns[i].is_key)
            add_field(p, system_columns[i].name, OMNI_TEXT, false);
    return OMNI_OK;
}

/* Adds a name as SQL writes it: in quotes, quotes doubled. */
static void add_name(struct buf *sql, const char *before, const char *name)
{
    buf_adds(sql, before);
    buf_addc(sql, '"');
    for (; *name; name++) {
        if (*name == '"')
            buf_addc(sql, '"');
        buf_addc(sql, *name);
    }
    buf_addc(sql, '"');
}

/* In key order, so that the same rows always come in the same order. */
static omni_status prepare_rows(struct push *p, struct err *err)
{
    auto_buf sql = BUF_INIT(PUSH_SQL);
    for (uint32_t i = 0; i < p->n_fields; i++)
        add_name(&sql, i ? ", " : "SELECT ", p->fields[i].name);
    add_name(&sql, " FROM ", p->dataset->name);
    if (p->by_day)
        add_name(&sql, " WHERE ", p->dataset->columns[p->dataset->day].name);
    buf_adds(&sql, p->by_day ? " IS ?1" : "");
    uint32_t n = p->n_keys ? p->n_keys : p->n_fields;
    for (uint32_t i = 0; i < n; i++)
        add_name(&sql, i ? ", " : " ORDER BY ", p->n_keys ? p->keys[i] : p->fields[i].name);
    p->rows = sql_prepare(store_db(p->store), buf_text(&sql), err);
    return p->rows ? OMNI_OK : cannot_read(p, err);
}

/* ---- one delivery ---- */

static omni_status write_batch(struct push *p, uint64_t *rows, struct err *err)
{
    const struct omni_batch *batch = batch_view(p->batch);
    if (batch->n_rows == 0)
        return OMNI_OK;
    if (sink_cancelled(p->sink))
        return err_set(err, OMNI_E_CANCELLED, "dataset \"%s\": the hub asked to stop",
                       p->dataset->name);
    omni_status status = sink_write(p->sink, batch, err);
    *rows += batch->n_rows;
    batch_clear(p->batch);
    return status;
}

static omni_status write_rows(struct push *p, uint64_t *rows, struct err *err)
{
    omni_status status = OMNI_OK;
    enum sql_step step = SQL_DONE;
    batch_clear(p->batch);
    while (status == OMNI_OK && (step = sql_step(p->rows, err)) == SQL_ROW) {
        status = batch_add(p->batch, p->rows, err);
        if (status != OMNI_OK)
            err_prefix(err, "dataset \"%s\": ", p->dataset->name);
        else if (batch_is_full(p->batch))
            status = write_batch(p, rows, err);
    }
    if (status != OMNI_OK)
        return status;
    return step == SQL_DONE ? write_batch(p, rows, err) : cannot_read(p, err);
}

/* One statement is one snapshot, and takes no write lock: pulls go on meanwhile. */
static omni_status read_snapshot(struct push *p, const char *partition, uint64_t *rows,
                                 struct err *err)
{
    if (partition && partition[0]) /* else it stays NULL: the rows without a day */
        sqlite3_bind_text(p->rows, 1, partition, -1, SQLITE_STATIC);
    omni_status status = write_rows(p, rows, err);
    sqlite3_reset(p->rows);
    sqlite3_clear_bindings(p->rows);
    return status;
}

/* The partition of a changed day; a day-cut dataset notes CHANGES_WHOLE for rows without a day. */
static const char *partition_of(const struct push *p, int32_t day, char text[DAY_TEXT])
{
    if (!p->by_day)
        return NULL;
    return day == CHANGES_WHOLE ? "" : day_print(day, text);
}

static omni_status deliver(struct push *p, int32_t day, uint64_t version, struct err *err)
{
    char text[DAY_TEXT];
    bool has_days = p->dataset->day >= 0;
    const struct omni_delivery delivery = {
        .size = sizeof delivery,
        .mode = OMNI_REPLACE,
        .dataset = p->dataset->name,
        .partition = partition_of(p, day, text),
        .key = p->keys,
        .version = version,
        .columns = batch_columns(p->batch),
        .day_column = has_days ? p->dataset->columns[p->dataset->day].name : NULL,
    };
    uint64_t rows = 0;
    omni_status status = sink_begin(p->sink, &delivery, err);
    if (status == OMNI_OK)
        status = read_snapshot(p, delivery.partition, &rows, err);
    if (status == OMNI_OK)
        status = sink_commit(p->sink, err);
    if (status != OMNI_OK) {
        sink_abort(p->sink);
        return status;
    }
    p->result->deliveries++;
    p->result->rows += rows;
    return OMNI_OK;
}

/* ---- what is due ---- */

static omni_status deliver_days(struct push *p, const struct changes_day *days, uint32_t n,
                                struct err *err)
{
    omni_status status = OMNI_OK;
    for (uint32_t i = 0; status == OMNI_OK && i < n; i++) {
        if (sink_cancelled(p->sink))
            return err_set(err, OMNI_E_CANCELLED, "dataset \"%s\": the hub asked to stop",
                           p->dataset->name);
        status = deliver(p, days[i].day, days[i].version, err);
        /* Days that changed together share a version: the cursor passes all of them or none. */
        bool is_last_of_version = i + 1 == n || days[i + 1].version > days[i].version;
        if (status == OMNI_OK && is_last_of_version)
            status = changes_cursor_put(p->store, sink_reader(p->sink), p->dataset->name,
                                        days[i].version, err);
    }
    return status;
}

static omni_status push_changes(struct push *p, const struct changes_day *days, uint32_t n,
                                uint32_t batch_rows, struct err *err)
{
    p->by_day = p->dataset->day >= 0 && sink_layout(p->sink, p->dataset->name) != OMNI_WHOLE;
    omni_status status = choose_fields(p, err);
    if (status == OMNI_OK)
        status = prepare_rows(p, err);
    if (status != OMNI_OK)
        return status;
    p->batch = batch_new(p->fields, p->n_fields, batch_rows);
    if (p->by_day)
        return deliver_days(p, days, n, err);
    const struct changes_day whole = {.day = CHANGES_WHOLE, .version = days[n - 1].version};
    return deliver_days(p, &whole, 1, err);
}

omni_status push_dataset(struct store *store, struct sink *sink,
                         const struct schema_dataset *dataset, uint32_t batch_rows,
                         struct push_result *result, struct err *err)
{
    *result = (struct push_result){0};
    struct push p = {.store = store, .sink = sink, .dataset = dataset, .result = result};
    uint64_t since = 0;
    omni_status status = changes_cursor_get(store, sink_reader(sink), dataset->name, &since, err);
    if (status != OMNI_OK)
        return status;
    uint32_t n = 0;
    auto_free struct changes_day *days = changes_since(store, dataset->name, since, &n, err);
    if (!days)
        return err->status;
    if (n == 0)
        return OMNI_OK;
    p.arena = arena_new();
    status = push_changes(&p, days, n, batch_rows, err);
    sqlite3_finalize(p.rows);
    batch_free(p.batch);
    arena_free(p.arena);
    return status;
}
