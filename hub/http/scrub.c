/* SPDX-License-Identifier: Apache-2.0
 * Scrubbing by name (what is called a key is one, known or not) and by value (the log's filter). */
#include <config.h>

#include "http/scrub.h"

#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/header.h"

/* Pages are asked for by tokens too (page_token): only whole names count. */
#define QUERY_NAMES                                                                                \
    "access_?token|refresh_?token|id_?token|client_secret|client_assertion|assertion|"             \
    "api_?key|apikey|hapikey|key|token|token_auth|auth|password|secret|sig|signature|"             \
    "appsecret_proof|oauth_token|oauth_signature|"                                                 \
    "x-(?:amz|goog)-(?:signature|credential|security-token)|awsaccesskeyid|code"
#define MEMBER_NAMES                                                                               \
    "access_?token|refresh_?token|id_?token|client_secret|client_assertion|assertion|password|"    \
    "api_?key|private_key"

static const struct {
    const char *pattern, *replacement;
} rules[] = {
    {"(?i)((?:[?&;]|\\\\u0026|^)(?:" QUERY_NAMES ")=)[^&;\"'<>\\\\\\s#]++", "${1}***"},
    {"(?i)(\"(?:" MEMBER_NAMES ")\"\\s*+:\\s*+\")(?:[^\"\\\\]|\\\\.)++\"", "${1}***\""},
    {"(?i)(\\bhttps?:(?://|\\\\/\\\\/))[^/?#@\\s\"\\\\]++@", "${1}***@"},
};

struct scrub {
    pcre2_code *rules[ARRAY_LEN(rules)];
};

struct scrub *scrub_new(void)
{
    struct scrub *s = xcalloc(1, sizeof *s);
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        int code = 0;
        PCRE2_SIZE at = 0;
        s->rules[i] = pcre2_compile((PCRE2_SPTR)rules[i].pattern, PCRE2_ZERO_TERMINATED,
                                    PCRE2_DOTALL, &code, &at, NULL);
        if (!s->rules[i])
            abort(); /* a pattern of ours that is wrong */
    }
    return s;
}

void scrub_free(struct scrub *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        pcre2_code_free(s->rules[i]);
    free(s);
}

/* Replaces *text by what the rule makes of it. */
static bool apply_rule(const struct scrub *s, size_t i, char **text, size_t *n)
{
    PCRE2_SPTR with = (PCRE2_SPTR)rules[i].replacement;
    const uint32_t options = PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH;
    PCRE2_SIZE room = *n + *n / 8 + 64;
    for (int round = 0; round < 2; round++) {
        char *out = xmalloc(room);
        PCRE2_SIZE len = room;
        int rc = pcre2_substitute(s->rules[i], (PCRE2_SPTR)*text, *n, 0, options, NULL, NULL, with,
                                  PCRE2_ZERO_TERMINATED, (PCRE2_UCHAR *)out, &len);
        if (rc >= 0) {
            free(*text);
            *text = out;
            *n = len;
            return true;
        }
        free(out);
        if (rc != PCRE2_ERROR_NOMEMORY)
            return false;
        room = len;
    }
    return false;
}

bool scrub_text(const struct scrub *s, struct buf *out, const char *text, size_t n)
{
    auto_free char *copy = xstrndup(text, n);
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (!apply_rule(s, i, &copy, &n))
            return false;
    n = log_redact(copy, n);
    return buf_add(out, copy, n);
}

bool scrub_header(const struct scrub *s, struct buf *out, const char *line)
{
    size_t name = strcspn(line, ":");
    if (header_is_private(line))
        return buf_add(out, line, name) && buf_adds(out, ": ***");
    return scrub_text(s, out, line, strlen(line));
}

/* ---- what is still there ---- */

/* How deep texts are taken out of one another: JSON in JSON in a parameter. */
enum { LAYERS = 4, UNIT_DIGITS = 4 };

/* Four digits of a \u escape; -1: they are none. */
static long unit_at(const char *s, size_t left)
{
    char digits[UNIT_DIGITS + 1] = "", *end;
    if (left < UNIT_DIGITS)
        return -1;
    memcpy(digits, s, UNIT_DIGITS);
    long unit = strtol(digits, &end, 16);
    return end == digits + UNIT_DIGITS ? unit : -1;
}

/* One layer of JSON escapes taken off, wherever they are. Only ASCII matters: what is not is
 * registered with its escapes. */
static void unescape(const struct buf *in, struct buf *out)
{
    static const char names[] = "\"\\/nrtbf", bytes[] = "\"\\/\n\r\t\b\f";
    for (size_t i = 0; i < in->len; i++) {
        size_t left = in->len - i;
        const char *name = in->data[i] == '\\' && left > 1 && in->data[i + 1]
                               ? strchr(names, in->data[i + 1])
                               : NULL;
        long unit = in->data[i] == '\\' && left > 2 && in->data[i + 1] == 'u'
                        ? unit_at(in->data + i + 2, left - 2)
                        : -1;
        bool is_ascii = unit > 0 && unit < 0x80;
        buf_addc(out, name ? bytes[name - names] : is_ascii ? (char)unit : in->data[i]);
        i += name ? 1 : is_ascii ? 1 + UNIT_DIGITS : 0;
    }
}

static bool is_base64(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("+/-_=", c));
}

/* Long base64 is broken into lines. */
static void join_lines(const struct buf *in, struct buf *out)
{
    for (size_t i = 0; i < in->len;) {
        size_t n = 0;
        while (i + n < in->len && (in->data[i + n] == '\r' || in->data[i + n] == '\n'))
            n++;
        bool is_joint = n > 0 && i > 0 && i + n < in->len && is_base64(in->data[i - 1]) &&
                        is_base64(in->data[i + n]);
        buf_add(out, in->data + i, is_joint ? 0 : n ? n : 1);
        i += n ? n : 1;
    }
}

static bool finds_in_layer(const struct buf *text)
{
    auto_buf plain = BUF_INIT(text->len + 1), joined = BUF_INIT(text->len + 1);
    text_add_unpercent(&plain, buf_text(text), text->len);
    join_lines(text, &joined);
    return log_has_secret(buf_text(text), text->len) ||
           log_has_secret(buf_text(&plain), plain.len) ||
           log_has_secret(buf_text(&joined), joined.len);
}

bool scrub_finds(const char *s, size_t n)
{
    auto_free char *copy = xstrndup(s, n);
    auto_buf text = BUF_INIT(n + 1);
    if (log_redact(copy, n) != n || memcmp(copy, s, n) != 0)
        return true;
    buf_add(&text, s, n);
    for (int layer = 0; layer < LAYERS; layer++) {
        auto_buf inner = BUF_INIT(n + 1);
        if (finds_in_layer(&text))
            return true;
        unescape(&text, &inner);
        if (inner.len == text.len)
            return false;
        struct buf outer = text;
        text = inner;
        inner = outer; /* freed at the end of the scope */
    }
    return false;
}
