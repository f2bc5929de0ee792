/* SPDX-License-Identifier: Apache-2.0
 * The log of a program that stays, as the configuration wants it. */
#include <config.h>

#include "config/config.h"

#include <stdlib.h>

#include "base/log.h"

void config_open_log(const struct config *c, const char *program)
{
    enum log_format format = log_is_journal() ? LOG_JOURNALD : LOG_TEXT;
    if (c->hub.log)
        log_format_parse(c->hub.log, &format);
    if (!log_open(format, program, getenv(CONFIG_LOG_SOCKET)))
        log_error("there is no journal here: log lines go to standard error as text");
}
