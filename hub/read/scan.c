/* SPDX-License-Identifier: Apache-2.0
 * Tokens of JSON (RFC 8259, strict) as they lie in a buffer that may end anywhere. */
#include <config.h>

#include "read/scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/text.h"

const char *scan_more(struct scan *s)
{
    if (s->is_last)
        return scan_fail(s, s->end, "it ends here, in the middle");
    s->fault = SCAN_MORE;
    return NULL;
}

const char *scan_fail(struct scan *s, const char *at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(s->message, sizeof s->message, fmt, ap);
    va_end(ap);
    s->fault = SCAN_BAD;
    s->at = at;
    return NULL;
}

/* To the first byte that is not plain text (a quote, a backslash, a control character); *high is
 * set where a byte before it is not ASCII. */
static const char *plain_end(const char *p, const char *end, unsigned *high)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
    const __m128i control = _mm_set1_epi8(0x1F);
    while (end - p >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i stops = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash));
        stops = _mm_or_si128(stops, _mm_cmpeq_epi8(_mm_min_epu8(v, control), v));
        unsigned stop = (unsigned)_mm_movemask_epi8(stops), top = (unsigned)_mm_movemask_epi8(v);
        if (stop) {
            int n = __builtin_ctz(stop);
            *high |= top & ((1U << n) - 1);
            return p + n;
        }
        *high |= top;
        p += 16;
    }
#endif
    for (; p < end; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '"' || c == '\\' || c < 0x20)
            break;
        *high |= c & 0x80U;
    }
    return p;
}

const char *scan_string(struct scan *s, const char *p, struct read_value *out)
{
    const char *start = ++p;
    unsigned high = 0;
    bool is_escaped = false;
    while ((p = plain_end(p, s->end, &high)) < s->end && *p != '"') {
        if (*p != '\\')
            return scan_fail(s, p, "control character in a text");
        if (!(p = scan_escape(s, p)))
            return NULL;
        is_escaped = true;
    }
    if (p == s->end)
        return scan_more(s);
    size_t n = (size_t)(p - start);
    if (high && !text_is_utf8(start, n))
        return scan_fail(s, start, "text is not valid UTF-8");
    if (out) {
        *out = (struct read_value){READ_TEXT, (uint32_t)n, start};
        if (is_escaped) {
            char *decoded = scratch_get(&s->scratch, n);
            out->len = (uint32_t)scan_unescape(start, n, decoded);
            out->s = decoded;
        }
    }
    return p + 1;
}

/* At least one digit. */
static const char *digits(struct scan *s, const char *p)
{
    const char *start = p;
    while (p < s->end && *p >= '0' && *p <= '9')
        p++;
    if (p == start)
        return p == s->end ? scan_more(s) : scan_fail(s, p, "expected a digit");
    return p;
}

static const char *fraction_and_exponent(struct scan *s, const char *p)
{
    if (p < s->end && *p == '.' && !(p = digits(s, p + 1)))
        return NULL;
    if (p < s->end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < s->end && (*p == '+' || *p == '-'))
            p++;
        p = digits(s, p);
    }
    return p;
}

static const char *scan_number(struct scan *s, const char *p, struct read_value *out)
{
    const char *start = p;
    if (*p == '-')
        p++;
    if (p < s->end && *p == '0')
        p++;
    else
        p = digits(s, p);
    if (!p || !(p = fraction_and_exponent(s, p)))
        return NULL;
    if (p - start > SCAN_NUMBER_MAX)
        return scan_fail(s, start, "number with more than %d characters", SCAN_NUMBER_MAX);
    /* More digits may follow in the next bytes. */
    if (p == s->end && !s->is_last)
        return scan_more(s);
    if (p < s->end && *p >= '0' && *p <= '9')
        return scan_fail(s, start, "number with a leading zero");
    *out = (struct read_value){READ_NUMBER, (uint32_t)(p - start), start};
    return p;
}

static const char *scan_word(struct scan *s, const char *p, struct read_value *out)
{
    static const struct {
        const char *text;
        uint32_t len, kind;
    } words[] = {{"null", 4, READ_NULL}, {"true", 4, READ_TRUE}, {"false", 5, READ_FALSE}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t there = (size_t)(s->end - p), len = words[i].len;
        if (memcmp(p, words[i].text, there < len ? there : len) != 0)
            continue;
        if (there < len)
            return scan_more(s);
        *out = (struct read_value){words[i].kind, words[i].len, p};
        return p + len;
    }
    return scan_fail(s, p, "expected a value");
}

const char *scan_value(struct scan *s, const char *p, struct read_value *out)
{
    if (*p == '"')
        return scan_string(s, p, out);
    if (*p == '-' || (*p >= '0' && *p <= '9'))
        return scan_number(s, p, out);
    if (*p != '{' && *p != '[')
        return scan_word(s, p, out);
    const char *end = scan_skip(s, p);
    if (end)
        *out = (struct read_value){READ_TREE, (uint32_t)(end - p), p};
    return end;
}

const char *scan_colon(struct scan *s, const char *p)
{
    if (!(p = scan_next(s, p)))
        return NULL;
    if (*p != ':')
        return scan_fail(s, p, "expected a colon after the name of a member");
    return scan_next(s, p + 1);
}

const char *scan_enter(struct scan *s, const char *p)
{
    if (s->depth >= s->max_depth)
        return scan_fail(s, p, "nested deeper than %u levels", s->max_depth);
    s->depth++;
    return scan_next(s, p + 1);
}

const char *scan_leave(struct scan *s, const char *p)
{
    s->depth--;
    return p + 1;
}

const char *scan_comma(struct scan *s, const char *p, char closing)
{
    if (!(p = scan_next(s, p)) || *p == closing)
        return p;
    if (*p != ',')
        return scan_fail(s, p, "expected a comma or %c", closing);
    if (!(p = scan_next(s, p + 1)))
        return NULL;
    return *p == closing ? scan_fail(s, p, "expected a value or member after the comma") : p;
}

static const char *skip_member(struct scan *s, const char *p)
{
    if (*p != '"')
        return scan_fail(s, p, "expected the name of a member in quotes");
    if (!(p = scan_string(s, p, NULL)) || !(p = scan_colon(s, p)))
        return NULL;
    return scan_skip(s, p);
}

static const char *skip_container(struct scan *s, const char *p)
{
    bool is_object = *p == '{';
    char closing = is_object ? '}' : ']';
    p = scan_enter(s, p);
    while (p && *p != closing) {
        p = is_object ? skip_member(s, p) : scan_skip(s, p);
        if (p)
            p = scan_comma(s, p, closing);
    }
    return p ? scan_leave(s, p) : NULL;
}

const char *scan_skip(struct scan *s, const char *p)
{
    if (*p == '"')
        return scan_string(s, p, NULL);
    if (*p == '{' || *p == '[')
        return skip_container(s, p);
    struct read_value ignored;
    return scan_value(s, p, &ignored);
}
