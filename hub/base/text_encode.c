/* SPDX-License-Identifier: Apache-2.0
 * Texts in the clothes of JSON and URLs. */
#include <config.h>

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Everything here adds all or nothing: a half-escaped text is worse than none. */
static bool all_or_nothing(struct buf *b, size_t before, bool done)
{
    if (!done && b->len > before) {
        b->len = before;
        b->data[before] = '\0';
    }
    return done;
}

static bool add_utf8(struct buf *b, const char *s, size_t n)
{
    size_t start = 0, i = 0;
    while (i < n) {
        size_t len = text_utf8_len(s + i, n - i);
        if (len) {
            i += len;
            continue;
        }
        if (!buf_add(b, s + start, i - start) || !buf_adds(b, REPLACEMENT))
            return false;
        start = ++i;
    }
    return buf_add(b, s + start, n - start);
}

bool text_add_utf8(struct buf *b, const char *s, size_t n)
{
    size_t before = b->len;
    return all_or_nothing(b, before, add_utf8(b, s, n));
}

static bool add_json_escape(struct buf *b, unsigned char c)
{
    static const char letters[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    for (const char *p = letters; *p; p += 2)
        if ((unsigned char)*p == c)
            return buf_addc(b, '\\') && buf_addc(b, p[1]);
    return buf_printf(b, "\\u%04x", (unsigned)c);
}

static bool add_json(struct buf *b, const char *s, size_t n)
{
    if (!buf_addc(b, '"'))
        return false;
    size_t start = 0, i = 0;
    while (i < n) {
        unsigned char c = (unsigned char)s[i];
        size_t len = text_utf8_len(s + i, n - i);
        if (len && c >= 0x20 && c != '"' && c != '\\') {
            i += len;
            continue;
        }
        if (!buf_add(b, s + start, i - start))
            return false;
        if (!(len ? add_json_escape(b, c) : buf_adds(b, REPLACEMENT)))
            return false;
        start = ++i;
    }
    return buf_add(b, s + start, n - start) && buf_addc(b, '"');
}

bool text_add_json(struct buf *b, const char *s, size_t n)
{
    size_t before = b->len;
    return all_or_nothing(b, before, add_json(b, s, n));
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

bool text_add_percent(struct buf *b, const char *s, size_t n)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t before = b->len;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        const char escaped[] = {'%', hex[c >> 4], hex[c & 15]};
        if (!(is_unreserved(s[i]) ? buf_addc(b, s[i]) : buf_add(b, escaped, sizeof escaped)))
            return all_or_nothing(b, before, false);
    }
    return true;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)((at - digits) % 16) : -1;
}

bool text_add_unpercent(struct buf *b, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int high = n - i > 2 && s[i] == '%' ? hex_digit(s[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(s[i + 2]) : -1;
        if (!buf_addc(b, low >= 0 ? (char)(high * 16 + low) : s[i]))
            return false;
        i += low >= 0 ? 2 : 0;
    }
    return true;
}
