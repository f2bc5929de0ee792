/* SPDX-License-Identifier: Apache-2.0
 * An error as a person needs it: what the hub shall do, and a text that says what is wrong, where,
 * and what to do. */
#include <config.h>

#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

omni_status err_set(struct err *err, omni_status status, const char *fmt, ...)
{
    if (err) {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(err->text, sizeof err->text, fmt, ap);
        va_end(ap);
        err->status = status;
    }
    return status;
}

void err_prefix(struct err *err, const char *fmt, ...)
{
    if (!err)
        return;
    char text[ERR_TEXT];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n < 0 || n >= ERR_TEXT)
        return;
    snprintf(text + n, sizeof text - (size_t)n, "%s", err->text);
    memcpy(err->text, text, sizeof text);
}

const char *err_status_name(omni_status status)
{
    static const char *const names[] = {"ok",   "retry",    "throttled", "auth",        "config",
                                        "data", "too_much", "cancelled", "unsupported", "bug"};
    size_t i = (size_t)(status <= 0 ? -(int64_t)status : 99);
    return i < sizeof names / sizeof names[0] ? names[i] : "unknown";
}
