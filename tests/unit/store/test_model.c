/* SPDX-License-Identifier: Apache-2.0
 * store_apply() against a model of it: windows of random rows, and after each the rows, the counts,
 * the marked days, the restatements and the sums kept by day are what the model says. OMNI_SEED=N
 * gives other rows. */
#include <config.h>

#include "fixture.h"

enum {
    DAYS = 6,
    ITEMS = 4,
    KEYS = DAYS * ITEMS,
    PARTS = 3,
    STEPS = 120,
    CELLS = 8, /* of a row of either dataset, with `extra`; at most */
    NOTHING = -1
};

/* What is stored under each key; by day and item, or by item alone. */
struct row {
    bool is_there;
    int day, n, part; /* n: NOTHING is NULL */
};

struct model {
    struct fixture *f;
    const struct schema_dataset *dataset;
    uint32_t sync;
    bool is_day_keyed;
    struct row rows[KEYS];
    uint64_t version; /* of the changes that were looked at */
    int64_t restatement;
    uint64_t random;
};

struct step {
    int from, to, part, history; /* history: days before it stay */
    struct row rows[KEYS + 1];
    int keys[KEYS + 1];
    int n;
    bool has_twice;
};

static int below(struct model *m, int n)
{
    m->random ^= m->random << 13;
    m->random ^= m->random >> 7;
    m->random ^= m->random << 17;
    return (int)(m->random % (uint64_t)n);
}

static const char *const days[DAYS] = {"2026-01-01", "2026-01-02", "2026-01-03",
                                       "2026-01-04", "2026-01-05", "2026-01-06"};

static int n_keys(const struct model *m)
{
    return m->is_day_keyed ? KEYS : ITEMS;
}

/* ---- a step ---- */

static void add_row(struct step *s, int key, struct row row)
{
    for (int i = 0; i < s->n; i++)
        s->has_twice |= s->keys[i] == key;
    s->keys[s->n] = key;
    s->rows[s->n++] = row;
}

static void think_up(struct model *m, struct step *s)
{
    *s = (struct step){.part = m->sync == OMNI_PARTS ? 1 + below(m, PARTS) : 0};
    s->from = below(m, DAYS);
    s->to = s->from + below(m, DAYS - s->from);
    s->history = below(m, 4) == 0 ? below(m, DAYS) : 0;
    int first = below(m, n_keys(m)), stride = 2 * below(m, n_keys(m) / 2) + 1;
    for (int i = 0; i < n_keys(m); i++) {
        int key = (first + i * stride) % n_keys(m);
        int day = m->is_day_keyed ? key / ITEMS : below(m, DAYS);
        bool is_outside = m->sync == OMNI_WINDOW && (day < s->from || day > s->to);
        bool is_known = false;
        for (int j = 0; j < s->n; j++)
            is_known |= s->keys[j] == key;
        if (!is_known && !is_outside && below(m, 3) > 0)
            add_row(s, key, (struct row){true, day, below(m, 4) - 1, s->part});
    }
    if (s->n > 0 && below(m, 8) == 0)
        add_row(s, s->keys[0], (struct row){true, s->rows[0].day, below(m, 4) - 1, s->part});
}

static omni_status apply(struct model *m, const struct step *s, struct store_result *r)
{
    static const char *const items[ITEMS] = {"a", "b", "c", "d"};
    static const char *const numbers[] = {NULL, "0", "1", "2"};
    const char *texts[(KEYS + 1) * CELLS + 1], *const *end = texts;
    size_t at = 0;
    for (int i = 0; i < s->n; i++) {
        const char *item = items[s->keys[i] % ITEMS], *day = days[s->rows[i].day];
        const char *n = numbers[s->rows[i].n + 1];
        const char *sale[] = {day, item, "EUR", n, n, "x", NULL};
        const char *bill[] = {item, NULL, day, "EUR", n, NULL};
        size_t width = m->dataset->n_columns + 1;
        memcpy(texts + at, m->is_day_keyed ? sale : bill, width * sizeof *texts);
        at += width;
    }
    texts[at] = END;
    char part[] = {(char)('0' + s->part), '\0'};
    return fixture_apply(m->f,
                         (struct store_window){.dataset = m->dataset,
                                               .sync = m->sync,
                                               .from_day = fixture_day(days[s->from]),
                                               .to_day = fixture_day(days[s->to]),
                                               .part = s->part ? part : NULL,
                                               .history_from = fixture_day(days[s->history])},
                         end, r);
}

/* ---- what the model says ---- */

static bool is_replaced(const struct model *m, const struct step *s, const struct row *row)
{
    if (!row->is_there || row->day < s->history)
        return false;
    if (m->sync == OMNI_WINDOW)
        return row->day >= s->from && row->day <= s->to;
    if (m->sync == OMNI_PARTS)
        return row->part == s->part;
    bool holds_day = !m->is_day_keyed;
    for (int i = 0; i < s->n; i++)
        holds_day |= s->rows[i].day == row->day;
    return m->sync == OMNI_SNAPSHOT && holds_day;
}

static void expect(const struct model *m, const struct step *s, struct row *after)
{
    memcpy(after, m->rows, sizeof m->rows);
    for (int key = 0; key < n_keys(m); key++)
        after[key].is_there &= !is_replaced(m, s, &after[key]);
    for (int i = 0; i < s->n; i++) {
        const struct row *old = &m->rows[s->keys[i]];
        if (!old->is_there || old->day >= s->history)
            after[s->keys[i]] = s->rows[i];
    }
}

static bool is_same(const struct row *a, const struct row *b)
{
    return a->is_there == b->is_there && (!a->is_there || (a->day == b->day && a->n == b->n));
}

static void check_counts(const struct model *m, const struct row *after,
                         const struct store_result *r)
{
    uint64_t inserted = 0, removed = 0, changed = 0;
    for (int key = 0; key < n_keys(m); key++) {
        const struct row *a = &m->rows[key], *b = &after[key];
        inserted += !a->is_there && b->is_there;
        removed += a->is_there && !b->is_there;
        changed += a->is_there && b->is_there && !is_same(a, b);
    }
    assert_int_equal(r->inserted, inserted);
    assert_int_equal(r->removed, removed);
    /* A row that comes twice may change twice and be as before. */
    if (m->sync != OMNI_CURSOR)
        assert_int_equal(r->changed, changed);
}

static void check_rows(const struct model *m, const struct row *after)
{
    auto_buf wanted = BUF_INIT(1 << 16);
    int64_t n = 0;
    for (int key = 0; key < n_keys(m); key++) {
        const struct row *row = &after[key];
        if (!row->is_there)
            continue;
        n++;
        buf_printf(&wanted, "%s|%c|", days[row->day], 'a' + key % ITEMS);
        buf_printf(&wanted, row->n == NOTHING ? "NULL\n" : "%d\n", row->n);
    }
    assert_asked(m->f,
                 m->is_day_keyed ? "SELECT date, item, net FROM d_sales ORDER BY 1, 2"
                                 : "SELECT date, id, net FROM d_bills ORDER BY 2",
                 buf_text(&wanted));
    auto_free char *count = xasprintf("%" PRId64 "\n", n);
    assert_asked(m->f, "SELECT rows FROM feeds", count);
}

/* The sums that windows move are those that the rows have. */
static void check_feed_days(const struct model *m)
{
    auto_free char *kept =
        fixture_ask(m->f, "SELECT day, metric, n, sum FROM feed_days WHERE n <> 0 OR sum <> 0"
                          " ORDER BY 1, 2");
    auto_free char *sql =
        xasprintf("WITH r AS (SELECT strftime('%%s', date) / 86400 AS day, net FROM d_%s)"
                  " SELECT day, '' AS metric, count(*), 0 FROM r GROUP BY 1 UNION ALL"
                  " SELECT day, 'net', count(net), coalesce(sum(net), 0) FROM r GROUP BY 1"
                  " HAVING count(net) > 0 ORDER BY 1, 2",
                  m->dataset->name);
    assert_asked(m->f, sql, kept);
}

static void check_marks(struct model *m, const struct row *after)
{
    bool wanted[DAYS] = {0}, got[DAYS] = {0};
    for (int key = 0; key < n_keys(m); key++) {
        if (is_same(&m->rows[key], &after[key]))
            continue;
        wanted[m->rows[key].day] |= m->rows[key].is_there;
        wanted[after[key].day] |= after[key].is_there;
    }
    uint32_t n = 0;
    auto_free struct changes_day *marks =
        changes_since(m->f->store, m->dataset->name, m->version, &n, &m->f->err);
    for (uint32_t i = 0; i < n; i++) {
        got[marks[i].day - fixture_day(days[0])] = true;
        m->version = marks[i].version;
    }
    for (int day = 0; day < DAYS; day++)
        assert_true(got[day] == wanted[day] || (m->sync == OMNI_CURSOR && got[day]));
}

struct day_sum {
    int rows, values, sum;
};

static struct day_sum sum_of(const struct model *m, const struct row *rows, int day)
{
    struct day_sum sum = {0};
    for (int key = 0; key < n_keys(m); key++) {
        const struct row *row = &rows[key];
        if (!row->is_there || row->day != day)
            continue;
        sum.rows++;
        sum.values += row->n != NOTHING;
        sum.sum += row->n != NOTHING ? row->n : 0;
    }
    return sum;
}

static void add_sum(struct buf *b, struct day_sum sum)
{
    buf_printf(b, sum.values ? "|%d" : "|NULL", sum.sum);
}

/* Days that had rows, and now have another sum. */
static void check_restatements(struct model *m, const struct row *after)
{
    auto_buf wanted = BUF_INIT(1 << 16);
    for (int day = 0; m->sync == OMNI_WINDOW && day < DAYS; day++) {
        struct day_sum was = sum_of(m, m->rows, day), is = sum_of(m, after, day);
        if (was.rows == 0 || (was.sum == is.sum && !was.values == !is.values))
            continue;
        buf_adds(&wanted, days[day]);
        add_sum(&wanted, was);
        add_sum(&wanted, is);
        buf_addc(&wanted, '\n');
    }
    auto_free char *sql = xasprintf("SELECT day, old, new FROM restatements WHERE metric = 'net'"
                                    " AND id > %" PRId64 " ORDER BY day",
                                    m->restatement);
    if (m->sync != OMNI_PARTS)
        assert_asked(m->f, sql, buf_text(&wanted));
    auto_free char *newest = fixture_ask(m->f, "SELECT coalesce(max(id), 0) FROM restatements");
    assert_int_equal(sscanf(newest, "%" SCNd64, &m->restatement), 1);
}

/* ---- all steps ---- */

static void walk(struct model *m)
{
    for (int i = 0; i < STEPS; i++) {
        struct step step;
        struct store_result r = {0};
        struct row after[KEYS];
        think_up(m, &step);
        bool is_refused = step.has_twice && m->sync != OMNI_CURSOR;
        assert_int_equal(apply(m, &step, &r), is_refused ? OMNI_E_DATA : OMNI_OK);
        memcpy(after, m->rows, sizeof after);
        if (!is_refused) {
            expect(m, &step, after);
            check_counts(m, after, &r);
        }
        check_rows(m, after);
        check_feed_days(m);
        check_marks(m, after);
        check_restatements(m, after);
        memcpy(m->rows, after, sizeof after);
    }
}

static void windows_do_what_the_model_does(void **state)
{
    (void)state;
    static const struct {
        const char *dataset;
        uint32_t sync;
    } cases[] = {{"sales", OMNI_WINDOW},   {"sales", OMNI_CURSOR}, {"sales", OMNI_SNAPSHOT},
                 {"sales", OMNI_PARTS},    {"bills", OMNI_WINDOW}, {"bills", OMNI_CURSOR},
                 {"bills", OMNI_SNAPSHOT}, {"bills", OMNI_PARTS}};
    const char *seed = getenv("OMNI_SEED");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct model m = {.f = fixture_new(NULL, cases[i].dataset), .sync = cases[i].sync};
        m.random = 0x9e3779b97f4a7c15U + i + (seed ? (uint64_t)strtoll(seed, NULL, 10) * 1000 : 0);
        m.dataset = schema_find(m.f->schema, cases[i].dataset);
        m.is_day_keyed = m.dataset->day_keyed;
        walk(&m);
        fixture_free(m.f);
    }
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(windows_do_what_the_model_does)};

UNIT_MAIN(tests)
