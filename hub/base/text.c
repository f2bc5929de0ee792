/* SPDX-License-Identifier: Apache-2.0
 * Small text functions: UTF-8, suggestions, lists, whole numbers, durations. */
#include <config.h>

#include "base/text.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

/* ---- UTF-8 ---- */

static bool is_tail(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* The second byte rules out overlong forms, surrogates and what lies beyond U+10FFFF. */
static bool second_is_right(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xe0:
        return second >= 0xa0;
    case 0xed:
        return second <= 0x9f;
    case 0xf0:
        return second >= 0x90;
    case 0xf4:
        return second <= 0x8f;
    default:
        return true;
    }
}

size_t text_utf8_len(const char *s, size_t n)
{
    if (n == 0)
        return 0;
    const unsigned char *p = (const unsigned char *)s;
    if (p[0] < 0x80)
        return 1;
    size_t want = p[0] >= 0xc2 && p[0] <= 0xdf ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : 0;
    if (p[0] >= 0xf0 && p[0] <= 0xf4)
        want = 4;
    if (want == 0 || want > n || !second_is_right(p[0], p[1]))
        return 0;
    for (size_t i = 1; i < want; i++)
        if (!is_tail(p[i]))
            return 0;
    return want;
}

bool text_is_utf8(const char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t len = s[i] == '\0' ? 0 : text_utf8_len(s + i, n - i);
        if (len == 0)
            return false;
        i += len;
    }
    return true;
}

/* ---- suggestions ---- */

enum { WORD_MAX = 64 };

/* What people mix up most costs nothing: case, and the kind of dash. */
static int fold(char c)
{
    return c == '-' ? '_' : tolower((unsigned char)c);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Edits (insert, delete, replace, swap of neighbours) that turn one word into the other. */
static unsigned edit_distance(const char *a, size_t na, const char *b, size_t nb)
{
    unsigned rows[3][WORD_MAX + 1];
    for (size_t j = 0; j <= nb; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            bool same = fold(a[i - 1]) == fold(b[j - 1]);
            row[j] = least(above[j - 1] + !same, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
                fold(a[i - 2]) == fold(b[j - 1]))
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[na % 3][nb];
}

const char *text_suggest(const char *word, const char *const *candidates, size_t n)
{
    size_t len = strlen(word);
    if (len == 0 || len > WORD_MAX)
        return NULL;
    const char *best = NULL;
    /* A third of the word may be wrong; more is another word. */
    unsigned limit = len < 4 ? 1 : (unsigned)(len / 3) + (len > 5);
    for (size_t i = 0; i < n; i++) {
        size_t other = strlen(candidates[i]);
        if (other > WORD_MAX)
            continue;
        unsigned distance = edit_distance(word, len, candidates[i], other);
        if (distance <= limit && distance < len && distance < other) {
            best = candidates[i];
            if (distance == 0)
                break;
            limit = distance - 1;
        }
    }
    return best;
}

/* ---- parts of texts ---- */

bool text_starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);
    return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

bool text_in_list(const char *word, size_t len, const char *list, const char *separators)
{
    if (!list || len == 0)
        return false;
    for (const char *p = list;; p++) {
        size_t item = strcspn(p, separators);
        if (item == len && memcmp(p, word, len) == 0)
            return true;
        p += item;
        if (*p == '\0')
            return false;
    }
}

/* ---- numbers ---- */

bool text_parse_int(const char *s, long long min, long long max, long long *out)
{
    bool negative = *s == '-';
    const char *p = s + negative;
    long long value = 0;
    if (*p == '\0')
        return false;
    for (; *p; p++) {
        if (*p < '0' || *p > '9')
            return false;
        int digit = negative ? -(*p - '0') : *p - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    if (value < min || value > max)
        return false;
    *out = value;
    return true;
}

bool text_parse_duration(const char *s, long long *seconds)
{
    static const struct {
        char unit;
        int seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char digits[20];
    size_t n = strlen(s);
    if (n < 2 || n > sizeof digits)
        return false;
    memcpy(digits, s, n - 1);
    digits[n - 1] = '\0';
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        long long value;
        if (s[n - 1] != units[i].unit)
            continue;
        if (!text_parse_int(digits, 0, LLONG_MAX / units[i].seconds, &value) || digits[0] == '-')
            return false;
        *seconds = value * units[i].seconds;
        return true;
    }
    return false;
}

bool text_add_replaced(struct buf *b, const char *s, const char *what, const char *with)
{
    for (const char *at; (at = strstr(s, what)); s = at + strlen(what))
        if (!buf_add(b, s, (size_t)(at - s)) || !buf_adds(b, with))
            return false;
    return buf_adds(b, s);
}
