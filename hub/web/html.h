/* SPDX-License-Identifier: Apache-2.0
 * Writing HTML. Everything that is filled into a template is escaped; there is no other way in. */
#ifndef HUB_WEB_HTML_H
#define HUB_WEB_HTML_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Adds the template, each {} in it replaced by the next text, escaped for element content and for
 * attribute values in double quotes. A NULL text is empty; what is not UTF-8 and control
 * characters are shown as U+FFFD. */
#define html(buf, ...)                                                                             \
    html_fill((buf), (const char *const[]){__VA_ARGS__},                                           \
              sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
void html_fill(struct buf *, const char *const *template_and_texts, size_t n);

/* For filling in. */
enum { HTML_NUMBER = 32, HTML_TIME = 64 };
const char *html_number(int64_t, char out[HTML_NUMBER]); /* "1,234,567" */
/* "3 min ago", "in 2 h"; times as RFC 3339, now in micros. "" where there is none. */
const char *html_distance(const char *time, int64_t now, char out[HTML_TIME]);

#endif
