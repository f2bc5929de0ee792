/* SPDX-License-Identifier: Apache-2.0
 * The script of a test's server: which request is expected next, and how one that came differs from
 * it. */
#ifndef HUB_KIT_SCRIPT_H
#define HUB_KIT_SCRIPT_H

#include <jansson.h>

#include "kit/test_file.h"

/* The host of requests that are for the server itself. */
#define SERVER_HOST "127.0.0.1"

/* As it came; borrowed. */
struct script_request {
    const char *method, *target; /* target: path and query */
    const char *const *headers;  /* "Name: value", ends with NULL */
    const char *body;            /* ends with NUL; "" where there is none */
    size_t body_len;
};

struct script;
struct script *script_new(const struct test_file *); /* borrowed */
void script_free(struct script *);
/* What answers this request. NULL: it was not expected, and neither is anything after it. */
const struct test_exchange *script_next(struct script *, const struct script_request *);
/* Adds in words, with file:line, what came and was not expected, or was expected and never came. */
void script_problems(const struct script *, json_t *problems);

#endif
