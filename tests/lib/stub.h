/* SPDX-License-Identifier: Apache-2.0
 * A scripted HTTP server on loopback: raw bytes out, so that it can lie, stall and break off. Each
 * connection has its thread; replies are handed out in order of requests. */
#ifndef TEST_STUB_H
#define TEST_STUB_H

#include <stddef.h>

enum stub_then {
    STUB_KEEP,  /* the connection waits for the next request */
    STUB_CLOSE, /* after the bytes, in good order */
    STUB_RESET, /* with a TCP reset */
    STUB_STALL, /* nothing more until the client goes away */
    STUB_DRIP,  /* the bytes one by one, 400 ms between */
    STUB_FLOOD  /* `tail` again and again until the client goes away */
};

struct stub_reply {
    const char *bytes; /* head and body as on the wire; NULL: none */
    size_t len;        /* 0: strlen() */
    enum stub_then then;
    const char *tail; /* STUB_FLOOD */
    size_t tail_len;  /* 0: strlen() */
    const char *path; /* only for requests whose target begins so; NULL: any */
};

struct stub;
/* Replies end with a zeroed one; what comes after the last gets "500 script is over". They must
 * live as long as the stub. */
struct stub *stub_start(const struct stub_reply *replies);
/* address: "127.0.0.1", "127.0.0.2", "::1"; NULL where it cannot be bound */
struct stub *stub_start_at(const char *address, const struct stub_reply *replies);
void stub_stop(struct stub *);
int stub_port(const struct stub *);
const char *stub_url(const struct stub *); /* "http://127.0.0.1:1234" */
size_t stub_requests(struct stub *);       /* whole requests so far */
size_t stub_connections(struct stub *);
/* Head and body of a request as they came, "" where there is none such; valid until stub_stop(). */
const char *stub_request(struct stub *, size_t i);

#endif
