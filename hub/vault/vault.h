/* SPDX-License-Identifier: Apache-2.0
 * The vault: secrets at rest in one file of state_dir, sealed one by one. What a secret is called,
 * when it changed and when it expires can be read without the key; its value cannot. */
#ifndef HUB_VAULT_H
#define HUB_VAULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { VAULT_VALUE_MAX = 64 * 1024, VAULT_NAME_MAX = 64 };

/* Borrowed texts; they travel in a job's orders, since the key itself does not. */
struct vault_place {
    const char *state_dir;
    const char *key_file;
    bool is_credential; /* handed over by the service manager, which guards it */
};

/* Letters, digits, "_", "-" and "."; not more than VAULT_NAME_MAX. */
bool vault_name_is_valid(const char *name);

/* Without the key: [{name, key, version, updated, expires, refused, why}], times in seconds since
 * 1970, in name order; what is not known is absent. `expires`: as the platform or the admin said;
 * `refused`: since when the platform refuses it. An empty array where there is no vault. NULL: the
 * file cannot be trusted (others may read it, damaged, of a newer omnihub). */
json_t *vault_list(const struct vault_place *, struct err *);
/* The member of such a list; NULL: it is not there. Borrowed. */
const json_t *vault_find(const json_t *list, const char *name);
/* Is the key there that this secret was sealed with? Looks at ids only. */
omni_status vault_check(const struct vault_place *, const json_t *secret, struct err *);

/* The value, as it was stored; free() after wiping. NULL: OMNI_E_CONFIG and what to do. */
char *vault_get(const struct vault_place *, const char *name, struct err *);
/* Stores a value, durably: NUL cannot be in it, and what is not UTF-8 is OMNI_E_DATA. Makes vault
 * and key where there are none yet. expires: seconds since 1970, 0: not known. What was known of a
 * value before (tokens, that it is refused) is forgotten. */
omni_status vault_set(const struct vault_place *, const char *name, const char *value,
                      int64_t expires, struct err *);
omni_status vault_remove(const struct vault_place *, const char *name, struct err *);

/* All secrets under a new key. One from a file is made here, and the old one is dropped at the end;
 * of a credential the first one is taken, which the admin puts before the old one. Killed in the
 * middle, everything can still be read, and calling it again finishes it. *n: secrets sealed anew.
 */
omni_status vault_rotate(const struct vault_place *, size_t *n, struct err *);

#endif
