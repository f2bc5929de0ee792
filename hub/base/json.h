/* SPDX-License-Identifier: Apache-2.0
 * jansson with scope cleanup and the lookups that the hub needs. */
#ifndef HUB_JSON_H
#define HUB_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

void json_auto_free(json_t **);
#define auto_json __attribute__((cleanup(json_auto_free))) json_t

/* First thing in each program: what jansson needs comes from xmalloc(). A member that could not be
 * added would otherwise be missing without a word. */
void json_init(void);
/* Parses one value (any kind); duplicate keys are refused, depth is bounded. NULL and err->text
 * with the position otherwise. */
json_t *json_parse(const char *bytes, size_t n, struct err *);
/* Members of an object; NULL, fallback where absent or of another type. Borrowed. */
const char *json_text(const json_t *object, const char *key);
int64_t json_int(const json_t *object, const char *key, int64_t fallback);
bool json_flag(const json_t *object, const char *key);
/* Sets a member; a NULL text leaves it out. */
void json_put_text(json_t *object, const char *key, const char *text);
void json_put_int(json_t *object, const char *key, int64_t value);
void json_put_flag(json_t *object, const char *key, bool value);
/* Lists by name, {name: [...]}: adds a value to its list, which is made where there is none; the
 * value is shared. */
void json_list_add(json_t *lists, const char *name, json_t *value);
/* The list of that name, or an empty one. New reference. */
json_t *json_list_of(const json_t *lists, const char *name);
/* Compact text, keys in insertion order; free(). */
char *json_print(const json_t *);

#endif
