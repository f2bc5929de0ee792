/* SPDX-License-Identifier: Apache-2.0
 * The exchanges of a test as a cassette in memory (hub/http/cassette.h), however they were written
 * down. */
#ifndef HUB_KIT_TAPE_H
#define HUB_KIT_TAPE_H

#include <jansson.h>

#include "base/err.h"
#include "kit/test_file.h"

/* New reference. base: what relative urls of the test start with; NULL: they must be absolute. */
json_t *tape_of(const struct test_file *, const char *base, struct err *);
/* As a file for a job to replay. */
omni_status tape_write(const json_t *tape, const char *path, struct err *);
json_t *tape_exchanges(const json_t *tape);
/* "GET https://…", with its body where there is one; free(). */
char *tape_request(const char *method, const char *url, const char *body);

#endif
