/* SPDX-License-Identifier: Apache-2.0
 * SHA-256, as text. */
#include <config.h>

#include "audit/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/mem.h"

/* libsodium's: OpenSSL's would bring 2 MiB of providers into a service that needs nothing else of
 * it. */
struct digest {
    crypto_hash_sha256_state state;
};

struct digest *digest_new(void)
{
    struct digest *d = xcalloc(1, sizeof *d);
    crypto_hash_sha256_init(&d->state);
    return d;
}

void digest_free(struct digest *d)
{
    free(d);
}

void digest_add(struct digest *d, const void *bytes, size_t n)
{
    crypto_hash_sha256_update(&d->state, bytes, n);
}

void digest_print(const struct digest *d, char hex[DIGEST_HEX])
{
    _Static_assert(DIGEST_HEX == 2 * crypto_hash_sha256_BYTES + 1, "two digits for each byte");
    unsigned char raw[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state copy = d->state;
    crypto_hash_sha256_final(&copy, raw);
    sodium_bin2hex(hex, DIGEST_HEX, raw, sizeof raw);
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
