/* SPDX-License-Identifier: Apache-2.0
 * Where a program listens: a numeric address and a port, "127.0.0.1:9464" or "[::1]:9464". */
#ifndef HUB_ENDPOINT_H
#define HUB_ENDPOINT_H

#include <stdbool.h>
#include <sys/socket.h>

struct endpoint {
    struct sockaddr_storage address;
    socklen_t len;
};
enum { ENDPOINT_TEXT = 72 };

/* Names are not looked up; port 0 is any that is free. */
bool endpoint_parse(const char *text, struct endpoint *);
const char *endpoint_print(const struct endpoint *, char out[ENDPOINT_TEXT]);
/* Can only this machine reach it? */
bool endpoint_is_loopback(const struct endpoint *);
/* A Host header that names an address itself, with or without a port: no name that somebody else
 * could point here. */
bool endpoint_is_numeric(const char *host);

#endif
