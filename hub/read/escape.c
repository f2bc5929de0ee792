/* SPDX-License-Identifier: Apache-2.0
 * Escapes in JSON texts: checked, then decoded to UTF-8. */
#include <config.h>

#include "read/scan.h"

#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The four digits at p; -1: others. */
static int32_t hex_unit(const char *p)
{
    int32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static bool is_high(int32_t unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low(int32_t unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

static const char *unicode_escape(struct scan *s, const char *p)
{
    if (s->end - p < 6)
        return scan_more(s);
    int32_t unit = hex_unit(p + 2);
    if (unit < 0)
        return scan_fail(s, p, "expected four hexadecimal digits after \\u");
    if (unit == 0)
        return scan_fail(s, p, "\\u0000 is not allowed in a text");
    if (is_low(unit))
        return scan_fail(s, p, "second half of a surrogate pair without the first");
    if (!is_high(unit))
        return p + 6;
    bool is_cut = s->end - p < 12;
    if (is_cut && (s->end - p == 6 || p[6] == '\\'))
        return scan_more(s);
    if (is_cut || p[6] != '\\' || p[7] != 'u' || !is_low(hex_unit(p + 8)))
        return scan_fail(s, p, "first half of a surrogate pair without the second");
    return p + 12;
}

const char *scan_escape(struct scan *s, const char *p)
{
    if (s->end - p < 2)
        return scan_more(s);
    if (p[1] == 'u')
        return unicode_escape(s, p);
    if (p[1] == '\0' || !strchr("\"\\/bfnrt", p[1]))
        return scan_fail(s, p, "unknown escape in a text");
    return p + 2;
}

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

static char short_escape(char c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return c;
    }
}

size_t scan_unescape(const char *raw, size_t n, char *out)
{
    const char *end = raw + n;
    size_t len = 0;
    while (raw < end) {
        const char *slash = memchr(raw, '\\', (size_t)(end - raw));
        size_t plain = (size_t)((slash ? slash : end) - raw);
        memcpy(out + len, raw, plain);
        len += plain;
        raw += plain;
        if (!slash)
            break;
        if (raw[1] != 'u') {
            out[len++] = short_escape(raw[1]);
            raw += 2;
            continue;
        }
        uint32_t c = (uint32_t)hex_unit(raw + 2);
        raw += 6;
        if (is_high((int32_t)c)) {
            c = 0x10000 + ((c - 0xD800) << 10) + ((uint32_t)hex_unit(raw + 2) - 0xDC00);
            raw += 6;
        }
        len += put_utf8(out + len, c);
    }
    return len;
}
