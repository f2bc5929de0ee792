/* SPDX-License-Identifier: Apache-2.0
 * Log lines: level, who speaks, one line of text with key=value at its end. As text, as JSON lines,
 * or as entries of systemd's journal. Secrets are taken out of every line. */
#ifndef HUB_LOG_H
#define HUB_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_NONE = -1, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_TEXT, LOG_JSON, LOG_JOURNALD };

/* Kinds of lines that a machine may wait for: "event" in JSON, MESSAGE_ID in the journal. */
enum log_kind {
    LOG_PLAIN, /* none of them */
    LOG_STARTED,
    LOG_STOPPED,
    LOG_RELOADED,
    LOG_RELOAD_REFUSED,
    LOG_RUN_ENDED,
    LOG_RUN_FAILED,
    LOG_SUSPENDED,
    LOG_ALERT_LOST,
    LOG_LINES_LOST,
    LOG_LINES_SUPPRESSED,
    LOG_AUDIT,
    LOG_N_KINDS
};

/* What a line is about; NULL: nothing of that. */
struct log_fields {
    enum log_kind kind;
    const char *run, *connector, *sink, *stream, *account, *outcome, *code;
};

/* Lines above this level are dropped; LOG_INFO at first. */
void log_set_level(enum log_level);
enum log_level log_get_level(void);
/* Who speaks: "shop-ads.ad_insights run=17"; copied. NULL: nobody. */
void log_set_prefix(const char *prefix);
/* What lines are about that do not say so themselves; texts are borrowed. */
void log_set_fields(const struct log_fields *);
/* From now on this text, and its percent-encoded, base64 and JSON-escaped forms, leave as "***" in
 * every line. Shorter ones than 4 bytes are not taken: they would tear ordinary words apart. */
void log_add_secret(const char *secret, size_t len);
/* Replaces registered secrets in place; a text never grows. Returns its new length. Used for
 * everything that leaves the process. */
size_t log_redact(char *text, size_t len);

/* Is a registered secret in the text, in one of its forms? */
bool log_has_secret(const char *text, size_t len);

/* For a service and its jobs: in this format, never waiting for who reads (what nobody takes is
 * counted, and said once somebody does), and the same line at most LOG_BURST times a minute.
 * journal_socket: NULL: systemd's. program: as it is called; borrowed. False: there is no journal,
 * lines go to stderr as text. */
enum { LOG_BURST = 20, LOG_WINDOW_S = 60 };
bool log_open(enum log_format, const char *program, const char *journal_socket);
bool log_is_open(void);
/* Is stderr the journal's, as $JOURNAL_STREAM says? */
bool log_is_journal(void);
/* "text", "json", "journald"; false for anything else. */
bool log_format_parse(const char *name, enum log_format *);
const char *log_format_name(enum log_format);
/* The one in use. */
enum log_format log_get_format(void);
/* Says what was held back, where its time is over. */
void log_tick(void);
/* Lines that nobody took since the start. */
uint64_t log_lost(void);

/* Newlines and control characters in the text are shown escaped, so that one call is one line. */
void log_event(enum log_level, const struct log_fields *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
#define log_line(level, ...) log_event((level), NULL, __VA_ARGS__)
#define log_error(...)       log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)        log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...)        log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)       log_line(LOG_DEBUG, __VA_ARGS__)

#endif
