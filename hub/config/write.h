/* SPDX-License-Identifier: Apache-2.0
 * Values as libconfig writes them. */
#ifndef HUB_CONFIG_WRITE_H
#define HUB_CONFIG_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/buf.h"

/* Adds a text with its quotes, a number, true, ( … ) or { name = …; }; null is "". */
void write_value(struct buf *, const json_t *);
/* Adds "name = value;" and a newline; NULL: nothing. */
void write_setting(struct buf *, const char *name, const json_t *value);
void write_text_setting(struct buf *, const char *name, const char *value);

#endif
