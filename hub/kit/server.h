/* SPDX-License-Identifier: Apache-2.0
 * The small server that a test describes, on a port of 127.0.0.1: one thread, one request after the
 * other, each by the script. */
#ifndef HUB_KIT_SERVER_H
#define HUB_KIT_SERVER_H

#include <jansson.h>

#include "base/err.h"
#include "kit/test_file.h"

struct server;

/* Stands for the server's address, in options of the test and in replies. */
#define SERVER_WORD "{server}"

/* NULL with err. The test is borrowed. */
struct server *server_start(const struct test_file *, struct err *);
const char *server_url(const struct server *); /* "http://127.0.0.1:1234" */
/* Ends it. Adds what script_problems() says. NULL is fine. */
void server_stop(struct server *, json_t *problems);

#endif
