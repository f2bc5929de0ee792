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
/* Of a file; new reference. */
json_t *tape_read(const char *path, struct err *);
/* What an exchange answers, as in a cassette; new reference, NULL with err. */
json_t *tape_reply(const struct test_exchange *, struct err *);
/* As a file for a job to replay. */
omni_status tape_write(const json_t *tape, const char *path, struct err *);
json_t *tape_exchanges(const json_t *tape);
json_t *tape_exchange(const json_t *tape, size_t i);
/* Leaves out what was sent again at once: faults on the way, a token that was renewed. */
void tape_drop_mended(json_t *tape);
/* Puts beside each exchange what the plugin did with it, "asked": {records, format,
 * format_options, total, no_login}, of the request events of a run (run/spec.h). */
void tape_note_asked(json_t *tape, const json_t *events);
/* "GET https://…", with its body where there is one; free(). */
char *tape_request(const char *method, const char *url, const char *body);

#endif
