/* SPDX-License-Identifier: Apache-2.0
 * The verb alert: sends one message to where one alert goes. It tells what became of it; who keeps
 * the message decides when it is sent again. */
#include <config.h>

#include <string.h>

#include "alert/letter.h"
#include "alert/mail.h"
#include "alert/message.h"
#include "alert/webhook.h"
#include "base/day.h"
#include "base/json.h"
#include "base/log.h"
#include "run/job.h"
#include "run/job_window.h"
#include "run/spec.h"

enum { MAIL_CONNECT_MS = 15 * 1000, MAIL_TOTAL_MS = 120 * 1000 };

/* ---- webhook ---- */

static omni_status send_webhook(struct job *job, const json_t *message, json_t *more,
                                struct err *err)
{
    const struct webhook hook = {.url = json_text(job->options, "url"),
                                 .token = json_text(job->options, "token"),
                                 .signing_key = json_text(job->options, "signing_key"),
                                 .private_hosts = json_text(job->spec, "private_hosts"),
                                 .proxy = json_text(job->spec, "proxy"),
                                 .ca_file = json_text(job->spec, "ca_file"),
                                 .limits = job_http_limits(job),
                                 .ctx = job,
                                 .cancelled = job_http_cancelled};
    uint64_t wait_ms = 0;
    auto_json *body = message_json(message);
    auto_free char *text = json_print(body);
    omni_status status = webhook_send(&hook, json_text(message, "key"), text, &wait_ms, err);
    if (wait_ms)
        json_put_int(more, "wait_ms", (int64_t)wait_ms);
    return status;
}

/* ---- mail ---- */

static int64_t made_at(const json_t *message)
{
    const char *text = json_text(message, "made_at");
    struct day_clock c;
    if (!text || !day_parse_time(text, strlen(text), &c))
        return day_now();
    return c.day * TIME_DAY + c.micros - c.offset * TIME_SECOND;
}

static bool write_letter(const struct job *job, const json_t *message, const json_t *to,
                         struct buf *out)
{
    auto_free char *subject = message_subject(message);
    auto_buf text = BUF_INIT(2 * MESSAGE_TEXT_MAX);
    message_text(message, &text);
    return letter_write(&(struct letter){.from = json_text(job->options, "from"),
                                         .to = to,
                                         .subject = subject,
                                         .text = buf_text(&text),
                                         .key = json_text(message, "key"),
                                         .made = made_at(message)},
                        out);
}

/* To each who has no answer yet; `done` gets them. The worst of those that stay open is handed
 * back. */
static omni_status send_to_all(struct job *job, struct mail *mail, const json_t *to, json_t *done,
                               struct err *err)
{
    auto_buf letter = BUF_INIT(LETTER_MAX);
    omni_status worst = OMNI_OK;
    size_t i;
    const json_t *one;
    if (!write_letter(job, json_object_get(job->spec, "message"), to, &letter))
        return err_set(err, OMNI_E_BUG, "the mail is larger than it may be");
    json_array_foreach(to, i, one)
    {
        const char *address = json_string_value(one);
        struct err why = {0};
        if (json_object_get(done, address))
            continue;
        switch (mail_send(mail, json_text(job->options, "from"), address, &letter, &why)) {
        case MAIL_TAKEN:
            json_put_text(done, address, "ok");
            break;
        case MAIL_REFUSED:
            json_put_text(done, address, why.text);
            break;
        case MAIL_HELD:
            *err = why;
            return why.status;
        default:
            err_prefix(&why, "%s: ", address);
            *err = why;
            worst = why.status;
        }
        if (job_is_cancelled())
            return err_set(err, OMNI_E_CANCELLED, "cancelled");
    }
    return worst;
}

/* Nobody got it, and nobody will. */
static bool is_refused_by_all(const json_t *done, struct err *err)
{
    const char *address;
    json_t *answer;
    bool is_refused = json_object_size(done) > 0;
    json_object_foreach((json_t *)done, address, answer)
    {
        is_refused &= strcmp(json_string_value(answer), "ok") != 0;
        if (is_refused)
            err_set(err, OMNI_E_DATA, "%s: %.700s", address, json_string_value(answer));
    }
    return is_refused;
}

static omni_status send_mail(struct job *job, json_t *more, struct err *err)
{
    const char *tls = json_text(job->options, "tls");
    const json_t *to = json_object_get(job->options, "to");
    auto_json *list =
        json_is_string(to) ? json_pack("[O]", (json_t *)to) : json_incref((json_t *)to);
    const struct http_limits limits = job_http_limits(job);
    const struct mail_server server = {
        .url = json_text(job->options, "url"),
        .user = json_text(job->options, "user"),
        .password = json_text(job->options, "password"),
        .ca_file = json_text(job->spec, "ca_file"),
        .is_plain = tls && strcmp(tls, "off") == 0,
        .connect_ms = limits.connect_ms ? limits.connect_ms : MAIL_CONNECT_MS,
        .total_ms =
            limits.total_ms && limits.total_ms < MAIL_TOTAL_MS ? limits.total_ms : MAIL_TOTAL_MS,
        .ctx = job,
        .cancelled = job_http_cancelled};
    json_t *before = json_object_get(job->spec, "done"), *done;
    done = before ? json_deep_copy(before) : json_object();
    json_object_set_new(more, "done", done);
    struct mail *mail = mail_open(&server, err);
    omni_status status = mail ? send_to_all(job, mail, list, done, err) : err->status;
    mail_close(mail);
    if (status == OMNI_OK && is_refused_by_all(done, err))
        return OMNI_E_DATA;
    return status;
}

/* ---- the verb ---- */

int job_alert(struct job *job)
{
    struct err err = {0};
    json_t *more = json_object();
    const json_t *message = json_object_get(job->spec, "message");
    job->options = job_resolve(job, json_object_get(job->spec, "alert"), &err);
    const char *kind = json_text(job->options, "kind");
    omni_status status = err.status;
    if (job->options && kind && message)
        status = strcmp(kind, "mail") == 0 ? send_mail(job, more, &err)
                                           : send_webhook(job, message, more, &err);
    else if (job->options)
        status = err_set(&err, OMNI_E_BUG, "the job's spec lacks alert or message");
    job_emit_plain(job, status, &err, more);
    return status == OMNI_OK ? 0 : 1;
}
