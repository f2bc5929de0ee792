/* SPDX-License-Identifier: Apache-2.0
 * Loads a plugin file: owner and mode checks, ELF, symbol, ABI version; each refusal says which and
 * why. */
#ifndef HUB_LOAD_H
#define HUB_LOAD_H

#include <omnihub/omnihub.h>

#include "base/err.h"

struct load;

/* Opens, checks the opened file (regular, owned by root or the caller, not writable by others),
 * then loads it. NULL: refused. */
struct load *load_open(const char *path, struct err *);
/* The same from sealed memory (plugin/seal.h), whose file was checked already. Takes fd over. path:
 * for messages. */
struct load *load_open_sealed(int fd_take, const char *path, struct err *);
/* Opens the file for reading after the checks of load_open() that are not about what is in it; -1
 * with err. */
int load_open_file(const char *path, struct err *);
void load_close(struct load *);
const struct omni_module *load_module(const struct load *);
/* Path of the plugin called `name` in these folders (NULL at the end), or `name` itself where it is
 * an absolute path. free(); NULL: not found, err lists the folders and the nearest name. */
char *load_find(const char *name, const char *const *dirs, struct err *);

#endif
