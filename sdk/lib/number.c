/* SPDX-License-Identifier: Apache-2.0
 * Decimal numbers as they are written, without a float in between. */
#include <omnihub/sdk.h>

#include <string.h>

enum { TEXT_MAX = 128, MICRO_PLACES = 6, MOST_PLACES = 36, MOST_EXPONENT = 10000 };

/* A number while it is read: digits / 10^places. Negative, since that side is the larger one. */
struct reading {
    int64_t negative;
    int places;
    int is_cut; /* digits behind the point that count did not fit any more */
};

/* negative * 10 - digit; 0: beyond 64 bits. */
static int take_digit(struct reading *r, char c)
{
    int64_t digit = c - '0';
    if (r->negative < (INT64_MIN + digit) / 10)
        return 0;
    r->negative = r->negative * 10 - digit;
    return 1;
}

/* How many digits stand there; -1: more of them before the point than fit. */
static int read_digits(struct reading *r, const char **p, int is_fraction)
{
    int n = 0;
    for (; **p >= '0' && **p <= '9'; ++*p, n++) {
        if (!r->is_cut && take_digit(r, **p))
            r->places += is_fraction;
        else if (!is_fraction)
            return -1;
        else
            r->is_cut |= **p != '0';
    }
    return n;
}

static int read_exponent(struct reading *r, const char **p)
{
    int exponent = 0, is_negative = **p == '-', n = 0;
    *p += **p == '-' || **p == '+';
    for (; **p >= '0' && **p <= '9'; ++*p, n++)
        if (exponent < MOST_EXPONENT)
            exponent = exponent * 10 + (**p - '0');
    r->places += is_negative ? exponent : -exponent;
    return n > 0;
}

/* As few places as will do, and none below zero. */
static int settle(struct reading *r)
{
    while (r->places > 0 && (r->negative % 10 == 0 || r->places > MOST_PLACES)) {
        r->is_cut |= r->negative % 10 != 0;
        r->negative /= 10;
        r->places = r->negative ? r->places - 1 : 0;
    }
    for (; r->places < 0 && r->negative != 0; r->places++)
        if (!take_digit(r, '0'))
            return 0;
    r->places = r->places < 0 ? 0 : r->places;
    return 1;
}

/* Sign, digits with at most one point among them, exponent; nothing else. */
static int read_number(const char *s, int64_t *digits, int *places, int *is_cut)
{
    struct reading r = {0, 0, 0};
    int is_minus = *s == '-', whole, fraction = 0;
    s += is_minus;
    whole = read_digits(&r, &s, 0);
    if (whole >= 0 && *s == '.') {
        s++;
        fraction = read_digits(&r, &s, 1);
    }
    if (whole < 0 || whole + fraction == 0)
        return 0;
    if (*s == 'e' || *s == 'E') {
        s++;
        if (!read_exponent(&r, &s))
            return 0;
    }
    if (*s != '\0' || !settle(&r) || (!is_minus && r.negative == INT64_MIN))
        return 0;
    *digits = is_minus ? r.negative : -r.negative;
    *places = r.places;
    *is_cut = r.is_cut;
    return 1;
}

int omni_json_decimal(struct omni_json value, const char *path, int64_t *digits, int *places)
{
    char text[TEXT_MAX];
    int is_cut;
    *digits = *places = 0;
    return omni_json_text(value, path, text, sizeof(text)) &&
           read_number(text, digits, places, &is_cut);
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

int omni_micros_parse(const char *s, int64_t *micros)
{
    int64_t digits;
    int places, is_cut;
    return read_number(s, &digits, &places, &is_cut) && !is_cut && places <= MICRO_PLACES &&
           omni_micros(digits, places, micros);
}

int omni_json_micros(struct omni_json value, const char *path, int64_t *micros)
{
    char text[TEXT_MAX];
    return omni_json_text(value, path, text, sizeof(text)) && omni_micros_parse(text, micros);
}
