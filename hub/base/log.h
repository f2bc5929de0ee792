/* SPDX-License-Identifier: Apache-2.0
 * Log lines on stderr: level, prefix, one line of text with key=value at its end. Secrets are taken
 * out of every line. */
#ifndef HUB_LOG_H
#define HUB_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_NONE = -1, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Lines above this level are dropped; LOG_INFO at first. */
void log_set_level(enum log_level);
enum log_level log_get_level(void);
/* Who speaks: "shop-ads.ad_insights run=17"; copied. NULL: nobody. */
void log_set_prefix(const char *prefix);
/* From now on this text, and its percent-encoded, base64 and JSON-escaped forms, leave as "***" in
 * every line. Shorter ones than 4 bytes are not taken: they would tear ordinary words apart. */
void log_add_secret(const char *secret, size_t len);
/* Replaces registered secrets in place; a text never grows. Returns its new length. Used for
 * everything that leaves the process. */
size_t log_redact(char *text, size_t len);

/* Is a registered secret in the text, in one of its forms? */
bool log_has_secret(const char *text, size_t len);

/* Newlines and control characters in the text are shown escaped, so that one call is one line. */
void log_line(enum log_level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

#endif
