/* SPDX-License-Identifier: Apache-2.0
 * Logins whose secret goes out as it is: bearer, header, query, basic. */
#include <config.h>

#include "http/login.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/client.h"
#include "http/header.h"
#include "http/secret.h"

enum { BASIC_MAX = 16384 };

static omni_status apply_bearer(struct http *h, struct login *l, struct login_mark *mark,
                                struct err *err)
{
    (void)h;
    (void)err;
    mark->header = xasprintf("Authorization: Bearer %s", l->values[0]);
    return OMNI_OK;
}

/* "X-Api-Key" or "Authorization: Klaviyo-API-Key " (a prefix after the name). */
static omni_status apply_header(struct http *h, struct login *l, struct login_mark *mark,
                                struct err *err)
{
    (void)h;
    (void)err;
    const char *separator = strchr(l->header, ':') ? "" : ": ";
    mark->header = xasprintf("%s%s%s", l->header, separator, l->values[0]);
    return OMNI_OK;
}

static omni_status prepare_header(struct http *h, struct login *l, const struct http_login *given,
                                  struct err *err)
{
    (void)given;
    struct login_mark mark = {0};
    omni_status status = apply_header(h, l, &mark, err);
    const char *const headers[] = {mark.header, NULL};
    if (status == OMNI_OK)
        status = header_check(headers, err);
    login_mark_free(&mark);
    return status;
}

static omni_status apply_query(struct http *h, struct login *l, struct login_mark *mark,
                               struct err *err)
{
    (void)h;
    return url_add_query(&mark->url, l->header, l->values[0], err);
}

omni_status login_basic_header(const char *user, const char *password, char **out, struct err *err)
{
    auto_secret char *pair = xasprintf("%s:%s", user, password);
    auto_secret_buf b = BUF_INIT(BASIC_MAX);
    if (!text_add_base64(&b, pair, strlen(pair), false))
        return err_set(err, OMNI_E_CONFIG, "user and password are too long");
    *out = xasprintf("Authorization: Basic %s", buf_text(&b));
    return OMNI_OK;
}

static omni_status apply_basic(struct http *h, struct login *l, struct login_mark *mark,
                               struct err *err)
{
    (void)h;
    return login_basic_header(l->values[0], l->values[1], &mark->header, err);
}

static omni_status prepare_basic(struct http *h, struct login *l, const struct http_login *given,
                                 struct err *err)
{
    (void)given;
    if (strchr(l->values[0], ':'))
        return err_set(err, OMNI_E_CONFIG, "a user with a colon cannot be sent");
    if (!*l->values[1]) /* some platforms take their key as the user's name */
        log_add_secret(l->values[0], strlen(l->values[0]));
    struct login_mark mark = {0};
    omni_status status = apply_basic(h, l, &mark, err);
    if (status == OMNI_OK) {
        const char *pair = strrchr(mark.header, ' ') + 1;
        log_add_secret(pair, strlen(pair));
    }
    login_mark_free(&mark);
    return status;
}

const struct login_kind login_bearer = {.kind = OMNI_AUTH_BEARER,
                                        .name = "bearer",
                                        .values = "a token",
                                        .n_values = 1,
                                        .secrets = 1,
                                        .apply = apply_bearer};
const struct login_kind login_header = {.kind = OMNI_AUTH_HEADER,
                                        .name = "header",
                                        .values = "a value",
                                        .n_values = 1,
                                        .secrets = 1,
                                        .needs_header = true,
                                        .prepare = prepare_header,
                                        .apply = apply_header};
const struct login_kind login_query = {.kind = OMNI_AUTH_QUERY,
                                       .name = "query",
                                       .values = "a value",
                                       .n_values = 1,
                                       .secrets = 1,
                                       .needs_header = true,
                                       .apply = apply_query};
const struct login_kind login_basic = {.kind = OMNI_AUTH_BASIC,
                                       .name = "basic",
                                       .values = "user and password",
                                       .n_values = 2,
                                       .secrets = 2,
                                       .prepare = prepare_basic,
                                       .apply = apply_basic};
