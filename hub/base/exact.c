/* SPDX-License-Identifier: Apache-2.0
 * Exact numbers: decimal texts to int64 micros and back, never through a float. */
#include <config.h>

#include "base/exact.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MICRO UINT64_C(1000000)

__extension__ typedef unsigned __int128 uint128;
__extension__ typedef __int128 int128;

enum {
    DIGITS_MAX = 38,       /* decimal digits that a uint128 holds whatever they are */
    EXPONENT_MAX = 1000000 /* beyond it every number but 0 is out of range anyway */
};

/* ---- parsing ---- */

/* A number as written: mantissa * 10^scale, and whether digits beyond the mantissa were not all 0.
 */
struct decimal {
    bool negative, sticky;
    uint128 mantissa;
    int64_t scale;
    int digits; /* in the mantissa, without leading zeros */
};

struct cursor {
    const char *p, *end;
};

static bool is_digit(const struct cursor *c)
{
    return c->p < c->end && *c->p >= '0' && *c->p <= '9';
}

static bool at(const struct cursor *c, char wanted)
{
    return c->p < c->end && *c->p == wanted;
}

static void add_digit(struct decimal *d, int digit)
{
    if (d->digits == DIGITS_MAX) {
        d->sticky |= digit != 0;
        d->scale++;
        return;
    }
    d->mantissa = d->mantissa * 10 + (unsigned)digit;
    d->digits += d->mantissa != 0;
}

static int take_digits(struct cursor *c, struct decimal *d)
{
    int n = 0;
    for (; is_digit(c); c->p++, n++)
        add_digit(d, *c->p - '0');
    return n;
}

/* The thousands separator at the cursor, "" if there is none. People and platforms write the comma
 * or point that is not the decimal one, blanks of three kinds, or the Swiss apostrophe. */
static const char *separator_at(const struct cursor *c, uint32_t flags)
{
    static const char *const others[] = {" ", "\xc2\xa0", "\xe2\x80\xaf", "'"};
    if (flags & OMNI_DECIMAL_COMMA && at(c, '.'))
        return ".";
    if (!(flags & OMNI_THOUSANDS))
        return "";
    if (!(flags & OMNI_DECIMAL_COMMA) && at(c, ','))
        return ",";
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        size_t n = strlen(others[i]);
        if ((size_t)(c->end - c->p) >= n && memcmp(c->p, others[i], n) == 0)
            return others[i];
    }
    return "";
}

/* Groups must be of three digits and one separator throughout: "1,5" is not 15. */
static bool take_whole(struct cursor *c, struct decimal *d, uint32_t flags, int *n)
{
    *n = take_digits(c, d);
    const char *separator = *n ? separator_at(c, flags) : "";
    if (!*separator)
        return true;
    if (*n > 3)
        return false;
    size_t len = strlen(separator);
    while ((size_t)(c->end - c->p) >= len && memcmp(c->p, separator, len) == 0) {
        c->p += len;
        if (take_digits(c, d) != 3)
            return false;
    }
    return true;
}

static bool take_exponent(struct cursor *c, struct decimal *d)
{
    if (!at(c, 'e') && !at(c, 'E'))
        return true;
    c->p++;
    bool negative = at(c, '-');
    if (negative || at(c, '+'))
        c->p++;
    if (!is_digit(c))
        return false;
    int64_t exponent = 0;
    for (; is_digit(c); c->p++)
        if (exponent < EXPONENT_MAX)
            exponent = exponent * 10 + (*c->p - '0');
    d->scale += negative ? -exponent : exponent;
    return true;
}

static bool take_decimal(struct cursor *c, struct decimal *d, uint32_t flags)
{
    d->negative = at(c, '-');
    if (d->negative || at(c, '+'))
        c->p++;
    int whole;
    if (!take_whole(c, d, flags, &whole))
        return false;
    if (at(c, flags & OMNI_DECIMAL_COMMA ? ',' : '.')) {
        c->p++;
        int decimals = take_digits(c, d);
        if (decimals == 0)
            return false;
        d->scale -= decimals;
    } else if (whole == 0) {
        return false;
    }
    return take_exponent(c, d) && c->p == c->end;
}

static uint128 power_of_ten(int64_t n)
{
    uint128 p = 1;
    while (n-- > 0)
        p *= 10;
    return p;
}

/* Takes the decimals off; false where that loses something and must not. */
static bool shorten(struct decimal *d, bool rounding)
{
    bool vanishes = -d->scale > DIGITS_MAX; /* less than half of the last place, whatever it is */
    uint128 unit = vanishes ? 0 : power_of_ten(-d->scale);
    uint128 rest = vanishes ? d->mantissa : d->mantissa % unit;
    d->mantissa = vanishes ? 0 : d->mantissa / unit;
    if (rest == 0 && !d->sticky)
        return true;
    if (!rounding)
        return false;
    bool tie = !vanishes && rest * 2 == unit && !d->sticky;
    bool up = !vanishes && (rest * 2 > unit || (rest * 2 == unit && d->sticky));
    d->mantissa += up || (tie && d->mantissa & 1);
    return true;
}

/* The usual number, digits and perhaps a point, in 64 bits; false leaves it to the long way. */
static bool parse_plain(const char *s, size_t n, int shift, int64_t *out)
{
    static const int64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
    const char *end = s + n, *p = s;
    bool negative = n > 0 && *p == '-';
    int64_t value = 0;
    int decimals = -1; /* no point yet */
    for (p += negative; p < end; p++) {
        unsigned digit = (unsigned char)*p - (unsigned)'0';
        if (digit > 9 && (*p != '.' || decimals >= 0))
            return false;
        if (digit <= 9)
            value = value * 10 + (int)digit;
        decimals += digit > 9 || decimals >= 0;
    }
    int up = shift - (decimals > 0 ? decimals : 0);
    if (decimals == 0 || up < 0 || up >= (int)(sizeof powers / sizeof powers[0]) ||
        __builtin_mul_overflow(value, powers[up], &value))
        return false;
    *out = negative ? -value : value;
    return true;
}

enum { PLAIN_MAX = 18 }; /* bytes: whatever they are, they fit */

static bool may_be_plain(const char *s, size_t n, uint32_t flags)
{
    return n > 0 && n <= PLAIN_MAX && s[n - 1] >= '0' && s[n - 1] <= '9' && *s != '.' &&
           !(flags & (OMNI_DECIMAL_COMMA | OMNI_THOUSANDS));
}

/* The number that was written, without decimals, in 64 bits. */
static enum exact_result to_int64(struct decimal *d, bool rounding, int64_t *out)
{
    uint128 limit = (uint128)INT64_MAX + d->negative;
    while (d->scale > 0 && d->mantissa > 0 && d->mantissa <= limit) {
        d->mantissa *= 10;
        d->scale--;
    }
    bool precise = d->scale >= 0 || shorten(d, rounding);
    if (d->mantissa > limit)
        return EXACT_RANGE;
    if (!precise)
        return EXACT_PRECISION;
    *out = d->negative ? (int64_t) - (int128)d->mantissa : (int64_t)d->mantissa;
    return EXACT_OK;
}

enum exact_result exact_parse(const char *s, size_t n, int shift, uint32_t flags, int64_t *out)
{
    if (may_be_plain(s, n, flags) && parse_plain(s, n, shift, out))
        return EXACT_OK;
    struct cursor c = {s, s + n};
    struct decimal d = {0};
    if (!take_decimal(&c, &d, flags))
        return EXACT_SYNTAX;
    d.scale += shift;
    return to_int64(&d, flags & OMNI_ROUND, out);
}

const char *exact_message(enum exact_result result)
{
    static const char *const texts[] = {"fine", "not a number", "too large",
                                        "more decimals than can be kept exactly"};
    return texts[result];
}

/* ---- printing ---- */

const char *exact_print_padded(int64_t micros, int decimals, char out[EXACT_TEXT])
{
    uint64_t size = micros < 0 ? 0 - (uint64_t)micros : (uint64_t)micros;
    int n = snprintf(out, EXACT_TEXT, "%s%" PRIu64 ".%06" PRIu64, micros < 0 ? "-" : "",
                     size / MICRO, size % MICRO);
    int keep = 6;
    while (keep > decimals && keep > 0 && out[n - 1] == '0') {
        out[--n] = '\0';
        keep--;
    }
    if (keep == 0)
        out[n - 1] = '\0';
    return out;
}

const char *exact_print(int64_t micros, char out[EXACT_TEXT])
{
    return exact_print_padded(micros, 0, out);
}

/* ---- arithmetic ---- */

bool exact_muldiv(int64_t a, int64_t b, int64_t c, int64_t *out)
{
    if (c == 0)
        return false;
    int128 product = (int128)a * b;
    int128 quotient = product / c, rest = product % c;
    uint128 size = rest < 0 ? (uint128)-rest : (uint128)rest;
    uint128 unit = c < 0 ? (uint128) - (int128)c : (uint128)c;
    if (size * 2 > unit || (size * 2 == unit && quotient & 1))
        quotient += (product < 0) == (c < 0) ? 1 : -1;
    if (quotient < INT64_MIN || quotient > INT64_MAX)
        return false;
    *out = (int64_t)quotient;
    return true;
}

bool exact_add(int64_t a, int64_t b, int64_t *out)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *out = sum;
    return true;
}
