/* SPDX-License-Identifier: Apache-2.0
 * hub/store/spool.c, spool_cell.c, rowset.c: rows in memory and in the file read back the same,
 * going back drops rows; sets of rowids. */
#include <config.h>

#include "fixture.h"

#include "store/rowset.h"
#include "store/spool.h"
#include "store/spool_cell.h"

enum { ROWS = 5000 };

static void add_row(struct spool *s, int i)
{
    struct err err;
    char text[4000];
    memset(text, 'a' + i % 26, sizeof text);
    uint32_t len = i % 97 == 0 ? (uint32_t)sizeof text : (uint32_t)i % 50;
    struct omni_cell cells[3] = {{.type = OMNI_INT, .v.i = (int64_t)i * -7},
                                 {.type = OMNI_TEXT, .len = len, .v.s = len ? text : NULL},
                                 {.type = i % 3 ? OMNI_NULL : OMNI_REAL, .v.r = i / 4.0}};
    assert_int_equal(spool_add(s, cells, &err), OMNI_OK);
}

static void check_rows(struct spool *s, int n)
{
    struct err err;
    const struct omni_cell *cells;
    assert_int_equal(spool_rows(s), n);
    assert_int_equal(spool_first(s, &err), OMNI_OK);
    for (int i = 0; i < n; i++) {
        assert_int_equal(spool_next(s, &cells, &err), OMNI_OK);
        assert_non_null(cells);
        assert_int_equal(cells[0].v.i, (int64_t)i * -7);
        assert_int_equal(cells[1].len, i % 97 == 0 ? 4000 : i % 50);
        for (uint32_t c = 0; c < cells[1].len; c += 7)
            assert_int_equal(cells[1].v.s[c], 'a' + i % 26);
        assert_int_equal(cells[2].type, i % 3 ? OMNI_NULL : OMNI_REAL);
    }
    assert_int_equal(spool_next(s, &cells, &err), OMNI_OK);
    assert_null(cells);
}

static void rows_come_back_from_memory_and_file(void **state)
{
    (void)state;
    static const size_t memories[] = {1, 1000, 70000, 1 << 24};
    for (size_t m = 0; m < ARRAY_LEN(memories); m++) {
        struct spool *s = spool_new("/tmp", 3, memories[m]);
        for (int i = 0; i < ROWS; i++)
            add_row(s, i);
        check_rows(s, ROWS);
        check_rows(s, ROWS);
        spool_free(s);
    }
}

/* Every type, at the edges of what a number takes and of what a head can say. */
static void cells_come_back_exactly(void **state)
{
    (void)state;
    static const uint32_t types[] = {OMNI_BOOL, OMNI_INT, OMNI_DATE, OMNI_TIME, OMNI_MICROS};
    static const uint32_t lens[] = {0, 1, 30, 31, 32, 70000};
    static const double reals[] = {0, -0.0, 1, -1.5, 5e-324, 1.7976931348623157e308};
    char text[70000];
    memset(text, 'x', sizeof text);
    unsigned char tape[sizeof text + 64], *end;
    struct omni_cell back;
    for (unsigned bit = 0; bit < 64; bit++) {
        for (int64_t d = -2; d <= 2; d++) {
            uint64_t bits = (UINT64_C(1) << bit) + (uint64_t)d;
            struct omni_cell cell = {.type = types[bit % ARRAY_LEN(types)], .v.i = (int64_t)bits};
            end = spool_cell_write(tape, &cell);
            assert_true((size_t)(end - tape) <= spool_cell_most(&cell));
            assert_ptr_equal(spool_cell_read(tape, &back), end);
            assert_int_equal(back.type, cell.type);
            assert_true(back.v.i == cell.v.i);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(reals); i++) {
        struct omni_cell cell = {.type = OMNI_REAL, .v.r = reals[i]};
        end = spool_cell_write(tape, &cell);
        assert_ptr_equal(spool_cell_read(tape, &back), end);
        assert_memory_equal(&back.v.r, &reals[i], sizeof reals[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
        struct omni_cell cell = {.type = OMNI_TEXT, .len = lens[i], .v.s = text};
        end = spool_cell_write(tape, &cell);
        assert_true((size_t)(end - tape) <= spool_cell_most(&cell));
        assert_ptr_equal(spool_cell_read(tape, &back), end);
        assert_int_equal(back.len, lens[i]);
        assert_memory_equal(back.v.s, text, lens[i]);
    }
    end = spool_cell_write(tape, &(struct omni_cell){.type = OMNI_NULL});
    assert_ptr_equal(spool_cell_read(tape, &back), end);
    assert_int_equal(back.type, OMNI_NULL);
}

static void going_back_drops_what_came_after(void **state)
{
    (void)state;
    static const size_t memories[] = {1, 70000, 1 << 24};
    struct err err;
    for (size_t m = 0; m < ARRAY_LEN(memories); m++) {
        struct spool *s = spool_new("/tmp", 3, memories[m]);
        for (int i = 0; i < 700; i++)
            add_row(s, i);
        struct spool_mark mark = spool_mark(s);
        for (int i = 0; i < ROWS; i++)
            add_row(s, i * 3);
        struct spool_mark far = spool_mark(s);
        assert_int_equal(spool_rewind_to(s, mark, &err), OMNI_OK);
        for (int i = 700; i < 2000; i++)
            add_row(s, i);
        check_rows(s, 2000);
        assert_int_equal(spool_rewind_to(s, far, &err), OMNI_E_BUG);
        spool_clear(s);
        check_rows(s, 0);
        add_row(s, 0);
        check_rows(s, 1);
        spool_free(s);
    }
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    struct err err;
    struct spool *s = spool_new("/nonexistent", 1, 1);
    struct omni_cell cell = {.type = OMNI_INT};
    assert_int_equal(spool_add(s, &cell, &err), OMNI_OK);
    assert_int_equal(spool_add(s, &cell, &err), OMNI_E_RETRY);
    assert_non_null(strstr(err.text, "/nonexistent"));
    spool_free(s);
}

static void rowsets_hold_far_apart_members(void **state)
{
    (void)state;
    static const int64_t ids[] = {1, 63, 64, 65535, 65536, 10000000, 10000001};
    struct rowset *r = rowset_new();
    assert_int_equal(rowset_next(r, 0), 0);
    for (size_t i = ARRAY_LEN(ids); i-- > 0;)
        assert_true(rowset_add(r, ids[i]));
    assert_false(rowset_add(r, 64));
    assert_int_equal(rowset_count(r), ARRAY_LEN(ids));
    assert_true(rowset_has(r, 65535));
    assert_false(rowset_has(r, 65537));
    assert_false(rowset_has(r, INT64_C(1) << 47));
    size_t n = 0;
    for (int64_t id = rowset_next(r, 0); id; id = rowset_next(r, id))
        assert_int_equal(id, ids[n++]);
    assert_int_equal(n, ARRAY_LEN(ids));
    rowset_free(r);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(rows_come_back_from_memory_and_file),
    cmocka_unit_test(cells_come_back_exactly),
    cmocka_unit_test(going_back_drops_what_came_after),
    cmocka_unit_test(a_folder_that_is_not_there_is_an_error),
    cmocka_unit_test(rowsets_hold_far_apart_members),
};

UNIT_MAIN(tests)
