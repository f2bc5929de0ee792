/* SPDX-License-Identifier: Apache-2.0
 * What the files of the vault share: keys, records, changes under the lock.
 *
 * The file is one JSON object {format, counter, secrets: [record …]}. A record is {name, key,
 * version, updated, expires, refused, why, nonce, sealed}. sealed is XChaCha20-Poly1305 over a JSON
 * object (value, and what a login keeps: tokens, asked), with all members but nonce and sealed as
 * associated data: none can be exchanged, and no record can stand for another. */
#ifndef HUB_VAULT_INTERNAL_H
#define HUB_VAULT_INTERNAL_H

#include "vault/vault.h"

enum { VAULT_FORMAT = 1, VAULT_KEYS_MAX = 8, VAULT_KEY_ID = 17 };

/* ---- keys.c ---- */

struct vault_keys {
    unsigned char *bytes; /* n keys, one after the other, in locked memory */
    size_t n;
    char ids[VAULT_KEYS_MAX][VAULT_KEY_ID]; /* the first is for sealing */
};

omni_status vault_keys_read(struct vault_keys *, const struct vault_place *, struct err *);
/* Makes the key file; it must not be there. */
omni_status vault_keys_create(const struct vault_place *, struct err *);
/* A new key before those that are there. */
omni_status vault_keys_add(const struct vault_place *, const struct vault_keys *, struct err *);
/* The first key alone. */
omni_status vault_keys_drop_old(const struct vault_place *, const struct vault_keys *,
                                struct err *);
/* NULL: not among them. */
const unsigned char *vault_keys_find(const struct vault_keys *, const char *id);
void vault_keys_free(struct vault_keys *);
#define auto_vault_keys __attribute__((cleanup(vault_keys_free))) struct vault_keys

/* ---- record.c ---- */

/* The sealed object; new reference, to be let go with vault_wipe(). */
json_t *vault_unseal(const json_t *record, const struct vault_keys *, struct err *);
/* Sets key, nonce and sealed. */
omni_status vault_seal(json_t *record, const json_t *content, const struct vault_keys *,
                       struct err *);
/* Overwrites the texts in it, then lets it go. */
void vault_wipe(json_t **object);
#define auto_wiped __attribute__((cleanup(vault_wipe))) json_t

/* ---- edit.c ---- */

/* The file as it is, checked; a new empty one where there is none. */
json_t *vault_read_file(const struct vault_place *, struct err *);
json_t *vault_record(const json_t *file, const char *name);

/* One change, under the lock that all who write take. */
struct vault_edit {
    const struct vault_place *place;
    int lock;
    json_t *file;
    struct vault_keys keys;
};
omni_status vault_edit_begin(struct vault_edit *, const struct vault_place *, struct err *);
/* Durable when it returns. */
omni_status vault_edit_write(struct vault_edit *, struct err *);
void vault_edit_end(struct vault_edit *);
#define auto_vault_edit __attribute__((cleanup(vault_edit_end))) struct vault_edit
/* A version that no record ever had. */
int64_t vault_edit_version(struct vault_edit *);
/* state_dir/locks/NAME, the folder made where it is not there; free(). */
char *vault_lock_path(const struct vault_place *, const char *name, struct err *);

#endif
