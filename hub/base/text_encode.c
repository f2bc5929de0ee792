/* SPDX-License-Identifier: Apache-2.0
 * Texts in the clothes of JSON, URLs and base64. */
#include <config.h>

#include "base/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

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

bool text_add_base64(struct buf *b, const void *bytes, size_t n, bool url)
{
    if (n > INT_MAX / 2 || !buf_reserve(b, (n + 2) / 3 * 4))
        return false;
    char *out = b->data + b->len;
    /* EVP_EncodeBlock() ends with a NUL, for which buf_reserve() left room. */
    size_t len = (size_t)EVP_EncodeBlock((unsigned char *)out, bytes, (int)n);
    for (size_t i = 0; url && i < len; i++)
        out[i] = (char)(out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i]);
    while (url && len && out[len - 1] == '=')
        len--;
    b->len += len;
    b->data[b->len] = '\0';
    return true;
}

/* Both alphabets, padded or not, as one form: EVP_DecodeBlock() itself takes blanks and a dash. */
static char *plain_base64(const char *s, size_t *n)
{
    while (*n && s[*n - 1] == '=' && *n % 4 != 1)
        --*n;
    char *plain = xmalloc(*n + 4);
    for (size_t i = 0; i < *n; i++) {
        char c = (char)(s[i] == '-' ? '+' : s[i] == '_' ? '/' : s[i]);
        bool known = (is_unreserved(c) && c != '-' && c != '.' && c != '_' && c != '~') ||
                     c == '+' || c == '/';
        if (!known) {
            free(plain);
            return NULL;
        }
        plain[i] = c;
    }
    for (size_t i = *n; i % 4; i++)
        plain[i] = '=';
    return plain;
}

bool text_add_unbase64(struct buf *b, const char *s, size_t n)
{
    size_t digits = n;
    if (n > INT_MAX / 2)
        return false;
    auto_free char *plain = plain_base64(s, &digits);
    bool padded = n > digits;
    if (!plain || digits % 4 == 1 || (padded && (n % 4 || n - digits > 2)))
        return false;
    size_t blocks = (digits + 3) / 4;
    if (blocks == 0)
        return true;
    auto_free unsigned char *bytes = xmalloc(blocks * 3);
    if (EVP_DecodeBlock(bytes, (const unsigned char *)plain, (int)(blocks * 4)) < 0)
        return false;
    return buf_add(b, bytes, digits * 3 / 4);
}
