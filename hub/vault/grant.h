/* SPDX-License-Identifier: Apache-2.0
 * A secret that a login renews: one process at a time, and what it got is durable before it is
 * used. */
#ifndef HUB_VAULT_GRANT_H
#define HUB_VAULT_GRANT_H

#include "base/file.h"
#include "vault/vault.h"

/* Read when the turn came; times in seconds since 1970, 0: not. */
struct vault_kept {
    char *value;
    char *token; /* an access token that another run got; NULL: none */
    int64_t token_until;
    int64_t asked;   /* a renewal was begun then, and its answer was never stored */
    int64_t refused; /* the platform refuses the value since then */
    char *why;
};

struct vault_grant;

/* Waits until no other process renews this secret (state_dir/locks/secret-NAME.lock), then reads
 * it. login: which use of the secret, as tokens of one do not serve another. NULL with err. */
struct vault_grant *vault_grant_begin(const struct vault_place *, const char *name,
                                      const char *login, const struct file_patience *,
                                      struct err *);
const struct vault_kept *vault_grant_kept(const struct vault_grant *);
/* Each is durable when it returns OMNI_OK. Where somebody stored another value meanwhile, that one
 * stays, nothing is written, and vault_grant_is_replaced() says so. */
omni_status vault_grant_asking(struct vault_grant *, struct err *);
struct vault_news {
    const char *value; /* the new one; NULL: as it is */
    const char *token;
    int64_t token_until;
    int64_t expires; /* of the value; 0: nothing was said */
};
omni_status vault_grant_save(struct vault_grant *, const struct vault_news *, struct err *);
omni_status vault_grant_refuse(struct vault_grant *, const char *why, struct err *);
bool vault_grant_is_replaced(const struct vault_grant *);
/* The next one's turn. */
void vault_grant_end(struct vault_grant *);

#endif
