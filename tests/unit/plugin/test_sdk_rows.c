/* SPDX-License-Identifier: Apache-2.0
 * The helpers for plugin authors: exact amounts, times, rows of one's own. */
#include <config.h>

#include "unit.h"

#include <stdio.h>

#include <omnihub/sdk.h>

static void reads_amounts_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int is_good;
        int64_t micros;
    } cases[] = {
        {"199.00", 1, 199000000},
        {"-0.01", 1, -10000},
        {".5", 1, 500000},
        {"7.", 1, 7000000},
        {"0.1234560", 1, 123456},
        {"9223372036854.775807", 1, INT64_MAX},
        {"-9223372036854.775808", 1, INT64_MIN},
        {"9223372036854.775808", 0, 0},
        {"92233720368547758070", 0, 0},
        {"0.1234567", 0, 0},
        {"", 0, 0},
        {"-", 0, 0},
        {".", 0, 0},
        {"1e3", 1, 1000000000},
        {"1.5E-7", 0, 0},
        {"1e13", 0, 0},
        {"1,5", 0, 0},
        {" 1", 0, 0},
        {"1.2.3", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t micros = 0;
        assert_int_equal(omni_micros_parse(cases[i].text, &micros), cases[i].is_good);
        assert_int_equal(micros, cases[i].micros);
    }
}

static void sums_notice_trouble(void **state)
{
    (void)state;
    const char *text = "{\"a\":\"1.50\",\"b\":2,\"none\":null,\"bad\":\"x\",\"o\":{}}";
    struct omni_json json = omni_json_of(text, strlen(text));
    struct omni_sum sum = {0, 0};
    omni_sum_add_micros(&sum, json, "a");
    omni_sum_add_micros(&sum, json, "none");
    omni_sum_add_micros(&sum, json, "absent.at.all");
    omni_sum_subtract(&sum, 500000);
    assert_int_equal(sum.is_bad, 0);
    assert_int_equal(sum.value, 1000000);
    static const char *const bad[] = {"bad", "o"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct omni_sum other = {0, 0};
        omni_sum_add_int(&other, json, "b");
        assert_int_equal(other.value, 2);
        omni_sum_add_int(&other, json, bad[i]);
        assert_int_equal(other.is_bad, 1);
    }
    struct omni_sum high = {INT64_MAX, 0}, low = {INT64_MIN, 0}, none = {0, 0};
    omni_sum_add(&high, 1);
    omni_sum_add(&low, -1);
    omni_sum_subtract(&none, INT64_MIN);
    assert_true(high.is_bad && low.is_bad && none.is_bad);
}

static void knows_times(void **state)
{
    (void)state;
    char out[OMNI_TIME_TEXT];
    int64_t seconds = 0;
    assert_string_equal(omni_time_print(0, out), "1970-01-01T00:00:00Z");
    assert_string_equal(omni_time_print(-1, out), "1969-12-31T23:59:59Z");
    static const struct {
        const char *text;
        int is_good;
        int64_t seconds;
    } cases[] = {
        {"2026-05-01T10:00:00Z", 1, 1777629600},
        {"2026-05-01T10:00:00.123Z", 1, 1777629600},
        {"2026-05-01T12:30:00+02:30", 1, 1777629600},
        {"2026-05-01T09:00:00-01:00", 1, 1777629600},
        {"2026-05-01", 0, 0},
        {"20260501T100000Z", 0, 0},
        {"2026-05-01T10:00:00", 0, 0},
        {"2026-05-01T24:00:00Z", 0, 0},
        {"2026-05-01T10:60:00Z", 0, 0},
        {"2026-05-01T10:00:00Zx", 0, 0},
        {"2026-05-01T10:00:00+0", 0, 0},
        {"2026-05-01T10", 0, 0},
        {"", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        seconds = 0;
        assert_int_equal(omni_time_parse(cases[i].text, &seconds), cases[i].is_good);
        assert_int_equal(seconds, cases[i].seconds);
    }
}

/* ---- rows ---- */

static const struct omni_field *const fields[] = {
    OMNI_FIELD(.path = "$.id", .column = "order_id", .type = OMNI_TEXT, .flags = OMNI_KEY),
    OMNI_FIELD(.path = "$.total.amount", .column = "total", .type = OMNI_MICROS,
               .unit = OMNI_UNIT_MAJOR),
    OMNI_FIELD(.path = "$.test", .column = "is_test", .type = OMNI_BOOL),
    OMNI_FIELD(.path = "$.note", .type = OMNI_TEXT, .flags = OMNI_OPTIONAL),
    OMNI_FIELD(.path = "=net", .column = "net", .type = OMNI_MICROS, .flags = OMNI_OPTIONAL),
    NULL};
static const struct omni_stream stream = {
    .size = sizeof stream, .name = "orders", .fields = fields};

static struct omni_cell sent[8];
static uint32_t n_sent, part_sent;
static char failure[256];

static omni_status on_row(struct omni_run *run, const struct omni_cell *cells, uint32_t n)
{
    (void)run;
    memcpy(sent, cells, n * sizeof *cells);
    n_sent = n;
    part_sent = 0;
    return OMNI_OK;
}

static omni_status on_part_row(struct omni_run *run, uint32_t part, const struct omni_cell *cells,
                               uint32_t n)
{
    on_row(run, cells, n);
    part_sent = part;
    return OMNI_OK;
}

static omni_status on_fail(struct omni_run *run, omni_status status, const char *text)
{
    (void)run;
    snprintf(failure, sizeof failure, "%s", text);
    return status;
}

static const void *extension(const char *id)
{
    static const struct omni_part_rows rows = {.size = sizeof rows, .row = on_part_row};
    return strcmp(id, OMNI_PART_ROWS) == 0 ? &rows : NULL;
}

static const void *no_extension(const char *id)
{
    (void)id;
    return NULL;
}

static const struct omni_host hub = {
    .size = sizeof hub, .row = on_row, .fail = on_fail, .extension = extension};
static struct omni_row row;

static void begin(const char *text)
{
    n_sent = 0;
    failure[0] = '\0';
    omni_row_begin(&row, &stream, omni_json_of(text, strlen(text)));
}

static void makes_rows(void **state)
{
    (void)state;
    struct omni_sum net = {1500000, 0};
    begin("{\"id\":12345678901234567890,\"total\":{\"amount\":\"2.50\"},\"test\":true,"
          "\"note\":\"\\u00e4\"}");
    omni_row_sum(&row, "net", OMNI_MICROS, &net);
    assert_int_equal(omni_row_send(&row, &hub, NULL, 0), OMNI_OK);
    assert_int_equal(n_sent, 5);
    assert_int_equal(sent[0].type, OMNI_TEXT);
    assert_memory_equal(sent[0].v.s, "12345678901234567890", sent[0].len);
    assert_memory_equal(sent[1].v.s, "2.50", sent[1].len);
    assert_int_equal(sent[2].type, OMNI_BOOL);
    assert_int_equal(sent[2].v.i, 1);
    assert_memory_equal(sent[3].v.s, "\xc3\xa4", sent[3].len);
    assert_int_equal(sent[4].v.i, 1500000);
    omni_row_text(&row, "$.note", NULL);
    assert_int_equal(omni_row_send(&row, &hub, NULL, 2), OMNI_OK);
    assert_int_equal(part_sent, 2);
    assert_int_equal(sent[3].type, OMNI_NULL);
}

static void refused(const char *part)
{
    assert_int_equal(omni_row_send(&row, &hub, NULL, 0), OMNI_E_DATA);
    if (!strstr(failure, part))
        fail_msg("\"%s\" does not say \"%s\"", failure, part);
    assert_int_equal(n_sent, 0);
}

#define WHOLE "{\"id\":\"1\",\"total\":{\"amount\":1},\"test\":false}"

static void refuses_rows(void **state)
{
    (void)state;
    struct omni_sum bad = {0, 1};
    begin("{\"id\":\"1\",\"total\":null,\"test\":null}");
    refused("$.total.amount is missing");
    begin("{\"id\":\"1\",\"total\":{\"amount\":{}},\"test\":null}");
    refused("$.total.amount is an object");
    begin("{\"id\":\"\\ud800\",\"total\":{\"amount\":1},\"test\":null}");
    refused("$.id is a text that cannot be read");
    begin(WHOLE);
    omni_row_text(&row, "gross", "1");
    refused("gross is set by the plugin");
    begin(WHOLE);
    omni_row_sum(&row, "net", OMNI_MICROS, &bad);
    refused("net cannot be worked out");
    struct omni_host old = hub;
    old.extension = no_extension;
    begin(WHOLE);
    assert_int_equal(omni_row_send(&row, &old, NULL, 1), OMNI_E_UNSUPPORTED);
}

/* Whatever does not fit is refused, and nothing is written behind the row. */
static void refuses_long_texts(void **state)
{
    (void)state;
    static char text[2 * OMNI_ROW_TEXT];
    memset(text, 'x', sizeof text - 1);
    begin(WHOLE);
    omni_row_text(&row, "order_id", text);
    refused("too long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_amounts_exactly), cmocka_unit_test(sums_notice_trouble),
        cmocka_unit_test(knows_times),           cmocka_unit_test(makes_rows),
        cmocka_unit_test(refuses_rows),          cmocka_unit_test(refuses_long_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
