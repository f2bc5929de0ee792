/* SPDX-License-Identifier: Apache-2.0
 * Base64. A file of its own because it alone needs libcrypto, which the plugin process is spared.
 */
#include <config.h>

#include "base/text.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "base/mem.h"

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

static bool is_digit64(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

/* Both alphabets, padded or not, as one form: EVP_DecodeBlock() itself takes blanks and a dash. */
static char *plain_base64(const char *s, size_t *n)
{
    while (*n && s[*n - 1] == '=' && *n % 4 != 1)
        --*n;
    char *plain = xmalloc(*n + 4);
    for (size_t i = 0; i < *n; i++) {
        char c = (char)(s[i] == '-' ? '+' : s[i] == '_' ? '/' : s[i]);
        if (!is_digit64(c)) {
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
