/* SPDX-License-Identifier: Apache-2.0
 * hub/combine/own.c: the admin's SQL: what is refused, which types come out, when it is computed.
 */
#include <config.h>

#include "fixture.h"

#include "combine/combine.h"

#define SALE(date, item, n, net) date, item, "EUR", n, net, "x", NULL
static const char *const rows[] = {SALE("2026-01-01", "a", "1", "1000000"),
                                   SALE("2026-01-01", "b", "2", "2500000"),
                                   SALE("2026-01-02", "a", "3", NULL), END};
static const char *const by_date[] = {"date", NULL};
static const char *const by_item[] = {"item", NULL};

static void put(struct fixture *f, const char *const *values)
{
    struct store_window w = {.dataset = schema_find(f->schema, "sales"),
                             .sync = OMNI_WINDOW,
                             .from_day = fixture_day("2026-01-01"),
                             .to_day = fixture_day("2026-01-31")};
    assert_int_equal(fixture_apply(f, w, values, NULL), OMNI_OK);
}

static struct combine *load(struct fixture *f, const struct combine_own *own, size_t n)
{
    struct combine *c = combine_new(
        f->store, &(struct combine_setup){.own = own, .n_own = n, .currency = "EUR"}, &f->err);
    if (!c)
        fail_msg("%s", f->err.text);
    return c;
}

static void types_follow_from_origin_name_and_values(void **state)
{
    (void)state;
    struct combine_own own = {.name = "per_day",
                              .key = by_date,
                              .file = "x.conf",
                              .line = 3,
                              .sql = "SELECT sum(n) AS pieces, date, sum(net) AS net, max(item) AS"
                                     " top, avg(n) AS mean FROM sales GROUP BY date; "};
    struct fixture *f = fixture_new(NULL, "sales");
    put(f, rows);
    struct combine *c = load(f, &own, 1);
    struct combine_result r;
    assert_int_equal(combine_run(c, &r, &f->err), OMNI_OK);
    const struct schema_dataset *d = combine_at(c, 0);
    static const uint32_t types[] = {OMNI_DATE, OMNI_INT, OMNI_MICROS, OMNI_TEXT, OMNI_REAL};
    assert_int_equal(d->n_columns, 5);
    assert_int_equal(d->n_keys, 1);
    assert_true(d->day_keyed);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(d->columns[i].type, types[i]);
    assert_asked(f, "SELECT * FROM per_day",
                 "2026-01-01|3|3500000|b|1.5\n2026-01-02|3|NULL|a|3.0\n");
    assert_int_equal(r.rows, 2);
    assert_int_equal(combine_run(c, &r, &f->err), OMNI_OK);
    assert_int_equal(r.datasets, 0);
    combine_free(c);
    /* Another process knows the types without computing. */
    c = load(f, &own, 1);
    assert_int_equal(combine_at(c, 0)->columns[4].type, OMNI_REAL);
    combine_free(c);
    /* Nobody defines it any more. */
    c = load(f, NULL, 0);
    assert_int_equal(combine_run(c, &r, &f->err), OMNI_OK);
    combine_free(c);
    assert_asked(f, "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%per_day'", "0\n");
    fixture_free(f);
}

static void one_may_read_another_and_changes_pass_through(void **state)
{
    (void)state;
    static const char *const more[] = {SALE("2026-01-01", "a", "9", "1000000"), END};
    const struct combine_own own[] = {
        {.name = "first", .key = by_item, .sql = "SELECT item, sum(n) AS n FROM sales GROUP BY 1"},
        {.name = "second", .key = by_item, .sql = "SELECT item, n * 2 AS n FROM first -- twice"}};
    struct fixture *f = fixture_new(NULL, "sales");
    struct combine_result r;
    struct combine *c = load(f, own, 2);
    assert_int_equal(combine_run(c, &r, &f->err), OMNI_OK);
    put(f, rows);
    assert_int_equal(combine_run(c, &r, &f->err), OMNI_OK);
    assert_int_equal(r.datasets, 2);
    assert_asked(f, "SELECT * FROM second", "a|8\nb|4\n");
    put(f, more);
    assert_int_equal(combine_run(c, &r, &f->err), OMNI_OK);
    assert_asked(f, "SELECT * FROM second", "a|18\n");
    combine_free(c);
    fixture_free(f);
}

static void bad_sql_is_refused_with_its_place(void **state)
{
    (void)state;
    static const char *const no_key[] = {NULL};
    static const struct {
        struct combine_own own;
        const char *says;
    } cases[] = {
        {{.name = "x", .key = by_item, .sql = "SELEC 1"}, "syntax"},
        {{.name = "x", .key = by_item, .sql = "SELECT nothing FROM sales"}, "nothing"},
        {{.name = "x", .key = by_item, .sql = "DELETE FROM d_sales"}, "only read"},
        {{.name = "x", .key = by_item, .sql = "SELECT item FROM sales; DELETE FROM d_sales"},
         "one SELECT"},
        {{.name = "x", .key = by_item, .sql = "PRAGMA user_version = 9"}, "only read"},
        {{.name = "x", .key = by_item, .sql = "SELECT sum(n) FROM sales"}, "plain name"},
        {{.name = "x", .key = by_item, .sql = "SELECT n FROM sales"}, "\"item\" is not"},
        {{.name = "x", .key = no_key, .sql = "SELECT n FROM sales"}, "no key"},
        {{.name = "sales", .key = by_item, .sql = "SELECT item FROM sales"}, "already"},
        {{.name = "Sales", .key = by_item, .sql = "SELECT item FROM sales"}, "already"},
        {{.name = "outbox", .key = by_item, .sql = "SELECT item FROM sales"}, "a table of"},
        {{.name = "Feed_Days", .key = by_item, .sql = "SELECT item FROM sales"}, "a table of"},
        {{.name = "combined", .key = by_item, .sql = "SELECT item FROM sales"}, "a table of"},
        {{.name = "d_sales", .key = by_item, .sql = "SELECT item FROM sales"}, "a table of"},
        {{.name = "days", .key = by_item, .sql = "SELECT item FROM sales"}, "a table of"},
        {{.name = "added", .key = by_item, .sql = "SELECT item FROM sales"}, "a table of"},
        {{.name = "sqlite_x", .key = by_item, .sql = "SELECT item FROM sales"}, "a table of"},
        {{.name = "x", .key = by_item, .sql = "SELECT item, n AS Item FROM sales"}, "two columns"},
        {{.name = "a b", .key = by_item, .sql = "SELECT item FROM sales"}, "cannot be"},
    };
    struct fixture *f = fixture_new(NULL, "sales");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct combine_own own = cases[i].own;
        own.file = "my.conf";
        own.line = 7;
        assert_null(
            combine_new(f->store, &(struct combine_setup){.own = &own, .n_own = 1}, &f->err));
        assert_int_equal(f->err.status, OMNI_E_CONFIG);
        if (!strstr(f->err.text, cases[i].says) || !strstr(f->err.text, "my.conf:7"))
            fail_msg("%s: %s", cases[i].own.sql, f->err.text);
    }
    fixture_free(f);
}

static void bad_rows_keep_the_old_ones_and_do_not_stop_others(void **state)
{
    (void)state;
    const struct combine_own own[] = {
        {.name = "twice", .key = by_item, .sql = "SELECT item FROM sales"},
        {.name = "mixed",
         .key = by_date,
         .sql = "SELECT date, CASE date WHEN '2026-01-01' THEN 1"
                " ELSE 'x' END AS v FROM sales GROUP BY date"},
        {.name = "fine", .key = by_item, .sql = "SELECT DISTINCT item FROM sales"}};
    struct fixture *f = fixture_new(NULL, "sales");
    struct combine_result r;
    struct combine *c = load(f, own, 3);
    put(f, rows);
    assert_int_equal(combine_run(c, &r, &f->err), OMNI_E_DATA);
    assert_non_null(strstr(f->err.text, "two rows with one key"));
    assert_asked(f, "SELECT count(*) FROM twice", "0\n");
    assert_asked(f, "SELECT count(*) FROM mixed", "0\n");
    assert_asked(f, "SELECT item FROM fine", "a\nb\n");
    combine_free(c);
    fixture_free(f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(types_follow_from_origin_name_and_values),
    cmocka_unit_test(one_may_read_another_and_changes_pass_through),
    cmocka_unit_test(bad_sql_is_refused_with_its_place),
    cmocka_unit_test(bad_rows_keep_the_old_ones_and_do_not_stop_others),
};

UNIT_MAIN(tests)
