/* SPDX-License-Identifier: Apache-2.0
 * Logins: one file per kind, one table of kinds. */
#ifndef HUB_HTTP_LOGIN_H
#define HUB_HTTP_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "http/http.h"
#include "http/url.h"

/* What a login does to one request. */
struct login_mark {
    struct http_url url;        /* the request's; a query login adds to it */
    char *header;               /* "Authorization: …"; NULL: none. Wiped by login_mark_free() */
    const char *const *headers; /* further ones, of the login; NULL: none */
};

enum { LOGIN_ID = 33, LOGIN_REFRESH_TOKEN = 2 /* its place among the values */ };

struct login {
    const struct login_kind *kind;
    char **values; /* of the options; ends with NULL */
    char *scope, *header;
    char **headers; /* end with NULL */
    /* Kinds that fetch tokens: */
    struct http_url token_url;
    char *token;             /* NULL: none yet */
    uint64_t token_until_ms; /* wait_clock_ms() */
    char *stale;             /* the token that was answered with 401; NULL: none */
    bool is_unsaved;         /* the token must not be used before the keeper has it */
    bool has_new_refresh_token;
    char
        *renewed; /* the refresh token that was sent for the one that is not kept yet; NULL: none */
    int64_t refresh_until;
    struct login_key *key; /* JWT */
    char
        id[LOGIN_ID]; /* what makes a token its own, as a digest: all but a refresh token's value */
};

struct login_kind {
    uint32_t kind;
    const char *name;
    const char *values; /* what the options are, for messages: "user, password" */
    uint32_t n_values;  /* needed */
    uint32_t secrets;   /* bit i: values[i] is secret */
    bool needs_header;
    /* Once, in http_new(); NULL: nothing to prepare. */
    omni_status (*prepare)(struct http *, struct login *, const struct http_login *, struct err *);
    omni_status (*apply)(struct http *, struct login *, struct login_mark *, struct err *);
    /* The body of a token request; NULL: the kind has no tokens. */
    omni_status (*token_form)(struct http *, struct login *, struct buf *form, struct err *);
    bool is_refresh;      /* renewed by a refresh token, which may be another one each time */
    bool is_client_basic; /* values 0 and 1 go with the token request as HTTP Basic */
};

extern const struct login_kind login_bearer, login_header, login_query, login_basic, login_refresh,
    login_refresh_basic, login_client, login_client_basic, login_jwt, login_wsse;

/* NULL with OMNI_E_CONFIG. Sets http->login. */
omni_status login_new(struct http *, const struct http_login *, struct err *);
void login_free(struct login *);
omni_status login_apply(struct http *, struct login_mark *, struct err *);
void login_mark_free(struct login_mark *);
/* After a 401: forgets the token. False where the login has none to renew. */
bool login_renew(struct http *);

/* "Authorization: Basic …" of user and password; OMNI_E_CONFIG: too long. */
omni_status login_basic_header(const char *user, const char *password, char **out, struct err *);

/* For the kinds with tokens. */
omni_status login_token_prepare(struct http *, struct login *, const struct http_login *,
                                struct err *);
omni_status login_token_apply(struct http *, struct login *, struct login_mark *, struct err *);
/* Adds name=value to a form. */
bool login_form_add(struct buf *form, const char *name, const char *value);
void login_key_free(struct login_key *);

#endif
