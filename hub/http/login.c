/* SPDX-License-Identifier: Apache-2.0
 * The table of logins, and what is alike in all of them. */
#include <config.h>

#include "http/login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/client.h"
#include "http/header.h"
#include "http/secret.h"

static const struct login_kind *const kinds[] = {
    &login_bearer,        &login_header, &login_query,        &login_basic, &login_refresh,
    &login_refresh_basic, &login_client, &login_client_basic, &login_jwt,   &login_wsse,
};

static const struct login_kind *find_kind(uint32_t kind)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i]->kind == kind)
            return kinds[i];
    return NULL;
}

static size_t count_values(const struct http_login *given)
{
    size_t n = 0;
    while (given->values && given->values[n])
        n++;
    return n;
}

/* A value that could end a header line, or that is missing, would be found out by the platform's
 * most puzzling message. */
static omni_status check_values(const struct login_kind *kind, const struct http_login *given,
                                struct err *err)
{
    if (count_values(given) < kind->n_values)
        return err_set(err, OMNI_E_CONFIG, "login %s needs %s", kind->name, kind->values);
    if (kind->needs_header && (!given->header || !*given->header))
        return err_set(err, OMNI_E_CONFIG, "login %s needs the name of its header or parameter",
                       kind->name);
    for (size_t i = 0; i < kind->n_values; i++) {
        bool may_have_lines = kind->kind == OMNI_AUTH_JWT_BEARER;
        if (i == 0 && !*given->values[i]) /* an empty password is one */
            return err_set(err, OMNI_E_CONFIG, "login %s: the first of %s is empty", kind->name,
                           kind->values);
        if (!may_have_lines && strpbrk(given->values[i], "\r\n"))
            return err_set(
                err, OMNI_E_CONFIG,
                "login %s: value %zu (of %s) has a line break; is there a newline at the "
                "end of its file?",
                kind->name, i + 1, kind->values);
    }
    return OMNI_OK;
}

static struct login *login_copy(const struct login_kind *kind, const struct http_login *given)
{
    struct login *l = xcalloc(1, sizeof *l);
    size_t n = count_values(given);
    l->kind = kind;
    l->values = xcalloc(n + 1, sizeof *l->values);
    for (size_t i = 0; i < n; i++) {
        l->values[i] = xstrdup(given->values[i]);
        if (i < 32 && (kind->secrets >> i & 1))
            log_add_secret(l->values[i], strlen(l->values[i]));
    }
    l->scope = given->scope ? xstrdup(given->scope) : NULL;
    l->header = given->header ? xstrdup(given->header) : NULL;
    for (n = 0; given->headers && given->headers[n];)
        n++;
    l->headers = xcalloc(n + 1, sizeof *l->headers);
    for (size_t i = 0; i < n; i++)
        l->headers[i] = xstrdup(given->headers[i]);
    return l;
}

static void digest_text(EVP_MD_CTX *ctx, const char *text)
{
    EVP_DigestUpdate(ctx, text ? text : "", text ? strlen(text) + 1 : 1);
}

/* A token of another user, scope or server must never serve this login. */
static void make_id(struct login *l)
{
    unsigned char raw[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
    digest_text(ctx, l->kind->name);
    digest_text(ctx, l->token_url.text);
    digest_text(ctx, l->scope);
    digest_text(ctx, l->header);
    for (size_t i = 0; l->values[i]; i++)
        if (!l->kind->is_refresh || i != LOGIN_REFRESH_TOKEN)
            digest_text(ctx, l->values[i]);
    EVP_DigestFinal_ex(ctx, raw, NULL);
    EVP_MD_CTX_free(ctx);
    for (size_t i = 0; i < LOGIN_ID / 2; i++)
        snprintf(l->id + 2 * i, 3, "%02x", raw[i]);
}

omni_status login_new(struct http *h, const struct http_login *given, struct err *err)
{
    if (given->kind == OMNI_AUTH_NONE)
        return OMNI_OK;
    const struct login_kind *kind = find_kind(given->kind);
    if (!kind)
        return err_set(err, OMNI_E_CONFIG, "this hub does not know login kind %u", given->kind);
    omni_status status = check_values(kind, given, err);
    if (status == OMNI_OK && header_check(given->headers, err) != OMNI_OK)
        status = err_set(err, OMNI_E_CONFIG,
                         "login %s: a header of it cannot be sent: is there a "
                         "line break in an option?",
                         kind->name);
    if (status != OMNI_OK)
        return status;
    h->login = login_copy(kind, given);
    if (kind->prepare)
        status = kind->prepare(h, h->login, given, err);
    if (status != OMNI_OK)
        err_prefix(err, "login %s: ", kind->name);
    else if (kind->token_form)
        make_id(h->login);
    return status;
}

void login_free(struct login *l)
{
    if (!l)
        return;
    for (char **v = l->values; *v; v++)
        secret_free(v);
    free(l->values);
    for (char **line = l->headers; *line; line++)
        secret_free(line);
    free(l->headers);
    free(l->scope);
    free(l->header);
    secret_free(&l->token);
    secret_free(&l->stale);
    secret_free(&l->renewed);
    url_free(&l->token_url);
    login_key_free(l->key);
    free(l);
}

omni_status login_apply(struct http *h, struct login_mark *mark, struct err *err)
{
    if (!h->login)
        return OMNI_OK;
    mark->headers = (const char *const *)h->login->headers;
    return h->login->kind->apply(h, h->login, mark, err);
}

void login_mark_free(struct login_mark *mark)
{
    if (mark->url.text)
        explicit_bzero(mark->url.text, strlen(mark->url.text));
    url_free(&mark->url);
    secret_free(&mark->header);
}

bool login_renew(struct http *h)
{
    if (!h->login || !h->login->kind->token_form)
        return false;
    struct login *l = h->login;
    if (l->token) {
        secret_free(&l->stale);
        l->stale = l->token;
        l->token = NULL;
    }
    return true;
}

bool login_form_add(struct buf *form, const char *name, const char *value)
{
    return (form->len == 0 || buf_addc(form, '&')) && buf_adds(form, name) && buf_addc(form, '=') &&
           text_add_percent(form, value, strlen(value));
}
