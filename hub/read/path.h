/* SPDX-License-Identifier: Apache-2.0
 * Paths: the subset of RFC 9535 JSONPath that fields and records are named with. */
#ifndef HUB_READ_PATH_H
#define HUB_READ_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

enum path_kind {
    PATH_NAME,  /* .name ['name'] */
    PATH_INDEX, /* [0] */
    PATH_ALL,   /* [*] */
    PATH_FILTER /* [?@.a=='b' && @.c=='d'] */
};

struct path_step;

/* One equality of a filter; its path has names only. */
struct path_test {
    const struct path_step *steps;
    uint32_t n_steps, len;
    const char *text;
};

struct path_step {
    enum path_kind kind;
    uint32_t len, index, n_tests;
    const char *name;
    const struct path_test *tests;
};

struct path {
    uint32_t up; /* how many ^ it begins with: records further out */
    uint32_t n_steps;
    const struct path_step *steps;
};

/* False and OMNI_E_CONFIG naming the column otherwise. What *out points to lives in the arena. */
bool path_parse(struct arena *, const char *text, struct path *out, struct err *);

#endif
