/* SPDX-License-Identifier: Apache-2.0
 * Log lines: secrets taken out, repeated ones held back, the rest handed to where they go. */
#include <config.h>

#include "base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/log_priv.h"

enum { PREFIX_MAX = 256 };

/* Belongs to the process's one thread that logs. */
static enum log_level threshold = LOG_INFO;
static char speaker[PREFIX_MAX];
static struct log_fields about;
static const char *program_name = PACKAGE_NAME;
static bool is_open;
static uint64_t n_lost, n_told; /* lines that nobody took; of those, which were spoken of */

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

void log_set_fields(const struct log_fields *fields)
{
    about = *fields;
}

bool log_open(enum log_format format, const char *program, const char *journal_socket)
{
    program_name = program;
    is_open = true;
    return log_sink_open(format, journal_socket);
}

bool log_is_open(void)
{
    return is_open;
}

enum log_format log_get_format(void)
{
    return log_sink_format();
}

uint64_t log_lost(void)
{
    n_lost += log_sink_take_lost();
    return n_lost;
}

/* ---- one line ---- */

static int64_t steady_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

static bool emit(enum log_level level, const struct log_fields *fields, const char *text,
                 size_t len)
{
    auto_buf line = BUF_INIT(LOG_LINE_MAX);
    const struct log_entry entry = {level, fields, speaker, program_name, text, len};
    log_format(&line, log_sink_format(), &entry);
    return log_sink_write(&line);
}

static void say(enum log_kind kind, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(enum log_kind kind, const char *fmt, ...)
{
    char text[LOG_LINE_MAX / 4];
    struct log_fields fields = about;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    fields.kind = kind;
    emit(LOG_WARN, &fields, text, strlen(text));
}

static void say_suppressed(uint64_t n, const char *text)
{
    if (n)
        say(LOG_LINES_SUPPRESSED, "suppressed %" PRIu64 " lines like this: %.1000s", n, text);
}

/* Only once somebody takes lines again, or each attempt would be lost, too. */
static void say_lost(void)
{
    uint64_t lost = log_lost();
    if (lost <= n_told)
        return;
    uint64_t n = lost - n_told;
    n_told = lost;
    say(LOG_LINES_LOST, "%" PRIu64 " log lines were lost: nobody took them", n);
}

void log_tick(void)
{
    const char *text;
    uint64_t n;
    while (is_open && (n = log_limit_collect(steady_seconds(), &text)))
        say_suppressed(n, text);
}

void log_event(enum log_level level, const struct log_fields *given, const char *fmt, ...)
{
    if (level > threshold)
        return;
    char text[LOG_LINE_MAX / 2];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    size_t len = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    /* Before the escaping, which would hide a secret's newlines from the comparison. */
    len = log_redact(text, len);
    text[len] = '\0';
    uint64_t suppressed = 0;
    const struct log_fields *fields = given ? given : &about;
    const struct log_entry entry = {level, fields, speaker, program_name, text, len};
    log_tick();
    if (is_open && !log_limit_passes(&entry, steady_seconds(), &suppressed))
        return;
    say_suppressed(suppressed, text);
    if (emit(level, fields, text, len))
        say_lost();
}
