/* SPDX-License-Identifier: Apache-2.0
 * As many orders as the real purchase history that the file source is tried on: 69,659 of them on
 * 546 days; the sum over channel_daily is the sum over orders, to the micro, and the work grows
 * with the days that changed. */
#include <config.h>

#include "fixture.h"

#include "combine/combine.h"

enum { ORDERS = 69659, SPAN = 546 };

static int64_t net_of(int i)
{
    return ((int64_t)i * 7919 % 12000 + 100) * 10000 + i % 3;
}

static void apply_orders(struct fixture *f, const char *part, int from, int to)
{
    const struct schema_dataset *d = schema_find(f->schema, "orders");
    struct spool *spool = spool_new(f->dir, (uint32_t)d->n_columns + 1, 1 << 20);
    int32_t first = fixture_day("1997-01-01");
    for (int i = from; i < to; i++) {
        char id[16];
        int n = snprintf(id, sizeof id, "%d", i);
        struct omni_cell cells[64] = {{.type = OMNI_NULL}};
        cells[schema_column(d, "account_id")] = fixture_cell(OMNI_TEXT, "");
        cells[schema_column(d, "order_id")] =
            (struct omni_cell){.type = OMNI_TEXT, .len = (uint32_t)n, .v.s = id};
        cells[schema_column(d, "date")] =
            (struct omni_cell){.type = OMNI_DATE, .v.i = first + i % SPAN};
        cells[schema_column(d, "currency")] = fixture_cell(OMNI_TEXT, "USD");
        cells[schema_column(d, "net")] = (struct omni_cell){.type = OMNI_MICROS, .v.i = net_of(i)};
        assert_int_equal(spool_add(spool, cells, &f->err), OMNI_OK);
    }
    struct store_window w = {.dataset = d,
                             .sync = OMNI_PARTS,
                             .part = part,
                             .feed = f->feed,
                             .run = f->run,
                             .history_from = INT32_MIN};
    struct store_result r;
    if (store_apply(f->store, &w, &spool, 1, &r, &f->err) != OMNI_OK)
        fail_msg("%s", f->err.text);
    spool_free(spool);
}

static void sums_are_exact(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(TEST_SRCDIR "/conf/schema", "orders");
    struct combine_result r;
    struct combine *c = combine_new(
        f->store,
        &(struct combine_setup){.dir = TEST_SRCDIR "/conf/schema/combined", .currency = "USD"},
        &f->err);
    if (!c)
        fail_msg("%s", f->err.text);
    apply_orders(f, "purchases.txt", 0, ORDERS);
    assert_int_equal(combine_run(c, &r, &f->err), OMNI_OK);
    assert_int_equal(r.days, SPAN);
    int64_t sum = 0;
    for (int i = 0; i < ORDERS; i++)
        sum += net_of(i);
    auto_free char *expected =
        xasprintf("%d|%d|1997-01-01|1998-06-30|%lld\n", SPAN, ORDERS, (long long)sum);
    assert_asked(f,
                 "SELECT count(*), sum(orders), min(date), max(date), sum(revenue)"
                 " FROM channel_daily",
                 expected);
    assert_asked(f,
                 "SELECT (SELECT sum(net) FROM orders) - (SELECT sum(revenue) FROM"
                 " channel_daily)",
                 "0\n");
    apply_orders(f, "late.txt", ORDERS, ORDERS + 2);
    assert_int_equal(combine_run(c, &r, &f->err), OMNI_OK);
    assert_int_equal(r.days, 2);
    combine_free(c);
    fixture_free(f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sums_are_exact),
};

UNIT_MAIN(tests)
