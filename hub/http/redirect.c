/* SPDX-License-Identifier: Apache-2.0
 * Redirects by hand: every hop under the same rules, and no credential to another origin. */
#include <config.h>

#include "http/redirect.h"

#include <string.h>

#include "base/mem.h"
#include "http/attempt.h"
#include "http/cassette.h"
#include "http/client.h"
#include "http/header.h"
#include "http/login.h"
#include "http/secret.h"

enum { MAX_HOPS = 5 };

/* A request on its way: where it is now, and whether it may still carry credentials. */
struct journey {
    struct http *http;
    const struct exchange *ex;
    struct http_url at;
    bool is_foreign; /* it left the origin it was meant for, if only once */
};

static omni_status hop(struct journey *j, bool *sent, struct err *err)
{
    const struct exchange *ex = j->ex;
    struct login_mark mark = {.url = url_copy(&j->at)};
    omni_status status = OMNI_OK;
    if (ex->with_login && !j->is_foreign)
        status = login_apply(j->http, &mark, err);
    const struct header_plan plan = {.headers = ex->headers,
                                     .login = mark.header,
                                     .more = mark.headers,
                                     .drop_private = j->is_foreign,
                                     .has_body = ex->body};
    auto_headers *headers = status == OMNI_OK ? header_list(&plan) : NULL;
    const struct attempt attempt = {.method = ex->method,
                                    .url = &mark.url,
                                    .headers = headers,
                                    .body = ex->body,
                                    .body_len = ex->body_len,
                                    .fresh = ex->fresh};
    if (status == OMNI_OK)
        status = attempt_run(j->http, &attempt, &j->http->intake, sent, err);
    login_mark_free(&mark);
    return status;
}

static bool is_redirect(const struct journey *j)
{
    int32_t status = j->http->intake.status;
    bool moved = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    bool harmless = strcmp(j->ex->method, "GET") == 0 || strcmp(j->ex->method, "HEAD") == 0;
    return moved && harmless && !j->ex->body && intake_header(&j->http->intake, "location");
}

static omni_status follow(struct journey *j, struct err *err)
{
    auto_url next = {0};
    const char *location = intake_header(&j->http->intake, "location");
    omni_status status = url_resolve(&next, &j->at, location, err);
    if (status == OMNI_OK)
        status = policy_check(&j->http->policy, &next, err);
    if (status != OMNI_OK) {
        err_prefix(err, "redirect refused: ");
        return status;
    }
    j->is_foreign |= !url_same_origin(&j->at, &next);
    url_free(&j->at);
    j->at = next;
    next = (struct http_url){0};
    return OMNI_OK;
}

static omni_status travel(struct journey *j, bool *sent, struct err *err)
{
    for (int hops = 0;; hops++) {
        omni_status status = hop(j, sent, err);
        if (status != OMNI_OK || !is_redirect(j))
            return status;
        if (hops == MAX_HOPS)
            return err_set(err, OMNI_E_DATA, "more than %d redirects, the last to %.200s", MAX_HOPS,
                           intake_header(&j->http->intake, "location"));
        status = follow(j, err);
        if (status != OMNI_OK)
            return status;
    }
}

omni_status exchange_run(struct http *h, const struct exchange *ex, bool *sent, struct err *err)
{
    *sent = false;
    if (h->replay)
        return cassette_play(h->replay, h->scrub, ex, &h->intake, err);
    struct journey j = {.http = h, .ex = ex, .at = url_copy(&ex->url)};
    omni_status status = travel(&j, sent, err);
    url_free(&j.at);
    if (status == OMNI_OK && h->record)
        status = cassette_add(h->record, h->scrub, ex, &h->intake, err);
    return status;
}
