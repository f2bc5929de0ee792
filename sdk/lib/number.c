/* SPDX-License-Identifier: Apache-2.0
 * Decimal numbers as they are written, without a float in between. */
#include <omnihub/sdk.h>

#include <string.h>

enum { TEXT_MAX = 128, MICRO_PLACES = 6, MOST_PLACES = 36 };

#define MOST_DIGITS INT64_C(100000000000000000) /* one more digit than this has still fits */

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits before or behind the point; those behind it that do not fit any more are left out. */
static int read_digits(const char **p, int is_fraction, int64_t *digits, int *places)
{
    const char *start = *p;
    for (; is_digit(**p); ++*p) {
        if (*digits >= MOST_DIGITS && !is_fraction)
            return 0;
        if (*digits >= MOST_DIGITS)
            continue;
        *digits = *digits * 10 + (**p - '0');
        *places += is_fraction;
    }
    return *p > start;
}

static int read_exponent(const char **p, int *places)
{
    int exponent = 0, is_negative;
    ++*p;
    is_negative = **p == '-';
    *p += **p == '-' || **p == '+';
    if (!is_digit(**p))
        return 0;
    for (; is_digit(**p); ++*p)
        if (exponent < 10000)
            exponent = exponent * 10 + (**p - '0');
    *places += is_negative ? exponent : -exponent;
    return 1;
}

/* As few places as will do, and none below zero. */
static int settle(int64_t *digits, int *places)
{
    while (*places > 0 && (*digits % 10 == 0 || *places > MOST_PLACES)) {
        *digits /= 10;
        *places = *digits ? *places - 1 : 0;
    }
    for (; *places < 0 && *digits != 0; ++*places) {
        if (*digits > INT64_MAX / 10)
            return 0;
        *digits *= 10;
    }
    *places = *places < 0 ? 0 : *places;
    return 1;
}

int omni_json_decimal(struct omni_json value, const char *path, int64_t *digits, int *places)
{
    char text[TEXT_MAX];
    const char *p = text;
    *digits = *places = 0;
    if (!omni_json_text(value, path, text, sizeof(text)))
        return 0;
    int is_negative = *p == '-';
    p += is_negative;
    if (!read_digits(&p, 0, digits, places) ||
        (*p == '.' && (++p, !read_digits(&p, 1, digits, places))) ||
        ((*p == 'e' || *p == 'E') && !read_exponent(&p, places)) || *p != '\0' ||
        !settle(digits, places))
        return 0;
    if (is_negative)
        *digits = -*digits;
    return 1;
}

int omni_micros(int64_t digits, int places, int64_t *micros)
{
    int64_t divisor = 1;
    *micros = 0;
    for (; places < MICRO_PLACES; places++) {
        if (digits > INT64_MAX / 10 || digits < INT64_MIN / 10)
            return 0;
        digits *= 10;
    }
    for (; places > MICRO_PLACES; places--) {
        if (divisor > INT64_MAX / 20)
            return 1; /* less than half a millionth */
        divisor *= 10;
    }
    int64_t rest = digits % divisor;
    *micros = digits / divisor;
    if (rest < 0)
        rest = -rest;
    if (2 * rest > divisor || (2 * rest == divisor && *micros % 2 != 0))
        *micros += digits < 0 ? -1 : 1;
    return 1;
}
