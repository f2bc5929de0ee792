/* SPDX-License-Identifier: Apache-2.0
 * Cassettes: what was asked and answered, as JSON, without secrets.
 *
 *   { "omnihub_cassette": 1,
 *     "exchanges": [ { "request": { "method", "url", "headers": ["Name: value"], "body" },
 *                      "reply": { "status", "headers": ["name: value"], "body" } } ] }
 *
 * A reply may have a "fault" instead, for tests of plugins: "reset" and "timeout" (nothing came),
 * "cut" (status, headers and body came, then the connection ended), "cancel" (the job is told to
 * stop while it waits) and "kill" (the job dies there).
 *
 * Each exchange is played once, in order; with a member "again": N beside "exchanges", N times more
 * once those like it are used up.
 *
 * A body that is not UTF-8 text is "body_base64" instead; an absent one is empty. Below the
 * repeats and above the redirects: each attempt is an exchange, with the plugin's request (nothing
 * of the login) and the reply that the redirects led to, decoded. Token requests are left out. */
#ifndef HUB_HTTP_CASSETTE_H
#define HUB_HTTP_CASSETTE_H

#include <stdbool.h>

#include "base/err.h"
#include "http/intake.h"
#include "http/scrub.h"

struct cassette;
struct exchange;

/* OMNI_E_CONFIG where it could not be written at the end. */
struct cassette *cassette_record(const char *path, struct err *);
omni_status cassette_add(struct cassette *, const struct scrub *, const struct exchange *,
                         const struct intake *, struct err *);
/* Atomically, mode 0600; refused where a registered secret is still in it. */
omni_status cassette_write(struct cassette *, struct err *);

/* OMNI_E_CONFIG where it is not a cassette. */
struct cassette *cassette_load(const char *path, struct err *);
/* Plays the next exchange with this method, url and body into *in. OMNI_E_CONFIG: there is none;
 * err names the request and the most similar one that was recorded. */
omni_status cassette_play(struct cassette *, const struct scrub *, const struct exchange *,
                          struct intake *in, struct err *);
/* Whether cassette_play() would find one. */
bool cassette_has(const struct cassette *, const struct scrub *, const struct exchange *);

void cassette_free(struct cassette *);

#endif
