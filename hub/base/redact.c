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
}

static void add_json_forms(const char *secret, size_t len)
{
    auto_buf b = BUF_INIT(FORM_MAX), slashed = BUF_INIT(FORM_MAX);
    if (!text_add_json(&b, secret, len))
        return;
    add_form(b.data + 1, b.len - 2);
    for (size_t i = 1; i + 1 < b.len; i++)
        if (!(b.data[i] == '/' ? buf_adds(&slashed, "\\/") : buf_addc(&slashed, b.data[i])))
            return;
    add_form(slashed.data, slashed.len);
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
            secret = secret > rest ? secret : rest;
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
