/* SPDX-License-Identifier: Apache-2.0
 * Tables and views of the store, made and migrated from the schema: one table d_NAME and one view
 * NAME per dataset. */
#include <config.h>

#include <string.h>

#include "base/mem.h"
#include "store/habit.h"
#include "store/internal.h"

enum { LAYOUT_SQL = 1 << 20 };

static const char fixed_tables[] =
    "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "INSERT OR IGNORE INTO meta VALUES('version', 0);"
    /* The shape that the rows of a dataset were hashed and cut by. */
    "CREATE TABLE IF NOT EXISTS datasets(name TEXT PRIMARY KEY, grain TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS feeds(id INTEGER PRIMARY KEY, connector TEXT NOT NULL,"
    " source TEXT NOT NULL, stream TEXT NOT NULL, account TEXT NOT NULL, dataset TEXT NOT NULL,"
    " tz TEXT, currency TEXT, settle_days INTEGER NOT NULL, rows INTEGER NOT NULL DEFAULT 0,"
    " moves_days INTEGER, account_tz TEXT,"
    " UNIQUE(connector, stream, account, dataset));"
    "CREATE TABLE IF NOT EXISTS state(feed INTEGER NOT NULL, key TEXT NOT NULL,"
    " value TEXT NOT NULL, PRIMARY KEY(feed, key)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS runs(id INTEGER PRIMARY KEY AUTOINCREMENT, batch TEXT,"
    " kind TEXT NOT NULL, connector TEXT NOT NULL, stream TEXT, account TEXT, plugin_version TEXT,"
    " started INTEGER NOT NULL, ended INTEGER, outcome TEXT NOT NULL, reason TEXT, message TEXT,"
    " remedy TEXT, requests INTEGER NOT NULL DEFAULT 0, retries INTEGER NOT NULL DEFAULT 0,"
    " bytes INTEGER NOT NULL DEFAULT 0, rejected INTEGER NOT NULL DEFAULT 0,"
    " windows INTEGER NOT NULL DEFAULT 0, from_day TEXT, to_day TEXT,"
    " inserted INTEGER NOT NULL DEFAULT 0, changed INTEGER NOT NULL DEFAULT 0,"
    " unchanged INTEGER NOT NULL DEFAULT 0, removed INTEGER NOT NULL DEFAULT 0,"
    " restated INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX IF NOT EXISTS runs_feed ON runs(connector, stream, account);"
    /* The newest of one connector, however seldom it runs. */
    "CREATE INDEX IF NOT EXISTS runs_connector ON runs(connector);"
    "CREATE INDEX IF NOT EXISTS runs_batch ON runs(batch);"
    /* Those that a hub which was killed has left. */
    "CREATE INDEX IF NOT EXISTS runs_running ON runs(batch) WHERE outcome = 'running';"
    "CREATE TABLE IF NOT EXISTS run_hosts(run INTEGER NOT NULL, host TEXT NOT NULL,"
    " status INTEGER NOT NULL, requests INTEGER NOT NULL, PRIMARY KEY(run, host, status))"
    " WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS run_signals(run INTEGER PRIMARY KEY, signal INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS restatements(id INTEGER PRIMARY KEY, at INTEGER NOT NULL,"
    " run INTEGER NOT NULL, feed INTEGER NOT NULL, dataset TEXT NOT NULL, day TEXT NOT NULL,"
    " metric TEXT NOT NULL, old INTEGER, new INTEGER);"
    /* The newest of one feed, however long its history is. */
    "CREATE INDEX IF NOT EXISTS restatements_feed ON restatements(feed, at);"
    "CREATE TABLE IF NOT EXISTS changes(dataset TEXT NOT NULL, day INTEGER NOT NULL,"
    " version INTEGER NOT NULL, PRIMARY KEY(dataset, day)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS changes_version ON changes(dataset, version);"
    "CREATE TABLE IF NOT EXISTS cursors(reader TEXT NOT NULL, dataset TEXT NOT NULL,"
    " version INTEGER NOT NULL, PRIMARY KEY(reader, dataset)) WITHOUT ROWID;"
    /* Money of that day could not be converted; source '': its currency is not known. */
    "CREATE TABLE IF NOT EXISTS rate_gaps(dataset TEXT NOT NULL, day TEXT NOT NULL,"
    " source TEXT NOT NULL, target TEXT NOT NULL, PRIMARY KEY(dataset, day, source, target))"
    " WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS apis(plugin TEXT PRIMARY KEY, version TEXT, sunset TEXT)"
    " WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS parts(id INTEGER PRIMARY KEY, feed INTEGER NOT NULL,"
    " name TEXT NOT NULL, changed INTEGER, UNIQUE(feed, name));"
    /* A row of `part` is stored that `below` has, too. */
    "CREATE TABLE IF NOT EXISTS overlaps(part INTEGER NOT NULL, below INTEGER NOT NULL,"
    " PRIMARY KEY(part, below)) WITHOUT ROWID;"
    /* Of each day: rows (metric ''), and money by column: how many values, and their sum. */
    "CREATE TABLE IF NOT EXISTS feed_days(feed INTEGER NOT NULL, day INTEGER NOT NULL,"
    " metric TEXT NOT NULL, n INTEGER NOT NULL, sum INTEGER NOT NULL,"
    " accepted INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(feed, day, metric)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS rejects(id INTEGER PRIMARY KEY, run INTEGER NOT NULL,"
    " at INTEGER NOT NULL, place TEXT, reason TEXT, raw TEXT);"
    "CREATE INDEX IF NOT EXISTS rejects_run ON rejects(run);"
    "CREATE TABLE IF NOT EXISTS notices(id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,"
    " scope TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER, text TEXT NOT NULL,"
    " stage INTEGER NOT NULL DEFAULT 0);"
    "CREATE UNIQUE INDEX IF NOT EXISTS notices_open ON notices(kind, scope) WHERE until IS NULL;"
    /* What each alert was told of, and the messages that were made of it. */
    "CREATE TABLE IF NOT EXISTS told(alert TEXT NOT NULL, notice INTEGER NOT NULL,"
    " stage INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(alert, notice)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS outbox(id INTEGER PRIMARY KEY AUTOINCREMENT, alert TEXT NOT NULL,"
    " key TEXT NOT NULL, made INTEGER NOT NULL, items TEXT NOT NULL, n INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL DEFAULT 0, next INTEGER NOT NULL, done TEXT, ended INTEGER,"
    " code TEXT, message TEXT);"
    "CREATE INDEX IF NOT EXISTS outbox_open ON outbox(alert) WHERE ended IS NULL;"
    "CREATE INDEX IF NOT EXISTS outbox_made ON outbox(alert, made);"
    "CREATE TABLE IF NOT EXISTS backfills(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " connector TEXT NOT NULL, account TEXT NOT NULL, from_day TEXT NOT NULL,"
    " to_day TEXT NOT NULL, done_from TEXT, started INTEGER NOT NULL, ended INTEGER, code TEXT,"
    " message TEXT, spent INTEGER NOT NULL DEFAULT 0);"
    "CREATE UNIQUE INDEX IF NOT EXISTS backfills_range ON backfills(connector, account, from_day,"
    " to_day) WHERE code IS NOT 'ok';";

/* ---- types ---- */

/* Affinity follows from the INT or TEXT in the name. */
static const char *const types[] = {
    [OMNI_BOOL] = "BOOL_INT",     [OMNI_INT] = "INTEGER",    [OMNI_REAL] = "REAL",
    [OMNI_TEXT] = "TEXT",         [OMNI_DATE] = "DATE_TEXT", [OMNI_TIME] = "TIME_TEXT",
    [OMNI_MICROS] = "MICROS_INT",
};

const char *layout_type(uint32_t type)
{
    return type < ARRAY_LEN(types) && types[type] ? types[type] : "TEXT";
}

uint32_t layout_type_parse(const char *declared)
{
    for (uint32_t i = OMNI_BOOL; declared && i < ARRAY_LEN(types); i++)
        if (strcmp(types[i], declared) == 0)
            return i;
    return OMNI_NULL;
}

/* ---- datasets ---- */

/* What the hashes and the cut into days depend on. */
static void add_grain(struct buf *b, const struct schema_dataset *d)
{
    for (size_t i = 0; i < d->n_keys; i++)
        buf_printf(b, "%s %s,", d->columns[i].name, layout_type(d->columns[i].type));
    buf_printf(b, " day %s", d->day < 0 ? "-" : d->columns[d->day].name);
}

static bool is_column(const struct schema_dataset *d, const char *name)
{
    for (size_t i = 0; i < d->n_columns; i++)
        if (strcmp(d->columns[i].name, name) == 0)
            return true;
    return false;
}

static omni_status create_table(sqlite3 *db, const struct schema_dataset *d, struct err *err)
{
    auto_buf b = BUF_INIT(LAYOUT_SQL);
    buf_printf(&b,
               "CREATE TABLE \"d_%s\"(_feed INTEGER NOT NULL, _key INTEGER NOT NULL,"
               " _part INTEGER, _run INTEGER NOT NULL, _at INTEGER NOT NULL, _quality TEXT",
               d->name);
    for (size_t i = 0; i < d->n_columns; i++)
        buf_printf(&b, ", \"%s\" %s", d->columns[i].name, layout_type(d->columns[i].type));
    buf_printf(&b, ", extra TEXT);");
    /* One index serves the grain and every question by day. */
    if (d->day_keyed)
        buf_printf(&b, "CREATE UNIQUE INDEX \"d_%s_key\" ON \"d_%s\"(\"%s\", _feed, _key);",
                   d->name, d->name, d->columns[d->day].name);
    else
        buf_printf(&b, "CREATE UNIQUE INDEX \"d_%s_key\" ON \"d_%s\"(_feed, _key);", d->name,
                   d->name);
    if (d->day >= 0 && !d->day_keyed)
        buf_printf(&b, "CREATE INDEX \"d_%s_day\" ON \"d_%s\"(\"%s\", _feed);", d->name, d->name,
                   d->columns[d->day].name);
    buf_printf(&b,
               "CREATE INDEX \"d_%s_part\" ON \"d_%s\"(_part) WHERE _part IS NOT NULL;"
               "INSERT OR REPLACE INTO datasets VALUES('%s', '",
               d->name, d->name, d->name);
    add_grain(&b, d);
    if (!buf_printf(&b, "')"))
        return err_set(err, OMNI_E_CONFIG, "dataset %s: too many columns", d->name);
    return sql_exec(db, err, "%s", buf_text(&b));
}

static omni_status has_rows(sqlite3 *db, const char *dataset, int64_t *out, struct err *err)
{
    auto_stmt *stmt = sql_prepare_fmt(db, err, "SELECT 1 FROM \"d_%w\" LIMIT 1", dataset);
    return stmt ? sql_int(stmt, 0, out, err) : err->status;
}

/* The type a column has in the table, OMNI_NULL where there is no such column. */
static omni_status stored_type(sqlite3 *db, const char *dataset, const char *column, uint32_t *type,
                               struct err *err)
{
    auto_stmt *stmt =
        sql_prepare(db, "SELECT type FROM pragma_table_info('d_' || ?1) WHERE name = ?2", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "ss", dataset, column);
    enum sql_step step = sql_step(stmt, err);
    *type = step == SQL_ROW ? layout_type_parse(sql_text(stmt, 0)) : OMNI_NULL;
    return step == SQL_FAILED ? err->status : OMNI_OK;
}

/* A column whose type in the schema is not the stored one any more. */
struct conflict {
    const struct schema_column *column; /* NULL: none */
    uint32_t stored;
};

/* Adds missing columns. */
static omni_status widen_table(sqlite3 *db, const struct schema_dataset *d,
                               struct conflict *conflict, struct err *err)
{
    for (size_t i = 0; i < d->n_columns; i++) {
        const struct schema_column *c = &d->columns[i];
        uint32_t type;
        if (stored_type(db, d->name, c->name, &type, err) != OMNI_OK)
            return err->status;
        if (type == OMNI_NULL && sql_exec(db, err, "ALTER TABLE \"d_%w\" ADD COLUMN \"%w\" %s",
                                          d->name, c->name, layout_type(c->type)) != OMNI_OK)
            return err->status;
        if (type != OMNI_NULL && type != c->type && !conflict->column)
            *conflict = (struct conflict){c, type};
    }
    return OMNI_OK;
}

/* The grain that the stored rows have; *grain is empty where the table is not there yet. */
static omni_status stored_grain(sqlite3 *db, const char *dataset, struct buf *grain,
                                struct err *err)
{
    auto_stmt *stmt = sql_prepare(db, "SELECT grain FROM datasets WHERE name = ?", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "s", dataset);
    enum sql_step step = sql_step(stmt, err);
    if (step == SQL_ROW)
        buf_adds(grain, sql_text(stmt, 0));
    return step == SQL_FAILED ? err->status : OMNI_OK;
}

static omni_status update_table(sqlite3 *db, const struct schema_dataset *d, struct err *err)
{
    auto_buf stored = BUF_INIT(LAYOUT_SQL);
    auto_buf wanted = BUF_INIT(LAYOUT_SQL);
    if (stored_grain(db, d->name, &stored, err) != OMNI_OK)
        return err->status;
    if (!stored.len)
        return create_table(db, d, err);
    add_grain(&wanted, d);
    bool is_regrained = strcmp(buf_text(&stored), buf_text(&wanted)) != 0;
    struct conflict conflict = {0};
    if (!is_regrained && widen_table(db, d, &conflict, err) != OMNI_OK)
        return err->status;
    if (!is_regrained && !conflict.column)
        return OMNI_OK;
    int64_t is_used;
    if (has_rows(db, d->name, &is_used, err) != OMNI_OK)
        return err->status;
    if (!is_used)
        return sql_exec(db, err, "DROP TABLE \"d_%w\"", d->name) == OMNI_OK
                   ? create_table(db, d, err)
                   : err->status;
    if (conflict.column)
        return err_set(err, OMNI_E_CONFIG,
                       "dataset %s: column %s is stored as %s, the schema now says %s; a type "
                       "cannot change under stored rows: give the column a new name",
                       d->name, conflict.column->name, schema_type_name(conflict.stored),
                       schema_type_name(conflict.column->type));
    return err_set(err, OMNI_E_CONFIG,
                   "dataset %s: the key or day column changed (stored: %s; schema: %s) under "
                   "stored rows; undo that or use a new dataset name",
                   d->name, buf_text(&stored), buf_text(&wanted));
}

/* Columns that every view has besides the dataset's own; a dataset's column of the same name wins.
 */
static const struct {
    const char *name, *sql;
} view_head[] = {{"source", "f.source"},
                 {"connector", "f.connector"},
                 {"stream", "f.stream"},
                 {"account", "f.account"}};
static const struct {
    const char *name, *sql;
} view_tail[] = {{"tz", "f.tz"},
                 {"pulled_at", "strftime('%Y-%m-%dT%H:%M:%SZ', d._at, 'unixepoch')"},
                 {"quality", "d._quality"}};

static omni_status create_view(sqlite3 *db, const struct schema_dataset *d, struct err *err)
{
    auto_buf b = BUF_INIT(LAYOUT_SQL);
    buf_printf(&b, "DROP VIEW IF EXISTS \"%s\"; CREATE VIEW \"%s\" AS SELECT ", d->name, d->name);
    for (size_t i = 0; i < ARRAY_LEN(view_head); i++)
        if (!is_column(d, view_head[i].name))
            buf_printf(&b, "%s AS %s, ", view_head[i].sql, view_head[i].name);
    for (size_t i = 0; i < d->n_columns; i++)
        buf_printf(&b, "d.\"%s\" AS \"%s\", ", d->columns[i].name, d->columns[i].name);
    for (size_t i = 0; i < ARRAY_LEN(view_tail); i++)
        if (!is_column(d, view_tail[i].name))
            buf_printf(&b, "%s AS %s, ", view_tail[i].sql, view_tail[i].name);
    if (d->day >= 0 && !is_column(d, "state"))
        buf_printf(&b,
                   "CASE WHEN d.\"%s\" > date(date(), '-' || coalesce(f.moves_days, f.settle_days)"
                   " || ' days') THEN 'provisional' WHEN d.\"%s\" > date(date(), '-' ||"
                   " f.settle_days || ' days') THEN 'settling' ELSE 'final' END AS state, ",
                   d->columns[d->day].name, d->columns[d->day].name);
    if (!buf_printf(&b, "d.extra AS extra FROM \"d_%s\" d JOIN feeds f ON f.id = d._feed", d->name))
        return err_set(err, OMNI_E_CONFIG, "dataset %s: too many columns", d->name);
    return sql_exec(db, err, "%s", buf_text(&b));
}

/* ---- all of it ---- */

/* Everything that tables and views depend on. Tables that a later program adds leave a store
 * readable for this one, so they need no new version. */
static void add_fingerprint(struct buf *b, const struct schema *schema)
{
    buf_printf(b, "%d;%s", STORE_VERSION, fixed_tables);
    for (size_t i = 0; i < schema_count(schema); i++) {
        const struct schema_dataset *d = schema_at(schema, i);
        buf_printf(b, "%s(", d->name);
        add_grain(b, d);
        for (size_t c = 0; c < d->n_columns; c++)
            buf_printf(b, ",%s %s", d->columns[c].name, layout_type(d->columns[c].type));
        buf_printf(b, ");");
    }
}

/* SQLite would take a fingerprint from a store that is not made yet for an error. */
static omni_status is_current(sqlite3 *db, const char *fingerprint, bool *out, struct err *err)
{
    int64_t n;
    bool is_made;
    *out = false;
    if (sql_has_table(db, "meta", &is_made, err) != OMNI_OK)
        return err->status;
    if (!is_made)
        return OMNI_OK;
    auto_stmt *same =
        sql_prepare(db, "SELECT count(*) FROM meta WHERE key = 'schema' AND value = ?", err);
    if (!same)
        return err->status;
    sql_bind(same, "s", fingerprint);
    if (sql_int(same, 0, &n, err) != OMNI_OK)
        return err->status;
    *out = n > 0;
    return OMNI_OK;
}

/* Columns that fixed tables got later, and what they hold for the rows of before. */
static const struct {
    const char *table, *column, *type, *value;
} later[] = {{"feeds", "moves_days", "INTEGER", "NULL"},
             {"feeds", "account_tz", "TEXT", "tz"},
             {"parts", "changed", "INTEGER", "NULL"},
             {"notices", "stage", "INTEGER NOT NULL DEFAULT 0", "0"}};

static omni_status widen_fixed(sqlite3 *db, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(later); i++) {
        int64_t n = 0;
        auto_stmt *stmt =
            sql_prepare(db, "SELECT count(*) FROM pragma_table_info(?1) WHERE name = ?2", err);
        if (!stmt)
            return err->status;
        sql_bind(stmt, "ss", later[i].table, later[i].column);
        if (sql_int(stmt, 0, &n, err) != OMNI_OK)
            return err->status;
        if (!n && sql_exec(db, err,
                           "ALTER TABLE \"%w\" ADD COLUMN \"%w\" %s;"
                           "UPDATE \"%w\" SET \"%w\" = %s",
                           later[i].table, later[i].column, later[i].type, later[i].table,
                           later[i].column, later[i].value) != OMNI_OK)
            return err->status;
    }
    return OMNI_OK;
}

/* The rows of a store that was last written before there were feed_days. */
static omni_status fill_feed_days(struct store *s, struct err *err)
{
    for (size_t i = 0; i < schema_count(s->schema); i++)
        if (feed_days_fill(s->db, schema_at(s->schema, i), err) != OMNI_OK)
            return err->status;
    return OMNI_OK;
}

static omni_status build(struct store *s, const char *fingerprint, struct err *err)
{
    bool has_days;
    if (sql_has_table(s->db, "feed_days", &has_days, err) != OMNI_OK ||
        sql_exec(s->db, err, "PRAGMA application_id = %d; PRAGMA user_version = %d; %s",
                 STORE_APPLICATION, STORE_VERSION, fixed_tables) != OMNI_OK ||
        widen_fixed(s->db, err) != OMNI_OK)
        return err->status;
    for (size_t i = 0; i < schema_count(s->schema); i++)
        if (update_table(s->db, schema_at(s->schema, i), err) != OMNI_OK ||
            create_view(s->db, schema_at(s->schema, i), err) != OMNI_OK)
            return err->status;
    if (!has_days && fill_feed_days(s, err) != OMNI_OK)
        return err->status;
    return sql_exec(s->db, err, "INSERT OR REPLACE INTO meta VALUES('schema', %Q)", fingerprint);
}

omni_status layout_update(struct store *s, bool is_old, struct err *err)
{
    auto_buf fingerprint = BUF_INIT(LAYOUT_SQL);
    add_fingerprint(&fingerprint, s->schema);
    bool current;
    omni_status status = is_current(s->db, buf_text(&fingerprint), &current, err);
    if (status != OMNI_OK || current)
        return status;
    if (sql_begin(s->db, err) != OMNI_OK)
        return err->status;
    if (build(s, buf_text(&fingerprint), err) == OMNI_OK && sql_commit(s->db, err) == OMNI_OK) {
        s->was_migrated = is_old;
        return OMNI_OK;
    }
    sql_rollback(s->db);
    return err->status;
}
