/* SPDX-License-Identifier: Apache-2.0
 * hub/http/login_jwt.c: the assertion verified with the public key, key files good and bad. */
#include <config.h>

#include "fixture.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

static EVP_PKEY *key;
static char *pem;

static int make_key(void **state)
{
    (void)state;
    key = EVP_RSA_gen(2048);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    if (!key || !PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL))
        return -1;
    long n = BIO_get_mem_data(bio, &text);
    pem = xstrndup(text, (size_t)n);
    BIO_free(bio);
    return 0;
}

static int free_key(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    free(pem);
    return 0;
}

/* token_uri NULL: left out */
static char *key_file(const char *token_uri)
{
    auto_json *file = json_object();
    json_put_text(file, "type", "service_account");
    json_put_text(file, "private_key_id", "kid-1");
    json_put_text(file, "private_key", pem);
    json_put_text(file, "client_email", "robot@project.example");
    json_put_text(file, "token_uri", token_uri);
    return json_print(file);
}

/* The part of a JWT as JSON. */
static json_t *decode(const char *part, size_t n)
{
    auto_buf b = BUF_INIT(10000);
    assert_true(text_add_unbase64(&b, part, n));
    json_t *value = json_parse(b.data, b.len, NULL);
    assert_non_null(value);
    return value;
}

static void verify_signature(const char *signed_part, size_t n, const char *signature)
{
    auto_buf b = BUF_INIT(10000);
    assert_true(text_add_unbase64(&b, signature, strlen(signature)));
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestVerify(ctx, (unsigned char *)b.data, b.len,
                                      (const unsigned char *)signed_part, n),
                     1);
    EVP_MD_CTX_free(ctx);
}

static void check_assertion(const char *request, const char *aud)
{
    assert_contains(request, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&");
    const char *jwt = strstr(request, "&assertion=");
    assert_non_null(jwt);
    jwt += strlen("&assertion=");
    const char *dot1 = strchr(jwt, '.'), *dot2 = dot1 ? strchr(dot1 + 1, '.') : NULL;
    assert_non_null(dot2);
    assert_null(strpbrk(jwt, "=+/%"));
    verify_signature(jwt, (size_t)(dot2 - jwt), dot2 + 1);
    auto_json *head = decode(jwt, (size_t)(dot1 - jwt));
    auto_json *claims = decode(dot1 + 1, (size_t)(dot2 - dot1 - 1));
    assert_string_equal(json_text(head, "alg"), "RS256");
    assert_string_equal(json_text(head, "kid"), "kid-1");
    assert_string_equal(json_text(claims, "iss"), "robot@project.example");
    assert_string_equal(json_text(claims, "scope"), "a b");
    assert_string_equal(json_text(claims, "aud"), aud);
    int64_t iat = json_int(claims, "iat", 0), now = time(NULL);
    assert_true(iat <= now && iat > now - 60);
    assert_int_equal(json_int(claims, "exp", 0) - iat, 3600);
    auto_free char *leaked = xasprintf("%s", jwt);
    assert_true(log_redact(leaked, strlen(leaked)) <= 3);
}

static const struct stub_reply replies[] = {
    {OK_JSON(28, "{\"access_token\":\"acc3ss-J1\"}"), .path = "/token"}, {OK_JSON(2, "{}")}, {0}};

static void sign_in(const char *value, struct stub *token_server, const char *token_url)
{
    struct fixture f;
    const char *const values[] = {value, NULL};
    const struct http_login login = {
        .kind = OMNI_AUTH_JWT_BEARER, .values = values, .token_url = token_url, .scope = "a b"};
    const struct http_options o = {.login = &login};
    fixture_start(&f, replies + 1, &o);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_OK);
    assert_contains(stub_request(f.stub, 0), "Authorization: Bearer acc3ss-J1\r\n");
    auto_free char *aud = xasprintf("%s/token", stub_url(token_server));
    check_assertion(stub_request(token_server, 0), aud);
    fixture_stop(&f);
}

static void signs_in_with_text(void **state)
{
    (void)state;
    struct stub *s = stub_start(replies);
    auto_free char *uri = xasprintf("%s/token", stub_url(s)), *text = key_file(uri);
    sign_in(text, s, NULL);
    stub_stop(s);
}

static void signs_in_with_a_file(void **state)
{
    (void)state;
    char path[] = "/tmp/omnihub-key-XXXXXX";
    struct stub *s = stub_start(replies);
    auto_free char *uri = xasprintf("%s/token", stub_url(s)), *text = key_file(NULL);
    auto_close int fd = mkstemp(path);
    assert_true(fd >= 0 && file_write_all(fd, text, strlen(text)));
    sign_in(path, s, uri);
    unlink(path);
    stub_stop(s);
}

/* A bare key: who signs and for whom are options, and the audience is not the token's address. */
static void signs_for_a_user(void **state)
{
    (void)state;
    struct fixture f;
    struct stub *s = stub_start(replies);
    auto_free char *uri = xasprintf("%s/token", stub_url(s));
    const char *const values[] = {pem, "consumer-1", "reports@example.com", NULL};
    const struct http_login login = {.kind = OMNI_AUTH_JWT_BEARER,
                                     .values = values,
                                     .token_url = uri,
                                     .header = "https://login.example.com"};
    const struct http_options o = {.login = &login};
    fixture_start(&f, replies + 1, &o);
    assert_int_equal(fixture_get(&f, "/a"), OMNI_OK);
    const char *jwt = strstr(stub_request(s, 0), "&assertion=") + strlen("&assertion=");
    const char *dot1 = strchr(jwt, '.'), *dot2 = strchr(dot1 + 1, '.');
    verify_signature(jwt, (size_t)(dot2 - jwt), dot2 + 1);
    auto_json *claims = decode(dot1 + 1, (size_t)(dot2 - dot1 - 1));
    assert_string_equal(json_text(claims, "iss"), "consumer-1");
    assert_string_equal(json_text(claims, "sub"), "reports@example.com");
    assert_string_equal(json_text(claims, "aud"), "https://login.example.com");
    assert_null(json_object_get(claims, "scope"));
    assert_int_equal(json_int(claims, "exp", 0) - json_int(claims, "iat", 0), 180);
    fixture_stop(&f);
    stub_stop(s);
}

static void refuses_bad_key_files(void **state)
{
    (void)state;
    auto_free char *evil = key_file("https://evil.example/token"), *plain = key_file(NULL),
                   *http = key_file("http://oauth2.googleapis.com/token");
    const struct {
        const char *value, *text;
    } cases[] = {
        {"/nowhere/key.json", "/nowhere/key.json"},
        {"{not json", "not a JSON object"},
        {"{}", "private_key"},
        {"{\"private_key\":\"x\"}", "client_email"},
        {plain, "token_uri"},
        {evil, "evil.example"},
        {http, "oauth2.googleapis.com"},
        {"{\"private_key\":\"bad\",\"client_email\":\"e\",\"token_uri\":\"https://a.x\"}", "RSA"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *const values[] = {cases[i].value, NULL};
        const struct http_login login = {.kind = OMNI_AUTH_JWT_BEARER, .values = values};
        const struct http_options o = {.base_url = "https://api.example.com", .login = &login};
        struct err err = {0};
        assert_null(http_new(&o, &err));
        assert_int_equal(err.status, OMNI_E_CONFIG);
        assert_contains(err.text, cases[i].text);
        assert_lacks(err.text, "PRIVATE KEY");
    }
}

/* Nobody is there to type a passphrase. */
static void refuses_an_encrypted_key(void **state)
{
    (void)state;
    char passphrase[] = "open sesame", *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    assert_true(PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_128_cbc(), passphrase,
                                              sizeof passphrase - 1, NULL, NULL));
    size_t n = (size_t)BIO_get_mem_data(bio, &text);
    auto_free char *encrypted = xstrndup(text, n);
    BIO_free(bio);
    const char *const values[] = {encrypted, "consumer-1", "reports@example.com", NULL};
    const struct http_login login = {
        .kind = OMNI_AUTH_JWT_BEARER, .values = values, .token_url = "/token"};
    const struct http_options o = {.base_url = "https://api.example.com", .login = &login};
    struct err err = {0};
    assert_null(http_new(&o, &err));
    assert_int_equal(err.status, OMNI_E_CONFIG);
    assert_contains(err.text, "the private key is encrypted");
}

static void google_needs_no_listing(void **state)
{
    (void)state;
    auto_free char *google = key_file("https://oauth2.googleapis.com/token");
    const char *const values[] = {google, NULL};
    const struct http_login login = {.kind = OMNI_AUTH_JWT_BEARER, .values = values};
    const struct http_options o = {.base_url = "https://api.example.com", .login = &login};
    struct err err = {0};
    struct http *h = http_new(&o, &err);
    assert_non_null(h);
    http_free(h);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(signs_in_with_text),      cmocka_unit_test(signs_in_with_a_file),
    cmocka_unit_test(signs_for_a_user),        cmocka_unit_test(refuses_bad_key_files),
    cmocka_unit_test(google_needs_no_listing), cmocka_unit_test(refuses_an_encrypted_key),
};

int main(void)
{
    return cmocka_run_group_tests(tests, make_key, free_key);
}
