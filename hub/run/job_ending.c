/* SPDX-License-Identifier: Apache-2.0
 * The platform's replies announced the end of what this connector uses. */
#include <config.h>

#include "run/job_ending.h"

#include <string.h>

#include "base/ahead.h"
#include "base/buf.h"
#include "base/day.h"
#include "base/log.h"
#include "base/text.h"
#include "store/events.h"

enum { TEXT_MAX = 800 };

static void add_day(struct buf *b, const char *before, int64_t seconds)
{
    char day[DAY_TEXT];
    if (seconds)
        buf_printf(b, "%s%s", before, day_print((int32_t)(seconds * TIME_SECOND / TIME_DAY), day));
}

static int64_t days_left(const struct http_ending *e)
{
    return e->until_s ? e->until_s * TIME_SECOND / TIME_DAY - day_now() / TIME_DAY : INT64_MAX;
}

static void describe(const struct http_ending *e, struct buf *b)
{
    const char *near = ahead_words(days_left(e));
    buf_adds(b, "the platform announces the end of this API version");
    add_day(b, ": it is switched off on ", e->until_s);
    if (near)
        buf_printf(b, ", %s", near);
    add_day(b, e->until_s ? "; deprecated since " : ": deprecated since ", e->since_s);
    if (e->words[0]) {
        buf_adds(b, " (");
        text_add_utf8(b, e->words, strlen(e->words));
        buf_adds(b, ")");
    }
    buf_adds(b, "; install a newer plugin, or see the option api_version");
}

static omni_status keep(struct job *job, const char *text, int stage, bool *is_new, struct err *err)
{
    const char *scope = job->connector;
    if (!text)
        return event_clear(job->store, EVENT_DEPRECATED, scope, NULL, err);
    const struct event event = {EVENT_DEPRECATED, scope, text, stage};
    omni_status status = event_is_new(job->store, &event, is_new, err);
    return status == OMNI_OK && *is_new ? event_raise(job->store, &event, err) : status;
}

void job_tell_ending(struct job *job)
{
    struct err err = {0};
    bool is_new = true;
    /* A run without a reply says nothing, not that all is well. */
    if (!job->http || http_counts(job->http).requests == 0)
        return;
    const struct http_ending *e = http_ending(job->http);
    auto_buf b = BUF_INIT(TEXT_MAX);
    if (e)
        describe(e, &b);
    char *text = e ? b.data : NULL;
    if (text)
        text[log_redact(text, b.len)] = '\0';
    int stage = e ? ahead_stage(days_left(e)) : 0;
    if (job->store && !job->is_dry_run && keep(job, text, stage, &is_new, &err) != OMNI_OK)
        log_warn("that an API version ends cannot be kept: %s", err.text);
    if (text && is_new)
        log_warn("%s", text);
}
