/* SPDX-License-Identifier: Apache-2.0
 * Samples as Prometheus reads them. */
#include <config.h>

#include "web/expose.h"

#include <inttypes.h>
#include <string.h>

#include "base/day.h"
#include "base/exact.h"
#include "base/text.h"

void expose_family(struct buf *b, const char *name, const char *type, const char *help)
{
    buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_value(struct buf *b, const char *value)
{
    auto_buf clean = BUF_INIT(b->max);
    text_add_utf8(&clean, value, strlen(value));
    for (const char *p = buf_text(&clean); *p; p++)
        if (*p == '\n')
            buf_adds(b, "\\n");
        else if (*p == '\\' || *p == '"')
            buf_printf(b, "\\%c", *p);
        else
            buf_addc(b, *p);
}

static void add_name(struct buf *b, const char *name, const struct label *labels)
{
    const char *before = "{";
    buf_adds(b, name);
    for (; labels && labels->name; labels++) {
        if (!labels->value || !*labels->value)
            continue;
        buf_printf(b, "%s%s=\"", before, labels->name);
        add_value(b, labels->value);
        buf_addc(b, '"');
        before = ",";
    }
    buf_adds(b, *before == ',' ? "} " : " ");
}

void expose_int(struct buf *b, const char *name, const struct label *labels, int64_t value)
{
    add_name(b, name, labels);
    buf_printf(b, "%" PRId64 "\n", value);
}

void expose_micros(struct buf *b, const char *name, const struct label *labels, int64_t micros)
{
    char text[EXACT_TEXT];
    add_name(b, name, labels);
    buf_printf(b, "%s\n", exact_print(micros, text));
}

void expose_time(struct buf *b, const char *name, const struct label *labels, const char *time)
{
    struct day_clock c;
    if (time && day_parse_time(time, strlen(time), &c))
        expose_micros(b, name, labels, c.day * TIME_DAY + c.micros - c.offset * TIME_SECOND);
}
