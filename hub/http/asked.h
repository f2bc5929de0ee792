/* SPDX-License-Identifier: Apache-2.0
 * Which hosts were asked how often, and with what status they answered. */
#ifndef HUB_HTTP_ASKED_H
#define HUB_HTTP_ASKED_H

#include "http/http.h"
#include "http/policy.h"

struct asked {
    struct http_asked *items;
    size_t n;
};

/* One request more. status 0: there was no reply. */
void asked_note(struct asked *, const struct policy *, const struct http_url *, int32_t status);
/* Empties it. */
void asked_free(struct asked *);

#endif
