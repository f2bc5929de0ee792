/* SPDX-License-Identifier: Apache-2.0
 * SHA-256, as text. */
#include <config.h>

#include "audit/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/mem.h"

struct digest {
    EVP_MD_CTX *ctx;
};

struct digest *digest_new(void)
{
    struct digest *d = xcalloc(1, sizeof *d);
    d->ctx = xneed(EVP_MD_CTX_new());
    if (EVP_DigestInit_ex(d->ctx, EVP_sha256(), NULL) != 1)
        xneed(NULL);
    return d;
}

void digest_free(struct digest *d)
{
    if (!d)
        return;
    EVP_MD_CTX_free(d->ctx);
    free(d);
}

void digest_add(struct digest *d, const void *bytes, size_t n)
{
    if (EVP_DigestUpdate(d->ctx, bytes, n) != 1)
        xneed(NULL);
}

void digest_print(const struct digest *d, char hex[DIGEST_HEX])
{
    unsigned char raw[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    EVP_MD_CTX *copy = xneed(EVP_MD_CTX_new());
    if (EVP_MD_CTX_copy_ex(copy, d->ctx) != 1 || EVP_DigestFinal_ex(copy, raw, &n) != 1)
        xneed(NULL);
    EVP_MD_CTX_free(copy);
    for (unsigned i = 0; i < n && 2 * i + 2 < DIGEST_HEX; i++)
        snprintf(hex + 2 * i, 3, "%02x", raw[i]);
}

void digest_bytes(const void *bytes, size_t n, char hex[DIGEST_HEX])
{
    struct digest *d = digest_new();
    digest_add(d, bytes, n);
    digest_print(d, hex);
    digest_free(d);
}

omni_status digest_file(const char *path, char hex[DIGEST_HEX], struct err *err)
{
    char bytes[65536];
    ssize_t n = -1;
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct digest *d = digest_new();
    while (fd >= 0 && (n = read(fd, bytes, sizeof bytes)) > 0)
        digest_add(d, bytes, (size_t)n);
    if (n == 0)
        digest_print(d, hex);
    else
        err_set(err, OMNI_E_CONFIG, "cannot read %s: %s", path, strerror(errno));
    digest_free(d);
    return n == 0 ? OMNI_OK : OMNI_E_CONFIG;
}
