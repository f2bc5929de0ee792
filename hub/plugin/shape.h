/* SPDX-License-Identifier: Apache-2.0
 * The structs of the contract as tables: which member lies where, what it is called in JSON and
 * what it may hold. Writing and reading descriptions walk the same tables. */
#ifndef HUB_SHAPE_H
#define HUB_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <omnihub/omnihub.h>

enum shape_kind {
    SHAPE_NAME,  /* ^[a-z][a-z0-9_]*$ */
    SHAPE_LINE,  /* one line of UTF-8 */
    SHAPE_TEXT,  /* UTF-8 */
    SHAPE_DAY,   /* YYYY-MM-DD */
    SHAPE_URL,   /* http: or https: */
    SHAPE_COUNT, /* uint32_t */
    SHAPE_WORD,  /* one of `words`, which are 0, 1, 2 … */
    SHAPE_FLAGS, /* any of `words`, which are 1, 2, 4 … */
    SHAPE_LIST   /* structs of shape `of`, ends with NULL */
};

struct shape_member {
    const char *name;
    uint8_t kind;
    bool is_required;
    uint16_t offset;
    const char *const *words; /* ends with NULL */
    const struct shape *of;
    uint32_t max; /* items of a list */
};

struct shape {
    const char *name; /* "field" */
    size_t size;
    const struct shape_member *members; /* the last one's name is NULL */
};

/* In JSON only where a struct's size is 0, which is a mistake of its author. */
#define SHAPE_SIZE "size"

enum { SHAPE_MAX_SIZE = 256, SHAPE_MAX_DEPTH = 8 };

extern const struct shape shape_module, shape_source, shape_sink, shape_stream, shape_field,
    shape_option, shape_auth;

#endif
