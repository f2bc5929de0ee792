/* SPDX-License-Identifier: Apache-2.0
 * The vault's keys: lines of base64 in a file that only its owner can read, the newest first. */
#include <config.h>

#include "vault/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

enum {
    KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    KEY_FILE_MAX = 4096,
    KEY_LINE = 64
};

/* So that an id says nothing of any other use of the same bytes. */
static const char id_context[] = "omnihub vault key id";

static void key_id(const unsigned char *key, char out[VAULT_KEY_ID])
{
    unsigned char hash[crypto_generichash_BYTES_MIN];
    crypto_generichash(hash, sizeof hash, (const unsigned char *)id_context, sizeof id_context, key,
                       KEY_BYTES);
    sodium_bin2hex(out, VAULT_KEY_ID, hash, (VAULT_KEY_ID - 1) / 2);
}

static omni_status open_failed(const struct vault_place *place, struct err *err)
{
    if (errno == ENOENT)
        return err_set(err, OMNI_E_CONFIG,
                       "the vault's key is not there: %s; put it back from your copy, or name its "
                       "place with hub.vault_key",
                       place->key_file);
    return err_set(err, OMNI_E_CONFIG, "the vault's key cannot be opened: %s: %s", place->key_file,
                   strerror(errno));
}

static omni_status check_owner(int fd, const struct vault_place *place, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(err, OMNI_E_CONFIG, "%s: not a regular file", place->key_file);
    if (!place->is_credential && st.st_mode & (S_IRWXG | S_IRWXO))
        return err_set(err, OMNI_E_CONFIG,
                       "%s: others may read the vault's key (mode %04o); run: chmod 600 %s",
                       place->key_file, (unsigned)st.st_mode & 07777, place->key_file);
    return OMNI_OK;
}

static omni_status take_line(struct vault_keys *keys, const char *line, size_t n,
                             const struct vault_place *place, struct err *err)
{
    size_t len = 0;
    if (keys->n == VAULT_KEYS_MAX)
        return err_set(err, OMNI_E_CONFIG, "%s: more than %d keys", place->key_file,
                       VAULT_KEYS_MAX);
    unsigned char *key = keys->bytes + keys->n * KEY_BYTES;
    if (sodium_base642bin(key, KEY_BYTES, line, n, NULL, &len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        len != KEY_BYTES)
        return err_set(err, OMNI_E_CONFIG,
                       "%s: not a key: a line of 32 bytes in base64 is expected, as `openssl rand "
                       "-base64 32` prints it",
                       place->key_file);
    key_id(key, keys->ids[keys->n++]);
    return OMNI_OK;
}

static omni_status take_lines(struct vault_keys *keys, const char *text,
                              const struct vault_place *place, struct err *err)
{
    omni_status status = OMNI_OK;
    while (*text && status == OMNI_OK) {
        size_t n = strcspn(text, "\r\n");
        if (n > 0 && *text != '#')
            status = take_line(keys, text, n, place, err);
        text += n + strspn(text + n, "\r\n");
    }
    if (status == OMNI_OK && keys->n == 0)
        status = err_set(err, OMNI_E_CONFIG, "%s: holds no key", place->key_file);
    return status;
}

static omni_status start_sodium(struct err *err)
{
    return sodium_init() < 0 ? err_set(err, OMNI_E_RETRY, "libsodium cannot be started") : OMNI_OK;
}

omni_status vault_keys_read(struct vault_keys *keys, const struct vault_place *place,
                            struct err *err)
{
    *keys = (struct vault_keys){0};
    if (start_sodium(err) != OMNI_OK)
        return OMNI_E_RETRY;
    auto_close int fd = open(place->key_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return open_failed(place, err);
    auto_buf text = BUF_INIT(KEY_FILE_MAX);
    omni_status status = check_owner(fd, place, err);
    if (status == OMNI_OK)
        status = file_read_fd(fd, place->key_file, &text, err);
    keys->bytes = sodium_malloc((size_t)VAULT_KEYS_MAX * KEY_BYTES);
    if (!keys->bytes && status == OMNI_OK)
        status = err_set(err, OMNI_E_RETRY, "no locked memory for the vault's key");
    if (status == OMNI_OK)
        status = take_lines(keys, buf_text(&text), place, err);
    if (text.data)
        sodium_memzero(text.data, text.cap);
    if (status != OMNI_OK)
        vault_keys_free(keys);
    return status;
}

const unsigned char *vault_keys_find(const struct vault_keys *keys, const char *id)
{
    for (size_t i = 0; id && i < keys->n; i++)
        if (strcmp(keys->ids[i], id) == 0)
            return keys->bytes + i * KEY_BYTES;
    return NULL;
}

void vault_keys_free(struct vault_keys *keys)
{
    sodium_free(keys->bytes);
    *keys = (struct vault_keys){0};
}

/* ---- writing ---- */

static bool add_key(struct buf *out, const unsigned char *key)
{
    char line[KEY_LINE];
    sodium_bin2base64(line, sizeof line, key, KEY_BYTES, sodium_base64_VARIANT_ORIGINAL);
    bool fits = buf_printf(out, "%s\n", line);
    sodium_memzero(line, sizeof line);
    return fits;
}

static void add_new_key(struct buf *out)
{
    unsigned char key[KEY_BYTES];
    randombytes_buf(key, sizeof key);
    add_key(out, key);
    sodium_memzero(key, sizeof key);
}

omni_status vault_keys_create(const struct vault_place *place, struct err *err)
{
    if (start_sodium(err) != OMNI_OK)
        return OMNI_E_RETRY;
    auto_buf text = BUF_INIT(KEY_FILE_MAX);
    add_new_key(&text);
    omni_status status = file_create(place->key_file, text.data, text.len, 0600, err);
    sodium_memzero(text.data, text.cap);
    if (status != OMNI_OK)
        err_prefix(err, "the vault has no key yet, and none can be made: ");
    return status;
}

omni_status vault_keys_add(const struct vault_place *place, const struct vault_keys *keys,
                           struct err *err)
{
    auto_buf text = BUF_INIT(KEY_FILE_MAX);
    if (keys->n == VAULT_KEYS_MAX)
        return err_set(err, OMNI_E_CONFIG, "%s holds %d keys already", place->key_file,
                       VAULT_KEYS_MAX);
    add_new_key(&text);
    for (size_t i = 0; i < keys->n; i++)
        add_key(&text, keys->bytes + i * KEY_BYTES);
    omni_status status = file_replace(place->key_file, text.data, text.len, 0600, err);
    sodium_memzero(text.data, text.cap);
    return status;
}

omni_status vault_keys_drop_old(const struct vault_place *place, const struct vault_keys *keys,
                                struct err *err)
{
    auto_buf text = BUF_INIT(KEY_FILE_MAX);
    add_key(&text, keys->bytes);
    omni_status status = file_replace(place->key_file, text.data, text.len, 0600, err);
    sodium_memzero(text.data, text.cap);
    return status;
}
