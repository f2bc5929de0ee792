/* SPDX-License-Identifier: Apache-2.0
 * JWT bearer grant (RFC 7523) with a service account's key file, or a private key and who it speaks
 * for: signed here, changed for a token there. */
#include <config.h>

#include "http/login.h"

#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/address.h"
#include "http/client.h"
#include "http/secret.h"

enum { KEY_FILE_MAX = 64 * 1024, JWT_MAX = 16 * 1024, JWT_LIFE_S = 3600, JWT_SHORT_LIFE_S = 180 };

#define PEM_START  "-----BEGIN"
#define GRANT      "urn:ietf:params:oauth:grant-type:jwt-bearer"
#define GOOGLE     "oauth2.googleapis.com"
#define HTTPS_PORT 443

struct login_key {
    EVP_PKEY *private;
    char *id, *issuer;
    const char *subject, *audience; /* NULL: the issuer's own; token_url */
};

void login_key_free(struct login_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->private);
    free(key->id);
    free(key->issuer);
    free(key);
}

/* The value is the key file's text, or where it is. */
static omni_status read_key_file(const char *value, struct buf *out, struct err *err)
{
    const char *start = value + strspn(value, " \t\r\n");
    if (*start == '{' || strncmp(start, PEM_START, strlen(PEM_START)) == 0)
        return buf_adds(out, value) ? OMNI_OK
                                    : err_set(err, OMNI_E_CONFIG,
                                              "the key file is larger than %d bytes", KEY_FILE_MAX);
    omni_status status = file_read(value, out, err);
    return status == OMNI_E_DATA ? err_set(err, OMNI_E_CONFIG, "%s: larger than a key file", value)
                                 : status;
}

/* Without it OpenSSL asks for the passphrase of an encrypted key at the terminal, and waits. */
static int no_passphrase(char *out, int size, int for_writing, void *was_asked)
{
    (void)out, (void)size, (void)for_writing;
    *(bool *)was_asked = true;
    return -1;
}

static omni_status parse_key(struct login *l, const char *pem, struct err *err)
{
    bool is_encrypted = false;
    BIO *bio = BIO_new_mem_buf(pem, -1);
    l->key->private = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &is_encrypted) : NULL;
    BIO_free(bio);
    if (is_encrypted)
        return err_set(err, OMNI_E_CONFIG,
                       "the private key is encrypted; store it without a passphrase (openssl pkey "
                       "-in FILE): the hub keeps it sealed");
    if (!l->key->private || EVP_PKEY_get_base_id(l->key->private) != EVP_PKEY_RSA)
        return err_set(err, OMNI_E_CONFIG,
                       "the private key is not an RSA key in PEM form; download a new key file");
    return OMNI_OK;
}

/* The file is the admin's, but its token_uri came with it from somewhere: it must be known. */
static omni_status check_token_uri(struct http *h, const struct http_url *url, struct err *err)
{
    bool is_google = url->is_https && url->port == HTTPS_PORT && strcmp(url->host, GOOGLE) == 0;
    bool is_local = h->policy.base_is_loopback && address_is_here(url->host);
    return is_google || is_local ? OMNI_OK : policy_check(&h->policy, url, err);
}

static omni_status take_key_file(struct http *h, struct login *l, const struct http_login *given,
                                 const json_t *file, struct err *err)
{
    const char *pem = json_text(file, "private_key"), *email = json_text(file, "client_email"),
               *uri = json_text(file, "token_uri"), *id = json_text(file, "private_key_id");
    if (!pem || !email || (!uri && !given->token_url))
        return err_set(err, OMNI_E_CONFIG, "the key file lacks %s; download it again as JSON",
                       !pem     ? "private_key"
                       : !email ? "client_email"
                                : "token_uri");
    log_add_secret(pem, strlen(pem));
    l->key = xcalloc(1, sizeof *l->key);
    l->key->issuer = xstrdup(email);
    l->key->id = id ? xstrdup(id) : NULL;
    omni_status status = parse_key(l, pem, err);
    if (status != OMNI_OK || given->token_url)
        return status == OMNI_OK ? login_token_prepare(h, l, given, err) : status;
    status = url_parse(&l->token_url, uri, err);
    if (status == OMNI_OK)
        status = check_token_uri(h, &l->token_url, err);
    if (status != OMNI_OK)
        err_prefix(err, "token_uri of the key file: ");
    return status;
}

/* A key without a file around it: issuer and subject are options of their own. */
static omni_status take_key(struct http *h, struct login *l, const struct http_login *given,
                            const char *pem, struct err *err)
{
    log_add_secret(pem, strlen(pem));
    l->key = xcalloc(1, sizeof *l->key);
    l->key->issuer = xstrdup(l->values[1]);
    l->key->subject = l->values[2];
    l->key->audience = l->header;
    omni_status status = parse_key(l, pem, err);
    return status == OMNI_OK ? login_token_prepare(h, l, given, err) : status;
}

static omni_status jwt_prepare(struct http *h, struct login *l, const struct http_login *given,
                               struct err *err)
{
    auto_secret_buf text = BUF_INIT(KEY_FILE_MAX);
    omni_status status = read_key_file(l->values[0], &text, err);
    if (status != OMNI_OK)
        return status;
    if (l->values[1])
        return take_key(h, l, given, buf_text(&text), err);
    auto_secret_json *file = json_parse(buf_text(&text), text.len, NULL);
    if (!json_is_object(file))
        return err_set(err, OMNI_E_CONFIG, "the key file is not a JSON object; download it again");
    return take_key_file(h, l, given, file, err);
}

static bool add_json_part(struct buf *out, const json_t *part)
{
    auto_free char *text = json_print(part);
    return text && text_add_base64(out, text, strlen(text), true);
}

static bool add_head(const struct login *l, struct buf *jwt)
{
    auto_json *head = json_object();
    json_put_text(head, "alg", "RS256");
    json_put_text(head, "typ", "JWT");
    json_put_text(head, "kid", l->key->id);
    return add_json_part(jwt, head) && buf_addc(jwt, '.');
}

/* The real clock, also where a test set the hub's day: the other side compares it with its own. */
static bool add_claims(const struct login *l, struct buf *jwt)
{
    auto_json *claims = json_object();
    int64_t now = time(NULL);
    json_put_text(claims, "iss", l->key->issuer);
    json_put_text(claims, "sub", l->key->subject);
    json_put_text(claims, "scope", l->scope);
    json_put_text(claims, "aud", l->key->audience ? l->key->audience : l->token_url.text);
    json_put_int(claims, "iat", now);
    json_put_int(claims, "exp", now + (l->key->subject ? JWT_SHORT_LIFE_S : JWT_LIFE_S));
    return add_json_part(jwt, claims);
}

static bool add_signature(const struct login *l, struct buf *jwt)
{
    unsigned char signature[1024]; /* RSA with 8192 bits */
    size_t n = sizeof signature;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool fine = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, l->key->private) == 1 &&
                EVP_DigestSign(ctx, signature, &n, (const unsigned char *)jwt->data, jwt->len) == 1;
    EVP_MD_CTX_free(ctx);
    return fine && buf_addc(jwt, '.') && text_add_base64(jwt, signature, n, true);
}

static omni_status jwt_form(struct http *h, struct login *l, struct buf *form, struct err *err)
{
    (void)h;
    auto_secret_buf jwt = BUF_INIT(JWT_MAX);
    if (!add_head(l, &jwt) || !add_claims(l, &jwt) || !add_signature(l, &jwt))
        return err_set(err, OMNI_E_CONFIG, "cannot sign with the key file's private_key");
    log_add_secret(buf_text(&jwt), jwt.len);
    bool fits = login_form_add(form, "grant_type", GRANT) &&
                login_form_add(form, "assertion", buf_text(&jwt));
    return fits ? OMNI_OK : err_set(err, OMNI_E_CONFIG, "the assertion is too long");
}

const struct login_kind login_jwt = {.kind = OMNI_AUTH_JWT_BEARER,
                                     .name = "jwt_bearer",
                                     .values = "a service account's key file, or a private key, "
                                               "its issuer and its subject",
                                     .n_values = 1,
                                     .prepare = jwt_prepare,
                                     .apply = login_token_apply,
                                     .token_form = jwt_form};
