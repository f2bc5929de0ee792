/* SPDX-License-Identifier: Apache-2.0
 * OAuth 2.0: refresh token and client credentials. */
#include <config.h>

#include "http/login.h"

#include <string.h>

#include "base/mem.h"
#include "http/client.h"
#include "http/token.h"

/* The plugin's token_url is a declaration like its hosts; it may be listed nowhere else. */
omni_status login_token_prepare(struct http *h, struct login *l, const struct http_login *given,
                                struct err *err)
{
    if (!given->token_url)
        return err_set(err, OMNI_E_CONFIG, "there is no token_url");
    const struct http_url *base = h->policy.base.text ? &h->policy.base : NULL;
    omni_status status = url_join(&l->token_url, base, given->token_url, err);
    if (status == OMNI_OK)
        status = policy_check_scheme(&h->policy, &l->token_url, err);
    if (status != OMNI_OK)
        err_prefix(err, "token_url: ");
    return status;
}

omni_status login_token_apply(struct http *h, struct login *l, struct login_mark *mark,
                              struct err *err)
{
    omni_status status = token_get(h, l, err);
    if (status == OMNI_OK)
        mark->header = xasprintf("Authorization: Bearer %s", l->token);
    return status;
}

static omni_status form_is_full(struct err *err)
{
    return err_set(err, OMNI_E_CONFIG, "the login's options are too long");
}

static bool add_client(struct login *l, struct buf *form)
{
    return login_form_add(form, "client_id", l->values[0]) &&
           (!*l->values[1] || login_form_add(form, "client_secret", l->values[1]));
}

static omni_status refresh_form(struct http *h, struct login *l, struct buf *form, struct err *err)
{
    (void)h;
    bool fits = login_form_add(form, "grant_type", "refresh_token") &&
                (l->kind->is_client_basic || add_client(l, form)) &&
                login_form_add(form, "refresh_token", l->values[2]);
    return fits ? OMNI_OK : form_is_full(err);
}

static omni_status client_form(struct http *h, struct login *l, struct buf *form, struct err *err)
{
    (void)h;
    bool fits = login_form_add(form, "grant_type", "client_credentials") &&
                (l->kind->is_client_basic || add_client(l, form)) &&
                (!l->scope || login_form_add(form, "scope", l->scope));
    return fits ? OMNI_OK : form_is_full(err);
}

const struct login_kind login_refresh = {.kind = OMNI_AUTH_OAUTH2_REFRESH,
                                         .name = "oauth2_refresh",
                                         .values = "client_id, client_secret and refresh_token",
                                         .n_values = 3,
                                         .secrets = 2 | 4,
                                         .prepare = login_token_prepare,
                                         .apply = login_token_apply,
                                         .token_form = refresh_form,
                                         .is_refresh = true};
const struct login_kind login_refresh_basic = {.kind = OMNI_AUTH_OAUTH2_REFRESH_BASIC,
                                               .name = "oauth2_refresh_basic",
                                               .values =
                                                   "client_id, client_secret and refresh_token",
                                               .n_values = 3,
                                               .secrets = 2 | 4,
                                               .prepare = login_token_prepare,
                                               .apply = login_token_apply,
                                               .token_form = refresh_form,
                                               .is_refresh = true,
                                               .is_client_basic = true};
const struct login_kind login_client = {.kind = OMNI_AUTH_OAUTH2_CLIENT,
                                        .name = "oauth2_client",
                                        .values = "client_id and client_secret",
                                        .n_values = 2,
                                        .secrets = 2,
                                        .prepare = login_token_prepare,
                                        .apply = login_token_apply,
                                        .token_form = client_form};
const struct login_kind login_client_basic = {.kind = OMNI_AUTH_OAUTH2_CLIENT_BASIC,
                                              .name = "oauth2_client_basic",
                                              .values = "client_id and client_secret",
                                              .n_values = 2,
                                              .secrets = 2,
                                              .prepare = login_token_prepare,
                                              .apply = login_token_apply,
                                              .token_form = client_form,
                                              .is_client_basic = true};
