/* SPDX-License-Identifier: Apache-2.0
 * A message as an Internet mail. The body is base64: no line of it is too long, begins with a dot
 * or is changed on the way. */
#include <config.h>

#include "alert/letter.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/day.h"
#include "base/mem.h"
#include "base/text.h"

enum {
    ADDRESS_MAX = 254,  /* RFC 5321 */
    LINE_BYTES = 57,    /* that become 76 characters */
    WORD_BYTES = 42,    /* of an encoded word: 75 characters with its frame */
    SUBJECT_PLAIN = 200 /* longer ones are encoded, which folds them */
};

bool letter_address_is_fine(const char *address)
{
    size_t n = strlen(address);
    const char *at = strchr(address, '@');
    if (n > ADDRESS_MAX || !at || at == address || !at[1] || strchr(at + 1, '@'))
        return false;
    for (size_t i = 0; i < n; i++)
        if (address[i] <= ' ' || address[i] >= 0x7f || strchr("<>()[],;:\\\"", address[i]))
            return false;
    return true;
}

static bool is_plain(const char *s)
{
    for (size_t i = 0; s[i]; i++)
        if (s[i] < ' ' || s[i] >= 0x7f || i >= SUBJECT_PLAIN)
            return false;
    return !strstr(s, "=?");
}

/* Line ends and other controls become blanks: the readers' programs show one line. */
static char *one_line(const char *s)
{
    char *line = xstrdup(s);
    for (char *p = line; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = ' ';
    return line;
}

/* RFC 2047: encoded words of whole characters, one a line. */
static void add_subject(struct buf *out, const char *subject)
{
    auto_free char *line = one_line(subject);
    auto_buf clean = BUF_INIT(LETTER_MAX);
    buf_adds(out, "Subject: ");
    if (is_plain(line)) {
        buf_printf(out, "%s\r\n", line);
        return;
    }
    text_add_utf8(&clean, line, strlen(line));
    const char *s = buf_text(&clean);
    for (size_t left = clean.len; left > 0;) {
        size_t n = 0, next;
        while (n < left && (next = text_utf8_len(s + n, left - n)) && n + next <= WORD_BYTES)
            n += next;
        if (n == 0)
            break;
        buf_adds(out, "=?UTF-8?B?");
        text_add_base64(out, s, n, false);
        buf_adds(out, left > n ? "?=\r\n " : "?=");
        s += n;
        left -= n;
    }
    buf_adds(out, "\r\n");
}

/* "Sat, 28 Nov 2026 23:30:00 +0000": its names are English, whatever the locale. */
static void add_date(struct buf *out, int64_t micros)
{
    static const char days[] = "ThuFriSatSunMonTueWed", /* 1970-01-01 was a Thursday */
        months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t seconds = micros / TIME_SECOND, of_day = seconds % 86400;
    int32_t day = (int32_t)(seconds / 86400);
    int year, month, mday;
    day_to_civil(day, &year, &month, &mday);
    buf_printf(out,
               "Date: %.3s, %02d %.3s %04d %02" PRId64 ":%02" PRId64 ":%02" PRId64 " +0000\r\n",
               days + day % 7 * 3, mday, months + (month - 1) * 3, year, of_day / 3600,
               of_day / 60 % 60, of_day % 60);
}

static void add_body(struct buf *out, const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        size_t n = left < LINE_BYTES ? left : LINE_BYTES;
        text_add_base64(out, text, n, false);
        buf_adds(out, "\r\n");
        text += n;
        left -= n;
    }
}

bool letter_write(const struct letter *l, struct buf *out)
{
    size_t i;
    const json_t *one;
    add_date(out, l->made);
    buf_printf(out, "From: omnihub <%s>\r\nTo: ", l->from);
    json_array_foreach(l->to, i, one)
        buf_printf(out, "%s%s", i ? ",\r\n " : "", json_string_value(one));
    buf_adds(out, "\r\n");
    add_subject(out, l->subject);
    /* RFC 3834: nobody's absence is told to a program. */
    buf_printf(out,
               "Message-ID: <%s%s>\r\n"
               "Auto-Submitted: auto-generated\r\n"
               "MIME-Version: 1.0\r\n"
               "Content-Type: text/plain; charset=utf-8\r\n"
               "Content-Transfer-Encoding: base64\r\n\r\n",
               l->key, strchr(l->from, '@'));
    add_body(out, l->text);
    return buf_adds(out, "\r\n");
}
