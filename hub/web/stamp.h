/* SPDX-License-Identifier: Apache-2.0
 * Whether the files that a configuration was read from are still the same. */
#ifndef HUB_WEB_STAMP_H
#define HUB_WEB_STAMP_H

#include <stdint.h>

#include "config/config.h"

/* Of the main file, of conf.d beside it, of what they include and of the state folder itself;
 * another number where one of them was changed, came or went. config NULL: of the first two. */
uint64_t stamp_of(const char *main_file, const struct config *);

#endif
