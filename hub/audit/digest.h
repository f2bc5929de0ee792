/* SPDX-License-Identifier: Apache-2.0
 * SHA-256, as text. */
#ifndef HUB_AUDIT_DIGEST_H
#define HUB_AUDIT_DIGEST_H

#include <stddef.h>

#include "base/err.h"

enum { DIGEST_HEX = 65 }; /* with its NUL */

/* Of what is added piece by piece. */
struct digest;
struct digest *digest_new(void);
void digest_free(struct digest *);
void digest_add(struct digest *, const void *bytes, size_t n);
/* Of all that was added; more may follow. */
void digest_print(const struct digest *, char hex[DIGEST_HEX]);

void digest_bytes(const void *bytes, size_t n, char hex[DIGEST_HEX]);
omni_status digest_file(const char *path, char hex[DIGEST_HEX], struct err *);

#endif
