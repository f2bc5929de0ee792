/* SPDX-License-Identifier: Apache-2.0
 * Options that name where their value is kept: env:, file:, secret:. */
#ifndef HUB_SECRETS_H
#define HUB_SECRETS_H

#include <jansson.h>
#include <stdbool.h>

#include <omnihub/omnihub.h>

#include "base/err.h"

struct vault_place;

/* "env:NAME", "file:PATH", "secret:NAME". */
bool secret_is_reference(const char *value);
/* One to a place where nothing but secrets is kept: the vault, a file that only its owner reads. In
 * an environment stand other things, too. */
bool secret_is_kept(const char *value);
/* Where values are that options refer to. */
struct secret_sources {
    const json_t *env;               /* an object; never the process's environment */
    const struct vault_place *vault; /* NULL: there is none */
};
/* The value behind a reference (a plain value stands for itself). free(). file: 0600 or stricter, a
 * trailing newline is dropped. NULL and OMNI_E_CONFIG otherwise. */
char *secret_resolve(const char *value, const struct secret_sources *, struct err *);
/* "NAME" of "secret:NAME"; NULL where the value is none. Borrowed. */
const char *secret_name(const char *value);
/* Of these values, what is declared to be a secret appears in no log or message from now on. */
void secret_hide(const json_t *values, const struct omni_option *const *declared);

#endif
