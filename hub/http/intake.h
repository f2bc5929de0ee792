/* SPDX-License-Identifier: Apache-2.0
 * Takes in one reply, from the network or from a cassette: header and body limits, HTML where none
 * is expected, streaming to the caller or collecting. */
#ifndef HUB_HTTP_INTAKE_H
#define HUB_HTTP_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "http/http.h"

struct intake {
    /* Set by intake_start(). */
    const struct http_calls *calls; /* may be NULL */
    uint64_t max_body;
    uint32_t max_ratio;
    bool wants_json; /* the request did not ask for something else */
    bool keep_copy;  /* streamed bytes are kept in `body` too, for the cassette */
    /* The reply so far. */
    int32_t status;
    struct buf head;      /* "name: value\0" one after the other */
    const char **headers; /* into head; made by intake_end() */
    size_t n_headers, head_bytes;
    struct buf body; /* collected, or the copy */
    uint64_t decoded;
    bool head_whole, body_begun, streams, is_html;
    /* What stopped the transfer; OMNI_OK: nothing. */
    omni_status failed;
    bool failed_by_caller; /* begin() or body() said so */
    struct err why;
};

/* Forgets the reply before; `calls`, limits and flags are kept as set. */
void intake_start(struct intake *);
void intake_free(struct intake *);
/* A line of the head as it came, status line included; false: stop. */
bool intake_line(struct intake *, const char *line, size_t n);
/* Decoded bytes; received: bytes of the body so far as they came. Needs `status`. */
bool intake_body(struct intake *, const void *bytes, size_t n, uint64_t received);
/* The reply is whole: begins an empty one, lists the headers. */
omni_status intake_end(struct intake *, struct err *);
/* Value of a header (lower-case name), NULL: absent. Before and after intake_end(). */
const char *intake_header(const struct intake *, const char *name);
bool intake_is_success(const struct intake *);
/* The reply for the caller; envelope text of the calls where streamed. */
omni_status intake_reply(struct intake *, struct http_reply *, struct err *);

#endif
