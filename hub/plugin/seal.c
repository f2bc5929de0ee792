/* SPDX-License-Identifier: Apache-2.0
 * Copies, seals, hashes. Not part of the plugin process: the job hands the descriptor over. */
#include <config.h>

#include "plugin/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "plugin/load.h"

#define FILE_MAX ((size_t)256 << 20)

static void print_hex(const unsigned char *bytes, unsigned n, char hex[SEAL_HEX])
{
    for (unsigned i = 0; i < n && 2 * i + 2 < SEAL_HEX; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

static int seal(const struct buf *bytes)
{
    auto_close int fd = memfd_create("omnihub-plugin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    bool is_sealed =
        fd >= 0 && file_write_all(fd, bytes->data, bytes->len) &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
    int out = is_sealed ? fd : -1;
    if (is_sealed)
        fd = -1;
    return out;
}

static bool is_allowed(const char *path, const char *sha256, const char *hex, struct err *err)
{
    if (!sha256 || strcmp(sha256, hex) == 0)
        return true;
    err_set(err, OMNI_E_CONFIG,
            "%s: not the file that was allowed: its SHA-256 is %.16s…, plugins.lock has %.16s…; if "
            "it was upgraded, run: omnihub plugin add %s",
            path, hex, sha256, path);
    return false;
}

int seal_copy(const char *path, const char *sha256, char hex[SEAL_HEX], struct err *err)
{
    auto_buf bytes = BUF_INIT(FILE_MAX);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    char own[SEAL_HEX] = "";
    auto_close int fd = load_open_file(path, err);
    if (fd < 0 || file_read_fd(fd, path, &bytes, err) != OMNI_OK)
        return -1;
    if (EVP_Digest(buf_text(&bytes), bytes.len, digest, &n, EVP_sha256(), NULL) != 1) {
        err_set(err, OMNI_E_RETRY, "%s: cannot be hashed", path);
        return -1;
    }
    print_hex(digest, n, own);
    if (hex)
        memcpy(hex, own, SEAL_HEX);
    if (!is_allowed(path, sha256, own, err))
        return -1;
    int sealed = seal(&bytes);
    if (sealed < 0)
        err_set(err, OMNI_E_RETRY, "%s: cannot be copied into sealed memory: %s", path,
                strerror(errno));
    return sealed;
}
