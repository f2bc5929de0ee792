/* SPDX-License-Identifier: Apache-2.0
 * Days against the feed's habit. Rows: the median of the same weekday in the weeks before, since on
 * Sundays a business is another one. Money: the average of a row against the days before, since
 * that is what stays the same whether there are ten rows or a thousand. Nothing here leaves the hub
 * as a number, so averages are compared as products and nothing is rounded. */
#include <config.h>

#include "store/habit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/mem.h"
#include "store/internal.h"

enum {
    WEEKS = 8,       /* weeks looked back */
    WEEKS_LEAST = 4, /* fewer are no habit */
    FEW_FLOOR = 20,  /* where a weekday has fewer rows, a quarter of them is chance */
    NONE_FLOOR = 5,  /* the same for no rows at all */
    MONEY_DAYS = 28, /* days looked back for money */
    MONEY_LEAST = 4,
    STEADY = 30, /* days that differ by more among themselves show nothing */
    JUMP_LOW = 400,
    JUMP_HIGH = 2500, /* "about a thousand", and the same times a thousand */
    METRICS = 16,
    LONGEST = 400 /* days judged at once, the newest */
};

/* What is stored of one metric on one day. */
struct amount {
    int64_t n, sum;
};

struct day_row {
    int64_t rows;
    bool is_accepted;
    struct amount money[METRICS];
};

struct habit {
    struct habit_rule rule;
    int32_t first; /* the day that days[0] is of */
    size_t n;
    struct day_row *days;
    size_t n_metrics;
    char *metrics[METRICS];
};

bool habit_is_watched(const struct schema_column *c)
{
    return c->agg == AGG_SUM && c->type == OMNI_MICROS;
}

/* ---- reading ---- */

static struct day_row *day_of(const struct habit *h, int32_t day)
{
    return day >= h->first && day < h->first + (int32_t)h->n ? &h->days[day - h->first] : NULL;
}

/* METRICS where there are too many: the others are not looked at. */
static size_t metric_of(struct habit *h, const char *name)
{
    for (size_t i = 0; i < h->n_metrics; i++)
        if (strcmp(h->metrics[i], name) == 0)
            return i;
    if (h->n_metrics == METRICS)
        return METRICS;
    h->metrics[h->n_metrics] = xstrdup(name);
    return h->n_metrics++;
}

static void take(struct habit *h, sqlite3_stmt *row)
{
    struct day_row *day = day_of(h, (int32_t)sqlite3_column_int64(row, 0));
    const char *metric = sql_text(row, 1);
    if (!day)
        return;
    if (strcmp(metric, HABIT_ROWS) == 0) {
        day->rows = sqlite3_column_int64(row, 2);
        day->is_accepted = sqlite3_column_int64(row, 4) != 0;
        return;
    }
    size_t i = metric_of(h, metric);
    if (i < METRICS)
        day->money[i] = (struct amount){sqlite3_column_int64(row, 2), sqlite3_column_int64(row, 3)};
}

static omni_status load(struct habit *h, struct store *s, struct err *err)
{
    auto_stmt *stmt = sql_prepare(s->db,
                                  "SELECT day, metric, n, sum, accepted FROM feed_days WHERE"
                                  " feed = ? AND day BETWEEN ? AND ?",
                                  err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "iii", h->rule.feed, (int64_t)h->first, (int64_t)h->first + (int64_t)h->n - 1);
    enum sql_step step;
    while ((step = sql_step(stmt, err)) == SQL_ROW)
        take(h, stmt);
    return step == SQL_DONE ? OMNI_OK : err->status;
}

static void drop(struct habit *h)
{
    for (size_t i = 0; i < h->n_metrics; i++)
        free(h->metrics[i]);
    free(h->days);
}

/* What was accepted is the habit from then on: days before it belong to another time. */
static int32_t begin_of(const struct habit *h, int32_t day)
{
    for (int32_t d = day - 1; d >= h->first; d--)
        if (day_of(h, d)->is_accepted)
            return d;
    return h->first;
}

/* ---- rows ---- */

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The same weekday in the weeks before, in order of size; weeks before the feed's first rows are
 * not there. */
static size_t weekday(const struct habit *h, int32_t day, int64_t out[WEEKS])
{
    size_t n = 0;
    int32_t begin = begin_of(h, day);
    for (size_t k = 0; k < WEEKS && day - 7 * ((int32_t)k + 1) >= begin; k++) {
        out[k] = day_of(h, day - 7 * ((int32_t)k + 1))->rows;
        n = out[k] > 0 ? k + 1 : n;
    }
    qsort(out, n, sizeof *out, compare);
    return n;
}

static bool is_few(const struct habit *h, int32_t day, char text[HABIT_TEXT])
{
    const struct habit_rule *rule = &h->rule;
    int64_t weeks[WEEKS], rows = day_of(h, day)->rows;
    char name[DAY_TEXT];
    size_t n = rule->few_permillion && day <= rule->few_to ? weekday(h, day, weeks) : 0;
    if (n < WEEKS_LEAST)
        return false;
    int64_t median = weeks[(n - 1) / 2];
    bool is_none = rows == 0 && weeks[0] > 0 && median >= NONE_FLOOR;
    if (!is_none &&
        (median < FEW_FLOOR || (__int128)rows * 1000000 >= (__int128)median * rule->few_permillion))
        return false;
    snprintf(text, HABIT_TEXT,
             "%s has %" PRId64 " row%s, where this weekday has %" PRId64
             " (median of %zu weeks); what came is stored",
             day_print(day, name), rows, rows == 1 ? "" : "s", median, n);
    return true;
}

/* ---- money ---- */

static __int128 size_of(__int128 v)
{
    return v < 0 ? -v : v;
}

/* a is about a thousand or a million times b: with which factor; 0: neither. */
static int64_t jump(__int128 a, __int128 b)
{
    for (int64_t scale = 1; scale <= 1000; scale *= 1000)
        if (a >= b * JUMP_LOW * scale && a <= b * JUMP_HIGH * scale)
            return scale * 1000;
    return 0;
}

/* The days before, added up. false: too few, or they differ too much among themselves. */
static bool usual(const struct habit *h, size_t metric, int32_t day, struct amount *out)
{
    int32_t begin = begin_of(h, day), n = 0;
    begin = begin > day - MONEY_DAYS ? begin : day - MONEY_DAYS;
    __int128 sum = 0, rows = 0;
    for (int32_t d = begin; d < day; d++) {
        const struct amount *m = &day_of(h, d)->money[metric];
        n += m->n > 0 && m->sum != 0;
        sum += m->sum != 0 ? size_of(m->sum) : 0;
        rows += m->sum != 0 ? m->n : 0;
    }
    if (n < MONEY_LEAST || sum > INT64_MAX || rows > INT64_MAX)
        return false;
    for (int32_t d = begin; d < day; d++) {
        const struct amount *m = &day_of(h, d)->money[metric];
        __int128 here = size_of(m->sum) * rows, all = sum * m->n;
        if (m->n > 0 && m->sum != 0 && (here > all * STEADY || all > here * STEADY))
            return false;
    }
    *out = (struct amount){(int64_t)rows, (int64_t)sum};
    return true;
}

static bool is_jump(const struct habit *h, int32_t day, char text[HABIT_TEXT])
{
    char name[DAY_TEXT];
    for (size_t i = 0; h->rule.watches_money && i < h->n_metrics; i++) {
        const struct amount *here = &day_of(h, day)->money[i];
        struct amount before;
        if (here->n <= 0 || here->sum == 0 || !usual(h, i, day, &before))
            continue;
        __int128 a = size_of(here->sum) * before.n, b = (__int128)before.sum * here->n;
        int64_t up = jump(a, b), factor = up ? up : jump(b, a);
        if (!factor)
            continue;
        snprintf(text, HABIT_TEXT,
                 "%s of %s is about %s of what a row had on the days before: was it sent in "
                 "another unit, or another currency? What came is stored",
                 h->metrics[i], day_print(day, name),
                 up               ? factor == 1000 ? "1,000 times" : "1,000,000 times"
                 : factor == 1000 ? "a thousandth"
                                  : "a millionth");
        return true;
    }
    return false;
}

/* ---- the verdict ---- */

static omni_status accept(struct store *s, int64_t feed, int32_t day, struct err *err)
{
    auto_stmt *stmt = sql_prepare(s->db,
                                  "INSERT INTO feed_days(feed, day, metric, n, sum, accepted)"
                                  " VALUES(?, ?, '" HABIT_ROWS "', 0, 0, 1)"
                                  " ON CONFLICT(feed, day, metric) DO UPDATE SET accepted = 1",
                                  err);
    if (!stmt)
        return err->status;
    sql_bind(stmt, "ii", feed, (int64_t)day);
    return sql_run(stmt, err);
}

static omni_status judge_days(struct habit *h, struct store *s, struct habit_verdict *v,
                              struct err *err)
{
    for (int32_t day = h->rule.from; day <= h->rule.to; day++) {
        if (day_of(h, day)->is_accepted)
            continue;
        v->doubt = is_few(h, day, v->text)    ? HABIT_FEW
                   : is_jump(h, day, v->text) ? HABIT_JUMP
                                              : HABIT_FINE;
        if (v->doubt == HABIT_FINE)
            continue;
        if (!h->rule.accepts)
            return OMNI_OK;
        if (accept(s, h->rule.feed, day, err) != OMNI_OK)
            return err->status;
        day_of(h, day)->is_accepted = true;
        v->doubt = HABIT_FINE;
    }
    return OMNI_OK;
}

omni_status habit_judge(struct store *s, const struct habit_rule *rule, struct habit_verdict *v,
                        struct err *err)
{
    struct habit h = {.rule = *rule};
    *v = (struct habit_verdict){.doubt = HABIT_FINE};
    if (rule->to < rule->from)
        return OMNI_OK;
    if (rule->to - rule->from >= LONGEST)
        h.rule.from = rule->to - LONGEST + 1;
    h.first = h.rule.from - 7 * WEEKS;
    h.n = (size_t)(rule->to - h.first) + 1;
    h.days = xcalloc(h.n, sizeof *h.days);
    omni_status status = load(&h, s, err);
    if (status == OMNI_OK)
        status = judge_days(&h, s, v, err);
    drop(&h);
    return status;
}
