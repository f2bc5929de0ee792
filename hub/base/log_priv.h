/* SPDX-License-Identifier: Apache-2.0
 * What the files of the log share. Everything belongs to the process's one thread that logs. */
#ifndef HUB_LOG_PRIV_H
#define HUB_LOG_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/log.h"

enum { LOG_LINE_MAX = 16384 }; /* bytes, in every format */

/* One line before it has a format; its texts are without secrets. */
struct log_entry {
    enum log_level level;
    const struct log_fields *fields;
    const char *speaker, *program;
    const char *text;
    size_t len;
};

/* Adds s with control characters and what is no UTF-8 escaped. */
void log_add_visible(struct buf *, const char *s, size_t n);
/* The whole line, its newline included, or the datagram. */
void log_format(struct buf *, enum log_format, const struct log_entry *);

/* Where lines go; until it is opened, to stderr, waiting for who reads it. False: as lines to
 * stderr, as there is no journal. */
bool log_sink_open(enum log_format, const char *journal_socket);
enum log_format log_sink_format(void);
/* False, and counted, where nobody takes it now. */
bool log_sink_write(const struct buf *);
/* How many were lost since it was asked last. */
uint64_t log_sink_take_lost(void);

/* May this line be told, or was it told often enough lately? *suppressed: of the lines of its kind,
 * how many were held back before it. */
bool log_limit_passes(const struct log_entry *, int64_t now, uint64_t *suppressed);
/* How many lines were held back whose time is over and that nobody heard of; *text: one of them. */
uint64_t log_limit_collect(int64_t now, const char **text);

#endif
