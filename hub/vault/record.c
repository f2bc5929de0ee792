/* SPDX-License-Identifier: Apache-2.0
 * One record of the vault: sealed and unsealed, bound to everything that stands beside it. */
#include <config.h>

#include "vault/internal.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/json.h"
#include "base/mem.h"

enum {
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    BASE64 = sodium_base64_VARIANT_ORIGINAL
};

/* What is bound to the sealed part, in one order for ever. */
static const char *const bound[] = {"name",    "key",     "version", "updated",
                                    "expires", "refused", "why"};

static char *associated(const json_t *record)
{
    auto_json *list = json_pack("[s, i]", "omnihub vault", VAULT_FORMAT);
    for (size_t i = 0; i < ARRAY_LEN(bound); i++) {
        json_t *value = json_object_get(record, bound[i]);
        json_array_append_new(list, value ? json_incref(value) : json_null());
    }
    return json_print(list);
}

void vault_wipe(json_t **object)
{
    const char *key;
    json_t *value;
    json_object_foreach(*object, key, value)
    {
        char *bytes = NULL;
        const char *text = json_string_value(value);
        memcpy(&bytes, &text, sizeof bytes); /* jansson lends it const; it is ours to wipe */
        if (bytes)
            sodium_memzero(bytes, json_string_length(value));
    }
    json_decref(*object);
    *object = NULL;
}

static bool put_base64(json_t *record, const char *name, const unsigned char *bytes, size_t n)
{
    size_t room = sodium_base64_encoded_len(n, BASE64);
    auto_free char *text = xmalloc(room);
    sodium_bin2base64(text, room, bytes, n, BASE64);
    return json_object_set_new(record, name, json_string(text)) == 0;
}

/* NULL: not base64, or not there. free(). */
static unsigned char *get_base64(const json_t *record, const char *name, size_t *n)
{
    const char *text = json_text(record, name);
    size_t len = text ? strlen(text) : 0;
    unsigned char *bytes = xmalloc(len + 1);
    if (text && sodium_base642bin(bytes, len + 1, text, len, NULL, n, NULL, BASE64) == 0)
        return bytes;
    free(bytes);
    return NULL;
}

omni_status vault_seal(json_t *record, const json_t *content, const struct vault_keys *keys,
                       struct err *err)
{
    unsigned char nonce[NONCE_BYTES];
    auto_free char *plain = json_print(content);
    json_put_text(record, "key", keys->ids[0]);
    auto_free char *beside = associated(record);
    unsigned long long len = 0;
    size_t n = strlen(plain);
    auto_free unsigned char *sealed = xmalloc(n + TAG_BYTES);
    randombytes_buf(nonce, sizeof nonce);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, &len, (const unsigned char *)plain, n,
                                               (const unsigned char *)beside, strlen(beside), NULL,
                                               nonce, vault_keys_find(keys, keys->ids[0]));
    sodium_memzero(plain, n);
    bool fine = put_base64(record, "nonce", nonce, sizeof nonce) &&
                put_base64(record, "sealed", sealed, (size_t)len);
    return fine ? OMNI_OK : err_set(err, OMNI_E_RETRY, "no memory to seal a secret");
}

static json_t *damaged(const json_t *record, struct err *err)
{
    const char *name = json_text(record, "name");
    err_set(err, OMNI_E_CONFIG,
            "secret \"%s\" is damaged in the vault, or was changed there; the others are not "
            "touched. Store it again: omnihub secrets set %s",
            name, name);
    return NULL;
}

json_t *vault_unseal(const json_t *record, const struct vault_keys *keys, struct err *err)
{
    const char *id = json_text(record, "key");
    const unsigned char *key = vault_keys_find(keys, id);
    if (!key) {
        err_set(err, OMNI_E_CONFIG,
                "secret \"%s\" was sealed with key %s, which the key file does not hold (it has "
                "%s): put the right key back, or store the secret again: omnihub secrets set %s",
                json_text(record, "name"), id ? id : "?", keys->ids[0], json_text(record, "name"));
        return NULL;
    }
    size_t n_nonce = 0, n_sealed = 0;
    auto_free unsigned char *nonce = get_base64(record, "nonce", &n_nonce);
    auto_free unsigned char *sealed = get_base64(record, "sealed", &n_sealed);
    if (!nonce || !sealed || n_nonce != NONCE_BYTES || n_sealed < TAG_BYTES)
        return damaged(record, err);
    auto_free char *beside = associated(record);
    auto_free unsigned char *plain = xmalloc(n_sealed);
    unsigned long long len = 0;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &len, NULL, sealed, n_sealed,
                                                   (const unsigned char *)beside, strlen(beside),
                                                   nonce, key) != 0)
        return damaged(record, err);
    json_t *content = json_parse((const char *)plain, (size_t)len, NULL);
    sodium_memzero(plain, n_sealed);
    return content ? content : damaged(record, err);
}
