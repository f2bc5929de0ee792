/* SPDX-License-Identifier: Apache-2.0
 * A plugin file's bytes in sealed memory: what was hashed is what is loaded, whatever becomes of
 * the file meanwhile. */
#ifndef HUB_SEAL_H
#define HUB_SEAL_H

#include "base/err.h"

enum { SEAL_HEX = 65 }; /* bytes of a SHA-256 in hexadecimal with its NUL */

/* Checks the file as load_open() does, copies it and hashes the copy. sha256: what the hash has to
 * be; NULL: any. hex: the hash; NULL: not wanted. A descriptor to close, or -1. */
int seal_copy(const char *path, const char *sha256, char hex[SEAL_HEX], struct err *);

#endif
