/* SPDX-License-Identifier: Apache-2.0
 * The streams that a source finds by discover(), as a job that explains itself tells of them. */
#ifndef HUB_CLI_FOUND_H
#define HUB_CLI_FOUND_H

#include <jansson.h>

#include <omnihub/omnihub.h>

struct found;
struct found *found_new(void);
void found_free(struct found *);
/* Event "stream" (run/spec.h); one that is known already is passed over. */
void found_take(struct found *, const json_t *event);
/* All of them; ends with NULL, valid until the next is taken. */
const struct omni_stream *const *found_streams(const struct found *);

#endif
