/* SPDX-License-Identifier: Apache-2.0
 * Access tokens by RFC 6749: one form sent, one JSON object back, many ways to be wrong. */
#include <config.h>

#include "http/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/attempt.h"
#include "http/client.h"
#include "http/header.h"
#include "http/login.h"
#include "http/secret.h"
#include "http/verdict.h"
#include "http/wait.h"

enum {
    FORM_MAX = 64 * 1024,
    REPLY_MAX = 1024 * 1024,
    LIFE_DEFAULT_S = 3600, /* where the reply does not say */
    LIFE_MAX_S = 86400,
    LIFE_MARGIN_S = 60, /* a token is not used in its last minute */
    LIFE_ODD_S = 60,    /* expires_in of 0 or less: it was just given, so it works for now */
    SKEW_TOLD_S = 60,
    REFRESH_LIFE_MAX_S = 10 * 365 * LIFE_MAX_S
};

/* RFC 6749 5.2 and what vendors add to it: the first is the admin's to renew, the others to
 * correct. */
static const struct {
    const char *error;
    omni_status status;
    const char *remedy;
} errors[] = {
    {"invalid_grant", OMNI_E_AUTH,
     "the grant was revoked, has expired or was used up; log in again "
     "and store the new credentials"},
    {"invalid_client", OMNI_E_CONFIG, "check client_id and client_secret"},
    {"unauthorized_client", OMNI_E_CONFIG,
     "this client may not use this way to log in or this scope; check it with the platform"},
    {"invalid_scope", OMNI_E_CONFIG, "the platform does not know the scope"},
    {"invalid_request", OMNI_E_CONFIG, "the platform misses something in the login's options"},
    {"unsupported_grant_type", OMNI_E_CONFIG, "the platform does not know this way to log in"},
    {"temporarily_unavailable", OMNI_E_RETRY, "the platform's login is not available"},
    {"server_error", OMNI_E_RETRY, "the platform's login has a fault"},
    {"internal_failure", OMNI_E_RETRY, "the platform's login has a fault"},
    {"slow_down", OMNI_E_THROTTLED, "too many logins"},
};

/* Signed assertions and short-lived grants fail on a wrong clock, and no platform says so. */
static void tell_skew(const struct http_reply *reply, char *out, size_t room)
{
    long skew = wait_clock_skew(verdict_header(reply, "date"));
    *out = '\0';
    if (skew > SKEW_TOLD_S || skew < -SKEW_TOLD_S)
        snprintf(out, room, "; clock off by %ld s (this machine's is %s): set it first",
                 skew < 0 ? -skew : skew, skew > 0 ? "ahead" : "behind");
}

/* "error": "x" (RFC 6749) or "error": {"status": "x"} (some vendors). */
static const char *error_code(const json_t *answer)
{
    const json_t *error = json_object_get(answer, "error");
    if (json_is_object(error)) {
        const char *status = json_text(error, "status");
        return status ? status : "";
    }
    return json_is_string(error) ? json_string_value(error) : NULL;
}

static omni_status refused(const struct http_reply *reply, const json_t *answer, struct err *err)
{
    char skew[96];
    const char *code = error_code(answer), *why = json_text(answer, "error_description");
    tell_skew(reply, skew, sizeof skew);
    for (size_t i = 0; code && i < ARRAY_LEN(errors); i++)
        if (strcmp(errors[i].error, code) == 0)
            return err_set(err, errors[i].status, "%s%s%.300s: %s%s", code, why ? ": " : "",
                           why ? why : "", errors[i].remedy, skew);
    omni_status status = verdict_by_status(reply, err);
    if (status == OMNI_OK)
        return err_set(err, OMNI_E_DATA, "the reply holds no access_token, %s%s",
                       code ? "but the error " : "and no error either", code ? code : "");
    if (err && *skew) {
        size_t n = strlen(err->text);
        snprintf(err->text + n, sizeof err->text - n, "%s", skew);
    }
    return status;
}

/* Number or text, absent, negative or beyond reason. */
static int64_t life_seconds(const json_t *answer)
{
    const json_t *value = json_object_get(answer, "expires_in");
    long long seconds = LIFE_DEFAULT_S;
    if (json_is_integer(value))
        seconds = json_integer_value(value);
    else if (json_is_real(value)) /* what no integer holds must not be cast into one */
        seconds = json_real_value(value) < 0            ? -1
                  : json_real_value(value) < LIFE_MAX_S ? (long long)json_real_value(value)
                                                        : LIFE_MAX_S;
    else if (json_is_string(value) &&
             !text_parse_int(json_string_value(value), INT32_MIN, INT64_MAX, &seconds))
        seconds = LIFE_DEFAULT_S;
    if (seconds <= 0)
        return LIFE_ODD_S;
    if (seconds > LIFE_MAX_S)
        seconds = LIFE_MAX_S;
    return seconds > 2 * LIFE_MARGIN_S ? seconds - LIFE_MARGIN_S : (seconds + 1) / 2;
}

/* refresh_token_expires_in and its cousins: seconds from now. 0: nothing is said. */
static int64_t refresh_until(const json_t *answer)
{
    static const char *const names[] = {"refresh_token_expires_in", "refresh_expires_in",
                                        "x_refresh_token_expires_in"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const json_t *value = json_object_get(answer, names[i]);
        long long seconds = 0;
        if (json_is_integer(value))
            seconds = json_integer_value(value);
        else if (json_is_string(value))
            text_parse_int(json_string_value(value), 0, REFRESH_LIFE_MAX_S, &seconds);
        if (seconds > 0 && seconds <= REFRESH_LIFE_MAX_S)
            return time(NULL) + seconds;
    }
    return 0;
}

static void take_refresh_token(struct login *l, const json_t *answer)
{
    const char *token = json_text(answer, "refresh_token");
    if (!l->kind->is_refresh)
        return;
    l->refresh_until = refresh_until(answer);
    if (!token || !*token || strcmp(token, l->values[LOGIN_REFRESH_TOKEN]) == 0)
        return; /* left out, or the same: the one that is there stays */
    log_add_secret(token, strlen(token));
    secret_free(&l->renewed);
    l->renewed = l->values[LOGIN_REFRESH_TOKEN];
    l->values[LOGIN_REFRESH_TOKEN] = xstrdup(token);
    l->has_new_refresh_token = true;
}

static void set_token(struct login *l, const char *token, int64_t seconds)
{
    log_add_secret(token, strlen(token));
    secret_free(&l->token);
    l->token = xstrdup(token);
    l->token_until_ms = wait_clock_ms() + (uint64_t)seconds * 1000;
}

static omni_status take_token(struct login *l, const struct http_reply *reply, struct err *err)
{
    auto_secret_json *answer = json_parse(reply->body, reply->body_len, NULL);
    const char *token = json_text(answer, "access_token");
    bool fine = reply->status >= 200 && reply->status < 300;
    if (!fine || !token || !*token)
        return refused(reply, answer, err);
    if (strpbrk(token, "\r\n"))
        return err_set(err, OMNI_E_DATA, "the access_token has a line break");
    take_refresh_token(l, answer);
    set_token(l, token, life_seconds(answer));
    l->is_unsaved = true;
    return OMNI_OK;
}

/* Both are percent-encoded first (RFC 6749 2.3.1). */
static omni_status client_header(const struct login *l, char **out, struct err *err)
{
    auto_secret_buf id = BUF_INIT(FORM_MAX), secret = BUF_INIT(FORM_MAX);
    if (!text_add_percent(&id, l->values[0], strlen(l->values[0])) ||
        !text_add_percent(&secret, l->values[1], strlen(l->values[1])))
        return err_set(err, OMNI_E_CONFIG, "the login's options are too long");
    return login_basic_header(buf_text(&id), buf_text(&secret), out, err);
}

static omni_status ask(struct http *h, struct login *l, struct intake *in, struct err *err)
{
    static const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded", NULL};
    auto_secret_buf form = BUF_INIT(FORM_MAX);
    auto_secret char *basic = NULL;
    omni_status status = l->kind->token_form(h, l, &form, err);
    if (status == OMNI_OK && l->kind->is_client_basic)
        status = client_header(l, &basic, err);
    if (status != OMNI_OK)
        return status;
    const struct header_plan plan = {.headers = headers, .login = basic, .has_body = true};
    auto_headers *list = header_list(&plan);
    const struct attempt attempt = {.method = "POST",
                                    .url = &l->token_url,
                                    .headers = list,
                                    .body = buf_text(&form),
                                    .body_len = form.len,
                                    .fresh = true};
    bool sent = false;
    status = attempt_run(h, &attempt, in, &sent, err);
    if (status != OMNI_OK)
        return status;
    struct http_reply reply;
    intake_reply(in, &reply, NULL);
    status = take_token(l, &reply, err);
    if (status == OMNI_E_RETRY || status == OMNI_E_THROTTLED)
        wait_retry_after(verdict_header(&reply, "retry-after"), verdict_header(&reply, "date"),
                         &h->wait_ms);
    return status;
}

/* The only errors of RFC 6749 that say that this refresh token will never work again. A clock that
 * is far off makes some platforms say the same. */
static bool is_dead(const struct login *l, omni_status status, const struct err *err)
{
    return l->kind->is_refresh && status == OMNI_E_AUTH && err &&
           strstr(err->text, "invalid_grant") && !strstr(err->text, "clock off by");
}

static omni_status ask_and_forget(struct http *h, struct login *l, struct err *err)
{
    struct intake in = {.max_body = REPLY_MAX, .max_ratio = h->limits.max_ratio};
    omni_status status = ask(h, l, &in, err);
    if (in.body.data)
        explicit_bzero(in.body.data, in.body.cap);
    intake_free(&in);
    if (status != OMNI_OK) {
        auto_free char *url = url_brief(&l->token_url);
        err_prefix(err, "asking %s for an access token: ", url);
    }
    return status;
}

/* ---- with a keeper ---- */

/* After a crash between the platform's answer and this, the old refresh token may be dead; after a
 * crash behind it, the next process finds the new one. So nothing lies between that could wait, and
 * the token is not used before. */
static omni_status save(struct http *h, struct login *l, struct err *err)
{
    int64_t left = (int64_t)(l->token_until_ms - wait_clock_ms()) / 1000;
    const struct http_news news = {
        .refresh_token = l->has_new_refresh_token ? l->values[LOGIN_REFRESH_TOKEN] : NULL,
        .refresh_until = l->refresh_until,
        .token = l->token,
        .token_until = time(NULL) + left};
    omni_status status = h->keeper->save(h->keeper->ctx, &news, err);
    if (status != OMNI_OK) {
        err_prefix(err, "the new token is not used before it is kept: ");
        return status;
    }
    l->is_unsaved = l->has_new_refresh_token = false;
    secret_free(&l->renewed);
    return OMNI_OK;
}

static bool is_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* What could not be kept at once must not be put over what came meanwhile: a person has logged in
 * anew, or a fellow has renewed. */
static bool is_outdated(const struct login *l, const struct http_kept *kept)
{
    return l->kind->is_refresh && kept->refresh_token &&
           !is_same(kept->refresh_token, l->renewed) &&
           !is_same(kept->refresh_token, l->values[LOGIN_REFRESH_TOKEN]);
}

static void forget_unsaved(struct login *l)
{
    log_info("the refresh token was stored anew meanwhile; that one is taken");
    secret_free(&l->token);
    secret_free(&l->renewed);
    l->is_unsaved = l->has_new_refresh_token = false;
}

/* True where somebody else's access token will do. */
static bool adopt(struct login *l, const struct http_kept *kept)
{
    int64_t left = kept->token_until - time(NULL);
    bool renews = l->kind->is_refresh && kept->refresh_token;
    if (renews && strcmp(kept->refresh_token, l->values[LOGIN_REFRESH_TOKEN]) != 0) {
        log_add_secret(kept->refresh_token, strlen(kept->refresh_token));
        secret_free(&l->values[LOGIN_REFRESH_TOKEN]);
        l->values[LOGIN_REFRESH_TOKEN] = xstrdup(kept->refresh_token);
    }
    if (!kept->token || left <= 0 || (l->stale && strcmp(l->stale, kept->token) == 0))
        return false;
    set_token(l, kept->token, left < LIFE_MAX_S ? left : LIFE_MAX_S);
    return true;
}

static omni_status ask_and_save(struct http *h, struct login *l, struct err *err)
{
    const struct http_keeper *keeper = h->keeper;
    omni_status status = OMNI_OK;
    if (l->kind->is_refresh)
        status = keeper->asking(keeper->ctx, err);
    if (status == OMNI_OK)
        status = ask_and_forget(h, l, err);
    if (status == OMNI_OK)
        return save(h, l, err);
    if (!is_dead(l, status, err))
        return status;
    keeper->refused(keeper->ctx, err);
    return err->status;
}

static omni_status get_from_keeper(struct http *h, struct login *l, struct err *err)
{
    struct http_kept kept = {0};
    omni_status status = h->keeper->begin(h->keeper->ctx, l->id, &kept, err);
    if (status != OMNI_OK)
        return status;
    if (l->is_unsaved && is_outdated(l, &kept))
        forget_unsaved(l);
    if (l->is_unsaved)
        status = save(h, l, err);
    else if (!adopt(l, &kept))
        status = ask_and_save(h, l, err);
    h->keeper->end(h->keeper->ctx);
    return status;
}

omni_status token_get(struct http *h, struct login *l, struct err *err)
{
    bool is_usable = l->token && !(h->keeper && l->is_unsaved);
    if (is_usable && wait_clock_ms() < l->token_until_ms)
        return OMNI_OK;
    return h->keeper ? get_from_keeper(h, l, err) : ask_and_forget(h, l, err);
}
