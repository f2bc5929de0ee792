/* SPDX-License-Identifier: Apache-2.0
 * hub/cli/output.c: tables aligned by what is seen, CSV, JSON. */
#include <config.h>

#include "unit.h"

#include "base/mem.h"
#include "cli/output.h"

static char *render(enum output_format format, const char *const *names,
                    const struct omni_cell *cells, uint32_t n, uint32_t rows)
{
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    struct output *o = output_new(format, f);
    output_columns(o, names, n);
    for (uint32_t i = 0; i < rows; i++)
        output_row(o, cells + (size_t)i * n);
    output_finish(o);
    fclose(f);
    return text;
}

static const char *const names[] = {"city", "n"};

static void table_counts_what_is_seen(void **state)
{
    (void)state;
    const struct omni_cell cells[] = {output_text("São"), output_int(7), output_text("東京"),
                                      output_int(-1200)};
    auto_free char *text = render(OUTPUT_TABLE, names, cells, 2, 2);
    assert_string_equal(text, "city      n\n"
                              "São       7\n"
                              "東京  -1200\n");
}

static void table_shows_null_and_no_control_characters(void **state)
{
    (void)state;
    const struct omni_cell cells[] = {output_text("a\033[31m\nb"), output_text(NULL)};
    auto_free char *text = render(OUTPUT_TABLE, names, cells, 2, 1);
    assert_string_equal(text, "city      n\n"
                              "a [31m b  -\n");
}

static void table_of_nothing_has_its_head(void **state)
{
    (void)state;
    auto_free char *text = render(OUTPUT_TABLE, names, NULL, 2, 0);
    assert_string_equal(text, "city  n\n");
}

static void table_streams_beyond_what_it_holds(void **state)
{
    (void)state;
    enum { ROWS = 2500 };
    struct omni_cell *cells = xcalloc(ROWS * 2, sizeof *cells);
    for (int i = 0; i < ROWS; i++) {
        cells[2 * i] = output_text("x");
        cells[2 * i + 1] = output_int(i);
    }
    auto_free char *text = render(OUTPUT_TABLE, names, cells, 2, ROWS);
    size_t lines = 0;
    for (const char *p = text; *p; p++)
        lines += *p == '\n';
    assert_int_equal(lines, ROWS + 1);
    assert_non_null(strstr(text, "x     2499\n"));
    free(cells);
}

static void csv_tells_null_from_empty(void **state)
{
    (void)state;
    const struct omni_cell cells[] = {output_text("a\"b, c"), output_text(NULL), output_text(""),
                                      output_int(5)};
    auto_free char *text = render(OUTPUT_CSV, names, cells, 2, 2);
    assert_string_equal(text, "city,n\n\"a\"\"b, c\",\n\"\",5\n");
}

static void json_is_one_array(void **state)
{
    (void)state;
    const char *const twice[] = {"a", "a"};
    const struct omni_cell cells[] = {output_int(INT64_MAX),
                                      output_text("\"\n"),
                                      output_text(NULL),
                                      {.type = OMNI_REAL, .v.r = 0.5}};
    auto_free char *text = render(OUTPUT_JSON, twice, cells, 2, 2);
    assert_string_equal(text, "[\n  {\"a\": 9223372036854775807, \"a_2\": \"\\\"\\n\"},"
                              "\n  {\"a\": null, \"a_2\": 0.5}\n]\n");
    auto_free char *none = render(OUTPUT_JSON, twice, NULL, 2, 0);
    assert_string_equal(none, "[]\n");
}

static void formats_have_names(void **state)
{
    (void)state;
    enum output_format f;
    assert_true(output_format_parse("csv", &f));
    assert_int_equal(f, OUTPUT_CSV);
    assert_false(output_format_parse("xml", &f));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(table_counts_what_is_seen),
    cmocka_unit_test(table_shows_null_and_no_control_characters),
    cmocka_unit_test(table_of_nothing_has_its_head),
    cmocka_unit_test(table_streams_beyond_what_it_holds),
    cmocka_unit_test(csv_tells_null_from_empty),
    cmocka_unit_test(json_is_one_array),
    cmocka_unit_test(formats_have_names),
};

UNIT_MAIN(tests)
