/* SPDX-License-Identifier: Apache-2.0
 * Log lines on stderr: one write() a line, secrets taken out, control characters escaped. */
#include <config.h>

#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/day.h"
#include "base/file.h"
#include "base/text.h"

enum { LINE_MAX_BYTES = 16384, PREFIX_MAX = 256 };

/* Belongs to the process's one thread that logs. */
static enum log_level threshold = LOG_INFO;
static char speaker[PREFIX_MAX];

void log_set_level(enum log_level level)
{
    threshold = level;
}

enum log_level log_get_level(void)
{
    return threshold;
}

void log_set_prefix(const char *prefix)
{
    snprintf(speaker, sizeof speaker, "%s", prefix ? prefix : "");
}

static bool add_escape(struct buf *line, unsigned char c)
{
    switch (c) {
    case '\n':
        return buf_adds(line, "\\n");
    case '\r':
        return buf_adds(line, "\\r");
    case '\t':
        return buf_adds(line, "\\t");
    default:
        return buf_printf(line, "\\x%02x", (unsigned)c);
    }
}

/* C0, DEL, C1 (U+0080 … U+009F) and the line separators: what a terminal or a log reader obeys. */
static bool is_control(const char *s, size_t len)
{
    const unsigned char *p = (const unsigned char *)s;
    if (len == 1)
        return p[0] < 0x20 || p[0] == 0x7f;
    if (len == 2)
        return p[0] == 0xc2 && p[1] < 0xa0;
    return len == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9);
}

static void add_visible(struct buf *line, const char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t len = text_utf8_len(s + i, n - i);
        if (len && !is_control(s + i, len)) {
            if (!buf_add(line, s + i, len))
                return;
            i += len;
            continue;
        }
        for (size_t end = i + (len ? len : 1); i < end; i++)
            if (!add_escape(line, (unsigned char)s[i]))
                return;
    }
}

static void add_head(struct buf *line, enum log_level level)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    char now[TIME_TEXT];
    int64_t micros = day_now();
    int64_t fraction = micros % TIME_SECOND;
    buf_printf(line, "%s %s ", day_print_time(micros - fraction, now), names[level]);
    if (*speaker) {
        add_visible(line, speaker, strlen(speaker));
        buf_addc(line, ' ');
    }
}

void log_line(enum log_level level, const char *fmt, ...)
{
    if (level > threshold)
        return;
    char text[LINE_MAX_BYTES / 2];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    size_t len = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    /* Before the escaping, which would hide a secret's newlines from the comparison. */
    len = log_redact(text, len);
    auto_buf line = BUF_INIT(LINE_MAX_BYTES);
    add_head(&line, level);
    add_visible(&line, text, len);
    line.max++; /* what does not fit is cut off, but the line always ends */
    buf_addc(&line, '\n');
    file_write_all(STDERR_FILENO, line.data, line.len);
}
