/* SPDX-License-Identifier: Apache-2.0
 * Exact amounts: decimal text to millionths, and sums that notice when they overflow. */
#include <omnihub/sdk.h>

#include <string.h>

enum { DECIMALS = 6 };

/* value * 10 + digit; 0: beyond 64 bits. Negative, since that side is the larger one. */
static int take_digit(int64_t *negative, char c)
{
    int64_t digit = c - '0';
    if (*negative < (INT64_MIN + digit) / 10)
        return 0;
    *negative = *negative * 10 - digit;
    return 1;
}

int omni_micros_parse(const char *s, int64_t *micros)
{
    int is_minus = *s == '-', seen = 0, decimals = 0;
    int64_t value = 0;
    for (s += is_minus; *s >= '0' && *s <= '9'; s++, seen++)
        if (!take_digit(&value, *s))
            return 0;
    if (*s == '.')
        for (s++; *s >= '0' && *s <= '9'; s++, seen++) {
            if (decimals == DECIMALS && *s != '0')
                return 0;
            if (decimals < DECIMALS && !take_digit(&value, *s))
                return 0;
            decimals += decimals < DECIMALS;
        }
    if (*s != '\0' || seen == 0)
        return 0;
    for (; decimals < DECIMALS; decimals++)
        if (!take_digit(&value, '0'))
            return 0;
    if (!is_minus && value == INT64_MIN)
        return 0;
    *micros = is_minus ? value : -value;
    return 1;
}

int omni_json_micros(struct omni_json value, const char *path, int64_t *micros)
{
    char text[48];
    return omni_json_text(value, path, text, sizeof(text)) && omni_micros_parse(text, micros);
}

void omni_sum_add(struct omni_sum *sum, int64_t value)
{
    if (value > 0 ? sum->value > INT64_MAX - value : sum->value < INT64_MIN - value)
        sum->is_bad = 1;
    else
        sum->value += value;
}

void omni_sum_subtract(struct omni_sum *sum, int64_t value)
{
    if (value == INT64_MIN)
        sum->is_bad = 1;
    else
        omni_sum_add(sum, -value);
}

static int is_nothing(struct omni_json value, const char *path)
{
    int kind = omni_json_at(value, path).kind;
    return kind == OMNI_JSON_NONE || kind == OMNI_JSON_NULL;
}

void omni_sum_add_micros(struct omni_sum *sum, struct omni_json value, const char *path)
{
    int64_t micros;
    if (omni_json_micros(value, path, &micros))
        omni_sum_add(sum, micros);
    else if (!is_nothing(value, path))
        sum->is_bad = 1;
}

void omni_sum_add_int(struct omni_sum *sum, struct omni_json value, const char *path)
{
    int64_t number;
    if (omni_json_int(value, path, &number))
        omni_sum_add(sum, number);
    else if (!is_nothing(value, path))
        sum->is_bad = 1;
}
