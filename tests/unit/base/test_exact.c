/* SPDX-License-Identifier: Apache-2.0
 * hub/base/exact.c and currency.c: decimal texts to integers and back without losing anything. */
#include <config.h>

#include "unit.h"

#include "base/exact.h"
#include "base/mem.h"

#define COMMA OMNI_DECIMAL_COMMA
#define GROUP OMNI_THOUSANDS

struct parse_case {
    const char *s;
    int shift;
    uint32_t flags;
    int64_t value;
};

static const struct parse_case right[] = {
    {"0", 6, 0, 0},
    {"-0", 6, 0, 0},
    {"-0.000", 6, 0, 0},
    {"0e999999", 6, 0, 0},
    {"1", 6, 0, 1000000},
    {"+1", 6, 0, 1000000},
    {"007", 0, 0, 7},
    {".5", 6, 0, 500000},
    {"-.5", 6, 0, -500000},
    {"12.34", 6, 0, 12340000},
    {"0.000001", 6, 0, 1},
    {"-0.000001", 6, 0, -1},
    {"1.50000000000000000000000000000000000000000000000000000000000", 6, 0, 1500000},
    {"0.1", 6, 0, 100000},
    {"24.9200000000006", 6, OMNI_ROUND, 24920000},
    {"1e3", 0, 0, 1000},
    {"1E3", 6, 0, 1000000000},
    {"1.5E-2", 6, 0, 15000},
    {"1.5e+2", 0, 0, 150},
    {"1500e-3", 6, 0, 1500000},
    {"10e-1", 0, 0, 1},
    {"100000000000000000000000000000000000000000000000000e-50", 0, 0, 1},
    {"0.00000000000000000000000000000000000000000000000001e50", 0, 0, 1},
    {"12.5", 4, 0, 125000}, /* percent */
    {"1.5", 3, 0, 1500},    /* milliseconds */
    {"9223372036854775807", 0, 0, INT64_MAX},
    {"-9223372036854775808", 0, 0, INT64_MIN},
    {"9223372036854.775807", 6, 0, INT64_MAX},
    {"-9223372036854.775808", 6, 0, INT64_MIN},
    {"9223372036854775807000e-3", 0, 0, INT64_MAX},
    {"1,234.56", 6, GROUP, 1234560000},
    {"1,234,567", 0, GROUP, 1234567},
    {"-12,345.5", 6, GROUP, -12345500000},
    {"123", 0, GROUP, 123},
    {"1234", 0, GROUP, 1234},
    {"1 234.5", 6, GROUP, 1234500000},
    {"1\xc2\xa0"
     "234.5",
     6, GROUP, 1234500000},
    {"1\xe2\x80\xaf"
     "234",
     0, GROUP, 1234},
    {"1'234'567.25", 6, GROUP, 1234567250000},
    {"1.234,56", 6, COMMA, 1234560000},
    {"1.234.567,5", 6, COMMA | GROUP, 1234567500000},
    {"1 234,56", 6, COMMA | GROUP, 1234560000},
    {"0,5", 6, COMMA, 500000},
    {"1.234", 0, COMMA, 1234},
    {"5", 6, COMMA, 5000000},
};

static void parses_exactly(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(right); i++) {
        const struct parse_case *c = &right[i];
        int64_t value = -77;
        if (exact_parse(c->s, strlen(c->s), c->shift, c->flags, &value) != EXACT_OK ||
            value != c->value)
            fail_msg("\"%s\" gave %lld", c->s, (long long)value);
    }
}

static void refuses_what_is_no_number(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        uint32_t flags;
    } wrong[] = {
        {"", 0},
        {"-", 0},
        {"+", 0},
        {".", 0},
        {"-.", 0},
        {"1.", 0},
        {"1.e3", 0},
        {"e3", 0},
        {"1e", 0},
        {"1e+", 0},
        {"1e1.5", 0},
        {"--1", 0},
        {"1-", 0},
        {" 1", 0},
        {"1 ", 0},
        {"1x", 0},
        {"0x10", 0},
        {"NaN", 0},
        {"inf", 0},
        {"1_000", 0},
        {"1,5", 0},
        {"1,234", 0},
        {"1 234", 0},
        {"1..5", 0},
        {"1.5.5", 0},
        {"(5)", 0},
        {"$5", 0},
        {"5%", 0},
        {"1,23", GROUP},
        {"1,2345", GROUP},
        {"1234,567", GROUP},
        {",123", GROUP},
        {"1,", GROUP},
        {"1,,234", GROUP},
        {"1,234 567", GROUP},
        {"1.234,5", GROUP},
        {"1,234,56", GROUP},
        {"0.123,456", GROUP},
        {"1.5", COMMA},
        {"1,234.5", COMMA},
        {"1 234,5", COMMA},
        {"1,", COMMA},
        {"1.23,4", COMMA},
        {"\xd9\xa1", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        int64_t value = -77;
        if (exact_parse(wrong[i].s, strlen(wrong[i].s), 6, wrong[i].flags, &value) !=
                EXACT_SYNTAX ||
            value != -77)
            fail_msg("\"%s\" was taken for %lld", wrong[i].s, (long long)value);
    }
    int64_t value;
    assert_int_equal(exact_parse("1\0", 2, 6, 0, &value), EXACT_SYNTAX);
    assert_int_equal(exact_parse("12", 1, 0, 0, &value), EXACT_OK);
    assert_int_equal(value, 1);
}

static void refuses_what_does_not_fit(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        int shift;
        enum exact_result result;
    } wrong[] = {
        {"9223372036854775808", 0, EXACT_RANGE},
        {"-9223372036854775809", 0, EXACT_RANGE},
        {"9223372036854.775808", 6, EXACT_RANGE},
        {"1e999", 6, EXACT_RANGE},
        {"-1e999", 6, EXACT_RANGE},
        {"1e99999999999999999999", 6, EXACT_RANGE},
        {"1e19", 0, EXACT_RANGE},
        {"123456789012345678901234567890123456789012345678901234567890", 0, EXACT_RANGE},
        {"123456789012345678901234567890123456789012345678901234567890.5", 0, EXACT_RANGE},
        {"1.5", 0, EXACT_PRECISION},
        {"0.0000001", 6, EXACT_PRECISION},
        {"1e-7", 6, EXACT_PRECISION},
        {"1e-999", 6, EXACT_PRECISION},
        {"24.9200000000006", 6, EXACT_PRECISION},
        {"1.00000000000000000000000000000000000000000000000000000000001", 6, EXACT_PRECISION},
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        int64_t value = -77;
        enum exact_result result =
            exact_parse(wrong[i].s, strlen(wrong[i].s), wrong[i].shift, 0, &value);
        if (result != wrong[i].result || value != -77)
            fail_msg("\"%s\" gave result %d", wrong[i].s, (int)result);
    }
}

static void rounds_half_to_even(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"0.5", 0, 0, 0},
        {"1.5", 0, 0, 2},
        {"2.5", 0, 0, 2},
        {"-0.5", 0, 0, 0},
        {"-1.5", 0, 0, -2},
        {"-2.5", 0, 0, -2},
        {"0.50000000000000000000000000000000000000000000000000001", 0, 0, 1},
        {"2.50000000000000000000000000000000000000000000000000001", 0, 0, 3},
        {"0.49999999999999999999999999999999999999999999999999999", 0, 0, 0},
        {"0.0000005", 6, 0, 0},
        {"0.0000015", 6, 0, 2},
        {"0.00000051", 6, 0, 1},
        {"5e-39", 38, 0, 0},
        {"9e-99", 6, 0, 0},
        {"99999999999999999999999999999999999999e-39", 0, 0, 0},
        {"9223372036854775806.5", 0, 0, 9223372036854775806},
        {"-9223372036854775808.5", 0, 0, INT64_MIN},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct parse_case *c = &cases[i];
        int64_t value = -77;
        if (exact_parse(c->s, strlen(c->s), c->shift, OMNI_ROUND, &value) != EXACT_OK ||
            value != c->value)
            fail_msg("\"%s\" gave %lld", c->s, (long long)value);
    }
    int64_t value;
    assert_int_equal(exact_parse("9223372036854775807.5", 21, 0, OMNI_ROUND, &value), EXACT_RANGE);
}

static void prints_and_reads_back(void **state)
{
    (void)state;
    static const struct {
        int64_t micros;
        const char *plain, *padded;
    } cases[] = {
        {0, "0", "0.00"},
        {1500000, "1.5", "1.50"},
        {-20000, "-0.02", "-0.02"},
        {1, "0.000001", "0.000001"},
        {100000000, "100", "100.00"},
        {1234567, "1.234567", "1.234567"},
        {INT64_MAX, "9223372036854.775807", "9223372036854.775807"},
        {INT64_MIN, "-9223372036854.775808", "-9223372036854.775808"},
    };
    char text[EXACT_TEXT];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t back;
        assert_string_equal(exact_print(cases[i].micros, text), cases[i].plain);
        assert_int_equal(exact_parse(text, strlen(text), 6, 0, &back), EXACT_OK);
        assert_true(back == cases[i].micros);
        assert_string_equal(exact_print_padded(cases[i].micros, 2, text), cases[i].padded);
    }
    assert_string_equal(exact_print_padded(5000000, 6, text), "5.000000");
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < 100000; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        int64_t value = (int64_t)seed >> (i % 60), back = 0;
        exact_print(value, text);
        assert_int_equal(exact_parse(text, strlen(text), 6, 0, &back), EXACT_OK);
        assert_true(back == value);
    }
}

static void multiplies_and_divides(void **state)
{
    (void)state;
    int64_t v = -77;
    static const int64_t cases[][4] = {
        {7, 3, 2, 10}, /* 10.5 */
        {9, 1, 2, 4},  /* 4.5 */
        {-9, 1, 2, -4},
        {9, 1, -2, -4},
        {11, 1, 2, 6},
        {-11, 1, 2, -6},
        {2, 1, 3, 1},
        {1, 1, 3, 0},
        {-2, 1, 3, -1},
        {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX},
        {INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN},
        {INT64_MIN, 1, 1, INT64_MIN},
        {0, INT64_MIN, INT64_MIN, 0},
        {INT64_MAX, 2, 4, 4611686018427387904},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_true(exact_muldiv(cases[i][0], cases[i][1], cases[i][2], &v));
        assert_true(v == cases[i][3]);
    }
    v = -77;
    assert_false(exact_muldiv(1, 1, 0, &v));
    assert_false(exact_muldiv(INT64_MIN, -1, 1, &v));
    assert_false(exact_muldiv(INT64_MIN, INT64_MIN, 1, &v));
    assert_false(exact_muldiv(INT64_MAX, 3, 2, &v));
    assert_false(exact_add(INT64_MAX, 1, &v));
    assert_false(exact_add(INT64_MIN, -1, &v));
    assert_true(v == -77);
    assert_true(exact_add(INT64_MAX, INT64_MIN, &v) && v == -1);
}

static void knows_currencies(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        int decimals;
    } cases[] = {{"AED", 2},  {"JPY", 0},  {"KRW", 0},  {"VND", 0}, {"ISK", 0},   {"UGX", 0},
                 {"EUR", 2},  {"USD", 2},  {"HUF", 2},  {"TWD", 2}, {"KWD", 3},   {"BHD", 3},
                 {"TND", 3},  {"CLP", 0},  {"CLF", 4},  {"UYW", 4}, {"ZWG", 2},   {"ZWL", 2},
                 {"XAU", -1}, {"XXX", -1}, {"eur", -1}, {"EU", -1}, {"EURO", -1}, {"", -1}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(exact_currency_decimals(cases[i].code, strlen(cases[i].code)),
                         cases[i].decimals);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(parses_exactly),
    cmocka_unit_test(refuses_what_is_no_number),
    cmocka_unit_test(refuses_what_does_not_fit),
    cmocka_unit_test(rounds_half_to_even),
    cmocka_unit_test(prints_and_reads_back),
    cmocka_unit_test(multiplies_and_divides),
    cmocka_unit_test(knows_currencies),
};

UNIT_MAIN(tests)
