/* SPDX-License-Identifier: Apache-2.0
 * The name of a system call by its number, for messages. */
#ifndef HUB_DENIED_H
#define HUB_DENIED_H

#include <stddef.h>

/* "openat", or "system call 257" where the name is not known; out. */
const char *denied_name(int number, char *out, size_t n);

#endif
