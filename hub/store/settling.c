/* SPDX-License-Identifier: Apache-2.0
 * How long a feed's days really go on changing. */
#include <config.h>

#include "store/settling.h"

#include <stdio.h>

#include "base/day.h"
#include "base/exact.h"
#include "base/mem.h"
#include "schema/schema.h"
#include "store/internal.h"
#include "store/ledger_rows.h"

const int32_t settling_ages[SETTLING_AGES] = {1, 2, 3, 7, 14, 28};

/* Of a restatement: how old its day was, and by how many thousandths the value changed. What
 * appears or vanishes changed wholly. A column of integers cannot overflow into a float here: the
 * difference is taken of halves. */
#define AGE    "(r.at / 86400000000 - CAST(strftime('%s', r.day) AS INTEGER) / 86400)"
#define LARGER "max(abs(coalesce(r.old, 0) / 2), abs(coalesce(r.new, 0) / 2), 1)"
#define PERMILLE                                                                                   \
    "(abs(coalesce(r.new, 0) / 2 - coalesce(r.old, 0) / 2) / max(" LARGER " / 1000, 1))"

omni_status settling_measure(struct store *s, int64_t feed, struct settling *out, struct err *err)
{
    int64_t age = 0, first = 0, now = day_now();
    *out = (struct settling){0};
    auto_stmt *oldest = sql_prepare(s->db,
                                    "SELECT max(" AGE ") FROM restatements r WHERE r.feed = ?"
                                    " AND r.at > ? AND " PERMILLE " >= 1",
                                    err);
    auto_stmt *begin = oldest ? sql_prepare(s->db,
                                            "SELECT r.started FROM runs r JOIN feeds f ON"
                                            " f.id = ? WHERE r.kind = 'pull' AND r.connector ="
                                            " f.connector AND r.stream = f.stream AND r.account ="
                                            " f.account AND r.outcome = 'ok' ORDER BY r.id LIMIT 1",
                                            err)
                              : NULL;
    if (!begin)
        return err->status;
    sql_bind(oldest, "ii", feed, now - SETTLING_LOOK_DAYS * TIME_DAY);
    sql_bind(begin, "i", feed);
    if (sql_int(oldest, 0, &age, err) != OMNI_OK || sql_int(begin, now, &first, err) != OMNI_OK)
        return err->status;
    out->watched_days = (int32_t)((now - first) / TIME_DAY);
    for (size_t i = 0; i < SETTLING_AGES && age > 0 && out->moves_days < age; i++)
        out->moves_days = settling_ages[i];
    if (out->moves_days < age)
        out->moves_days = (int32_t)age;
    return OMNI_OK;
}

omni_status settling_keep(struct store *s, int64_t feed, int32_t moves_days, struct err *err)
{
    /* Most pulls change nothing, and need no write lock then. */
    int64_t n = 0;
    auto_stmt *same =
        sql_prepare(s->db, "SELECT count(*) FROM feeds WHERE id = ? AND moves_days IS ?", err);
    if (!same)
        return err->status;
    sql_bind(same, "ii", feed, (int64_t)moves_days);
    /* Not err->status, which may still speak of what went before. */
    omni_status status = sql_int(same, 0, &n, err);
    if (status != OMNI_OK || n > 0)
        return status;
    auto_stmt *stmt = sql_prepare(s->db, "UPDATE feeds SET moves_days = ?2 WHERE id = ?1", err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "ii", feed, (int64_t)moves_days);
    return sql_run(stmt, err);
}

/* ---- drift ---- */

static const char *number(const struct schema_dataset *d, sqlite3_stmt *row, int column,
                          char text[EXACT_TEXT])
{
    int metric = d ? schema_column(d, sql_text(row, 2)) : -1;
    bool is_micros = metric >= 0 && d->columns[metric].type == OMNI_MICROS;
    if (sqlite3_column_type(row, column) == SQLITE_NULL)
        return "nothing";
    if (is_micros)
        return exact_print(sqlite3_column_int64(row, column), text);
    snprintf(text, EXACT_TEXT, "%lld", (long long)sqlite3_column_int64(row, column));
    return text;
}

omni_status settling_drift(struct store *s, const struct settling_question *q,
                           char text[SETTLING_TEXT], struct err *err)
{
    char old[EXACT_TEXT], new[EXACT_TEXT];
    auto_stmt *stmt =
        sql_prepare(s->db,
                    "SELECT r.day, r.dataset, r.metric, r.old, r.new, " AGE ", " PERMILLE
                    " AS size FROM restatements r WHERE r.run = ?1 AND r.feed = ?2 AND r.at >="
                    /* A clock may be set back while it runs. */
                    " (SELECT started - 86400000000 FROM runs WHERE id = ?1) AND " AGE
                    " > ?3 AND " PERMILLE " >= ?4 ORDER BY size DESC LIMIT 1",
                    err);
    *text = '\0';
    if (!stmt)
        return err->status;
    sql_bind(stmt, "iiii", q->run, q->feed, (int64_t)q->age, q->permille);
    enum sql_step step = sql_step(stmt, err);
    if (step != SQL_ROW)
        return step == SQL_DONE ? OMNI_OK : err->status;
    const struct schema_dataset *d = schema_find(s->schema, sql_text(stmt, 1));
    int64_t size = sqlite3_column_int64(stmt, 6);
    snprintf(text, SETTLING_TEXT,
             "%s of %s, %lld days old, changed from %s to %s (%lld.%lld %%), though days of that "
             "age were taken as settled",
             sql_text(stmt, 2), sql_text(stmt, 0), (long long)sqlite3_column_int64(stmt, 5),
             number(d, stmt, 3, old), number(d, stmt, 4, new), (long long)(size / 10),
             (long long)(size % 10));
    return OMNI_OK;
}

/* ---- for people ---- */

json_t *settling_list(struct store *s, const char *connector, struct err *err)
{
    auto_stmt *stmt = sql_prepare(
        s->db,
        "WITH r AS (SELECT r.feed, r.day, " AGE " AS age, " PERMILLE " AS size FROM restatements r"
        " WHERE r.at > ?2) SELECT f.connector AS connector, f.stream AS stream,"
        " f.account AS account, CASE WHEN age <= 1 THEN '1' WHEN age <= 2 THEN '2'"
        " WHEN age <= 3 THEN '3' WHEN age <= 7 THEN '7' WHEN age <= 14 THEN '14'"
        " WHEN age <= 28 THEN '28' ELSE 'older' END AS age, count(DISTINCT r.day) AS days,"
        " count(*) AS changes, max(size) AS largest_permille FROM r JOIN feeds f ON f.id = r.feed"
        " WHERE ?1 IS NULL OR f.connector = ?1 GROUP BY 1, 2, 3, 4"
        " ORDER BY 1, 2, 3, min(r.age)",
        err);
    if (!stmt)
        return NULL;
    sql_bind(stmt, "si", connector, day_now() - SETTLING_LOOK_DAYS * TIME_DAY);
    return ledger_rows(stmt, NULL, NULL, err);
}
