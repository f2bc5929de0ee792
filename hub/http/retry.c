/* SPDX-License-Identifier: Apache-2.0
 * http_send(): judging each reply, and sending again what may be sent again. */
#include <config.h>

#include "http/http.h"

#include <string.h>
#include <time.h>

#include "base/day.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/allowance.h"
#include "http/cassette.h"
#include "http/client.h"
#include "http/ending.h"
#include "http/header.h"
#include "http/login.h"
#include "http/redirect.h"
#include "http/verdict.h"
#include "http/wait.h"

/* Retries of a whole run that no server asked for: a platform that is down is not hammered. */
enum { BUDGET_BASE = 20, BUDGET_PERCENT = 10 };

struct sending {
    struct http *http;
    const struct http_calls *calls;
    struct exchange ex;
    uint32_t attempt; /* from 1 */
    bool is_safe;     /* repeating cannot double anything */
    bool renewed, read_again;
};

/* How one attempt ended. */
struct verdict {
    omni_status status;
    int32_t http; /* 0: no reply */
    bool sent, by_judge, by_reader;
    bool is_told; /* wait_ms comes from the platform */
    uint64_t wait_ms;
};

/* ---- one attempt ---- */

static void judge_reply(struct sending *s, const struct http_reply *reply, struct verdict *v,
                        struct err *err)
{
    bool is_html = s->http->intake.is_html;
    uint32_t wait = 0;
    omni_status status = OMNI_E_UNSUPPORTED;
    *err = (struct err){0};
    if (s->calls && s->calls->judge)
        status = s->calls->judge(s->calls->ctx, reply, &wait, err);
    v->by_judge = status != OMNI_E_UNSUPPORTED && !(status == OMNI_OK && is_html);
    if (!v->by_judge)
        status = is_html ? verdict_html(reply, err) : verdict_by_status(reply, err);
    else if (status != OMNI_OK && !*err->text && verdict_by_status(reply, err) == OMNI_OK)
        err_set(err, status, "the platform's answer means: %s", err_status_name(status));
    v->status = err->status = status;
    v->wait_ms = wait;
    v->is_told = wait > 0 || wait_retry_after(verdict_header(reply, "retry-after"),
                                              verdict_header(reply, "date"), &v->wait_ms);
    /* A date that is over, or 0: no better than nothing. */
    v->is_told = v->is_told && v->wait_ms > 0;
}

static void tell_budget(struct http *h, uint64_t ms, const char *why)
{
    if (h->budget && ms > 0)
        h->budget->pause(h->budget->ctx, ms, why);
}

/* A reply may be the last that is allowed for now, and say so. */
static void notice_allowance(struct http *h, const struct http_reply *reply)
{
    char why[ALLOWANCE_WHY];
    struct http_left left[ALLOWANCE_LEFTS];
    if (!h->budget)
        return;
    tell_budget(h, allowance_pause_ms(reply, why), why);
    size_t n = h->budget->left ? allowance_left(reply, left) : 0;
    for (size_t i = 0; i < n; i++)
        h->budget->left(h->budget->ctx, &left[i]);
}

static struct verdict attempt_once(struct sending *s, struct http_reply *reply, struct err *err)
{
    struct http *h = s->http;
    struct verdict v = {0};
    h->wait_ms = 0;
    s->ex.fresh = !s->is_safe || s->attempt > 1;
    *reply = (struct http_reply){.body = ""};
    v.status = exchange_run(h, &s->ex, &v.sent, err);
    if (v.status != OMNI_OK) {
        v.by_reader = h->intake.failed_by_caller;
        v.wait_ms = h->wait_ms;
        v.is_told = h->wait_ms > 0;
        return v;
    }
    v.status = intake_reply(&h->intake, reply, err);
    v.by_reader = v.status != OMNI_OK;
    if (v.status != OMNI_OK)
        return v;
    v.http = reply->status;
    judge_reply(s, reply, &v, err);
    ending_notice(&h->ending, reply);
    notice_allowance(h, reply);
    return v;
}

/* ---- again? ---- */

static bool may_renew(struct sending *s, const struct verdict *v)
{
    if (v->status != OMNI_E_AUTH || v->http != 401 || s->renewed || !s->ex.with_login)
        return false;
    struct http *h = s->http;
    return h->replay ? cassette_has(h->replay, h->scrub, &s->ex) : login_renew(h);
}

static bool may_repeat(struct sending *s, const struct verdict *v)
{
    if (v->status == OMNI_E_DATA) { /* a reply cut into nonsense: once more, then it is the data */
        bool again = v->by_reader && s->is_safe && !s->read_again;
        s->read_again |= again;
        return again && s->attempt < s->http->limits.max_attempts;
    }
    if (v->status != OMNI_E_RETRY && v->status != OMNI_E_THROTTLED)
        return false;
    return v->by_judge || s->is_safe || !v->sent || (v->http && verdict_is_untouched(v->http));
}

/* Adds to the text what a person wants to know about the repeating. */
static omni_status give_up(struct err *err, omni_status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static omni_status give_up(struct err *err, omni_status status, const char *fmt, ...)
{
    char text[160];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    struct err before = *err;
    return err_set(err, status, "%.*s%s", (int)(sizeof before.text - sizeof text), before.text,
                   text);
}

static omni_status park(struct http *h, uint64_t wait_ms, struct err *err)
{
    char until[TIME_TEXT];
    h->wait_ms = wait_ms;
    int64_t at = (int64_t)time(NULL) + (int64_t)(wait_ms + 999) / 1000;
    return give_up(err, OMNI_E_THROTTLED, HTTP_TRY_AGAIN "%s",
                   day_print_time(at * TIME_SECOND, until));
}

static bool within_budget(struct http *h, const struct verdict *v)
{
    if (v->is_told)
        return true;
    return h->paid_retries++ < BUDGET_BASE + h->counts.requests * BUDGET_PERCENT / 100;
}

/* OMNI_OK: send it again, the wait is over. Otherwise the final status. */
static omni_status repeat_or_end(struct sending *s, struct verdict *v, struct err *err)
{
    struct http *h = s->http;
    if (may_renew(s, v)) {
        s->renewed = true;
        h->counts.retries++;
        return OMNI_OK;
    }
    if (!may_repeat(s, v))
        return v->status == OMNI_E_RETRY
                   ? give_up(err, v->status, " (not sent again: a %s could take effect twice)",
                             s->ex.method)
                   : v->status;
    if (!v->is_told)
        v->wait_ms = wait_backoff(h->limits.backoff_ms, s->attempt);
    if (v->status == OMNI_E_THROTTLED)
        tell_budget(h, v->wait_ms, err->text);
    if (v->is_told && v->wait_ms > h->limits.max_wait_ms)
        return park(h, v->wait_ms, err);
    /* Of two faults the one that a person can mend is told, and not that a cassette is at its end.
     */
    if (h->replay && !cassette_has(h->replay, h->scrub, &s->ex))
        return v->status;
    if (s->attempt >= h->limits.max_attempts) {
        give_up(err, v->status, " (after %u attempts)", s->attempt);
        uint64_t wait_ms = v->is_told ? v->wait_ms : h->limits.max_wait_ms;
        return v->status == OMNI_E_THROTTLED ? park(h, wait_ms, err) : v->status;
    }
    if (!within_budget(h, v))
        return give_up(err, OMNI_E_RETRY, " (this run's retries are used up)");
    log_info("%s; sending again in %llu ms attempt=%u of=%u", err->text,
             (unsigned long long)v->wait_ms, s->attempt + 1, h->limits.max_attempts);
    h->counts.retries++;
    s->attempt++;
    return wait_sleep(h, v->wait_ms, err);
}

/* ---- the whole ---- */

static bool is_safe_method(const char *method)
{
    static const char *const safe[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < ARRAY_LEN(safe); i++)
        if (strcmp(method, safe[i]) == 0)
            return true;
    return false;
}

static omni_status prepare(struct sending *s, const struct http_request *req, struct err *err)
{
    struct http *h = s->http;
    s->ex = (struct exchange){.method = req->method ? req->method : "GET",
                              .headers = req->headers,
                              .body = req->body_len ? req->body : NULL, /* "" is none, too */
                              .body_len = req->body_len,
                              .with_login = !(req->flags & OMNI_HTTP_NO_LOGIN)};
    s->is_safe = is_safe_method(s->ex.method) || (req->flags & OMNI_HTTP_REPEATABLE);
    omni_status status = header_check_method(s->ex.method, err);
    if (status == OMNI_OK)
        status = header_check(req->headers, err);
    if (status == OMNI_OK)
        status = req->url ? url_join(&s->ex.url, h->policy.base.text ? &h->policy.base : NULL,
                                     req->url, err)
                          : err_set(err, OMNI_E_BUG, "a request without url");
    if (status == OMNI_OK)
        status = policy_check(&h->policy, &s->ex.url, err);
    const char *accept = header_find(req->headers, "accept");
    h->intake.calls = s->calls;
    h->intake.max_body = h->limits.max_body;
    h->intake.max_ratio = h->limits.max_ratio;
    h->intake.wants_json = !accept || strstr(accept, "json");
    h->intake.keep_copy = h->record;
    return status;
}

/* Others may use it up again while this one waits: then it is parked, too. */
static omni_status wait_for_budget(struct http *h, struct err *err)
{
    enum { ROUNDS = 20 };
    struct err why = {0};
    for (int i = 0;; i++) {
        uint64_t ms = h->budget ? h->budget->wait_ms(h->budget->ctx, &why) : 0;
        if (ms == 0)
            return OMNI_OK;
        if (ms > h->limits.max_wait_ms || i == ROUNDS) {
            err_set(err, OMNI_E_THROTTLED, "not sent, the quota is used up: %.600s", why.text);
            return park(h, ms, err);
        }
        if (wait_sleep(h, ms, err) != OMNI_OK)
            return OMNI_E_CANCELLED;
    }
}

static omni_status send_until_done(struct sending *s, struct http_reply *reply, struct err *err)
{
    for (s->attempt = 1;;) {
        omni_status allowed = wait_for_budget(s->http, err);
        if (allowed != OMNI_OK)
            return allowed;
        struct verdict v = attempt_once(s, reply, err);
        if (v.status == OMNI_OK || v.status == OMNI_E_CANCELLED)
            return v.status;
        auto_free char *url = url_brief(&s->ex.url);
        err_prefix(err, "%s %s: ", s->ex.method, url);
        err->status = v.status;
        omni_status status = repeat_or_end(s, &v, err);
        if (status != OMNI_OK)
            return status;
    }
}

omni_status http_send(struct http *h, const struct http_request *req,
                      const struct http_calls *calls, struct http_reply *reply, struct err *err)
{
    struct err why = {0};
    struct sending s = {.http = h, .calls = calls};
    *reply = (struct http_reply){.body = ""};
    h->wait_ms = 0;
    omni_status status = prepare(&s, req, &why);
    if (status == OMNI_OK)
        status = send_until_done(&s, reply, &why);
    url_free(&s.ex.url);
    if (status != OMNI_OK && err) {
        *err = why;
        err->status = status;
        log_redact(err->text, strlen(err->text));
    }
    return status;
}
