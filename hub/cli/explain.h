/* SPDX-License-Identifier: Apache-2.0
 * `pull --explain`: each request, the rows that came of it, and where each column was found. */
#ifndef HUB_CLI_EXPLAIN_H
#define HUB_CLI_EXPLAIN_H

#include <jansson.h>

#include "cli/plugins.h"

struct explain;
struct explain *explain_new(void);
/* Events "request", "row" and "stream", as struct work hands them on; ctx is the struct explain. */
void explain_event(void *ctx, const json_t *event);
/* Prints what was gathered on stdout. */
void explain_print(const struct explain *, const struct omni_source *);
void explain_free(struct explain *);

#endif
