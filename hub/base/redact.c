/* SPDX-License-Identifier: Apache-2.0
 * Secrets taken out of texts: those registered, in every form in which they are likely to appear,
 * and what looks like a token. */
#include <config.h>

#include "base/log.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

enum {
    /* Shorter ones would take ordinary words apart, and "***" would be longer than they are. */
    SECRET_MIN = 4,
    /* A text that was cut off may end with the beginning of a secret. */
    TAIL_MIN = 6,
    FORM_MAX = 1 << 20
};

struct form {
    struct form *next; /* with the same first byte, longest first */
    size_t len;
    char bytes[];
};

/* By first byte, so that most bytes of a text are passed over with one look. Registered before the
 * work begins, by the process's one thread that logs. */
static struct form *forms[256];

static void add_form(const char *s, size_t len)
{
    if (len < SECRET_MIN)
        return;
    struct form **place = &forms[(unsigned char)s[0]];
    while (*place && (*place)->len > len)
        place = &(*place)->next;
    for (const struct form *f = *place; f && f->len == len; f = f->next)
        if (memcmp(f->bytes, s, len) == 0)
            return;
    struct form *form = xmalloc(sizeof *form + len);
    form->len = len;
    memcpy(form->bytes, s, len);
    form->next = *place;
    *place = form;
}

static void add_percent_forms(const char *secret, size_t len)
{
    auto_buf b = BUF_INIT(FORM_MAX);
    if (!text_add_percent(&b, secret, len))
        return;
    add_form(b.data, b.len);
    for (size_t i = 0; i + 2 < b.len; i++)
        if (b.data[i] == '%')
            for (size_t j = i + 1; j <= i + 2; j++)
                b.data[j] |= b.data[j] >= 'A' ? 0x20 : 0;
    add_form(b.data, b.len);
    /* As forms are sent: a blank is a plus. */
    auto_buf form = BUF_INIT(FORM_MAX);
    for (size_t i = 0; i < b.len; i++) {
        bool is_blank = b.len - i >= 3 && memcmp(b.data + i, "%20", 3) == 0;
        if (!buf_addc(&form, is_blank ? '+' : b.data[i]))
            return;
        i += is_blank ? 2 : 0;
    }
    add_form(form.data, form.len);
}

static bool add_unit(struct buf *b, unsigned unit, bool is_upper)
{
    return is_upper ? buf_printf(b, "\\u%04X", unit) : buf_printf(b, "\\u%04x", unit);
}

/* A code point as JSON writers escape it: one or two units of UTF-16. */
static bool add_escaped(struct buf *b, uint32_t code, bool is_upper)
{
    if (code < 0x10000)
        return add_unit(b, code, is_upper);
    code -= 0x10000;
    return add_unit(b, 0xd800 + (code >> 10), is_upper) &&
           add_unit(b, 0xdc00 + (code & 0x3ff), is_upper);
}

static uint32_t code_point(const unsigned char *s, size_t len)
{
    static const unsigned char first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code = s[0] & first[len];
    for (size_t i = 1; i < len; i++)
        code = code << 6 | (s[i] & 0x3fU);
    return code;
}

/* The text escaped once more, as JSON inside of JSON is. */
static void add_again(const struct buf *b)
{
    auto_buf twice = BUF_INIT(FORM_MAX);
    add_form(b->data, b->len);
    if (b->len && text_add_json(&twice, b->data, b->len))
        add_form(twice.data + 1, twice.len - 2);
}

/* Many JSON writers keep to ASCII, and some escape what HTML could take for its own. `json` is
 * without its quotes. */
static void add_ascii_form(const char *json, size_t len, const char *also, bool is_upper)
{
    auto_buf b = BUF_INIT(FORM_MAX);
    for (size_t i = 0; i < len;) {
        size_t n = text_utf8_len(json + i, len - i);
        bool is_plain = n <= 1 && !(json[i] && strchr(also, json[i]));
        if (!(is_plain ? buf_addc(&b, json[i])
                       : add_escaped(&b, code_point((const unsigned char *)json + i, n), is_upper)))
            return;
        i += n ? n : 1;
    }
    add_again(&b);
}

static void add_json_forms(const char *secret, size_t len)
{
    static const char *const also[] = {"", "<>&", "<>&'"};
    auto_buf quoted = BUF_INIT(FORM_MAX), b = BUF_INIT(FORM_MAX), slashed = BUF_INIT(FORM_MAX);
    if (!text_add_json(&quoted, secret, len))
        return;
    buf_add(&b, quoted.data + 1, quoted.len - 2);
    for (size_t i = 0; i < b.len; i++)
        if (!(b.data[i] == '/' ? buf_adds(&slashed, "\\/") : buf_addc(&slashed, b.data[i])))
            return;
    add_again(&b);
    add_again(&slashed);
    for (size_t i = 0; i < 2 * ARRAY_LEN(also); i++) {
        add_ascii_form(b.data, b.len, also[i / 2], i % 2);
        add_ascii_form(slashed.data, slashed.len, also[i / 2], i % 2);
    }
}

/* Inside a longer text ("user:password") base64 depends on where the secret begins, modulo 3. What
 * stays the same is the digits made of the secret's bits alone. */
static void add_base64_forms(const char *secret, size_t len, bool url)
{
    auto_buf whole = BUF_INIT(FORM_MAX);
    if (!text_add_base64(&whole, secret, len, url))
        return;
    add_form(whole.data, whole.len);
    auto_free char *shifted = xcalloc(1, len + 2);
    for (size_t shift = 0; shift < 3; shift++) {
        auto_buf b = BUF_INIT(FORM_MAX);
        memcpy(shifted + shift, secret, len);
        if (!text_add_base64(&b, shifted, shift + len, url))
            return;
        size_t first = (shift * 8 + 5) / 6, end = (shift + len) * 8 / 6;
        add_form(b.data + first, end - first);
        memset(shifted, 0, 2);
    }
}

void log_add_secret(const char *secret, size_t len)
{
    if (len < SECRET_MIN)
        return;
    add_form(secret, len);
    add_percent_forms(secret, len);
    add_json_forms(secret, len);
    add_base64_forms(secret, len, false);
    add_base64_forms(secret, len, true);
}

/* ---- looking for them ---- */

/* Length of the secret that begins here, 0 if none does. */
static size_t registered_at(const char *s, size_t left)
{
    size_t cut = 0;
    for (const struct form *f = forms[(unsigned char)*s]; f; f = f->next) {
        if (f->len <= left && memcmp(f->bytes, s, f->len) == 0)
            return f->len;
        if (f->len > left && left >= TAIL_MIN && memcmp(f->bytes, s, left) == 0)
            cut = left;
    }
    return cut;
}

bool log_has_secret(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (registered_at(text + i, len - i))
            return true;
    return false;
}

static bool begins_with(const char *s, size_t left, const char *word)
{
    size_t n = strlen(word);
    return left >= n && strncasecmp(s, word, n) == 0;
}

static size_t skip(const char *s, size_t i, size_t left, const char *set)
{
    while (i < left && s[i] && strchr(set, s[i]))
        i++;
    return i;
}

/* Where the value begins that a known name announces: `Bearer x`, `access_token=x`,
 * `"access_token": "x"`. 0: nothing is announced here. */
static size_t announced_at(const char *s, size_t left)
{
    static const char *const names[] = {"access_token", "refresh_token", "client_secret",
                                        "id_token", "client_assertion"};
    if (!strchr("AaBbCcIiRr", *s) || !*s)
        return 0;
    if (begins_with(s, left, "bearer "))
        return skip(s, 7, left, " ");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (!begins_with(s, left, names[i]))
            continue;
        size_t sign = skip(s, strlen(names[i]), left, "\\\" ");
        size_t value = skip(s, sign, left, "=:");
        return value > sign ? skip(s, value, left, "\\\" ") : 0;
    }
    return 0;
}

static size_t value_length(const char *s, size_t left)
{
    size_t n = 0;
    while (n < left && (unsigned char)s[n] > ' ' && !strchr("&\"'\\,;<>(){}[]", s[n]))
        n++;
    return n;
}

/* A JSON value without quotes: null and the like are no secret, and stars would make it none of
 * JSON. */
static bool is_literal(const char *s, size_t n)
{
    static const char *const words[] = {"null", "true", "false"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strlen(words[i]) == n && memcmp(s, words[i], n) == 0)
            return true;
    return false;
}

static bool is_number(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return n > 0;
}

/* What stands in the place of an announced value; the new length. */
static size_t put_value(char *out, const char *s, size_t n, bool is_bare)
{
    if (is_literal(s, n)) {
        memmove(out, s, n);
        return n;
    }
    /* Before anything is written: `out` may be where `s` is. */
    bool is_zero = is_bare && is_number(s, n);
    size_t stars = is_zero ? 1 : n < 3 ? n : 3;
    memset(out, is_zero ? '0' : '*', stars);
    return stars;
}

static size_t put_stars(char *out, size_t replaced)
{
    size_t n = replaced < 3 ? replaced : 3;
    memset(out, '*', n);
    return n;
}

size_t log_redact(char *text, size_t len)
{
    size_t in = 0, out = 0;
    while (in < len) {
        size_t secret = registered_at(text + in, len - in);
        size_t value = secret ? 0 : announced_at(text + in, len - in);
        if (value) {
            memmove(text + out, text + in, value);
            out += value;
            in += value;
            secret = registered_at(text + in, len - in);
            size_t rest = value_length(text + in, len - in);
            if (rest >= secret) {
                /* `"access_token":` is followed by a value of JSON. */
                bool is_bare = out > 0 && strchr(": ", text[out - 1]);
                out += put_value(text + out, text + in, rest, is_bare);
                in += rest;
                continue;
            }
        }
        if (secret) {
            out += put_stars(text + out, secret);
            in += secret;
        } else if (!value) {
            text[out++] = text[in++];
        }
    }
    if (out < len)
        text[out] = '\0';
    return out;
}
