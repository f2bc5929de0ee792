/* SPDX-License-Identifier: Apache-2.0
 * A log line as text, as JSON, and as an entry of systemd's journal. */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/day.h"
#include "base/log_priv.h"
#include "base/mem.h"
#include "base/text.h"

static const char *const format_names[] = {
    [LOG_TEXT] = "text", [LOG_JSON] = "json", [LOG_JOURNALD] = "journald"};
static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const char *const priorities[] = {"3", "4", "6", "7"}; /* syslog(3) */

/* Ids never change: people filter by them (journalctl MESSAGE_ID=…). */
static const struct {
    const char *name, *id;
} kinds[LOG_N_KINDS] = {
    [LOG_STARTED] = {"started", "4f085f8c5d5340699eb4b0ba16941aa1"},
    [LOG_STOPPED] = {"stopped", "fdd2b09980fa4955b7fb5116682449e3"},
    [LOG_RELOADED] = {"reloaded", "8a33df8a7f2e4816b762ed102920da6d"},
    [LOG_RELOAD_REFUSED] = {"reload-refused", "5bf50d71ce5544edbb06a0e3726c1d0f"},
    [LOG_RUN_ENDED] = {"run-ended", "7aa5e02c7f0b49f9ac9a66e190b8ce9c"},
    [LOG_RUN_FAILED] = {"run-failed", "8ec33dd278ea4aa7930b26389792ae38"},
    [LOG_SUSPENDED] = {"suspended", "af11b94a9a524a78b921968d2bfd896a"},
    [LOG_ALERT_LOST] = {"alert-lost", "cd1838058de1434b93b55aa5b1ee18a3"},
    [LOG_LINES_LOST] = {"lines-lost", "e94e7fac59be4a14a92dd8a4bd10d242"},
    [LOG_LINES_SUPPRESSED] = {"lines-suppressed", "4e7b127c05074767a3f92d93ea7b93e5"},
    [LOG_AUDIT] = {"audit", "d74c8a5db0824e02be5cb4d34670ec71"},
};

bool log_format_parse(const char *name, enum log_format *out)
{
    for (size_t i = 0; i < ARRAY_LEN(format_names); i++)
        if (strcmp(name, format_names[i]) == 0) {
            *out = (enum log_format)i;
            return true;
        }
    return false;
}

const char *log_format_name(enum log_format format)
{
    return format_names[format];
}

/* ---- text ---- */

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

void log_add_visible(struct buf *line, const char *s, size_t n)
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

static void add_time(struct buf *line)
{
    char now[TIME_TEXT];
    int64_t micros = day_now();
    buf_adds(line, day_print_time(micros / TIME_SECOND * TIME_SECOND, now));
}

static void format_text(struct buf *line, const struct log_entry *e)
{
    add_time(line);
    buf_printf(line, " %s ", level_names[e->level]);
    if (*e->speaker) {
        log_add_visible(line, e->speaker, strlen(e->speaker));
        buf_addc(line, ' ');
    }
    log_add_visible(line, e->text, e->len);
    line->max++; /* what does not fit is cut off, but the line always ends */
    buf_addc(line, '\n');
}

/* ---- fields ---- */

struct named {
    const char *json, *journal, *value;
};

/* Those that the line has; returns how many. */
static size_t fields_of(const struct log_entry *e, struct named out[8])
{
    const struct log_fields *f = e->fields;
    const struct named all[] = {{"run", "OMNIHUB_RUN", f->run},
                                {"connector", "OMNIHUB_CONNECTOR", f->connector},
                                {"sink", "OMNIHUB_SINK", f->sink},
                                {"stream", "OMNIHUB_STREAM", f->stream},
                                {"account", "OMNIHUB_ACCOUNT", f->account},
                                {"outcome", "OMNIHUB_OUTCOME", f->outcome},
                                {"code", "OMNIHUB_CODE", f->code},
                                {"event", "OMNIHUB_EVENT", kinds[f->kind].name}};
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (all[i].value && *all[i].value)
            out[n++] = all[i];
    return n;
}

/* A value may repeat what a platform said, and is one line. */
static void take_value(struct buf *out, const char *value)
{
    auto_free char *text = xstrdup(value);
    log_add_visible(out, text, log_redact(text, strlen(text)));
}

/* ---- JSON ---- */

static void add_member(struct buf *line, const char *name, const char *value, size_t n)
{
    buf_printf(line, ",\"%s\":", name);
    text_add_json(line, value, n);
}

static void format_json(struct buf *line, const struct log_entry *e)
{
    struct named fields[8];
    size_t n = fields_of(e, fields);
    auto_buf text = BUF_INIT(LOG_LINE_MAX / 4);
    line->max *= 4; /* escapes; the text itself is bounded, so the line always ends */
    log_add_visible(&text, e->text, e->len);
    buf_adds(line, "{\"time\":\"");
    add_time(line);
    buf_printf(line, "\",\"level\":\"%s\",\"program\":\"%s\",\"pid\":%d", level_names[e->level],
               e->program, (int)getpid());
    for (size_t i = 0; i < n; i++) {
        auto_buf value = BUF_INIT(1024);
        take_value(&value, fields[i].value);
        add_member(line, fields[i].json, buf_text(&value), value.len);
    }
    if (e->fields->kind != LOG_PLAIN)
        add_member(line, "message_id", kinds[e->fields->kind].id, 32);
    add_member(line, "message", buf_text(&text), text.len);
    buf_adds(line, "}\n");
}

/* ---- the journal ---- */

static void format_journal(struct buf *line, const struct log_entry *e)
{
    struct named fields[8];
    size_t n = fields_of(e, fields);
    buf_printf(line, "PRIORITY=%s\nSYSLOG_IDENTIFIER=%s\n", priorities[e->level], e->program);
    if (e->fields->kind != LOG_PLAIN)
        buf_printf(line, "MESSAGE_ID=%s\n", kinds[e->fields->kind].id);
    for (size_t i = 0; i < n; i++) {
        auto_buf value = BUF_INIT(1024);
        take_value(&value, fields[i].value);
        buf_printf(line, "%s=%s\n", fields[i].journal, buf_text(&value));
    }
    buf_adds(line, "MESSAGE=");
    log_add_visible(line, e->text, e->len); /* without line ends, so no length stands before it */
    line->max++;
    buf_addc(line, '\n');
}

void log_format(struct buf *line, enum log_format format, const struct log_entry *e)
{
    static void (*const formats[])(struct buf *, const struct log_entry *) = {
        [LOG_TEXT] = format_text, [LOG_JSON] = format_json, [LOG_JOURNALD] = format_journal};
    formats[format](line, e);
}
