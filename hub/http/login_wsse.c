/* SPDX-License-Identifier: Apache-2.0
 * WSSE: a header that is made anew for each request, from a user's name and a secret that is never
 * sent itself. */
#include <config.h>

#include "http/login.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/day.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/client.h"
#include "http/secret.h"

enum { NONCE_BYTES = 16, SHA1_BYTES = 20, NONCE_TEXT = 2 * NONCE_BYTES + 1, DIGEST_MAX = 128 };

static void print_hex(char *out, const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* Base64 of the digest's hexadecimal text, not of its bytes: so the platforms want it. */
static bool add_digest(struct buf *out, const char *nonce, const char *created, const char *secret)
{
    unsigned char digest[SHA1_BYTES];
    char hex[2 * SHA1_BYTES + 1];
    unsigned n = 0;
    auto_secret char *text = xasprintf("%s%s%s", nonce, created, secret);
    if (EVP_Digest(text, strlen(text), digest, &n, EVP_sha1(), NULL) != 1 || n != SHA1_BYTES)
        return false;
    print_hex(hex, digest, n);
    return text_add_base64(out, hex, strlen(hex), false);
}

static omni_status apply_wsse(struct http *h, struct login *l, struct login_mark *mark,
                              struct err *err)
{
    (void)h;
    unsigned char random[NONCE_BYTES];
    char nonce[NONCE_TEXT], created[TIME_TEXT];
    auto_buf digest = BUF_INIT(DIGEST_MAX);
    if (RAND_bytes(random, sizeof random) != 1)
        return err_set(err, OMNI_E_RETRY, "there are no random numbers for a login");
    print_hex(nonce, random, sizeof random);
    day_print_time((int64_t)time(NULL) * TIME_SECOND, created);
    if (!add_digest(&digest, nonce, created, l->values[1]))
        return err_set(err, OMNI_E_CONFIG,
                       "this system's libcrypto offers no SHA-1, which the "
                       "platform's login (WSSE) is made of");
    mark->header = xasprintf("X-WSSE: UsernameToken Username=\"%s\", PasswordDigest=\"%s\", "
                             "Nonce=\"%s\", Created=\"%s\"",
                             l->values[0], buf_text(&digest), nonce, created);
    return OMNI_OK;
}

static omni_status prepare_wsse(struct http *h, struct login *l, const struct http_login *given,
                                struct err *err)
{
    (void)h;
    (void)given;
    if (strpbrk(l->values[0], "\"\\"))
        return err_set(err, OMNI_E_CONFIG, "a user with a quote or a backslash cannot be sent");
    return OMNI_OK;
}

const struct login_kind login_wsse = {.kind = OMNI_AUTH_WSSE,
                                      .name = "wsse",
                                      .values = "user and secret",
                                      .n_values = 2,
                                      .secrets = 2,
                                      .prepare = prepare_wsse,
                                      .apply = apply_wsse};
